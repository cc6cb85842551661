/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See sql_lexer.h.
 */
#include "core/target/sql_lexer.h"

#include <string.h>

void tl_lexer_init(struct tl_lexer *lexer, const char *text, size_t len, bool backslash)
{
    memset(lexer, 0, sizeof(*lexer));
    lexer->at = text;
    lexer->end = text + len;
    lexer->backslash = backslash;
}

static size_t left(const struct tl_lexer *lexer)
{
    return (size_t)(lexer->end - lexer->at);
}

static bool at_text(const struct tl_lexer *lexer, const char *text, size_t len)
{
    return left(lexer) >= len && memcmp(lexer->at, text, len) == 0;
}

static bool at_delimiter(const struct tl_lexer *lexer)
{
    return lexer->delimiter && at_text(lexer, lexer->delimiter, lexer->delimiter_len);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

/* "--" begins a comment only before white space or the end. */
static bool at_line_comment(const struct tl_lexer *lexer)
{
    if (*lexer->at == '#')
        return true;
    return at_text(lexer, "--", 2) && (left(lexer) == 2 || (unsigned char)lexer->at[2] <= ' ');
}

static void skip_line(struct tl_lexer *lexer)
{
    const char *newline = memchr(lexer->at, '\n', left(lexer));

    lexer->at = newline ? newline + 1 : lexer->end;
}

/* False: the comment has no end. */
static bool skip_comment(struct tl_lexer *lexer)
{
    const char *end = NULL;

    if (left(lexer) > 2)
        end = memmem(lexer->at + 2, left(lexer) - 2, "*/", 2);
    if (end)
        lexer->at = end + 2;
    return end != NULL;
}

/* An executable comment is opened: on with what is in it. One for version 999999 is for clients
   (the sandbox mark of mariadb-dump) and no server runs it: an ordinary comment. */
static bool enter_executable(struct tl_lexer *lexer)
{
    size_t skip = at_text(lexer, "/*!", 3) ? 3 : at_text(lexer, "/*M!", 4) ? 4 : 0;
    int digits = 0;

    if (skip == 0 || lexer->executable || at_text(lexer, "/*!999999", 9) ||
        at_text(lexer, "/*M!999999", 10))
        return false;
    lexer->executable = lexer->at;
    lexer->at += skip;
    while (lexer->at < lexer->end && *lexer->at >= '0' && *lexer->at <= '9' && digits++ < 6)
        lexer->at++;
    return true;
}

/* White space and comments. False: a comment without an end, where the lexer stays. */
static bool skip_blank(struct tl_lexer *lexer)
{
    while (lexer->at < lexer->end && !at_delimiter(lexer)) {
        if (is_space(*lexer->at)) {
            lexer->at++;
        } else if (at_line_comment(lexer)) {
            skip_line(lexer);
        } else if (lexer->executable && at_text(lexer, "*/", 2)) {
            lexer->executable = NULL;
            lexer->at += 2;
        } else if (at_text(lexer, "/*", 2)) {
            if (!enter_executable(lexer) && !skip_comment(lexer))
                return false;
        } else {
            break;
        }
    }
    return true;
}

/* The end behind the closing quote, NULL = there is none. A doubled quote looks like two strings
   side by side, which is what the loop makes one of. */
static const char *quoted_end(const struct tl_lexer *lexer)
{
    char quote = *lexer->at;
    bool backslash = lexer->backslash && quote != '`';
    const char *at = lexer->at + 1;

    for (; at < lexer->end; at++) {
        if (*at == '\\' && backslash) {
            at++;
        } else if (*at == quote) {
            if (at + 1 >= lexer->end || at[1] != quote)
                return at + 1;
            at++;
        }
    }
    return NULL;
}

static struct tl_token token_of(struct tl_lexer *lexer, enum tl_token_kind kind, size_t len)
{
    struct tl_token token = {kind, lexer->at, len};

    lexer->at += len;
    return token;
}

static struct tl_token broken(struct tl_lexer *lexer, const char *where)
{
    struct tl_token token = {TL_TOKEN_BROKEN, where, (size_t)(lexer->end - where)};

    lexer->at = lexer->end;
    return token;
}

static struct tl_token next_quoted(struct tl_lexer *lexer)
{
    const char *end = quoted_end(lexer);

    if (!end)
        return broken(lexer, lexer->at);
    return token_of(lexer, *lexer->at == '`' ? TL_TOKEN_NAME : TL_TOKEN_STRING,
                    (size_t)(end - lexer->at));
}

static struct tl_token next_word(struct tl_lexer *lexer)
{
    const char *begin = lexer->at;
    size_t len;

    while (lexer->at < lexer->end && is_word(*lexer->at) && !at_delimiter(lexer))
        lexer->at++;
    len = (size_t)(lexer->at - begin);
    lexer->at = begin;
    return token_of(lexer, TL_TOKEN_WORD, len);
}

struct tl_token tl_lexer_next(struct tl_lexer *lexer)
{
    if (!skip_blank(lexer))
        return broken(lexer, lexer->at);
    if (lexer->at >= lexer->end) {
        if (lexer->executable)
            return broken(lexer, lexer->executable);
        return token_of(lexer, TL_TOKEN_END, 0);
    }
    if (at_delimiter(lexer)) {
        /* Within a comment it is text, as the end of the comment must come first. */
        return token_of(lexer, lexer->executable ? TL_TOKEN_SYMBOL : TL_TOKEN_DELIMITER,
                        lexer->delimiter_len);
    }
    if (*lexer->at == '\'' || *lexer->at == '"' || *lexer->at == '`')
        return next_quoted(lexer);
    if (is_word(*lexer->at))
        return next_word(lexer);
    return token_of(lexer, TL_TOKEN_SYMBOL, 1);
}

bool tl_token_is(const struct tl_token *token, const char *word)
{
    return token->kind == TL_TOKEN_WORD && token->len == strlen(word) &&
           strncasecmp(token->text, word, token->len) == 0;
}

bool tl_token_is_symbol(const struct tl_token *token, char symbol)
{
    return token->kind == TL_TOKEN_SYMBOL && token->len == 1 && *token->text == symbol;
}
