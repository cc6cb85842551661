/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts SQL text into tokens, as far as that is needed to find the ends of statements and the names
 * of objects in schema files. Executable comments are looked into, other comments are skipped.
 * Never reads past `end`, allocates nothing.
 */
#ifndef TL_TARGET_SQL_LEXER_H
#define TL_TARGET_SQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum tl_token_kind {
    TL_TOKEN_END,
    TL_TOKEN_WORD,      /* keyword, name or number without quotes */
    TL_TOKEN_NAME,      /* `...` */
    TL_TOKEN_STRING,    /* '...' or "..." (a name under ANSI_QUOTES) */
    TL_TOKEN_SYMBOL,    /* one byte */
    TL_TOKEN_DELIMITER, /* the lexer's delimiter */
    TL_TOKEN_BROKEN     /* a string, name or comment without an end; text is where it begins */
};

struct tl_token {
    enum tl_token_kind kind;
    const char *text; /* borrowed from the lexer's text, with its quotes */
    size_t len;
};

struct tl_lexer {
    const char *at;
    const char *end;
    const char *delimiter; /* borrowed; NULL = none is looked for */
    size_t delimiter_len;
    bool backslash;         /* \ escapes in strings (not NO_BACKSLASH_ESCAPES) */
    const char *executable; /* where the executable comment began that we are in, or NULL */
};

/* Looks at len bytes of text, which stay borrowed. */
void tl_lexer_init(struct tl_lexer *lexer, const char *text, size_t len, bool backslash);

/* The next token. After END and BROKEN nothing follows. */
struct tl_token tl_lexer_next(struct tl_lexer *lexer);

/* True if the token is that keyword, in any case. */
bool tl_token_is(const struct tl_token *token, const char *word);

/* True if the token is that one-byte symbol. */
bool tl_token_is_symbol(const struct tl_token *token, char symbol);

#endif
