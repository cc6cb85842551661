/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host never passes to a driver: records past the limits of the interface.
 */
#include <stdio.h>

#include "core/checkpoint/model.h"
#include "core/checkpoint/store_private.h"

enum { MAX_STATUS = 255, HASH_LEN = 32, MAX_FINGERPRINT = 64, MAX_MESSAGE = 4096, MAX_HINT = 2048 };

/* The sum so far and the first thing found wrong, with the key for the message. */
struct check {
    size_t bytes;
    const char *what; /* NULL = fine */
    size_t len;
    size_t max;
};

static void text(struct check *check, const char *what, struct ckpt_str str, size_t max)
{
    check->bytes += str.len;
    if (!check->what && (str.len > max || (str.len > 0 && !str.data))) {
        check->what = what;
        check->len = str.len;
        check->max = max;
    }
}

static void name(struct check *check, struct ckpt_str str)
{
    text(check, "table name", str, CKPT_MAX_TABLE_NAME);
    if (!check->what && str.len == 0)
        check->what = "empty table name";
}

static void size(struct check *check, uint32_t struct_size, size_t expected)
{
    if (!check->what && struct_size != expected)
        check->what = "record of the wrong size";
}

static void status(struct check *check, uint32_t value)
{
    if (!check->what && value > MAX_STATUS)
        check->what = "status above 255";
}

static void task(struct check *check, const struct ckpt_task *r)
{
    size(check, r->struct_size, sizeof(*r));
    text(check, "source directory", r->source_dir, CKPT_MAX_PATH);
    text(check, "backend", r->backend, CKPT_APPLY_MAX_BYTES);
    text(check, "importer address", r->importer_addr, CKPT_APPLY_MAX_BYTES);
    text(check, "target host", r->target_host, CKPT_APPLY_MAX_BYTES);
    text(check, "PD address", r->pd_addr, CKPT_APPLY_MAX_BYTES);
    text(check, "sorted-kv directory", r->sorted_kv_dir, CKPT_APPLY_MAX_BYTES);
    text(check, "version", r->version, CKPT_APPLY_MAX_BYTES);
    text(check, "extra", r->extra, CKPT_MAX_EXTRA);
}

static void table(struct check *check, const struct ckpt_table *r)
{
    size(check, r->struct_size, sizeof(*r));
    name(check, r->name);
    status(check, r->status);
    text(check, "hash", r->hash, HASH_LEN);
    text(check, "table information", r->table_info, CKPT_APPLY_MAX_BYTES);
    text(check, "extra", r->extra, CKPT_MAX_EXTRA);
    if (!check->what && r->hash.len != 0 && r->hash.len != HASH_LEN)
        check->what = "hash that is not 32 bytes";
}

static void engine(struct check *check, const struct ckpt_engine *r)
{
    size(check, r->struct_size, sizeof(*r));
    name(check, r->table_name);
    status(check, r->status);
    text(check, "extra", r->extra, CKPT_MAX_EXTRA);
}

static void chunk(struct check *check, const struct ckpt_chunk *r)
{
    size(check, r->struct_size, sizeof(*r));
    name(check, r->table_name);
    text(check, "path", r->path, CKPT_MAX_PATH);
    text(check, "sort key", r->sort_key, CKPT_APPLY_MAX_BYTES);
    text(check, "column list", r->columns, CKPT_APPLY_MAX_BYTES);
    text(check, "extra", r->extra, CKPT_MAX_EXTRA);
}

static void source(struct check *check, const struct ckpt_source *r)
{
    size(check, r->struct_size, sizeof(*r));
    name(check, r->table_name);
    text(check, "path", r->path, CKPT_MAX_PATH);
    text(check, "fingerprint", r->fingerprint, MAX_FINGERPRINT);
    text(check, "extra", r->extra, CKPT_MAX_EXTRA);
}

static void failure(struct check *check, const struct ckpt_failure *r)
{
    size(check, r->struct_size, sizeof(*r));
    name(check, r->table_name);
    status(check, r->status);
    text(check, "path", r->path, CKPT_MAX_PATH);
    text(check, "SQLSTATE", r->sqlstate, 5);
    text(check, "failure message", r->message, MAX_MESSAGE);
    text(check, "failure hint", r->hint, MAX_HINT);
    text(check, "extra", r->extra, CKPT_MAX_EXTRA);
}

static void record(struct check *check, const struct ckpt_change *change)
{
    switch (change->kind) {
    case CKPT_PUT_TASK:
        task(check, change->record.task);
        break;
    case CKPT_PUT_TABLE:
        table(check, change->record.table);
        break;
    case CKPT_PUT_ENGINE:
        engine(check, change->record.engine);
        break;
    case CKPT_PUT_CHUNK:
        chunk(check, change->record.chunk);
        break;
    case CKPT_PUT_SOURCE:
        source(check, change->record.source);
        break;
    case CKPT_PUT_FAILURE:
        failure(check, change->record.failure);
        break;
    default:
        check->what = "change of unknown kind";
        break;
    }
}

/* Where the object is, as far as it can be told: the table's name. */
static struct ckpt_str key_of(const struct ckpt_change *change)
{
    switch (change->kind) {
    case CKPT_PUT_TABLE:
        return change->record.table->name;
    case CKPT_PUT_ENGINE:
        return change->record.engine->table_name;
    case CKPT_PUT_CHUNK:
        return change->record.chunk->table_name;
    case CKPT_PUT_SOURCE:
        return change->record.source->table_name;
    case CKPT_PUT_FAILURE:
        return change->record.failure->table_name;
    default:
        return change->name;
    }
}

static int refuse(const struct check *check, struct ckpt_str key, struct tl_error *err)
{
    char where[300] = "";

    if (key.len > 0 && key.data)
        snprintf(where, sizeof(where), " of table %.*s", key.len < 256 ? (int)key.len : 256,
                 key.data);
    if (check->max == 0)
        return tl_error_set(err, TL_ERR_USAGE, "a checkpoint record%s has a %s", where,
                            check->what);
    return tl_error_set(err, TL_ERR_USAGE,
                        "a checkpoint record%s has a %s of %zu bytes, more than the %zu allowed",
                        where, check->what, check->len, check->max);
}

int tl_store_check_change(const struct ckpt_change *change, size_t *bytes_out, struct tl_error *err)
{
    struct check check = {0};

    size(&check, change->struct_size, sizeof(*change));
    if (change->kind == CKPT_DELETE_FAILURES || change->kind == CKPT_DELETE_TABLE)
        name(&check, change->name);
    else if (change->kind != CKPT_DELETE_ALL && !change->record.any)
        return tl_error_set(err, TL_ERR_USAGE, "a checkpoint change has no record");
    else if (change->kind != CKPT_DELETE_ALL)
        record(&check, change);
    if (!check.what && check.bytes > CKPT_APPLY_MAX_BYTES) {
        check.what = "size";
        check.len = check.bytes;
        check.max = CKPT_APPLY_MAX_BYTES;
    }
    if (check.what)
        return refuse(&check, key_of(change), err);
    *bytes_out = check.bytes;
    return TL_OK;
}

int tl_store_check_name(struct ckpt_str table_name, struct tl_error *err)
{
    struct check check = {0};

    name(&check, table_name);
    return check.what ? refuse(&check, table_name, err) : TL_OK;
}
