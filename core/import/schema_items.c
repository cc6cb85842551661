/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See schema_items.h.
 */
#include "core/import/schema_items.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tl_schema_items_done(struct tl_schema_items *items)
{
    for (size_t i = 0; items->paths && i < items->count; i++)
        free(items->paths[i]);
    free(items->paths);
    free(items->list);
    free(items->created);
}

static int items_init(struct tl_schema_items *items, const struct tl_catalog *catalog,
                      struct tl_error *err)
{
    size_t most = 2 * catalog->table_count + catalog->db_count + 1;

    items->list = calloc(most, sizeof(*items->list));
    items->paths = calloc(most, sizeof(*items->paths));
    items->created = calloc(most, sizeof(*items->created));
    return items->list && items->paths && items->created ? TL_OK : tl_error_nomem(err);
}

static int add_item(struct tl_schema_items *items, enum tl_schema_kind kind, const char *db,
                    const char *name, const struct tl_catalog *catalog,
                    const struct tl_source_file *file, struct tl_error *err)
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

int tl_schema_items_of(struct tl_schema_items *items, const struct tl_catalog *catalog,
                       struct tl_error *err)
{
    int rc = items_init(items, catalog, err);

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
