/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the registry share: the list of folders and the check of a file on disk.
 */
#ifndef TL_CHECKPOINT_REGISTRY_PRIVATE_H
#define TL_CHECKPOINT_REGISTRY_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/checkpoint/registry.h"

#define TL_DRIVER_PREFIX "ckpt-"
#define TL_DRIVER_SUFFIX ".so"

enum { TL_DRIVER_NAME_MAX = 64 };

/* Folders to look in, in order; owned strings, ended by NULL. */
struct tl_registry_dirs {
    char **items;
    size_t count;
};

int tl_registry_dirs_make(struct tl_registry_dirs *dirs, const struct tl_registry_path *path,
                          struct tl_error *err) TL_WARN_UNUSED;
void tl_registry_dirs_done(struct tl_registry_dirs *dirs);

/* True for [a-z0-9-]{1,64}. */
bool tl_registry_name_ok(const char *name);

/* The <name> of a file called ckpt-<name>.so into name_out; false if it is called otherwise. */
bool tl_registry_file_name(const char *path, char name_out[TL_DRIVER_NAME_MAX + 1]);

/* Resolves symbolic links of path into real_out (size 4096) and refuses what is not a regular file
   or could have been put there by another user. */
int tl_registry_check_file(const char *path, char *real_out, struct tl_error *err) TL_WARN_UNUSED;

/* Refuses what is no shared object, one for another kind of machine, and one that was cut off. */
int tl_registry_check_kind(const char *path, struct tl_error *err) TL_WARN_UNUSED;

/* Names of the driver files in a folder, sorted; owned, count 0 if the folder cannot be read. */
int tl_registry_scan(const char *dir, char ***names_out, size_t *count_out,
                     struct tl_error *err) TL_WARN_UNUSED;
void tl_registry_names_free(char **names, size_t count);

#endif
