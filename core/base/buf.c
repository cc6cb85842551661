/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See buf.h.
 */
#include "core/base/buf.h"

#include <stdio.h>
#include <string.h>

#include "core/base/error.h"

enum { FIRST_CAP = 64 };

void tl_buf_init(struct tl_buf *buf, size_t max)
{
    buf->data = NULL;
    buf->len = 0;
    buf->cap = 0;
    buf->max = max;
}

void tl_buf_done(struct tl_buf *buf)
{
    free(buf->data);
    tl_buf_init(buf, buf->max);
}

int tl_buf_reserve(struct tl_buf *buf, size_t more)
{
    size_t need, cap;
    char *data;

    if (more > buf->max || buf->len > buf->max - more)
        return TL_ERR_NOMEM;
    need = buf->len + more;
    if (buf->data && need <= buf->cap)
        return TL_OK;
    cap = buf->cap + buf->cap / 2;
    if (cap < FIRST_CAP)
        cap = FIRST_CAP;
    if (cap < need)
        cap = need;
    if (cap > buf->max)
        cap = buf->max;
    data = realloc(buf->data, cap + 1);
    if (!data)
        return TL_ERR_NOMEM;
    if (!buf->data)
        data[0] = '\0';
    buf->data = data;
    buf->cap = cap;
    return TL_OK;
}

int tl_buf_add(struct tl_buf *buf, const void *bytes, size_t len)
{
    int rc = tl_buf_reserve(buf, len);

    if (rc != TL_OK)
        return rc;
    if (len > 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return TL_OK;
}

int tl_buf_adds(struct tl_buf *buf, const char *text)
{
    return tl_buf_add(buf, text, strlen(text));
}

int tl_buf_addf(struct tl_buf *buf, const char *fmt, ...)
{
    va_list ap;
    int len, rc;

    va_start(ap, fmt);
    len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (len < 0)
        return TL_ERR_NOMEM;
    rc = tl_buf_reserve(buf, (size_t)len);
    if (rc != TL_OK)
        return rc;
    va_start(ap, fmt);
    vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
    va_end(ap);
    buf->len += (size_t)len;
    return TL_OK;
}

void tl_buf_clear(struct tl_buf *buf)
{
    buf->len = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

const char *tl_buf_text(const struct tl_buf *buf)
{
    return buf->data ? buf->data : "";
}

char *tl_buf_steal(struct tl_buf *buf)
{
    char *data = buf->data ? buf->data : calloc(1, 1);

    buf->data = NULL;
    buf->len = 0;
    buf->cap = 0;
    return data;
}
