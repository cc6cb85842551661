/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a store, or moving it to another schema. Foreign tables in the schema stay. */
#include "retire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "columns.h"
#include "connect.h"
#include "error.h"
#include "layout.h"
#include "views.h"

#define WHAT_REMOVE "cannot remove the checkpoint"
#define WHAT_RENAME "cannot rename the checkpoint"

/* True when anything lives in the schema that this user can see. A user who may drop the schema
   sees everything in it. */
static int schema_is_used(struct ckpt_store *store, bool *used_out, struct ckpt_error *err)
{
    static const char *const catalogs[][2] = {
        {"TABLES", "TABLE_SCHEMA"}, {"ROUTINES", "ROUTINE_SCHEMA"}, {"EVENTS", "EVENT_SCHEMA"}};
    bool used = false;
    size_t i;

    for (i = 0; !used && i < sizeof(catalogs) / sizeof(catalogs[0]); i++) {
        MYSQL_RES *result;
        int rc;

        ckmy_buf_clear(&store->sql);
        ckmy_puts(&store->sql, "SELECT 1 FROM information_schema.");
        ckmy_puts(&store->sql, catalogs[i][0]);
        ckmy_puts(&store->sql, " WHERE ");
        ckmy_puts(&store->sql, catalogs[i][1]);
        ckmy_puts(&store->sql, "=DATABASE() LIMIT 1");
        rc = ckmy_query_buf(store, &result, WHAT_REMOVE, err);
        if (rc != CKPT_OK)
            return rc;
        used = mysql_fetch_row(result) != NULL;
        if (!used && mysql_errno(store->connection) != 0)
            rc = ckmy_fail(store, WHAT_REMOVE, err);
        mysql_free_result(result);
        if (rc != CKPT_OK)
            return rc;
    }
    *used_out = used;
    return CKPT_OK;
}

/* The rows are gone: a store of empty tables is as good as none, for a user who may not drop. */
static int leave_tables(struct ckpt_store *store, struct ckpt_error *err)
{
    const struct ckpt_host *host = store->host;

    if (host->log_debug)
        host->log_debug("the tables of the checkpoint are empty, and stay: DROP is denied",
                        host->payload);
    ckmy_error_clear(err);
    return CKPT_OK;
}

static int drop_tables(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc = ckmy_views_drop(store, WHAT_REMOVE, err);
    size_t i;

    if (rc == CKPT_ERR_DENIED)
        return leave_tables(store, err);
    for (i = CKMY_TABLE_COUNT; rc == CKPT_OK && i > 0; i--) {
        ckmy_buf_clear(&store->sql);
        ckmy_puts(&store->sql, "DROP TABLE IF EXISTS ");
        ckmy_puts(&store->sql, ckmy_tables[i - 1]);
        rc = ckmy_run_buf(store, WHAT_REMOVE, err);
    }
    return rc == CKPT_ERR_DENIED ? leave_tables(store, err) : rc;
}

static int drop_schema_if_empty(struct ckpt_store *store, struct ckpt_error *err)
{
    bool used = true;
    int rc = schema_is_used(store, &used, err);

    if (rc != CKPT_OK || used)
        return rc;
    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "DROP DATABASE IF EXISTS ");
    ckmy_put_identifier(&store->sql, ckmy_str(store->schema, strlen(store->schema)));
    rc = ckmy_run_buf(store, WHAT_REMOVE, err);
    if (rc == CKPT_OK)
        store->schema_selected = false;
    if (rc != CKPT_ERR_DENIED)
        return rc;
    ckmy_error_clear(err); /* an empty schema that somebody else made for this user harms nobody */
    return CKPT_OK;
}

/* Rows first, in one transaction: were it interrupted between the tables, the rest is empty and
   counts as a store that was never finished. */
static int remove_store(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc = ckmy_layout_inspect(store, err);

    if (rc == CKPT_OK) {
        rc = ckmy_begin(store, false, WHAT_REMOVE, err);
        if (rc == CKPT_OK)
            rc = ckmy_delete_all(store, WHAT_REMOVE, err);
        if (rc == CKPT_OK)
            rc = ckmy_commit(store, WHAT_REMOVE, err);
        if (rc != CKPT_OK)
            ckmy_end(store);
    } else if (rc == CKPT_NOT_FOUND) {
        ckmy_error_clear(err);
        rc = CKPT_OK;
    }
    if (rc == CKPT_OK)
        rc = drop_tables(store, err);
    return rc == CKPT_OK ? drop_schema_if_empty(store, err) : rc;
}

static int backup_name(char *name_out, size_t size, const struct ckpt_store *store, int64_t task_id,
                       struct ckpt_error *err)
{
    int len = snprintf(name_out, size, "%s.%" PRId64 ".bak", store->schema, task_id);

    if (len > 0 && (size_t)len < size &&
        ckmy_key_chars(ckmy_str(name_out, (size_t)len)) <= CKMY_MAX_SCHEMA)
        return CKPT_OK;
    (void)ckpt_error_set(err, CKPT_ERR_USAGE, 0,
                         WHAT_RENAME ": the name '%s.%" PRId64 ".bak' has more than %u characters",
                         store->schema, task_id, CKMY_MAX_SCHEMA);
    return ckpt_error_hint(err, CKPT_ERR_USAGE, "choose a shorter checkpoint.schema");
}

static int rename_tables(struct ckpt_store *store, struct ckpt_str backup, struct ckpt_error *err)
{
    struct ckmy_buf *sql = &store->sql;
    size_t i;

    ckmy_buf_clear(sql);
    for (i = 0; i < CKMY_TABLE_COUNT; i++) {
        ckmy_puts(sql, i == 0 ? "RENAME TABLE " : ", ");
        ckmy_puts(sql, ckmy_tables[i]);
        ckmy_puts(sql, " TO ");
        ckmy_put_identifier(sql, backup);
        ckmy_puts(sql, ".");
        ckmy_puts(sql, ckmy_tables[i]);
    }
    return ckmy_run_buf(store, WHAT_RENAME, err);
}

/* The views stay behind, where they would show nothing, and go with the tables instead. */
static int rename_store(struct ckpt_store *store, int64_t task_id, struct ckpt_error *err)
{
    char name[512];
    struct ckpt_str backup;
    int rc = backup_name(name, sizeof(name), store, task_id, err);

    if (rc == CKPT_OK)
        rc = ckmy_layout_inspect(store, err);
    if (rc == CKPT_NOT_FOUND) { /* renamed already */
        ckmy_error_clear(err);
        return CKPT_OK;
    }
    if (rc != CKPT_OK)
        return rc;
    backup = ckmy_str(name, strlen(name));
    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "CREATE DATABASE IF NOT EXISTS ");
    ckmy_put_identifier(&store->sql, backup);
    ckmy_puts(&store->sql, " DEFAULT CHARACTER SET utf8mb4");
    rc = ckmy_run_buf(store, WHAT_RENAME, err);
    if (rc == CKPT_OK)
        rc = rename_tables(store, backup, err);
    if (rc == CKPT_OK)
        rc = ckmy_views_drop(store, WHAT_RENAME, err);
    return rc;
}

int ckmy_retire(struct ckpt_store *store, uint32_t how, int64_t task_id, struct ckpt_error *err)
{
    int rc;

    if (how == CKPT_RETIRE_KEEP)
        return CKPT_OK;
    if (how != CKPT_RETIRE_REMOVE && how != CKPT_RETIRE_RENAME)
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "unknown way %u to retire a checkpoint",
                              (unsigned)how);
    if (store->read_only)
        return ckpt_error_set(err, CKPT_ERR_READ_ONLY, 0,
                              WHAT_REMOVE " in %s: it is open read-only", store->where);
    /* As a transaction that changes nothing, for its way of finding a lost connection. */
    rc = ckmy_begin(store, false, how == CKPT_RETIRE_REMOVE ? WHAT_REMOVE : WHAT_RENAME, err);
    if (rc == CKPT_NOT_FOUND) { /* the whole schema is gone already */
        ckmy_error_clear(err);
        return CKPT_OK;
    }
    if (rc != CKPT_OK)
        return rc;
    ckmy_end(store);
    if (!store->connection)
        return ckpt_error_set(err, CKPT_ERR_LOST, 0, WHAT_REMOVE " in %s: the connection is lost",
                              store->where);
    store->layout_seen = false;
    return how == CKPT_RETIRE_REMOVE ? remove_store(store, err) : rename_store(store, task_id, err);
}
