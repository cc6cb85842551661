/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the plan to the store: all of it before an import begins, then what changed.
 */
#include "core/import/plan_store.h"

#include <stdlib.h>

#include "core/import/plan_records.h"

static int save_chunks(const struct tl_plan_table *table, struct tl_changes *changes,
                       struct tl_store *store, struct tl_error *err)
{
    for (size_t i = 0; i < table->chunk_count; i++) {
        int rc = TL_OK;

        if (!tl_changes_fit(changes, 2))
            rc = tl_changes_apply(changes, store, err);
        if (rc != TL_OK)
            return rc;
        tl_changes_add_chunk(changes, &table->chunks[i]);
        tl_changes_add_source(changes, &table->chunks[i]);
        table->chunks[i].dirty = false;
    }
    return TL_OK;
}

int tl_plan_save_tables(struct tl_plan *plan, struct tl_store *store, struct tl_error *err)
{
    TL_CLEANUP_FREE struct tl_changes *changes = calloc(1, sizeof(*changes));
    int rc = changes ? TL_OK : tl_error_nomem(err);

    for (size_t i = 0; rc == TL_OK && i < plan->table_count; i++) {
        if (!tl_changes_fit(changes, 3))
            rc = tl_changes_apply(changes, store, err);
        if (rc != TL_OK)
            break;
        tl_changes_add_table(changes, plan, &plan->tables[i]);
        tl_changes_add_engines(changes, &plan->tables[i]);
        plan->tables[i].dirty = false;
        rc = save_chunks(&plan->tables[i], changes, store, err);
    }
    if (rc == TL_OK)
        rc = tl_changes_apply(changes, store, err);
    return rc;
}

int tl_plan_save(struct tl_plan *plan, struct tl_store *store, const struct tl_options *options,
                 const char *target_identity, struct tl_error *err)
{
    int rc = tl_store_delete(store, CKPT_DELETE_ALL, NULL, err);

    if (rc == TL_OK)
        rc = tl_task_record_save(store, plan, options, target_identity, false, err);
    if (rc == TL_OK)
        rc = tl_plan_save_tables(plan, store, err);
    if (rc == TL_OK)
        rc = tl_task_record_save(store, plan, options, target_identity, true, err);
    return rc;
}

/* Where a flush is; the plan's arrays do not move while it runs. */
struct flush {
    struct tl_plan *plan;
    size_t table;
    size_t chunk; /* of that table; its own record comes first */
    bool table_taken;
};

static void take_table(struct flush *flush, struct tl_changes *changes)
{
    struct tl_plan_table *table = &flush->plan->tables[flush->table];

    if (table->dirty) {
        tl_changes_add_table(changes, flush->plan, table);
        tl_changes_add_engines(changes, table);
        if (table->failure)
            tl_changes_add_failure(changes, table);
        table->dirty = false;
    }
    flush->table_taken = true;
}

/* Fills the group with dirty records; true when the end of the plan is reached. Lock held. */
static bool gather(struct flush *flush, struct tl_changes *changes)
{
    for (; flush->table < flush->plan->table_count; flush->table++) {
        struct tl_plan_table *table = &flush->plan->tables[flush->table];

        if (!flush->table_taken) {
            if (!tl_changes_fit(changes, 4))
                return false;
            take_table(flush, changes);
        }
        for (; flush->chunk < table->chunk_count; flush->chunk++) {
            struct tl_plan_chunk *chunk = &table->chunks[flush->chunk];

            if (!chunk->dirty)
                continue;
            if (!tl_changes_fit(changes, 1))
                return false;
            tl_changes_add_chunk(changes, chunk);
            chunk->dirty = false;
        }
        flush->chunk = 0;
        flush->table_taken = false;
    }
    return true;
}

static void mark_all_dirty(struct tl_plan *plan)
{
    pthread_mutex_lock(&plan->lock);
    for (size_t t = 0; t < plan->table_count; t++) {
        plan->tables[t].dirty = true;
        for (size_t c = 0; c < plan->tables[t].chunk_count; c++)
            plan->tables[t].chunks[c].dirty = true;
    }
    pthread_mutex_unlock(&plan->lock);
}

int tl_plan_flush(struct tl_plan *plan, struct tl_store *store, struct tl_error *err)
{
    TL_CLEANUP_FREE struct tl_changes *changes = calloc(1, sizeof(*changes));
    struct flush flush = {.plan = plan};
    bool end = false;
    int rc = TL_OK;

    if (!changes)
        return tl_error_nomem(err);
    while (rc == TL_OK && !end) {
        pthread_mutex_lock(&plan->lock);
        end = gather(&flush, changes);
        pthread_mutex_unlock(&plan->lock);
        rc = tl_changes_apply(changes, store, err);
    }
    if (rc != TL_OK)
        mark_all_dirty(plan);
    return rc;
}
