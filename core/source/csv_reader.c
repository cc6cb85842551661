/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CSV reader: batches out of the rows that csv_scan.h finds, and the header. It does not look
 * at fields; wrong ones are found by the decoder, or here when a row does not end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/source/csv_scan.h"

static const char changed_hint[] = "load the same file again, or begin anew with this one";

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
    enum tl_csv_scan rc;

    if (csv->quoted || dangling)
        return fail_row(csv, csv->at,
                        tl_csv_message(dangling ? TL_CSV_DANGLING : TL_CSV_UNTERMINATED), "", err);
    rc = tl_csv_end_row(csv, csv->base.buf.len, csv->base.buf.len, err);
    if (rc == TL_CSV_SCAN_LONG)
        return tl_reader_check_length(&csv->base, csv->row_start, err);
    return rc == TL_CSV_SCAN_FAILED ? err->code : TL_OK;
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
        switch (tl_csv_scan_rows(csv, err)) {
        case TL_CSV_SCAN_FULL:
            return TL_OK;
        case TL_CSV_SCAN_FAILED:
            return err->code;
        case TL_CSV_SCAN_LONG:
            return fail_long(csv, err);
        case TL_CSV_SCAN_ON:
        case TL_CSV_SCAN_MORE:
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
    if (csv->base.buf.len == 0 || tl_csv_terminator_at(csv, 0) > 0)
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
