/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See sql_split.h.
 */
#include "core/target/sql_split.h"

#include <inttypes.h>
#include <string.h>

#include "core/target/sql_lexer.h"

void tl_splitter_init(struct tl_splitter *splitter, const char *text, size_t len, bool backslash)
{
    memset(splitter, 0, sizeof(*splitter));
    splitter->text = text;
    splitter->at = text;
    splitter->end = text + len;
    splitter->backslash = backslash;
    splitter->line = 1;
    splitter->delimiter[0] = ';';
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        splitter->at += 3;
    splitter->counted = splitter->at;
}

/* Line of a place that is not before the last one asked for. */
static uint64_t line_of(struct tl_splitter *splitter, const char *where)
{
    const char *newline;

    while (splitter->counted < where &&
           (newline = memchr(splitter->counted, '\n', (size_t)(where - splitter->counted)))) {
        splitter->line++;
        splitter->counted = newline + 1;
    }
    if (splitter->counted < where)
        splitter->counted = where;
    return splitter->line;
}

static int broken(struct tl_splitter *splitter, const struct tl_token *token, struct tl_error *err)
{
    const char *what = *token->text == '/'   ? "comment"
                       : *token->text == '`' ? "quoted name"
                                             : "string";
    uint64_t line = line_of(splitter, token->text);

    splitter->at = splitter->end;
    tl_error_set(err, TL_ERR_DATA, "the %s that begins in line %" PRIu64 " has no end", what, line);
    return tl_error_locate(err, line, (uint64_t)(token->text - splitter->text));
}

/* "DELIMITER ;;" up to the end of its line. */
static int take_delimiter(struct tl_splitter *splitter, const struct tl_token *word,
                          struct tl_error *err)
{
    const char *at = word->text + word->len, *begin;
    uint64_t line = line_of(splitter, word->text);
    size_t len;

    while (at < splitter->end && (*at == ' ' || *at == '\t'))
        at++;
    begin = at;
    while (at < splitter->end && (unsigned char)*at > ' ')
        at++;
    len = (size_t)(at - begin);
    if (len == 0 || len >= sizeof(splitter->delimiter) || memchr(begin, '\\', len) ||
        memchr(begin, '\0', len)) {
        tl_error_set(err, TL_ERR_DATA, "DELIMITER in line %" PRIu64 " has no usable argument",
                     line);
        return tl_error_locate(err, line, (uint64_t)(word->text - splitter->text));
    }
    memcpy(splitter->delimiter, begin, len);
    splitter->delimiter[len] = '\0';
    while (at < splitter->end && *at != '\n')
        at++;
    splitter->at = at;
    return TL_OK;
}

static void begin_lexer(const struct tl_splitter *splitter, struct tl_lexer *lexer)
{
    tl_lexer_init(lexer, splitter->at, (size_t)(splitter->end - splitter->at), splitter->backslash);
    lexer->delimiter = splitter->delimiter;
    lexer->delimiter_len = strlen(splitter->delimiter);
}

/* Reads on to the delimiter. The statement goes from its first byte to behind its last token. */
static int take_statement(struct tl_splitter *splitter, struct tl_lexer *lexer,
                          const struct tl_token *first, struct tl_statement *statement_out,
                          struct tl_error *err)
{
    const char *begin = lexer->executable ? lexer->executable : first->text;
    struct tl_token token = *first;
    const char *end;

    while (token.kind != TL_TOKEN_DELIMITER && token.kind != TL_TOKEN_END &&
           token.kind != TL_TOKEN_BROKEN)
        token = tl_lexer_next(lexer);
    if (token.kind == TL_TOKEN_BROKEN)
        return broken(splitter, &token, err);
    end = token.text;
    while (end > begin && (end[-1] == ' ' || (end[-1] >= '\t' && end[-1] <= '\r')))
        end--;
    statement_out->text = begin;
    statement_out->len = (size_t)(end - begin);
    statement_out->line = line_of(splitter, begin);
    statement_out->offset = (uint64_t)(begin - splitter->text);
    splitter->at = lexer->at;
    return TL_OK;
}

int tl_splitter_next(struct tl_splitter *splitter, struct tl_statement *statement_out,
                     struct tl_error *err)
{
    for (;;) {
        struct tl_lexer lexer;
        struct tl_token token;
        int rc;

        begin_lexer(splitter, &lexer);
        token = tl_lexer_next(&lexer);
        if (token.kind == TL_TOKEN_END)
            return TL_NOT_FOUND;
        if (token.kind == TL_TOKEN_BROKEN)
            return broken(splitter, &token, err);
        if (token.kind == TL_TOKEN_DELIMITER) {
            splitter->at = lexer.at;
            continue;
        }
        if (!tl_token_is(&token, "DELIMITER") || lexer.executable)
            return take_statement(splitter, &lexer, &token, statement_out, err);
        rc = take_delimiter(splitter, &token, err);
        if (rc != TL_OK)
            return rc;
    }
}
