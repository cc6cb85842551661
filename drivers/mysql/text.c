/* SPDX-License-Identifier: Apache-2.0 */
/* SQL text and the stored form of names. */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INDEXED_CHARS = 500, /* of a path, by a primary key */
    DIGEST_CHARS = 32,
    HEAD_CHARS = INDEXED_CHARS - DIGEST_CHARS - 1
};

void ckmy_buf_done(struct ckmy_buf *buf)
{
    free(buf->data);
    memset(buf, 0, sizeof(*buf));
}

void ckmy_buf_clear(struct ckmy_buf *buf)
{
    buf->len = 0;
}

static bool grow(struct ckmy_buf *buf, size_t more)
{
    size_t need, capacity;
    char *data;

    if (buf->failed)
        return false;
    if (more > CKMY_BUF_MAX || buf->len > CKMY_BUF_MAX - more) {
        buf->failed = true;
        return false;
    }
    need = buf->len + more;
    if (need <= buf->capacity)
        return true;
    capacity = buf->capacity ? buf->capacity : 4096;
    while (capacity < need)
        capacity *= 2;
    data = realloc(buf->data, capacity);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void ckmy_put(struct ckmy_buf *buf, const void *data, size_t len)
{
    if (len == 0 || !grow(buf, len))
        return;
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
}

void ckmy_puts(struct ckmy_buf *buf, const char *text)
{
    ckmy_put(buf, text, strlen(text));
}

void ckmy_put_i64(struct ckmy_buf *buf, int64_t value)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%" PRId64, value);

    ckmy_put(buf, text, (size_t)len);
}

void ckmy_put_u64(struct ckmy_buf *buf, uint64_t value)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%" PRIu64, value);

    ckmy_put(buf, text, (size_t)len);
}

void ckmy_put_hex(struct ckmy_buf *buf, const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = data;
    size_t i;

    if (len > CKMY_BUF_MAX || !grow(buf, 2 * len + 3)) {
        buf->failed = true;
        return;
    }
    ckmy_puts(buf, "x'");
    for (i = 0; i < len; i++) {
        buf->data[buf->len++] = digits[bytes[i] >> 4];
        buf->data[buf->len++] = digits[bytes[i] & 15];
    }
    ckmy_puts(buf, "'");
}

void ckmy_put_identifier(struct ckmy_buf *buf, struct ckpt_str name)
{
    size_t i;

    ckmy_puts(buf, "`");
    for (i = 0; i < name.len; i++) {
        if (name.data[i] == '`')
            ckmy_puts(buf, "`");
        ckmy_put(buf, name.data + i, 1);
    }
    ckmy_puts(buf, "`");
}

static bool continues(const unsigned char *data, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if ((data[i] & 0xc0) != 0x80)
            return false;
    return true;
}

size_t ckmy_utf8_char(const unsigned char *data, size_t len)
{
    unsigned char lead;

    if (len == 0)
        return 0;
    lead = data[0];
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return len >= 2 && continues(data + 1, 1) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        if (len < 3 || !continues(data + 1, 2))
            return 0;
        if ((lead == 0xe0 && data[1] < 0xa0) || (lead == 0xed && data[1] > 0x9f))
            return 0; /* overlong, surrogate */
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (len < 4 || !continues(data + 1, 3))
            return 0;
        if ((lead == 0xf0 && data[1] < 0x90) || (lead == 0xf4 && data[1] > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

/* Bytes of the character at pos that is stored as it is, 0 if its first byte must be escaped. */
static size_t plain_char(struct ckpt_str str, size_t pos, size_t spaces_from)
{
    const unsigned char *data = (const unsigned char *)str.data + pos;
    size_t size = ckmy_utf8_char(data, str.len - pos);

    if (pos >= spaces_from)
        return 0;
    /* U+10FF00 .. U+10FFFF, the range of the escapes: F4 8F BC 80 .. F4 8F BF BF */
    if (size == 4 && data[0] == 0xf4 && data[1] == 0x8f && data[2] >= 0xbc)
        return 0;
    return size;
}

static void put_escaped_byte(struct ckmy_buf *buf, unsigned char byte)
{
    const unsigned char text[4] = {0xf4, 0x8f, (unsigned char)(0xbc | (byte >> 6)),
                                   (unsigned char)(0x80 | (byte & 0x3f))};

    ckmy_put(buf, text, sizeof(text));
}

/* Copies a plain character; the session's SQL mode has backslash escapes. */
static void put_plain_char(struct ckmy_buf *buf, const char *data, size_t size)
{
    if (*data == '\0') {
        ckmy_puts(buf, "\\0");
        return;
    }
    if (*data == '\'' || *data == '\\')
        ckmy_puts(buf, "\\");
    ckmy_put(buf, data, size);
}

static size_t trailing_spaces_from(struct ckpt_str str)
{
    size_t pos = str.len;

    while (pos > 0 && str.data[pos - 1] == ' ')
        pos--;
    return pos;
}

/* Puts characters from *pos_io on; false if one of them had to be escaped. */
static bool put_chars(struct ckmy_buf *buf, struct ckpt_str str, size_t *pos_io, size_t max_chars,
                      size_t spaces_from)
{
    bool same = true;
    size_t chars;

    for (chars = 0; *pos_io < str.len && chars < max_chars; chars++) {
        size_t size = plain_char(str, *pos_io, spaces_from);

        if (size > 0) {
            put_plain_char(buf, str.data + *pos_io, size);
            *pos_io += size;
        } else {
            put_escaped_byte(buf, (unsigned char)str.data[*pos_io]);
            *pos_io += 1;
            same = false;
        }
    }
    return same;
}

bool ckmy_put_text(struct ckmy_buf *buf, struct ckpt_str text, size_t max_chars)
{
    size_t pos = 0;
    bool same;

    ckmy_puts(buf, "'");
    same = put_chars(buf, text, &pos, max_chars, SIZE_MAX);
    ckmy_puts(buf, "'");
    return same && pos == text.len;
}

/* FNV-1a of the bytes. Nobody gains by making two paths of one import collide; and if they do, the
   statement fails (see put.c). */
static void put_digest(struct ckmy_buf *buf, struct ckpt_str name)
{
    static const uint64_t bases[2] = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4)};
    char text[17];
    size_t i, half;

    for (half = 0; half < 2; half++) {
        uint64_t digest = bases[half];

        for (i = 0; i < name.len; i++)
            digest = (digest ^ (unsigned char)name.data[half ? name.len - 1 - i : i]) *
                     UINT64_C(0x100000001b3);
        (void)snprintf(text, sizeof(text), "%016" PRIx64, digest);
        ckmy_puts(buf, text);
    }
}

size_t ckmy_key_chars(struct ckpt_str name)
{
    size_t spaces_from = trailing_spaces_from(name);
    size_t pos = 0, chars = 0;

    while (pos < name.len) {
        size_t size = plain_char(name, pos, spaces_from);

        pos += size > 0 ? size : 1;
        chars++;
    }
    return chars;
}

bool ckmy_put_key(struct ckmy_buf *buf, struct ckpt_str name)
{
    size_t spaces_from = trailing_spaces_from(name), pos = 0;
    bool is_long = name.len > INDEXED_CHARS && ckmy_key_chars(name) > INDEXED_CHARS;
    bool same;

    ckmy_puts(buf, "'");
    if (is_long) {
        (void)put_chars(buf, name, &pos, HEAD_CHARS, spaces_from);
        put_escaped_byte(buf, '#'); /* no escape of a byte: '#' is never escaped */
        put_digest(buf, name);
    }
    same = put_chars(buf, name, &pos, CKMY_KEY_CHARS - (is_long ? INDEXED_CHARS : 0), spaces_from);
    ckmy_puts(buf, "'");
    return same && !is_long;
}
