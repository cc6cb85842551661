/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns the rows of a batch into fields, in place: escapes are resolved within batch->raw, so the
 * fields point there and live as long as the batch. Runs in the writer's thread, once per batch.
 */
#ifndef TL_SOURCE_DECODE_H
#define TL_SOURCE_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/source/batch.h"
#include "core/source/reader.h"

enum tl_field_type {
    TL_VALUE_NULL,
    TL_VALUE_STRING, /* quoted text or a CSV field: bytes, decoded */
    TL_VALUE_NUMBER, /* decimal literal as written: -12, 1.5e3 */
    TL_VALUE_BINARY, /* x'..', 0x.., b'..', 0b..: bytes, decoded (big-endian, minimal for bits) */
    TL_VALUE_BINARY_STRING, /* _binary '...': bytes, decoded */
    TL_VALUE_OTHER /* anything else (DEFAULT, an expression, _utf8mb4'..', TRUE): the text as
                      written */
};

struct tl_value {
    char *data; /* into batch->raw (or rows->blocks), writable, not NUL-terminated */
    uint32_t len;
    uint8_t type; /* enum tl_field_type */
};

/* The decoded rows: values[row * columns + column]. */
struct tl_rows {
    struct tl_value *values; /* owned */
    uint32_t row_count;
    uint32_t columns;
    bool plain;        /* no TL_VALUE_OTHER anywhere */
    uint64_t replaced; /* CSV: fields in which mydumper.data-invalid-char-replace was put: data is
                          not as in the file, so tell the user */
    struct tl_decode_block *blocks; /* owned; values that did not fit in place after conversion */
};

/* Columns of the first row: how many values a row of this batch has (rows > 0). */
int tl_decode_columns(const struct tl_batch *batch, const struct tl_reader_settings *settings,
                      uint32_t *columns_out, struct tl_error *err) TL_WARN_UNUSED;

/* Decodes all rows, once. Each must have the same number of values as `columns`, else TL_ERR_DATA
   with file, line and offset. With scan_only, nothing in raw is changed, values keep the literal
   text and only `plain` and the types are right: used to decide whether to send the text as it is.
 */
int tl_decode(struct tl_rows *rows_out, struct tl_batch *batch,
              const struct tl_reader_settings *settings, uint32_t columns, bool scan_only,
              struct tl_error *err) TL_WARN_UNUSED;

/* Frees the values. The struct may be all zero. */
void tl_rows_done(struct tl_rows *rows);

#define TL_CLEANUP_ROWS TL_CLEANUP(tl_rows_done)

#endif
