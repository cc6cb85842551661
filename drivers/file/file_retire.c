/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a checkpoint: remove or rename. The file first leaves WAL mode, which merges
 * everything into it and needs that nobody else has it open; then it is one file, and one step
 * takes it away.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "drivers/file/file_store.h"

/* Runs one statement; *text_out (may be NULL): its first column begins with "delete". */
static int run(struct ckpt_store *store, const char *sql, bool *delete_out, struct ckpt_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &s, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    if (rc == SQLITE_ROW && delete_out)
        *delete_out = strcmp((const char *)sqlite3_column_text(s, 0), "delete") == 0;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        rc = file_fail(store->db, rc, store->path, "put away", err);
        sqlite3_finalize(s);
        return rc;
    }
    sqlite3_finalize(s);
    return CKPT_OK;
}

static int busy(const struct ckpt_store *store, struct ckpt_error *err)
{
    return file_fail(NULL, SQLITE_BUSY, store->path, "put away", err);
}

/* The pragma that leaves WAL mode tells no error of the disk, only that nothing was done. */
static int merge(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc;

    errno = 0; /* file_fail() asks */
    rc = sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY
               ? CKPT_OK
               : file_fail(store->db, rc, store->path, "put away", err);
}

/* After this the file is alone, whole, and locked for everybody else. */
static int isolate(struct ckpt_store *store, struct ckpt_error *err)
{
    bool alone = false;
    int moved = 0;
    int rc = merge(store, err);

    if (rc == CKPT_OK)
        rc = run(store, "PRAGMA journal_mode = DELETE", &alone, err);
    if (rc == CKPT_OK && !alone)
        rc = busy(store, err);
    if (rc == CKPT_OK)
        rc = run(store, "BEGIN EXCLUSIVE", NULL, err);
    alone = false;
    if (rc == CKPT_OK)
        rc = run(store, "PRAGMA journal_mode", &alone, err);
    if (rc == CKPT_OK && !alone)
        rc = busy(store, err); /* somebody opened it in between */
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (rc == CKPT_OK && moved)
        rc = ckpt_error_set(err, CKPT_ERR, 0,
                            "the checkpoint file '%s' was removed or replaced while it was in use",
                            store->path);
    return rc;
}

static int put_away(struct ckpt_store *store, uint32_t how, int64_t task_id, struct ckpt_error *err)
{
    char target[FILE_MAX_PATH + 32];

    snprintf(target, sizeof(target), "%s.%lld.bak", store->path, (long long)task_id);
    if (how == CKPT_RETIRE_RENAME)
        return file_place_rename(store->path, target, err);
    return unlink(store->path) == 0 ? CKPT_OK : file_fail_errno(errno, store->path, "remove", err);
}

/* Until this succeeds the file could be back after a power failure: retire is repeated. */
static int sync_folder(struct ckpt_store *store, struct ckpt_error *err)
{
    int folder;
    int rc = file_place_folder(&folder, store->path, err);

    if (rc != CKPT_OK)
        return rc;
    if (fsync(folder) != 0)
        rc = file_fail_errno(errno, store->path, "sync the folder of", err);
    close(folder);
    store->retired_unsynced = rc != CKPT_OK;
    return rc;
}

int file_retire(struct ckpt_store *store, uint32_t how, int64_t task_id, struct ckpt_error *err)
{
    struct ckpt_error ignored = {.struct_size = sizeof(ignored)};
    int rc;

    if (store->retired && store->retired_unsynced)
        return sync_folder(store, err);
    if (store->retired || how == CKPT_RETIRE_KEEP)
        return CKPT_OK;
    rc = file_usable(store, err);
    if (rc != CKPT_OK)
        return rc;
    if (how > CKPT_RETIRE_KEEP)
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "unknown way to put a checkpoint away: %u",
                              how);
    if (store->read_only)
        return ckpt_error_set(err, CKPT_ERR_READ_ONLY, 0,
                              "the checkpoint file '%s' was opened for reading only", store->path);
    rc = isolate(store, err);
    if (rc == CKPT_OK)
        rc = put_away(store, how, task_id, err);
    if (!sqlite3_get_autocommit(store->db))
        (void)run(store, "ROLLBACK", NULL, &ignored);
    if (rc != CKPT_OK) {
        (void)run(store, "PRAGMA journal_mode = WAL", NULL, &ignored); /* as it was */
        return rc;
    }
    file_detach(store);
    store->retired = true;
    return sync_folder(store, err);
}
