/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements of the driver, and how values stand in the columns: text as bytes, times as
 * 'YYYY-MM-DD HH:MM:SS' in UTC, unsigned 64-bit numbers as the signed ones of the same bits.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "drivers/file/file_store.h"

#define NS_PER_SEC INT64_C(1000000000)

/* A record's extra, found by the same key. */
#define EXTRA_OF(kind, alias, engine, path, offset)                         \
    " LEFT JOIN extra_v1 x ON x.table_name = " alias " AND x.kind = '" kind \
    "' AND x.engine_id = " engine " AND x.path = " path " AND x.\"offset\" = " offset

#define SELECT_TABLE                                                                              \
    "SELECT t.table_name, t.task_id, t.hash, t.status, t.table_id, t.table_info, t.create_time, " \
    "t.update_time, t.kv_bytes, t.kv_kvs, t.kv_checksum, t.auto_rand_base, t.auto_incr_base, "    \
    "t.auto_row_id_base, x.extra FROM table_v10 t" EXTRA_OF("table", "t.table_name", "0", "''",   \
                                                            "0")

const char *const file_statement_sql[FILE_STATEMENTS] = {
    [FILE_BEGIN_READ] = "BEGIN",
    [FILE_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [FILE_COMMIT] = "COMMIT",
    [FILE_ROLLBACK] = "ROLLBACK",
    [FILE_PUT_TASK] =
        "INSERT OR REPLACE INTO task_v2 (id, task_id, source_dir, backend, importer_addr, "
        "tidb_host, tidb_port, pd_addr, sorted_kv_dir, lightning_ver) "
        "VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [FILE_PUT_TABLE] =
        "INSERT OR REPLACE INTO table_v10 (table_name, task_id, hash, status, table_id, "
        "table_info, create_time, update_time, kv_bytes, kv_kvs, kv_checksum, auto_rand_base, "
        "auto_incr_base, auto_row_id_base) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    [FILE_PUT_ENGINE] =
        "INSERT OR REPLACE INTO engine_v5 (table_name, engine_id, status, create_time, "
        "update_time) VALUES (?1, ?2, ?3, ?4, ?5)",
    [FILE_PUT_CHUNK] =
        "INSERT OR REPLACE INTO chunk_v6 (table_name, engine_id, path, \"offset\", type, "
        "compression, sort_key, file_size, columns, end_offset, pos, real_pos, prev_rowid_max, "
        "rowid_max, kvc_bytes, kvc_kvs, kvc_checksum, create_time, update_time) VALUES (?1, ?2, "
        "?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
    [FILE_PUT_SOURCE] =
        "INSERT OR REPLACE INTO source_v1 (table_name, path, size, mtime, fingerprint) "
        "VALUES (?1, ?2, ?3, ?4, ?5)",
    [FILE_PUT_FAILURE] =
        "INSERT OR REPLACE INTO failure_v1 (table_name, engine_id, path, \"offset\", line, code, "
        "sqlstate, message, hint, status, time) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [FILE_PUT_EXTRA] =
        "INSERT OR REPLACE INTO extra_v1 (table_name, kind, engine_id, path, \"offset\", extra) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [FILE_DELETE_EXTRA] = "DELETE FROM extra_v1 WHERE table_name = ?1 AND kind = ?2 AND "
                          "engine_id = ?3 AND path = ?4 AND \"offset\" = ?5",
    [FILE_DELETE_FAILURES] = "DELETE FROM failure_v1 WHERE table_name = ?1",
    [FILE_DELETE_FAILURE_EXTRAS] =
        "DELETE FROM extra_v1 WHERE table_name = ?1 AND kind = 'failure'",
    [FILE_GET_TASK] =
        "SELECT t.task_id, t.source_dir, t.backend, t.importer_addr, t.tidb_host, t.tidb_port, "
        "t.pd_addr, t.sorted_kv_dir, t.lightning_ver, x.extra, p.extra IS NOT NULL "
        "FROM task_v2 t LEFT JOIN extra_v1 x ON x.table_name = '' AND x.kind = 'task' "
        "LEFT JOIN extra_v1 p ON p.table_name = '' AND p.kind = 'planned'",
    [FILE_GET_TABLE] = SELECT_TABLE " WHERE t.table_name = ?1",
    [FILE_GET_ENGINES] =
        "SELECT e.engine_id, e.status, e.create_time, e.update_time, x.extra FROM engine_v5 "
        "e" EXTRA_OF("engine", "e.table_name", "e.engine_id", "''",
                     "0") " WHERE e.table_name = ?1 ORDER BY e.engine_id",
    [FILE_GET_CHUNKS] =
        "SELECT c.engine_id, c.path, c.\"offset\", c.type, c.compression, c.sort_key, "
        "c.file_size, c.columns, c.end_offset, c.pos, c.real_pos, c.prev_rowid_max, c.rowid_max, "
        "c.kvc_bytes, c.kvc_kvs, c.kvc_checksum, c.create_time, c.update_time, x.extra "
        "FROM chunk_v6 c" EXTRA_OF(
            "chunk", "c.table_name", "c.engine_id", "c.path",
            "c.\"offset\"") " WHERE c.table_name = ?1 ORDER BY c.engine_id, c.path, c.\"offset\"",
    [FILE_GET_SOURCES] =
        "SELECT s.path, s.size, s.mtime, s.fingerprint, x.extra FROM source_v1 s" EXTRA_OF(
            "source", "s.table_name", "0", "s.path",
            "0") " WHERE s.table_name = ?1 ORDER BY s.path",
    [FILE_GET_FAILURES] =
        "SELECT f.engine_id, f.path, f.\"offset\", f.line, f.code, f.sqlstate, f.message, f.hint, "
        "f.status, f.time, x.extra FROM failure_v1 f" EXTRA_OF(
            "failure", "f.table_name", "f.engine_id", "f.path",
            "f.\"offset\"") " WHERE f.table_name = ?1 ORDER BY f.engine_id, f.path, f.\"offset\"",
    [FILE_EACH_TABLE] = SELECT_TABLE " WHERE t.status >= ?1 AND t.status <= ?2 "
                                     "ORDER BY t.table_name",
};

int file_statement(sqlite3_stmt **out, struct ckpt_store *store, enum file_statement id,
                   struct ckpt_error *err)
{
    int rc = SQLITE_OK;

    if (!store->statements[id])
        rc = sqlite3_prepare_v3(store->db, file_statement_sql[id], -1, SQLITE_PREPARE_PERSISTENT,
                                &store->statements[id], NULL);
    if (rc != SQLITE_OK)
        return file_fail(store->db, rc, store->path, "use", err);
    *out = store->statements[id];
    return CKPT_OK;
}

int file_step_done(struct ckpt_store *store, sqlite3_stmt *statement, struct ckpt_error *err)
{
    int rc = CKPT_OK;
    int result;

    errno = 0; /* file_fail() asks */
    result = sqlite3_step(statement);

    if (result != SQLITE_DONE)
        rc = file_fail(store->db, result, store->path, "write", err);
    sqlite3_reset(statement); /* its result repeats the one of the step */
    return rc;
}

int file_run(struct ckpt_store *store, enum file_statement id, struct ckpt_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = file_statement(&statement, store, id, err);

    return rc == CKPT_OK ? file_step_done(store, statement, err) : rc;
}

/* Bindings are static: all strings live until the statement was stepped. */
void file_bind_text(sqlite3_stmt *statement, int column, struct ckpt_str text)
{
    sqlite3_bind_text(statement, column, text.len ? text.data : "", (int)text.len, SQLITE_STATIC);
}

void file_bind_blob(sqlite3_stmt *statement, int column, struct ckpt_str bytes)
{
    sqlite3_bind_blob(statement, column, bytes.len ? bytes.data : "", (int)bytes.len,
                      SQLITE_STATIC);
}

void file_bind_time(sqlite3_stmt *statement, int column, int64_t ns)
{
    time_t seconds = (time_t)(ns / NS_PER_SEC - (ns % NS_PER_SEC < 0));
    char text[32];
    struct tm tm;

    gmtime_r(&seconds, &tm); /* cannot fail: the years of an int64_t of nanoseconds are few */
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
    sqlite3_bind_text(statement, column, text, -1, SQLITE_TRANSIENT);
}

struct ckpt_str file_get_bytes(sqlite3_stmt *statement, int column)
{
    struct ckpt_str str;

    /* As a blob: no conversion, every byte as it was stored. The order of the calls matters. */
    str.data = sqlite3_column_blob(statement, column);
    str.len = str.data ? (size_t)sqlite3_column_bytes(statement, column) : 0;
    return str;
}

static int number(const char *text, int from, int len)
{
    int value = 0;

    for (int i = from; i < from + len; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

/* A time that somebody edited into another form reads as 0. */
int64_t file_get_time(sqlite3_stmt *statement, int column)
{
    static const char form[] = "dddd-dd-dd dd:dd:dd";
    struct ckpt_str str = file_get_bytes(statement, column);
    const char *text = str.data;
    struct tm tm = {0};

    if (str.len < sizeof(form) - 1)
        return 0;
    for (size_t i = 0; i < sizeof(form) - 1; i++)
        if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return 0;
    tm.tm_year = number(text, 0, 4) - 1900;
    tm.tm_mon = number(text, 5, 2) - 1;
    tm.tm_mday = number(text, 8, 2);
    tm.tm_hour = number(text, 11, 2);
    tm.tm_min = number(text, 14, 2);
    tm.tm_sec = number(text, 17, 2);
    if (tm.tm_year > 2262 - 1900 - 1 || tm.tm_year < 1678 - 1900)
        return 0;
    return (int64_t)timegm(&tm) * NS_PER_SEC;
}

int file_usable(const struct ckpt_store *store, struct ckpt_error *err)
{
    if (store->pid != getpid())
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0,
                              "the checkpoint file '%s' was opened by another process",
                              store->path);
    if (store->retired)
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0,
                              "the checkpoint file '%s' was already put away", store->path);
    return CKPT_OK;
}
