/* SPDX-License-Identifier: Apache-2.0 */
/* Inspecting and creating the tables as a whole. */
#include "layout.h"

#include <stdio.h>
#include <string.h>

#include "backup.h"
#include "columns.h"
#include "connect.h"
#include "error.h"
#include "neighbours.h"
#include "schema.h"
#include "shape.h"

#define WHAT_CREATE "cannot create the checkpoint"
#define WHAT_WRITE "cannot write the checkpoint"

extern const char ckmy_tables_sql[];

/* Some tables are missing while others have rows. */
static int refuse_partial(struct ckpt_store *store, const char *table, const char *missing,
                          struct ckpt_error *err)
{
    struct ckmy_neighbours neighbours;
    char problem[256];
    int rc = ckmy_neighbours_find(&neighbours, store, err);

    if (rc != CKPT_OK)
        return rc;
    (void)snprintf(problem, sizeof(problem),
                   "has rows, but there is no table %s: the checkpoint is damaged, or of another "
                   "program or version",
                   missing);
    ckmy_neighbours_mention(problem, sizeof(problem), &neighbours);
    return ckmy_foreign(store, table, problem, err);
}

/* A store that was never finished has no row. One that has rows may be half renamed, by a server
   that crashed; that is undone, or waits for somebody who may write. */
static int inspect_partial(struct ckpt_store *store, const bool *present, const char *missing,
                           struct ckpt_error *err)
{
    size_t i;
    int rc = CKPT_NOT_FOUND;

    for (i = 0; rc == CKPT_NOT_FOUND && i < CKMY_TABLE_COUNT; i++)
        if (present[i])
            rc = ckmy_probe_rows(store, ckmy_str(ckmy_tables[i], strlen(ckmy_tables[i])), err);
    if (rc != CKPT_OK)
        return rc;
    rc = store->read_only ? CKPT_NOT_FOUND : ckmy_backup_undo(store, present, err);
    return rc == CKPT_NOT_FOUND ? refuse_partial(store, ckmy_tables[i - 1], missing, err) : rc;
}

/* This program never writes a task without its row in extra_v1; TiDB Lightning does. */
static int inspect_owner(struct ckpt_store *store, struct ckpt_error *err)
{
    struct ckmy_neighbours neighbours;
    char problem[256] = "holds the task of another program or version";
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SELECT 1 FROM task_v2 t LEFT JOIN " CKMY_EXTRA_TABLE
                           " e ON e.kind=1 AND e.table_name='' AND e.engine_id=0 AND e.path='' AND "
                           "e.`offset`=0 WHERE e.kind IS NULL LIMIT 1");
    rc = ckmy_probe(store, CKMY_LOOKING, err);
    if (rc != CKPT_OK)
        return rc == CKPT_NOT_FOUND ? CKPT_OK : rc;
    rc = ckmy_neighbours_find(&neighbours, store, err);
    if (rc != CKPT_OK)
        return rc;
    ckmy_neighbours_mention(problem, sizeof(problem), &neighbours);
    return ckmy_foreign(store, "task_v2", problem, err);
}

int ckmy_layout_inspect(struct ckpt_store *store, struct ckpt_error *err)
{
    bool present[CKMY_TABLE_COUNT] = {false};
    const char *missing = NULL;
    size_t i;
    int rc;

    for (i = 0; i < CKMY_TABLE_COUNT; i++) {
        rc = ckmy_shape_inspect(store, ckmy_tables[i], err);
        if (rc != CKPT_OK && rc != CKPT_NOT_FOUND)
            return rc;
        present[i] = rc == CKPT_OK;
        if (!present[i])
            missing = ckmy_tables[i];
    }
    rc = missing ? inspect_partial(store, present, missing, err) : CKPT_OK;
    return rc == CKPT_OK ? inspect_owner(store, err) : rc;
}

int ckmy_layout_check_neighbours(struct ckpt_store *store, bool tables, struct ckpt_error *err)
{
    int rc = CKPT_NOT_FOUND;

    if (tables)
        rc = ckmy_probe_rows(store, ckmy_str("task_v2", 7), err);
    return rc == CKPT_NOT_FOUND ? ckmy_neighbours_refuse(store, err) : rc;
}

/* Statements of a file in sql/: each ends with a semicolon at the end of a line. */
static int run_script(struct ckpt_store *store, const char *script, struct ckpt_error *err)
{
    const char *end;

    while ((end = strstr(script, ";\n")) != NULL) {
        int rc = ckmy_run(store, script, (size_t)(end - script), WHAT_CREATE, err);

        if (rc != CKPT_OK)
            return rc;
        script = end + 2;
    }
    return CKPT_OK;
}

/* The server would create a schema, and then no table in it. Not every server has this setting. */
static int check_engine(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SELECT 1 FROM (SELECT @@GLOBAL.innodb_read_only AS n) v WHERE v.n=1");
    rc = ckmy_probe(store, WHAT_CREATE, err);
    if (rc == CKPT_OK) {
        (void)ckpt_error_set(err, CKPT_ERR_READ_ONLY, 0,
                             WHAT_CREATE " in %s: the server runs with innodb_read_only",
                             store->where);
        return ckpt_error_hint(err, CKPT_ERR_READ_ONLY, CKMY_HINT_READ_ONLY);
    }
    if (rc == CKPT_ERR_LOST)
        return rc;
    ckmy_error_clear(err);
    return CKPT_OK;
}

int ckmy_layout_create(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc = check_engine(store, err);

    if (rc == CKPT_OK)
        rc = ckmy_select_schema(store, err);
    if (rc == CKPT_NOT_FOUND) {
        ckmy_error_clear(err);
        rc = ckmy_schema_create(store, WHAT_CREATE, err);
    }
    if (rc == CKPT_OK)
        rc = run_script(store, ckmy_tables_sql, err);
    if (rc == CKPT_OK)
        rc = ckmy_layout_inspect(store, err);
    if (rc == CKPT_NOT_FOUND)
        return ckmy_foreign(store, ckmy_tables[0], "vanished as soon as it was created", err);
    return rc;
}

/* A read-only server says so to any change, whether it would change something or not. */
int ckmy_layout_check_writable(struct ckpt_store *store, struct ckpt_error *err)
{
    static const char sql[] = "DELETE FROM " CKMY_EXTRA_TABLE " WHERE 1=0";
    int rc = ckmy_begin(store, false, WHAT_WRITE, err);

    if (rc == CKPT_OK)
        rc = ckmy_run(store, sql, sizeof(sql) - 1, WHAT_WRITE, err);
    ckmy_end(store);
    return rc == CKPT_NOT_FOUND ? CKPT_ERR_CORRUPT : rc;
}
