/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recognises one value in a row of SQL text and resolves it in place. For decode_sql.c; tested
 * through decode.h.
 */
#ifndef TL_SOURCE_SQL_LITERAL_H
#define TL_SOURCE_SQL_LITERAL_H

#include "core/source/charset.h"
#include "core/source/decode.h"

/* How the strings of this batch are written. */
struct tl_sql_dialect {
    bool escapes;     /* '\\' escapes */
    bool ansi_quotes; /* "x" is a name */
    enum tl_multibyte multibyte;
    const char *readable; /* bytes in front of it may be looked at: the end of the batch */
};

struct tl_sql_literal {
    enum tl_field_type type;
    char *start;   /* of the literal text */
    char *end;     /* behind it */
    char *content; /* BINARY: of the digits; strings: the first opening quote */
    bool changes;  /* a string with escapes, doubled quotes or several parts */
    bool bits;     /* BINARY: binary digits, not hexadecimal ones */
};

/* Skips space and comments. */
char *tl_sql_skip(char *p, char *end);

/* The same for the usual case that there is none. */
static inline char *tl_sql_to_token(char *p, char *end)
{
    return p < end && ((unsigned char)*p > '/' || *p == '\'' || *p == '"') ? p
                                                                           : tl_sql_skip(p, end);
}

/* The value that begins at p (not space); *p_out is behind it and what may follow, at ',' or end.
   False if there is none, or quotes do not match. */
bool tl_sql_match(const struct tl_sql_dialect *dialect, char *p, char *end,
                  struct tl_sql_literal *literal_out, char **p_out);

/* Behind the closing quote of the string or name at p (an opening quote), or NULL. *changes is set
   if decoding it is more than dropping the quotes. */
char *tl_sql_string_end(const struct tl_sql_dialect *dialect, char *p, char *end, bool *changes);

/* Resolves the literal in place. */
void tl_sql_resolve(const struct tl_sql_dialect *dialect, const struct tl_sql_literal *literal,
                    struct tl_value *value_out);

#endif
