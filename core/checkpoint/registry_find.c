/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where drivers are looked for, and whether a file there may be trusted. A driver runs with all
 * rights of the program, so nobody else may be able to replace it.
 */
#include "core/checkpoint/registry_private.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Takes over text (may be NULL: out of memory). */
static int add_dir(struct tl_registry_dirs *dirs, char *text, struct tl_error *err)
{
    char **items;

    for (size_t i = 0; text && i < dirs->count; i++) {
        if (strcmp(dirs->items[i], text) == 0) {
            free(text);
            return TL_OK;
        }
    }
    items = text ? realloc(dirs->items, (dirs->count + 1) * sizeof(*items)) : NULL;
    if (!items) {
        free(text);
        return tl_error_nomem(err);
    }
    dirs->items = items;
    dirs->items[dirs->count++] = text;
    return TL_OK;
}

static int add_list(struct tl_registry_dirs *dirs, const char *list, struct tl_error *err)
{
    int rc = TL_OK;

    while (rc == TL_OK && list && *list) {
        size_t len = strcspn(list, ":");

        if (len > 0)
            rc = add_dir(dirs, strndup(list, len), err);
        list += len + (list[len] == ':');
    }
    return rc;
}

/* The folder of the program (it runs in place from the build), and the drivers' folder seen from
   there (installed under another prefix than it was configured for). */
static int add_program_dir(struct tl_registry_dirs *dirs, struct tl_error *err)
{
    char path[PATH_MAX], beside[2 * PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *slash;
    int rc;

    if (len <= 0)
        return TL_OK;
    path[len] = '\0';
    slash = strrchr(path, '/');
    if (!slash || slash == path)
        return TL_OK;
    *slash = '\0';
    rc = add_dir(dirs, strdup(path), err);
    snprintf(beside, sizeof(beside), "%s/" TL_DRIVER_FROM_PROGRAM, path);
    if (rc == TL_OK && access(beside, F_OK) == 0)
        rc = add_dir(dirs, realpath(beside, NULL), err);
    return rc;
}

int tl_registry_dirs_make(struct tl_registry_dirs *dirs, const struct tl_registry_path *path,
                          struct tl_error *err)
{
    int rc;

    memset(dirs, 0, sizeof(*dirs));
    rc = add_list(dirs, path ? path->configured : NULL, err);
    if (rc == TL_OK)
        rc = add_list(dirs, secure_getenv("TIDB_LIGHTNING_DRIVER_PATH"), err);
    if (rc == TL_OK)
        rc = add_program_dir(dirs, err);
    if (rc == TL_OK)
        rc = add_dir(dirs, strdup(TL_DRIVER_DIR), err);
    if (rc != TL_OK)
        tl_registry_dirs_done(dirs);
    return rc;
}

void tl_registry_names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

void tl_registry_dirs_done(struct tl_registry_dirs *dirs)
{
    tl_registry_names_free(dirs->items, dirs->count);
    memset(dirs, 0, sizeof(*dirs));
}

bool tl_registry_name_ok(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return len > 0 && len <= TL_DRIVER_NAME_MAX && name[len] == '\0';
}

bool tl_registry_file_name(const char *path, char name_out[TL_DRIVER_NAME_MAX + 1])
{
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    size_t prefix = strlen(TL_DRIVER_PREFIX);
    size_t suffix = strlen(TL_DRIVER_SUFFIX);
    size_t len = strlen(file);
    char name[TL_DRIVER_NAME_MAX + 1];

    if (len <= prefix + suffix || len - prefix - suffix > TL_DRIVER_NAME_MAX)
        return false;
    if (strncmp(file, TL_DRIVER_PREFIX, prefix) != 0 ||
        strcmp(file + len - suffix, TL_DRIVER_SUFFIX) != 0)
        return false;
    len -= prefix + suffix;
    memcpy(name, file + prefix, len);
    name[len] = '\0';
    if (!tl_registry_name_ok(name))
        return false;
    memcpy(name_out, name, len + 1);
    return true;
}

static int refuse_writable(const char *path, const char *what, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_USAGE, "the %s '%s' can be changed by other users", what, path);
    return tl_error_hint(err,
                         "a driver runs with all rights of this program: run chmod go-w on "
                         "'%s', and let root or yourself own it",
                         path);
}

/* Whoever owns the running program decides what it does anyhow. */
static bool is_trusted_owner(uid_t owner)
{
    struct stat program;

    return owner == 0 || owner == geteuid() ||
           (stat("/proc/self/exe", &program) == 0 && owner == program.st_uid);
}

/* Our own group may write: with the usual umask of 002 it is a group of one. */
static bool others_may_write(const struct stat *st)
{
    return (st->st_mode & S_IWOTH) || ((st->st_mode & S_IWGRP) && st->st_gid != getegid());
}

/* One of "driver file" and "driver folder", or a folder above (where a sticky bit protects). */
static int check_owner(const char *path, const char *what, bool above, struct tl_error *err)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return tl_error_errno(err, errno, "cannot look at the %s '%s'", what, path);
    if (above && (st.st_mode & S_ISVTX))
        return TL_OK;
    if (others_may_write(&st))
        return refuse_writable(path, what, err);
    if (!above && !is_trusted_owner(st.st_uid))
        return refuse_writable(path, what, err);
    return TL_OK;
}

static int check_folders(const char *real, struct tl_error *err)
{
    char dir[PATH_MAX];
    char *slash;
    int rc = TL_OK;

    snprintf(dir, sizeof(dir), "%s", real);
    for (bool above = false; rc == TL_OK && (slash = strrchr(dir, '/')) != NULL; above = true) {
        *slash = '\0';
        rc = check_owner(dir[0] ? dir : "/", "driver folder", above, err);
    }
    return rc;
}

int tl_registry_check_file(const char *path, char *real_out, struct tl_error *err)
{
    char real[PATH_MAX];
    struct stat st;
    int rc;

    if (!realpath(path, real) || stat(real, &st) != 0) {
        tl_error_errno(err, errno, "cannot find the driver file '%s'", path);
        err->code = err->native == ENOMEM ? TL_ERR_NOMEM : TL_ERR_USAGE;
        return tl_error_hint(err, "correct the path, or remove a link that leads nowhere");
    }
    if (!S_ISREG(st.st_mode)) {
        tl_error_set(err, TL_ERR_USAGE, "the driver file '%s' is not a regular file", path);
        return tl_error_hint(err, "set checkpoint.driver to a name or to the path of a .so file");
    }
    rc = check_owner(real, "driver file", false, err);
    if (rc == TL_OK)
        rc = check_folders(real, err);
    if (rc == TL_OK)
        memcpy(real_out, real, strlen(real) + 1);
    return rc;
}

static int is_driver_file(const struct dirent *entry)
{
    char name[TL_DRIVER_NAME_MAX + 1];

    return tl_registry_file_name(entry->d_name, name);
}

int tl_registry_scan(const char *dir, char ***names_out, size_t *count_out, struct tl_error *err)
{
    struct dirent **entries = NULL;
    int found = scandir(dir, &entries, is_driver_file, alphasort);
    size_t count = found > 0 ? (size_t)found : 0;
    char **names = calloc(count + 1, sizeof(*names));
    bool complete = names != NULL;

    for (size_t i = 0; i < count; i++) {
        if (names)
            names[i] = strdup(entries[i]->d_name);
        complete = complete && names[i];
        free(entries[i]);
    }
    free(entries);
    if (!complete) {
        if (names)
            tl_registry_names_free(names, count);
        return tl_error_nomem(err);
    }
    *names_out = names;
    *count_out = count;
    return TL_OK;
}
