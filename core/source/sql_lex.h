/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splits SQL between the rows into tokens: statement heads, SET and the like. Small and not in a
 * hurry; the rows themselves are found by sql_scan.h and read by decode_sql.c.
 */
#ifndef TL_SOURCE_SQL_LEX_H
#define TL_SOURCE_SQL_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/source/charset.h"

enum tl_sql_token_type {
    TL_TOKEN_WORD,   /* name, keyword or number without quotes */
    TL_TOKEN_NAME,   /* `x`; with ansi_quotes "x" too */
    TL_TOKEN_STRING, /* 'x' or "x" */
    TL_TOKEN_CHAR,   /* any other single byte */
    TL_TOKEN_END,    /* the text ends here, and the file too */
    TL_TOKEN_MORE,   /* the text ends within a token or space: read more, begin anew */
    TL_TOKEN_OPEN    /* the file ends within quotes or a comment, which begin at `start` */
};

struct tl_sql_token {
    enum tl_sql_token_type type;
    size_t start; /* offset in the text; quotes included */
    size_t len;
};

struct tl_sql_lexer {
    const char *text;
    size_t len;
    size_t at;
    bool eof;         /* nothing follows behind len */
    bool no_escapes;  /* NO_BACKSLASH_ESCAPES */
    bool ansi_quotes; /* "x" is a name */
    enum tl_multibyte multibyte;
    bool executable; /* within an executable comment, whose content counts */
};

/* The next token; moves `at` behind it (for END, MORE and OPEN: not at all, or over space). */
struct tl_sql_token tl_sql_next(struct tl_sql_lexer *lexer);

/* Skips space and plain comments; true if `at` is now at something else. Otherwise the type says
   why not: END, MORE or OPEN (then *token_out->start is where the comment begins). */
bool tl_sql_skip_space(struct tl_sql_lexer *lexer, struct tl_sql_token *token_out);

/* True if the token is this keyword (given in upper case) or this character. */
bool tl_sql_is_word(const struct tl_sql_lexer *lexer, const struct tl_sql_token *token,
                    const char *word);
bool tl_sql_is_char(const struct tl_sql_lexer *lexer, const struct tl_sql_token *token, char c);

/* Writes what the token stands for, without quotes and with escapes resolved, to out (at least
   token->len bytes); returns the length. */
size_t tl_sql_unquote(const struct tl_sql_lexer *lexer, const struct tl_sql_token *token,
                      char *out);

/* What the escape \c stands for in a string; '%' and '_' keep their backslash and are not for this
   function. */
char tl_sql_escape(char c);

/* The first words of the statement at text, printable, cut to fit; for messages. */
void tl_sql_excerpt(const char *text, size_t len, char *out, size_t size);

#endif
