/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the plan to the store: all of it before an import begins, then what changed.
 */
#include "core/import/plan_store.h"

#include <stdlib.h>

#include "core/import/plan_records.h"

struct save {
    struct tl_changes *changes;
    struct tl_store *store;
    const struct tl_cancel *cancel;
};

/* Room for `more` changes. */
static int make_room(struct save *save, size_t more, struct tl_error *err)
{
    if (tl_changes_fit(save->changes, more))
        return TL_OK;
    if (save->cancel && tl_cancel_requested(save->cancel))
        return tl_error_set(err, TL_ERR_CANCELED, "stopped on request");
    return tl_changes_apply(save->changes, save->store, err);
}

static int save_chunks(struct tl_plan_table *table, struct save *save, struct tl_error *err)
{
    for (size_t i = 0; i < table->chunk_count; i++) {
        int rc = make_room(save, 2, err);

        if (rc != TL_OK)
            return rc;
        tl_changes_add_chunk(save->changes, &table->chunks[i]);
        tl_changes_add_source(save->changes, &table->chunks[i]);
        tl_plan_chunk_recorded(&table->chunks[i]);
    }
    return TL_OK;
}

int tl_plan_save_tables(struct tl_plan *plan, struct tl_store *store,
                        const struct tl_cancel *cancel, struct tl_error *err)
{
    TL_CLEANUP_FREE struct tl_changes *changes = calloc(1, sizeof(*changes));
    struct save save = {changes, store, cancel};
    int rc = changes ? TL_OK : tl_error_nomem(err);

    for (size_t i = 0; rc == TL_OK && i < plan->table_count; i++) {
        rc = make_room(&save, 3, err);
        if (rc != TL_OK)
            break;
        tl_changes_add_table(changes, plan, &plan->tables[i]);
        tl_changes_add_engines(changes, &plan->tables[i]);
        tl_plan_table_recorded(&plan->tables[i]);
        rc = save_chunks(&plan->tables[i], &save, err);
    }
    if (rc == TL_OK)
        rc = tl_changes_apply(changes, store, err);
    return rc;
}

int tl_plan_save(struct tl_plan *plan, struct tl_store *store, const struct tl_options *options,
                 const char *target_identity, const struct tl_cancel *cancel, struct tl_error *err)
{
    int rc = tl_store_delete(store, CKPT_DELETE_ALL, NULL, err);

    if (rc == TL_OK)
        rc = tl_task_record_save(store, plan, options, target_identity, false, err);
    if (rc == TL_OK)
        rc = tl_plan_save_tables(plan, store, cancel, err);
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
        tl_plan_table_recorded(table);
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
            tl_plan_chunk_recorded(chunk);
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
