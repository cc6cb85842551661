/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See log_line.h. The text form quotes what upstream quotes: a value with a blank, a control
 * character, or one of \ " [ ] =.
 */
#include "core/base/log_line.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"

enum { TIME_MAX = 48, NUMBER_MAX = 40 };

static const char *const text_levels[] = {"DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
static const char *const json_levels[] = {"debug", "info", "warn", "error", "fatal"};

size_t tl_utf8_length(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (s[0] == 0 || s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}

static void format_time(char out[TIME_MAX], int64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / TL_NS_PER_SEC);
    unsigned ms = (unsigned)(wall_ns % TL_NS_PER_SEC / TL_NS_PER_MS) % 1000u;
    char date[24], zone[8];
    struct tm now;

    localtime_r(&seconds, &now);
    if (strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &now) == 0)
        date[0] = '\0';
    if (strftime(zone, sizeof(zone), "%z", &now) != 5)
        memcpy(zone, "+0000", 6);
    snprintf(out, TIME_MAX, "%s.%03u %.3s:%s", date, ms, zone, zone + 3);
}

/* The text of a field that is not a string. */
static const char *format_number(char out[NUMBER_MAX], const struct tl_field *field)
{
    if (field->kind == TL_FIELD_BOOL)
        return field->integer ? "true" : "false";
    if (field->kind == TL_FIELD_INT)
        snprintf(out, NUMBER_MAX, "%" PRId64, field->integer);
    else
        snprintf(out, NUMBER_MAX, "%.6g", field->number);
    return out;
}

static bool needs_quotes(const char *text)
{
    for (; *text; text += tl_utf8_length(text))
        if ((unsigned char)*text <= ' ' || *text == '\x7f' || strchr("\\\"[]=", *text) ||
            tl_utf8_length(text) == 0)
            return true;
    return false;
}

/* One character of a quoted value; *text moves behind it. */
static int add_escaped(struct tl_buf *out, const char **text)
{
    const char *at = *text;
    size_t len = tl_utf8_length(at);

    *text += len ? len : 1;
    switch (*at) {
    case '\n':
        return tl_buf_adds(out, "\\n");
    case '\r':
        return tl_buf_adds(out, "\\r");
    case '\t':
        return tl_buf_adds(out, "\\t");
    case '"':
    case '\\':
        return tl_buf_addf(out, "\\%c", *at);
    default:
        if (len == 0 || (unsigned char)*at < ' ' || *at == '\x7f')
            return tl_buf_addf(out, "\\x%02x", (unsigned)(unsigned char)*at);
        return tl_buf_add(out, at, len);
    }
}

static int add_value(struct tl_buf *out, const char *text)
{
    int rc;

    if (!needs_quotes(text))
        return tl_buf_adds(out, text);
    rc = tl_buf_adds(out, "\"");
    while (*text && rc == TL_OK)
        rc = add_escaped(out, &text);
    return rc == TL_OK ? tl_buf_adds(out, "\"") : rc;
}

static int add_text_field(struct tl_buf *out, const struct tl_field *field)
{
    char number[NUMBER_MAX];
    const char *value = field->kind == TL_FIELD_STR ? field->text : format_number(number, field);
    int rc = tl_buf_addf(out, " [%s=", field->key);

    if (rc == TL_OK)
        rc = add_value(out, value ? value : "");
    return rc == TL_OK ? tl_buf_adds(out, "]") : rc;
}

int tl_log_line_text(struct tl_buf *out, int64_t wall_ns, enum tl_log_level level,
                     const char *message, const struct tl_field *fields)
{
    char now[TIME_MAX];
    int rc;

    format_time(now, wall_ns);
    rc = tl_buf_addf(out, "[%s] [%s] [", now, text_levels[level]);
    if (rc == TL_OK)
        rc = add_value(out, message);
    if (rc == TL_OK)
        rc = tl_buf_adds(out, "]");
    for (; fields->kind != TL_FIELD_END && rc == TL_OK; fields++)
        rc = add_text_field(out, fields);
    return rc == TL_OK ? tl_buf_adds(out, "\n") : rc;
}

/* JSON text must be UTF-8, so other bytes become U+FFFD. */
static bool add_json_string(cJSON *object, const char *key, const char *text)
{
    TL_CLEANUP_BUF struct tl_buf clean;

    tl_buf_init(&clean, TL_LOG_LINE_MAX);
    while (*text) {
        size_t len = tl_utf8_length(text);
        int rc = len ? tl_buf_add(&clean, text, len) : tl_buf_adds(&clean, "\xef\xbf\xbd");

        if (rc != TL_OK)
            return false;
        text += len ? len : 1;
    }
    return cJSON_AddStringToObject(object, key, tl_buf_text(&clean)) != NULL;
}

static bool add_json_field(cJSON *object, const struct tl_field *field)
{
    char number[NUMBER_MAX];

    if (field->kind == TL_FIELD_STR)
        return add_json_string(object, field->key, field->text ? field->text : "");
    if (field->kind == TL_FIELD_DBL) /* not a number and infinity become null */
        return cJSON_AddNumberToObject(object, field->key, field->number) != NULL;
    return cJSON_AddRawToObject(object, field->key, format_number(number, field)) != NULL;
}

static bool fill_json(cJSON *object, const char *now, enum tl_log_level level, const char *message,
                      const struct tl_field *fields)
{
    if (!object || !cJSON_AddStringToObject(object, "time", now) ||
        !cJSON_AddStringToObject(object, "level", json_levels[level]) ||
        !add_json_string(object, "message", message))
        return false;
    for (; fields->kind != TL_FIELD_END; fields++)
        if (!add_json_field(object, fields))
            return false;
    return true;
}

int tl_log_line_json(struct tl_buf *out, int64_t wall_ns, enum tl_log_level level,
                     const char *message, const struct tl_field *fields)
{
    cJSON *object = cJSON_CreateObject();
    char *text = NULL;
    char now[TIME_MAX];
    int rc = TL_ERR_NOMEM;

    format_time(now, wall_ns);
    if (fill_json(object, now, level, message, fields))
        text = cJSON_PrintUnformatted(object);
    if (text)
        rc = tl_buf_addf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(object);
    return rc;
}
