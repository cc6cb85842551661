/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SQL and CSV readers share: the file's bytes in one growing buffer, which is handed over as
 * the batch; only what was read ahead of the batch's end is copied.
 */
#include "core/source/reader.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/source/bytes.h"
#include "core/source/reader_impl.h"

enum {
    FIRST_ROWS = 256,
    FIRST_BUF_MAX = 16 << 20, /* more than this only when the rows really need it */
    SLACK = 4096
};

static uint64_t buffer_max(const struct tl_reader_settings *s)
{
    /* A batch, the row that goes past its end, what stands between two rows, and one block. */
    return s->batch_bytes + 2 * s->max_row_bytes + 2 * (uint64_t)s->read_block + SLACK;
}

static int check_settings(const struct tl_reader_settings *s, struct tl_error *err)
{
    uint64_t third = UINT32_MAX / 4;

    if (s->batch_bytes == 0 || s->batch_rows == 0 || s->read_block == 0 || s->max_row_bytes == 0)
        return tl_error_set(err, TL_ERR_USAGE,
                            "batch size, rows, read-block-size and the largest "
                            "row must not be 0");
    if (s->batch_bytes > third || s->max_row_bytes > third || s->read_block > third / 4)
        return tl_error_set(err, TL_ERR_USAGE,
                            "batch size, read-block-size or the largest row is "
                            "larger than 1 GiB");
    return TL_OK;
}

int tl_reader_open(struct tl_reader **reader_out, const struct tl_reader_settings *settings,
                   const struct tl_reader_start *start, struct tl_error *err)
{
    if (check_settings(settings, err) != TL_OK)
        return err->code;
    if (settings->type == TL_FILE_CSV)
        return tl_csv_reader_open(reader_out, settings, start, err);
    return tl_sql_reader_open(reader_out, settings, start, err);
}

int tl_reader_init(struct tl_reader *reader, const struct tl_reader_kind *kind,
                   const struct tl_reader_settings *settings, const struct tl_reader_start *start,
                   struct tl_error *err)
{
    reader->kind = kind;
    reader->settings = *settings;
    reader->base = start->pos;
    reader->line = start->line ? start->line : 1;
    tl_buf_init(&reader->buf, (size_t)buffer_max(settings));
    return tl_stream_open(&reader->stream, settings->path, settings->compression, start->pos, err);
}

void tl_reader_done(struct tl_reader *reader)
{
    tl_stream_close(reader->stream);
    tl_buf_done(&reader->buf);
    tl_head_unref(reader->head);
    free(reader->rows);
}

void tl_reader_close(struct tl_reader *reader)
{
    if (reader)
        reader->kind->close(reader);
}

uint64_t tl_reader_raw_pos(const struct tl_reader *reader)
{
    return tl_stream_raw_pos(reader->stream);
}

static void set_limits(struct tl_reader *r, uint64_t stop_pos)
{
    r->stop =
        stop_pos == UINT64_MAX || stop_pos < r->base ? SIZE_MAX : (size_t)(stop_pos - r->base);
    r->limit = r->settings.batch_bytes < r->stop ? (size_t)r->settings.batch_bytes : r->stop;
}

int tl_reader_next(struct tl_reader *reader, uint64_t stop_pos, struct tl_batch **batch_out,
                   struct tl_error *err)
{
    if (reader->done) {
        *batch_out = NULL;
        return TL_OK;
    }
    set_limits(reader, stop_pos);
    return reader->kind->next(reader, batch_out, err);
}

/* What a new buffer gets at once, so that a batch of the usual size needs no growing. */
static size_t first_room(const struct tl_reader *r)
{
    uint64_t room = r->settings.batch_bytes + r->settings.read_block;

    if (room > FIRST_BUF_MAX)
        room = FIRST_BUF_MAX;
    return room > r->settings.read_block ? (size_t)room : r->settings.read_block;
}

/* The buffer may not grow: white space or comments of that size are no dump. */
static int fail_full(const struct tl_reader *reader, struct tl_error *err)
{
    if (reader->buf.max - reader->buf.len > reader->settings.read_block)
        return tl_error_nomem(err);
    return tl_reader_fail(reader, 0, err, "no row ends within %zu bytes from here",
                          reader->buf.len);
}

int tl_reader_fill(struct tl_reader *reader, struct tl_error *err)
{
    size_t got;

    assert(!reader->eof);
    if (tl_buf_reserve(&reader->buf, reader->buf.data ? reader->settings.read_block
                                                      : first_room(reader)) != TL_OK)
        return fail_full(reader, err);
    if (tl_stream_read(reader->stream, reader->buf.data + reader->buf.len,
                       reader->settings.read_block, &got, err) != TL_OK)
        return err->code;
    reader->buf.len += got;
    reader->buf.data[reader->buf.len] = '\0';
    reader->eof = got == 0;
    return TL_OK;
}

int tl_reader_fill_twice(struct tl_reader *reader, size_t from, struct tl_error *err)
{
    size_t want = reader->buf.len + (reader->buf.len - from);

    if (tl_reader_check_length(reader, from, err) != TL_OK)
        return err->code;
    do {
        if (tl_reader_fill(reader, err) != TL_OK)
            return err->code;
    } while (!reader->eof && reader->buf.len < want);
    return TL_OK;
}

int tl_reader_skip_bom(struct tl_reader *reader, size_t *at_out, struct tl_error *err)
{
    while (!reader->eof && reader->buf.len < 3)
        if (tl_reader_fill(reader, err) != TL_OK)
            return err->code;
    *at_out = reader->buf.len >= 3 && memcmp(reader->buf.data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    return TL_OK;
}

int tl_reader_push(struct tl_reader *reader, size_t start, size_t end)
{
    struct tl_row_span *rows;
    uint32_t cap;

    if (reader->row_count == reader->row_cap) {
        cap = reader->row_cap ? reader->row_cap + reader->row_cap / 2 : FIRST_ROWS;
        rows = realloc(reader->rows, cap * sizeof(*rows));
        if (!rows)
            return TL_ERR_NOMEM;
        reader->rows = rows;
        reader->row_cap = cap;
    }
    reader->rows[reader->row_count].start = (uint32_t)start;
    reader->rows[reader->row_count++].len = (uint32_t)(end - start);
    reader->rows_end = end;
    return TL_OK;
}

/* Moves the first `end` bytes into the batch, the rest into a buffer of its own. */
static int split_buffer(struct tl_reader *r, size_t end, struct tl_batch *batch)
{
    TL_CLEANUP_BUF struct tl_buf rest;
    size_t tail = r->buf.len - end;
    char *smaller;

    tl_buf_init(&rest, r->buf.max);
    if (r->row_count == 0 || end == 0) {
        if (tail > 0)
            memmove(r->buf.data, r->buf.data + end, tail);
        r->buf.len = tail;
        return TL_OK;
    }
    if (tail > 0 && (tl_buf_reserve(&rest, tail + first_room(r)) != TL_OK ||
                     tl_buf_add(&rest, r->buf.data + end, tail) != TL_OK))
        return TL_ERR_NOMEM;
    batch->raw = r->buf;
    r->buf = rest;
    tl_buf_init(&rest, 0);
    batch->raw.len = end;
    batch->raw.data[end] = '\0';
    if (batch->raw.cap - end > end + SLACK) {
        smaller = realloc(batch->raw.data, end + 1);
        batch->raw.data = smaller ? smaller : batch->raw.data;
        batch->raw.cap = smaller ? end : batch->raw.cap;
    }
    return TL_OK;
}

static void move_rows(struct tl_reader *r, struct tl_batch *batch)
{
    struct tl_row_span *smaller;

    batch->rows = r->rows;
    batch->row_count = r->row_count;
    batch->head = r->row_count > 0 ? r->head : NULL;
    if (!batch->head)
        tl_head_unref(r->head);
    smaller = realloc(batch->rows, (r->row_count + 1) * sizeof(*smaller));
    batch->rows = smaller ? smaller : batch->rows;
    r->rows = NULL;
    r->head = NULL;
    r->row_count = r->row_cap = 0;
    r->rows_end = 0;
}

int tl_reader_cut(struct tl_reader *reader, size_t end, bool last, struct tl_batch **batch_out,
                  struct tl_error *err)
{
    TL_CLEANUP(tl_batch_free_p) struct tl_batch *batch = calloc(1, sizeof(*batch));
    uint64_t lines;

    if (!batch)
        return tl_error_nomem(err);
    tl_buf_init(&batch->raw, 0);
    batch->row_lines = malloc((reader->row_count + 1) * sizeof(*batch->row_lines));
    if (!batch->row_lines)
        return tl_error_nomem(err);
    lines = tl_count_row_lines(reader->buf.data, end, reader->rows, reader->row_count,
                               batch->row_lines);
    if (split_buffer(reader, end, batch) != TL_OK)
        return tl_error_nomem(err);
    move_rows(reader, batch);
    batch->checksum = tl_checksum_of(tl_buf_text(&batch->raw), batch->raw.len);
    batch->last = last;
    batch->begin_pos = reader->base;
    batch->begin_line = reader->line;
    reader->base += end;
    reader->line += lines;
    batch->end_pos = reader->base;
    batch->end_line = reader->line;
    reader->done = last;
    *batch_out = batch;
    batch = NULL;
    return TL_OK;
}

int tl_reader_place(struct tl_error *err, const char *name, uint64_t line, uint64_t offset)
{
    tl_error_context(err, "%s:%llu (offset %llu)", name, (unsigned long long)line,
                     (unsigned long long)offset);
    return tl_error_locate(err, line, offset);
}

int tl_reader_fail(const struct tl_reader *reader, size_t at, struct tl_error *err, const char *fmt,
                   ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    tl_error_set(err, TL_ERR_DATA, "%s", text);
    return tl_reader_place(err, reader->settings.name,
                           reader->line + tl_count_lines(reader->buf.data, at), reader->base + at);
}

int tl_reader_check_stop(const struct tl_reader *reader, bool last, struct tl_error *err)
{
    size_t stop = reader->stop;

    if (reader->rows_end <= stop && !(last && stop != SIZE_MAX && stop != reader->buf.len))
        return TL_OK;
    tl_reader_fail(reader, stop < reader->buf.len ? stop : reader->buf.len, err,
                   "no row ends at offset %llu, but one did when it was loaded: the file changed",
                   (unsigned long long)(reader->base + stop));
    return tl_error_hint(err, "load the same file again, or begin anew with this one");
}

int tl_reader_check_length(const struct tl_reader *reader, size_t start, struct tl_error *err)
{
    uint64_t len = reader->buf.len - start;

    if (len <= reader->settings.max_row_bytes)
        return TL_OK;
    tl_reader_fail(reader, start, err, "a row or statement head is longer than %llu bytes",
                   (unsigned long long)reader->settings.max_row_bytes);
    return tl_error_hint(err, "an unclosed quote can be the reason; else raise max_allowed_packet "
                              "in [tidb] and on the server");
}
