/* SPDX-License-Identifier: Apache-2.0 */
/* Inspecting and creating the tables. */
#include "layout.h"

#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "connect.h"
#include "error.h"

#define WHAT_INSPECT "cannot look at the checkpoint"
#define WHAT_CREATE "cannot create the checkpoint"

/* Fields of SHOW FULL COLUMNS */
enum { SHOW_NAME, SHOW_TYPE, SHOW_COLLATION, SHOW_NULL, SHOW_KEY, SHOW_FIELDS };

extern const char ckmy_tables_sql[];

static int corrupt(struct ckpt_store *store, struct ckpt_error *err, const char *table,
                   const char *problem)
{
    (void)ckpt_error_set(err, CKPT_ERR_CORRUPT, 0, "table %s in %s %s", table, store->where,
                         problem);
    return ckpt_error_hint(err, CKPT_ERR_CORRUPT,
                           "choose another checkpoint.schema, or drop the checkpoint tables there "
                           "if nobody needs them");
}

static const struct ckmy_column *columns_of(const char *table, size_t *count_out)
{
    unsigned number;

    for (number = CKMY_KIND_FIRST; number <= CKMY_KIND_LAST; number++) {
        const struct ckmy_kind *kind = ckmy_kind(number);

        if (strcmp(kind->table, table) == 0) {
            *count_out = kind->column_count;
            return kind->columns;
        }
    }
    return ckmy_extra_columns(count_out);
}

/* "bigint(20) unsigned" is "bigint unsigned" on newer servers: cuts the width of integers. */
static void normalise_type(char *type_out, size_t size, const char *type)
{
    const char *paren = strchr(type, '('), *end = paren ? strchr(paren, ')') : NULL;

    if (end && paren - type >= 3 && memcmp(paren - 3, "int", 3) == 0)
        (void)snprintf(type_out, size, "%.*s%s", (int)(paren - type), type, end + 1);
    else
        (void)snprintf(type_out, size, "%s", type);
}

/* Keys compare byte by byte, and every text column takes any character. */
static bool collation_fits(const struct ckmy_column *column, const char *collation)
{
    size_t len = collation ? strlen(collation) : 0;

    if (!collation)
        return column->type != CKMY_KEY;
    if (strncmp(collation, "utf8mb4_", 8) != 0)
        return false;
    return column->type != CKMY_KEY || strcmp(collation + len - 4, "_bin") == 0;
}

static bool column_fits(const struct ckmy_column *column, MYSQL_ROW row)
{
    char type[64];

    normalise_type(type, sizeof(type), row[SHOW_TYPE]);
    return strcmp(row[SHOW_NAME], column->name) == 0 && strcmp(type, column->sql_type) == 0 &&
           collation_fits(column, row[SHOW_COLLATION]) &&
           (!column->key || strcmp(row[SHOW_KEY], "PRI") == 0);
}

static int compare(struct ckpt_store *store, const char *table, MYSQL_RES *result,
                   struct ckpt_error *err)
{
    size_t count, i = 0;
    const struct ckmy_column *columns = columns_of(table, &count);
    char problem[256];
    MYSQL_ROW row;

    while ((row = mysql_fetch_row(result)) != NULL) {
        if (i >= count || !column_fits(&columns[i], row)) {
            (void)snprintf(problem, sizeof(problem),
                           "is not the one of this program: unexpected column '%.64s' %.64s %.64s",
                           row[SHOW_NAME], row[SHOW_TYPE],
                           row[SHOW_COLLATION] ? row[SHOW_COLLATION] : "");
            return corrupt(store, err, table, problem);
        }
        i++;
    }
    if (mysql_errno(store->connection) != 0)
        return ckmy_fail(store, WHAT_INSPECT, err);
    if (i < count) {
        (void)snprintf(problem, sizeof(problem),
                       "is not the one of this program: it has no column '%s'", columns[i].name);
        return corrupt(store, err, table, problem);
    }
    return CKPT_OK;
}

/* CKPT_NOT_FOUND: the server says that there is no such table. */
static int inspect_table(struct ckpt_store *store, const char *table, struct ckpt_error *err)
{
    MYSQL_RES *result;
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SHOW FULL COLUMNS FROM ");
    ckmy_puts(&store->sql, table);
    rc = ckmy_query_buf(store, &result, WHAT_INSPECT, err);
    if (rc != CKPT_OK && ckmy_is_missing((unsigned)err->native_code)) {
        ckmy_error_clear(err);
        return CKPT_NOT_FOUND;
    }
    if (rc != CKPT_OK)
        return rc;
    rc = compare(store, table, result, err);
    mysql_free_result(result);
    return rc;
}

/* CKPT_NOT_FOUND: the statement in store->sql has an empty result. */
static int probe(struct ckpt_store *store, struct ckpt_error *err)
{
    MYSQL_RES *result;
    int rc = ckmy_query_buf(store, &result, WHAT_INSPECT, err);

    if (rc != CKPT_OK)
        return rc;
    if (mysql_fetch_row(result) == NULL)
        rc = mysql_errno(store->connection) ? ckmy_fail(store, WHAT_INSPECT, err) : CKPT_NOT_FOUND;
    mysql_free_result(result);
    return rc;
}

/* Some tables are missing: a store that was never finished has no row in the others. */
static int inspect_partial(struct ckpt_store *store, const bool *present, const char *missing,
                           struct ckpt_error *err)
{
    char problem[128];
    size_t i;

    for (i = 0; i < CKMY_TABLE_COUNT; i++) {
        int rc;

        if (!present[i])
            continue;
        ckmy_buf_clear(&store->sql);
        ckmy_puts(&store->sql, "SELECT 1 FROM ");
        ckmy_puts(&store->sql, ckmy_tables[i]);
        ckmy_puts(&store->sql, " LIMIT 1");
        rc = probe(store, err);
        if (rc == CKPT_OK) {
            (void)snprintf(problem, sizeof(problem),
                           "has rows, but there is no table %s: it is damaged, or of another "
                           "program or version",
                           missing);
            return corrupt(store, err, ckmy_tables[i], problem);
        }
        if (rc != CKPT_NOT_FOUND)
            return rc;
    }
    return CKPT_NOT_FOUND;
}

/* This program never writes a task without its row in extra_v1; TiDB Lightning does. */
static int inspect_owner(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SELECT 1 FROM task_v2 t LEFT JOIN " CKMY_EXTRA_TABLE
                           " e ON e.kind=1 AND e.table_name='' AND e.engine_id=0 AND e.path='' AND "
                           "e.`offset`=0 WHERE e.kind IS NULL LIMIT 1");
    rc = probe(store, err);
    if (rc == CKPT_OK)
        return corrupt(store, err, "task_v2", "holds the task of another program");
    return rc == CKPT_NOT_FOUND ? CKPT_OK : rc;
}

int ckmy_layout_inspect(struct ckpt_store *store, struct ckpt_error *err)
{
    bool present[CKMY_TABLE_COUNT] = {false};
    const char *missing = NULL;
    size_t i;

    for (i = 0; i < CKMY_TABLE_COUNT; i++) {
        int rc = inspect_table(store, ckmy_tables[i], err);

        if (rc != CKPT_OK && rc != CKPT_NOT_FOUND)
            return rc;
        present[i] = rc == CKPT_OK;
        if (!present[i])
            missing = ckmy_tables[i];
    }
    return missing ? inspect_partial(store, present, missing, err) : inspect_owner(store, err);
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

static int create_schema(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "CREATE DATABASE IF NOT EXISTS ");
    ckmy_put_identifier(&store->sql, ckmy_str(store->schema, strlen(store->schema)));
    ckmy_puts(&store->sql, " DEFAULT CHARACTER SET utf8mb4");
    rc = ckmy_run_buf(store, WHAT_CREATE, err);
    if (rc == CKPT_OK)
        rc = ckmy_select_schema(store, err);
    return rc == CKPT_NOT_FOUND ? CKPT_ERR_CORRUPT : rc;
}

int ckmy_layout_create(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc = ckmy_select_schema(store, err);

    if (rc == CKPT_NOT_FOUND) {
        ckmy_error_clear(err);
        rc = create_schema(store, err);
    }
    if (rc == CKPT_OK)
        rc = run_script(store, ckmy_tables_sql, err);
    if (rc == CKPT_OK)
        rc = ckmy_layout_inspect(store, err);
    if (rc == CKPT_NOT_FOUND)
        return corrupt(store, err, ckmy_tables[0], "vanished as soon as it was created");
    return rc;
}
