/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to value (see option_value.h); the way back is option_format.c.
 */
#include "core/config/option_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/secret.h"
#include "core/config/string_list.h"

_Static_assert(sizeof(enum tl_keep) == sizeof(int), "enums are stored through an int");
_Static_assert(sizeof(enum tl_conflict) == sizeof(int), "enums are stored through an int");
_Static_assert(sizeof(enum tl_level_switch) == sizeof(int), "enums are stored through an int");

/* One checked text. */
struct value {
    uint64_t number;  /* BOOL, INT (as two's complement), UINT, SIZE, DURATION, ENUM (position) */
    double real;      /* FLOAT */
    const char *text; /* STRING: as given, or the word of the allow-list; not NUL-terminated */
    size_t len;
};

/* Finds text (len bytes) among the words of "a|b|c", without case; its position or -1. */
static int find_word(const char *words, const char *text, size_t len, struct value *out)
{
    int position = 0;

    for (;; position++) {
        size_t word_len = strcspn(words, "|");

        if (word_len == len && strncasecmp(words, text, len) == 0) {
            out->text = words;
            out->len = word_len;
            return position;
        }
        if (!words[word_len])
            return -1;
        words += word_len + 1;
    }
}

/* Follows "written=meant|..." once: *text and *len become the meaning if text is written there. */
static void follow_alias(const char *aliases, const char **text, size_t *len)
{
    while (aliases) {
        size_t whole = strcspn(aliases, "|");
        size_t written = strcspn(aliases, "=");

        if (written == *len && strncasecmp(aliases, *text, written) == 0) {
            *text = aliases + written + 1;
            *len = whole - written - 1;
            return;
        }
        aliases = aliases[whole] ? aliases + whole + 1 : NULL;
    }
}

/* "one of error, replace, ignore" */
static void list_words(char *out, size_t size, const char *words)
{
    size_t used = (size_t)snprintf(out, size, "one of ");

    for (bool first = true; used < size; first = false) {
        size_t len = strcspn(words, "|");

        used += (size_t)snprintf(out + used, size - used, "%s%.*s", first ? "" : ", ",
                                 len ? (int)len : 2, len ? words : "''");
        if (!words[len])
            break;
        words += len + 1;
    }
}

static int refuse_word(const struct tl_option *row, const char *text, const char *subject,
                       struct tl_error *err)
{
    char words[256];

    list_words(words, sizeof(words), row->allowed);
    if (row->secret)
        return tl_error_set(err, TL_ERR_USAGE, "%s must be %s", subject, words);
    return tl_error_set(err, TL_ERR_USAGE, "%s must be %s, not '%s'", subject, words, text);
}

static int parse_word(struct value *out, const struct tl_option *row, const char *text,
                      const char *subject, struct tl_error *err)
{
    const char *word = text;
    size_t len = strlen(text);
    int position;

    out->text = text;
    out->len = len;
    if (!row->allowed)
        return TL_OK;
    follow_alias(row->aliases, &word, &len);
    position = find_word(row->allowed, word, len, out);
    if (position < 0)
        return refuse_word(row, text, subject, err);
    out->number = (uint64_t)position;
    return TL_OK;
}

static int parse_bool(struct value *out, const char *text, const char *subject,
                      struct tl_error *err)
{
    static const char *const words[] = {"false", "true", "0",     "1",    "f",     "t",
                                        "F",     "T",    "FALSE", "TRUE", "False", "True"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], text) == 0) {
            out->number = i % 2;
            return TL_OK;
        }
    }
    return tl_error_set(err, TL_ERR_USAGE, "%s must be true or false, not '%s'", subject, text);
}

static bool parse_integer(struct value *out, const char *text, bool is_signed)
{
    const char *digits = text + (is_signed && *text == '-');
    char *end = NULL;

    if (!isdigit((unsigned char)*digits))
        return false;
    errno = 0;
    if (is_signed)
        out->number = (uint64_t)strtoll(text, &end, 10);
    else
        out->number = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool parse_float(struct value *out, const char *text)
{
    char *end = NULL;

    out->real = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(out->real);
}

static int parse_number(struct value *out, const struct tl_option *row, const char *text,
                        const char *subject, struct tl_error *err)
{
    const char *wanted = "a whole number";
    bool good = false;

    switch ((enum tl_option_type)row->type) {
    case TL_TYPE_SIZE:
        good = tl_parse_size(text, &out->number);
        wanted = "a size such as 65536 or \"64KiB\"";
        break;
    case TL_TYPE_DURATION:
        good = tl_parse_duration(text, &out->number);
        wanted = "a duration such as \"5m\" or \"1h30m\"";
        break;
    case TL_TYPE_FLOAT:
        good = parse_float(out, text);
        wanted = "a number";
        break;
    default:
        good = parse_integer(out, text, row->type == TL_TYPE_INT);
        break;
    }
    if (!good)
        return tl_error_set(err, TL_ERR_USAGE, "%s must be %s, not '%s'", subject, wanted, text);
    if (row->max > 0 && (out->number < row->min || out->number > row->max))
        return tl_error_set(err, TL_ERR_USAGE,
                            "%s must be between %" PRIu64 " and %" PRIu64 ", not '%s'", subject,
                            row->min, row->max, text);
    return TL_OK;
}

static int parse(struct value *out, const struct tl_option *row, const char *text,
                 const char *subject, struct tl_error *err)
{
    memset(out, 0, sizeof(*out));
    switch ((enum tl_option_type)row->type) {
    case TL_TYPE_BOOL:
        return parse_bool(out, text, subject, err);
    case TL_TYPE_STRING:
    case TL_TYPE_STRINGS:
    case TL_TYPE_ENUM:
        return parse_word(out, row, text, subject, err);
    default:
        return parse_number(out, row, text, subject, err);
    }
}

static int store_string(char **field, const struct value *value, struct tl_error *err)
{
    char *copy = strndup(value->text, value->len);

    if (!copy)
        return tl_error_nomem(err);
    tl_secret_free(*field);
    *field = copy;
    return TL_OK;
}

static int store_list(struct tl_strings *field, const struct tl_strings *values,
                      struct tl_error *err)
{
    struct tl_strings copy = {0};

    for (size_t i = 0; i < values->count; i++) {
        if (tl_strings_add(&copy, values->items[i], strlen(values->items[i]), err) != TL_OK) {
            tl_strings_done(&copy);
            return err->code;
        }
    }
    tl_strings_done(field);
    *field = copy;
    return TL_OK;
}

int tl_option_store(struct tl_options *options, const struct tl_option *row,
                    const struct tl_strings *values, const char *subject, struct tl_error *err)
{
    void *field = (char *)options + (row->offset == TL_NO_FIELD ? 0 : row->offset);
    struct value value;
    int rc = TL_OK;

    if (row->type == TL_TYPE_STRINGS)
        return row->offset == TL_NO_FIELD ? TL_OK : store_list(field, values, err);
    if (values->count != 1)
        return tl_error_set(err, TL_ERR_USAGE, "%s must be one value", subject);
    rc = parse(&value, row, values->items[0], subject, err);
    if (rc != TL_OK || row->offset == TL_NO_FIELD)
        return rc;
    switch ((enum tl_option_type)row->type) {
    case TL_TYPE_STRING:
        return store_string(field, &value, err);
    case TL_TYPE_BOOL:
        *(bool *)field = value.number != 0;
        return TL_OK;
    case TL_TYPE_ENUM:
        *(int *)field = (int)value.number;
        return TL_OK;
    default:
        *(uint64_t *)field = value.number;
        return TL_OK;
    }
}

int tl_option_store_default(struct tl_options *options, const struct tl_option *row,
                            struct tl_error *err)
{
    struct tl_strings values = {0};
    char name[TL_OPTION_NAME_MAX];
    const char *text = row->initial;
    int rc = TL_OK;

    if (!text || row->offset == TL_NO_FIELD)
        return TL_OK;
    do {
        size_t len = row->type == TL_TYPE_STRINGS ? strcspn(text, "\n") : strlen(text);

        rc = tl_strings_add(&values, text, len, err);
        text += len + (text[len] == '\n');
    } while (rc == TL_OK && *text);
    if (rc == TL_OK)
        rc = tl_option_store(options, row, &values, tl_option_name(name, row), err);
    tl_strings_done(&values);
    return rc;
}

bool tl_option_is_default(const struct tl_option *row, const char *text)
{
    struct value given, usual;
    struct tl_error ignored;

    tl_error_init(&ignored);
    if (!row->initial || parse(&given, row, text, "", &ignored) != TL_OK ||
        parse(&usual, row, row->initial, "", &ignored) != TL_OK)
        return false;
    if (given.number != usual.number || given.real < usual.real || given.real > usual.real)
        return false;
    return given.len == usual.len &&
           (given.len == 0 || memcmp(given.text, usual.text, given.len) == 0);
}
