/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See schema_charset.h.
 */
#include "core/target/schema_charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "core/base/utf8.h"

static bool is_any(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(text, *list) == 0)
            return true;
    return false;
}

static int cannot_guess(struct tl_error *err)
{
    tl_error_set(err, TL_ERR_DATA,
                 "cannot guess encoding for input file, please convert to UTF-8 manually");
    return tl_error_hint(err, "or say what it is: mydumper.character-set = \"gb18030\", \"latin1\" "
                              "or \"binary\"");
}

/* Appends the converted text to out. */
static int run_iconv(iconv_t converter, const struct tl_buf *text, struct tl_buf *out,
                     struct tl_error *err)
{
    char *in = text->data;
    size_t in_left = text->len;

    while (in_left > 0) {
        char piece[4096];
        char *to = piece;
        size_t to_left = sizeof(piece);
        size_t rc = iconv(converter, &in, &in_left, &to, &to_left);
        int errnum = errno;

        if (tl_buf_add(out, piece, sizeof(piece) - to_left) != TL_OK)
            return tl_error_nomem(err);
        if (rc == (size_t)-1 && errnum != E2BIG)
            return cannot_guess(err);
    }
    return TL_OK;
}

static int convert(struct tl_buf *text, const char *from, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf out;
    iconv_t converter = iconv_open("UTF-8", from);
    struct tl_buf old;
    int rc;

    tl_buf_init(&out, 4 * text->max);
    if (converter == (iconv_t)-1)
        return tl_error_errno(err, errno, "the system cannot convert from %s", from);
    rc = run_iconv(converter, text, &out, err);
    iconv_close(converter);
    if (rc != TL_OK)
        return rc;
    old = *text;
    *text = out;
    out = old;
    return TL_OK;
}

/* The file does not say what it is: neither a SET NAMES, nor one that means "bytes". */
static int decode_undeclared(struct tl_buf *text, const char *charset, bool declared_binary,
                             struct tl_error *err)
{
    if (strcmp(charset, "latin1") == 0)
        return convert(text, "CP1252", err);
    if (strcmp(charset, "gb18030") == 0)
        return convert(text, "GB18030", err);
    if (declared_binary || tl_utf8_valid(text->data, text->len))
        return TL_OK;
    return strcmp(charset, "auto") == 0 ? convert(text, "GB18030", err) : cannot_guess(err);
}

int tl_schema_decode(struct tl_buf *text, const char *charset, const char *own, bool *utf8_out,
                     struct tl_error *err)
{
    static const char *const known[] = {"auto", "utf8mb4", "gb18030", "latin1", "binary", NULL};
    static const char *const chinese[] = {"gbk", "gb2312", "gb18030", NULL};
    bool binary = strcmp(own, "binary") == 0;
    bool utf8 = strncmp(own, "utf8", 4) == 0;
    bool foreign = *own && !binary && !utf8;
    int rc = TL_OK;

    if (!is_any(charset, known))
        return tl_error_set(err, TL_ERR_USAGE, "mydumper.character-set: unknown value '%s'",
                            charset);
    /* The second byte of a Chinese character may look like a quote: such text is never cut raw. */
    if (is_any(own, chinese) && !tl_utf8_valid(text->data, text->len)) {
        rc = convert(text, "GB18030", err);
        foreign = false;
    } else if (!foreign && !utf8 && strcmp(charset, "binary") != 0) {
        rc = decode_undeclared(text, charset, binary, err);
    }
    if (rc == TL_OK)
        *utf8_out = !foreign && tl_utf8_valid(text->data, text->len);
    return rc;
}
