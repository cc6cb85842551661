/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between upstream_file.c, which parses the bytes, upstream_plan.c (task, tables, engines),
 * upstream_chunks.c (files) and upstream_value.c, which check what they say. Private to those.
 */
#ifndef TL_CTL_UPSTREAM_PRIVATE_H
#define TL_CTL_UPSTREAM_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/import/plan.h"

struct tl_upstream;

/* Generated from upstream_checkpoint.proto. */
struct Tl__Upstream__Checkpoints;
struct Tl__Upstream__Table;

/* The whole parsed message into upstream_out->plan and the rest. TL_ERR_DATA without a name of the
   file in front; TL_ERR_REFUSED. */
int tl_upstream_take(struct tl_upstream *upstream_out,
                     const struct Tl__Upstream__Checkpoints *message,
                     struct tl_error *err) TL_WARN_UNUSED;

/* The chunks of all data engines of a table. table_done: the table's status says that all its rows
   are loaded. *complete_out: every file is loaded. */
int tl_upstream_take_chunks(struct tl_plan_table *table, const struct Tl__Upstream__Table *message,
                            bool table_done, bool *complete_out,
                            struct tl_error *err) TL_WARN_UNUSED;

/* True for a status that upstream writes; no status is none. */
bool tl_upstream_status_known(uint32_t status);

/* A new string of bytes without NUL in them and at most max long; TL_ERR_DATA names `what`. */
int tl_upstream_text(char **text_out, const uint8_t *data, size_t len, size_t max, const char *what,
                     struct tl_error *err) TL_WARN_UNUSED;

#endif
