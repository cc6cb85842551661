/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of its own and the driver "file" for each test, loaded as the program loads it.
 */
#ifndef TL_TESTS_FILE_FIXTURE_H
#define TL_TESTS_FILE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/checkpoint/model.h"
#include "core/checkpoint/registry.h"
#include "core/checkpoint/store.h"

#define FF_TABLE "`shop`.`item`"

extern struct tl_error ff_err;
extern char ff_folder[64];        /* under /tmp */
extern char ff_path[128];         /* the checkpoint in it */
extern struct tl_store *ff_store; /* NULL, or closed by the teardown */

/* Checked fixtures. */
void ff_setup(void);
void ff_teardown(void);

/* Opens dsn (NULL: ff_path) into ff_store; the code. Retries end after 0.3 s. */
int ff_open(const char *dsn, bool read_only);
void ff_close(void);

/* Makes ff_path a checkpoint with a task, a table and n chunks, closed. */
void ff_make(size_t n);

/* Puts one chunk with this pos; the code. */
int ff_put_chunk(int64_t offset, int64_t pos);

/* Number of chunks of FF_TABLE, or the negative code of the load; -100 = no such table. */
int ff_count_chunks(void);

/* Puts bytes into a file of the folder (NULL name: ff_path). */
void ff_write(const char *name, const void *bytes, size_t len);

/* A shell command in the folder; it must succeed. */
void ff_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Names in the folder, separated by spaces, sorted. */
const char *ff_list(void);

#endif
