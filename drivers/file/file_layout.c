/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the tables of an open file with those that this program makes: kind, columns, keys and
 * their collations. The model is a database in memory, made from the same script, so that there is
 * no second list to keep true. What differs is named; nothing is mended.
 */
#include <stdio.h>
#include <string.h>

#include "drivers/file/file_store.h"

/* One row for each fact: the name of a table or view, and the fact. No columns of views: one of
   them may not be usable in a file of another layout. */
static const char facts_sql[] =
    "SELECT m.name, -1 AS place, 0 AS part, 'a ' || m.type AS fact FROM main.sqlite_master m "
    "WHERE m.type IN ('table', 'view') UNION ALL "
    "SELECT m.name, 0, x.cid, 'the column ' || x.name || ' ' || upper(x.type) || "
    "CASE WHEN x.\"notnull\" THEN ' NOT NULL' ELSE '' END FROM main.sqlite_master m "
    "JOIN pragma_table_xinfo(m.name) x WHERE m.type = 'table' UNION ALL "
    "SELECT m.name, CASE i.origin WHEN 'pk' THEN 1 ELSE 2 END, k.seqno, "
    "CASE i.origin WHEN 'pk' THEN 'the primary key' ELSE 'a unique key' END || ' part ' || "
    "coalesce(k.name, '?') || ' ' || k.coll FROM main.sqlite_master m "
    "JOIN pragma_index_list(m.name) i JOIN pragma_index_xinfo(i.name) k "
    "WHERE m.type = 'table' AND i.\"unique\" AND k.key ORDER BY 1, 2, 3";

enum { FACT_TABLE, FACT_PLACE, FACT_PART, FACT_TEXT };

static const char *text_of(sqlite3_stmt *facts, int column)
{
    const char *text = (const char *)sqlite3_column_text(facts, column);

    return text ? text : "";
}

static int refuse(struct ckpt_store *store, const char *table, const char *format, const char *a,
                  const char *b, struct ckpt_error *err)
{
    char difference[256], what[400];

    (void)snprintf(difference, sizeof(difference), format, a, b);
    (void)snprintf(what, sizeof(what), "not of the layout that this program makes: its table %s %s",
                   table, difference);
    return file_refuse(store->path, what, err);
}

/* The next fact, or none (*there_out false). */
static int next(sqlite3_stmt *facts, bool *there_out)
{
    int rc = sqlite3_step(facts);

    *there_out = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A fact of the model against the one that the file has in its place. */
static int compare_fact(struct ckpt_store *store, sqlite3_stmt *model, sqlite3_stmt *file,
                        bool in_file, struct ckpt_error *err)
{
    const char *table = text_of(model, FACT_TABLE), *fact = text_of(model, FACT_TEXT);
    bool same_table = in_file && strcmp(text_of(file, FACT_TABLE), table) == 0;

    if (!same_table && sqlite3_column_int(model, FACT_PLACE) < 0)
        return refuse(store, table, "is missing", "", "", err);
    if (!same_table || sqlite3_column_int(file, FACT_PLACE) > sqlite3_column_int(model, FACT_PLACE))
        return refuse(store, table, "has not %.80s", fact, "", err);
    if (sqlite3_column_int(file, FACT_PLACE) < sqlite3_column_int(model, FACT_PLACE))
        return refuse(store, table, "also has %.80s", text_of(file, FACT_TEXT), "", err);
    if (strcmp(text_of(file, FACT_TEXT), fact) != 0)
        return refuse(store, table, "has %.80s in the place of %.80s", text_of(file, FACT_TEXT),
                      fact, err);
    return CKPT_OK;
}

/* Both come ordered by table; tables that only the file has are not ours. */
static int compare(struct ckpt_store *store, sqlite3_stmt *model, sqlite3_stmt *file,
                   struct ckpt_error *err)
{
    char last[64] = "";
    bool in_model = true, in_file = true;
    int rc = CKPT_OK, sqlite = next(model, &in_model);

    if (sqlite == SQLITE_OK)
        sqlite = next(file, &in_file);
    while (rc == CKPT_OK && sqlite == SQLITE_OK && (in_model || in_file)) {
        int order = !in_model  ? 1
                    : !in_file ? -1
                               : strcmp(text_of(model, FACT_TABLE), text_of(file, FACT_TABLE));

        if (order > 0) { /* more about the table before, or a foreign one */
            if (strcmp(text_of(file, FACT_TABLE), last) == 0)
                rc = refuse(store, last, "also has %.80s", text_of(file, FACT_TEXT), "", err);
            sqlite = next(file, &in_file);
            continue;
        }
        rc = compare_fact(store, model, file, in_file, err);
        (void)snprintf(last, sizeof(last), "%s", text_of(model, FACT_TABLE));
        sqlite = next(model, &in_model);
        if (sqlite == SQLITE_OK && rc == CKPT_OK)
            sqlite = next(file, &in_file);
    }
    if (rc == CKPT_OK && sqlite != SQLITE_OK)
        rc = file_fail(store->db, sqlite, store->path, "check", err);
    return rc;
}

int file_layout_check(struct ckpt_store *store, struct ckpt_error *err)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *model = NULL, *file = NULL;
    int rc = CKPT_OK;
    int sqlite = sqlite3_open_v2(
        ":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, NULL);

    if (sqlite == SQLITE_OK)
        sqlite = sqlite3_exec(db, file_layout_sql, NULL, NULL, NULL);
    if (sqlite == SQLITE_OK)
        sqlite = sqlite3_prepare_v2(db, facts_sql, -1, &model, NULL);
    if (sqlite != SQLITE_OK)
        rc = file_fail(NULL, sqlite, store->path, "check", err);
    if (rc == CKPT_OK && sqlite3_prepare_v2(store->db, facts_sql, -1, &file, NULL) != SQLITE_OK)
        rc = file_fail(store->db, sqlite3_errcode(store->db), store->path, "check", err);
    if (rc == CKPT_OK)
        rc = compare(store, model, file, err);
    sqlite3_finalize(model);
    sqlite3_finalize(file);
    sqlite3_close(db);
    return rc;
}
