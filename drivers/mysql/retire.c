/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a store, or moving it to another schema. Foreign tables in the schema stay. */
#include "retire.h"

#include <string.h>

#include "apply.h"
#include "backup.h"
#include "columns.h"
#include "connect.h"
#include "error.h"
#include "layout.h"
#include "schema.h"
#include "shape.h"
#include "views.h"

#define WHAT_REMOVE "cannot remove the checkpoint"
#define WHAT_RENAME "cannot rename the checkpoint"

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
    return rc == CKPT_OK ? ckmy_schema_drop_if_ours(store, WHAT_REMOVE, err) : rc;
}

/* CKPT_NOT_FOUND: no table has a row. */
static int any_row(struct ckpt_store *store, struct ckpt_error *err)
{
    size_t i;
    int rc = CKPT_NOT_FOUND;

    for (i = 0; rc == CKPT_NOT_FOUND && i < CKMY_TABLE_COUNT; i++)
        rc = ckmy_probe_rows(store, ckmy_str(ckmy_tables[i], strlen(ckmy_tables[i])), err);
    return rc;
}

/* A store without a row was renamed before, and opened again since. A view cannot be moved: it is
   dropped here and made there. */
static int rename_store(struct ckpt_store *store, int64_t task_id, struct ckpt_error *err)
{
    int rc = ckmy_layout_inspect(store, err);
    bool whole = rc == CKPT_OK;

    if (whole)
        rc = any_row(store, err);
    if (rc == CKPT_NOT_FOUND) {
        ckmy_error_clear(err);
        return whole ? drop_tables(store, err) : ckmy_views_drop(store, WHAT_RENAME, err);
    }
    if (rc == CKPT_OK)
        rc = ckmy_views_drop(store, WHAT_RENAME, err);
    return rc == CKPT_OK ? ckmy_backup_move(store, task_id, err) : rc;
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
