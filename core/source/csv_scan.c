/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See csv_scan.h.
 */
#include "core/source/csv_scan.h"

#include <stdlib.h>
#include <string.h>

#include "core/source/bytes.h"

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

enum tl_csv_scan tl_csv_end_row(struct tl_csv_reader *csv, size_t end, size_t next,
                                struct tl_error *err)
{
    size_t start = csv->row_start;

    csv->at = csv->row_start = next;
    csv->quoted = false;
    if (end == start)
        return TL_CSV_SCAN_ON;
    if (end - start > csv->base.settings.max_row_bytes) {
        csv->row_start = start;
        csv->at = end;
        return TL_CSV_SCAN_LONG;
    }
    if (csv->in_header) {
        csv->in_header = false;
        if (csv->base.settings.csv->header_schema_match &&
            read_header(csv, start, end, err) != TL_OK)
            return TL_CSV_SCAN_FAILED;
        return TL_CSV_SCAN_ON;
    }
    if (tl_reader_push(&csv->base, start, end) != TL_OK) {
        tl_error_nomem(err);
        return TL_CSV_SCAN_FAILED;
    }
    return tl_reader_full(&csv->base) ? TL_CSV_SCAN_FULL : TL_CSV_SCAN_ON;
}

size_t tl_csv_terminator_at(const struct tl_csv_reader *csv, size_t at)
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
static enum tl_csv_scan take_ends(struct tl_csv_reader *csv, size_t block, uint64_t ends,
                                  struct tl_error *err)
{
    enum tl_csv_scan rc;

    while (ends) {
        size_t at = block + (unsigned)__builtin_ctzll(ends), len;

        ends &= ends - 1;
        len = at < csv->row_start ? 0 : tl_csv_terminator_at(csv, at);
        if (len == 0)
            continue;
        csv->at = at;
        csv->quoted = false;
        if (len == SIZE_MAX)
            return TL_CSV_SCAN_MORE;
        rc = tl_csv_end_row(csv, at, at + len, err);
        if (rc != TL_CSV_SCAN_ON)
            return rc;
    }
    return TL_CSV_SCAN_ON;
}

static enum tl_csv_scan scan_blocks(struct tl_csv_reader *csv, struct tl_error *err)
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
        enum tl_csv_scan rc;

        if (escaped | carry)
            escaped = tl_mask_escaped(escaped, &carry);
        if (d->quote.len > 0)
            inside ^=
                tl_mask_between(tl_block_eq(&block, (unsigned char)d->quote.data[0]) & ~escaped);
        in_quotes = 0 - (inside >> 63);
        rc = take_ends(csv, at, ends & ~inside & ~escaped, err);
        if (rc != TL_CSV_SCAN_ON)
            return rc;
    }
    csv->at = at - carry > csv->row_start ? at - carry : csv->row_start;
    csv->quoted = in_quotes != 0;
    return TL_CSV_SCAN_ON;
}

/* One character or mark at csv->at. */
static enum tl_csv_scan scan_token(struct tl_csv_reader *csv, struct tl_error *err)
{
    const struct tl_csv_dialect *d = &csv->dialect;
    const char *p = csv->base.buf.data + csv->at, *end = csv->base.buf.data + csv->base.buf.len;
    size_t longest = 3, len;

    longest = d->separator.len > longest ? d->separator.len : longest;
    longest = d->quote.len > longest ? d->quote.len : longest;
    if (!csv->base.eof && (size_t)(end - p) < longest)
        return TL_CSV_SCAN_MORE;
    if (!csv->quoted) {
        len = tl_csv_terminator_at(csv, csv->at);
        if (len == SIZE_MAX)
            return TL_CSV_SCAN_MORE;
        if (len > 0)
            return tl_csv_end_row(csv, csv->at, csv->at + len, err);
        if (tl_csv_at(p, end, &d->separator)) {
            csv->at += d->separator.len;
            return TL_CSV_SCAN_ON;
        }
    }
    if (tl_csv_at(p, end, &d->quote)) {
        csv->quoted = !csv->quoted;
        csv->at += d->quote.len;
        return TL_CSV_SCAN_ON;
    }
    if (d->escape >= 0 && (unsigned char)*p == d->escape) {
        if (end - p < 2)
            return TL_CSV_SCAN_MORE; /* at the end of the file, since `longest` bytes are not there
                                      */
        p++;
        csv->at++;
    }
    csv->at += tl_csv_step(d, p, end);
    return TL_CSV_SCAN_ON;
}

enum tl_csv_scan tl_csv_scan_rows(struct tl_csv_reader *csv, struct tl_error *err)
{
    enum tl_csv_scan rc = TL_CSV_SCAN_ON;

    while (rc == TL_CSV_SCAN_ON) {
        if (csv->dialect.simple && csv->base.buf.len - csv->at >= TL_BLOCK) {
            rc = scan_blocks(csv, err);
            continue;
        }
        rc = csv->at < csv->base.buf.len ? scan_token(csv, err) : TL_CSV_SCAN_MORE;
    }
    return rc;
}
