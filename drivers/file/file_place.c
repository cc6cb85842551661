/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name of the checkpoint file and what stands there. The default folder is /tmp, where other
 * users may put files: nothing of theirs is followed, opened or overwritten.
 *
 * No descriptor of the database file is ever opened here: closing it would drop the locks that
 * SQLite holds for another store in this process.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/file/file_store.h"

static const char *const beside[] = {"-wal", "-shm", "-journal"};

static int usage(struct ckpt_error *err, const char *message, const char *way_out)
{
    ckpt_error_set(err, CKPT_ERR_USAGE, 0, "%s", message);
    return ckpt_error_hint(err, CKPT_ERR_USAGE, "%s", way_out);
}

/* A DSN of a server or an address with a key in it: never repeated in a message. */
static int refuse_address(const char *dsn, struct ckpt_error *err)
{
    const char *at = strchr(dsn, '@');
    bool has_password = at && *dsn != '/' && *dsn != '.' && memchr(dsn, ':', (size_t)(at - dsn));

    if (strstr(dsn, "://"))
        return usage(err,
                     "checkpoint.dsn is an address, and checkpoint.driver \"file\" keeps the "
                     "checkpoint in a local file",
                     "set checkpoint.dsn to the path of a file");
    if (has_password || (at && strchr(at, '(')))
        return usage(err,
                     "checkpoint.dsn names a database server, and checkpoint.driver is "
                     "\"file\"",
                     "set checkpoint.driver = \"mysql\" to keep the checkpoint on that server");
    return CKPT_OK;
}

static int refuse_folder(const char *dsn, struct ckpt_error *err)
{
    ckpt_error_set(err, CKPT_ERR_USAGE, EISDIR, "the checkpoint DSN '%s' must not be a directory",
                   dsn);
    return ckpt_error_hint(err, CKPT_ERR_USAGE, "set checkpoint.dsn to the path of a file");
}

static int copy_dsn(char text_out[FILE_MAX_PATH], struct ckpt_str dsn, struct ckpt_error *err)
{
    static const char scheme[] = "file://";
    size_t skip = sizeof(scheme) - 1;

    if (dsn.len > skip && memcmp(dsn.data, scheme, skip) == 0) {
        dsn.data += skip;
        dsn.len -= skip;
    }
    if (dsn.len == 0 || memchr(dsn.data, '\0', dsn.len))
        return usage(err, "checkpoint.dsn is not the name of a file",
                     "set checkpoint.dsn to the path of a file");
    if (dsn.len >= FILE_MAX_PATH)
        return usage(err, "checkpoint.dsn is too long for a file name", "use a shorter path");
    memcpy(text_out, dsn.data, dsn.len);
    text_out[dsn.len] = '\0';
    return refuse_address(text_out, err);
}

int file_place_resolve(char path_out[FILE_MAX_PATH], const struct ckpt_open_args *args,
                       struct ckpt_error *err)
{
    char dsn[FILE_MAX_PATH];
    char folder[FILE_MAX_PATH] = ".";
    char real[PATH_MAX];
    const char *base = dsn;
    char *slash;
    size_t len;
    int rc = copy_dsn(dsn, args->dsn, err);

    if (rc != CKPT_OK)
        return rc;
    slash = strrchr(dsn, '/');
    if (slash) {
        base = slash + 1;
        memcpy(folder, dsn, (size_t)(base - dsn));
        folder[base - dsn] = '\0';
    }
    if (!*base || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        return refuse_folder(dsn, err);
    if (strlen(base) > FILE_MAX_BASE)
        return usage(err, "checkpoint.dsn has a file name of more than 200 bytes",
                     "use a shorter name");
    if (!realpath(folder, real)) {
        if (errno != ENOENT)
            return file_fail_errno(errno, folder, "open the folder", err);
        memcpy(path_out, dsn, strlen(dsn) + 1);
        return CKPT_NOT_FOUND;
    }
    len = strcmp(real, "/") == 0 ? 0 : strlen(real);
    if (len + strlen(base) + FILE_MAX_BASE >= FILE_MAX_PATH)
        return usage(err, "checkpoint.dsn is too long for a file name", "use a shorter path");
    memcpy(path_out, real, len);
    path_out[len] = '/';
    memcpy(path_out + len + 1, base, strlen(base) + 1);
    return CKPT_OK;
}

static int deny(const char *path, const char *why, const char *way_out, struct ckpt_error *err)
{
    ckpt_error_set(err, CKPT_ERR_DENIED, 0, "refusing the checkpoint file '%s': %s", path, why);
    return ckpt_error_hint(err, CKPT_ERR_DENIED, "%s", way_out);
}

/* One file: the database or one beside it. CKPT_NOT_FOUND if there is none. */
static int check_file(const char *path, struct ckpt_error *err)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return errno == ENOENT ? CKPT_NOT_FOUND : file_fail_errno(errno, path, "look at", err);
    if (S_ISDIR(st.st_mode))
        return refuse_folder(path, err);
    if (S_ISLNK(st.st_mode))
        return deny(path, "it is a symbolic link", "set checkpoint.dsn to the file itself", err);
    if (!S_ISREG(st.st_mode))
        return deny(path, "it is not a regular file", "set checkpoint.dsn to another path", err);
    if (st.st_uid != geteuid())
        return deny(path, "it belongs to another user",
                    "run as the user who made it, or set checkpoint.dsn to another path", err);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return deny(path, "other users may write to it",
                    "if you trust what is in it, run chmod 600 on it", err);
    return CKPT_OK;
}

/* A folder where anybody can rename files (no sticky bit) lets them swap the checkpoint. */
static int check_folders(const char *path, struct ckpt_error *err)
{
    char folder[FILE_MAX_PATH];
    char *slash;

    snprintf(folder, sizeof(folder), "%s", path);
    while ((slash = strrchr(folder, '/')) != NULL) {
        struct stat st;

        *slash = '\0';
        if (stat(folder[0] ? folder : "/", &st) != 0)
            return file_fail_errno(errno, folder, "look at the folder", err);
        if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
            return deny(path, "everybody may rename files in its folder",
                        "run chmod o-w on the folder, or set checkpoint.dsn to another path", err);
    }
    return CKPT_OK;
}

int file_place_check(const char *path, struct ckpt_error *err)
{
    int rc = check_folders(path, err);
    int found;

    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]) && rc == CKPT_OK; i++) {
        char name[FILE_MAX_PATH + 16];

        snprintf(name, sizeof(name), "%s%s", path, beside[i]);
        rc = check_file(name, err);
        if (rc == CKPT_NOT_FOUND)
            rc = CKPT_OK;
    }
    if (rc != CKPT_OK)
        return rc;
    found = check_file(path, err);
    if (found == CKPT_OK && file_place_size(path, "") == 0)
        return file_refuse(path, "empty: it was cut off, a checkpoint is never empty", err);
    return found;
}

int file_place_clean(const char *path, struct ckpt_error *err)
{
    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        char name[FILE_MAX_PATH + 16];

        snprintf(name, sizeof(name), "%s%s", path, beside[i]);
        if (unlink(name) != 0 && errno != ENOENT)
            return file_fail_errno(errno, name, "remove", err);
    }
    return CKPT_OK;
}

int file_place_folder(int *fd_out, const char *path, struct ckpt_error *err)
{
    char folder[FILE_MAX_PATH];
    char *slash;
    int fd;

    snprintf(folder, sizeof(folder), "%s", path);
    slash = strrchr(folder, '/');
    if (slash == folder)
        slash++;
    *slash = '\0';
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return file_fail_errno(errno, folder, "open the folder", err);
    *fd_out = fd;
    return CKPT_OK;
}

int file_place_try(const char *path)
{
    struct ckpt_error ignored = {.struct_size = sizeof(ignored)};
    int errnum = 0;
    int folder, fd;

    if (file_place_folder(&folder, path, &ignored) != CKPT_OK)
        return 0;
    fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    else if (errno == ENOSPC || errno == EDQUOT || errno == EROFS || errno == EACCES)
        errnum = errno;
    close(folder);
    return errnum;
}

int64_t file_place_size(const char *path, const char *ending)
{
    char name[FILE_MAX_PATH + 16];
    struct stat st;

    snprintf(name, sizeof(name), "%s%s", path, ending);
    return lstat(name, &st) == 0 ? (int64_t)st.st_size : -1;
}

int file_place_rename(const char *from, const char *to, struct ckpt_error *err)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return CKPT_OK;
    /* Not every file system knows the flag; a second name and then one less comes to the same. */
    if ((errno == EINVAL || errno == ENOSYS) && link(from, to) == 0) {
        if (unlink(from) == 0)
            return CKPT_OK;
        return file_fail_errno(errno, from, "remove", err);
    }
    if (errno == EEXIST)
        return ckpt_error_set(err, CKPT_ERR_BUSY, EEXIST, "'%s' exists already", to);
    return file_fail_errno(errno, to, "create", err);
}
