/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and texts as they are written into SQL statements. See session.h.
 */
#include "core/target/session.h"

#include <string.h>

#include "core/base/utf8.h"

static int add_doubled(struct tl_buf *sql, const char *text, size_t len, char quote)
{
    size_t begin = sql->len;
    int rc = tl_buf_add(sql, &quote, 1);

    while (rc == TL_OK && len > 0) {
        const char *found = memchr(text, quote, len);
        size_t part = found ? (size_t)(found - text) + 1 : len;

        rc = tl_buf_add(sql, text, part);
        if (rc == TL_OK && found)
            rc = tl_buf_add(sql, &quote, 1);
        text += part;
        len -= part;
    }
    if (rc == TL_OK)
        rc = tl_buf_add(sql, &quote, 1);
    if (rc != TL_OK && sql->data) {
        sql->len = begin;
        sql->data[begin] = '\0';
    }
    return rc;
}

int tl_sql_add_name(struct tl_buf *sql, const char *name)
{
    return add_doubled(sql, name, strlen(name), '`');
}

int tl_sql_add_text(struct tl_buf *sql, const char *text, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    bool utf8 = tl_utf8_valid(text, len);
    char *out;
    int rc;

    if (len == 0)
        return tl_buf_adds(sql, "''");
    if (utf8 && !memchr(text, '\\', len) && !memchr(text, '\0', len))
        return add_doubled(sql, text, len, '\'');
    rc = tl_buf_reserve(sql, 2 * len + sizeof("_utf8mb4 x''"));
    if (rc == TL_OK)
        rc = tl_buf_adds(sql, utf8 ? "_utf8mb4 x'" : "x'");
    if (rc != TL_OK)
        return rc;
    out = sql->data + sql->len;
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[(unsigned char)text[i] >> 4];
        *out++ = digits[(unsigned char)text[i] & 15];
    }
    *out = '\0';
    sql->len += 2 * len;
    return tl_buf_adds(sql, "'");
}
