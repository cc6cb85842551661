/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading: rows are handed on as they come, inside one read transaction, which is one snapshot in
 * WAL mode and holds up no writer.
 */
#include <errno.h>

#include "drivers/file/file_store.h"

enum { MAX_INVALID = 25, DONE = 200 }; /* statuses */

/* Hands one row to the visitor; the visitor's answer. */
typedef int (*row_fn)(sqlite3_stmt *s, struct ckpt_str table, const struct ckpt_visitor *visitor);

static int on_task(sqlite3_stmt *s, struct ckpt_str table, const struct ckpt_visitor *visitor)
{
    const struct ckpt_task task = {
        .struct_size = sizeof(task),
        .task_id = sqlite3_column_int64(s, 0),
        .source_dir = file_get_bytes(s, 1),
        .backend = file_get_bytes(s, 2),
        .importer_addr = file_get_bytes(s, 3),
        .target_host = file_get_bytes(s, 4),
        .target_port = sqlite3_column_int(s, 5),
        .pd_addr = file_get_bytes(s, 6),
        .sorted_kv_dir = file_get_bytes(s, 7),
        .version = file_get_bytes(s, 8),
        .extra = file_get_bytes(s, 9),
        .planned = sqlite3_column_int(s, 10) != 0,
    };

    (void)table;
    return visitor->task ? visitor->task(&task, visitor->payload) : 0;
}

static int on_table(sqlite3_stmt *s, struct ckpt_str name, const struct ckpt_visitor *visitor)
{
    const struct ckpt_table table = {
        .struct_size = sizeof(table),
        .name = file_get_bytes(s, 0),
        .task_id = sqlite3_column_int64(s, 1),
        .hash = file_get_bytes(s, 2),
        .status = (uint32_t)sqlite3_column_int64(s, 3),
        .table_id = sqlite3_column_int64(s, 4),
        .table_info = file_get_bytes(s, 5),
        .create_time = file_get_time(s, 6),
        .update_time = file_get_time(s, 7),
        .kv_bytes = (uint64_t)sqlite3_column_int64(s, 8),
        .kv_kvs = (uint64_t)sqlite3_column_int64(s, 9),
        .kv_checksum = (uint64_t)sqlite3_column_int64(s, 10),
        .auto_rand_base = sqlite3_column_int64(s, 11),
        .auto_incr_base = sqlite3_column_int64(s, 12),
        .auto_row_id_base = sqlite3_column_int64(s, 13),
        .extra = file_get_bytes(s, 14),
    };

    (void)name;
    return visitor->table ? visitor->table(&table, visitor->payload) : 0;
}

static int on_engine(sqlite3_stmt *s, struct ckpt_str table, const struct ckpt_visitor *visitor)
{
    const struct ckpt_engine engine = {
        .struct_size = sizeof(engine),
        .table_name = table,
        .engine_id = sqlite3_column_int(s, 0),
        .status = (uint32_t)sqlite3_column_int64(s, 1),
        .create_time = file_get_time(s, 2),
        .update_time = file_get_time(s, 3),
        .extra = file_get_bytes(s, 4),
    };

    return visitor->engine(&engine, visitor->payload);
}

static int on_chunk(sqlite3_stmt *s, struct ckpt_str table, const struct ckpt_visitor *visitor)
{
    const struct ckpt_chunk chunk = {
        .struct_size = sizeof(chunk),
        .table_name = table,
        .engine_id = sqlite3_column_int(s, 0),
        .path = file_get_bytes(s, 1),
        .offset = sqlite3_column_int64(s, 2),
        .type = sqlite3_column_int(s, 3),
        .compression = sqlite3_column_int(s, 4),
        .sort_key = file_get_bytes(s, 5),
        .file_size = sqlite3_column_int64(s, 6),
        .columns = file_get_bytes(s, 7),
        .end_offset = sqlite3_column_int64(s, 8),
        .pos = sqlite3_column_int64(s, 9),
        .real_pos = sqlite3_column_int64(s, 10),
        .prev_rowid_max = sqlite3_column_int64(s, 11),
        .rowid_max = sqlite3_column_int64(s, 12),
        .kvc_bytes = (uint64_t)sqlite3_column_int64(s, 13),
        .kvc_kvs = (uint64_t)sqlite3_column_int64(s, 14),
        .kvc_checksum = (uint64_t)sqlite3_column_int64(s, 15),
        .create_time = file_get_time(s, 16),
        .update_time = file_get_time(s, 17),
        .extra = file_get_bytes(s, 18),
    };

    return visitor->chunk(&chunk, visitor->payload);
}

static int on_source(sqlite3_stmt *s, struct ckpt_str table, const struct ckpt_visitor *visitor)
{
    const struct ckpt_source source = {
        .struct_size = sizeof(source),
        .table_name = table,
        .path = file_get_bytes(s, 0),
        .size = sqlite3_column_int64(s, 1),
        .mtime = sqlite3_column_int64(s, 2),
        .fingerprint = file_get_bytes(s, 3),
        .extra = file_get_bytes(s, 4),
    };

    return visitor->source(&source, visitor->payload);
}

static int on_failure(sqlite3_stmt *s, struct ckpt_str table, const struct ckpt_visitor *visitor)
{
    const struct ckpt_failure failure = {
        .struct_size = sizeof(failure),
        .table_name = table,
        .engine_id = sqlite3_column_int(s, 0),
        .path = file_get_bytes(s, 1),
        .offset = sqlite3_column_int64(s, 2),
        .line = sqlite3_column_int64(s, 3),
        .native_code = sqlite3_column_int(s, 4),
        .sqlstate = file_get_bytes(s, 5),
        .message = file_get_bytes(s, 6),
        .hint = file_get_bytes(s, 7),
        .status = (uint32_t)sqlite3_column_int64(s, 8),
        .time = file_get_time(s, 9),
        .extra = file_get_bytes(s, 10),
    };

    return visitor->failure(&failure, visitor->payload);
}

/* Steps through a bound statement; *rows counts. An error is never the end of the rows. */
static int each_row(struct ckpt_store *store, sqlite3_stmt *s, row_fn fn, struct ckpt_str table,
                    const struct ckpt_visitor *visitor, size_t *rows, struct ckpt_error *err)
{
    int rc = CKPT_OK;
    int result;

    errno = 0; /* file_fail() asks */
    while (rc == CKPT_OK && (result = sqlite3_step(s)) != SQLITE_DONE) {
        if (result != SQLITE_ROW) {
            rc = file_fail(store->db, result, store->path, "read", err);
            break;
        }
        ++*rows;
        rc = fn(s, table, visitor);
    }
    sqlite3_reset(s);
    return rc;
}

static int load_rows(struct ckpt_store *store, enum file_statement id, row_fn fn,
                     struct ckpt_str table, const struct ckpt_visitor *visitor, size_t *rows,
                     struct ckpt_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = file_statement(&s, store, id, err);

    if (rc != CKPT_OK)
        return rc;
    if (sqlite3_bind_parameter_count(s) > 0)
        file_bind_text(s, 1, table);
    return each_row(store, s, fn, table, visitor, rows, err);
}

/* Ends the read transaction, which changed nothing, and passes rc on. */
static int end(struct ckpt_store *store, int rc)
{
    struct ckpt_error ignored = {.struct_size = sizeof(ignored)};

    if (!sqlite3_get_autocommit(store->db))
        (void)file_run(store, FILE_ROLLBACK, &ignored);
    return rc;
}

int file_load_task(struct ckpt_store *store, const struct ckpt_visitor *visitor,
                   struct ckpt_error *err)
{
    size_t rows = 0;
    int rc = file_usable(store, err);

    if (rc != CKPT_OK)
        return rc;
    if (!store->db)
        return CKPT_NOT_FOUND;
    rc = load_rows(store, FILE_GET_TASK, on_task, (struct ckpt_str){0}, visitor, &rows, err);
    return rc == CKPT_OK && rows == 0 ? CKPT_NOT_FOUND : rc;
}

static int load_below(struct ckpt_store *store, struct ckpt_str name,
                      const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    size_t rows = 0;
    int rc = CKPT_OK;

    if (visitor->engine)
        rc = load_rows(store, FILE_GET_ENGINES, on_engine, name, visitor, &rows, err);
    if (rc == CKPT_OK && visitor->chunk)
        rc = load_rows(store, FILE_GET_CHUNKS, on_chunk, name, visitor, &rows, err);
    if (rc == CKPT_OK && visitor->source)
        rc = load_rows(store, FILE_GET_SOURCES, on_source, name, visitor, &rows, err);
    if (rc == CKPT_OK && visitor->failure)
        rc = load_rows(store, FILE_GET_FAILURES, on_failure, name, visitor, &rows, err);
    return rc;
}

int file_load_table(struct ckpt_store *store, struct ckpt_str name,
                    const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    size_t rows = 0;
    int rc = file_usable(store, err);

    if (rc != CKPT_OK)
        return rc;
    if (!store->db)
        return CKPT_NOT_FOUND;
    rc = file_run(store, FILE_BEGIN_READ, err);
    if (rc != CKPT_OK)
        return rc;
    rc = load_rows(store, FILE_GET_TABLE, on_table, name, visitor, &rows, err);
    if (rc == CKPT_OK && rows == 0)
        return end(store, CKPT_NOT_FOUND);
    if (rc == CKPT_OK)
        rc = load_below(store, name, visitor, err);
    return end(store, rc);
}

int file_each_table(struct ckpt_store *store, uint32_t filter, const struct ckpt_visitor *visitor,
                    struct ckpt_error *err)
{
    sqlite3_stmt *s = NULL;
    size_t rows = 0;
    int rc = file_usable(store, err);

    if (rc != CKPT_OK || !store->db)
        return rc;
    if (filter > CKPT_FILTER_UNFINISHED)
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "unknown filter of tables: %u", filter);
    rc = file_statement(&s, store, FILE_EACH_TABLE, err);
    if (rc != CKPT_OK)
        return rc;
    sqlite3_bind_int(s, 1, 0);
    sqlite3_bind_int64(s, 2,
                       filter == CKPT_FILTER_INVALID      ? MAX_INVALID
                       : filter == CKPT_FILTER_UNFINISHED ? DONE - 1
                                                          : UINT32_MAX);
    return each_row(store, s, on_table, (struct ckpt_str){0}, visitor, &rows, err);
}
