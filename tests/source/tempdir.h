/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory for one test, and files in it. Everything is removed by tempdir_done. Failures end
 * the test.
 */
#ifndef TL_TESTS_SOURCE_TEMPDIR_H
#define TL_TESTS_SOURCE_TEMPDIR_H

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tempdir {
    char path[64];
};

static inline void tempdir_init(struct tempdir *dir)
{
    snprintf(dir->path, sizeof(dir->path), "/tmp/tl-source-test.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir->path));
}

static inline int tempdir_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static inline void tempdir_done(struct tempdir *dir)
{
    (void)nftw(dir->path, tempdir_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The name of a file in the directory. */
static inline const char *tempdir_path(const struct tempdir *dir, const char *name, char out[512])
{
    snprintf(out, 512, "%s/%s", dir->path, name);
    return out;
}

/* Writes a file, with the directories that its name needs. */
static inline void tempdir_write(const struct tempdir *dir, const char *name, const void *bytes,
                                 size_t len)
{
    char path[512];
    FILE *out;

    tempdir_path(dir, name, path);
    for (char *p = strchr(path + strlen(dir->path) + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = '\0';
        (void)mkdir(path, 0700);
        *p = '/';
    }
    out = fopen(path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, len, out), len);
    ck_assert_int_eq(fclose(out), 0);
}

#endif
