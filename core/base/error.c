/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formatting of struct tl_error. See error.h.
 */
#include "core/base/error.h"

#include <stdio.h>
#include <string.h>

static void flatten(char *text)
{
    for (; *text; text++)
        if (*text == '\n' || *text == '\r')
            *text = ' ';
}

void tl_error_init(struct tl_error *err)
{
    err->code = TL_OK;
    err->native = 0;
    err->retryable = false;
    err->sqlstate[0] = '\0';
    err->line = 0;
    err->offset = -1;
    err->message[0] = '\0';
    err->hint[0] = '\0';
}

int tl_error_set(struct tl_error *err, int code, const char *fmt, ...)
{
    va_list ap;

    tl_error_init(err);
    err->code = code;
    va_start(ap, fmt);
    vsnprintf(err->message, sizeof(err->message), fmt, ap);
    va_end(ap);
    flatten(err->message);
    return code;
}

int tl_error_errno(struct tl_error *err, int errnum, const char *fmt, ...)
{
    va_list ap;
    size_t used;
    char text[128];

    tl_error_init(err);
    err->code = TL_ERR_IO;
    err->native = errnum;
    va_start(ap, fmt);
    vsnprintf(err->message, sizeof(err->message), fmt, ap);
    va_end(ap);
    used = strlen(err->message);
    snprintf(err->message + used, sizeof(err->message) - used, ": %s",
             strerror_r(errnum, text, sizeof(text)));
    flatten(err->message);
    return err->code;
}

int tl_error_hint(struct tl_error *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
    va_end(ap);
    flatten(err->hint);
    return err->code;
}

int tl_error_context(struct tl_error *err, const char *fmt, ...)
{
    char before[sizeof(err->message) / 2];
    va_list ap;
    size_t len, kept;

    va_start(ap, fmt);
    vsnprintf(before, sizeof(before) - 2, fmt, ap);
    va_end(ap);
    len = strlen(before);
    memcpy(before + len, ": ", 2);
    len += 2;
    kept = strnlen(err->message, sizeof(err->message) - 1 - len);
    memmove(err->message + len, err->message, kept);
    memcpy(err->message, before, len);
    err->message[len + kept] = '\0';
    flatten(err->message);
    return err->code;
}

static void join(char *text, size_t size, const char *other)
{
    size_t used = strlen(text);

    if (*other)
        snprintf(text + used, size - used, "%s%s", used ? "; " : "", other);
}

int tl_error_join(struct tl_error *err, const struct tl_error *other)
{
    join(err->message, sizeof(err->message), other->message);
    join(err->hint, sizeof(err->hint), other->hint);
    return err->code;
}

int tl_error_locate(struct tl_error *err, uint64_t line, uint64_t offset)
{
    err->line = (int64_t)line;
    err->offset = (int64_t)offset;
    return err->code;
}

int tl_error_nomem(struct tl_error *err)
{
    return tl_error_set(err, TL_ERR_NOMEM, "out of memory");
}
