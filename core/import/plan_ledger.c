/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The committed state of a plan, from the ledger: the store may say more or less than what the
 * target has, and the target counts.
 */
#include <stdlib.h>
#include <string.h>

#include "core/import/plan.h"

struct ledger_walk {
    struct tl_plan *plan;
    struct tl_plan_chunk **by_key; /* sorted by key */
    size_t count;
    size_t next;
    struct tl_error *err;
};

static int compare_keys(const void *a, const void *b)
{
    const struct tl_plan_chunk *const *left = a;
    const struct tl_plan_chunk *const *right = b;

    return memcmp((*left)->key.digest.bytes, (*right)->key.digest.bytes, TL_DIGEST_LEN);
}

static int take_range(const struct tl_chunk_key *key, const struct tl_range *range, void *payload)
{
    struct ledger_walk *walk = payload;
    struct tl_plan_chunk wanted = {.key = *key};
    const struct tl_plan_chunk *wanted_p = &wanted;
    struct tl_plan_chunk **found =
        bsearch(&wanted_p, walk->by_key, walk->count, sizeof(walk->by_key[0]), compare_keys);

    if (!found)
        return tl_error_set(walk->err, TL_ERR_REFUSED,
                            "the ledger of task %lld has a chunk that its checkpoint lacks",
                            (long long)walk->plan->task_id);
    return tl_plan_add_range(*found, range, walk->err);
}

static void reset_chunk(struct tl_plan_chunk *chunk)
{
    tl_ranges_done(&chunk->ranges);
    chunk->pos = (uint64_t)chunk->offset;
    chunk->rows = 0;
    chunk->bytes = 0;
    chunk->taken = false;
    chunk->done = false;
    chunk->compact = false;
    chunk->end_offset =
        chunk->compression == TL_COMPRESSION_NONE ? chunk->file_size : TL_END_UNKNOWN;
}

/* Takes the table back to "nothing committed". */
static void reset_table(struct tl_plan_table *table)
{
    for (size_t c = 0; c < table->chunk_count; c++)
        reset_chunk(&table->chunks[c]);
    table->was_dirty = table->dirty;
    table->chunks_done = 0;
    table->next_free = 0;
    table->readers = 0;
    table->finishing = false;
    table->settled = false;
}

/* Marks dirty what the store has otherwise, and no more: 100,000 records would take seconds. */
static bool settle_chunk(struct tl_plan_chunk *chunk)
{
    bool lowered = chunk->recorded_pos > chunk->pos;

    if (chunk->pos == (uint64_t)chunk->offset && !chunk->done)
        chunk->real_pos = 0;
    chunk->dirty = chunk->dirty || chunk->pos != chunk->recorded_pos ||
                   chunk->rows != chunk->recorded_rows || chunk->end_offset != chunk->recorded_end;
    return lowered;
}

/* The ledger decides: a table that the store calls done but that lacks a range begins again, and
   one whose files are all committed is at least "written". */
static void settle_status(struct tl_plan_table *table)
{
    if (table->failed || tl_status_is_invalid(table->status))
        return;
    if (table->chunks_done < table->chunk_count) {
        table->status = TL_STATUS_LOADED;
        table->engine_status = TL_STATUS_LOADED;
        table->index_status = TL_STATUS_LOADED;
    } else if (table->status < TL_STATUS_INDEX_IMPORTED) {
        tl_plan_set_status(table, TL_STATUS_ALL_WRITTEN);
    }
    table->dirty = table->was_dirty || table->status != table->recorded[0] ||
                   table->engine_status != table->recorded[1] ||
                   table->index_status != table->recorded[2];
}

static size_t settle_tables(struct tl_plan *plan)
{
    size_t lowered = 0;

    for (size_t t = 0; t < plan->table_count; t++) {
        struct tl_plan_table *table = &plan->tables[t];

        for (size_t c = 0; c < table->chunk_count; c++)
            lowered += settle_chunk(&table->chunks[c]);
        settle_status(table);
    }
    return lowered;
}

int tl_plan_apply_ledger(struct tl_plan *plan, const struct tl_ledger *ledger,
                         struct tl_session *session, size_t *lowered_out, struct tl_error *err)
{
    size_t count = 0;
    TL_CLEANUP_FREE struct tl_plan_chunk **by_key = NULL;
    struct ledger_walk walk = {.plan = plan, .err = err};
    int rc;

    for (size_t t = 0; t < plan->table_count; t++)
        count += plan->tables[t].chunk_count;
    by_key = calloc(count + 1, sizeof(struct tl_plan_chunk *));
    if (!by_key)
        return tl_error_nomem(err);
    count = 0;
    for (size_t t = 0; t < plan->table_count; t++) {
        reset_table(&plan->tables[t]);
        for (size_t c = 0; c < plan->tables[t].chunk_count; c++)
            by_key[count++] = &plan->tables[t].chunks[c];
    }
    qsort(by_key, count, sizeof(struct tl_plan_chunk *), compare_keys);
    walk.by_key = by_key;
    walk.count = count;
    rc = tl_ledger_ranges(ledger, session, take_range, &walk, err);
    if (rc == TL_OK)
        *lowered_out = settle_tables(plan);
    return rc;
}

struct tl_ledger_chunk *tl_plan_ledger_chunks(const struct tl_plan *plan, size_t *count_out)
{
    struct tl_ledger_chunk *chunks;
    size_t count = 0;

    for (size_t t = 0; t < plan->table_count; t++)
        count += plan->tables[t].chunk_count;
    chunks = calloc(count + 1, sizeof(*chunks));
    *count_out = 0;
    for (size_t t = 0; chunks && t < plan->table_count; t++)
        for (size_t c = 0; c < plan->tables[t].chunk_count; c++) {
            const struct tl_plan_chunk *chunk = &plan->tables[t].chunks[c];

            chunks[(*count_out)++] = (struct tl_ledger_chunk){.key = chunk->key,
                                                              .table = plan->tables[t].name,
                                                              .engine = TL_ENGINE_DATA,
                                                              .path = chunk->path,
                                                              .offset = chunk->offset};
        }
    return chunks;
}
