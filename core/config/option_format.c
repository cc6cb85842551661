/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Value to TOML text (see option_value.h).
 */
#include "core/config/option_value.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/log_line.h"

int tl_toml_add_string(struct tl_buf *out, const char *text)
{
    int rc = tl_buf_adds(out, "\"");

    while (*text && rc == TL_OK) {
        size_t len = tl_utf8_length(text);

        if (*text == '"' || *text == '\\')
            rc = tl_buf_addf(out, "\\%c", *text);
        else if (len == 1 && ((unsigned char)*text < ' ' || *text == '\x7f'))
            rc = tl_buf_addf(out, "\\u%04x", (unsigned)(unsigned char)*text);
        else if (len > 0)
            rc = tl_buf_add(out, text, len);
        else /* TOML cannot hold such a byte */
            rc = tl_buf_adds(out, "\xef\xbf\xbd");
        text += len ? len : 1;
    }
    return rc == TL_OK ? tl_buf_adds(out, "\"") : rc;
}

int tl_toml_add_strings(struct tl_buf *out, const struct tl_strings *list)
{
    int rc = tl_buf_adds(out, "[");

    for (size_t i = 0; i < list->count && rc == TL_OK; i++) {
        if (i > 0)
            rc = tl_buf_adds(out, ", ");
        if (rc == TL_OK)
            rc = tl_toml_add_string(out, list->items[i]);
    }
    return rc == TL_OK ? tl_buf_adds(out, "]") : rc;
}

static int add_size(struct tl_buf *out, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB"};
    size_t unit = 0;

    if (bytes == 0 || bytes % 1024 != 0)
        return tl_buf_addf(out, "%" PRIu64, bytes);
    for (bytes /= 1024; bytes % 1024 == 0 && unit < 2; unit++)
        bytes /= 1024;
    return tl_buf_addf(out, "\"%" PRIu64 "%s\"", bytes, units[unit]);
}

static int add_duration(struct tl_buf *out, uint64_t seconds)
{
    if (seconds > 0 && seconds % 3600 == 0)
        return tl_buf_addf(out, "\"%" PRIu64 "h\"", seconds / 3600);
    if (seconds > 0 && seconds % 60 == 0)
        return tl_buf_addf(out, "\"%" PRIu64 "m\"", seconds / 60);
    return tl_buf_addf(out, "\"%" PRIu64 "s\"", seconds);
}

static int add_word(struct tl_buf *out, const char *words, int position)
{
    for (; position > 0; position--)
        words += strcspn(words, "|") + 1;
    return tl_buf_addf(out, "\"%.*s\"", (int)strcspn(words, "|"), words);
}

bool tl_option_format(struct tl_buf *out, const struct tl_options *options,
                      const struct tl_option *row, int *rc_out)
{
    const void *field = (const char *)options + row->offset;
    const char *text;

    switch ((enum tl_option_type)row->type) {
    case TL_TYPE_STRING:
        text = *(char *const *)field;
        if (!text)
            return false;
        *rc_out = tl_toml_add_string(out, row->secret && *text ? "***" : text);
        return true;
    case TL_TYPE_STRINGS:
        *rc_out = tl_toml_add_strings(out, field);
        return true;
    case TL_TYPE_BOOL:
        *rc_out = tl_buf_adds(out, *(const bool *)field ? "true" : "false");
        return true;
    case TL_TYPE_ENUM:
        *rc_out = add_word(out, row->allowed, *(const int *)field);
        return true;
    case TL_TYPE_SIZE:
        *rc_out = add_size(out, *(const uint64_t *)field);
        return true;
    case TL_TYPE_DURATION:
        *rc_out = add_duration(out, *(const uint64_t *)field);
        return true;
    default:
        *rc_out = tl_buf_addf(out, "%" PRIu64, *(const uint64_t *)field);
        return true;
    }
}
