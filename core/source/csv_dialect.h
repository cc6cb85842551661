/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a CSV file is written, compiled from [mydumper.csv] for reading: by the reader, which looks
 * for the ends of rows, and by the decoder, which splits rows into fields. Follows upstream, with
 * one difference: in GBK and GB 18030 the second byte of a character is never a special one.
 */
#ifndef TL_SOURCE_CSV_DIALECT_H
#define TL_SOURCE_CSV_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/source/charset.h"
#include "core/source/reader.h"

struct tl_csv_dialect {
    struct tl_buf separator;  /* in the file's character set */
    struct tl_buf quote;      /* empty = none */
    struct tl_buf terminator; /* empty = LF, CR or both */
    int escape;               /* the byte, or -1 */
    enum tl_multibyte multibyte;
    struct tl_converter *converter; /* owned; NULL = bytes as they are */
    bool simple; /* quote is at most one byte, and no special byte is part of another one */
    bool trim_last;
    uint64_t null_lengths; /* bit n: a NULL text has n bytes (63: or more); none with not-null */
    bool escape_n_is_null;
    const struct tl_strings *nulls; /* borrowed from the options */
    bool field_stop[256];           /* bytes at which an unquoted field may end, or is strange */
};

/* settings->csv and the character set; the caller frees with tl_csv_dialect_done (also after an
   error). TL_ERR_USAGE for contradictory options. */
int tl_csv_dialect_init(struct tl_csv_dialect *dialect, const struct tl_reader_settings *settings,
                        struct tl_error *err) TL_WARN_UNUSED;
void tl_csv_dialect_done(struct tl_csv_dialect *dialect);

#define TL_CLEANUP_CSV_DIALECT TL_CLEANUP(tl_csv_dialect_done)

/* True if `what` (not empty) stands at p (< end); with too few bytes before end, false. */
static inline bool tl_csv_at(const char *p, const char *end, const struct tl_buf *what)
{
    return what->len > 0 && *p == what->data[0] &&
           (what->len == 1 ||
            ((size_t)(end - p) >= what->len && memcmp(p, what->data, what->len) == 0));
}

/* The length of the character at p if it has several bytes and the set is multi-byte, else 1. */
static inline size_t tl_csv_step(const struct tl_csv_dialect *dialect, const char *p,
                                 const char *end)
{
    return dialect->multibyte != TL_MB_NONE && end - p >= 2 &&
                   tl_multibyte_pair(dialect->multibyte, (unsigned char)p[0], (unsigned char)p[1])
               ? 2
               : 1;
}

struct tl_csv_field {
    char *start; /* of the content, quotes not included */
    size_t len;
    bool doubled; /* has doubled quotes */
    bool escaped; /* has escapes */
};

enum tl_csv_split {
    TL_CSV_FIELD, /* a separator follows, so another field does */
    TL_CSV_LAST,
    TL_CSV_UNTERMINATED,
    TL_CSV_DANGLING,
    TL_CSV_CONSECUTIVE
};

/* Splits one field off [*p, end), a row without its terminator; *p moves behind the separator, or
   to the place of the error. */
enum tl_csv_split tl_csv_split(const struct tl_csv_dialect *dialect, char **p, char *end,
                               struct tl_csv_field *field_out);

/* Upstream's words for a result that is an error. */
const char *tl_csv_message(enum tl_csv_split result);

/* Resolves doubled quotes and escapes of the field in place and converts it to UTF-8. The result is
   in the field itself, or in scratch when it was converted (valid until the next use of scratch).
   *null_out tells if it is NULL by the options; *replaced_out counts invalid characters. */
int tl_csv_value(const struct tl_csv_dialect *dialect, struct tl_csv_field *field,
                 struct tl_buf *scratch, bool *null_out, uint64_t *replaced_out,
                 struct tl_error *err) TL_WARN_UNUSED;

#endif
