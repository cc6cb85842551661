/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All files below a directory, symbolic links followed. A directory that is reached twice (a loop,
 * or two links to it) is listed once, by its real place if that is below the directory too.
 */
#ifndef TL_SOURCE_WALK_H
#define TL_SOURCE_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

struct tl_walk_file {
    char *path; /* relative, '/' between; owned */
    int64_t size;
    int64_t mtime; /* nanoseconds */
    int problem; /* 0; errno: a link that leads nowhere; TL_WALK_SPECIAL: a FIFO, socket, device */
};

enum { TL_WALK_SPECIAL = -1 };

struct tl_walk {
    struct tl_walk_file *files; /* by path bytes */
    size_t count;
    size_t room;
};

/* dirfd: the open directory; dir: its name for messages. TL_ERR_IO names what cannot be read.
 *walk_out is to be given to tl_walk_done. */
int tl_walk_dir(struct tl_walk *walk_out, int dirfd, const char *dir,
                struct tl_error *err) TL_WARN_UNUSED;

/* Frees the list. Accepts a zeroed one. */
void tl_walk_done(struct tl_walk *walk);

#endif
