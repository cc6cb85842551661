/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of the ledger (sql/mysql/ledger_v1.sql): whether they are there, and making them.
 */
#include <stdio.h>
#include <string.h>

#include "core/target/ledger_internal.h"

enum { TABLE_COUNT = 4 };

extern const char tl_sql_ledger_v1[];

struct found_tables {
    unsigned count;
    char other_engine[64];
};

static int take_table(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                      struct tl_error *err)
{
    struct found_tables *found = payload;

    (void)lengths, (void)count, (void)err;
    found->count++;
    if (!columns[0] || strcasecmp(columns[0], "InnoDB") != 0)
        snprintf(found->other_engine, sizeof(found->other_engine), "%s",
                 columns[0] ? columns[0] : "no");
    return TL_OK;
}

static int look(struct tl_session *session, const char *schema, struct found_tables *found,
                struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc;

    tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
    if (tl_buf_adds(&sql, "SELECT engine FROM information_schema.tables WHERE table_schema = ") ||
        tl_sql_add_text(&sql, schema, strlen(schema)) ||
        tl_buf_adds(&sql, " AND table_name IN ('task_v1', 'writer_v1', 'chunk_v1', 'batch_v1')"))
        return tl_error_nomem(err);
    rc = tl_session_query(session, sql.data, take_table, found, err);
    if (rc == TL_OK && found->other_engine[0])
        rc = tl_error_set(err, TL_ERR_REFUSED,
                          "the ledger in %s has tables of the engine %s: it must be InnoDB, as the "
                          "data that it accounts for",
                          schema, found->other_engine);
    return rc;
}

static int look_for_schema(struct tl_session *session, const char *schema, bool *exists_out,
                           struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    uint64_t count = 0;
    int rc;

    tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
    if (tl_buf_adds(&sql,
                    "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ") ||
        tl_sql_add_text(&sql, schema, strlen(schema)))
        return tl_error_nomem(err);
    rc = tl_session_scalar_u64(session, sql.data, &count, err);
    *exists_out = rc == TL_OK && count > 0;
    return rc;
}

int tl_ledger_exists(struct tl_session *session, const char *schema, bool *exists_out,
                     struct tl_error *err)
{
    struct found_tables found = {0, ""};
    int rc = look(session, schema, &found, err);

    if (rc == TL_OK)
        *exists_out = found.count == TABLE_COUNT;
    return rc;
}

/* The embedded text with the schema's name put in. */
static int fill_in(struct tl_buf *sql, const char *text, const char *schema)
{
    static const char mark[] = "{schema}";
    struct tl_ledger_name name = tl_ledger_quote(schema);
    const char *at;
    int rc = TL_OK;

    while (rc == TL_OK && (at = strstr(text, mark)) != NULL) {
        rc = tl_buf_add(sql, text, (size_t)(at - text));
        if (rc == TL_OK)
            rc = tl_buf_adds(sql, name.text);
        text = at + sizeof(mark) - 1;
    }
    if (rc == TL_OK)
        rc = tl_buf_adds(sql, text);
    return rc;
}

/* A creation that was interrupted may have made the tables, but not the row that claims lock. */
static int ensure_sentinel(struct tl_session *session, const char *schema, struct tl_error *err)
{
    struct tl_ledger_name name = tl_ledger_quote(schema);
    char sql[1024];
    uint64_t one;
    int rc;

    snprintf(sql, sizeof(sql), "SELECT 1 FROM %s.task_v1 WHERE task_id = 0", name.text);
    rc = tl_session_scalar_u64(session, sql, &one, err);
    if (rc != TL_NOT_FOUND)
        return rc;
    return tl_session_execf(session, err, "INSERT IGNORE INTO %s.task_v1 (task_id) VALUES (0)",
                            name.text);
}

int tl_ledger_create(struct tl_session *session, const char *schema, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    struct tl_ledger_name name = tl_ledger_quote(schema);
    struct found_tables found = {0, ""};
    int rc;

    tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
    rc = look(session, schema, &found, err);
    /* Looked at first: somebody who may not create may still use what is there. */
    if (rc != TL_OK)
        return rc;
    if (found.count == TABLE_COUNT)
        return ensure_sentinel(session, schema, err);
    if (tl_buf_addf(&sql,
                    "CREATE DATABASE IF NOT EXISTS %s DEFAULT CHARACTER SET utf8mb4 COLLATE "
                    "utf8mb4_bin;\n",
                    name.text) ||
        fill_in(&sql, tl_sql_ledger_v1, schema))
        return tl_error_nomem(err);
    while (sql.len > 0 && strchr("\n ;", sql.data[sql.len - 1]))
        sql.data[--sql.len] = '\0';
    rc = tl_session_exec(session, sql.data, sql.len, NULL, err);
    if (rc != TL_OK)
        return tl_error_context(err, "cannot create the ledger in %s", schema);
    memset(&found, 0, sizeof(found));
    return look(session, schema, &found, err);
}

int tl_ledger_rights_on(struct tl_rights *rights, const char *schema, unsigned mask,
                        struct tl_error *err)
{
    static const char *const tables[TABLE_COUNT] = {"task_v1", "writer_v1", "chunk_v1", "batch_v1"};
    int rc = TL_OK;

    for (size_t i = 0; rc == TL_OK && i < TABLE_COUNT; i++)
        rc = tl_rights_need(rights, schema, tables[i], mask, err);
    return rc;
}

int tl_ledger_rights(struct tl_rights *rights, struct tl_session *session, const char *schema,
                     struct tl_error *err)
{
    struct found_tables found = {0, ""};
    bool exists = false;
    int rc = look(session, schema, &found, err);

    if (rc != TL_OK || found.count == TABLE_COUNT)
        return rc == TL_OK ? tl_ledger_rights_on(rights, schema, TL_LEDGER_RIGHTS, err) : rc;
    rc = look_for_schema(session, schema, &exists, err);
    if (rc == TL_OK && !exists)
        rc = tl_rights_need(rights, schema, NULL, TL_RIGHT_CREATE, err);
    if (rc != TL_OK)
        return rc;
    return tl_ledger_rights_on(rights, schema, TL_LEDGER_RIGHTS | TL_RIGHT_CREATE, err);
}
