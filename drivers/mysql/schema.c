/* SPDX-License-Identifier: Apache-2.0 */
/* Making and dropping the schema. */
#include "schema.h"

#include <string.h>

#include "connect.h"
#include "error.h"
#include "shape.h"

#define MADE_BY "checkpoint of tidb-lightning"

int ckmy_schema_create(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    int rc;

    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "CREATE DATABASE IF NOT EXISTS ");
    ckmy_put_identifier(&store->sql, ckmy_str(store->schema, strlen(store->schema)));
    ckmy_puts(&store->sql, " DEFAULT CHARACTER SET utf8mb4 /*M!100502 COMMENT '" MADE_BY "' */");
    rc = ckmy_run_buf(store, what, err);
    if (rc == CKPT_OK)
        rc = ckmy_select_schema(store, err);
    return rc == CKPT_NOT_FOUND ? CKPT_ERR_CORRUPT : rc;
}

/* CKPT_NOT_FOUND: the answer is no. */
static int ask(struct ckpt_store *store, const char *sql, const char *what, struct ckpt_error *err)
{
    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, sql);
    return ckmy_probe(store, what, err);
}

static int made_here(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    static const char sql[] = "SELECT 1 FROM information_schema.SCHEMATA WHERE "
                              "SCHEMA_NAME=DATABASE() AND SCHEMA_COMMENT='" MADE_BY "'";

    if (!mysql_get_server_info(store->connection) ||
        !strstr(mysql_get_server_info(store->connection), "MariaDB"))
        return CKPT_OK;
    return ask(store, sql, what, err);
}

/* Routines and events are hidden from a user without a right to them, and would go with the
   schema. So would a table, but who may drop the schema sees all of them. */
static int sees_everything(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    static const char sql[] =
        "SELECT COUNT(DISTINCT p.PRIVILEGE_TYPE) AS n FROM ("
        "SELECT GRANTEE,PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES UNION ALL "
        "SELECT GRANTEE,PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE DATABASE() "
        "LIKE TABLE_SCHEMA) p WHERE p.PRIVILEGE_TYPE IN ('EXECUTE','EVENT') AND "
        "p.GRANTEE=CONCAT('''',REPLACE(CURRENT_USER(),'@','''@'''),'''') HAVING n=2";

    return ask(store, sql, what, err);
}

/* CKPT_OK: something is in the schema. */
static int is_used(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    static const char *const catalogs[] = {
        "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA=DATABASE() LIMIT 1",
        "SELECT 1 FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA=DATABASE() LIMIT 1",
        "SELECT 1 FROM information_schema.EVENTS WHERE EVENT_SCHEMA=DATABASE() LIMIT 1"};
    int rc = CKPT_NOT_FOUND;
    size_t i;

    for (i = 0; rc == CKPT_NOT_FOUND && i < sizeof(catalogs) / sizeof(catalogs[0]); i++)
        rc = ask(store, catalogs[i], what, err);
    return rc;
}

int ckmy_schema_drop_if_ours(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    int rc = made_here(store, what, err);

    if (rc == CKPT_OK)
        rc = sees_everything(store, what, err);
    if (rc != CKPT_OK)
        return rc == CKPT_NOT_FOUND ? CKPT_OK : rc;
    rc = is_used(store, what, err);
    if (rc != CKPT_NOT_FOUND)
        return rc;
    ckmy_buf_clear(&store->sql);
    ckmy_puts(&store->sql, "DROP DATABASE IF EXISTS ");
    ckmy_put_identifier(&store->sql, ckmy_str(store->schema, strlen(store->schema)));
    rc = ckmy_run_buf(store, what, err);
    if (rc == CKPT_OK)
        store->schema_selected = false;
    if (rc != CKPT_ERR_DENIED)
        return rc;
    ckmy_error_clear(err); /* an empty schema harms nobody */
    return CKPT_OK;
}
