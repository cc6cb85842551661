/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the tables of other versions. */
#include "neighbours.h"

#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "connect.h"
#include "shape.h"

/* Only names, which need no look into the tables. TiDB Lightning's backend import-into has a table
   of its own. */
static void put_search(struct ckmy_buf *sql)
{
    size_t i;

    ckmy_buf_clear(sql);
    ckmy_puts(sql, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA=DATABASE() "
                   "AND (TABLE_NAME='import_into_checkpoints' OR TABLE_NAME REGEXP "
                   "'^(task|table|engine|chunk|source|failure|extra)_v[0-9]+$') AND TABLE_NAME NOT "
                   "IN ('");
    for (i = 0; i < CKMY_TABLE_COUNT; i++) {
        ckmy_puts(sql, ckmy_tables[i]);
        ckmy_puts(sql, i + 1 < CKMY_TABLE_COUNT ? "','" : "') ORDER BY TABLE_NAME LIMIT ");
    }
    ckmy_put_u64(sql, CKMY_MAX_NEIGHBOURS);
}

int ckmy_neighbours_find(struct ckmy_neighbours *neighbours_out, struct ckpt_store *store,
                         struct ckpt_error *err)
{
    struct ckmy_neighbours found = {0};
    MYSQL_RES *result;
    MYSQL_ROW row;
    int rc;

    put_search(&store->sql);
    rc = ckmy_query_buf(store, &result, CKMY_LOOKING, err);
    if (rc != CKPT_OK)
        return rc;
    while (found.count < CKMY_MAX_NEIGHBOURS && (row = mysql_fetch_row(result)) != NULL)
        (void)snprintf(found.names[found.count++], sizeof(found.names[0]), "%s", row[0]);
    if (found.count < CKMY_MAX_NEIGHBOURS && mysql_errno(store->connection) != 0)
        rc = ckmy_fail(store, CKMY_LOOKING, err);
    mysql_free_result(result);
    if (rc == CKPT_OK)
        *neighbours_out = found;
    return rc;
}

void ckmy_neighbours_mention(char *problem, size_t size, const struct ckmy_neighbours *neighbours)
{
    size_t len = strlen(problem);

    if (neighbours->count > 0)
        (void)snprintf(problem + len, size - len, ", and there is a table %s",
                       neighbours->names[0]);
}

int ckmy_neighbours_refuse(struct ckpt_store *store, struct ckpt_error *err)
{
    struct ckmy_neighbours neighbours;
    int rc = ckmy_neighbours_find(&neighbours, store, err);
    size_t i;

    for (i = 0; rc == CKPT_OK && i < neighbours.count; i++) {
        const char *name = neighbours.names[i];

        rc = ckmy_probe_rows(store, ckmy_str(name, strlen(name)), err);
        if (rc == CKPT_OK)
            return ckmy_foreign(store, name,
                                "holds a checkpoint of another version or program, which this one "
                                "cannot continue",
                                err);
        if (rc == CKPT_NOT_FOUND)
            rc = CKPT_OK;
    }
    return rc;
}
