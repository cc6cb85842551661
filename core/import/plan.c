/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan's memory and its state changes. See plan.h.
 */
#include "core/import/plan.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"

int tl_plan_new(struct tl_plan **plan_out, int64_t task_id, const char *source_dir,
                struct tl_error *err)
{
    struct tl_plan *plan = calloc(1, sizeof(*plan));

    if (!plan)
        return tl_error_nomem(err);
    plan->task_id = task_id;
    plan->source_dir = strdup(source_dir);
    if (!plan->source_dir) {
        free(plan);
        return tl_error_nomem(err);
    }
    pthread_mutex_init(&plan->lock, NULL);
    *plan_out = plan;
    return TL_OK;
}

static void free_table(struct tl_plan_table *table)
{
    for (size_t i = 0; i < table->chunk_count; i++) {
        free(table->chunks[i].path);
        free(table->chunks[i].sort_key);
        free(table->chunks[i].columns);
        free(table->chunks[i].marks);
        tl_ranges_done(&table->chunks[i].ranges);
    }
    for (size_t i = 0; i < table->ignore_columns.count; i++)
        free(table->ignore_columns.items[i]);
    free(table->ignore_columns.items);
    free(table->chunks);
    free(table->name);
    free(table->db);
    free(table->table);
    free(table->failure);
    free(table->failure_path);
    tl_table_info_free(table->info);
}

void tl_plan_free(struct tl_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->table_count; i++)
        free_table(&plan->tables[i]);
    free(plan->tables);
    free(plan->by_name);
    free(plan->source_dir);
    free(plan->upstream);
    pthread_mutex_destroy(&plan->lock);
    free(plan);
}

/* What is sorted or moved has lost its index. */
static void forget_names(struct tl_plan *plan)
{
    free(plan->by_name);
    plan->by_name = NULL;
}

/* Grows an array by one zeroed element when count is a power of two (or 0). */
static void *grow(void *items, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return items;
    items = realloc(items, (count ? 2 * count : 1) * size);
    return items;
}

int tl_plan_add_table(struct tl_plan *plan, const char *db, const char *table, struct tl_error *err)
{
    struct tl_plan_table *tables = grow(plan->tables, plan->table_count, sizeof(*tables));
    struct tl_plan_table *added;

    if (!tables)
        return tl_error_nomem(err);
    forget_names(plan);
    plan->tables = tables;
    added = &tables[plan->table_count];
    memset(added, 0, sizeof(*added));
    plan->table_count++;
    added->name = tl_unique_name(db, table);
    added->db = strdup(db);
    added->table = strdup(table);
    added->status = TL_STATUS_LOADED;
    added->engine_status = TL_STATUS_LOADED;
    added->index_status = TL_STATUS_LOADED;
    added->create_time = tl_wall_ns();
    added->dirty = true;
    return added->name && added->db && added->table ? TL_OK : tl_error_nomem(err);
}

void tl_plan_drop_empty(struct tl_plan *plan)
{
    size_t kept = 0;

    for (size_t i = 0; i < plan->table_count; i++) {
        struct tl_plan_table *table = &plan->tables[i];

        if (table->chunk_count == 0 && table->status == TL_STATUS_LOADED && !table->failed)
            free_table(table);
        else
            plan->tables[kept++] = *table;
    }
    plan->table_count = kept;
    tl_plan_set_keys(plan);
}

int tl_plan_add_chunk(struct tl_plan_table *table, const char *path, const char *sort_key,
                      struct tl_plan_chunk **chunk_out, struct tl_error *err)
{
    struct tl_plan_chunk *chunks = grow(table->chunks, table->chunk_count, sizeof(*chunks));
    struct tl_plan_chunk *added;

    if (!chunks)
        return tl_error_nomem(err);
    table->chunks = chunks;
    added = &chunks[table->chunk_count];
    memset(added, 0, sizeof(*added));
    table->chunk_count++;
    added->path = strdup(path);
    added->sort_key = strdup(sort_key);
    added->create_time = tl_wall_ns();
    added->dirty = true;
    *chunk_out = added;
    return added->path && added->sort_key ? TL_OK : tl_error_nomem(err);
}

static int compare_names(const void *a, const void *b)
{
    const struct tl_plan_table *const *left = a;
    const struct tl_plan_table *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

/* Without memory for it there is none, and a search takes longer. */
static void index_names(struct tl_plan *plan)
{
    forget_names(plan);
    plan->by_name = calloc(plan->table_count + 1, sizeof(struct tl_plan_table *));
    if (!plan->by_name)
        return;
    for (size_t i = 0; i < plan->table_count; i++)
        plan->by_name[i] = &plan->tables[i];
    qsort(plan->by_name, plan->table_count, sizeof(struct tl_plan_table *), compare_names);
}

static int64_t table_size(const struct tl_plan_table *table)
{
    int64_t size = 0;

    for (size_t i = 0; i < table->chunk_count; i++)
        size += table->chunks[i].file_size;
    return size;
}

static int compare_tables(const void *a, const void *b)
{
    const struct tl_plan_table *left = a;
    const struct tl_plan_table *right = b;
    int64_t left_size = table_size(left), right_size = table_size(right);

    if (left_size != right_size)
        return left_size > right_size ? -1 : 1;
    return strcmp(left->name, right->name);
}

static int compare_chunks(const void *a, const void *b)
{
    const struct tl_plan_chunk *left = a;
    const struct tl_plan_chunk *right = b;
    int order = strcmp(left->sort_key, right->sort_key);

    return order != 0 ? order : strcmp(left->path, right->path);
}

void tl_plan_sort(struct tl_plan *plan)
{
    forget_names(plan);
    for (size_t i = 0; i < plan->table_count; i++)
        if (plan->tables[i].chunk_count > 1)
            qsort(plan->tables[i].chunks, plan->tables[i].chunk_count,
                  sizeof(plan->tables[i].chunks[0]), compare_chunks);
    if (plan->table_count > 1)
        qsort(plan->tables, plan->table_count, sizeof(plan->tables[0]), compare_tables);
}

int tl_plan_append(struct tl_plan *plan, struct tl_plan *more, struct tl_error *err)
{
    struct tl_plan_table *tables;

    if (more->table_count == 0)
        return TL_OK;
    tables = calloc(plan->table_count + more->table_count, sizeof(*tables));
    if (!tables)
        return tl_error_nomem(err);
    if (plan->table_count > 0)
        memcpy(tables, plan->tables, plan->table_count * sizeof(*tables));
    memcpy(tables + plan->table_count, more->tables, more->table_count * sizeof(*tables));
    free(plan->tables);
    plan->tables = tables;
    plan->table_count += more->table_count;
    more->table_count = 0;
    tl_plan_sort(plan);
    tl_plan_set_keys(plan);
    return TL_OK;
}

void tl_plan_set_keys(struct tl_plan *plan)
{
    for (size_t t = 0; t < plan->table_count; t++) {
        struct tl_plan_table *table = &plan->tables[t];

        for (size_t c = 0; c < table->chunk_count; c++) {
            struct tl_plan_chunk *chunk = &table->chunks[c];

            chunk->table = table;
            chunk->key = tl_chunk_key_of(plan->task_id, table->name, TL_ENGINE_DATA, chunk->path,
                                         chunk->offset);
        }
    }
    index_names(plan);
}

void tl_plan_chunk_recorded(struct tl_plan_chunk *chunk)
{
    chunk->recorded_pos = chunk->pos;
    chunk->recorded_rows = chunk->rows;
    chunk->recorded_end = chunk->end_offset;
    chunk->dirty = false;
}

void tl_plan_table_recorded(struct tl_plan_table *table)
{
    table->recorded[0] = table->status;
    table->recorded[1] = table->engine_status;
    table->recorded[2] = table->index_status;
    table->dirty = false;
}

uint64_t tl_plan_table_rows(const struct tl_plan_table *table)
{
    uint64_t rows = 0;

    for (size_t i = 0; i < table->chunk_count; i++)
        rows += table->chunks[i].rows;
    return rows;
}

void tl_plan_set_status(struct tl_plan_table *table, uint32_t status)
{
    table->dirty = true;
    if (status < TL_STATUS_INDEX_IMPORTED) {
        table->engine_status = status;
        return;
    }
    table->engine_status = TL_STATUS_IMPORTED;
    table->index_status = TL_STATUS_IMPORTED;
    table->status = status;
}

static void update_counts(struct tl_plan_chunk *chunk)
{
    chunk->rows = 0;
    chunk->bytes = 0;
    for (size_t i = 0; i < chunk->ranges.count; i++) {
        chunk->rows += chunk->ranges.items[i].rows;
        chunk->bytes += chunk->ranges.items[i].bytes;
    }
    chunk->pos = tl_ranges_low_water(&chunk->ranges, (uint64_t)chunk->offset);
}

static void complete_chunk(struct tl_plan_chunk *chunk)
{
    struct tl_plan_table *table = chunk->table;

    if (chunk->done || !tl_ranges_complete(&chunk->ranges, (uint64_t)chunk->offset))
        return;
    chunk->done = true;
    chunk->end_offset = (int64_t)chunk->ranges.items[0].end;
    chunk->real_pos = chunk->file_size;
    tl_ranges_done(&chunk->ranges);
    table->chunks_done++;
    if (table->chunks_done == table->chunk_count && !table->failed)
        tl_plan_set_status(table, TL_STATUS_ALL_WRITTEN);
}

int tl_plan_add_range(struct tl_plan_chunk *chunk, const struct tl_range *range,
                      struct tl_error *err)
{
    bool alone = chunk->ranges.count == 0;
    int rc = chunk->done ? tl_error_set(err, TL_ERR, "file %s: a batch behind its end", chunk->path)
                         : tl_ranges_add(&chunk->ranges, range, err);

    if (rc != TL_OK)
        return rc;
    update_counts(chunk);
    chunk->compact = chunk->compact || !alone; /* one row of the ledger is compact already */
    complete_chunk(chunk);
    return TL_OK;
}

int tl_plan_commit(struct tl_plan *plan, struct tl_plan_chunk *chunk, const struct tl_range *range,
                   struct tl_error *err)
{
    int rc;

    pthread_mutex_lock(&plan->lock);
    rc = tl_plan_add_range(chunk, range, err);
    chunk->dirty = true;
    pthread_mutex_unlock(&plan->lock);
    return rc;
}

void tl_plan_fail_table(struct tl_plan *plan, struct tl_plan_table *table, uint32_t intended,
                        const char *path, const struct tl_error *why)
{
    pthread_mutex_lock(&plan->lock);
    if (!table->failed) {
        table->failed = true;
        table->failure = malloc(sizeof(*why));
        if (table->failure)
            *table->failure = *why;
        table->failure_path = path ? strdup(path) : NULL;
        if (intended < TL_STATUS_INDEX_IMPORTED)
            table->engine_status = intended / 10;
        table->status = intended / 10;
        table->dirty = true;
    }
    pthread_mutex_unlock(&plan->lock);
}

bool tl_plan_all_done(const struct tl_plan *plan)
{
    for (size_t i = 0; i < plan->table_count; i++)
        if (plan->tables[i].status < TL_STATUS_ANALYZE_SKIPPED)
            return false;
    return true;
}

struct wanted_name {
    const char *name;
    size_t len;
};

static int compare_wanted(const void *key, const void *item)
{
    const struct wanted_name *wanted = key;
    const struct tl_plan_table *const *table = item;
    int order = strncmp(wanted->name, (*table)->name, wanted->len);

    return order == 0 && (*table)->name[wanted->len] != '\0' ? -1 : order;
}

struct tl_plan_table *tl_plan_find(const struct tl_plan *plan, const char *name, size_t len)
{
    const struct wanted_name wanted = {name, len};
    struct tl_plan_table **found;

    if (plan->by_name) {
        found = bsearch(&wanted, plan->by_name, plan->table_count, sizeof(struct tl_plan_table *),
                        compare_wanted);
        return found ? *found : NULL;
    }
    for (size_t i = 0; i < plan->table_count; i++)
        if (strlen(plan->tables[i].name) == len && memcmp(plan->tables[i].name, name, len) == 0)
            return &plan->tables[i];
    return NULL;
}
