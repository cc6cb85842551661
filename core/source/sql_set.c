/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SET in a dump: which variables change how the rows are to be read, and values that dumps put
 * aside in user variables and bring back. All other variables are no business of a loader.
 */
#include <string.h>
#include <strings.h>

#include "core/source/sql_statement.h"

static const char set_hint[] = "write the value as a plain string, or remove the SET from the file";

/* Variables with a meaning for the rows. */
enum variable { OTHER, CHARSET, TIME_ZONE, SQL_MODE, FORBIDDEN };

struct value {
    enum { LITERAL, DEFAULT_VALUE, USER_VARIABLE, SYSTEM_VARIABLE, EXPRESSION } kind;
    struct tl_sql_token token; /* of the literal, or of the variable's name */
};

static enum variable variable_of(const struct tl_sql_lexer *lexer, const struct tl_sql_token *name)
{
    if (tl_sql_is_word(lexer, name, "CHARACTER_SET_CLIENT"))
        return CHARSET;
    if (tl_sql_is_word(lexer, name, "TIME_ZONE"))
        return TIME_ZONE;
    if (tl_sql_is_word(lexer, name, "SQL_MODE"))
        return SQL_MODE;
    /* These would change the rows themselves, and are not carried over to the target. */
    if (tl_sql_is_word(lexer, name, "INSERT_ID") || tl_sql_is_word(lexer, name, "TIMESTAMP"))
        return FORBIDDEN;
    return OTHER;
}

/* A literal into a field of the state; false if it does not fit. */
static bool copy_literal(const struct tl_sql_lexer *lexer, const struct tl_sql_token *token,
                         char *out, size_t size)
{
    char text[1024];
    size_t len;

    if (token->len > sizeof(text))
        return false;
    len = tl_sql_unquote(lexer, token, text);
    if (len >= size || memchr(text, '\0', len))
        return false;
    memset(out, 0, size);
    memcpy(out, text, len);
    return true;
}

static struct tl_sql_saved *find_saved(struct tl_sql_session *session,
                                       const struct tl_sql_lexer *lexer,
                                       const struct tl_sql_token *name)
{
    char text[64];

    if (!copy_literal(lexer, name, text, sizeof(text)))
        return NULL;
    for (size_t i = 0; i < TL_SQL_SAVED_MAX; i++)
        if (text[0] && strcasecmp(session->saved[i].name, text) == 0)
            return &session->saved[i];
    return NULL;
}

static void save(struct tl_sql_session *session, const struct tl_sql_lexer *lexer,
                 const struct tl_sql_token *name)
{
    struct tl_sql_saved *saved = find_saved(session, lexer, name);

    if (!saved)
        saved = &session->saved[session->saved_count++ % TL_SQL_SAVED_MAX];
    if (copy_literal(lexer, name, saved->name, sizeof(saved->name)))
        saved->state = session->state;
}

static void restore(struct tl_session_state *to, const struct tl_session_state *from,
                    enum variable variable)
{
    switch (variable) {
    case CHARSET:
        memcpy(to->charset, from->charset, sizeof(to->charset));
        memcpy(to->collation, from->collation, sizeof(to->collation));
        break;
    case TIME_ZONE:
        memcpy(to->time_zone, from->time_zone, sizeof(to->time_zone));
        break;
    case SQL_MODE:
        memcpy(to->sql_mode, from->sql_mode, sizeof(to->sql_mode));
        to->sql_mode_given = from->sql_mode_given;
        break;
    case OTHER:
    case FORBIDDEN:
        break;
    }
}

static bool assign_literal(struct tl_session_state *state, enum variable variable,
                           const struct tl_sql_lexer *lexer, const struct tl_sql_token *token)
{
    if (variable == CHARSET) {
        memset(state->collation, 0, sizeof(state->collation));
        return copy_literal(lexer, token, state->charset, sizeof(state->charset));
    }
    if (variable == TIME_ZONE)
        return copy_literal(lexer, token, state->time_zone, sizeof(state->time_zone));
    state->sql_mode_given = true;
    return copy_literal(lexer, token, state->sql_mode, sizeof(state->sql_mode));
}

static enum tl_sql_parse assign(struct tl_sql_session *session, enum variable variable,
                                const struct tl_sql_lexer *lexer, const struct value *value,
                                struct tl_sql_complaint *complaint)
{
    static const struct tl_session_state nothing;
    const struct tl_sql_saved *saved;

    if (variable == OTHER)
        return TL_PARSE_OK;
    if (variable == FORBIDDEN)
        return tl_sql_complain(complaint, value->token.start, set_hint,
                               "SET of a variable that would change the rows is not supported");
    if (value->kind == USER_VARIABLE) {
        /* Unknown: it was put aside before the place where reading began, that is, at the top. */
        saved = find_saved(session, lexer, &value->token);
        restore(&session->state, saved ? &saved->state : &nothing, variable);
        return TL_PARSE_OK;
    }
    if (value->kind == DEFAULT_VALUE) {
        restore(&session->state, &nothing, variable);
        return TL_PARSE_OK;
    }
    if (value->kind == LITERAL && assign_literal(&session->state, variable, lexer, &value->token))
        return TL_PARSE_OK;
    return tl_sql_complain(complaint, value->token.start, set_hint,
                           "the value in this SET is not understood");
}

/* @x, @@x, @@session.x: the lexer stands behind the first '@'. */
static void parse_at_variable(struct tl_sql_lexer *lexer, struct value *value,
                              struct tl_sql_token *next_out)
{
    struct tl_sql_token token = tl_sql_next(lexer);

    value->kind = USER_VARIABLE;
    if (tl_sql_is_char(lexer, &token, '@')) {
        value->kind = SYSTEM_VARIABLE;
        token = tl_sql_next(lexer);
    }
    value->token = token;
    *next_out = tl_sql_next(lexer);
    while (tl_sql_is_char(lexer, next_out, '.')) {
        value->token = tl_sql_next(lexer);
        *next_out = tl_sql_next(lexer);
    }
}

/* A value up to the ',' or ';' in *next_out. */
static struct value parse_value(struct tl_sql_lexer *lexer, struct tl_sql_token *next_out)
{
    struct tl_sql_token token = tl_sql_next(lexer), next;
    struct value value = {.kind = EXPRESSION, .token = token};
    int depth = 0;

    if (tl_sql_is_char(lexer, &token, '@')) {
        parse_at_variable(lexer, &value, &next);
    } else {
        if (tl_sql_is_word(lexer, &token, "DEFAULT"))
            value.kind = DEFAULT_VALUE;
        else if (token.type == TL_TOKEN_WORD || token.type == TL_TOKEN_STRING ||
                 token.type == TL_TOKEN_NAME)
            value.kind = tl_sql_is_word(lexer, &token, "NULL") ? EXPRESSION : LITERAL;
        depth = tl_sql_is_char(lexer, &token, '(');
        next = tl_sql_next(lexer);
    }
    while (next.type < TL_TOKEN_END && !tl_sql_is_char(lexer, &next, ';') &&
           !(depth == 0 && tl_sql_is_char(lexer, &next, ','))) {
        depth += tl_sql_is_char(lexer, &next, '(') - tl_sql_is_char(lexer, &next, ')');
        value.kind = EXPRESSION;
        next = tl_sql_next(lexer);
    }
    *next_out = next;
    return value;
}

/* NAMES x [COLLATE y], CHARACTER SET x, CHARSET x. */
static enum tl_sql_parse parse_names(struct tl_sql_lexer *lexer, struct tl_sql_session *session,
                                     struct tl_sql_token *next_out,
                                     struct tl_sql_complaint *complaint)
{
    struct tl_sql_token token = tl_sql_next(lexer);
    struct value value = {.kind = LITERAL, .token = token};
    enum tl_sql_parse rc;

    if (tl_sql_is_word(lexer, &token, "DEFAULT"))
        value.kind = DEFAULT_VALUE;
    else if (token.type == TL_TOKEN_CHAR)
        value.kind = EXPRESSION;
    rc = assign(session, CHARSET, lexer, &value, complaint);
    *next_out = tl_sql_next(lexer);
    if (rc != TL_PARSE_OK || !tl_sql_is_word(lexer, next_out, "COLLATE"))
        return rc;
    token = tl_sql_next(lexer);
    *next_out = tl_sql_next(lexer);
    if (token.type == TL_TOKEN_CHAR ||
        !copy_literal(lexer, &token, session->state.collation, sizeof(session->state.collation)))
        return tl_sql_complain(complaint, token.start, set_hint, "a collation is expected here");
    return TL_PARSE_OK;
}

static bool is_scope(const struct tl_sql_lexer *lexer, const struct tl_sql_token *token,
                     bool *global_out)
{
    *global_out = tl_sql_is_word(lexer, token, "GLOBAL") ||
                  tl_sql_is_word(lexer, token, "PERSIST") ||
                  tl_sql_is_word(lexer, token, "PERSIST_ONLY");
    return *global_out || tl_sql_is_word(lexer, token, "SESSION") ||
           tl_sql_is_word(lexer, token, "LOCAL");
}

/* The name on the left; *next_out is the token behind it. Global variables are OTHER ones. */
static struct value parse_target(struct tl_sql_lexer *lexer, struct tl_sql_token token,
                                 bool *global_out, struct tl_sql_token *next_out)
{
    struct value target = {.kind = SYSTEM_VARIABLE, .token = token};
    struct tl_sql_lexer scope = *lexer;

    *global_out = false;
    if (tl_sql_is_char(lexer, &token, '@')) {
        /* The scope, if any, is the word behind the second '@'. */
        token = tl_sql_next(&scope);
        if (tl_sql_is_char(lexer, &token, '@'))
            token = tl_sql_next(&scope);
        is_scope(lexer, &token, global_out);
        parse_at_variable(lexer, &target, next_out);
        return target;
    }
    if (is_scope(lexer, &token, global_out))
        target.token = tl_sql_next(lexer);
    *next_out = tl_sql_next(lexer);
    while (tl_sql_is_char(lexer, next_out, '.')) {
        target.token = tl_sql_next(lexer);
        *next_out = tl_sql_next(lexer);
    }
    return target;
}

static enum tl_sql_parse parse_assignment(struct tl_sql_lexer *lexer, struct tl_sql_token token,
                                          struct tl_sql_session *session,
                                          struct tl_sql_token *next_out,
                                          struct tl_sql_complaint *complaint)
{
    bool global;
    struct tl_sql_token equals;
    struct value target = parse_target(lexer, token, &global, &equals), value;

    if (tl_sql_is_char(lexer, &equals, ':'))
        equals = tl_sql_next(lexer);
    if (!tl_sql_is_char(lexer, &equals, '='))
        return tl_sql_complain(complaint, token.start, set_hint, "this SET is not understood");
    value = parse_value(lexer, next_out);
    if (target.kind == SYSTEM_VARIABLE)
        return assign(session, global ? OTHER : variable_of(lexer, &target.token), lexer, &value,
                      complaint);
    if (value.kind == SYSTEM_VARIABLE)
        save(session, lexer, &target.token);
    return TL_PARSE_OK;
}

/* SET [scope] TRANSACTION, at the word `token`. */
static bool is_transaction(const struct tl_sql_lexer *lexer, struct tl_sql_token token)
{
    struct tl_sql_lexer ahead = *lexer;
    bool global;

    if (is_scope(lexer, &token, &global))
        token = tl_sql_next(&ahead);
    return tl_sql_is_word(lexer, &token, "TRANSACTION");
}

enum tl_sql_parse tl_sql_parse_set(struct tl_sql_lexer *lexer, struct tl_sql_session *session,
                                   struct tl_sql_complaint *complaint)
{
    struct tl_sql_session changed = *session;
    struct tl_sql_token token;
    enum tl_sql_parse rc;

    do {
        token = tl_sql_next(lexer);
        if (is_transaction(lexer, token))
            return TL_PARSE_OK;
        if (tl_sql_is_word(lexer, &token, "CHARACTER"))
            token = tl_sql_next(lexer);
        if (tl_sql_is_word(lexer, &token, "NAMES") || tl_sql_is_word(lexer, &token, "CHARSET") ||
            tl_sql_is_word(lexer, &token, "SET"))
            rc = parse_names(lexer, &changed, &token, complaint);
        else
            rc = parse_assignment(lexer, token, &changed, &token, complaint);
        if (rc != TL_PARSE_OK)
            return rc;
    } while (tl_sql_is_char(lexer, &token, ','));
    if (!tl_sql_is_char(lexer, &token, ';'))
        return tl_sql_complain(complaint, token.start, set_hint, "this SET is not understood");
    *session = changed;
    return TL_PARSE_OK;
}

/* What separates modes: the writers (sql_mode.c) must find the same ones. */
static bool has_word(const char *list, const char *word)
{
    static const char separators[] = ", \t\r\n'\"";
    size_t len = strlen(word);

    for (const char *p = list; (p = strcasestr(p, word)) != NULL; p += len)
        if ((p == list || strchr(separators, p[-1])) && strchr(separators, p[len]))
            return true;
    return false;
}

struct tl_sql_mode tl_sql_mode_of(const struct tl_session_state *state, const char *fallback)
{
    const char *text = state->sql_mode_given ? state->sql_mode : fallback ? fallback : "";
    struct tl_sql_mode mode = {.no_escapes = has_word(text, "NO_BACKSLASH_ESCAPES"),
                               .ansi_quotes = has_word(text, "ANSI_QUOTES")};

    /* These stand for a list that has ANSI_QUOTES in it. */
    mode.ansi_quotes = mode.ansi_quotes || has_word(text, "ANSI") || has_word(text, "ORACLE") ||
                       has_word(text, "DB2") || has_word(text, "MSSQL") ||
                       has_word(text, "POSTGRESQL") || has_word(text, "MAXDB");
    return mode;
}
