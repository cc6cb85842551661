/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of the records' fields. See layout.h.
 */
#include "plugins/conformance/layout.h"

#include <string.h>

#define SECOND INT64_C(1000000000)

#define FIELD(record, field, type, key, max)                   \
    {                                                          \
#field, type, key, offsetof(struct record, field), max \
    }
#define STR(record, field, max) FIELD(record, field, KIT_STR, false, max)
#define WORD(record, field) FIELD(record, field, KIT_WORD, false, 0)
#define NUM(record, field, type) FIELD(record, field, type, false, 0)
#define KEY_STR(record, field, max) FIELD(record, field, KIT_STR, true, max)
#define KEY_NUM(record, field, type) FIELD(record, field, type, true, 0)
#define END                        \
    {                              \
        NULL, KIT_STR, false, 0, 0 \
    }

static const struct kit_field task_fields[] = {
    NUM(ckpt_task, planned, KIT_FLAG),     NUM(ckpt_task, task_id, KIT_I64),
    STR(ckpt_task, source_dir, 300),       STR(ckpt_task, backend, 16),
    STR(ckpt_task, importer_addr, 200),    STR(ckpt_task, target_host, 100),
    NUM(ckpt_task, target_port, KIT_I32),  STR(ckpt_task, pd_addr, 100),
    STR(ckpt_task, sorted_kv_dir, 200),    STR(ckpt_task, version, 16),
    STR(ckpt_task, extra, CKPT_MAX_EXTRA), END};

static const struct kit_field table_fields[] = {KEY_STR(ckpt_table, name, CKPT_MAX_TABLE_NAME),
                                                NUM(ckpt_table, status, KIT_U32),
                                                NUM(ckpt_table, task_id, KIT_I64),
                                                FIELD(ckpt_table, hash, KIT_WORD, false, 32),
                                                NUM(ckpt_table, table_id, KIT_I64),
                                                STR(ckpt_table, table_info, 3000),
                                                NUM(ckpt_table, kv_bytes, KIT_U64),
                                                NUM(ckpt_table, kv_kvs, KIT_U64),
                                                NUM(ckpt_table, kv_checksum, KIT_U64),
                                                NUM(ckpt_table, auto_rand_base, KIT_I64),
                                                NUM(ckpt_table, auto_incr_base, KIT_I64),
                                                NUM(ckpt_table, auto_row_id_base, KIT_I64),
                                                NUM(ckpt_table, create_time, KIT_TIME),
                                                NUM(ckpt_table, update_time, KIT_TIME),
                                                STR(ckpt_table, extra, CKPT_MAX_EXTRA),
                                                END};

static const struct kit_field engine_fields[] = {
    KEY_STR(ckpt_engine, table_name, CKPT_MAX_TABLE_NAME),
    KEY_NUM(ckpt_engine, engine_id, KIT_I32),
    NUM(ckpt_engine, status, KIT_U32),
    NUM(ckpt_engine, create_time, KIT_TIME),
    NUM(ckpt_engine, update_time, KIT_TIME),
    STR(ckpt_engine, extra, CKPT_MAX_EXTRA),
    END};

static const struct kit_field chunk_fields[] = {
    KEY_STR(ckpt_chunk, table_name, CKPT_MAX_TABLE_NAME),
    KEY_NUM(ckpt_chunk, engine_id, KIT_I32),
    KEY_STR(ckpt_chunk, path, CKPT_MAX_PATH),
    KEY_NUM(ckpt_chunk, offset, KIT_I64),
    NUM(ckpt_chunk, type, KIT_I32),
    NUM(ckpt_chunk, compression, KIT_I32),
    STR(ckpt_chunk, sort_key, 200),
    NUM(ckpt_chunk, file_size, KIT_I64),
    WORD(ckpt_chunk, columns),
    NUM(ckpt_chunk, end_offset, KIT_I64),
    NUM(ckpt_chunk, pos, KIT_I64),
    NUM(ckpt_chunk, real_pos, KIT_I64),
    NUM(ckpt_chunk, prev_rowid_max, KIT_I64),
    NUM(ckpt_chunk, rowid_max, KIT_I64),
    NUM(ckpt_chunk, kvc_bytes, KIT_U64),
    NUM(ckpt_chunk, kvc_kvs, KIT_U64),
    NUM(ckpt_chunk, kvc_checksum, KIT_U64),
    NUM(ckpt_chunk, create_time, KIT_TIME),
    NUM(ckpt_chunk, update_time, KIT_TIME),
    STR(ckpt_chunk, extra, CKPT_MAX_EXTRA),
    END};

static const struct kit_field source_fields[] = {
    KEY_STR(ckpt_source, table_name, CKPT_MAX_TABLE_NAME),
    KEY_STR(ckpt_source, path, CKPT_MAX_PATH),
    NUM(ckpt_source, size, KIT_I64),
    NUM(ckpt_source, mtime, KIT_I64),
    STR(ckpt_source, fingerprint, 64),
    STR(ckpt_source, extra, CKPT_MAX_EXTRA),
    END};

static const struct kit_field failure_fields[] = {
    KEY_STR(ckpt_failure, table_name, CKPT_MAX_TABLE_NAME),
    KEY_NUM(ckpt_failure, engine_id, KIT_I32),
    KEY_STR(ckpt_failure, path, CKPT_MAX_PATH),
    KEY_NUM(ckpt_failure, offset, KIT_I64),
    NUM(ckpt_failure, line, KIT_I64),
    NUM(ckpt_failure, native_code, KIT_I32),
    NUM(ckpt_failure, status, KIT_U32),
    WORD(ckpt_failure, sqlstate),
    STR(ckpt_failure, message, 4096),
    STR(ckpt_failure, hint, 2048),
    NUM(ckpt_failure, time, KIT_TIME),
    STR(ckpt_failure, extra, CKPT_MAX_EXTRA),
    END};

#define LAYOUT(name, record, fields)                                        \
    {                                                                       \
        name, sizeof(struct record), offsetof(struct record, extra), fields \
    }

const struct kit_layout *kit_layout(unsigned kind)
{
    static const struct kit_layout layouts[KIT_KINDS] = {
        {NULL, 0, 0, NULL},
        LAYOUT("task", ckpt_task, task_fields),
        LAYOUT("table", ckpt_table, table_fields),
        LAYOUT("engine", ckpt_engine, engine_fields),
        LAYOUT("chunk", ckpt_chunk, chunk_fields),
        LAYOUT("source", ckpt_source, source_fields),
        LAYOUT("failure", ckpt_failure, failure_fields),
    };

    return &layouts[kind < KIT_KINDS ? kind : 0];
}

struct ckpt_str *kit_field_str(void *record, const struct kit_field *field)
{
    return (struct ckpt_str *)(void *)((char *)record + field->offset);
}

const struct ckpt_str *kit_field_str_of(const void *record, const struct kit_field *field)
{
    return (const struct ckpt_str *)(const void *)((const char *)record + field->offset);
}

int64_t kit_field_number(const void *record, const struct kit_field *field)
{
    const char *at = (const char *)record + field->offset;
    int64_t wide;
    int32_t narrow;

    if (field->type == KIT_I64 || field->type == KIT_U64 || field->type == KIT_TIME) {
        memcpy(&wide, at, sizeof(wide));
        return wide;
    }
    memcpy(&narrow, at, sizeof(narrow));
    return field->type == KIT_I32 ? narrow : (int64_t)(uint32_t)narrow;
}

void kit_field_set(void *record, const struct kit_field *field, int64_t number)
{
    char *at = (char *)record + field->offset;
    uint32_t narrow = (uint32_t)(uint64_t)number;

    if (field->type == KIT_I64 || field->type == KIT_U64 || field->type == KIT_TIME)
        memcpy(at, &number, sizeof(number));
    else
        memcpy(at, &narrow, sizeof(narrow));
}

bool kit_same_str(struct ckpt_str a, struct ckpt_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int kit_compare_str(struct ckpt_str a, struct ckpt_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.data, b.data, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

int kit_compare(unsigned kind, const void *a, const void *b)
{
    for (const struct kit_field *field = kit_layout(kind)->fields; field->key; field++) {
        int order;

        if (field->type == KIT_STR) {
            order = kit_compare_str(*kit_field_str_of(a, field), *kit_field_str_of(b, field));
        } else {
            int64_t left = kit_field_number(a, field);
            int64_t right = kit_field_number(b, field);

            order = (left > right) - (left < right);
        }
        if (order)
            return order;
    }
    return 0;
}

static bool same_time(int64_t got, int64_t want)
{
    return got == want || (got % SECOND == 0 && got <= want && want - got < SECOND);
}

static bool same_field(const struct kit_field *field, const void *got, const void *want)
{
    if (field->type == KIT_STR || field->type == KIT_WORD)
        return kit_same_str(*kit_field_str_of(got, field), *kit_field_str_of(want, field));
    if (field->type == KIT_TIME)
        return same_time(kit_field_number(got, field), kit_field_number(want, field));
    return kit_field_number(got, field) == kit_field_number(want, field);
}

const char *kit_difference(unsigned kind, const void *got, const void *want)
{
    for (const struct kit_field *field = kit_layout(kind)->fields; field->name; field++)
        if (!same_field(field, got, want))
            return field->name;
    return NULL;
}
