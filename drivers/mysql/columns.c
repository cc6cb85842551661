/* SPDX-License-Identifier: Apache-2.0 */
/* The list of columns and fields. */
#include "columns.h"

#include <string.h>

#define NAME_CHARS 261u
#define PATH_CHARS 2048u
#define TEXT_CHARS 16383u /* a TEXT has 65535 bytes */

#define CONST(name, type, value)                \
    {                                           \
        name, type, CKMY_CONST, value, 0, false \
    }
#define CONST_KEY(name, type, value)           \
    {                                          \
        name, type, CKMY_CONST, value, 0, true \
    }
#define KEY(record, field, name, type, kind, limit)                   \
    {                                                                 \
        name, type, kind, limit, offsetof(struct record, field), true \
    }
#define COL(record, field, name, type, kind, limit)                    \
    {                                                                  \
        name, type, kind, limit, offsetof(struct record, field), false \
    }
#define TIMES(record)                                                   \
    COL(record, create_time, "create_time", "timestamp", CKMY_TIME, 0), \
        COL(record, update_time, "update_time", "timestamp", CKMY_TIME, 0)

static const struct ckmy_column task_columns[] = {
    CONST_KEY("id", "tinyint", 1),
    COL(ckpt_task, task_id, "task_id", "bigint", CKMY_I64, 0),
    COL(ckpt_task, source_dir, "source_dir", "varchar(2048)", CKMY_TEXT, 2048),
    COL(ckpt_task, backend, "backend", "varchar(16)", CKMY_TEXT, 16),
    COL(ckpt_task, importer_addr, "importer_addr", "varchar(256)", CKMY_TEXT, 256),
    COL(ckpt_task, target_host, "tidb_host", "varchar(128)", CKMY_TEXT, 128),
    COL(ckpt_task, target_port, "tidb_port", "int", CKMY_I32, 0),
    COL(ckpt_task, pd_addr, "pd_addr", "varchar(128)", CKMY_TEXT, 128),
    COL(ckpt_task, sorted_kv_dir, "sorted_kv_dir", "varchar(256)", CKMY_TEXT, 256),
    COL(ckpt_task, version, "lightning_ver", "varchar(48)", CKMY_TEXT, 48),
};

static const struct ckmy_column table_columns[] = {
    COL(ckpt_table, task_id, "task_id", "bigint", CKMY_I64, 0),
    KEY(ckpt_table, name, "table_name", "varchar(261)", CKMY_KEY, NAME_CHARS),
    COL(ckpt_table, hash, "hash", "binary(32)", CKMY_HASH, 32),
    COL(ckpt_table, status, "status", "tinyint unsigned", CKMY_STATUS, 0),
    COL(ckpt_table, table_id, "table_id", "bigint", CKMY_I64, 0),
    COL(ckpt_table, table_info, "table_info", "longtext", CKMY_TEXT, UINT32_MAX),
    TIMES(ckpt_table),
    COL(ckpt_table, kv_bytes, "kv_bytes", "bigint unsigned", CKMY_U64, 0),
    COL(ckpt_table, kv_kvs, "kv_kvs", "bigint unsigned", CKMY_U64, 0),
    COL(ckpt_table, kv_checksum, "kv_checksum", "bigint unsigned", CKMY_U64, 0),
    COL(ckpt_table, auto_rand_base, "auto_rand_base", "bigint", CKMY_I64, 0),
    COL(ckpt_table, auto_incr_base, "auto_incr_base", "bigint", CKMY_I64, 0),
    COL(ckpt_table, auto_row_id_base, "auto_row_id_base", "bigint", CKMY_I64, 0),
};

static const struct ckmy_column engine_columns[] = {
    KEY(ckpt_engine, table_name, "table_name", "varchar(261)", CKMY_KEY, NAME_CHARS),
    KEY(ckpt_engine, engine_id, "engine_id", "int", CKMY_I32, 0),
    COL(ckpt_engine, status, "status", "tinyint unsigned", CKMY_STATUS, 0),
    TIMES(ckpt_engine),
};

static const struct ckmy_column chunk_columns[] = {
    KEY(ckpt_chunk, table_name, "table_name", "varchar(261)", CKMY_KEY, NAME_CHARS),
    KEY(ckpt_chunk, engine_id, "engine_id", "int unsigned", CKMY_ENGINE, 0),
    KEY(ckpt_chunk, path, "path", "varchar(2048)", CKMY_KEY, PATH_CHARS),
    KEY(ckpt_chunk, offset, "offset", "bigint", CKMY_I64, 0),
    COL(ckpt_chunk, type, "type", "int", CKMY_I32, 0),
    COL(ckpt_chunk, compression, "compression", "int", CKMY_I32, 0),
    COL(ckpt_chunk, sort_key, "sort_key", "varchar(256)", CKMY_TEXT, 256),
    COL(ckpt_chunk, file_size, "file_size", "bigint", CKMY_I64, 0),
    COL(ckpt_chunk, columns, "columns", "text", CKMY_TEXT_NULL, TEXT_CHARS),
    CONST("should_include_row_id", "tinyint", 0),
    COL(ckpt_chunk, end_offset, "end_offset", "bigint", CKMY_I64, 0),
    COL(ckpt_chunk, pos, "pos", "bigint", CKMY_I64, 0),
    COL(ckpt_chunk, real_pos, "real_pos", "bigint", CKMY_I64, 0),
    COL(ckpt_chunk, prev_rowid_max, "prev_rowid_max", "bigint", CKMY_I64, 0),
    COL(ckpt_chunk, rowid_max, "rowid_max", "bigint", CKMY_I64, 0),
    COL(ckpt_chunk, kvc_bytes, "kvc_bytes", "bigint unsigned", CKMY_U64, 0),
    COL(ckpt_chunk, kvc_kvs, "kvc_kvs", "bigint unsigned", CKMY_U64, 0),
    COL(ckpt_chunk, kvc_checksum, "kvc_checksum", "bigint unsigned", CKMY_U64, 0),
    TIMES(ckpt_chunk),
};

static const struct ckmy_column source_columns[] = {
    KEY(ckpt_source, table_name, "table_name", "varchar(261)", CKMY_KEY, NAME_CHARS),
    KEY(ckpt_source, path, "path", "varchar(2048)", CKMY_KEY, PATH_CHARS),
    COL(ckpt_source, size, "size", "bigint", CKMY_I64, 0),
    COL(ckpt_source, mtime, "mtime", "bigint", CKMY_I64, 0),
    COL(ckpt_source, fingerprint, "fingerprint", "varbinary(64)", CKMY_BYTES, 64),
};

static const struct ckmy_column failure_columns[] = {
    KEY(ckpt_failure, table_name, "table_name", "varchar(261)", CKMY_KEY, NAME_CHARS),
    KEY(ckpt_failure, engine_id, "engine_id", "int", CKMY_I32, 0),
    KEY(ckpt_failure, path, "path", "varchar(2048)", CKMY_KEY, PATH_CHARS),
    KEY(ckpt_failure, offset, "offset", "bigint", CKMY_I64, 0),
    COL(ckpt_failure, line, "line", "bigint", CKMY_I64, 0),
    COL(ckpt_failure, native_code, "code", "int", CKMY_I32, 0),
    COL(ckpt_failure, sqlstate, "sqlstate", "varchar(8)", CKMY_TEXT, 8),
    COL(ckpt_failure, message, "message", "text", CKMY_TEXT, TEXT_CHARS),
    COL(ckpt_failure, hint, "hint", "text", CKMY_TEXT, TEXT_CHARS),
    COL(ckpt_failure, status, "status", "int unsigned", CKMY_U32, 0),
    COL(ckpt_failure, time, "time", "timestamp", CKMY_TIME, 0),
};

static const struct ckmy_column extra_columns[] = {
    CONST_KEY("kind", "tinyint unsigned", 0), {"table_name", "varchar(261)", CKMY_KEY, 0, 0, true},
    CONST_KEY("engine_id", "bigint", 0),      {"path", "varchar(2048)", CKMY_KEY, 0, 0, true},
    CONST_KEY("offset", "bigint", 0),         CONST("planned", "tinyint", 0),
    CONST("raw_name", "varbinary(2048)", 0),  CONST("lost", "mediumblob", 0),
    CONST("extra", "varbinary(4096)", 0),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KIND(number, table, columns, record, engine, path, offset)     \
    {                                                                  \
        number, table, columns, COUNT(columns), sizeof(struct record), \
            offsetof(struct record, extra), engine, path, offset       \
    }

static const struct ckmy_kind kinds[] = {
    KIND(CKPT_PUT_TASK, "task_v2", task_columns, ckpt_task, false, false, false),
    KIND(CKPT_PUT_TABLE, "table_v10", table_columns, ckpt_table, false, false, false),
    KIND(CKPT_PUT_ENGINE, "engine_v5", engine_columns, ckpt_engine, true, false, false),
    KIND(CKPT_PUT_CHUNK, "chunk_v6", chunk_columns, ckpt_chunk, true, true, true),
    KIND(CKPT_PUT_SOURCE, "source_v1", source_columns, ckpt_source, false, true, false),
    KIND(CKPT_PUT_FAILURE, "failure_v1", failure_columns, ckpt_failure, true, true, true),
};

const char *const ckmy_tables[CKMY_TABLE_COUNT] = {
    "extra_v1", "source_v1", "failure_v1", "chunk_v6", "engine_v5", "table_v10", "task_v2"};

const struct ckmy_kind *ckmy_kind(unsigned number)
{
    return &kinds[number - CKMY_KIND_FIRST];
}

const struct ckmy_column *ckmy_extra_columns(size_t *count_out)
{
    *count_out = COUNT(extra_columns);
    return extra_columns;
}

struct ckpt_str ckmy_field_str(const void *record, size_t offset)
{
    struct ckpt_str str;

    memcpy(&str, (const char *)record + offset, sizeof(str));
    return str;
}

struct ckmy_key ckmy_key_of(const struct ckmy_kind *kind, const void *record)
{
    struct ckmy_key key = {{"", 0}, 0, {"", 0}, 0};
    const struct ckpt_chunk *chunk = record;
    const struct ckpt_failure *failure = record;

    switch (kind->number) {
    case CKPT_PUT_TABLE:
        key.table_name = ((const struct ckpt_table *)record)->name;
        break;
    case CKPT_PUT_ENGINE:
        key.table_name = ((const struct ckpt_engine *)record)->table_name;
        key.engine_id = ((const struct ckpt_engine *)record)->engine_id;
        break;
    case CKPT_PUT_CHUNK:
        key = (struct ckmy_key){chunk->table_name, (uint32_t)chunk->engine_id, chunk->path,
                                chunk->offset};
        break;
    case CKPT_PUT_SOURCE:
        key.table_name = ((const struct ckpt_source *)record)->table_name;
        key.path = ((const struct ckpt_source *)record)->path;
        break;
    case CKPT_PUT_FAILURE:
        key = (struct ckmy_key){failure->table_name, failure->engine_id, failure->path,
                                failure->offset};
        break;
    default:
        break;
    }
    return key;
}

static bool same(struct ckpt_str a, struct ckpt_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool ckmy_key_equal(const struct ckmy_key *a, const struct ckmy_key *b)
{
    return a->offset == b->offset && a->engine_id == b->engine_id && same(a->path, b->path) &&
           same(a->table_name, b->table_name);
}
