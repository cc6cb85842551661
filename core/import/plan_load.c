/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the plan from the store. Statuses and failures are taken from here; committed state only
 * until the ledger is read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/import/plan_store.h"

struct loader {
    struct tl_plan *plan;
    struct tl_plan_table *table; /* while one table is read */
    size_t source;               /* chunk that the next source belongs to: both come by path */
    struct tl_error *err;
};

static char *copy(struct ckpt_str text)
{
    return strndup(text.data ? text.data : "", text.len);
}

static int add_table(const struct ckpt_table *record, void *payload)
{
    struct loader *loader = payload;
    TL_CLEANUP_FREE char *name = copy(record->name);
    TL_CLEANUP_FREE char *db = NULL;
    TL_CLEANUP_FREE char *table = NULL;
    struct tl_plan_table *added;
    int rc;

    if (record->status == TL_STATUS_MISSING)
        return TL_OK; /* a run died while it was added: it is planned anew */
    if (!name)
        return tl_error_nomem(loader->err);
    rc = tl_unique_name_split(name, &db, &table, loader->err);
    if (rc == TL_OK)
        rc = tl_plan_add_table(loader->plan, db, table, loader->err);
    if (rc != TL_OK)
        return rc;
    added = &loader->plan->tables[loader->plan->table_count - 1];
    added->status = record->status;
    added->failed = tl_status_is_invalid(record->status);
    added->was_empty = tl_ckpt_str_eq(record->extra, tl_ckpt_str(TL_EXTRA_WAS_EMPTY));
    added->taken_over = tl_ckpt_str_eq(record->extra, tl_ckpt_str(TL_EXTRA_TAKEN_OVER));
    added->create_time = record->create_time;
    added->dirty = false;
    added->recorded[0] = record->status;
    return TL_OK;
}

static int take_engine(const struct ckpt_engine *record, void *payload)
{
    struct loader *loader = payload;

    if (record->engine_id == TL_ENGINE_DATA)
        loader->table->engine_status = loader->table->recorded[1] = record->status;
    else
        loader->table->index_status = loader->table->recorded[2] = record->status;
    loader->table->failed = loader->table->failed || tl_status_is_invalid(record->status);
    return TL_OK;
}

static int take_chunk(const struct ckpt_chunk *record, void *payload)
{
    struct loader *loader = payload;
    TL_CLEANUP_FREE char *path = copy(record->path);
    TL_CLEANUP_FREE char *sort_key = copy(record->sort_key);
    struct tl_plan_chunk *chunk;
    int rc;

    if (!path || !sort_key)
        return tl_error_nomem(loader->err);
    rc = tl_plan_add_chunk(loader->table, path, sort_key, &chunk, loader->err);
    if (rc != TL_OK)
        return rc;
    chunk->offset = record->offset;
    chunk->type = (enum tl_file_type)record->type;
    chunk->compression = (enum tl_compression)record->compression;
    chunk->file_size = record->file_size;
    chunk->end_offset = record->end_offset;
    chunk->pos = (uint64_t)record->pos;
    chunk->real_pos = record->real_pos;
    chunk->rows = record->kvc_kvs;
    chunk->bytes = record->kvc_bytes;
    chunk->create_time = record->create_time;
    chunk->columns = record->columns.len > 0 ? copy(record->columns) : NULL;
    chunk->marks = record->extra.len > 0 ? copy(record->extra) : NULL;
    if ((record->columns.len > 0 && !chunk->columns) || (record->extra.len > 0 && !chunk->marks))
        return tl_error_nomem(loader->err);
    tl_plan_chunk_recorded(chunk);
    return TL_OK;
}

static int take_source(const struct ckpt_source *record, void *payload)
{
    struct loader *loader = payload;

    for (; loader->source < loader->table->chunk_count; loader->source++) {
        struct tl_plan_chunk *chunk = &loader->table->chunks[loader->source];

        if (!tl_ckpt_str_eq(tl_ckpt_str(chunk->path), record->path))
            continue;
        chunk->mtime = record->mtime;
        if (record->fingerprint.len == TL_DIGEST_LEN)
            memcpy(chunk->fingerprint.bytes, record->fingerprint.data, TL_DIGEST_LEN);
        return TL_OK;
    }
    return TL_OK;
}

static int take_failure(const struct ckpt_failure *record, void *payload)
{
    struct loader *loader = payload;
    struct tl_plan_table *table = loader->table;
    struct tl_error *why = calloc(1, sizeof(*why));

    if (!why)
        return tl_error_nomem(loader->err);
    free(table->failure);
    free(table->failure_path);
    tl_error_set(why, TL_ERR_DB, "%.*s", (int)record->message.len,
                 record->message.len ? record->message.data : "");
    tl_error_hint(why, "%.*s", (int)record->hint.len, record->hint.len ? record->hint.data : "");
    why->native = record->native_code;
    snprintf(why->sqlstate, sizeof(why->sqlstate), "%.*s", (int)record->sqlstate.len,
             record->sqlstate.len ? record->sqlstate.data : "");
    why->line = record->line;
    why->offset = record->offset;
    table->failure = why;
    table->failure_path = copy(record->path);
    return TL_OK;
}

int tl_plan_load(struct tl_plan **plan_out, struct tl_store *store,
                 const struct tl_task_record *task, struct tl_error *err)
{
    TL_CLEANUP(tl_plan_free_p) struct tl_plan *plan = NULL;
    struct loader loader = {.err = err};
    struct ckpt_visitor tables = {
        .struct_size = sizeof(tables), .table = add_table, .payload = &loader};
    struct ckpt_visitor parts = {.struct_size = sizeof(parts),
                                 .engine = take_engine,
                                 .chunk = take_chunk,
                                 .source = take_source,
                                 .failure = take_failure,
                                 .payload = &loader};
    int rc = tl_plan_new(&plan, task->task_id, task->source_dir, err);

    if (rc != TL_OK)
        return rc;
    loader.plan = plan;
    plan->upstream = task->upstream ? strdup(task->upstream) : NULL;
    if (task->upstream && !plan->upstream)
        return tl_error_nomem(err);
    rc = tl_store_each_table(store, CKPT_FILTER_ALL, &tables, err);
    for (size_t i = 0; rc == TL_OK && i < plan->table_count; i++) {
        loader.table = &plan->tables[i];
        loader.source = 0;
        rc = tl_store_load_table(store, plan->tables[i].name, &parts, err);
        if (rc == TL_NOT_FOUND)
            rc = tl_error_set(err, TL_ERR_REFUSED, "table %s left the checkpoint while it was read",
                              plan->tables[i].name);
    }
    if (rc != TL_OK)
        return rc;
    tl_plan_sort(plan);
    tl_plan_set_keys(plan);
    *plan_out = plan;
    plan = NULL;
    return TL_OK;
}
