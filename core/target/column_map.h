/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which value of a row goes into which column of the target. Private to core/target.
 */
#ifndef TL_TARGET_COLUMN_MAP_H
#define TL_TARGET_COLUMN_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/target/writer.h"

struct tl_column_map {
    uint32_t fields;   /* values that a row of the file has */
    uint32_t count;    /* columns that are written */
    uint32_t *columns; /* owned; index in the table, for each of them */
    uint32_t *from;    /* owned; index in the row, for each of them */
    bool whole;        /* all values of a row are written, in their order */
};

/* By name when the file has a column list, else by position over the visible columns; values of
   generated columns are left out (the server computes them).
   The batch must have rows. Errors are TL_ERR_DATA. */
int tl_column_map_make(struct tl_column_map *map_out, const struct tl_write_target *target,
                       const struct tl_batch *batch, struct tl_error *err) TL_WARN_UNUSED;
void tl_column_map_done(struct tl_column_map *map);

#endif
