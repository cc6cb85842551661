/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CSV reader: finds the ends of rows, 64 bytes at a time where the dialect allows it. It does
 * not look at fields; wrong ones are found by the decoder, or here when a row does not end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/source/bytes.h"
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

enum scan { SCAN_ON, SCAN_MORE, SCAN_FULL, SCAN_LONG, SCAN_FAILED };

static const char changed_hint[] = "load the same file again, or begin anew with this one";

/* Drops spaces around a name, as upstream does. */
static int add_column(struct tl_head *head, const struct tl_csv_field *field)
{
    const char *start = field->start, *end = start + field->len;

    while (start < end && (*start == ' ' || (*start >= '\t' && *start <= '\r')))
        start++;
    while (end > start && (end[-1] == ' ' || (end[-1] >= '\t' && end[-1] <= '\r')))
        end--;
    return tl_head_add_column(head, start, (size_t)(end - start));
}

/* The header's fields become the head's columns. The bytes are copied: raw stays as read. */
static int read_header(struct tl_csv_reader *csv, size_t start, size_t end, struct tl_error *err)
{
    TL_CLEANUP_FREE char *copy = malloc(end - start + 1);
    TL_CLEANUP_BUF struct tl_buf scratch;
    enum tl_csv_split split = TL_CSV_FIELD;
    struct tl_csv_field field;
    char *p = copy;
    uint64_t replaced;
    bool null;

    tl_buf_init(&scratch, csv->base.buf.max);
    if (!copy)
        return tl_error_nomem(err);
    memcpy(copy, csv->base.buf.data + start, end - start);
    csv->head->has_columns = true;
    while (split == TL_CSV_FIELD) {
        split = tl_csv_split(&csv->dialect, &p, copy + (end - start), &field);
        if (split > TL_CSV_LAST)
            return tl_reader_fail(&csv->base, start + (size_t)(p - copy), err, "%s",
                                  tl_csv_message(split));
        if (split == TL_CSV_LAST && field.len == 0 && csv->dialect.trim_last)
            break;
        if (tl_csv_value(&csv->dialect, &field, &scratch, &null, &replaced, err) != TL_OK)
            return err->code;
        if (add_column(csv->head, &field) != TL_OK)
            return tl_error_nomem(err);
    }
    return TL_OK;
}

/* Notes the row [row_start, end); the next one begins at `next`. */
static enum scan end_row(struct tl_csv_reader *csv, size_t end, size_t next, struct tl_error *err)
{
    size_t start = csv->row_start;

    csv->at = csv->row_start = next;
    csv->quoted = false;
    if (end == start)
        return SCAN_ON;
    if (end - start > csv->base.settings.max_row_bytes) {
        csv->row_start = start;
        csv->at = end;
        return SCAN_LONG;
    }
    if (csv->in_header) {
        csv->in_header = false;
        if (csv->base.settings.csv->header_schema_match &&
            read_header(csv, start, end, err) != TL_OK)
            return SCAN_FAILED;
        return SCAN_ON;
    }
    if (tl_reader_push(&csv->base, start, end) != TL_OK) {
        tl_error_nomem(err);
        return SCAN_FAILED;
    }
    return tl_reader_full(&csv->base) ? SCAN_FULL : SCAN_ON;
}

/* A byte outside of quotes that may begin a terminator: its length, or 0, or SIZE_MAX = unsure. */
static size_t terminator_at(const struct tl_csv_reader *csv, size_t at)
{
    const struct tl_buf *terminator = &csv->dialect.terminator;
    const char *p = csv->base.buf.data + at;
    size_t left = csv->base.buf.len - at;

    if (terminator->len == 0)
        return *p == '\n' || *p == '\r' ? 1 : 0;
    if (*p != terminator->data[0])
        return 0;
    if (left < terminator->len)
        return csv->base.eof || memcmp(p, terminator->data, left) != 0 ? 0 : SIZE_MAX;
    return memcmp(p, terminator->data, terminator->len) == 0 ? terminator->len : 0;
}

/* Takes the possible row ends of the block at `block`, in order. */
static enum scan take_ends(struct tl_csv_reader *csv, size_t block, uint64_t ends,
                           struct tl_error *err)
{
    enum scan rc;

    while (ends) {
        size_t at = block + (unsigned)__builtin_ctzll(ends), len;

        ends &= ends - 1;
        len = at < csv->row_start ? 0 : terminator_at(csv, at);
        if (len == 0)
            continue;
        csv->at = at;
        csv->quoted = false;
        if (len == SIZE_MAX)
            return SCAN_MORE;
        rc = end_row(csv, at, at + len, err);
        if (rc != SCAN_ON)
            return rc;
    }
    return SCAN_ON;
}

static enum scan scan_blocks(struct tl_csv_reader *csv, struct tl_error *err)
{
    const struct tl_csv_dialect *d = &csv->dialect;
    unsigned char end1 = d->terminator.len > 0 ? (unsigned char)d->terminator.data[0] : '\n';
    unsigned char end2 = d->terminator.len > 0 ? end1 : '\r';
    uint64_t in_quotes = csv->quoted ? ~UINT64_C(0) : 0, carry = 0;
    size_t at = csv->at;

    for (; csv->base.buf.len - at >= TL_BLOCK; at += TL_BLOCK) {
        struct tl_block block = tl_block_load(csv->base.buf.data + at);
        uint64_t escaped = d->escape >= 0 ? tl_block_eq(&block, (unsigned char)d->escape) : 0;
        uint64_t ends = tl_block_eq(&block, end1) | tl_block_eq(&block, end2);
        uint64_t inside = in_quotes;
        enum scan rc;

        if (escaped | carry)
            escaped = tl_mask_escaped(escaped, &carry);
        if (d->quote.len > 0)
            inside ^=
                tl_mask_between(tl_block_eq(&block, (unsigned char)d->quote.data[0]) & ~escaped);
        in_quotes = 0 - (inside >> 63);
        rc = take_ends(csv, at, ends & ~inside & ~escaped, err);
        if (rc != SCAN_ON)
            return rc;
    }
    csv->at = at - carry > csv->row_start ? at - carry : csv->row_start;
    csv->quoted = in_quotes != 0;
    return SCAN_ON;
}

/* One character or mark at csv->at. */
static enum scan scan_token(struct tl_csv_reader *csv, struct tl_error *err)
{
    const struct tl_csv_dialect *d = &csv->dialect;
    const char *p = csv->base.buf.data + csv->at, *end = csv->base.buf.data + csv->base.buf.len;
    size_t longest = 3, len;

    longest = d->separator.len > longest ? d->separator.len : longest;
    longest = d->quote.len > longest ? d->quote.len : longest;
    if (!csv->base.eof && (size_t)(end - p) < longest)
        return SCAN_MORE;
    if (!csv->quoted) {
        len = terminator_at(csv, csv->at);
        if (len == SIZE_MAX)
            return SCAN_MORE;
        if (len > 0)
            return end_row(csv, csv->at, csv->at + len, err);
        if (tl_csv_at(p, end, &d->separator)) {
            csv->at += d->separator.len;
            return SCAN_ON;
        }
    }
    if (tl_csv_at(p, end, &d->quote)) {
        csv->quoted = !csv->quoted;
        csv->at += d->quote.len;
        return SCAN_ON;
    }
    if (d->escape >= 0 && (unsigned char)*p == d->escape) {
        if (end - p < 2)
            return SCAN_MORE; /* at the end of the file, since `longest` bytes are not there */
        p++;
        csv->at++;
    }
    csv->at += tl_csv_step(d, p, end);
    return SCAN_ON;
}

static enum scan scan_rows(struct tl_csv_reader *csv, struct tl_error *err)
{
    enum scan rc = SCAN_ON;

    while (rc == SCAN_ON) {
        if (csv->dialect.simple && csv->base.buf.len - csv->at >= TL_BLOCK) {
            rc = scan_blocks(csv, err);
            continue;
        }
        rc = csv->at < csv->base.buf.len ? scan_token(csv, err) : SCAN_MORE;
    }
    return rc;
}

/* Something is wrong at `place` of the row in work. An earlier mistake in it, which may well be the
   cause, is what the user must see. */
static int fail_row(struct tl_csv_reader *csv, size_t place, const char *message, const char *hint,
                    struct tl_error *err)
{
    char *p = csv->base.buf.data + csv->row_start, *end = csv->base.buf.data + csv->at;
    enum tl_csv_split split = TL_CSV_FIELD;
    struct tl_csv_field field;

    while (split == TL_CSV_FIELD)
        split = tl_csv_split(&csv->dialect, &p, end, &field);
    if (split > TL_CSV_LAST)
        return tl_reader_fail(&csv->base, (size_t)(p - csv->base.buf.data), err, "%s",
                              tl_csv_message(split));
    tl_reader_fail(&csv->base, place, err, "%s", message);
    return tl_error_hint(err, "%s", hint);
}

/* The buffer ends, and the file with it. */
static int end_file(struct tl_csv_reader *csv, struct tl_error *err)
{
    bool dangling = csv->at < csv->base.buf.len;
    enum scan rc;

    if (csv->quoted || dangling)
        return fail_row(csv, csv->at,
                        tl_csv_message(dangling ? TL_CSV_DANGLING : TL_CSV_UNTERMINATED), "", err);
    rc = end_row(csv, csv->base.buf.len, csv->base.buf.len, err);
    if (rc == SCAN_LONG)
        return tl_reader_check_length(&csv->base, csv->row_start, err);
    return rc == SCAN_FAILED ? err->code : TL_OK;
}

static int fail_long(struct tl_csv_reader *csv, struct tl_error *err)
{
    char text[64];

    snprintf(text, sizeof(text), "the row is longer than %llu bytes",
             (unsigned long long)csv->base.settings.max_row_bytes);
    return fail_row(csv, csv->row_start, text,
                    "see if separator, delimiter and terminator in [mydumper.csv] are those of the "
                    "file; else raise max_allowed_packet in [tidb] and on the server",
                    err);
}

/* Scans until a batch is complete. */
static int read_rows(struct tl_csv_reader *csv, bool *last_out, struct tl_error *err)
{
    *last_out = false;
    for (;;) {
        switch (scan_rows(csv, err)) {
        case SCAN_FULL:
            return TL_OK;
        case SCAN_FAILED:
            return err->code;
        case SCAN_LONG:
            return fail_long(csv, err);
        case SCAN_ON:
        case SCAN_MORE:
            break;
        }
        if (csv->base.eof) {
            *last_out = true;
            return end_file(csv, err);
        }
        if (csv->base.buf.len - csv->row_start > csv->base.settings.max_row_bytes)
            return fail_long(csv, err);
        if (tl_reader_fill(&csv->base, err) != TL_OK)
            return err->code;
    }
}

static int csv_next(struct tl_reader *reader, struct tl_batch **batch_out, struct tl_error *err)
{
    struct tl_csv_reader *csv = (struct tl_csv_reader *)reader;
    struct tl_batch *batch;
    bool last;
    size_t end;

    if (read_rows(csv, &last, err) != TL_OK || tl_reader_check_stop(reader, last, err) != TL_OK)
        return err->code;
    end = last ? reader->buf.len : reader->rows_end;
    tl_head_unref(reader->head);
    reader->head = tl_head_ref(csv->head);
    if (tl_reader_cut(reader, end, last, &batch, err) != TL_OK)
        return err->code;
    csv->at -= end;
    csv->row_start -= end;
    *batch_out = batch;
    return TL_OK;
}

static void csv_close(struct tl_reader *reader)
{
    struct tl_csv_reader *csv = (struct tl_csv_reader *)reader;

    tl_head_unref(csv->head);
    tl_csv_dialect_done(&csv->dialect);
    tl_reader_done(&csv->base);
    free(csv);
}

static const struct tl_reader_kind csv_kind = {.next = csv_next, .close = csv_close};

static int new_reader(struct tl_csv_reader **csv_out, const struct tl_reader_settings *settings,
                      const struct tl_reader_start *start, struct tl_error *err)
{
    static const struct tl_session_state no_state;
    struct tl_csv_reader *csv = calloc(1, sizeof(*csv));
    int rc = TL_OK;

    if (!csv)
        return tl_error_nomem(err);
    csv->head = tl_head_new(&no_state, 0);
    if (!csv->head)
        rc = tl_error_nomem(err);
    if (rc == TL_OK)
        rc = tl_csv_dialect_init(&csv->dialect, settings, err);
    if (rc == TL_OK)
        rc = tl_reader_init(&csv->base, &csv_kind, settings, start, err);
    if (rc == TL_OK && start->pos == 0) {
        csv->in_header = settings->csv->header;
        rc = tl_reader_skip_bom(&csv->base, &csv->row_start, err);
        csv->at = csv->row_start;
    }
    if (rc == TL_OK)
        *csv_out = csv;
    else
        csv_close(&csv->base);
    return rc;
}

/* The header, for a reader that begins behind it: read by a reader of its own. */
static int borrow_header(struct tl_csv_reader *csv, const struct tl_reader_settings *settings,
                         struct tl_error *err)
{
    struct tl_reader_settings small = *settings;
    struct tl_reader_start top = {.line = 1};
    struct tl_csv_reader *other;
    struct tl_batch *batch = NULL;
    int rc;

    /* One row only: what is wrong further on is not this reader's concern. */
    small.batch_rows = 1;
    rc = new_reader(&other, &small, &top, err);
    if (rc != TL_OK)
        return rc;
    rc = tl_reader_next(&other->base, UINT64_MAX, &batch, err);
    if (rc == TL_OK) {
        tl_head_unref(csv->head);
        csv->head = tl_head_ref(other->head);
    }
    tl_batch_free(batch);
    csv_close(&other->base);
    return rc;
}

/* A batch ends where a row does: what follows can only be a terminator. */
static int check_start(struct tl_csv_reader *csv, struct tl_error *err)
{
    size_t want = csv->dialect.terminator.len > 0 ? csv->dialect.terminator.len : 1;

    while (!csv->base.eof && csv->base.buf.len < want)
        if (tl_reader_fill(&csv->base, err) != TL_OK)
            return err->code;
    if (csv->base.buf.len == 0 || terminator_at(csv, 0) > 0)
        return TL_OK;
    tl_reader_fail(&csv->base, 0, err,
                   "no row ends here, but one did when it was loaded: the file "
                   "changed");
    return tl_error_hint(err, "%s", changed_hint);
}

int tl_csv_reader_open(struct tl_reader **reader_out, const struct tl_reader_settings *settings,
                       const struct tl_reader_start *start, struct tl_error *err)
{
    struct tl_csv_reader *csv;
    int rc = new_reader(&csv, settings, start, err);

    if (rc != TL_OK)
        return rc;
    if (start->pos > 0)
        rc = check_start(csv, err);
    if (rc == TL_OK && start->pos > 0 && settings->csv->header &&
        settings->csv->header_schema_match)
        rc = borrow_header(csv, settings, err);
    if (rc != TL_OK) {
        csv_close(&csv->base);
        return rc;
    }
    *reader_out = &csv->base;
    return TL_OK;
}
