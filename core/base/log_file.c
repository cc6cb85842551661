/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See log_file.h.
 */
#include "core/base/log_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"

enum { STAMP_LEN = 23 }; /* 2026-11-22T18-40-00.123 */

/* The parts of a log path; borrowed from it. */
struct name_parts {
    char directory[PATH_MAX];
    const char *base;
    size_t stem_len; /* of base, without the extension */
    const char *extension;
};

static const char *objection(const struct stat *info)
{
    if (S_ISCHR(info->st_mode))
        return NULL;
    if (!S_ISREG(info->st_mode))
        return "is not a regular file";
    if (info->st_nlink != 1)
        return "has several names (hard links)";
    if (info->st_uid != geteuid() && info->st_uid != 0)
        return "belongs to another user";
    return NULL;
}

int tl_log_file_open(int *fd_out, uint64_t *size_out, bool *rotates_out, const char *path,
                     struct tl_error *err)
{
    /* O_NONBLOCK: a FIFO without a reader must be refused, not waited for. */
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, flags, 0600);
    const char *why = NULL;
    struct stat info;

    if (fd < 0 && errno == ELOOP) {
        tl_error_set(err, TL_ERR_IO, "log file %s is a symbolic link", path);
        return tl_error_hint(err, "name the file itself with --log-file");
    }
    if (fd < 0)
        return tl_error_errno(err, errno, "cannot open log file %s", path);
    if (fstat(fd, &info) != 0) {
        tl_error_errno(err, errno, "cannot read the attributes of log file %s", path);
        close(fd);
        return err->code;
    }
    why = objection(&info);
    if (why) {
        close(fd);
        tl_error_set(err, TL_ERR_IO, "log file %s %s", path, why);
        return tl_error_hint(err, "choose another file with --log-file");
    }
    *fd_out = fd;
    *size_out = (uint64_t)info.st_size;
    *rotates_out = S_ISREG(info.st_mode);
    return TL_OK;
}

static bool split_name(struct name_parts *out, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t directory_len = slash ? (size_t)(slash - path) + 1 : 2;

    if (directory_len >= sizeof(out->directory))
        return false;
    memcpy(out->directory, slash ? path : "./", directory_len);
    out->directory[directory_len] = '\0';
    out->base = slash ? slash + 1 : path;
    out->extension = strrchr(out->base, '.');
    if (!out->extension || out->extension == out->base)
        out->extension = out->base + strlen(out->base);
    out->stem_len = (size_t)(out->extension - out->base);
    return true;
}

/* True if name is STEM-<time>EXT, a file that an earlier rotation made. */
static bool is_backup(const struct name_parts *parts, const char *name)
{
    size_t extension_len = strlen(parts->extension);
    const char *stamp = name + parts->stem_len + 1;

    if (strlen(name) != parts->stem_len + 1 + STAMP_LEN + extension_len ||
        strncmp(name, parts->base, parts->stem_len) != 0 || stamp[-1] != '-')
        return false;
    return strspn(stamp, "0123456789T-.") >= STAMP_LEN &&
           strcmp(stamp + STAMP_LEN, parts->extension) == 0;
}

/* The number of backups; oldest_out (NAME_MAX + 1 bytes) gets the name that sorts first. */
static uint32_t count_backups(DIR *dir, const struct name_parts *parts, char *oldest_out)
{
    const struct dirent *entry;
    uint32_t count = 0;

    rewinddir(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (!is_backup(parts, entry->d_name))
            continue;
        if (count == 0 || strcmp(entry->d_name, oldest_out) < 0)
            snprintf(oldest_out, NAME_MAX + 1, "%s", entry->d_name);
        count++;
    }
    return count;
}

static void remove_old(const struct name_parts *parts, uint32_t max_backups)
{
    char oldest[NAME_MAX + 1] = "";
    DIR *dir = opendir(parts->directory);

    if (!dir)
        return; /* old files stay, which harms nobody */
    while (count_backups(dir, parts, oldest) > max_backups)
        if (unlinkat(dirfd(dir), oldest, 0) != 0)
            break;
    closedir(dir);
}

int tl_log_file_rotate(const char *path, uint32_t max_backups, struct tl_error *err)
{
    int64_t now_ns = tl_wall_ns();
    time_t seconds = (time_t)(now_ns / TL_NS_PER_SEC);
    struct name_parts parts;
    char stamp[STAMP_LEN + 1];
    char date[20];
    char backup[PATH_MAX];
    struct tm now;
    int len;

    gmtime_r(&seconds, &now);
    if (strftime(date, sizeof(date), "%Y-%m-%dT%H-%M-%S", &now) == 0)
        date[0] = '\0';
    snprintf(stamp, sizeof(stamp), "%s.%03u", date,
             (unsigned)(now_ns % TL_NS_PER_SEC / TL_NS_PER_MS) % 1000u);
    if (!split_name(&parts, path))
        return tl_error_set(err, TL_ERR_IO, "the name of log file %s is too long", path);
    len = snprintf(backup, sizeof(backup), "%s%.*s-%s%s", parts.directory, (int)parts.stem_len,
                   parts.base, stamp, parts.extension);
    if (len < 0 || (size_t)len >= sizeof(backup))
        return tl_error_set(err, TL_ERR_IO, "the name of log file %s is too long", path);
    if (rename(path, backup) != 0)
        return tl_error_errno(err, errno, "cannot rename log file %s to %s", path, backup);
    if (max_backups > 0)
        remove_old(&parts, max_backups);
    return TL_OK;
}
