/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checkpoint file of the upstream program, read as a whole or not at all: every byte of it must
 * be understood, and what it says must be possible.
 */
#ifndef TL_CTL_UPSTREAM_FILE_H
#define TL_CTL_UPSTREAM_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/import/plan.h"

struct tl_upstream {
    /* Its tables and files, one data engine a table, one chunk a file. The positions are upstream's
       own (adopt_marks.h); fingerprints are unknown. source_dir is what the file says. */
    struct tl_plan *plan;
    char *host; /* of its target */
    int32_t port;
    size_t
        not_begun; /* tables without any file recorded: left out, so that they are planned anew */
};

/* Parses the bytes of a file called `name` (for messages). TL_ERR_DATA: damaged, or of another
   kind; the message says what is wrong, the hint what to do. TL_ERR_REFUSED: sound, but nothing
   that could be taken over. The caller frees by tl_upstream_done, also after a failure. */
int tl_upstream_parse(struct tl_upstream *upstream_out, const void *bytes, size_t len,
                      const char *name, struct tl_error *err) TL_WARN_UNUSED;

/* Reads and parses a file. */
int tl_upstream_read(struct tl_upstream *upstream_out, const char *path,
                     struct tl_error *err) TL_WARN_UNUSED;

void tl_upstream_done(struct tl_upstream *upstream); /* for TL_CLEANUP */

#endif
