/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening an existing file. First its head is read without any of SQLite's machinery, so that a
 * foreign file is refused untouched; then SQLite opens it and it is checked as a whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/file/file_store.h"

enum {
    HEAD_LEN = 100,         /* SQLite's database header */
    HEAD_USER_VERSION = 60, /* offsets in it, big-endian */
    HEAD_APPLICATION_ID = 68,
    CHECK_MAX = 64 * 1024 * 1024 /* larger files are not read through at every start */
};

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Behind a protobuf length; 0 = none there. */
static size_t skip_varint(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len && i < 10; i++)
        if (!(bytes[i] & 0x80))
            return i + 1;
    return 0;
}

/*
 * The upstream program's file driver writes a protobuf message: field 1, a map from table names
 * (which begin with a backquote), then field 2, the task.
 */
static bool is_upstream(const unsigned char *head, size_t len)
{
    size_t at, key;

    if (len < 2 || (head[0] != 0x0a && head[0] != 0x12))
        return false;
    at = 1 + skip_varint(head + 1, len - 1);
    if (at == 1 || at >= len)
        return false;
    if (head[0] == 0x12) /* task id, or the source directory of a task without one */
        return head[at] == 0x08 || head[at] == 0x12;
    key = skip_varint(head + at + 1, len - at - 1);
    return head[at] == 0x0a && key > 0 && at + 1 + key < len && head[at + 1 + key] == '`';
}

/* Reads through SQLite's own descriptor (see file_place.c for why). */
static int read_head(struct ckpt_store *store, unsigned char head[HEAD_LEN], size_t *len_out,
                     struct ckpt_error *err)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    int rc;

    rc = sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (rc == SQLITE_OK && (!file || !file->pMethods))
        rc = SQLITE_CANTOPEN;
    if (rc == SQLITE_OK)
        rc = file->pMethods->xFileSize(file, &size);
    *len_out = size < HEAD_LEN ? (size_t)size : HEAD_LEN;
    if (rc == SQLITE_OK)
        rc = file->pMethods->xRead(file, head, (int)*len_out, 0);
    return rc == SQLITE_OK ? CKPT_OK : file_fail(store->db, rc, store->path, "read", err);
}

static int refuse_upstream(const char *path, struct ckpt_error *err)
{
    ckpt_error_set(err, CKPT_ERR_CORRUPT, 0,
                   "the file '%s' is a checkpoint of the upstream program, in protobuf format",
                   path);
    return ckpt_error_hint(err, CKPT_ERR_CORRUPT,
                           "set another checkpoint.dsn, and take that import over with "
                           "tidb-lightning-ctl --checkpoint-import='%.400s'; or finish it with the "
                           "program that began it",
                           path);
}

static int check_layout(const char *path, uint32_t layout, struct ckpt_error *err)
{
    if (layout == FILE_LAYOUT)
        return CKPT_OK;
    if (layout < FILE_LAYOUT)
        return file_refuse(path, "damaged: its layout has no number", err);
    ckpt_error_set(err, CKPT_ERR_CORRUPT, 0,
                   "the checkpoint file '%s' has layout %u, newer than the layout %d that this "
                   "program knows",
                   path, layout, FILE_LAYOUT);
    return ckpt_error_hint(err, CKPT_ERR_CORRUPT,
                           "use the release that made it, or set another checkpoint.dsn");
}

static int recognise(struct ckpt_store *store, struct ckpt_error *err)
{
    static const char magic[] = "SQLite format 3"; /* with its NUL */
    unsigned char head[HEAD_LEN];
    size_t len = 0;
    int rc = read_head(store, head, &len, err);

    if (rc != CKPT_OK)
        return rc;
    if (len < sizeof(magic) || memcmp(head, magic, sizeof(magic)) != 0)
        return is_upstream(head, len)
                   ? refuse_upstream(store->path, err)
                   : file_refuse(store->path,
                                 "not an SQLite database: it is of another kind, or "
                                 "damaged",
                                 err);
    if (len < HEAD_LEN)
        return file_refuse(store->path, "damaged: it was cut short", err);
    if (big_endian(head + HEAD_APPLICATION_ID) != FILE_APPLICATION_ID)
        return file_refuse(store->path, "an SQLite database of another program", err);
    return check_layout(store->path, big_endian(head + HEAD_USER_VERSION), err);
}

static int open_handle(struct ckpt_store *store, const char *name, int flags,
                       struct ckpt_error *err)
{
    int rc = sqlite3_open_v2(
        name, &store->db,
        flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

    return rc == SQLITE_OK ? CKPT_OK : file_fail(store->db, rc, store->path, "open", err);
}

/* A read-only medium: no WAL can be made there, so the file is read as it is. */
static int open_immutable(struct ckpt_store *store, struct ckpt_error *err)
{
    char name[3 * FILE_MAX_PATH + 32];
    size_t used = 0;

    if (file_place_size(store->path, "-wal") > 0)
        return ckpt_error_set(err, CKPT_ERR_READ_ONLY, 0,
                              "cannot read the checkpoint file '%s': its last changes are still in "
                              "the file beside it, and neither may be written",
                              store->path);
    file_detach(store);
    used += (size_t)snprintf(name, sizeof(name), "file:");
    for (const char *c = store->path; *c; c++)
        used += (size_t)snprintf(name + used, sizeof(name) - used,
                                 strchr("%?#", *c) ? "%%%02X" : "%c", (unsigned char)*c);
    snprintf(name + used, sizeof(name) - used, "?immutable=1");
    return open_handle(store, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
}

static int exec(struct ckpt_store *store, const char *sql, struct ckpt_error *err)
{
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? CKPT_OK : file_fail(store->db, rc, store->path, "open", err);
}

static int configure(struct ckpt_store *store, struct ckpt_error *err)
{
    sqlite3_busy_timeout(store->db, FILE_BUSY_MS);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    /* A reader leaves the changes of a killed writer where they are. */
    if (store->read_only && file_place_size(store->path, "-wal") > 0)
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (store->read_only)
        return exec(store, "PRAGMA query_only = 1; PRAGMA cell_size_check = 1", err);
    return exec(store,
                "PRAGMA cell_size_check = 1; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                "PRAGMA cache_size = -4096; PRAGMA wal_autocheckpoint = 4000; PRAGMA "
                "journal_size_limit = 16777216",
                err);
}

/* One row, one column: the text of it against what is expected. */
static int expect(struct ckpt_store *store, const char *sql, const char *expected,
                  struct ckpt_error *err)
{
    sqlite3_stmt *statement = NULL;
    char what[256];
    int rc = CKPT_OK;
    int result;

    errno = 0; /* file_fail() asks */
    result = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);

        bool unread =
            text && (strstr(text, "unable to get the page") || strstr(text, "failed to get page"));

        /* The check calls a page damaged that cannot be read. */
        if (unread || errno == EIO || errno == ENXIO) {
            rc = file_fail(NULL, SQLITE_IOERR, store->path, "read", err);
        } else if (!text || strcmp(text, expected) != 0) {
            snprintf(what, sizeof(what), "damaged: %s", text ? text : "a value is missing");
            rc = file_refuse(store->path, what, err);
        }
    } else if (result == SQLITE_DONE || (result & 0xff) == SQLITE_ERROR) {
        rc = file_refuse(store->path, "damaged: a part of its layout is missing", err);
    } else {
        rc = file_fail(store->db, result, store->path, "check", err);
    }
    sqlite3_finalize(statement);
    return rc;
}

static int check_whole(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc = CKPT_OK;

    if (file_place_size(store->path, "") <= CHECK_MAX)
        rc = expect(store, "PRAGMA quick_check(1)", "ok", err);
    if (rc == CKPT_OK)
        rc = file_layout_check(store, err);
    if (rc == CKPT_OK)
        rc = expect(store, "SELECT value FROM meta_v1 WHERE name = 'layout'", "1", err);
    for (int id = FILE_PUT_TASK; id < FILE_STATEMENTS && rc == CKPT_OK; id++) {
        sqlite3_stmt *statement = NULL;

        rc = file_statement(&statement, store, (enum file_statement)id, err);
        if (rc == CKPT_ERR)
            rc = file_refuse(store->path, "damaged: a part of its layout is missing", err);
    }
    return rc;
}

/* What stood at the path when it was checked must be what SQLite opened. */
static int check_place_again(const struct ckpt_store *store, struct ckpt_error *err)
{
    int moved = 0;
    int rc = file_place_check(store->path, err);

    if (rc < 0)
        return rc;
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (rc == CKPT_OK && !moved)
        return CKPT_OK;
    err->retryable = 1;
    return ckpt_error_set(err, CKPT_ERR_BUSY, 0,
                          "the checkpoint file '%s' was removed or replaced while it was opened",
                          store->path);
}

int file_attach(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc;

    errno = 0; /* file_fail() asks */
    rc = open_handle(store, store->path, SQLITE_OPEN_READWRITE, err);

    if (rc == CKPT_OK)
        rc = recognise(store, err);
    if (rc == CKPT_OK && sqlite3_db_readonly(store->db, "main") == 1) {
        if (store->read_only)
            rc = open_immutable(store, err);
        else
            rc = file_fail(NULL, SQLITE_READONLY, store->path, "write", err);
    }
    if (rc == CKPT_OK)
        rc = configure(store, err);
    if (rc == CKPT_OK)
        rc = check_whole(store, err);
    if (rc == CKPT_OK)
        rc = check_place_again(store, err);
    if (rc == CKPT_OK && !store->read_only)
        file_views_refresh(store);
    return rc;
}

void file_detach(struct ckpt_store *store)
{
    if (store->pid != getpid())
        return; /* the handle is the parent's: closing it here would harm its file */
    for (int id = 0; id < FILE_STATEMENTS; id++) {
        sqlite3_finalize(store->statements[id]);
        store->statements[id] = NULL;
    }
    sqlite3_close_v2(store->db);
    store->db = NULL;
}
