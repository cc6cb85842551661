/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the catalogue to the target's databases, tables and views. A table that has rows of this
 * task must be there already: making it anew would hide that somebody dropped it.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/import/import_internal.h"
#include "core/import/table_probe.h"
#include "core/target/schema.h"

struct items {
    struct tl_schema_item *list;
    char **paths; /* owned, one for each item */
    bool *created;
    size_t count;
};

static void items_done(struct items *items)
{
    for (size_t i = 0; items->paths && i < items->count; i++)
        free(items->paths[i]);
    free(items->paths);
    free(items->list);
    free(items->created);
}

static int items_init(struct items *items, const struct tl_catalog *catalog, struct tl_error *err)
{
    size_t most = 2 * catalog->table_count + catalog->db_count + 1;

    items->list = calloc(most, sizeof(*items->list));
    items->paths = calloc(most, sizeof(*items->paths));
    items->created = calloc(most, sizeof(*items->created));
    return items->list && items->paths && items->created ? TL_OK : tl_error_nomem(err);
}

static int add_item(struct items *items, enum tl_schema_kind kind, const char *db, const char *name,
                    const struct tl_catalog *catalog, const struct tl_source_file *file,
                    struct tl_error *err)
{
    struct tl_schema_item *item = &items->list[items->count];
    char path[PATH_MAX];

    *item = (struct tl_schema_item){.kind = kind, .db = db, .name = name};
    if (file) {
        snprintf(path, sizeof(path), "%s/%s", catalog->dir, file->path);
        items->paths[items->count] = strdup(path);
        if (!items->paths[items->count])
            return tl_error_nomem(err);
        item->path = items->paths[items->count];
        item->shown_path = file->path;
        item->compression = file->compression;
    }
    items->count++;
    return TL_OK;
}

static int add_all(struct items *items, const struct tl_catalog *catalog, struct tl_error *err)
{
    int rc = TL_OK;

    for (size_t i = 0; rc == TL_OK && i < catalog->db_count; i++)
        rc = add_item(items, TL_SCHEMA_DATABASE, catalog->dbs[i].target_name, NULL, catalog,
                      catalog->dbs[i].schema, err);
    for (size_t i = 0; rc == TL_OK && i < catalog->table_count; i++) {
        const struct tl_source_table *table = &catalog->tables[i];

        if (table->view)
            rc = add_item(items, TL_SCHEMA_VIEW, table->target_db, table->target_name, catalog,
                          table->view, err);
        else
            rc = add_item(items, TL_SCHEMA_TABLE, table->target_db, table->target_name, catalog,
                          table->schema, err);
    }
    return rc;
}

struct apply {
    struct tl_import *import;
    struct items *items;
};

static int apply(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct apply *apply = payload;

    return tl_schema_apply(apply->import->options, session, apply->items->list, apply->items->count,
                           apply->items->created, apply->import->cancel, err);
}

static void note_created(struct tl_plan *plan, const struct items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct tl_schema_item *item = &items->list[i];
        TL_CLEANUP_FREE char *name = NULL;
        struct tl_plan_table *table;

        if (item->kind != TL_SCHEMA_TABLE || !items->created[i])
            continue;
        name = tl_unique_name(item->db, item->name);
        table = name ? tl_plan_find(plan, name, strlen(name)) : NULL;
        if (table) {
            table->was_empty = true;
            table->dirty = true;
        }
    }
}

static bool has_progress(const struct tl_plan_table *table)
{
    for (size_t i = 0; i < table->chunk_count; i++)
        if (table->chunks[i].done || table->chunks[i].ranges.count > 0)
            return true;
    return false;
}

/* Only an empty table can be counted afterwards. */
static int note_empty(struct tl_import *import, struct tl_error *err)
{
    int rc = TL_OK;

    if (import->options->checksum == TL_OFF || import->options->conflict != TL_CONFLICT_ERROR)
        return TL_OK;
    for (size_t i = 0; rc == TL_OK && i < import->plan->table_count; i++) {
        struct tl_plan_table *table = &import->plan->tables[i];
        bool empty = false;

        if (table->was_empty || table->chunk_count == 0 || has_progress(table))
            continue;
        rc = tl_probe_empty(&import->control, table, &empty, err);
        table->was_empty = empty;
        table->dirty = true;
    }
    return rc;
}

int tl_import_apply_schema(struct tl_import *import, struct tl_error *err)
{
    struct items items = {0};
    struct apply payload = {.import = import, .items = &items};
    int rc = items_init(&items, import->catalog, err);

    if (rc == TL_OK)
        rc = add_all(&items, import->catalog, err);
    if (rc == TL_OK)
        rc = tl_control_run(&import->control, apply, &payload, err);
    if (rc == TL_OK)
        note_created(import->plan, &items);
    items_done(&items);
    if (rc == TL_OK && !import->options->accept_at_least_once)
        rc = tl_probe_engines(&import->control, import->plan, err);
    if (rc == TL_OK)
        rc = note_empty(import, err);
    return rc;
}
