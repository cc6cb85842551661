/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL rows to values. See decode.h; the values themselves are recognised in sql_literal.c.
 */
#include "core/source/decode_impl.h"
#include "core/source/sql_literal.h"
#include "core/source/sql_statement.h"

/* One row: its values to `values` (NULL = only count). */
static int decode_row(const struct tl_decode_job *job, const struct tl_sql_dialect *dialect,
                      uint32_t row, struct tl_value *values, uint32_t *count_out,
                      struct tl_error *err)
{
    char *p = job->batch->raw.data + job->batch->rows[row].start + 1;
    char *end = p + job->batch->rows[row].len - 2;
    struct tl_sql_literal literal;
    uint32_t count = 0;

    p = tl_sql_skip(p, end);
    while (p < end || count > 0) {
        char *next;

        p = tl_sql_to_token(p, end);
        if (!tl_sql_match(dialect, p, end, &literal, &next))
            return tl_decode_fail(job, row, p, err, "value %u of the row is not understood",
                                  count + 1);
        if (values && count < job->columns) {
            job->rows->plain = job->rows->plain && literal.type != TL_VALUE_OTHER;
            if (job->scan_only)
                values[count] = (struct tl_value){.data = literal.start,
                                                  .len = (uint32_t)(literal.end - literal.start),
                                                  .type = (uint8_t)literal.type};
            else
                tl_sql_resolve(dialect, &literal, &values[count]);
        }
        count++;
        if (next == end)
            break;
        p = next + 1;
    }
    *count_out = count;
    return TL_OK;
}

int tl_decode_sql(const struct tl_decode_job *job, uint32_t *count_out, struct tl_error *err)
{
    const struct tl_session_state *state = &job->batch->head->state;
    struct tl_sql_mode mode = tl_sql_mode_of(state, job->settings->sql_mode);
    struct tl_sql_dialect dialect = {.escapes = !mode.no_escapes,
                                     .ansi_quotes = mode.ansi_quotes,
                                     .multibyte = tl_multibyte_of(state->charset),
                                     .readable = job->batch->raw.data + job->batch->raw.len};
    uint32_t rows = job->rows ? job->batch->row_count : 1;

    for (uint32_t row = 0; row < rows; row++) {
        struct tl_value *values = job->rows ? job->rows->values + (size_t)row * job->columns : NULL;

        if (decode_row(job, &dialect, row, values, count_out, err) != TL_OK)
            return err->code;
        if (job->rows && *count_out != job->columns)
            return tl_decode_count_error(job, row, *count_out, err);
    }
    return TL_OK;
}
