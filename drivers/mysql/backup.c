/* SPDX-License-Identifier: Apache-2.0 */
/* Moving tables to the backup, and back. */
#include "backup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "connect.h"
#include "error.h"
#include "views.h"

#define WHAT "cannot rename the checkpoint"
#define NAME_SIZE 512

static int backup_name(char *name_out, const struct ckpt_store *store, int64_t task_id,
                       struct ckpt_error *err)
{
    int len = snprintf(name_out, NAME_SIZE, "%s.%" PRId64 ".bak", store->schema, task_id);

    if (len > 0 && len < NAME_SIZE &&
        ckmy_key_chars(ckmy_str(name_out, (size_t)len)) <= CKMY_MAX_SCHEMA)
        return CKPT_OK;
    (void)ckpt_error_set(err, CKPT_ERR_USAGE, 0,
                         WHAT ": the name '%s.%" PRId64 ".bak' has more than %u characters",
                         store->schema, task_id, CKMY_MAX_SCHEMA);
    return ckpt_error_hint(err, CKPT_ERR_USAGE, "choose a shorter checkpoint.schema");
}

/* Lists what is in the backup: anything_out, and which of our tables. */
static int look(bool *ours_out, char anything_out[65], struct ckpt_store *store, const char *backup,
                struct ckpt_error *err)
{
    MYSQL_RES *result;
    MYSQL_ROW row;
    size_t i;
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SHOW TABLES FROM ");
    ckmy_put_identifier(&store->sql, ckmy_str(backup, strlen(backup)));
    anything_out[0] = '\0';
    rc = ckmy_query_buf(store, &result, WHAT, err);
    if (rc != CKPT_OK)
        return rc;
    while ((row = mysql_fetch_row(result)) != NULL) {
        (void)snprintf(anything_out, 65, "%s", row[0]);
        for (i = 0; i < CKMY_TABLE_COUNT; i++)
            ours_out[i] = ours_out[i] || strcmp(row[0], ckmy_tables[i]) == 0;
    }
    if (mysql_errno(store->connection) != 0)
        rc = ckmy_fail(store, WHAT, err);
    mysql_free_result(result);
    return rc;
}

/* Renames those tables that `which` has as `wanted`. */
static int rename_tables(struct ckpt_store *store, const bool *which, bool wanted, const char *from,
                         const char *to, struct ckpt_error *err)
{
    struct ckmy_buf *sql = &store->sql;
    const char *comma = "RENAME TABLE ";
    size_t i;

    ckmy_buf_clear(sql);
    for (i = 0; i < CKMY_TABLE_COUNT; i++) {
        if (which[i] != wanted)
            continue;
        ckmy_puts(sql, comma);
        ckmy_put_identifier(sql, ckmy_str(from, strlen(from)));
        ckmy_puts(sql, ".");
        ckmy_puts(sql, ckmy_tables[i]);
        ckmy_puts(sql, " TO ");
        ckmy_put_identifier(sql, ckmy_str(to, strlen(to)));
        ckmy_puts(sql, ".");
        ckmy_puts(sql, ckmy_tables[i]);
        comma = ", ";
    }
    return ckmy_run_buf(store, WHAT, err);
}

int ckmy_backup_move(struct ckpt_store *store, int64_t task_id, struct ckpt_error *err)
{
    bool ours[CKMY_TABLE_COUNT] = {false};
    char name[NAME_SIZE], anything[65] = "";
    int rc = backup_name(name, store, task_id, err);

    if (rc != CKPT_OK)
        return rc;
    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "CREATE DATABASE IF NOT EXISTS ");
    ckmy_put_identifier(&store->sql, ckmy_str(name, strlen(name)));
    ckmy_puts(&store->sql, " DEFAULT CHARACTER SET utf8mb4");
    rc = ckmy_run_buf(store, WHAT, err);
    if (rc == CKPT_OK)
        rc = look(ours, anything, store, name, err);
    if (rc != CKPT_OK)
        return rc;
    if (!anything[0]) {
        rc = rename_tables(store, ours, false, store->schema, name, err);
        if (rc == CKPT_OK)
            ckmy_views_create_in(store, name);
        return rc;
    }
    (void)ckpt_error_set(err, CKPT_ERR, 0,
                         WHAT " in %s: the schema `%s` is in use, it has a table %s", store->where,
                         name, anything);
    return ckpt_error_hint(err, CKPT_ERR, "rename or drop the tables of that schema");
}

/* The task that is recorded here, if its table is. CKPT_NOT_FOUND: it is not. */
static int task_of(int64_t *task_id_out, struct ckpt_store *store, struct ckpt_error *err)
{
    static const char sql[] = "SELECT task_id FROM task_v2 LIMIT 1";
    MYSQL_RES *result;
    MYSQL_ROW row;
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, sql);
    rc = ckmy_query_buf(store, &result, WHAT, err);
    if (rc != CKPT_OK)
        return rc;
    row = mysql_fetch_row(result);
    if (row && row[0])
        *task_id_out = strtoll(row[0], NULL, 10);
    else
        rc = mysql_errno(store->connection) ? ckmy_fail(store, WHAT, err) : CKPT_NOT_FOUND;
    mysql_free_result(result);
    return rc;
}

/* task_v2 is the last to move, so it tells which backup the others went to. */
int ckmy_backup_undo(struct ckpt_store *store, const bool *present, struct ckpt_error *err)
{
    bool moved[CKMY_TABLE_COUNT] = {false};
    char name[NAME_SIZE], anything[65];
    int64_t task_id = 0;
    size_t i;
    int rc;

    if (!present[CKMY_TABLE_COUNT - 1])
        return CKPT_NOT_FOUND;
    rc = task_of(&task_id, store, err);
    if (rc != CKPT_OK)
        return rc;
    rc = backup_name(name, store, task_id, err);
    if (rc == CKPT_OK)
        rc = look(moved, anything, store, name, err);
    if (rc != CKPT_OK && (rc == CKPT_ERR_USAGE || ckmy_is_missing((unsigned)err->native_code))) {
        ckmy_error_clear(err);
        return CKPT_NOT_FOUND;
    }
    for (i = 0; rc == CKPT_OK && i < CKMY_TABLE_COUNT; i++)
        if (moved[i] == present[i])
            return CKPT_NOT_FOUND;
    return rc == CKPT_OK ? rename_tables(store, moved, true, name, store->schema, err) : rc;
}
