/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the ends of rows in CSV text, 64 bytes at a time where the dialect allows it. Does not look
 * at fields, but for the header's. Only for csv_reader.c.
 */
#ifndef TL_SOURCE_CSV_SCAN_H
#define TL_SOURCE_CSV_SCAN_H

#include "core/source/csv_dialect.h"
#include "core/source/reader_impl.h"

struct tl_csv_reader {
    struct tl_reader base;
    struct tl_csv_dialect dialect;
    struct tl_head *head; /* owned reference */
    size_t at;            /* scanned up to here */
    size_t row_start;
    bool quoted;    /* `at` is within quotes */
    bool in_header; /* the row in work is the header: no row of a batch */
};

enum tl_csv_scan {
    TL_CSV_SCAN_ON,    /* for use within the scanner: go on */
    TL_CSV_SCAN_MORE,  /* the buffer ends within a row; go on at `at` when it has more */
    TL_CSV_SCAN_FULL,  /* behind the row that closes the batch */
    TL_CSV_SCAN_LONG,  /* the row [row_start, at) is longer than allowed */
    TL_CSV_SCAN_FAILED /* see err */
};

/* Goes on from csv->at and pushes complete rows to the reader. */
enum tl_csv_scan tl_csv_scan_rows(struct tl_csv_reader *csv, struct tl_error *err);

/* Notes the row [row_start, end), if it is not empty; the next one begins at `next`. ON when the
   batch is not full yet. */
enum tl_csv_scan tl_csv_end_row(struct tl_csv_reader *csv, size_t end, size_t next,
                                struct tl_error *err);

/* Length of the terminator at this offset, outside of quotes: 0 = none, SIZE_MAX = the buffer ends
   too early to tell. */
size_t tl_csv_terminator_at(const struct tl_csv_reader *csv, size_t at);

#endif
