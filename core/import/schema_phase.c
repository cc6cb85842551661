/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the catalogue to the target's databases, tables and views. A table that has rows of this
 * task must be there already: making it anew would hide that somebody dropped it.
 */
#include <stdlib.h>
#include <string.h>

#include "core/import/import_internal.h"
#include "core/import/schema_items.h"
#include "core/import/table_probe.h"
#include "core/target/schema.h"

struct apply {
    struct tl_import *import;
    struct tl_schema_items *items;
};

static int apply(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct apply *apply = payload;

    return tl_schema_apply(apply->import->options, session, apply->items->list, apply->items->count,
                           apply->items->created, apply->import->cancel, err);
}

static void note_created(struct tl_plan *plan, const struct tl_schema_items *items)
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
    struct tl_schema_items items = {0};
    struct apply payload = {.import = import, .items = &items};
    int rc = tl_schema_items_of(&items, import->catalog, err);

    if (rc == TL_OK)
        rc = tl_control_run(&import->control, apply, &payload, err);
    if (rc == TL_OK)
        note_created(import->plan, &items);
    tl_schema_items_done(&items);
    if (rc == TL_OK && !import->options->accept_at_least_once)
        rc = tl_probe_engines(&import->control, import->plan, err);
    if (rc == TL_OK)
        rc = note_empty(import, err);
    return rc;
}
