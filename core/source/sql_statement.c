/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See sql_statement.h. SET is in sql_set.c.
 */
#include "core/source/sql_statement.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char only_rows[] =
    "a data file may hold INSERT and REPLACE with VALUES, SET, and what dump programs write around "
    "them; put table definitions into a schema file, or dump without them";

enum tl_sql_parse tl_sql_complain(struct tl_sql_complaint *complaint, size_t at, const char *hint,
                                  const char *fmt, ...)
{
    va_list ap;

    complaint->at = at;
    complaint->hint = hint;
    va_start(ap, fmt);
    vsnprintf(complaint->text, sizeof(complaint->text), fmt, ap);
    va_end(ap);
    return TL_PARSE_BAD;
}

/* The token is not what the grammar wants: because the text ends, or because it is wrong. */
static enum tl_sql_parse unexpected(const struct tl_sql_lexer *lexer,
                                    const struct tl_sql_token *token, const char *wanted,
                                    struct tl_sql_complaint *complaint)
{
    char text[64];

    if (token->type == TL_TOKEN_MORE)
        return TL_PARSE_MORE;
    if (token->type == TL_TOKEN_END || token->type == TL_TOKEN_OPEN)
        return TL_PARSE_CUT;
    tl_sql_excerpt(lexer->text + token->start, token->len, text, sizeof(text));
    return tl_sql_complain(complaint, token->start, only_rows,
                           "'%s' in the head of the statement, where %s is expected", text, wanted);
}

static bool is_name(const struct tl_sql_lexer *lexer, const struct tl_sql_token *token)
{
    return token->type == TL_TOKEN_WORD || token->type == TL_TOKEN_NAME ||
           (token->type == TL_TOKEN_STRING && lexer->text[token->start] == '"');
}

static enum tl_sql_parse add_column(const struct tl_sql_lexer *lexer,
                                    const struct tl_sql_token *token, struct tl_head *head)
{
    TL_CLEANUP_FREE char *name = malloc(token->len);

    if (!name || tl_head_add_column(head, name, tl_sql_unquote(lexer, token, name)) != TL_OK)
        return TL_PARSE_NOMEM;
    return TL_PARSE_OK;
}

/* Behind '(' to behind ')'. */
static enum tl_sql_parse parse_columns(struct tl_sql_lexer *lexer, struct tl_head *head,
                                       struct tl_sql_complaint *complaint)
{
    enum tl_sql_parse rc;
    struct tl_sql_token token;

    head->has_columns = true;
    for (;;) {
        token = tl_sql_next(lexer);
        if (!is_name(lexer, &token))
            return unexpected(lexer, &token, "a column name", complaint);
        rc = add_column(lexer, &token, head);
        if (rc != TL_PARSE_OK)
            return rc;
        token = tl_sql_next(lexer);
        if (tl_sql_is_char(lexer, &token, ')'))
            return TL_PARSE_OK;
        if (!tl_sql_is_char(lexer, &token, ','))
            return unexpected(lexer, &token, "',' or ')'", complaint);
    }
}

static bool is_modifier(const struct tl_sql_lexer *lexer, const struct tl_sql_token *token)
{
    static const char *const words[] = {"INSERT",        "REPLACE", "LOW_PRIORITY",
                                        "HIGH_PRIORITY", "DELAYED", "IGNORE"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (tl_sql_is_word(lexer, token, words[i]))
            return true;
    return false;
}

static enum tl_sql_parse set_table(const struct tl_sql_lexer *lexer,
                                   const struct tl_sql_token *token, struct tl_head *head)
{
    head->table = malloc(token->len + 1);
    if (!head->table)
        return TL_PARSE_NOMEM;
    head->table[tl_sql_unquote(lexer, token, head->table)] = '\0';
    return TL_PARSE_OK;
}

/* The table's name, with or without the database's; *next_out is the token behind it. */
static enum tl_sql_parse parse_table(struct tl_sql_lexer *lexer, struct tl_head *head,
                                     struct tl_sql_token *next_out,
                                     struct tl_sql_complaint *complaint)
{
    struct tl_sql_token token = tl_sql_next(lexer), name;

    while (is_modifier(lexer, &token))
        token = tl_sql_next(lexer);
    if (tl_sql_is_word(lexer, &token, "INTO"))
        token = tl_sql_next(lexer);
    if (!is_name(lexer, &token))
        return unexpected(lexer, &token, "a table name", complaint);
    name = token;
    token = tl_sql_next(lexer);
    if (tl_sql_is_char(lexer, &token, '.')) {
        name = tl_sql_next(lexer);
        if (!is_name(lexer, &name))
            return unexpected(lexer, &name, "a table name", complaint);
        token = tl_sql_next(lexer);
    }
    *next_out = token;
    return set_table(lexer, &name, head);
}

static enum tl_sql_parse parse_head(struct tl_sql_lexer *lexer, struct tl_head *head,
                                    struct tl_sql_complaint *complaint)
{
    struct tl_sql_token token;
    enum tl_sql_parse rc = parse_table(lexer, head, &token, complaint);

    if (rc != TL_PARSE_OK)
        return rc;
    if (tl_sql_is_char(lexer, &token, '(')) {
        rc = parse_columns(lexer, head, complaint);
        if (rc != TL_PARSE_OK)
            return rc;
        token = tl_sql_next(lexer);
    }
    if (!tl_sql_is_word(lexer, &token, "VALUES") && !tl_sql_is_word(lexer, &token, "VALUE"))
        return unexpected(lexer, &token, "VALUES", complaint);
    if (lexer->executable)
        return tl_sql_complain(complaint, token.start, only_rows,
                               "rows within an executable comment are not supported");
    return TL_PARSE_OK;
}

enum tl_sql_parse tl_sql_parse_insert(struct tl_sql_lexer *lexer, struct tl_head **head_out,
                                      const struct tl_session_state *state, uint64_t offset,
                                      struct tl_sql_complaint *complaint)
{
    struct tl_head *head = tl_head_new(state, offset);
    enum tl_sql_parse rc = head ? parse_head(lexer, head, complaint) : TL_PARSE_NOMEM;

    if (rc == TL_PARSE_OK)
        *head_out = head;
    else
        tl_head_unref(head);
    return rc;
}

/* Moves a copy of the lexer behind the statement's ';'. The last two words of it tell what an ALTER
   TABLE is for. */
static enum tl_sql_parse find_end(struct tl_sql_lexer *lexer, struct tl_sql_token last_out[2])
{
    struct tl_sql_token token;

    for (;;) {
        token = tl_sql_next(lexer);
        if (token.type == TL_TOKEN_MORE)
            return TL_PARSE_MORE;
        if (token.type == TL_TOKEN_END || token.type == TL_TOKEN_OPEN)
            return TL_PARSE_CUT;
        if (tl_sql_is_char(lexer, &token, ';'))
            return TL_PARSE_OK;
        last_out[0] = last_out[1];
        last_out[1] = token;
    }
}

/* Statements that change nothing that a loader needs to know. */
static bool is_ignored(const struct tl_sql_lexer *lexer, const struct tl_sql_token *first,
                       const struct tl_sql_token *second, const struct tl_sql_token last[2])
{
    static const char *const words[] = {"LOCK", "UNLOCK", "BEGIN", "COMMIT", "USE", "FLUSH"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (tl_sql_is_word(lexer, first, words[i]))
            return true;
    if (tl_sql_is_word(lexer, first, "START"))
        return tl_sql_is_word(lexer, second, "TRANSACTION");
    return tl_sql_is_word(lexer, first, "ALTER") && tl_sql_is_word(lexer, &last[1], "KEYS") &&
           (tl_sql_is_word(lexer, &last[0], "DISABLE") ||
            tl_sql_is_word(lexer, &last[0], "ENABLE"));
}

enum tl_sql_parse tl_sql_parse_other(struct tl_sql_lexer *lexer, struct tl_sql_session *session,
                                     struct tl_sql_complaint *complaint)
{
    struct tl_sql_lexer end = *lexer;
    struct tl_sql_token first = tl_sql_next(lexer), second, last[2] = {{0}, {0}};
    enum tl_sql_parse rc = first.type == TL_TOKEN_MORE ? TL_PARSE_MORE : TL_PARSE_OK;
    char text[64];

    if (rc != TL_PARSE_OK || first.type == TL_TOKEN_OPEN || first.type == TL_TOKEN_END)
        return rc != TL_PARSE_OK ? rc : TL_PARSE_CUT;
    if (tl_sql_is_char(lexer, &first, ';'))
        return TL_PARSE_OK;
    rc = find_end(&end, last);
    if (rc == TL_PARSE_MORE)
        return rc;
    if (rc == TL_PARSE_OK && tl_sql_is_word(lexer, &first, "SET")) {
        /* What follows the statement must not be taken for a part of it. */
        lexer->len = end.at;
        lexer->eof = true;
        rc = tl_sql_parse_set(lexer, session, complaint);
        *lexer = end;
        return rc;
    }
    second = tl_sql_next(lexer);
    if (!tl_sql_is_word(lexer, &first, "SET") && !is_ignored(lexer, &first, &second, last)) {
        tl_sql_excerpt(lexer->text + first.start, end.at - first.start, text, sizeof(text));
        return tl_sql_complain(complaint, first.start, only_rows,
                               "this statement is not supported in a data file: %s", text);
    }
    *lexer = end;
    return rc;
}
