/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite results and errno as codes of the interface, in the same words everywhere.
 */
#include <errno.h>
#include <string.h>

#include "drivers/file/file_store.h"

static int code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: /* a limit of the process */
        return CKPT_ERR_FULL;
    case EROFS:
        return CKPT_ERR_READ_ONLY;
    case EACCES:
    case EPERM:
        return CKPT_ERR_DENIED;
    case ENOMEM:
        return CKPT_ERR_NOMEM;
    default:
        return CKPT_ERR;
    }
}

/* What the system said last. SQLite itself keeps nothing of a COMMIT that fails; what succeeds
   after a failure does not change errno. A file beside the database that cannot be made is opened
   by SQLite as it is, and that nothing is there is all that it then says. */
static int system_errno(sqlite3 *db, int rc, int last, const char *path)
{
    int errnum = last == 0 && db ? sqlite3_system_errno(db) : last;
    int making;

    if ((rc & 0xff) != SQLITE_CANTOPEN || errnum != ENOENT)
        return errnum;
    making = file_place_try(path);
    return making ? making : errnum;
}

/* SQLite calls it damage when the disk cannot read a page; it may be able to later. */
static bool is_unreadable(int rc, int last)
{
    return (rc & 0xff) == SQLITE_CORRUPT && (last == EIO || last == ENXIO);
}

static int code_of(int rc, int errnum)
{
    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return CKPT_ERR_NOMEM;
    case SQLITE_FULL:
        return CKPT_ERR_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return CKPT_ERR_CORRUPT;
    case SQLITE_READONLY:
        return CKPT_ERR_READ_ONLY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: /* the locks of the WAL were contended for too long */
        return CKPT_ERR_BUSY;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return CKPT_ERR_DENIED;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return code_of_errno(errnum);
    default:
        return CKPT_ERR;
    }
}

static int hint(int code, struct ckpt_error *err)
{
    switch (code) {
    case CKPT_ERR_FULL:
        return ckpt_error_hint(err, code,
                               "free space on that disk, or set checkpoint.dsn to a "
                               "file on another one, and start again");
    case CKPT_ERR_BUSY:
        return ckpt_error_hint(err, code, "another program has the checkpoint open: let it finish");
    case CKPT_ERR_DENIED:
    case CKPT_ERR_READ_ONLY:
        return ckpt_error_hint(err, code, "set checkpoint.dsn to a file that you may write");
    default:
        return code;
    }
}

int file_refuse(const char *path, const char *what, struct ckpt_error *err)
{
    ckpt_error_set(err, CKPT_ERR_CORRUPT, 0, "the checkpoint file '%s' is %s", path, what);
    return ckpt_error_hint(err, CKPT_ERR_CORRUPT,
                           "move the file away or set another checkpoint.dsn; before anything is "
                           "loaded, the next start compares with what is on the target");
}

int file_fail(sqlite3 *db, int rc, const char *path, const char *doing, struct ckpt_error *err)
{
    bool unreadable = is_unreadable(rc, errno);
    int errnum = system_errno(db, rc, errno, path);
    const char *text;
    int code;

    if (unreadable)
        rc = SQLITE_IOERR;
    text = db && sqlite3_errcode(db) != SQLITE_OK && !unreadable ? sqlite3_errmsg(db)
                                                                 : sqlite3_errstr(rc);

    code = code_of(rc, errnum);
    if (code == CKPT_ERR_CORRUPT) {
        char what[256];

        snprintf(what, sizeof(what), "damaged: %s", text);
        err->native_code = rc;
        return file_refuse(path, what, err);
    }
    if (((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN) && errnum != 0)
        ckpt_error_set(err, code, rc, "cannot %s the checkpoint file '%s': %s (%s)", doing, path,
                       text, strerror(errnum));
    else
        ckpt_error_set(err, code, rc, "cannot %s the checkpoint file '%s': %s", doing, path, text);
    err->retryable = code == CKPT_ERR_BUSY;
    return hint(code, err);
}

int file_fail_errno(int errnum, const char *path, const char *doing, struct ckpt_error *err)
{
    int code = code_of_errno(errnum);

    ckpt_error_set(err, code, errnum, "cannot %s '%s': %s", doing, path, strerror(errnum));
    return hint(code, err);
}
