/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows as multi-row INSERT statements: the tuples as they stand in the file, or put together from
 * values. See writer_internal.h.
 */
#include <string.h>

#include "core/target/writer_internal.h"

/* Text under a mode without NO_BACKSLASH_ESCAPES (ours for CSV), in utf8mb4. */
static int add_quoted(struct tl_buf *sql, const struct tl_value *value)
{
    const char *text = value->data;
    const char *end = text + value->len;
    char *out;

    if (tl_buf_reserve(sql, 2 * (size_t)value->len + 2))
        return TL_ERR_NOMEM;
    out = sql->data + sql->len;
    *out++ = '\'';
    for (; text < end; text++) {
        if (*text == '\'' || *text == '\\' || *text == '\0')
            *out++ = '\\';
        *out++ = *text == '\0' ? '0' : *text;
    }
    *out++ = '\'';
    *out = '\0';
    sql->len = (size_t)(out - sql->data);
    return TL_OK;
}

static bool has_high_byte(const struct tl_value *value)
{
    for (uint32_t i = 0; i < value->len; i++)
        if ((unsigned char)value->data[i] >= 0x80)
            return true;
    return false;
}

static int add_csv_value(struct tl_buf *sql, const struct tl_column *column,
                         const struct tl_value *value)
{
    if (value->type == TL_VALUE_NULL)
        return tl_buf_adds(sql, "NULL");
    /* Bytes, not text in the connection's character set. */
    if ((column->kind == TL_COLUMN_BINARY || column->kind == TL_COLUMN_BIT ||
         column->kind == TL_COLUMN_OTHER) &&
        has_high_byte(value) && tl_buf_adds(sql, "_binary"))
        return TL_ERR_NOMEM;
    return add_quoted(sql, value);
}

static int add_values(struct tl_buf *sql, const struct tl_job *job, uint32_t row)
{
    const struct tl_value *values = &job->rows.values[(size_t)row * job->rows.columns];
    bool csv = job->target->source->type == TL_FILE_CSV;
    int rc = TL_OK;

    for (uint32_t i = 0; rc == TL_OK && i < job->map.count; i++) {
        const struct tl_value *value = &values[job->map.from[i]];

        rc = tl_buf_adds(sql, i == 0 ? "(" : ",");
        if (rc == TL_OK && csv)
            rc = add_csv_value(sql, &job->target->table->columns[job->map.columns[i]], value);
        else if (rc == TL_OK)
            rc = tl_buf_add(sql, value->data, value->len);
    }
    return rc == TL_OK ? tl_buf_adds(sql, ")") : rc;
}

static int add_row(struct tl_buf *sql, const struct tl_job *job, uint32_t row)
{
    const struct tl_row_span *span = &job->batch->rows[row];

    if (job->way == TL_WAY_RAW)
        return tl_buf_add(sql, job->batch->raw.data + span->start, span->len);
    return add_values(sql, job, row);
}

/* Builds one statement with the rows from `from` on that fit: at least one. */
static int build(struct tl_writer *writer, const struct tl_job *job, uint32_t from, uint32_t to,
                 uint32_t *end_out, struct tl_error *err)
{
    struct tl_buf *sql = &writer->sql;
    uint64_t packet = tl_writer_packet_max(writer);
    uint64_t limit = packet < TL_WRITER_TEXT_MAX ? packet : TL_WRITER_TEXT_MAX;
    uint32_t row = from;

    tl_buf_clear(sql);
    if (tl_buf_add(sql, job->head.data, job->head.len))
        return tl_error_nomem(err);
    for (; row < to; row++) {
        size_t before = sql->len;

        if ((row > from && tl_buf_adds(sql, ",")) || add_row(sql, job, row))
            return tl_error_nomem(err);
        if (row == from && sql->len + job->tail.len > packet)
            return tl_job_row_too_long(writer, job, row, sql->len, err);
        if (row > from && sql->len + job->tail.len > limit) {
            sql->len = before;
            sql->data[before] = '\0';
            break;
        }
    }
    *end_out = row;
    return tl_buf_adds(sql, tl_buf_text(&job->tail)) ? tl_error_nomem(err) : TL_OK;
}

int tl_insert_text(struct tl_writer *writer, const struct tl_job *job, uint32_t from, uint32_t to,
                   uint64_t *affected_out, struct tl_error *err)
{
    uint64_t total = 0, affected = 0;
    uint32_t end = from;
    int rc = TL_OK;

    while (rc == TL_OK && from < to) {
        rc = build(writer, job, from, to, &end, err);
        if (rc == TL_OK)
            rc =
                tl_session_exec(writer->session, writer->sql.data, writer->sql.len, &affected, err);
        total += affected;
        from = end;
    }
    if (rc == TL_OK)
        *affected_out = total;
    return rc;
}
