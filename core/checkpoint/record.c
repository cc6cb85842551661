/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See record.h.
 */
#include "core/checkpoint/record.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"

enum field_type { WORD, LONG, TIME, TEXT };

struct field {
    const char *name;
    size_t offset;
    enum field_type type;
    bool key; /* within the store */
};

struct kind {
    const struct field *fields; /* ended by one without a name */
    size_t size;
};

#define F(kind, type, field)                                     \
    {                                                            \
#field, offsetof(struct ckpt_##kind, field), type, false \
    }
#define K(kind, type, field)                                    \
    {                                                           \
#field, offsetof(struct ckpt_##kind, field), type, true \
    }
#define END                  \
    {                        \
        NULL, 0, WORD, false \
    }

static const struct field task_fields[] = {
    F(task, WORD, planned),     F(task, LONG, task_id),       F(task, TEXT, source_dir),
    F(task, TEXT, backend),     F(task, TEXT, importer_addr), F(task, TEXT, target_host),
    F(task, WORD, target_port), F(task, TEXT, pd_addr),       F(task, TEXT, sorted_kv_dir),
    F(task, TEXT, version),     F(task, TEXT, extra),         END};

static const struct field table_fields[] = {
    F(table, WORD, status),         F(table, LONG, task_id),
    K(table, TEXT, name),           F(table, TEXT, hash),
    F(table, LONG, table_id),       F(table, TEXT, table_info),
    F(table, LONG, kv_bytes),       F(table, LONG, kv_kvs),
    F(table, LONG, kv_checksum),    F(table, LONG, auto_rand_base),
    F(table, LONG, auto_incr_base), F(table, LONG, auto_row_id_base),
    F(table, TIME, create_time),    F(table, TIME, update_time),
    F(table, TEXT, extra),          END};

static const struct field engine_fields[] = {F(engine, WORD, status),
                                             K(engine, TEXT, table_name),
                                             K(engine, WORD, engine_id),
                                             F(engine, TIME, create_time),
                                             F(engine, TIME, update_time),
                                             F(engine, TEXT, extra),
                                             END};

static const struct field chunk_fields[] = {
    K(chunk, WORD, engine_id),      K(chunk, TEXT, table_name),   K(chunk, TEXT, path),
    K(chunk, LONG, offset),         F(chunk, WORD, type),         F(chunk, WORD, compression),
    F(chunk, TEXT, sort_key),       F(chunk, LONG, file_size),    F(chunk, TEXT, columns),
    F(chunk, LONG, end_offset),     F(chunk, LONG, pos),          F(chunk, LONG, real_pos),
    F(chunk, LONG, prev_rowid_max), F(chunk, LONG, rowid_max),    F(chunk, LONG, kvc_bytes),
    F(chunk, LONG, kvc_kvs),        F(chunk, LONG, kvc_checksum), F(chunk, TIME, create_time),
    F(chunk, TIME, update_time),    F(chunk, TEXT, extra),        END};

static const struct field source_fields[] = {K(source, TEXT, table_name),
                                             K(source, TEXT, path),
                                             F(source, LONG, size),
                                             F(source, LONG, mtime),
                                             F(source, TEXT, fingerprint),
                                             F(source, TEXT, extra),
                                             END};

static const struct field failure_fields[] = {K(failure, WORD, engine_id),
                                              K(failure, TEXT, table_name),
                                              K(failure, TEXT, path),
                                              K(failure, LONG, offset),
                                              F(failure, LONG, line),
                                              F(failure, WORD, native_code),
                                              F(failure, WORD, status),
                                              F(failure, TEXT, sqlstate),
                                              F(failure, TEXT, message),
                                              F(failure, TEXT, hint),
                                              F(failure, TIME, time),
                                              F(failure, TEXT, extra),
                                              END};

static const struct kind kinds[TL_RECORD_KINDS] = {
    [CKPT_PUT_TASK] = {task_fields, sizeof(struct ckpt_task)},
    [CKPT_PUT_TABLE] = {table_fields, sizeof(struct ckpt_table)},
    [CKPT_PUT_ENGINE] = {engine_fields, sizeof(struct ckpt_engine)},
    [CKPT_PUT_CHUNK] = {chunk_fields, sizeof(struct ckpt_chunk)},
    [CKPT_PUT_SOURCE] = {source_fields, sizeof(struct ckpt_source)},
    [CKPT_PUT_FAILURE] = {failure_fields, sizeof(struct ckpt_failure)},
};

static const struct field *fields_of(uint32_t kind)
{
    assert(kind > 0 && kind < TL_RECORD_KINDS);
    return kinds[kind].fields;
}

static struct ckpt_str text_of(const struct field *field, const void *record)
{
    struct ckpt_str text;

    memcpy(&text, (const char *)record + field->offset, sizeof(text));
    return text;
}

static int64_t seconds_of(const struct field *field, const void *record)
{
    int64_t ns;

    memcpy(&ns, (const char *)record + field->offset, sizeof(ns));
    return ns / TL_NS_PER_SEC - (ns % TL_NS_PER_SEC < 0);
}

static bool same(const struct field *field, const void *a, const void *b)
{
    struct ckpt_str left, right;

    if (field->type == TIME)
        return seconds_of(field, a) == seconds_of(field, b);
    if (field->type != TEXT)
        return memcmp((const char *)a + field->offset, (const char *)b + field->offset,
                      field->type == WORD ? 4 : 8) == 0;
    left = text_of(field, a);
    right = text_of(field, b);
    return left.len == right.len && (left.len == 0 || memcmp(left.data, right.data, left.len) == 0);
}

size_t tl_record_bytes(uint32_t kind, const void *record)
{
    size_t bytes = 0;

    for (const struct field *field = fields_of(kind); field->name; field++)
        if (field->type == TEXT)
            bytes += text_of(field, record).len;
    return bytes;
}

void tl_record_copy(union tl_record *copy_out, uint32_t kind, const void *record, char *bytes)
{
    const struct field *field = fields_of(kind);
    uint32_t size = (uint32_t)kinds[kind].size;

    memset(copy_out, 0, sizeof(*copy_out));
    memcpy(copy_out, record, size);
    memcpy(copy_out, &size, sizeof(size)); /* struct_size: a larger record's rest stays behind */
    for (; field->name; field++) {
        struct ckpt_str text;

        if (field->type != TEXT)
            continue;
        text = text_of(field, record);
        if (text.len > 0)
            memcpy(bytes, text.data, text.len);
        text.data = bytes;
        bytes += text.len;
        memcpy((char *)copy_out + field->offset, &text, sizeof(text));
    }
}

const char *tl_record_diff(uint32_t kind, const void *a, const void *b)
{
    for (const struct field *field = fields_of(kind); field->name; field++)
        if (!same(field, a, b))
            return field->name;
    return NULL;
}

bool tl_record_same_key(uint32_t kind, const void *a, const void *b)
{
    for (const struct field *field = fields_of(kind); field->name; field++)
        if (field->key && !same(field, a, b))
            return false;
    return true;
}

static int add_field(struct tl_buf *out, const struct field *field, const void *record)
{
    struct ckpt_str text;
    int64_t seconds;
    int rc;

    if (field->type == TIME) {
        seconds = seconds_of(field, record);
        return tl_buf_add(out, &seconds, sizeof(seconds));
    }
    if (field->type != TEXT)
        return tl_buf_add(out, (const char *)record + field->offset, field->type == WORD ? 4 : 8);
    text = text_of(field, record);
    rc = tl_buf_add(out, &text.len, sizeof(text.len));
    return rc == TL_OK && text.len > 0 ? tl_buf_add(out, text.data, text.len) : rc;
}

int tl_record_digest(struct tl_digest *digest_out, uint32_t kind, const void *record,
                     struct tl_buf *scratch)
{
    int rc;

    tl_buf_clear(scratch);
    rc = tl_buf_add(scratch, &kind, sizeof(kind));
    for (const struct field *field = fields_of(kind); rc == TL_OK && field->name; field++)
        rc = add_field(scratch, field, record);
    if (rc == TL_OK)
        *digest_out = tl_digest_of(scratch->data, scratch->len);
    return rc;
}

static void describe_place(char out[TL_RECORD_TEXT], const char *what, struct ckpt_str path,
                           int64_t offset, int32_t engine_id)
{
    int len = path.len < 300 ? (int)path.len : 300;

    snprintf(out, TL_RECORD_TEXT, "%s '%.*s' at offset %" PRId64 " of engine %" PRId32, what, len,
             path.data ? path.data : "", offset, engine_id);
}

void tl_record_describe(char out[TL_RECORD_TEXT], uint32_t kind, const void *record)
{
    const struct ckpt_chunk *chunk = record;
    const struct ckpt_engine *engine = record;
    const struct ckpt_source *source = record;
    const struct ckpt_failure *failure = record;

    switch (kind) {
    case CKPT_PUT_ENGINE:
        snprintf(out, TL_RECORD_TEXT, "engine %" PRId32, engine->engine_id);
        break;
    case CKPT_PUT_CHUNK:
        describe_place(out, "chunk", chunk->path, chunk->offset, chunk->engine_id);
        break;
    case CKPT_PUT_SOURCE:
        snprintf(out, TL_RECORD_TEXT, "source file '%.*s'",
                 source->path.len < 300 ? (int)source->path.len : 300, source->path.data);
        break;
    case CKPT_PUT_FAILURE:
        describe_place(out, "failure in", failure->path, failure->offset, failure->engine_id);
        break;
    default:
        snprintf(out, TL_RECORD_TEXT, "%s", kind == CKPT_PUT_TASK ? "task record" : "table record");
    }
}

#define SINK(kind_name, KIND)                                                         \
    static int sink_##kind_name(const struct ckpt_##kind_name *record, void *payload) \
    {                                                                                 \
        const struct tl_record_sink *sink = payload;                                  \
                                                                                      \
        return sink->record(CKPT_PUT_##KIND, record, sink->payload);                  \
    }
SINK(task, TASK)
SINK(table, TABLE)
SINK(engine, ENGINE)
SINK(chunk, CHUNK)
SINK(source, SOURCE)
SINK(failure, FAILURE)

struct ckpt_visitor tl_record_visitor(struct tl_record_sink *sink)
{
    return (struct ckpt_visitor){.struct_size = sizeof(struct ckpt_visitor),
                                 .task = sink_task,
                                 .table = sink_table,
                                 .engine = sink_engine,
                                 .chunk = sink_chunk,
                                 .source = sink_source,
                                 .failure = sink_failure,
                                 .payload = sink};
}
