/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help for drivers that keep their store in a file (Linux). -1 with errno is a failure, as of a
 * system call. Include it before any other header, or define _GNU_SOURCE.
 */
#ifndef TIDB_LIGHTNING_CHECKPOINT_FILE_H
#define TIDB_LIGHTNING_CHECKPOINT_FILE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef RENAME_NOREPLACE
#error "include tidb-lightning/checkpoint_file.h before any other header, or define _GNU_SOURCE"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* 1: the open file is the one that stands at the path; 0: it is not (errno says why, EWOULDBLOCK if
   another one stands there). */
static inline int ckpt_file_is_at(int fd, const char *path)
{
    struct stat ours, there;

    if (fstat(fd, &ours) != 0 || lstat(path, &there) != 0)
        return 0;
    errno = EWOULDBLOCK;
    return ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/* Opens a file for reading, or for writing with an exclusive lock that close() or the end of the
   process gives back; errno EWOULDBLOCK: somebody else holds it. flags: O_RDONLY, O_RDWR, O_RDWR |
   O_CREAT. Follows no symbolic link, waits for nothing, creates with mode 0600. */
static inline int ckpt_file_open(const char *path, int flags)
{
    int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    int errnum;

    if (fd < 0 || (flags & O_ACCMODE) == O_RDONLY)
        return fd;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && ckpt_file_is_at(fd, path))
        return fd;
    errnum = errno;
    close(fd);
    errno = errnum;
    return -1;
}

/* Opens the folder of a path, to fsync() it after a file was created, renamed or removed there. */
static inline int ckpt_file_open_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) + 1 : 0;

    if (len >= sizeof(folder)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(folder, slash ? path : ".", slash ? len : 1);
    folder[slash ? len : 1] = '\0';
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

#ifdef __cplusplus
}
#endif

#endif
