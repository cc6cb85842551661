/* SPDX-License-Identifier: Apache-2.0 */
/* Creating, refreshing and dropping the views. */
#include "views.h"

#include <string.h>

#include "connect.h"
#include "error.h"

#define WHAT_CREATE "cannot create a view"

extern const char ckmy_views_sql[];

/* One statement of the script: CREATE ... VIEW name (columns) AS ... */
struct view {
    struct ckpt_str sql;
    struct ckpt_str name;
    const char *columns; /* behind the parenthesis, which ends at ')' */
};

/* The statement at *script, which is moved behind it; false at the end. */
static bool next_view(struct view *view, const char **script)
{
    static const char head[] = " VIEW ";
    const char *end = strstr(*script, ";\n"), *name, *paren;

    if (!end)
        return false;
    name = strstr(*script, head);
    paren = name ? strstr(name, " (") : NULL;
    if (!paren || paren > end)
        return false;
    name += sizeof(head) - 1;
    view->sql = ckmy_str(*script, (size_t)(end - *script));
    view->name = ckmy_str(name, (size_t)(paren - name));
    view->columns = paren + 2;
    *script = end + 2;
    return true;
}

/* The next name of the list, without its backquotes; false at its end. */
static bool next_column(struct ckpt_str *column, const char **columns)
{
    const char *begin = *columns + strspn(*columns, " \n,`");

    if (*begin == ')')
        return false;
    *column = ckmy_str(begin, strcspn(begin, " \n,`)"));
    *columns = begin + column->len;
    return true;
}

/* Begins a query of the server's catalogue about this name in the schema of the store. */
static int ask(struct ckpt_store *store, const char *select, const struct view *view,
               const char *order, MYSQL_RES **result_out, const char *what, struct ckpt_error *err)
{
    struct ckmy_buf *sql = &store->sql;

    ckmy_buf_clear(sql);
    ckmy_puts(sql, select);
    ckmy_puts(sql, " WHERE TABLE_SCHEMA=DATABASE() AND TABLE_NAME=");
    (void)ckmy_put_key(sql, view->name);
    ckmy_puts(sql, order);
    return ckmy_query_buf(store, result_out, what, err);
}

/* true_out: there is a row, and its first field is not 0. */
static int ask_truth(struct ckpt_store *store, const char *select, const struct view *view,
                     bool *true_out, const char *what, struct ckpt_error *err)
{
    MYSQL_RES *result;
    MYSQL_ROW row;
    int rc = ask(store, select, view, "", &result, what, err);

    if (rc != CKPT_OK)
        return rc;
    row = mysql_fetch_row(result);
    *true_out = row && row[0] && strcmp(row[0], "0") != 0;
    if (!row && mysql_errno(store->connection) != 0)
        rc = ckmy_fail(store, what, err);
    mysql_free_result(result);
    return rc;
}

static int has_columns(struct ckpt_store *store, const struct view *view, bool *same_out,
                       const char *what, struct ckpt_error *err)
{
    const char *columns = view->columns;
    struct ckpt_str column;
    MYSQL_RES *result;
    MYSQL_ROW row;
    bool same = true;
    int rc = ask(store, "SELECT COLUMN_NAME FROM information_schema.COLUMNS", view,
                 " ORDER BY ORDINAL_POSITION", &result, what, err);

    if (rc != CKPT_OK)
        return rc;
    while ((row = mysql_fetch_row(result)) != NULL)
        same = same && next_column(&column, &columns) && strlen(row[0]) == column.len &&
               memcmp(row[0], column.data, column.len) == 0;
    if (mysql_errno(store->connection) != 0)
        rc = ckmy_fail(store, what, err);
    mysql_free_result(result);
    *same_out = same && !next_column(&column, &columns);
    return rc;
}

/* Without SHOW VIEW the definition is hidden: then the columns tell. */
static int is_ours(struct ckpt_store *store, const struct view *view, bool *ours_out,
                   const char *what, struct ckpt_error *err)
{
    bool hidden = false;
    int rc = ask_truth(store,
                       "SELECT LOCATE('table_v10',VIEW_DEFINITION)"
                       "+LOCATE('chunk_v6',VIEW_DEFINITION)"
                       "+LOCATE('_progress_v1',VIEW_DEFINITION)"
                       "+LOCATE('failed_table_v1',VIEW_DEFINITION) FROM information_schema.VIEWS",
                       view, ours_out, what, err);

    if (rc == CKPT_OK && !*ours_out)
        rc = ask_truth(store, "SELECT VIEW_DEFINITION='' FROM information_schema.VIEWS", view,
                       &hidden, what, err);
    return rc == CKPT_OK && hidden ? has_columns(store, view, ours_out, what, err) : rc;
}

/* What has the name and is none of our views is never touched. */
static int is_wanted(struct ckpt_store *store, const struct view *view, bool *wanted_out,
                     struct ckpt_error *err)
{
    bool taken = false, yes = false;
    int rc =
        ask_truth(store, "SELECT 1 FROM information_schema.TABLES", view, &taken, WHAT_CREATE, err);

    if (rc == CKPT_OK && taken)
        rc = is_ours(store, view, &yes, WHAT_CREATE, err);
    if (rc == CKPT_OK && yes) {
        rc = has_columns(store, view, &yes, WHAT_CREATE, err);
        yes = !yes;
    }
    *wanted_out = !taken || yes;
    return rc;
}

/* OR REPLACE needs DROP, even where there is nothing to replace. */
static int create(struct ckpt_store *store, struct ckpt_str sql, struct ckpt_error *err)
{
    static const char replace[] = "OR REPLACE ";
    const char *found = memmem(sql.data, sql.len, replace, sizeof(replace) - 1);
    int rc = ckmy_run(store, sql.data, sql.len, WHAT_CREATE, err);

    if (rc != CKPT_ERR_DENIED || !found)
        return rc;
    ckmy_error_clear(err);
    ckmy_buf_clear(&store->sql);
    ckmy_put(&store->sql, sql.data, (size_t)(found - sql.data));
    found += sizeof(replace) - 1;
    ckmy_put(&store->sql, found, (size_t)(sql.data + sql.len - found));
    return ckmy_run_buf(store, WHAT_CREATE, err);
}

void ckmy_views_refresh(struct ckpt_store *store)
{
    const struct ckpt_host *host = store->host;
    const char *script = ckmy_views_sql;
    struct view view;

    while (next_view(&view, &script)) {
        struct ckpt_error err = {.struct_size = (uint32_t)sizeof(err)};
        bool wanted = false;
        int rc = is_wanted(store, &view, &wanted, &err);

        if (rc == CKPT_OK && wanted)
            rc = create(store, view.sql, &err);
        if (rc != CKPT_OK && host->log_debug)
            host->log_debug(err.message, host->payload);
    }
}

void ckmy_views_create_in(struct ckpt_store *store, const char *schema)
{
    store->schema_selected = false; /* whatever happens: the next call selects its own again */
    if (store->connection && mysql_select_db(store->connection, schema) == 0)
        ckmy_views_refresh(store);
}

int ckmy_views_drop(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    const char *script = ckmy_views_sql;
    struct view view;
    int rc = CKPT_OK;

    while (rc == CKPT_OK && next_view(&view, &script)) {
        bool ours = false;

        rc = is_ours(store, &view, &ours, what, err);
        if (rc != CKPT_OK || !ours)
            continue;
        ckmy_buf_clear(&store->sql);
        ckmy_puts(&store->sql, "DROP VIEW IF EXISTS ");
        ckmy_put(&store->sql, view.name.data, view.name.len);
        rc = ckmy_run_buf(store, what, err);
    }
    return rc;
}
