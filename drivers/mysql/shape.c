/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing a table with the one that this program makes. */
#include "shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "columns.h"
#include "connect.h"
#include "error.h"

/* Fields of SHOW FULL COLUMNS */
enum { SHOW_NAME, SHOW_TYPE, SHOW_COLLATION, SHOW_NULL };

/* Fields of SHOW KEYS */
enum { KEY_NON_UNIQUE = 1, KEY_NAME, KEY_SEQUENCE, KEY_COLUMN, KEY_PART = 7 };

#define NOT_OURS "is not the one of this program: "

/* A path in a key is cut to what upstream's keys have, see text.h. */
static const char path_part[] = "500";

int ckmy_foreign(struct ckpt_store *store, const char *table, const char *problem,
                 struct ckpt_error *err)
{
    (void)ckpt_error_set(err, CKPT_ERR_CORRUPT, 0, "table %s in %s %s", table, store->where,
                         problem);
    return ckpt_error_hint(err, CKPT_ERR_CORRUPT,
                           "go on with the program and version that made it, choose another "
                           "checkpoint.schema, or drop the checkpoint tables there if nobody needs "
                           "them");
}

int ckmy_probe(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    MYSQL_RES *result;
    int rc = ckmy_query_buf(store, &result, what, err);

    if (rc != CKPT_OK)
        return rc;
    if (mysql_fetch_row(result) == NULL)
        rc = mysql_errno(store->connection) ? ckmy_fail(store, what, err) : CKPT_NOT_FOUND;
    mysql_free_result(result);
    return rc;
}

int ckmy_probe_rows(struct ckpt_store *store, struct ckpt_str table, struct ckpt_error *err)
{
    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SELECT 1 FROM ");
    ckmy_put_identifier(&store->sql, table);
    ckmy_puts(&store->sql, " LIMIT 1");
    return ckmy_probe(store, CKMY_LOOKING, err);
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

/* Writes what is wrong with the column that the server has in this place. */
static bool column_fits(char *problem_out, size_t size, const struct ckmy_column *column,
                        MYSQL_ROW row)
{
    const char *collation = row[SHOW_COLLATION];
    char type[64];

    normalise_type(type, sizeof(type), row[SHOW_TYPE]);
    if (strcmp(row[SHOW_NAME], column->name) != 0)
        (void)snprintf(problem_out, size, NOT_OURS "column '%.64s' stands where '%s' is expected",
                       row[SHOW_NAME], column->name);
    else if (strcmp(type, column->sql_type) != 0)
        (void)snprintf(problem_out, size, NOT_OURS "its column '%s' is %.64s, not %s", column->name,
                       row[SHOW_TYPE], column->sql_type);
    else if (!collation_fits(column, collation))
        (void)snprintf(problem_out, size,
                       NOT_OURS "its column '%s' has the collation %.64s, not %s", column->name,
                       collation ? collation : "NULL", "utf8mb4_bin");
    else if (column->type == CKMY_TEXT_NULL && strcmp(row[SHOW_NULL], "YES") != 0)
        (void)snprintf(problem_out, size, NOT_OURS "its column '%s' is NOT NULL", column->name);
    else
        return true;
    return false;
}

static int compare_columns(struct ckpt_store *store, const char *table, MYSQL_RES *result,
                           struct ckpt_error *err)
{
    size_t count, i = 0;
    const struct ckmy_column *columns = columns_of(table, &count);
    char problem[320];
    MYSQL_ROW row;

    for (; (row = mysql_fetch_row(result)) != NULL; i++) {
        if (i < count && column_fits(problem, sizeof(problem), &columns[i], row))
            continue;
        if (i >= count)
            (void)snprintf(problem, sizeof(problem), NOT_OURS "it also has a column '%.64s'",
                           row[SHOW_NAME]);
        return ckmy_foreign(store, table, problem, err);
    }
    if (mysql_errno(store->connection) != 0)
        return ckmy_fail(store, CKMY_LOOKING, err);
    if (i == count)
        return CKPT_OK;
    (void)snprintf(problem, sizeof(problem), NOT_OURS "it has no column '%s'", columns[i].name);
    return ckmy_foreign(store, table, problem, err);
}

static int inspect_columns(struct ckpt_store *store, const char *table, struct ckpt_error *err)
{
    MYSQL_RES *result;
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SHOW FULL COLUMNS FROM ");
    ckmy_puts(&store->sql, table);
    rc = ckmy_query_buf(store, &result, CKMY_LOOKING, err);
    if (rc != CKPT_OK && ckmy_is_missing((unsigned)err->native_code)) {
        ckmy_error_clear(err);
        return CKPT_NOT_FOUND;
    }
    if (rc != CKPT_OK)
        return rc;
    rc = compare_columns(store, table, result, err);
    mysql_free_result(result);
    return rc;
}

/* The name of the key column after `column`, in the order of the table; NULL behind the last. */
static const struct ckmy_column *next_key(const char *table, const struct ckmy_column *column)
{
    size_t count;
    const struct ckmy_column *columns = columns_of(table, &count), *end = columns + count;

    for (column = column ? column + 1 : columns; column < end; column++)
        if (column->key)
            return column;
    return NULL;
}

/* The primary key is what a put replaces by, so it must be exactly ours; and another unique key
   would make a put replace another record. */
static const char *compare_keys(const char *table, MYSQL_RES *result)
{
    const struct ckmy_column *key = NULL;
    MYSQL_ROW row;

    while ((row = mysql_fetch_row(result)) != NULL) {
        const char *part = row[KEY_PART];

        if (strcasecmp(row[KEY_NAME], "PRIMARY") != 0) {
            if (strcmp(row[KEY_NON_UNIQUE], "0") == 0)
                return NOT_OURS "it has another unique key";
            continue;
        }
        key = next_key(table, key);
        if (!key || strcmp(key->name, row[KEY_COLUMN]) != 0 ||
            strcmp(part ? part : "", strcmp(key->name, "path") == 0 ? path_part : "") != 0)
            return NOT_OURS "it has another primary key";
    }
    return key && !next_key(table, key) ? NULL : NOT_OURS "it has another primary key";
}

static int inspect_keys(struct ckpt_store *store, const char *table, struct ckpt_error *err)
{
    const char *problem;
    MYSQL_RES *result;
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SHOW KEYS FROM ");
    ckmy_puts(&store->sql, table);
    rc = ckmy_query_buf(store, &result, CKMY_LOOKING, err);
    if (rc != CKPT_OK)
        return rc;
    problem = compare_keys(table, result);
    if (mysql_errno(store->connection) != 0)
        rc = ckmy_fail(store, CKMY_LOOKING, err);
    else if (problem)
        rc = ckmy_foreign(store, table, problem, err);
    mysql_free_result(result);
    return rc;
}

/* A view, or a table that cannot roll back, would break the promises of apply. */
static int inspect_engine(struct ckpt_store *store, const char *table, struct ckpt_error *err)
{
    char problem[160] = "";
    MYSQL_RES *result;
    MYSQL_ROW row;
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "SELECT TABLE_TYPE,ENGINE FROM information_schema.TABLES WHERE "
                           "TABLE_SCHEMA=DATABASE() AND TABLE_NAME='");
    ckmy_puts(&store->sql, table);
    ckmy_puts(&store->sql, "'");
    rc = ckmy_query_buf(store, &result, CKMY_LOOKING, err);
    if (rc != CKPT_OK)
        return rc;
    row = mysql_fetch_row(result);
    if (row && strcmp(row[0], "BASE TABLE") != 0)
        (void)snprintf(problem, sizeof(problem), NOT_OURS "it is a %.32s", row[0]);
    else if (row && (!row[1] || strcasecmp(row[1], "InnoDB") != 0))
        (void)snprintf(problem, sizeof(problem), NOT_OURS "its storage engine is %.64s, not InnoDB",
                       row[1] ? row[1] : "unknown");
    else if (!row && mysql_errno(store->connection) != 0)
        rc = ckmy_fail(store, CKMY_LOOKING, err);
    mysql_free_result(result);
    return problem[0] ? ckmy_foreign(store, table, problem, err) : rc;
}

/* What kind of thing it is comes first: a view has columns, but no keys. */
int ckmy_shape_inspect(struct ckpt_store *store, const char *table, struct ckpt_error *err)
{
    int rc = inspect_engine(store, table, err);

    if (rc == CKPT_OK)
        rc = inspect_columns(store, table, err);
    return rc == CKPT_OK ? inspect_keys(store, table, err) : rc;
}
