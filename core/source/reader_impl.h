/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two kinds of readers share: the buffer that becomes a batch, the file position, errors
 * that name file, line and offset. Only for sql_reader*.c, csv_reader.c and reader.c.
 */
#ifndef TL_SOURCE_READER_IMPL_H
#define TL_SOURCE_READER_IMPL_H

#include "core/source/reader.h"

struct tl_reader_kind {
    /* The next batch by tl_reader_cut, or an error. Not called behind the last batch. */
    int (*next)(struct tl_reader *reader, struct tl_batch **batch_out, struct tl_error *err);
    /* Frees what the kind owns and the reader's own memory. */
    void (*close)(struct tl_reader *reader);
};

/* The first member of each kind's struct. */
struct tl_reader {
    const struct tl_reader_kind *kind;
    struct tl_reader_settings settings;
    struct tl_stream *stream; /* owned; never changes after open */
    struct tl_buf buf; /* the file from `base` on: the batch in work and what is read ahead */
    uint64_t base;     /* where the batch in work begins in the file */
    uint64_t line;     /* line number at base */
    bool eof;          /* buf holds all that is left of the file */
    bool done;         /* the last batch was given out */
    size_t stop;       /* offset in buf of the row end that must be met; SIZE_MAX = none */
    size_t limit;      /* a row that ends here or later closes the batch */
    struct tl_row_span *rows; /* owned; of the batch in work */
    uint32_t row_count;
    uint32_t row_cap;
    size_t rows_end;      /* end of the last row in buf */
    struct tl_head *head; /* of those rows; owned reference */
};

/* Sets up the common part: opens the stream at start->pos. The caller frees by tl_reader_done. */
int tl_reader_init(struct tl_reader *reader, const struct tl_reader_kind *kind,
                   const struct tl_reader_settings *settings, const struct tl_reader_start *start,
                   struct tl_error *err) TL_WARN_UNUSED;
void tl_reader_done(struct tl_reader *reader);

/* Reads one more block into buf, or sets eof. */
int tl_reader_fill(struct tl_reader *reader, struct tl_error *err) TL_WARN_UNUSED;

/* Reads until buf holds at least twice the bytes from `from` to its end: whoever begins anew at
   `from` then does not do so for every small block. */
int tl_reader_fill_twice(struct tl_reader *reader, size_t from,
                         struct tl_error *err) TL_WARN_UNUSED;

/* Skips a byte order mark at the beginning of the file. */
int tl_reader_skip_bom(struct tl_reader *reader, size_t *at_out,
                       struct tl_error *err) TL_WARN_UNUSED;

/* One row more. TL_OK or TL_ERR_NOMEM. */
int tl_reader_push(struct tl_reader *reader, size_t start, size_t end) TL_WARN_UNUSED;

/* True when the last row closes the batch. */
static inline bool tl_reader_full(const struct tl_reader *reader)
{
    return reader->rows_end >= reader->limit || reader->row_count >= reader->settings.batch_rows;
}

/* TL_ERR_DATA when the rows went past reader->stop, or ended before it with the file. */
int tl_reader_check_stop(const struct tl_reader *reader, bool last,
                         struct tl_error *err) TL_WARN_UNUSED;

/* The batch ends at `end` (an offset in buf): buf becomes its raw, the rest moves to a new buffer.
   Positions in buf become smaller by `end`. With last, `end` is the end of the file. */
int tl_reader_cut(struct tl_reader *reader, size_t end, bool last, struct tl_batch **batch_out,
                  struct tl_error *err) TL_WARN_UNUSED;

/* TL_ERR_DATA about the byte at offset `at` in buf: "name:line (offset n): text". */
int tl_reader_fail(const struct tl_reader *reader, size_t at, struct tl_error *err, const char *fmt,
                   ...) TL_PRINTF(4, 5);

/* What begins at `start` is longer than a row may be. */
int tl_reader_check_length(const struct tl_reader *reader, size_t start,
                           struct tl_error *err) TL_WARN_UNUSED;

/* "name:line (offset n): " in front of the message; keeps the hint. */
int tl_reader_place(struct tl_error *err, const char *name, uint64_t line, uint64_t offset);

/* The two kinds. */
int tl_sql_reader_open(struct tl_reader **reader_out, const struct tl_reader_settings *settings,
                       const struct tl_reader_start *start, struct tl_error *err) TL_WARN_UNUSED;
int tl_csv_reader_open(struct tl_reader **reader_out, const struct tl_reader_settings *settings,
                       const struct tl_reader_start *start, struct tl_error *err) TL_WARN_UNUSED;

#endif
