/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV rows to fields. See decode.h and csv_dialect.h.
 */
#include <string.h>

#include "core/source/csv_dialect.h"
#include "core/source/decode_impl.h"

struct csv_decoder {
    const struct tl_decode_job *job;
    struct tl_csv_dialect dialect;
    struct tl_buf scratch;
};

static int set_value(struct csv_decoder *d, struct tl_csv_field *field, struct tl_value *value,
                     struct tl_error *err)
{
    struct tl_rows *rows = d->job->rows;
    uint64_t replaced;
    bool null;

    if (!field->doubled && !field->escaped && !d->dialect.converter && field->len < 63 &&
        !(d->dialect.null_lengths >> field->len & 1)) {
        *value = (struct tl_value){
            .data = field->start, .len = (uint32_t)field->len, .type = TL_VALUE_STRING};
        return TL_OK;
    }
    if (tl_csv_value(&d->dialect, field, &d->scratch, &null, &replaced, err) != TL_OK)
        return err->code;
    rows->replaced += replaced > 0;
    value->type = null ? TL_VALUE_NULL : TL_VALUE_STRING;
    value->len = (uint32_t)field->len;
    value->data = field->start;
    if (field->len > 0 && field->start == d->scratch.data) {
        value->data = tl_decode_keep(rows, field->start, field->len);
        if (!value->data)
            return tl_error_nomem(err);
    }
    return TL_OK;
}

/* One row: its fields to values (NULL = only count). */
static int decode_row(struct csv_decoder *d, uint32_t row, struct tl_value *values,
                      uint32_t *count_out, struct tl_error *err)
{
    const struct tl_decode_job *job = d->job;
    char *p = job->batch->raw.data + job->batch->rows[row].start;
    char *end = p + job->batch->rows[row].len;
    enum tl_csv_split split = TL_CSV_FIELD;
    struct tl_csv_field field;
    uint32_t count = 0;

    while (split == TL_CSV_FIELD) {
        split = tl_csv_split(&d->dialect, &p, end, &field);
        if (split > TL_CSV_LAST)
            return tl_decode_fail(job, row, p, err, "%s", tl_csv_message(split));
        if (split == TL_CSV_LAST && field.len == 0 && d->dialect.trim_last)
            break;
        if (values && count < job->columns) {
            if (job->scan_only)
                values[count] = (struct tl_value){
                    .data = field.start, .len = (uint32_t)field.len, .type = TL_VALUE_STRING};
            else if (set_value(d, &field, &values[count], err) != TL_OK)
                return err->code;
        }
        count++;
    }
    *count_out = count;
    return TL_OK;
}

int tl_decode_csv(const struct tl_decode_job *job, uint32_t *count_out, struct tl_error *err)
{
    struct csv_decoder d = {.job = job};
    uint32_t rows = job->rows ? job->batch->row_count : 1;
    int rc = tl_csv_dialect_init(&d.dialect, job->settings, err);

    tl_buf_init(&d.scratch, UINT32_MAX);
    for (uint32_t row = 0; row < rows && rc == TL_OK; row++) {
        struct tl_value *values = job->rows ? job->rows->values + (size_t)row * job->columns : NULL;

        rc = decode_row(&d, row, values, count_out, err);
        if (rc == TL_OK && job->rows && *count_out != job->columns)
            rc = tl_decode_count_error(job, row, *count_out, err);
    }
    tl_buf_done(&d.scratch);
    tl_csv_dialect_done(&d.dialect);
    return rc;
}
