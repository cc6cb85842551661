/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for privileges, and the statements that grant them. */
#include "rights.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "columns.h"
#include "connect.h"
#include "error.h"

#define WHAT_RIGHTS "cannot open the checkpoint"
#define NOBODYS "tidb_lightning_nobody_f3c1a9d2" /* a table that nobody has */

enum { DB_DENIED = 1044, TABLE_DENIED = 1142 };

enum right {
    SELECT = 1 << 0,
    INSERT = 1 << 1,
    UPDATE = 1 << 2,
    DELETE = 1 << 3,
    CREATE = 1 << 4,
    CREATE_VIEW = 1 << 5, /* never demanded, but granted with CREATE */
    ALTER = 1 << 6,
    DROP = 1 << 7
};

static const struct {
    unsigned right;
    const char *name;
    const char *before; /* of the statement that needs it; NULL: asked for in another way */
    const char *after;
} rows[] = {
    {SELECT, "SELECT", "SELECT " NOBODYS " FROM ", " WHERE FALSE"},
    {INSERT, "INSERT", "INSERT INTO ", " (" NOBODYS ") VALUES (0)"},
    {UPDATE, "UPDATE", "UPDATE ", " SET " NOBODYS " = 0 WHERE FALSE"},
    {DELETE, "DELETE", "DELETE FROM ", " WHERE " NOBODYS " = 0"},
    {CREATE, "CREATE", "CREATE TABLE ", " (a INT, a INT)"},
    {CREATE_VIEW, "CREATE VIEW", NULL, NULL},
    {ALTER, "ALTER", NULL, NULL},
    {DROP, "DROP", NULL, NULL},
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

/* One schema: what is needed on it, and what came out. */
struct place {
    char schema[512]; /* the name, or for a GRANT a pattern of names */
    unsigned needed;
    unsigned missing;
};

static void put_table(struct ckmy_buf *sql, const char *schema, const char *table)
{
    ckmy_put_identifier(sql, ckmy_str(schema, strlen(schema)));
    ckmy_puts(sql, ".");
    ckmy_puts(sql, table);
}

static bool is_denied(unsigned number)
{
    return number == DB_DENIED || number == TABLE_DENIED;
}

/* Whether the server denies the statement in store->sql: prepared, or run. */
static int ask(struct ckpt_store *store, bool run, bool *denied_out, struct ckpt_error *err)
{
    unsigned number = 0;

    *denied_out = false;
    if (store->sql.failed)
        return ckmy_no_memory(err);
    if (run) {
        if (mysql_real_query(store->connection, store->sql.data, store->sql.len) != 0)
            number = mysql_errno(store->connection);
    } else {
        MYSQL_STMT *stmt = mysql_stmt_init(store->connection);

        if (!stmt)
            return ckmy_no_memory(err);
        if (mysql_stmt_prepare(stmt, store->sql.data, store->sql.len) != 0)
            number = mysql_stmt_errno(stmt);
        mysql_stmt_close(stmt);
    }
    if (ckmy_is_lost(number)) {
        (void)ckmy_error(err, number, "08S01", "the connection is lost", WHAT_RIGHTS, store->where);
        ckmy_disconnect(store);
        return CKPT_ERR_LOST;
    }
    *denied_out = is_denied(number);
    return CKPT_OK;
}

static int ask_row(struct ckpt_store *store, size_t row, const char *schema, const char *table,
                   bool *denied_out, struct ckpt_error *err)
{
    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, rows[row].before);
    put_table(&store->sql, schema, table);
    ckmy_puts(&store->sql, rows[row].after);
    return ask(store, false, denied_out, err);
}

/* On the whole schema, and where that is denied on each of our tables. */
static int look_at(struct ckpt_store *store, struct place *place, struct ckpt_error *err)
{
    size_t i, t;
    int rc = CKPT_OK;

    for (i = 0; rc == CKPT_OK && i < ROW_COUNT; i++) {
        bool denied;

        if (!rows[i].before || !(place->needed & rows[i].right))
            continue;
        rc = ask_row(store, i, place->schema, NOBODYS, &denied, err);
        for (t = 0; rc == CKPT_OK && denied && t < CKMY_TABLE_COUNT; t++) {
            rc = ask_row(store, i, place->schema, ckmy_tables[t], &denied, err);
            if (rc == CKPT_OK && denied) {
                place->missing |= rows[i].right;
                break;
            }
            denied = true;
        }
    }
    return rc;
}

/* Statements that are run, on tables that are not there. */
static int look_at_rename(struct ckpt_store *store, struct place *from, struct place *to,
                          struct ckpt_error *err)
{
    bool denied;
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "ALTER TABLE ");
    put_table(&store->sql, from->schema, NOBODYS);
    ckmy_puts(&store->sql, " ADD COLUMN a INT, ADD COLUMN a INT");
    rc = ask(store, true, &denied, err);
    if (rc == CKPT_OK && denied)
        from->missing |= ALTER;
    if (rc == CKPT_OK)
        rc = look_at(store, to, err);
    if (rc != CKPT_OK || from->missing & ALTER || to->missing)
        return rc;
    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "RENAME TABLE ");
    put_table(&store->sql, from->schema, NOBODYS);
    ckmy_puts(&store->sql, " TO ");
    put_table(&store->sql, to->schema, NOBODYS);
    rc = ask(store, true, &denied, err); /* all else is allowed */
    if (rc == CKPT_OK && denied)
        from->missing |= DROP;
    return rc;
}

static void put_rights(struct ckmy_buf *text, unsigned mask)
{
    const char *separator = "";
    size_t i;

    for (i = 0; i < ROW_COUNT; i++) {
        if (!(mask & rows[i].right))
            continue;
        ckmy_puts(text, separator);
        ckmy_puts(text, rows[i].name);
        separator = ", ";
    }
}

/* 'name' for any sql_mode, in which a backslash may or may not be one. */
static void put_quoted(struct ckmy_buf *text, const char *name, size_t len)
{
    char quote = memchr(name, '\\', len) ? '`' : '\'';
    size_t i;

    ckmy_put(text, &quote, 1);
    for (i = 0; i < len; i++) {
        if (name[i] == quote)
            ckmy_put(text, &quote, 1);
        ckmy_put(text, &name[i], 1);
    }
    ckmy_put(text, &quote, 1);
}

/* "user@host" of CURRENT_USER() as 'user'@'host'. */
static int put_account(struct ckpt_store *store, struct ckmy_buf *text, struct ckpt_error *err)
{
    MYSQL_RES *result;
    MYSQL_ROW row;
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SELECT CURRENT_USER()");
    rc = ckmy_query_buf(store, &result, WHAT_RIGHTS, err);
    if (rc != CKPT_OK)
        return rc;
    row = mysql_fetch_row(result);
    if (row && row[0]) {
        const char *at = strrchr(row[0], '@');

        put_quoted(text, row[0], at ? (size_t)(at - row[0]) : strlen(row[0]));
        if (at) {
            ckmy_puts(text, "@");
            put_quoted(text, at + 1, strlen(at + 1));
        }
    }
    mysql_free_result(result);
    return CKPT_OK;
}

/* "`schema`.*" as a GRANT takes it, where '_' and '%' are wild unless escaped. */
static void put_grant_object(struct ckmy_buf *text, bool is_backup, const char *schema)
{
    char escaped[1024];
    size_t used = 0;

    for (; *schema && used + 16 < sizeof(escaped); schema++) {
        if (*schema == '_' || *schema == '%' || *schema == '\\')
            escaped[used++] = '\\';
        escaped[used++] = *schema;
    }
    if (is_backup) /* any task id */
        used += (size_t)snprintf(escaped + used, sizeof(escaped) - used, ".%%.bak");
    ckmy_put_identifier(text, ckmy_str(escaped, used));
    ckmy_puts(text, ".*");
}

/* The same for people. */
static void put_shown(struct ckmy_buf *text, bool is_backup, const char *schema)
{
    struct ckmy_buf name = {0};

    ckmy_puts(&name, schema);
    ckmy_puts(&name, is_backup ? ".<task id>.bak" : "");
    ckmy_put_identifier(text, ckmy_str(name.data, name.len));
    text->failed = text->failed || name.failed;
    ckmy_puts(text, ".*");
    ckmy_buf_done(&name);
}

/* A statement that is cut off helps nobody. */
static void put_hint(struct ckpt_error *err, const struct ckmy_buf *grants)
{
    static const char before[] = "as an administrator of the checkpoint's server: ";

    if (grants->len + sizeof(before) <= sizeof(err->hint))
        (void)ckpt_error_hint(err, 0, "%s%.*s", before, (int)grants->len, grants->data);
    else if (grants->len < sizeof(err->hint))
        (void)ckpt_error_hint(err, 0, "%.*s", (int)grants->len, grants->data);
    else
        (void)ckpt_error_hint(err, 0,
                              "as an administrator of the checkpoint's server, GRANT what is "
                              "missing; in the names of databases '_' and '%%' need a backslash");
}

/* All that is needed on a schema, not only what is missing: a grant on a name takes the place of
   one on a pattern that matches it. */
static int report(struct ckpt_store *store, const struct place *places, struct ckpt_error *err)
{
    struct ckmy_buf account = {0}, lacks = {0}, grants = {0};
    int rc = put_account(store, &account, err);
    size_t i;

    for (i = 0; rc == CKPT_OK && i < 2; i++) {
        if (!places[i].missing)
            continue;
        ckmy_puts(&lacks, lacks.len ? "; " : "");
        put_rights(&lacks, places[i].missing);
        ckmy_puts(&lacks, " on ");
        put_shown(&lacks, i == 1, store->schema);
        ckmy_puts(&grants, grants.len ? "; GRANT " : "GRANT ");
        put_rights(&grants, places[i].needed);
        ckmy_puts(&grants, " ON ");
        put_grant_object(&grants, i == 1, store->schema);
        ckmy_puts(&grants, " TO ");
        ckmy_put(&grants, account.data, account.len);
    }
    if (rc == CKPT_OK && (account.failed || lacks.failed || grants.failed))
        rc = ckmy_no_memory(err);
    if (rc == CKPT_OK) {
        rc = ckpt_error_set(err, CKPT_ERR_DENIED, TABLE_DENIED,
                            WHAT_RIGHTS " in %s: the account %.*s lacks %.*s", store->where,
                            (int)account.len, account.data, (int)lacks.len, lacks.data);
        (void)snprintf(err->sqlstate, sizeof(err->sqlstate), "42000");
        put_hint(err, &grants);
    }
    ckmy_buf_done(&account);
    ckmy_buf_done(&lacks);
    ckmy_buf_done(&grants);
    return rc;
}

int ckmy_rights_check(struct ckpt_store *store, const struct ckmy_intent *intent,
                      struct ckpt_error *err)
{
    struct place places[2] = {{.needed = SELECT}, {.needed = INSERT | CREATE}};
    int rc;

    (void)snprintf(places[0].schema, sizeof(places[0].schema), "%s", store->schema);
    /* Such a task id as there will be: a grant on a pattern must match it. */
    (void)snprintf(places[1].schema, sizeof(places[1].schema), "%s.%lld000000000.bak",
                   store->schema, (long long)time(NULL));
    if (intent->write)
        places[0].needed |= INSERT | UPDATE | DELETE;
    if (intent->write && intent->create)
        places[0].needed |= CREATE | CREATE_VIEW;
    if (intent->write && intent->rename)
        places[0].needed |= ALTER | DROP;
    rc = look_at(store, &places[0], err);
    if (rc == CKPT_OK && intent->write && intent->rename)
        rc = look_at_rename(store, &places[0], &places[1], err);
    if (rc == CKPT_OK && (places[0].missing || places[1].missing))
        rc = report(store, places, err);
    return rc;
}
