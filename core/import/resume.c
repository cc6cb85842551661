/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See resume.h. Messages keep upstream's words where upstream has the same check (release 8.5,
 * verifyCheckpoint and CHECK_CHECKPOINTS).
 */
#include "core/import/resume.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/import/source_index.h"
#include "core/source/fingerprint.h"

const char *tl_resume_config_hint(const struct tl_options *options, char *buffer, size_t size)
{
    if (options->config_file)
        snprintf(buffer, size, " --config=%s", options->config_file);
    else
        snprintf(buffer, size, " and the options of this run");
    return buffer;
}

static int check_options(const struct tl_task_record *task, const struct tl_options *options,
                         struct tl_error *err)
{
    TL_CLEANUP_FREE char *now_text = tl_options_digest(options);
    cJSON *now = now_text ? cJSON_Parse(now_text) : NULL;
    cJSON *then = cJSON_Parse(task->options_json);
    const cJSON *item;
    int rc = now && then ? TL_OK : tl_error_nomem(err);

    if (rc == TL_OK)
        cJSON_ArrayForEach(item, now)
        {
            const cJSON *old = cJSON_GetObjectItemCaseSensitive(then, item->string);

            if (task->upstream && strcmp(item->string, "conflict.strategy") == 0)
                continue; /* the way out when rows are there that upstream did not record */
            if (!cJSON_IsString(old) || strcmp(old->valuestring, item->valuestring) == 0)
                continue;
            rc = tl_error_set(err, TL_ERR_REFUSED,
                              "config '%s' differs from the run that made the checkpoint",
                              item->string);
            tl_error_hint(err, "set it back, or begin anew: tidb-lightning-ctl "
                               "--checkpoint-error-destroy=all or --checkpoint-remove=all");
            break;
        }
    cJSON_Delete(now);
    cJSON_Delete(then);
    return rc;
}

int tl_resume_check_task(const struct tl_task_record *task, const struct tl_options *options,
                         const struct tl_catalog *catalog, const char *store_where,
                         struct tl_error *err)
{
    if (task->foreign) {
        tl_error_set(err, TL_ERR_REFUSED, "the checkpoint in %s was written by another program",
                     store_where);
        return tl_error_hint(err, "finish that import with its own program, or choose another "
                                  "checkpoint.dsn or checkpoint.schema");
    }
    if (strcmp(task->backend, "tidb") != 0)
        return tl_error_set(err, TL_ERR_REFUSED,
                            "config 'tikv-importer.backend' value 'tidb' different from "
                            "checkpoint value '%s'",
                            task->backend);
    if (options->check_requirements && strcmp(task->source_dir, catalog->dir) != 0) {
        tl_error_set(err, TL_ERR_REFUSED,
                     "config 'mydumper.data-source-dir' value '%s' different from checkpoint "
                     "value '%s' (in %s)",
                     catalog->dir, task->source_dir, store_where);
        return tl_error_hint(err, "this checkpoint belongs to another import: choose another "
                                  "checkpoint.dsn or checkpoint.schema, or, when the same dump was "
                                  "moved, set lightning.check-requirements = false");
    }
    return check_options(task, options, err);
}

static const char *ctl_remedy(const struct tl_plan_table *table)
{
    return table->status == TL_STATUS_ALTERED_AUTO_INC / 10 ||
                   table->status == TL_STATUS_ANALYZED / 10
               ? "ignore"
               : "destroy";
}

int tl_resume_check_failures(const struct tl_plan *plan, const struct tl_options *options,
                             struct tl_error *err)
{
    char config[PATH_MAX];
    size_t failed = 0;
    const struct tl_plan_table *first = NULL;

    for (size_t i = 0; i < plan->table_count; i++) {
        if (!plan->tables[i].failed)
            continue;
        first = first ? first : &plan->tables[i];
        failed++;
    }
    if (!first)
        return TL_OK;
    tl_resume_config_hint(options, config, sizeof(config));
    tl_error_set(err, TL_ERR_REFUSED,
                 "the last run failed; to prevent data loss, this run stops now: table %s %s "
                 "(status %u)%s%s; tables failed in all: %zu",
                 first->name, tl_status_name(first->status), first->status,
                 first->failure ? ": " : "", first->failure ? first->failure->message : "", failed);
    return tl_error_hint(
        err,
        "mend the cause, then run tidb-lightning-ctl --checkpoint-error-%s='%s'%s "
        "(destroy drops the table and loads it anew, --checkpoint-error-ignore='%s' "
        "goes on where it stopped); all failed tables at once: "
        "tidb-lightning-ctl --checkpoint-error-destroy=all%s",
        ctl_remedy(first), first->name, config, first->name, config);
}

static int source_changed(const struct tl_plan_chunk *chunk, const char *what, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_REFUSED,
                 "the source changed since the import began: file %s of table %s %s", chunk->path,
                 chunk->table->name, what);
    return tl_error_hint(err,
                         "put the file back as it was; or load the table anew: tidb-lightning-ctl "
                         "--checkpoint-remove='%s' after emptying the table",
                         chunk->table->name);
}

static int check_file(const struct tl_plan_chunk *chunk, const struct tl_found_file *found,
                      const struct tl_options *options, const struct tl_catalog *catalog,
                      struct tl_error *err)
{
    char path[PATH_MAX], what[128];
    const struct tl_source_file *file = found ? found->file : NULL;
    struct tl_digest digest;
    int rc;

    if (!file)
        return chunk->table->status >= TL_STATUS_ANALYZE_SKIPPED
                   ? TL_OK
                   : source_changed(chunk, "is gone", err);
    if (file->size != chunk->file_size) {
        snprintf(what, sizeof(what), "is %s: %" PRId64 " bytes, was %" PRId64,
                 file->size > chunk->file_size ? "longer" : "shorter", file->size,
                 chunk->file_size);
        return source_changed(chunk, what, err);
    }
    if (chunk->table->status >= TL_STATUS_ANALYZE_SKIPPED && file->mtime == chunk->mtime)
        return TL_OK;
    snprintf(path, sizeof(path), "%s/%s", catalog->dir, file->path);
    rc = tl_fingerprint_file(path, file->size, &digest, err);
    if (rc != TL_OK)
        return rc;
    if (memcmp(digest.bytes, chunk->fingerprint.bytes, TL_DIGEST_LEN) != 0)
        return source_changed(chunk, "has other content", err);
    if (file->mtime != chunk->mtime && options->check_requirements) {
        source_changed(chunk, "was written to (its modification time differs)", err);
        return tl_error_hint(err,
                             "if its content is the same as before, set "
                             "lightning.check-requirements = false for this run; else load "
                             "table %s anew: tidb-lightning-ctl --checkpoint-remove",
                             chunk->table->name);
    }
    return TL_OK;
}

static size_t planned_files(const struct tl_plan *plan)
{
    size_t count = 0;

    for (size_t t = 0; t < plan->table_count; t++)
        count += plan->tables[t].chunk_count;
    return count;
}

static int compare_paths(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return strcmp(*left, *right);
}

/* A table that the plan does not know (added to the dump, or removed with the control program) is
   no difference: it is planned anew. */
static bool is_planned_table(const struct tl_plan *plan, const struct tl_source_table *table)
{
    TL_CLEANUP_FREE char *name = tl_unique_name(table->target_db, table->target_name);

    return name && tl_plan_find(plan, name, strlen(name));
}

static int check_new_files(const struct tl_plan *plan, const struct tl_source_index *index,
                           struct tl_error *err)
{
    size_t count = 0;
    TL_CLEANUP_FREE const char **planned = calloc(planned_files(plan) + 1, sizeof(char *));

    if (!planned)
        return tl_error_nomem(err);
    for (size_t t = 0; t < plan->table_count; t++)
        for (size_t c = 0; c < plan->tables[t].chunk_count; c++)
            planned[count++] = plan->tables[t].chunks[c].path;
    qsort(planned, count, sizeof(char *), compare_paths);
    for (size_t i = 0; i < index->count; i++) {
        const char *path = index->files[i].file->path;

        if (bsearch(&path, planned, count, sizeof(char *), compare_paths) ||
            !is_planned_table(plan, index->files[i].table))
            continue;
        tl_error_set(err, TL_ERR_REFUSED,
                     "the source changed since the import began: file %s (for table `%s`.`%s`) is "
                     "new",
                     path, index->files[i].table->target_db, index->files[i].table->target_name);
        return tl_error_hint(err, "take it away, finish this import, and load it in a second one "
                                  "from a directory of its own");
    }
    return TL_OK;
}

int tl_resume_check_source(const struct tl_plan *plan, const struct tl_options *options,
                           const struct tl_catalog *catalog, const struct tl_cancel *cancel,
                           struct tl_error *err)
{
    TL_CLEANUP(tl_source_index_done) struct tl_source_index index = {0};
    int rc = tl_source_index_init(&index, catalog, err);

    for (size_t t = 0; rc == TL_OK && t < plan->table_count; t++)
        for (size_t c = 0; rc == TL_OK && c < plan->tables[t].chunk_count; c++) {
            const struct tl_plan_chunk *chunk = &plan->tables[t].chunks[c];

            if (tl_cancel_requested(cancel))
                rc = tl_error_set(err, TL_ERR_CANCELED, "stopped on request");
            else
                rc = check_file(chunk, tl_source_index_find(&index, chunk->path), options, catalog,
                                err);
        }
    if (rc == TL_OK)
        rc = check_new_files(plan, &index, err);
    return rc;
}
