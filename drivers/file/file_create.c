/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new checkpoint file: made under another name, synced, and put in place in one step, so that it
 * is never seen half made. A lock on the folder lets one process at a time do so; that is also what
 * makes it safe to clear away what a deleted checkpoint left beside its place: SQLite would take an
 * old "-wal" for the new file's and replay it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/file/file_store.h"

static int create_empty(const char *path, struct ckpt_error *err)
{
    int fd;

    if (unlink(path) != 0 && errno != ENOENT) /* of a start that was killed here */
        return file_fail_errno(errno, path, "remove", err);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return file_fail_errno(errno, path, "create", err);
    if (fchmod(fd, 0600) != 0) {
        int errnum = errno;

        close(fd);
        return file_fail_errno(errnum, path, "set the mode of", err);
    }
    close(fd);
    return CKPT_OK;
}

static int sync_file(const char *path, struct ckpt_error *err)
{
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    int rc = CKPT_OK;

    if (fd < 0)
        return file_fail_errno(errno, path, "open", err);
    if (fsync(fd) != 0)
        rc = file_fail_errno(errno, path, "sync", err);
    close(fd);
    return rc;
}

static int fill(sqlite3 *db, const char *path, struct ckpt_error *err)
{
    char head[160];
    int rc;

    snprintf(head, sizeof(head),
             "BEGIN IMMEDIATE; PRAGMA application_id = %d; "
             "PRAGMA user_version = %d;",
             FILE_APPLICATION_ID, FILE_LAYOUT);
    rc = sqlite3_exec(db, head, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, file_layout_sql, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, file_views_sql, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "COMMIT; PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    return rc == SQLITE_OK ? CKPT_OK : file_fail(db, rc, path, "create", err);
}

/* Builds the whole layout in `path`, which nobody else looks at. */
static int build(const char *path, struct ckpt_error *err)
{
    sqlite3 *db = NULL;
    int rc = create_empty(path, err);
    int result;

    if (rc != CKPT_OK)
        return rc;
    result = sqlite3_open_v2(
        path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, NULL);
    rc = result == SQLITE_OK ? fill(db, path, err) : file_fail(db, result, path, "create", err);
    result = sqlite3_close(db); /* merges and removes the WAL: one file is left */
    if (rc == CKPT_OK && result != SQLITE_OK)
        rc = file_fail(NULL, result, path, "create", err);
    if (rc == CKPT_OK && file_place_size(path, "-wal") >= 0)
        rc = ckpt_error_set(err, CKPT_ERR, 0, "cannot finish the checkpoint file '%s'", path);
    return rc == CKPT_OK ? sync_file(path, err) : rc;
}

static int create_locked(const char *path, int folder, struct ckpt_error *err)
{
    char fresh[FILE_MAX_PATH + 16];
    int rc = file_place_check(path, err);

    if (rc != CKPT_NOT_FOUND)
        return rc; /* another process was faster, or a reason to refuse */
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    rc = file_place_check(fresh, err);
    if (rc < 0 && rc != CKPT_ERR_CORRUPT) /* an empty one is the remains of a killed start */
        return rc;
    rc = file_place_clean(fresh, err);
    if (rc == CKPT_OK)
        rc = build(fresh, err);
    if (rc == CKPT_OK)
        rc = file_place_clean(path, err);
    if (rc == CKPT_OK)
        rc = file_place_rename(fresh, path, err);
    if (rc == CKPT_OK && fsync(folder) != 0)
        return file_fail_errno(errno, path, "sync the folder of", err);
    if (rc != CKPT_OK) {
        struct ckpt_error ignored = {.struct_size = sizeof(ignored)};

        (void)file_place_clean(fresh, &ignored);
        unlink(fresh);
    }
    return rc;
}

int file_create(const char *path, struct ckpt_error *err)
{
    int folder;
    int rc = file_place_folder(&folder, path, err);

    if (rc != CKPT_OK)
        return rc;
    if (flock(folder, LOCK_EX | LOCK_NB) == 0) {
        rc = create_locked(path, folder, err);
    } else if (errno == EWOULDBLOCK) {
        rc = ckpt_error_set(err, CKPT_ERR_BUSY, EWOULDBLOCK,
                            "cannot create the checkpoint file '%s': another program holds a lock "
                            "on its folder",
                            path);
        err->retryable = 1;
        ckpt_error_hint(err, rc, "set checkpoint.dsn to a file in a folder of your own");
    } else {
        rc = file_fail_errno(errno, path, "lock the folder of", err);
        ckpt_error_hint(err, rc, "set checkpoint.dsn to a file on a local disk");
    }
    close(folder); /* and the lock with it */
    return rc;
}
