/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the fuzz targets of the readers: reads one text twice, once in large pieces and once in small
 * ones with new beginnings in between, and stops the program when the rows differ.
 */
#ifndef TL_TESTS_FUZZ_READER_H
#define TL_TESTS_FUZZ_READER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/source/decode.h"
#include "core/source/reader.h"

/* A text in memory that can be opened. */
struct fuzz_file {
    int fd;
    char path[48];
};

static inline void fuzz_file_init(struct fuzz_file *file, const uint8_t *data, size_t size)
{
    file->fd = memfd_create("fuzz", 0);
    snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
    if (file->fd < 0 || write(file->fd, data, size) != (ssize_t)size)
        abort();
}

/* What one way of reading found. */
struct fuzz_found {
    uint64_t sum; /* of places, lines and values */
    uint64_t rows;
    uint32_t columns; /* of the very first row; all others must have as many */
};

static inline void fuzz_add(struct fuzz_found *found, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < len; i++)
        found->sum = (found->sum ^ p[i]) * UINT64_C(1099511628211);
}

static inline int fuzz_batch(struct fuzz_found *found, struct tl_batch *batch,
                             const struct tl_reader_settings *settings, struct tl_error *err)
{
    TL_CLEANUP_ROWS struct tl_rows rows = {0};

    if (batch->row_count == 0)
        return TL_OK;
    if (found->rows == 0 && tl_decode_columns(batch, settings, &found->columns, err) != TL_OK)
        return err->code;
    if (tl_decode(&rows, batch, settings, found->columns, false, err) != TL_OK)
        return err->code;
    for (uint32_t r = 0; r < rows.row_count; r++) {
        uint64_t place[2] = {tl_batch_row_pos(batch, r), tl_batch_row_line(batch, r)};

        fuzz_add(found, place, sizeof(place));
        for (uint32_t c = 0; c < rows.columns; c++) {
            const struct tl_value *value = &rows.values[r * rows.columns + c];

            fuzz_add(found, &value->type, 1);
            if (value->type != TL_VALUE_NULL)
                fuzz_add(found, value->data, value->len);
        }
    }
    found->rows += rows.row_count;
    return TL_OK;
}

/* Reads from start to the end, with a new reader after every `again` batches. */
static inline int fuzz_read(const struct tl_reader_settings *settings, unsigned again,
                            struct fuzz_found *found)
{
    struct tl_reader_start start = {.line = 1};
    struct tl_reader *reader = NULL;
    struct tl_batch *batch = NULL;
    struct tl_error err;
    bool last = false;
    int rc = TL_OK;

    for (unsigned n = 1; rc == TL_OK && !last; n++) {
        if (!reader)
            rc = tl_reader_open(&reader, settings, &start, &err);
        if (rc == TL_OK)
            rc = tl_reader_next(reader, UINT64_MAX, &batch, &err);
        if (rc != TL_OK)
            break;
        if (batch->begin_pos != start.pos)
            abort();
        last = batch->last;
        start = (struct tl_reader_start){batch->end_pos, batch->end_line, batch->in_statement,
                                         batch->resume_head, batch->resume_state};
        rc = fuzz_batch(found, batch, settings, &err);
        tl_batch_free(batch);
        if (n % again == 0) {
            tl_reader_close(reader);
            reader = NULL;
        }
    }
    tl_reader_close(reader);
    return rc;
}

/* Large pieces against small ones, whose sizes are in the first two bytes of the input. */
static inline void fuzz_compare(struct tl_reader_settings settings, const uint8_t *data)
{
    struct fuzz_found large = {0}, small = {0};
    int rc_large, rc_small;

    settings.batch_bytes = 1 << 20;
    settings.batch_rows = 1 << 20;
    settings.max_row_bytes = 1 << 20;
    settings.read_block = 1 << 16;
    rc_large = fuzz_read(&settings, UINT32_MAX, &large);
    settings.batch_bytes = 1U + data[0];
    settings.batch_rows = 1U + data[1] % 16U;
    settings.read_block = 1U + data[1];
    rc_small = fuzz_read(&settings, 1U + data[0] % 4U, &small);
    if (rc_large != rc_small)
        abort();
    if (rc_large == TL_OK && (large.sum != small.sum || large.rows != small.rows))
        abort();
}

#endif
