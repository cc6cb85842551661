/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between decode.c and the two decoders. Not for others.
 */
#ifndef TL_SOURCE_DECODE_IMPL_H
#define TL_SOURCE_DECODE_IMPL_H

#include "core/source/decode.h"

struct tl_decode_job {
    struct tl_batch *batch;
    const struct tl_reader_settings *settings;
    struct tl_rows *rows; /* to fill; NULL = only count the first row's values */
    uint32_t columns;     /* expected */
    bool scan_only;
};

/* Decode all rows, or with job->rows == NULL count the values of the first into *count_out. */
int tl_decode_sql(const struct tl_decode_job *job, uint32_t *count_out,
                  struct tl_error *err) TL_WARN_UNUSED;
int tl_decode_csv(const struct tl_decode_job *job, uint32_t *count_out,
                  struct tl_error *err) TL_WARN_UNUSED;

/* TL_ERR_DATA about the byte at p of row `row`: "name:line (offset n): text". */
int tl_decode_fail(const struct tl_decode_job *job, uint32_t row, const char *p,
                   struct tl_error *err, const char *fmt, ...) TL_PRINTF(5, 6);

/* The row has `count` values instead of job->columns. */
int tl_decode_count_error(const struct tl_decode_job *job, uint32_t row, uint32_t count,
                          struct tl_error *err);

/* Copies bytes into memory of the rows. NULL when out of memory. */
char *tl_decode_keep(struct tl_rows *rows, const char *data, size_t len);

#endif
