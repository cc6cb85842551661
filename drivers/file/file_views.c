/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The views for people, which nothing of this program reads. They are made with a new file; a file
 * without them, or with another text of one, gets them when it is opened for writing. Whether that
 * works does not matter to an import. A table that has the name of a view stays.
 */
#include <string.h>

#include "drivers/file/file_store.h"

static const char head[] = "CREATE VIEW ";

/* One statement of the script. */
struct view {
    const char *sql;
    size_t sql_len;
    const char *name;
    size_t name_len;
};

/* The next CREATE VIEW in *script, which is moved behind it; false at the end. */
static bool next_view(struct view *view, const char **script)
{
    const char *begin = strstr(*script, head);
    const char *end = begin ? strstr(begin, ";\n") : NULL;

    if (!end)
        return false;
    view->sql = begin;
    view->sql_len = (size_t)(end - begin);
    view->name = begin + sizeof(head) - 1;
    view->name_len = strcspn(view->name, " ");
    *script = end + 2;
    return true;
}

/* SQLite keeps the text of a view as it was given. */
static bool is_same(sqlite3_stmt *row, const struct view *view)
{
    const void *sql = sqlite3_column_blob(row, 1);

    return (size_t)sqlite3_column_bytes(row, 1) == view->sql_len &&
           memcmp(sql, view->sql, view->sql_len) == 0;
}

/* True when the view is missing or another one; exists_out: it has to be dropped first. */
static bool is_wanted(sqlite3 *db, const struct view *view, bool *exists_out)
{
    sqlite3_stmt *row = NULL;
    bool wanted = false;
    int rc = sqlite3_prepare_v2(db,
                                "SELECT type = 'view', sql FROM sqlite_master "
                                "WHERE name = ?1 COLLATE NOCASE",
                                -1, &row, NULL);

    *exists_out = false;
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(row, 1, view->name, (int)view->name_len, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(row);
    if (rc == SQLITE_ROW) {
        *exists_out = true;
        wanted = sqlite3_column_int(row, 0) && !is_same(row, view);
    } else if (rc == SQLITE_DONE) {
        wanted = true;
    }
    sqlite3_finalize(row);
    return wanted;
}

static bool run(sqlite3 *db, const char *before, const char *text, size_t len)
{
    char *sql = sqlite3_mprintf("%s%.*s", before, (int)len, text);
    int rc = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;

    sqlite3_free(sql);
    return rc == SQLITE_OK;
}

/* The transaction is begun by the first view that needs one. */
static bool make(sqlite3 *db, const struct view *view)
{
    bool exists;

    if (!is_wanted(db, view, &exists))
        return true;
    if (sqlite3_get_autocommit(db) && !run(db, "BEGIN IMMEDIATE", "", 0))
        return false;
    /* Looked at once more, now that nobody else can change it. */
    if (!is_wanted(db, view, &exists))
        return true;
    return (!exists || run(db, "DROP VIEW ", view->name, view->name_len)) &&
           run(db, "", view->sql, view->sql_len);
}

void file_views_refresh(struct ckpt_store *store)
{
    const char *script = file_views_sql;
    struct view view;
    bool ok = true;

    while (ok && next_view(&view, &script))
        ok = make(store->db, &view);
    if (sqlite3_get_autocommit(store->db))
        return;
    if (!ok || !run(store->db, "COMMIT", "", 0))
        (void)run(store->db, "ROLLBACK", "", 0);
}
