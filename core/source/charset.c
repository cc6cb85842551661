/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See charset.h. GBK and GB 18030 are converted by iconv; latin1 by a table, because MySQL's latin1
 * is Windows-1252 with its five holes filled, which no iconv has.
 */
#include "core/source/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct tl_converter {
    const char *name; /* static */
    const char *replace;
    size_t replace_len;
    bool latin1;
    bool euro_at_80; /* a lone 0x80 is the euro sign, as in Windows' code page 936 */
    iconv_t to_utf8;
    iconv_t from_utf8;
};

/* Unicode of the bytes 0x80 to 0x9F. */
static const uint16_t latin1_high[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

static bool name_is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcasecmp(name, *names) == 0)
            return true;
    return false;
}

enum tl_multibyte tl_multibyte_of(const char *charset)
{
    static const char *const gbk[] = {"gbk", "gb18030", NULL};
    static const char *const sjis[] = {"sjis", "cp932", NULL};

    if (name_is_one_of(charset, gbk))
        return TL_MB_GBK;
    if (strcasecmp(charset, "big5") == 0)
        return TL_MB_BIG5;
    return name_is_one_of(charset, sjis) ? TL_MB_SJIS : TL_MB_NONE;
}

static int open_iconv(struct tl_converter *converter, struct tl_error *err)
{
    converter->to_utf8 = iconv_open("UTF-8", converter->name);
    converter->from_utf8 = iconv_open(converter->name, "UTF-8");
    if (converter->to_utf8 != (iconv_t)-1 && converter->from_utf8 != (iconv_t)-1)
        return TL_OK;
    tl_error_set(err, TL_ERR, "this system cannot convert from character set %s", converter->name);
    return tl_error_hint(err, "install the C library's gconv modules, or convert the file to UTF-8 "
                              "and set mydumper.data-character-set = \"utf8mb4\"");
}

int tl_converter_open(struct tl_converter **converter_out, const char *charset, const char *replace,
                      struct tl_error *err)
{
    static const char *const as_it_is[] = {"",        "binary", "utf8", "utf8mb3",
                                           "utf8mb4", "ascii",  NULL};
    TL_CLEANUP(tl_converter_close_p) struct tl_converter *converter = NULL;

    if (!charset || name_is_one_of(charset, as_it_is)) {
        *converter_out = NULL;
        return TL_OK;
    }
    converter = calloc(1, sizeof(*converter));
    if (!converter)
        return tl_error_nomem(err);
    converter->to_utf8 = converter->from_utf8 = (iconv_t)-1;
    converter->replace = replace ? replace : "\xEF\xBF\xBD";
    converter->replace_len = strlen(converter->replace);
    converter->latin1 = strcasecmp(charset, "latin1") == 0;
    converter->euro_at_80 = strcasecmp(charset, "gbk") == 0;
    converter->name = converter->latin1 ? "latin1" : converter->euro_at_80 ? "GBK" : "GB18030";
    if (!converter->latin1 && !converter->euro_at_80 && strcasecmp(charset, "gb18030") != 0) {
        tl_error_set(err, TL_ERR_USAGE, "unknown mydumper.data-character-set '%s'", charset);
        return tl_error_hint(err, "choose one of binary, utf8mb4, gb18030, gbk, latin1, ascii");
    }
    if (!converter->latin1 && open_iconv(converter, err) != TL_OK)
        return err->code;
    *converter_out = converter;
    converter = NULL;
    return TL_OK;
}

void tl_converter_close(struct tl_converter *converter)
{
    if (!converter)
        return;
    if (converter->to_utf8 != (iconv_t)-1)
        iconv_close(converter->to_utf8);
    if (converter->from_utf8 != (iconv_t)-1)
        iconv_close(converter->from_utf8);
    free(converter);
}

/* Unicode up to 0xFFFF as UTF-8; returns the length. */
static size_t put_utf8(char *to, unsigned code)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xC0 | code >> 6);
        to[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    to[0] = (char)(0xE0 | code >> 12);
    to[1] = (char)(0x80 | (code >> 6 & 0x3F));
    to[2] = (char)(0x80 | (code & 0x3F));
    return 3;
}

static int decode_latin1(const char *text, size_t len, struct tl_buf *out, struct tl_error *err)
{
    if (len > SIZE_MAX / 3 || tl_buf_reserve(out, 3 * len) != TL_OK)
        return tl_error_nomem(err);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        out->len +=
            put_utf8(out->data + out->len, c >= 0x80 && c < 0xA0 ? latin1_high[c - 0x80] : c);
    }
    out->data[out->len] = '\0';
    return TL_OK;
}

static int encode_latin1(const char *text, size_t len, struct tl_buf *out, struct tl_error *err)
{
    for (size_t i = 0; i < len;) {
        unsigned c = 0;
        char utf8[3];
        size_t n = 0;

        for (; c < 0x100; c++) {
            n = put_utf8(utf8, c >= 0x80 && c < 0xA0 ? latin1_high[c - 0x80] : c);
            if (n <= len - i && memcmp(utf8, text + i, n) == 0)
                break;
        }
        if (c == 0x100)
            return tl_error_set(err, TL_ERR_USAGE, "'%.*s' has a character that latin1 has not",
                                (int)len, text);
        if (tl_buf_add(out, &(char){(char)c}, 1) != TL_OK)
            return tl_error_nomem(err);
        i += n;
    }
    return TL_OK;
}

/* One step of iconv into out, which has room. Returns iconv's errno, 0 when all is converted. */
static int convert(iconv_t cd, char **in, size_t *left, struct tl_buf *out)
{
    char *to = out->data + out->len;
    size_t room = out->cap - out->len;
    int rc = iconv(cd, in, left, &to, &room) == (size_t)-1 ? errno : 0;

    out->len = (size_t)(to - out->data);
    *to = '\0';
    return rc;
}

/* Puts the replacement for the byte at *in. */
static int replace_byte(const struct tl_converter *converter, char **in, size_t *left,
                        struct tl_buf *out, uint64_t *replaced)
{
    bool euro = converter->euro_at_80 && (unsigned char)**in == 0x80;
    const char *text = euro ? "\xE2\x82\xAC" : converter->replace;
    size_t len = euro ? 3 : converter->replace_len;

    *replaced += !euro;
    (*in)++;
    (*left)--;
    return tl_buf_add(out, text, len);
}

int tl_converter_decode(struct tl_converter *converter, const char *text, size_t len,
                        struct tl_buf *out, uint64_t *replaced_out, struct tl_error *err)
{
    char *in = (char *)(uintptr_t)text; /* iconv's parameter is not const, but it does not write */
    size_t left = len;
    uint64_t replaced = 0;
    int rc = TL_OK;

    if (converter->latin1) {
        *replaced_out = 0;
        return decode_latin1(text, len, out, err);
    }
    iconv(converter->to_utf8, NULL, NULL, NULL, NULL);
    while (left > 0 && rc == TL_OK) {
        rc = tl_buf_reserve(out, left + left / 2 + 8);
        if (rc != TL_OK)
            break;
        switch (convert(converter->to_utf8, &in, &left, out)) {
        case EILSEQ:
        case EINVAL:
            rc = replace_byte(converter, &in, &left, out, &replaced);
            break;
        default: /* done, or E2BIG: round again with more room */
            break;
        }
    }
    if (rc != TL_OK)
        return tl_error_nomem(err);
    *replaced_out = replaced;
    return TL_OK;
}

int tl_converter_encode(struct tl_converter *converter, const char *text, size_t len,
                        struct tl_buf *out, struct tl_error *err)
{
    char *in = (char *)(uintptr_t)text;
    size_t left = len;

    if (converter->latin1)
        return encode_latin1(text, len, out, err);
    iconv(converter->from_utf8, NULL, NULL, NULL, NULL);
    if (tl_buf_reserve(out, 4 * len + 8) != TL_OK)
        return tl_error_nomem(err);
    if (convert(converter->from_utf8, &in, &left, out) != 0)
        return tl_error_set(err, TL_ERR_USAGE, "'%.*s' has a character that %s has not", (int)len,
                            text, converter->name);
    return TL_OK;
}
