/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See plan_records.h.
 */
#include "core/import/plan_records.h"

#include "core/base/clock.h"
#include "core/import/plan_store.h"

bool tl_changes_fit(const struct tl_changes *changes, size_t more)
{
    return changes->count + more <= CKPT_APPLY_MAX_CHANGES;
}

static struct ckpt_change *add(struct tl_changes *changes, enum ckpt_change_kind kind)
{
    struct ckpt_change *change = &changes->changes[changes->count];

    memset(change, 0, sizeof(*change));
    change->struct_size = (uint32_t)sizeof(*change);
    change->kind = (uint32_t)kind;
    change->record.any = &changes->records[changes->count];
    changes->pointers[changes->count] = change;
    changes->count++;
    return change;
}

const char *tl_plan_table_extra(const struct tl_plan_table *table)
{
    if (table->was_empty)
        return TL_EXTRA_WAS_EMPTY;
    return table->taken_over ? TL_EXTRA_TAKEN_OVER : "";
}

void tl_changes_add_table(struct tl_changes *changes, const struct tl_plan *plan,
                          const struct tl_plan_table *table)
{
    struct ckpt_table *record = &changes->records[changes->count].table;

    add(changes, CKPT_PUT_TABLE);
    *record = (struct ckpt_table){
        .struct_size = (uint32_t)sizeof(*record),
        .status = table->status,
        .task_id = plan->task_id,
        .name = tl_ckpt_str(table->name),
        .create_time = table->create_time,
        .update_time = tl_wall_ns(),
        .extra = tl_ckpt_str(tl_plan_table_extra(table)),
    };
}

static void add_engine(struct tl_changes *changes, const struct tl_plan_table *table, int32_t id,
                       uint32_t status)
{
    struct ckpt_engine *record = &changes->records[changes->count].engine;

    add(changes, CKPT_PUT_ENGINE);
    *record = (struct ckpt_engine){
        .struct_size = (uint32_t)sizeof(*record),
        .status = status,
        .table_name = tl_ckpt_str(table->name),
        .engine_id = id,
        .create_time = table->create_time,
        .update_time = tl_wall_ns(),
    };
}

void tl_changes_add_engines(struct tl_changes *changes, const struct tl_plan_table *table)
{
    add_engine(changes, table, TL_ENGINE_INDEX, table->index_status);
    add_engine(changes, table, TL_ENGINE_DATA, table->engine_status);
}

void tl_changes_add_failure(struct tl_changes *changes, const struct tl_plan_table *table)
{
    struct ckpt_failure *record = &changes->records[changes->count].failure;
    const struct tl_error *why = table->failure;

    add(changes, CKPT_PUT_FAILURE);
    *record = (struct ckpt_failure){
        .struct_size = (uint32_t)sizeof(*record),
        .engine_id = TL_ENGINE_DATA,
        .table_name = tl_ckpt_str(table->name),
        .path = tl_ckpt_str(table->failure_path ? table->failure_path : ""),
        .offset = why->offset,
        .line = why->line,
        .native_code = why->native,
        .status = table->status * 10,
        .sqlstate = tl_ckpt_str(why->sqlstate),
        .message = tl_ckpt_str(why->message),
        .hint = tl_ckpt_str(why->hint),
        .time = tl_wall_ns(),
    };
}

void tl_changes_add_chunk(struct tl_changes *changes, const struct tl_plan_chunk *chunk)
{
    struct ckpt_chunk *record = &changes->records[changes->count].chunk;

    add(changes, CKPT_PUT_CHUNK);
    *record = (struct ckpt_chunk){
        .struct_size = (uint32_t)sizeof(*record),
        .engine_id = TL_ENGINE_DATA,
        .table_name = tl_ckpt_str(chunk->table->name),
        .path = tl_ckpt_str(chunk->path),
        .offset = chunk->offset,
        .type = (int32_t)chunk->type,
        .compression = (int32_t)chunk->compression,
        .sort_key = tl_ckpt_str(chunk->sort_key),
        .file_size = chunk->file_size,
        .columns = tl_ckpt_str(chunk->columns),
        .end_offset = chunk->end_offset,
        .pos = (int64_t)chunk->pos,
        .real_pos = chunk->real_pos,
        .rowid_max = (int64_t)chunk->rows,
        .kvc_bytes = chunk->bytes,
        .kvc_kvs = chunk->rows,
        .create_time = chunk->create_time,
        .update_time = tl_wall_ns(),
        .extra = tl_ckpt_str(chunk->marks),
    };
}

void tl_changes_add_source(struct tl_changes *changes, const struct tl_plan_chunk *chunk)
{
    struct ckpt_source *record = &changes->records[changes->count].source;

    add(changes, CKPT_PUT_SOURCE);
    *record = (struct ckpt_source){
        .struct_size = (uint32_t)sizeof(*record),
        .table_name = tl_ckpt_str(chunk->table->name),
        .path = tl_ckpt_str(chunk->path),
        .size = chunk->file_size,
        .mtime = chunk->mtime,
        .fingerprint = tl_ckpt_bytes(chunk->fingerprint.bytes, TL_DIGEST_LEN),
    };
}

int tl_changes_apply(struct tl_changes *changes, struct tl_store *store, struct tl_error *err)
{
    int rc = TL_OK;

    if (changes->count > 0)
        rc = tl_store_apply(store, changes->pointers, changes->count, err);
    if (rc == TL_OK)
        changes->count = 0;
    return rc;
}
