/* SPDX-License-Identifier: Apache-2.0 */
/* Creating and dropping the views. What they are called, and which columns they have, is read from
   the script. */
#include "views.h"

#include <string.h>

#include "connect.h"
#include "shape.h"

#define MAX_VIEWS 32

extern const char ckmy_views_sql[];

/* One statement of the script, which begins a line: CREATE ... VIEW <name> AS <body> */
struct view {
    struct ckpt_str statement;
    struct ckpt_str name;
    struct ckpt_str body;
};

/* Reads the statement behind *script, which goes to the end of its line; false behind the last. */
static bool next_view(struct view *view_out, const char **script)
{
    const char *end = strstr(*script, ";\n"), *begin, *name, *as;

    if (!end)
        return false;
    begin = strstr(*script, "\nCREATE ");
    name = begin ? strstr(begin, " VIEW ") : NULL;
    as = name ? strstr(name, " AS") : NULL;
    if (!as || as > end)
        return false;
    begin++;
    view_out->statement = ckmy_str(begin, (size_t)(end - begin));
    view_out->name = ckmy_str(name + 6, (size_t)(as - name - 6));
    view_out->body = ckmy_str(as + 3, (size_t)(end - as - 3));
    *script = end + 1;
    return true;
}

/* Is there anything of that name? CKPT_NOT_FOUND: no. */
static int probe_name(struct ckpt_store *store, const struct view *view, bool view_only,
                      const char *what, struct ckpt_error *err)
{
    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA=DATABASE() "
                           "AND TABLE_NAME='");
    ckmy_put(&store->sql, view->name.data, view->name.len);
    ckmy_puts(&store->sql, view_only ? "' AND TABLE_TYPE='VIEW'" : "'");
    return ckmy_probe(store, what, err);
}

void ckmy_views_refresh(struct ckpt_store *store)
{
    static const char what[] = "cannot create a view";
    const struct ckpt_host *host = store->host;
    const char *script = ckmy_views_sql;
    struct view view;

    while (next_view(&view, &script)) {
        struct ckpt_error err = {.struct_size = (uint32_t)sizeof(err)};
        int rc = probe_name(store, &view, false, what, &err);

        if (rc == CKPT_NOT_FOUND)
            rc = ckmy_run(store, view.statement.data, view.statement.len, what, &err);
        if (rc != CKPT_OK && host->log_debug)
            host->log_debug(err.message, host->payload);
    }
}

/* The result of store->sql, without rows. */
static MYSQL_RES *fields_of(struct ckpt_store *store)
{
    if (store->sql.failed || !store->connection ||
        mysql_real_query(store->connection, store->sql.data, (unsigned long)store->sql.len) != 0)
        return NULL;
    return mysql_store_result(store->connection);
}

/* A view is ours if it has the columns that ours would have. */
static bool is_ours(struct ckpt_store *store, const struct view *view)
{
    MYSQL_RES *theirs, *ours;
    unsigned i, count;
    bool same;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SELECT * FROM ");
    ckmy_put_identifier(&store->sql, view->name);
    ckmy_puts(&store->sql, " LIMIT 0");
    theirs = fields_of(store);
    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SELECT * FROM (");
    ckmy_put(&store->sql, view->body.data, view->body.len);
    ckmy_puts(&store->sql, ") v LIMIT 0");
    ours = fields_of(store);
    count = theirs ? mysql_num_fields(theirs) : 0;
    same = theirs && ours && count == mysql_num_fields(ours);
    for (i = 0; same && i < count; i++)
        same = strcmp(mysql_fetch_field_direct(theirs, i)->name,
                      mysql_fetch_field_direct(ours, i)->name) == 0;
    mysql_free_result(theirs);
    mysql_free_result(ours);
    return same;
}

static int drop(struct ckpt_store *store, const struct view *view, const char *what,
                struct ckpt_error *err)
{
    int rc = probe_name(store, view, true, what, err);

    if (rc != CKPT_OK)
        return rc == CKPT_NOT_FOUND ? CKPT_OK : rc;
    if (!is_ours(store, view))
        return CKPT_OK;
    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "DROP VIEW IF EXISTS ");
    ckmy_put_identifier(&store->sql, view->name);
    return ckmy_run_buf(store, what, err);
}

/* The last one first: a view may read those before it. */
int ckmy_views_drop(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    struct view views[MAX_VIEWS];
    const char *script = ckmy_views_sql;
    size_t count = 0;
    int rc = CKPT_OK;

    while (count < MAX_VIEWS && next_view(&views[count], &script))
        count++;
    while (rc == CKPT_OK && count > 0)
        rc = drop(store, &views[--count], what, err);
    return rc;
}
