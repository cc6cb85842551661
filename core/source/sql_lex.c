/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See sql_lex.h.
 */
#include "core/source/sql_lex.h"

#include <string.h>
#include <strings.h>

enum { EXCERPT_CHARS = 60, NEVER_EXECUTED = 999999 };

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

/* How a comment begins here, or that none does. */
enum comment { NO_COMMENT, LINE_COMMENT, BLOCK_COMMENT, EXECUTABLE_COMMENT, UNSURE };

/* The version number in an executable comment: its digits, and its value. */
static unsigned long version_of(const char *p, size_t left, size_t *digits_out)
{
    unsigned long version = 0;
    size_t n = 0;

    for (; n < left && n < 6 && p[n] >= '0' && p[n] <= '9'; n++)
        version = version * 10 + (unsigned long)(p[n] - '0');
    *digits_out = n;
    return version;
}

/* At "/ *": *head_out is what stands before the content. */
static enum comment block_comment_at(const struct tl_sql_lexer *lexer, size_t *head_out)
{
    const char *p = lexer->text + lexer->at;
    size_t left = lexer->len - lexer->at, mark = 2, digits;

    if (left < 10 && !lexer->eof && !memmem(p + 2, left - 2, "*/", 2))
        return UNSURE;
    *head_out = 2;
    if (left > mark && p[mark] == 'M')
        mark++;
    if (left <= mark || p[mark] != '!')
        return BLOCK_COMMENT;
    mark++;
    if (version_of(p + mark, left - mark, &digits) >= NEVER_EXECUTED)
        return BLOCK_COMMENT;
    *head_out = mark + digits;
    return EXECUTABLE_COMMENT;
}

static enum comment comment_at(const struct tl_sql_lexer *lexer, size_t *head_out)
{
    const char *p = lexer->text + lexer->at;
    size_t left = lexer->len - lexer->at;

    *head_out = 1;
    if (*p == '#')
        return LINE_COMMENT;
    if (*p != '-' && *p != '/')
        return NO_COMMENT;
    if (left < 3 && !lexer->eof)
        return UNSURE;
    if (left >= 2 && p[0] == '/' && p[1] == '*')
        return block_comment_at(lexer, head_out);
    if (left >= 2 && p[0] == '-' && p[1] == '-' && (left == 2 || (unsigned char)p[2] <= ' '))
        return LINE_COMMENT;
    return NO_COMMENT;
}

/* Over a plain comment whose content begins `head` bytes on. */
static enum tl_sql_token_type skip_comment(struct tl_sql_lexer *lexer, enum comment kind,
                                           size_t head)
{
    const char *p = lexer->text + lexer->at + head;
    size_t left = lexer->len - lexer->at - head;
    const char *end = kind == BLOCK_COMMENT ? memmem(p, left, "*/", 2) : memchr(p, '\n', left);

    if (end) {
        lexer->at = (size_t)(end - lexer->text) + (kind == BLOCK_COMMENT ? 2 : 1);
        return TL_TOKEN_CHAR;
    }
    if (!lexer->eof)
        return TL_TOKEN_MORE;
    if (kind == BLOCK_COMMENT)
        return TL_TOKEN_OPEN;
    lexer->at = lexer->len;
    return TL_TOKEN_END;
}

/* Over the end of an executable comment. */
static bool skip_executable_end(struct tl_sql_lexer *lexer)
{
    const char *p = lexer->text + lexer->at;

    if (!lexer->executable || lexer->len - lexer->at < 2 || p[0] != '*' || p[1] != '/')
        return false;
    lexer->executable = false;
    lexer->at += 2;
    return true;
}

static struct tl_sql_token token_at(const struct tl_sql_lexer *lexer, enum tl_sql_token_type type,
                                    size_t len)
{
    return (struct tl_sql_token){.type = type, .start = lexer->at, .len = len};
}

bool tl_sql_skip_space(struct tl_sql_lexer *lexer, struct tl_sql_token *token_out)
{
    enum tl_sql_token_type type = TL_TOKEN_CHAR;
    size_t head;

    while (type == TL_TOKEN_CHAR && lexer->at < lexer->len) {
        if (is_space(lexer->text[lexer->at])) {
            lexer->at++;
            continue;
        }
        if (skip_executable_end(lexer))
            continue;
        switch (comment_at(lexer, &head)) {
        case NO_COMMENT:
            return true;
        case UNSURE:
            type = TL_TOKEN_MORE;
            break;
        case EXECUTABLE_COMMENT:
            lexer->executable = true;
            lexer->at += head;
            break;
        case LINE_COMMENT:
            type = skip_comment(lexer, LINE_COMMENT, head);
            break;
        case BLOCK_COMMENT:
            type = skip_comment(lexer, BLOCK_COMMENT, head);
            break;
        }
    }
    if (type == TL_TOKEN_CHAR)
        type = lexer->eof ? TL_TOKEN_END : TL_TOKEN_MORE;
    *token_out = token_at(lexer, type, 0);
    return false;
}

/* True if the second byte of what is at i belongs to it, whatever it looks like. */
static bool takes_next(const struct tl_sql_lexer *lexer, size_t i, bool escapes)
{
    unsigned char c = (unsigned char)lexer->text[i];

    if (c == '\\')
        return escapes;
    return c >= 0x81 && i + 1 < lexer->len &&
           tl_multibyte_pair(lexer->multibyte, c, (unsigned char)lexer->text[i + 1]);
}

/* From the opening quote to the closing one. */
static struct tl_sql_token quoted(struct tl_sql_lexer *lexer)
{
    char quote = lexer->text[lexer->at];
    bool name = quote == '`' || (quote == '"' && lexer->ansi_quotes);
    struct tl_sql_token token = token_at(lexer, name ? TL_TOKEN_NAME : TL_TOKEN_STRING, 0);
    size_t i = lexer->at + 1;

    for (; i < lexer->len; i++) {
        if (takes_next(lexer, i, !name && !lexer->no_escapes)) {
            i++;
        } else if (lexer->text[i] == quote) {
            if (i + 1 == lexer->len && !lexer->eof)
                break;
            if (i + 1 == lexer->len || lexer->text[i + 1] != quote) {
                token.len = i + 1 - lexer->at;
                lexer->at = i + 1;
                return token;
            }
            i++;
        }
    }
    token.type = lexer->eof ? TL_TOKEN_OPEN : TL_TOKEN_MORE;
    return token;
}

struct tl_sql_token tl_sql_next(struct tl_sql_lexer *lexer)
{
    struct tl_sql_token token;
    size_t end;

    if (!tl_sql_skip_space(lexer, &token))
        return token;
    if (strchr("'\"`", lexer->text[lexer->at]) && lexer->text[lexer->at] != '\0')
        return quoted(lexer);
    for (end = lexer->at; end < lexer->len && is_word_byte(lexer->text[end]);)
        end++;
    if (end == lexer->len && !lexer->eof)
        return token_at(lexer, TL_TOKEN_MORE, 0);
    if (end == lexer->at) {
        /* "*" may be the first half of the end of an executable comment. */
        if (lexer->executable && lexer->len - end < 2 && !lexer->eof)
            return token_at(lexer, TL_TOKEN_MORE, 0);
        token = token_at(lexer, TL_TOKEN_CHAR, 1);
        lexer->at++;
        return token;
    }
    token = token_at(lexer, TL_TOKEN_WORD, end - lexer->at);
    lexer->at = end;
    return token;
}

bool tl_sql_is_word(const struct tl_sql_lexer *lexer, const struct tl_sql_token *token,
                    const char *word)
{
    return token->type == TL_TOKEN_WORD && strlen(word) == token->len &&
           strncasecmp(lexer->text + token->start, word, token->len) == 0;
}

bool tl_sql_is_char(const struct tl_sql_lexer *lexer, const struct tl_sql_token *token, char c)
{
    return token->type == TL_TOKEN_CHAR && lexer->text[token->start] == c;
}

char tl_sql_escape(char c)
{
    switch (c) {
    case '0':
        return '\0';
    case 'b':
        return '\b';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'Z':
        return '\x1A';
    default:
        return c;
    }
}

size_t tl_sql_unquote(const struct tl_sql_lexer *lexer, const struct tl_sql_token *token, char *out)
{
    const char *p = lexer->text + token->start, *end = p + token->len;
    bool escapes = token->type == TL_TOKEN_STRING && !lexer->no_escapes;
    size_t n = 0;
    char quote;

    if (token->type == TL_TOKEN_WORD || token->type == TL_TOKEN_CHAR) {
        memcpy(out, p, token->len);
        return token->len;
    }
    for (quote = *p++, end--; p < end; p++) {
        if (*p == quote)
            p++;
        if (escapes && *p == '\\' && p + 1 < end)
            out[n++] = tl_sql_escape(*++p);
        else
            out[n++] = *p;
    }
    return n;
}

void tl_sql_excerpt(const char *text, size_t len, char *out, size_t size)
{
    size_t n = len < EXCERPT_CHARS ? len : EXCERPT_CHARS;

    if (n >= size)
        n = size - 1;
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)text[i] < ' ' ? ' ' : text[i];
    /* Not in the middle of a UTF-8 character. */
    while (n > 0 && n < len && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--;
    out[n] = '\0';
}
