/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See sql_literal.h. Recognising comes first and changes nothing, because only what follows a
 * literal tells if it is the whole value or part of an expression.
 */
#include <string.h>
#include <strings.h>

#include "core/source/bytes.h"
#include "core/source/sql_literal.h"
#include "core/source/sql_lex.h"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Behind the comment at p, or NULL if there is none. */
static char *comment_end(char *p, char *end)
{
    char *found = NULL;

    if (*p == '/' && end - p >= 4 && p[1] == '*') {
        found = memmem(p + 2, (size_t)(end - p - 2), "*/", 2);
        return found ? found + 2 : NULL;
    }
    if (*p == '#' || (end - p >= 3 && p[0] == '-' && p[1] == '-' && (unsigned char)p[2] <= ' '))
        found = memchr(p, '\n', (size_t)(end - p));
    return found ? found + 1 : NULL;
}

char *tl_sql_skip(char *p, char *end)
{
    char *next;

    while (p < end) {
        if (is_space(*p)) {
            p++;
            continue;
        }
        if (*p != '/' && *p != '#' && *p != '-')
            break;
        next = comment_end(p, end);
        if (!next)
            break;
        p = next;
    }
    return p;
}

/* The next byte in a string that may mean something: quote or backslash. */
static char *next_special(const struct tl_sql_dialect *d, char *p, char *end, char quote)
{
    if (d->multibyte == TL_MB_NONE)
        return p + (tl_find2(p, end, d->readable, quote, d->escapes ? '\\' : quote) - p);
    while (p < end && *p != quote && !(d->escapes && *p == '\\'))
        p += end - p >= 2 &&
                     tl_multibyte_pair(d->multibyte, (unsigned char)p[0], (unsigned char)p[1])
                 ? 2
                 : 1;
    return p;
}

char *tl_sql_string_end(const struct tl_sql_dialect *dialect, char *p, char *end, bool *changes)
{
    char quote = *p++;

    for (;;) {
        p = next_special(dialect, p, end, quote);
        if (p >= end)
            return NULL;
        if (*p == quote && (p + 1 == end || p[1] != quote))
            return p + 1;
        *changes = true;
        p += 2;
    }
}

static bool begins_string(const struct tl_sql_dialect *d, const char *p, const char *end)
{
    return p < end && (*p == '\'' || (*p == '"' && !d->ansi_quotes));
}

/* A string, and the ones that follow it: 'a' 'b' is one value. */
static bool match_string(const struct tl_sql_dialect *d, char *p, char *end,
                         struct tl_sql_literal *literal)
{
    char *next;

    literal->content = p;
    for (;;) {
        literal->end = tl_sql_string_end(d, p, end, &literal->changes);
        if (!literal->end)
            return false;
        next = literal->end;
        if (next == end || *next == ',')
            return true;
        next = tl_sql_skip(next, end);
        if (!begins_string(d, next, end))
            return true;
        literal->changes = true;
        p = next;
    }
}

/* Behind the number at p, or NULL. */
static char *number_end(char *p, char *end)
{
    char *digits;
    bool some;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (digits = p; p < end && is_digit(*p);)
        p++;
    some = p > digits;
    if (p < end && *p == '.') {
        for (digits = ++p; p < end && is_digit(*p);)
            p++;
        some = some || p > digits;
    }
    if (some && p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '-' || *p == '+'))
            p++;
        for (digits = p; p < end && is_digit(*p);)
            p++;
        some = p > digits;
    }
    return some ? p : NULL;
}

/* Value + 1 of a hexadecimal digit, 0 for other bytes. */
static const unsigned char hex_digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};

static bool is_hex(char c)
{
    return hex_digits[(unsigned char)c] != 0;
}

static unsigned hex_value(char c)
{
    return hex_digits[(unsigned char)c] - 1U;
}

/* x'..', 0x.., b'..', 0b.. at p. */
static bool match_binary(char *p, char *end, struct tl_sql_literal *literal)
{
    bool quoted = *p != '0';
    char *digits = p + 2;

    literal->bits = (p[1] == 'b' && !quoted) || ((*p | 0x20) == 'b' && quoted);
    for (p = digits; p < end && (literal->bits ? *p == '0' || *p == '1' : is_hex(*p));)
        p++;
    literal->content = digits;
    literal->end = quoted ? p + 1 : p;
    literal->type = TL_VALUE_BINARY;
    if (!quoted)
        return p > digits;
    return p < end && *p == '\'' && (literal->bits || (p - digits) % 2 == 0);
}

/* Anything that is a value by itself; false if it is not one of these. */
static bool match_literal(const struct tl_sql_dialect *d, char *p, char *end,
                          struct tl_sql_literal *literal)
{
    switch (*p) {
    case '"':
    case '\'':
        literal->type = TL_VALUE_STRING;
        return begins_string(d, p, end) && match_string(d, p, end, literal);
    case 'N':
    case 'n':
        literal->type = TL_VALUE_NULL;
        literal->end = p + 4;
        return end - p >= 4 && strncasecmp(p, "NULL", 4) == 0;
    case '_':
        literal->type = TL_VALUE_BINARY_STRING;
        if (end - p < 9 || strncasecmp(p, "_binary", 7) != 0)
            return false;
        p = tl_sql_skip(p + 7, end);
        return begins_string(d, p, end) && match_string(d, p, end, literal);
    case 'x':
    case 'X':
    case 'b':
    case 'B':
        return end - p >= 3 && p[1] == '\'' && match_binary(p, end, literal);
    case '0':
        if (end - p >= 3 && (p[1] == 'x' || p[1] == 'b'))
            return match_binary(p, end, literal);
        break;
    default:
        break;
    }
    literal->type = TL_VALUE_NUMBER;
    literal->end = number_end(p, end);
    return literal->end != NULL;
}

/* One token of an expression: behind it, or NULL when its quotes do not match. */
static char *token_end(const struct tl_sql_dialect *d, char *p, char *end, int *depth)
{
    const struct tl_sql_dialect name = {.multibyte = d->multibyte, .readable = d->readable};
    bool changes;

    if (*p == '`' || (*p == '"' && d->ansi_quotes))
        return tl_sql_string_end(&name, p, end, &changes);
    if (*p == '\'' || *p == '"')
        return tl_sql_string_end(d, p, end, &changes);
    *depth += (*p == '(') - (*p == ')');
    return p + 1;
}

/* An expression: up to the ',' that ends it, without the space and comments in front of that. */
static bool match_other(const struct tl_sql_dialect *d, char *p, char *end,
                        struct tl_sql_literal *literal, char **p_out)
{
    int depth = 0;

    literal->type = TL_VALUE_OTHER;
    literal->end = p;
    for (;;) {
        p = tl_sql_skip(p, end);
        if (p == end || (depth == 0 && *p == ','))
            break;
        p = token_end(d, p, end, &depth);
        if (!p)
            return false;
        literal->end = p;
    }
    *p_out = p;
    return literal->end > literal->start && depth == 0;
}

bool tl_sql_match(const struct tl_sql_dialect *dialect, char *p, char *end,
                  struct tl_sql_literal *literal_out, char **p_out)
{
    char *next;

    *literal_out = (struct tl_sql_literal){.start = p};
    if (p == end)
        return false;
    if (match_literal(dialect, p, end, literal_out)) {
        next = literal_out->end;
        if (next < end && *next != ',')
            next = tl_sql_skip(next, end);
        if (next == end || *next == ',') {
            *p_out = next;
            return true;
        }
    }
    *literal_out = (struct tl_sql_literal){.start = p};
    return match_other(dialect, p, end, literal_out, p_out);
}

/* What the escape at p stands for goes to *out. */
static void put_escape(char c, char **out)
{
    /* The server keeps the backslash of these two, for LIKE. */
    if (c == '%' || c == '_')
        *(*out)++ = '\\';
    *(*out)++ = tl_sql_escape(c);
}

/* The content of the string at the quote `in` to `out` (not behind it). Returns behind the string;
 *out moves. */
static char *resolve_string(const struct tl_sql_dialect *d, char *in, char *end, char **out)
{
    char quote = *in++, *special = next_special(d, in, end, quote), *to = *out;

    memmove(to, in, (size_t)(special - in));
    to += special - in;
    for (in = special; in < end;) {
        if (*in == quote) {
            if (in + 1 == end || in[1] != quote) {
                in++;
                break;
            }
            *to++ = quote;
            in += 2;
        } else if (*in == '\\' && d->escapes) {
            put_escape(in[1], &to);
            in += 2;
        } else {
            if (d->multibyte != TL_MB_NONE && end - in >= 2 &&
                tl_multibyte_pair(d->multibyte, (unsigned char)in[0], (unsigned char)in[1]))
                *to++ = *in++;
            *to++ = *in++;
        }
    }
    *out = to;
    return in;
}

static void resolve_strings(const struct tl_sql_dialect *d, const struct tl_sql_literal *literal,
                            struct tl_value *value)
{
    char *out = literal->content + 1, *in = literal->content;

    value->data = out;
    while (in < literal->end)
        in = tl_sql_skip(resolve_string(d, in, literal->end, &out), literal->end);
    value->len = (uint32_t)(out - value->data);
}

/* Digits to bytes, from the end, because the first byte may have fewer. */
static void resolve_binary(const struct tl_sql_literal *literal, struct tl_value *value)
{
    char *digits = literal->content;
    size_t per_byte = literal->bits ? 8 : 2, shift = literal->bits ? 1 : 4, n = 0, first;

    while (digits + n < literal->end && digits[n] != '\'')
        n++;
    value->data = literal->start;
    value->len = (uint32_t)((n + per_byte - 1) / per_byte);
    first = n % per_byte ? n % per_byte : per_byte;
    for (size_t byte = 0, i = 0; byte < value->len; byte++) {
        size_t stop = first + byte * per_byte;
        unsigned bits = 0;

        for (; i < stop; i++)
            bits = bits << shift | hex_value(digits[i]);
        value->data[byte] = (char)bits;
    }
}

void tl_sql_resolve(const struct tl_sql_dialect *dialect, const struct tl_sql_literal *literal,
                    struct tl_value *value_out)
{
    value_out->type = (uint8_t)literal->type;
    switch (literal->type) {
    case TL_VALUE_STRING:
    case TL_VALUE_BINARY_STRING:
        if (literal->changes) {
            resolve_strings(dialect, literal, value_out);
            return;
        }
        value_out->data = literal->content + 1;
        value_out->len = (uint32_t)(literal->end - literal->content - 2);
        return;
    case TL_VALUE_BINARY:
        resolve_binary(literal, value_out);
        return;
    case TL_VALUE_NULL:
    case TL_VALUE_NUMBER:
    case TL_VALUE_OTHER:
        break;
    }
    value_out->data = literal->start;
    value_out->len = (uint32_t)(literal->end - literal->start);
}
