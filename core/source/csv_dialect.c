/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See csv_dialect.h.
 */
#include "core/source/csv_dialect.h"

#include "core/source/bytes.h"
#include "core/source/sql_lex.h"

/* An empty list means that an empty field is NULL, as upstream has it. */
static char empty[] = "";
static char *empty_items[] = {empty};
static const struct tl_strings null_if_empty = {.items = empty_items, .count = 1};

static int encode(struct tl_csv_dialect *dialect, const char *text, struct tl_buf *out,
                  struct tl_error *err)
{
    tl_buf_init(out, 1024);
    if (!text || !*text)
        return TL_OK;
    if (dialect->converter)
        return tl_converter_encode(dialect->converter, text, strlen(text), out, err);
    return tl_buf_adds(out, text) == TL_OK ? TL_OK : tl_error_nomem(err);
}

static bool has_byte(const struct tl_buf *text, int c)
{
    return c >= 0 && text->len > 0 && memchr(text->data, c, text->len);
}

/* True if the row's end can be found by single bytes: no mark contains a byte of another kind. */
static bool is_simple(const struct tl_csv_dialect *d)
{
    int quote = d->quote.len > 0 ? (unsigned char)d->quote.data[0] : -1;
    int ends[2] = {'\r', '\n'};

    if (d->terminator.len > 0)
        ends[0] = ends[1] = (unsigned char)d->terminator.data[0];
    return d->multibyte == TL_MB_NONE && d->quote.len <= 1 && !has_byte(&d->separator, quote) &&
           !has_byte(&d->separator, d->escape) && !has_byte(&d->terminator, quote) &&
           !has_byte(&d->terminator, d->escape) && !has_byte(&d->separator, ends[0]) &&
           !has_byte(&d->separator, ends[1]);
}

static uint64_t length_bit(size_t len)
{
    return UINT64_C(1) << (len < 63 ? len : 63);
}

static void find_nulls(struct tl_csv_dialect *d, const struct tl_csv_options *csv)
{
    d->nulls = csv->null_values.count > 0 ? &csv->null_values : &null_if_empty;
    for (size_t i = 0; i < d->nulls->count && !csv->not_null; i++) {
        const char *item = d->nulls->items[i];

        d->null_lengths |= length_bit(strlen(item));
        if (d->escape >= 0 && (unsigned char)item[0] == d->escape && strcmp(item + 1, "N") == 0)
            d->escape_n_is_null = true;
    }
}

static void find_stops(struct tl_csv_dialect *d)
{
    d->field_stop[(unsigned char)d->separator.data[0]] = true;
    if (d->quote.len > 0)
        d->field_stop[(unsigned char)d->quote.data[0]] = true;
    if (d->escape >= 0)
        d->field_stop[d->escape] = true;
    for (int c = 0x81; c <= 0xFF && d->multibyte != TL_MB_NONE; c++)
        d->field_stop[c] = true;
}

int tl_csv_dialect_init(struct tl_csv_dialect *dialect, const struct tl_reader_settings *settings,
                        struct tl_error *err)
{
    const struct tl_csv_options *csv = settings->csv;

    memset(dialect, 0, sizeof(*dialect));
    if (tl_converter_open(&dialect->converter, settings->data_character_set,
                          settings->invalid_char_replace, err) != TL_OK ||
        encode(dialect, csv->separator, &dialect->separator, err) != TL_OK ||
        encode(dialect, csv->delimiter, &dialect->quote, err) != TL_OK ||
        encode(dialect, csv->terminator, &dialect->terminator, err) != TL_OK)
        return err->code;
    if (dialect->separator.len == 0)
        return tl_error_set(err, TL_ERR_USAGE, "mydumper.csv.separator must not be empty");
    if (dialect->converter)
        dialect->multibyte = tl_multibyte_of(settings->data_character_set);
    dialect->escape = csv->escaped_by && *csv->escaped_by ? (unsigned char)*csv->escaped_by : -1;
    dialect->trim_last = csv->trim_last_separator;
    find_nulls(dialect, csv);
    find_stops(dialect);
    dialect->simple = is_simple(dialect);
    return TL_OK;
}

void tl_csv_dialect_done(struct tl_csv_dialect *dialect)
{
    tl_buf_done(&dialect->separator);
    tl_buf_done(&dialect->quote);
    tl_buf_done(&dialect->terminator);
    tl_converter_close(dialect->converter);
    dialect->converter = NULL;
}

const char *tl_csv_message(enum tl_csv_split result)
{
    switch (result) {
    case TL_CSV_UNTERMINATED:
        return "syntax error: unterminated quoted field";
    case TL_CSV_DANGLING:
        return "syntax error: no character after backslash";
    case TL_CSV_CONSECUTIVE:
        return "syntax error: cannot have consecutive fields without separator";
    case TL_CSV_FIELD:
    case TL_CSV_LAST:
        break;
    }
    return "no error";
}

/* Over an escape and what it escapes; false if nothing follows. */
static bool skip_escape(const struct tl_csv_dialect *d, char **p, const char *end)
{
    if (end - *p < 2)
        return false;
    (*p)++;
    *p += tl_csv_step(d, *p, end);
    return true;
}

/* Behind the opening quote to behind the closing one. */
static enum tl_csv_split split_quoted(const struct tl_csv_dialect *d, char **p, char *end,
                                      struct tl_csv_field *field)
{
    char *opening = *p - d->quote.len;
    char quote = d->quote.data[0];
    char escape = d->escape >= 0 ? (char)d->escape : quote;

    field->start = *p;
    while (*p < end) {
        if (d->multibyte == TL_MB_NONE)
            *p += tl_find2(*p, end, end, quote, escape) - *p;
        if (*p == end)
            break;
        if (tl_csv_at(*p, end, &d->quote)) {
            field->len = (size_t)(*p - field->start);
            *p += d->quote.len;
            if (*p == end || !tl_csv_at(*p, end, &d->quote))
                return TL_CSV_LAST;
            field->doubled = true;
            *p += d->quote.len;
        } else if (d->escape >= 0 && **p == escape) {
            field->escaped = true;
            if (!skip_escape(d, p, end))
                return TL_CSV_DANGLING;
        } else {
            *p += tl_csv_step(d, *p, end);
        }
    }
    *p = opening;
    return TL_CSV_UNTERMINATED;
}

static enum tl_csv_split split_plain(const struct tl_csv_dialect *d, char **p, char *end,
                                     struct tl_csv_field *field)
{
    field->start = *p;
    for (;;) {
        while (*p < end && !d->field_stop[(unsigned char)**p])
            (*p)++;
        field->len = (size_t)(*p - field->start);
        if (*p == end)
            return TL_CSV_LAST;
        if (tl_csv_at(*p, end, &d->separator)) {
            *p += d->separator.len;
            return TL_CSV_FIELD;
        }
        if (tl_csv_at(*p, end, &d->quote))
            return TL_CSV_CONSECUTIVE;
        if (d->escape >= 0 && (unsigned char)**p == d->escape) {
            field->escaped = true;
            if (!skip_escape(d, p, end))
                return TL_CSV_DANGLING;
        } else {
            *p += tl_csv_step(d, *p, end);
        }
    }
}

enum tl_csv_split tl_csv_split(const struct tl_csv_dialect *dialect, char **p, char *end,
                               struct tl_csv_field *field_out)
{
    enum tl_csv_split result;

    *field_out = (struct tl_csv_field){0};
    if (*p == end || tl_csv_at(*p, end, &dialect->separator) ||
        !tl_csv_at(*p, end, &dialect->quote))
        return split_plain(dialect, p, end, field_out);
    *p += dialect->quote.len;
    result = split_quoted(dialect, p, end, field_out);
    if (result != TL_CSV_LAST || *p == end)
        return result;
    if (!tl_csv_at(*p, end, &dialect->separator))
        return TL_CSV_CONSECUTIVE;
    *p += dialect->separator.len;
    return TL_CSV_FIELD;
}

/* Doubled quotes become one; escapes stay. Bytes behind an escape are never a quote. */
static void undouble(const struct tl_csv_dialect *d, struct tl_csv_field *field)
{
    char *in = field->start, *end = in + field->len, *out = in;
    size_t n;

    while (in < end) {
        n = tl_csv_step(d, in, end);
        if (d->escape >= 0 && (unsigned char)*in == d->escape && end - in >= 2) {
            n = 1 + tl_csv_step(d, in + 1, end);
        } else if (tl_csv_at(in, end, &d->quote)) {
            n = d->quote.len;
            memmove(out, in, n);
            out += n;
            in += 2 * n;
            continue;
        }
        memmove(out, in, n);
        out += n;
        in += n;
    }
    field->len = (size_t)(out - field->start);
}

static void unescape(const struct tl_csv_dialect *d, struct tl_csv_field *field)
{
    char *in = field->start, *end = in + field->len, *out = in, *next;

    while ((next = memchr(in, d->escape, (size_t)(end - in))) != NULL && next + 1 < end) {
        memmove(out, in, (size_t)(next - in));
        out += next - in;
        *out++ = tl_sql_escape(next[1]);
        in = next + 2;
    }
    memmove(out, in, (size_t)(end - in));
    field->len = (size_t)(out + (end - in) - field->start);
}

/* As upstream: \N itself is NULL; \\N, which reads \N after unescaping, is text. */
static bool is_null(const struct tl_csv_dialect *d, const struct tl_csv_field *field)
{
    if (!(d->null_lengths & length_bit(field->len)))
        return false;
    if (d->escape_n_is_null && field->escaped && field->len == 2 &&
        (unsigned char)field->start[0] == d->escape && field->start[1] == 'N')
        return false;
    for (size_t i = 0; i < d->nulls->count; i++)
        if (strlen(d->nulls->items[i]) == field->len &&
            memcmp(d->nulls->items[i], field->start, field->len) == 0)
            return true;
    return false;
}

int tl_csv_value(const struct tl_csv_dialect *dialect, struct tl_csv_field *field,
                 struct tl_buf *scratch, bool *null_out, uint64_t *replaced_out,
                 struct tl_error *err)
{
    *replaced_out = 0;
    if (field->doubled)
        undouble(dialect, field);
    if (dialect->converter && field->len > 0) {
        tl_buf_clear(scratch);
        if (tl_converter_decode(dialect->converter, field->start, field->len, scratch, replaced_out,
                                err) != TL_OK)
            return err->code;
        field->start = scratch->data;
        field->len = scratch->len;
    }
    *null_out = dialect->escape_n_is_null && field->len == 2 &&
                (unsigned char)field->start[0] == dialect->escape && field->start[1] == 'N';
    if (*null_out)
        return TL_OK;
    if (field->escaped)
        unescape(dialect, field);
    *null_out = is_null(dialect, field);
    return TL_OK;
}
