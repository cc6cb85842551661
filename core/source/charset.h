/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Character sets as far as a loader must know them: which ones have second bytes that look like
 * ASCII ('\\' within a character is no escape), and conversion of CSV data to UTF-8. SQL dumps are
 * never converted: the server does that, told by SET NAMES.
 */
#ifndef TL_SOURCE_CHARSET_H
#define TL_SOURCE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/error.h"

/* Character sets whose characters may end in an ASCII byte. */
enum tl_multibyte { TL_MB_NONE, TL_MB_GBK, TL_MB_BIG5, TL_MB_SJIS };

/* By MySQL's name, any case: gbk and gb18030, big5, sjis and cp932; all others are TL_MB_NONE. */
enum tl_multibyte tl_multibyte_of(const char *charset);

/* True if the two bytes are one character (or the first half of a four-byte one). */
static inline bool tl_multibyte_pair(enum tl_multibyte kind, unsigned char a, unsigned char b)
{
    if (a < 0x81 || b < 0x40 || b == 0x7F || b == 0xFF)
        return false;
    switch (kind) {
    case TL_MB_GBK:
        return a != 0xFF;
    case TL_MB_BIG5:
        return a >= 0xA1 && a <= 0xF9 && (b <= 0x7E || b >= 0xA1);
    case TL_MB_SJIS:
        return (a <= 0x9F || (a >= 0xE0 && a <= 0xFC)) && b <= 0xFC;
    case TL_MB_NONE:
        break;
    }
    return false;
}

/* Converts between one character set and UTF-8. One thread at a time. */
struct tl_converter;

/* For mydumper.data-character-set. *converter_out = NULL when the bytes are taken as they are
   (binary, utf8, utf8mb4, ascii, ""). `replace` stands for bytes that are no character; borrowed.
   TL_ERR_USAGE for an unknown name, TL_ERR when the system cannot convert from it. */
int tl_converter_open(struct tl_converter **converter_out, const char *charset, const char *replace,
                      struct tl_error *err) TL_WARN_UNUSED;
void tl_converter_close(struct tl_converter *converter); /* accepts NULL */

/* Appends the text as UTF-8 to out; *replaced_out counts the places where `replace` was put. */
int tl_converter_decode(struct tl_converter *converter, const char *text, size_t len,
                        struct tl_buf *out, uint64_t *replaced_out,
                        struct tl_error *err) TL_WARN_UNUSED;

/* Appends UTF-8 text in the converter's character set to out (separators of a CSV file).
   TL_ERR_USAGE when it has no such character. */
int tl_converter_encode(struct tl_converter *converter, const char *text, size_t len,
                        struct tl_buf *out, struct tl_error *err) TL_WARN_UNUSED;

TL_DEFINE_CLEANUP(struct tl_converter *, tl_converter_close)

#endif
