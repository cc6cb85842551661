/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question to the server: may this account do that? See rights.h.
 */
#include <stdio.h>
#include <string.h>

#include "core/target/rights_internal.h"

/* A name that no dump has: rights on it are those on every table of the database. */
#define NOBODYS "tidb_lightning_nobody_f3c1a9d2"

enum { DB_DENIED = 1044, TABLE_DENIED = 1142 };

/* A prepare asks for nothing with the last three, so these are run: the first two end in an error
   on any table, the last is only run on nobody's. */
struct probe {
    unsigned right;
    bool run;
    const char *before;
    const char *after;
};

static const struct probe probes[] = {
    {TL_RIGHT_SELECT, false, "SELECT " NOBODYS " FROM ", " WHERE FALSE"},
    {TL_RIGHT_INSERT, false, "INSERT INTO ", " (" NOBODYS ") VALUES (0)"},
    {TL_RIGHT_UPDATE, false, "UPDATE ", " SET " NOBODYS " = 0 WHERE FALSE"},
    {TL_RIGHT_DELETE, false, "DELETE FROM ", " WHERE " NOBODYS " = 0"},
    {TL_RIGHT_CREATE, false, "CREATE TABLE ", " (a INT, a INT)"},
    {TL_RIGHT_CREATE_VIEW, false, "CREATE VIEW ", " AS SELECT 1 AS a, 1 AS a"},
    {TL_RIGHT_ALTER, true, "ALTER TABLE ", " ADD COLUMN a INT, ADD COLUMN a INT"},
    {TL_RIGHT_INDEX, true, "CREATE INDEX " NOBODYS " ON ", " (" NOBODYS ")"},
    {TL_RIGHT_DROP, true, "TRUNCATE TABLE ", ""},
};

static const struct probe *find(unsigned right)
{
    for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
        if (probes[i].right == right)
            return &probes[i];
    return NULL;
}

static int prepare(struct tl_session *session, const struct tl_buf *sql, struct tl_error *err)
{
    MYSQL_STMT *stmt = mysql_stmt_init(tl_session_mysql(session));
    int rc = TL_OK;

    if (!stmt)
        return tl_error_nomem(err);
    if (mysql_stmt_prepare(stmt, sql->data, (unsigned long)sql->len) != 0)
        rc = tl_session_stmt_error(stmt, err);
    mysql_stmt_close(stmt);
    return rc;
}

bool tl_grant_gives(const char *line, bool global, const char *const *words)
{
    const char *on = strstr(line, " ON ");

    if (strncmp(line, "GRANT ", 6) != 0 || !on)
        return false;
    if (global ? strncmp(on, " ON *.* TO ", 11) != 0 : strstr(on, "* TO ") != NULL)
        return false;
    for (; *words; words++) {
        const char *word = strstr(line, *words);

        if (word && word < on)
            return true;
    }
    return false;
}

struct search {
    const char *const *words;
    bool global;
    bool found;
};

static int take_grant(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                      struct tl_error *err)
{
    struct search *search = payload;

    (void)lengths, (void)count, (void)err;
    if (columns[0] && tl_grant_gives(columns[0], search->global, search->words))
        search->found = true;
    return TL_OK;
}

/* Also found when the server does not tell. */
static int find_words(struct tl_session *session, const char *const *words, bool global,
                      bool *found_out, struct tl_error *err)
{
    struct search search = {words, global, false};
    int rc = tl_session_query(session, "SHOW GRANTS", take_grant, &search, err);

    if (rc < 0 && !tl_error_is_lost(err)) {
        search.found = true;
        rc = TL_OK;
    }
    /* Only MariaDB has PUBLIC; elsewhere it is a user that is not there. */
    if (rc == TL_OK && !search.found)
        rc = tl_session_query(session, "SHOW GRANTS FOR PUBLIC", take_grant, &search, err);
    if (rc < 0 && tl_error_is_lost(err))
        return rc;
    tl_error_init(err);
    *found_out = search.found;
    return TL_OK;
}

int tl_rights_global(struct tl_session *session, const char *const *words, bool *has_out,
                     struct tl_error *err)
{
    return find_words(session, words, true, has_out, err);
}

/* Nothing harmless can be run on a table that is there: its grants are looked through instead. */
static int drop_denied(struct tl_session *session, bool *denied_out, struct tl_error *err)
{
    static const char *const words[] = {"DROP", "ALL PRIVILEGES", NULL};
    bool found = false;
    int rc = find_words(session, words, false, &found, err);

    *denied_out = rc == TL_OK && !found;
    return rc;
}

int tl_rights_denied(struct tl_session *session, const char *db, const char *name, unsigned right,
                     bool *denied_out, struct tl_error *err)
{
    const struct probe *probe = find(right);
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc;

    tl_buf_init(&sql, 8192);
    *denied_out = false;
    if (!probe)
        return TL_OK;
    if (right == TL_RIGHT_DROP && name)
        return drop_denied(session, denied_out, err);
    if (tl_buf_adds(&sql, probe->before) || tl_sql_add_name(&sql, db) || tl_buf_adds(&sql, ".") ||
        tl_sql_add_name(&sql, name ? name : NOBODYS) || tl_buf_adds(&sql, probe->after))
        return tl_error_nomem(err);
    rc = probe->run ? tl_session_exec(session, sql.data, sql.len, NULL, err)
                    : prepare(session, &sql, err);
    if (rc == TL_ERR_DB && err->retryable)
        return rc;
    *denied_out = rc == TL_ERR_DB && (err->native == DB_DENIED || err->native == TABLE_DENIED);
    tl_error_init(err);
    return rc == TL_ERR_NOMEM ? tl_error_nomem(err) : TL_OK;
}

int tl_rights_on_database(struct tl_session *session, const char *db, unsigned mask, bool *has_out,
                          struct tl_error *err)
{
    bool denied = false;
    int rc = TL_OK;

    for (unsigned right = 1; rc == TL_OK && !denied && right <= mask; right <<= 1)
        if (mask & right)
            rc = tl_rights_denied(session, db, NULL, right, &denied, err);
    if (rc == TL_OK)
        *has_out = !denied;
    return rc;
}
