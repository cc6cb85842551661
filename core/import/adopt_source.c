/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a task that was taken over, against those of the source. See adopt.h.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/import/adopt.h"
#include "core/import/source_index.h"
#include "core/source/fingerprint.h"

static bool is_same_table(const struct tl_plan_table *table, const struct tl_source_table *source)
{
    return strcmp(table->db, source->target_db) == 0 &&
           strcmp(table->table, source->target_name) == 0;
}

static int refuse_other(const struct tl_plan_chunk *chunk, const struct tl_found_file *found,
                        struct tl_error *err)
{
    if (!is_same_table(chunk->table, found->table))
        tl_error_set(
            err, TL_ERR_REFUSED,
            "file %s is loaded into `%s`.`%s` here, but the upstream program loaded it into "
            "%s",
            chunk->path, found->table->target_db, found->table->target_name, chunk->table->name);
    else
        tl_error_set(err, TL_ERR_REFUSED,
                     "file %s is of type %d with compression %d here, but was of type %d with "
                     "compression %d for the upstream program",
                     chunk->path, (int)found->file->type, (int)found->file->compression,
                     (int)chunk->type, (int)chunk->compression);
    return tl_error_hint(err, "set the routes and file rules as they were in the configuration of "
                              "the upstream program");
}

static int adopt_file(struct tl_plan_chunk *chunk, const struct tl_found_file *found,
                      const struct tl_catalog *catalog, struct tl_error *err)
{
    char path[PATH_MAX];
    char *sort_key;

    if (!found || found->file->size != chunk->file_size)
        return TL_OK;
    if (!is_same_table(chunk->table, found->table) || found->file->type != chunk->type ||
        found->file->compression != chunk->compression)
        return refuse_other(chunk, found, err);
    sort_key = strdup(found->file->sort_key);
    if (!sort_key)
        return tl_error_nomem(err);
    free(chunk->sort_key);
    chunk->sort_key = sort_key;
    chunk->mtime = found->file->mtime;
    snprintf(path, sizeof(path), "%s/%s", catalog->dir, chunk->path);
    return tl_fingerprint_file(path, found->file->size, &chunk->fingerprint, err);
}

int tl_adopt_source(struct tl_plan *plan, const struct tl_catalog *catalog,
                    const struct tl_cancel *cancel, struct tl_error *err)
{
    TL_CLEANUP(tl_source_index_done) struct tl_source_index index = {0};
    int rc = tl_source_index_init(&index, catalog, err);

    for (size_t t = 0; rc == TL_OK && t < plan->table_count; t++)
        for (size_t c = 0; rc == TL_OK && c < plan->tables[t].chunk_count; c++) {
            struct tl_plan_chunk *chunk = &plan->tables[t].chunks[c];

            if (tl_cancel_requested(cancel))
                rc = tl_error_set(err, TL_ERR_CANCELED, "stopped on request");
            else
                rc = adopt_file(chunk, tl_source_index_find(&index, chunk->path), catalog, err);
        }
    /* In the order of a plan of ours: the digest at the end of an import depends on it. */
    tl_plan_sort(plan);
    tl_plan_set_keys(plan);
    return rc;
}
