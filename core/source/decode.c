/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See decode.h: what SQL and CSV have in common.
 */
#include "core/source/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/source/decode_impl.h"

enum { BLOCK_BYTES = 256 << 10 };

struct tl_decode_block {
    struct tl_decode_block *next;
    size_t used;
    size_t size;
    char data[];
};

void tl_rows_done(struct tl_rows *rows)
{
    while (rows->blocks) {
        struct tl_decode_block *next = rows->blocks->next;

        free(rows->blocks);
        rows->blocks = next;
    }
    free(rows->values);
    memset(rows, 0, sizeof(*rows));
}

char *tl_decode_keep(struct tl_rows *rows, const char *data, size_t len)
{
    struct tl_decode_block *block = rows->blocks;
    size_t size = len > BLOCK_BYTES ? len : BLOCK_BYTES;
    char *copy;

    if (!block || block->size - block->used < len) {
        block = malloc(sizeof(*block) + size);
        if (!block)
            return NULL;
        block->used = 0;
        block->size = size;
        block->next = rows->blocks;
        rows->blocks = block;
    }
    copy = block->data + block->used;
    memcpy(copy, data, len);
    block->used += len;
    return copy;
}

int tl_decode_fail(const struct tl_decode_job *job, uint32_t row, const char *p,
                   struct tl_error *err, const char *fmt, ...)
{
    const struct tl_batch *batch = job->batch;
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    tl_error_set(err, TL_ERR_DATA, "%s:%llu (offset %llu): %s", job->settings->name,
                 (unsigned long long)tl_batch_row_line(batch, row),
                 (unsigned long long)tl_batch_row_pos(batch, row), text);
    return tl_error_locate(err, tl_batch_row_line(batch, row),
                           batch->begin_pos + (uint64_t)(p - batch->raw.data));
}

int tl_decode_count_error(const struct tl_decode_job *job, uint32_t row, uint32_t count,
                          struct tl_error *err)
{
    const char *start = job->batch->raw.data + job->batch->rows[row].start;

    tl_decode_fail(job, row, start, err,
                   count < job->columns ? "column count mismatch, expected %u, got %u"
                                        : "column count mismatch, at most %u but got %u",
                   job->columns, count);
    if (job->settings->type == TL_FILE_CSV)
        tl_error_hint(err,
                      "see if separator and delimiter in [mydumper.csv] are those of the file");
    return err->code;
}

static int run(const struct tl_decode_job *job, uint32_t *count_out, struct tl_error *err)
{
    if (job->settings->type == TL_FILE_CSV)
        return tl_decode_csv(job, count_out, err);
    return tl_decode_sql(job, count_out, err);
}

int tl_decode_columns(const struct tl_batch *batch, const struct tl_reader_settings *settings,
                      uint32_t *columns_out, struct tl_error *err)
{
    /* Counting changes nothing in the batch. */
    struct tl_decode_job job = {.batch = (struct tl_batch *)(uintptr_t)batch,
                                .settings = settings,
                                .columns = UINT32_MAX,
                                .scan_only = true};

    return run(&job, columns_out, err);
}

int tl_decode(struct tl_rows *rows_out, struct tl_batch *batch,
              const struct tl_reader_settings *settings, uint32_t columns, bool scan_only,
              struct tl_error *err)
{
    struct tl_rows rows = {.row_count = batch->row_count, .columns = columns, .plain = true};
    struct tl_decode_job job = {.batch = batch,
                                .settings = settings,
                                .rows = &rows,
                                .columns = columns,
                                .scan_only = scan_only};
    uint32_t count;
    int rc;

    rows.values = malloc(((size_t)batch->row_count * columns + 1) * sizeof(*rows.values));
    if (!rows.values)
        return tl_error_nomem(err);
    rc = run(&job, &count, err);
    if (rc == TL_OK)
        *rows_out = rows;
    else
        tl_rows_done(&rows);
    return rc;
}
