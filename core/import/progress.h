/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the import is: one snapshot structure that the terminal, the log and the summary read.
 * Progress counts what is committed, not what was read.
 */
#ifndef TL_IMPORT_PROGRESS_H
#define TL_IMPORT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/config/options.h"
#include "core/import/plan.h"

enum { TL_PROGRESS_ACTIVE = 8 };

struct tl_progress_line {
    const char *table; /* unique name, borrowed from the plan */
    double percent;
    uint64_t rows;
    uint64_t bytes; /* of the files, as stored on disk */
};

struct tl_progress {
    uint64_t total_bytes; /* of the files, as stored on disk */
    uint64_t done_bytes;
    uint64_t rows;
    uint64_t source_bytes; /* committed, uncompressed */
    size_t tables;
    size_t tables_done;
    size_t tables_failed;
    size_t chunks;
    size_t chunks_done;
    size_t active_count; /* tables in work; the first TL_PROGRESS_ACTIVE of them are in active */
    struct tl_progress_line active[TL_PROGRESS_ACTIVE];
};

/* Takes the plan's lock for a moment. */
void tl_progress_take(struct tl_progress *progress_out, struct tl_plan *plan);

/* 0 to 100; an empty import is complete. */
double tl_progress_percent(const struct tl_progress *progress);

struct tl_progress_display;

/* Shows progress in a thread of its own until tl_progress_end: on a terminal some lines that are
   drawn again at most 5 times a second, else a log line every cron.log-progress. */
int tl_progress_begin(struct tl_progress_display **display_out, struct tl_plan *plan,
                      const struct tl_options *options, struct tl_error *err) TL_WARN_UNUSED;
void tl_progress_end(struct tl_progress_display *display); /* accepts NULL */

#endif
