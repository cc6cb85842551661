/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows by array binding: one prepared INSERT, all rows of a batch in one packet. It is used only
 * where the server stores the same as it would from the literals in the file; tl_bind_plan decides
 * that, column by column. See writer_internal.h.
 */
#include <ctype.h>
#include <string.h>

#include "core/target/writer_internal.h"

enum { VALUE_OVERHEAD = 10, TEXT_DIGITS_MAX = 17, BIT_DIGITS_MAX = 20 };

/* What kinds of values stand in a column of the batch. */
struct seen {
    bool string;
    bool number;
    bool binary;
};

static struct tl_value *value_at(const struct tl_rows *rows, uint32_t row, uint32_t field)
{
    return &rows->values[(size_t)row * rows->columns + field];
}

static bool all_digits(const char *text, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    return len > 0;
}

/* A literal that becomes text as it is written: 12, -12, 0, 1.50; not 007, 1e3, .5, -0. */
static bool is_canonical(const struct tl_value *value)
{
    const char *text = value->data;
    uint32_t len = value->len;
    const char *dot;
    uint32_t whole;

    if (len > 0 && *text == '-')
        text++, len--;
    dot = memchr(text, '.', len);
    whole = dot ? (uint32_t)(dot - text) : len;
    if (len > TEXT_DIGITS_MAX || !all_digits(text, whole) || (whole > 1 && *text == '0'))
        return false;
    if (dot)
        return all_digits(dot + 1, len - whole - 1) && text == value->data;
    return *text != '0' || text == value->data;
}

static bool has_exponent(const struct tl_value *value)
{
    return memchr(value->data, 'e', value->len) || memchr(value->data, 'E', value->len);
}

/* Writes a number over its own digits as big-endian bytes, of which there are never more. */
static bool number_to_bytes(struct tl_value *value)
{
    uint64_t number = 0;
    uint32_t bytes = 1;

    if (!all_digits(value->data, value->len) || value->len > BIT_DIGITS_MAX)
        return false;
    for (uint32_t i = 0; i < value->len; i++) {
        unsigned digit = (unsigned)(value->data[i] - '0');

        if (number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    while (bytes < 8 && number >> (8 * bytes) != 0)
        bytes++;
    for (uint32_t i = 0; i < bytes; i++)
        value->data[i] = (char)(unsigned char)(number >> (8 * (bytes - 1 - i)));
    value->len = bytes;
    value->type = TL_VALUE_BINARY;
    return true;
}

/* Whether a number can be bound as the text that it is. */
static bool number_fits(const struct tl_column *column, const struct tl_value *value)
{
    if (column->enumerated)
        return false;
    switch (column->kind) {
    case TL_COLUMN_NUMBER:
        return column->approximate || !has_exponent(value);
    case TL_COLUMN_TEXT:
    case TL_COLUMN_BINARY:
        return is_canonical(value);
    default:
        return column->kind == TL_COLUMN_BIT;
    }
}

static bool look_at_column(const struct tl_rows *rows, uint32_t field,
                           const struct tl_column *column, struct seen *seen)
{
    memset(seen, 0, sizeof(*seen));
    for (uint32_t row = 0; row < rows->row_count; row++) {
        struct tl_value *value = value_at(rows, row, field);

        switch (value->type) {
        case TL_VALUE_NULL:
            break;
        case TL_VALUE_STRING:
            seen->string = true;
            break;
        case TL_VALUE_NUMBER:
            seen->number = true;
            if (!number_fits(column, value) ||
                (column->kind == TL_COLUMN_BIT && !number_to_bytes(value)))
                return false;
            break;
        case TL_VALUE_BINARY:
        case TL_VALUE_BINARY_STRING:
            seen->binary = true;
            break;
        default:
            return false;
        }
    }
    return true;
}

static bool type_for(const struct tl_column *column, const struct seen *seen,
                     enum enum_field_types *type_out)
{
    switch (column->kind) {
    case TL_COLUMN_NUMBER:
        *type_out = MYSQL_TYPE_STRING;
        return !seen->binary; /* a number for one server, text for another */
    case TL_COLUMN_TEXT:
        /* Bytes are not converted from the session's character set, text is. */
        *type_out = seen->binary ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
        return !seen->binary || (!seen->string && !seen->number && !column->enumerated);
    case TL_COLUMN_OTHER:
        *type_out = MYSQL_TYPE_BLOB;
        return !seen->number;
    default:
        *type_out = MYSQL_TYPE_BLOB;
        return true;
    }
}

int tl_bind_plan(struct tl_job *job, bool *bindable_out, struct tl_error *err)
{
    const struct tl_table_info *table = job->target->table;
    bool bindable = true;

    job->types = calloc(job->map.count, sizeof(*job->types));
    if (!job->types)
        return tl_error_nomem(err);
    for (uint32_t i = 0; bindable && i < job->map.count; i++) {
        const struct tl_column *column = &table->columns[job->map.columns[i]];
        struct seen seen;

        bindable = look_at_column(&job->rows, job->map.from[i], column, &seen) &&
                   type_for(column, &seen, &job->types[i]);
    }
    *bindable_out = bindable;
    return TL_OK;
}

/* One execution in work; the library asks for each row as it writes the packet. */
struct binding {
    const struct tl_job *job;
    uint32_t first;         /* row of the batch that is row 0 of the execution */
    MYSQL_BIND *binds;      /* owned */
    unsigned long *lengths; /* owned */
    char *indicators;       /* owned */
};

static my_bool bind_row(void *payload, MYSQL_BIND *binds, unsigned row)
{
    struct binding *binding = payload;
    const struct tl_job *job = binding->job;

    for (uint32_t i = 0; i < job->map.count; i++) {
        struct tl_value *value = value_at(&job->rows, binding->first + row, job->map.from[i]);
        bool null = value->type == TL_VALUE_NULL;

        binding->lengths[i] = null ? 0 : value->len;
        binding->indicators[i] = null ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
        binds[i].buffer = value->data;
        binds[i].buffer_length = binding->lengths[i];
        binds[i].length = &binding->lengths[i];
        binds[i].u.indicator = &binding->indicators[i];
    }
    return 0;
}

static void binding_done(struct binding *binding)
{
    free(binding->binds);
    free(binding->lengths);
    free(binding->indicators);
}

static int binding_init(struct binding *binding, const struct tl_job *job, struct tl_error *err)
{
    binding->job = job;
    binding->binds = calloc(job->map.count, sizeof(*binding->binds));
    binding->lengths = calloc(job->map.count, sizeof(*binding->lengths));
    binding->indicators = calloc(job->map.count, 1);
    if (!binding->binds || !binding->lengths || !binding->indicators)
        return tl_error_nomem(err);
    for (uint32_t i = 0; i < job->map.count; i++) {
        binding->binds[i].buffer_type = job->types[i];
        binding->binds[i].buffer = binding->indicators; /* not NULL until bind_row */
        binding->binds[i].length = &binding->lengths[i];
        binding->binds[i].u.indicator = &binding->indicators[i];
    }
    return TL_OK;
}

/* Rows from `from` on that fit into one packet: at least one, else TL_ERR_DATA. */
static int rows_that_fit(const struct tl_writer *writer, const struct tl_job *job, uint32_t from,
                         uint32_t to, uint32_t *end_out, struct tl_error *err)
{
    uint64_t packet = tl_writer_packet_max(writer) - 2u * job->map.count;
    uint64_t limit = packet < TL_WRITER_BULK_MAX ? packet : TL_WRITER_BULK_MAX;
    uint64_t total = 0;
    uint32_t row = from;

    for (; row < to; row++) {
        uint64_t bytes = 0;

        for (uint32_t i = 0; i < job->map.count; i++)
            bytes += value_at(&job->rows, row, job->map.from[i])->len + (uint64_t)VALUE_OVERHEAD;
        if (row == from && bytes > packet)
            return tl_job_row_too_long(writer, job, row, bytes, err);
        if (row > from && total + bytes > limit)
            break;
        total += bytes;
    }
    *end_out = row;
    return TL_OK;
}

static int build_prepared_sql(struct tl_writer *writer, const struct tl_job *job)
{
    struct tl_buf *sql = &writer->sql;

    tl_buf_clear(sql);
    if (tl_buf_add(sql, job->head.data, job->head.len))
        return TL_ERR_NOMEM;
    for (uint32_t i = 0; i < job->map.count; i++)
        if (tl_buf_adds(sql, i == 0 ? "(?" : ",?"))
            return TL_ERR_NOMEM;
    return tl_buf_adds(sql, ")") || tl_buf_adds(sql, tl_buf_text(&job->tail)) ? TL_ERR_NOMEM
                                                                              : TL_OK;
}

static void forget(struct tl_prepared *prepared)
{
    if (prepared->stmt)
        mysql_stmt_close(prepared->stmt);
    free(prepared->sql);
    memset(prepared, 0, sizeof(*prepared));
}

static int prepare(struct tl_writer *writer, struct tl_prepared *prepared, struct tl_error *err)
{
    int rc = TL_OK;

    forget(prepared);
    prepared->sql = strdup(writer->sql.data);
    prepared->stmt = mysql_stmt_init(tl_session_mysql(writer->session));
    if (!prepared->sql || !prepared->stmt)
        rc = tl_error_nomem(err);
    else if (mysql_stmt_prepare(prepared->stmt, writer->sql.data, writer->sql.len) != 0)
        rc = tl_session_stmt_error(prepared->stmt, err);
    if (rc != TL_OK)
        forget(prepared);
    return rc;
}

/* The prepared statement of this text, from the cache or new in place of the oldest. */
static int find_statement(struct tl_writer *writer, const struct tl_job *job, MYSQL_STMT **stmt_out,
                          struct tl_error *err)
{
    struct tl_prepared *oldest = &writer->prepared[0];
    struct tl_prepared *hit = NULL;
    int rc = TL_OK;

    if (build_prepared_sql(writer, job))
        return tl_error_nomem(err);
    for (size_t i = 0; i < TL_WRITER_STATEMENTS; i++) {
        struct tl_prepared *prepared = &writer->prepared[i];

        if (prepared->sql && strcmp(prepared->sql, writer->sql.data) == 0)
            hit = prepared;
        if (prepared->used < oldest->used)
            oldest = prepared;
    }
    if (!hit) {
        rc = prepare(writer, oldest, err);
        hit = oldest;
    }
    if (rc != TL_OK)
        return rc;
    hit->used = ++writer->clock;
    *stmt_out = hit->stmt;
    return TL_OK;
}

/* The attributes stand behind prepare: set in front of it they crash some versions. The types are
   sent each time, since the server ties a conversion from SET NAMES to them. */
static int execute(MYSQL_STMT *stmt, struct binding *binding, uint32_t from, uint32_t to,
                   uint64_t *affected_out, struct tl_error *err)
{
    unsigned count = to - from;

    binding->first = from;
    if (mysql_stmt_attr_set(stmt, STMT_ATTR_ARRAY_SIZE, &count) ||
        mysql_stmt_attr_set(stmt, STMT_ATTR_CB_USER_DATA, binding) ||
        mysql_stmt_attr_set(stmt, STMT_ATTR_CB_PARAM, (const void *)(uintptr_t)bind_row) ||
        mysql_stmt_bind_param(stmt, binding->binds) || mysql_stmt_execute(stmt))
        return tl_session_stmt_error(stmt, err);
    *affected_out = mysql_stmt_affected_rows(stmt);
    return TL_OK;
}

int tl_insert_bulk(struct tl_writer *writer, const struct tl_job *job, uint32_t from, uint32_t to,
                   uint64_t *affected_out, struct tl_error *err)
{
    TL_CLEANUP(binding_done) struct binding binding = {.job = job};
    MYSQL_STMT *stmt = NULL;
    uint64_t total = 0, affected = 0;
    uint32_t end = from;
    int rc = binding_init(&binding, job, err);

    if (rc == TL_OK)
        rc = find_statement(writer, job, &stmt, err);
    while (rc == TL_OK && from < to) {
        rc = rows_that_fit(writer, job, from, to, &end, err);
        if (rc == TL_OK)
            rc = execute(stmt, &binding, from, end, &affected, err);
        total += affected;
        from = end;
    }
    if (rc == TL_OK)
        *affected_out = total;
    return rc;
}
