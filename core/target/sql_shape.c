/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See sql_shape.h.
 */
#include "core/target/sql_shape.h"

#include <ctype.h>
#include <string.h>

#include "core/target/session.h"
#include "core/target/sql_lexer.h"

/* A lexer with one token of look-ahead. */
struct scan {
    struct tl_lexer lexer;
    struct tl_token token;
    const char *text;
};

static void advance(struct scan *scan)
{
    scan->token = tl_lexer_next(&scan->lexer);
}

static bool accept_word(struct scan *scan, const char *word)
{
    if (!tl_token_is(&scan->token, word))
        return false;
    advance(scan);
    return true;
}

static bool accept_symbol(struct scan *scan, char symbol)
{
    if (!tl_token_is_symbol(&scan->token, symbol))
        return false;
    advance(scan);
    return true;
}

static bool at_any(const struct scan *scan, const char *const *words)
{
    for (; *words; words++)
        if (tl_token_is(&scan->token, *words))
            return true;
    return false;
}

static bool at_name(const struct scan *scan)
{
    return scan->token.kind == TL_TOKEN_WORD || scan->token.kind == TL_TOKEN_NAME ||
           (scan->token.kind == TL_TOKEN_STRING && *scan->token.text == '"');
}

/* IF [second] third, or nothing of it. False: an IF with something else behind it. */
static bool accept_if(struct scan *scan, const char *second, const char *third, bool *found_out)
{
    *found_out = accept_word(scan, "IF");
    return !*found_out || ((!second || accept_word(scan, second)) && accept_word(scan, third));
}

/* [db.]name, or .name for the current database. */
static bool take_name(struct scan *scan, struct tl_sql_shape *shape)
{
    size_t begin = (size_t)(scan->token.text - scan->text);
    size_t end;

    if (!at_name(scan))
        return false;
    end = begin + scan->token.len;
    advance(scan);
    if (accept_symbol(scan, '.')) {
        if (!at_name(scan))
            return false;
        end = (size_t)(scan->token.text - scan->text) + scan->token.len;
        advance(scan);
    }
    shape->name_begin = begin;
    shape->name_end = end;
    return true;
}

static enum tl_sql_kind named(struct scan *scan, struct tl_sql_shape *shape, enum tl_sql_kind kind)
{
    return take_name(scan, shape) ? kind : TL_SQL_OTHER;
}

static enum tl_sql_kind create_named(struct scan *scan, struct tl_sql_shape *shape,
                                     enum tl_sql_kind kind)
{
    if (!accept_if(scan, "NOT", "EXISTS", &shape->if_not_exists))
        return TL_SQL_OTHER;
    return named(scan, shape, kind);
}

/* user, 'user'@'host', CURRENT_USER(), a role. */
static void skip_account(struct scan *scan)
{
    advance(scan);
    if (accept_symbol(scan, '@'))
        advance(scan);
    else if (accept_symbol(scan, '('))
        (void)accept_symbol(scan, ')');
}

/* What may stand between CREATE and the kind of object. */
static void skip_attributes(struct scan *scan)
{
    for (;;) {
        if (accept_word(scan, "DEFINER")) {
            (void)accept_symbol(scan, '=');
            skip_account(scan);
        } else if (accept_word(scan, "ALGORITHM")) {
            (void)accept_symbol(scan, '=');
            advance(scan);
        } else if (accept_word(scan, "SQL")) {
            (void)accept_word(scan, "SECURITY");
            advance(scan);
        } else if (!accept_word(scan, "AGGREGATE")) {
            return;
        }
    }
}

static enum tl_sql_kind shape_index(struct scan *scan, struct tl_sql_shape *shape)
{
    while (scan->token.kind != TL_TOKEN_END && scan->token.kind != TL_TOKEN_BROKEN)
        if (accept_word(scan, "ON"))
            return named(scan, shape, TL_SQL_CREATE_INDEX);
        else
            advance(scan);
    return TL_SQL_OTHER;
}

static enum tl_sql_kind shape_create(struct scan *scan, struct tl_sql_shape *shape)
{
    static const char *const routines[] = {"TRIGGER", "PROCEDURE", "FUNCTION",
                                           "EVENT",   "PACKAGE",   NULL};
    static const char *const indexes[] = {"UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", "INDEX", NULL};
    size_t begin = (size_t)(scan->token.text - scan->text);

    if (accept_word(scan, "OR")) {
        if (!tl_token_is(&scan->token, "REPLACE"))
            return TL_SQL_OTHER;
        shape->replace_begin = begin;
        shape->replace_end = (size_t)(scan->token.text - scan->text) + scan->token.len;
        advance(scan);
    }
    skip_attributes(scan);
    if (accept_word(scan, "DATABASE") || accept_word(scan, "SCHEMA"))
        return create_named(scan, shape, TL_SQL_CREATE_DATABASE);
    if (accept_word(scan, "TABLE"))
        return create_named(scan, shape, TL_SQL_CREATE_TABLE);
    if (accept_word(scan, "VIEW"))
        return create_named(scan, shape, TL_SQL_CREATE_VIEW);
    if (at_any(scan, indexes))
        return shape_index(scan, shape);
    return at_any(scan, routines) ? TL_SQL_ROUTINE : TL_SQL_OTHER;
}

static enum tl_sql_kind shape_alter(struct scan *scan, struct tl_sql_shape *shape)
{
    bool if_exists;

    (void)accept_word(scan, "ONLINE");
    (void)accept_word(scan, "IGNORE");
    if (!accept_word(scan, "TABLE") || !accept_if(scan, NULL, "EXISTS", &if_exists))
        return TL_SQL_OTHER;
    return named(scan, shape, TL_SQL_ALTER_TABLE);
}

static enum tl_sql_kind shape_set(struct scan *scan)
{
    static const char
        *const wide[] = {"GLOBAL",      "PERSIST", "PERSIST_ONLY",      "PASSWORD", "SQL_LOG_BIN",
                         "GTID_PURGED", "ROLE",    "PSEUDO_SLAVE_MODE", "CONFIG",   "STATEMENT",
                         NULL}; /* SET STATEMENT x = 1 FOR DROP ... */

    for (; scan->token.kind != TL_TOKEN_END && scan->token.kind != TL_TOKEN_BROKEN; advance(scan))
        if (at_any(scan, wide))
            return TL_SQL_SET_GLOBAL;
    return TL_SQL_SET;
}

static enum tl_sql_kind kind_of(struct scan *scan, struct tl_sql_shape *shape)
{
    static const char *const rows[] = {"INSERT", "REPLACE",  "LOAD", "UPDATE",
                                       "DELETE", "TRUNCATE", NULL};
    static const char *const transaction[] = {"LOCK",   "UNLOCK",   "BEGIN", "START",
                                              "COMMIT", "ROLLBACK", NULL};

    if (scan->token.kind == TL_TOKEN_END)
        return TL_SQL_EMPTY;
    if (accept_word(scan, "CREATE"))
        return shape_create(scan, shape);
    if (accept_word(scan, "ALTER"))
        return shape_alter(scan, shape);
    if (accept_word(scan, "SET"))
        return shape_set(scan);
    if (tl_token_is(&scan->token, "DROP"))
        return TL_SQL_DROP;
    if (tl_token_is(&scan->token, "USE"))
        return TL_SQL_USE;
    if (at_any(scan, rows))
        return TL_SQL_ROWS;
    return at_any(scan, transaction) ? TL_SQL_TRANSACTION : TL_SQL_OTHER;
}

struct tl_sql_shape tl_sql_shape_of(const char *text, size_t len, bool backslash)
{
    struct tl_sql_shape shape;
    struct scan scan;

    memset(&shape, 0, sizeof(shape));
    scan.text = text;
    tl_lexer_init(&scan.lexer, text, len, backslash);
    advance(&scan);
    shape.kind = kind_of(&scan, &shape);
    return shape;
}

int tl_sql_rewrite(struct tl_buf *sql, const char *text, size_t len,
                   const struct tl_sql_shape *shape, const char *db, const char *name)
{
    bool guard = !shape->if_not_exists &&
                 (shape->kind == TL_SQL_CREATE_DATABASE || shape->kind == TL_SQL_CREATE_TABLE);
    size_t from = shape->replace_end;
    /* As in CREATE TABLE`t`. */
    bool glued = shape->name_begin > 0 && isalpha((unsigned char)text[shape->name_begin - 1]);
    int rc = tl_buf_add(sql, text, shape->replace_begin);

    if (rc == TL_OK)
        rc = tl_buf_add(sql, text + from, shape->name_begin - from);
    if (rc == TL_OK && guard)
        rc = tl_buf_adds(sql, glued ? " IF NOT EXISTS " : "IF NOT EXISTS ");
    if (rc == TL_OK)
        rc = tl_sql_add_name(sql, db);
    if (rc == TL_OK && name)
        rc = tl_buf_adds(sql, ".");
    if (rc == TL_OK && name)
        rc = tl_sql_add_name(sql, name);
    if (rc == TL_OK)
        rc = tl_buf_add(sql, text + shape->name_end, len - shape->name_end);
    return rc;
}

bool tl_sql_charset_of(const char *text, size_t len, char *charset_out, size_t size)
{
    struct scan scan;

    tl_lexer_init(&scan.lexer, text, len, true);
    advance(&scan);
    while (scan.token.kind != TL_TOKEN_END && scan.token.kind != TL_TOKEN_BROKEN) {
        bool names = accept_word(&scan, "NAMES");
        bool client = !names && accept_word(&scan, "character_set_client");
        bool quoted = scan.token.kind == TL_TOKEN_STRING;
        size_t n;

        if (client && accept_symbol(&scan, '='))
            quoted = scan.token.kind == TL_TOKEN_STRING;
        if ((!names && !client) || (scan.token.kind != TL_TOKEN_WORD && !quoted)) {
            if (!names && !client)
                advance(&scan);
            continue;
        }
        n = scan.token.len - (quoted ? 2 : 0);
        if (n >= size)
            return false;
        for (size_t i = 0; i < n; i++)
            charset_out[i] = (char)tolower((unsigned char)scan.token.text[i + (quoted ? 1 : 0)]);
        charset_out[n] = '\0';
        return true;
    }
    return false;
}

bool tl_sql_mentions(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(text + i, word, n) == 0)
            return true;
    return false;
}
