/* SPDX-License-Identifier: Apache-2.0 */
/* Creating and dropping the views. */
#include "views.h"

#include <string.h>

#include "connect.h"
#include "error.h"

extern const char ckmy_views_sql[];

/* OR REPLACE needs DROP, even where there is nothing to replace. */
static int create(struct ckpt_store *store, const char *sql, size_t len, struct ckpt_error *err)
{
    static const char what[] = "cannot create a view", replace[] = "OR REPLACE ";
    const char *found = memmem(sql, len, replace, sizeof(replace) - 1);
    int rc = ckmy_run(store, sql, len, what, err);

    if (rc != CKPT_ERR_DENIED || !found)
        return rc;
    ckmy_error_clear(err);
    ckmy_buf_clear(&store->sql);
    ckmy_put(&store->sql, sql, (size_t)(found - sql));
    found += sizeof(replace) - 1;
    ckmy_put(&store->sql, found, (size_t)(sql + len - found));
    return ckmy_run_buf(store, what, err);
}

void ckmy_views_create(struct ckpt_store *store)
{
    const struct ckpt_host *host = store->host;
    const char *script = ckmy_views_sql, *end;
    struct ckpt_error err;

    while ((end = strstr(script, ";\n")) != NULL) {
        memset(&err, 0, sizeof(err));
        err.struct_size = (uint32_t)sizeof(err);
        if (create(store, script, (size_t)(end - script), &err) != CKPT_OK && host->log_debug)
            host->log_debug(err.message, host->payload);
        script = end + 2;
    }
}

int ckmy_views_drop(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    static const char sql[] =
        "DROP VIEW IF EXISTS task_progress_v1, table_progress_v1, failed_table_v1, "
        "stalled_chunk_v1";

    return ckmy_run(store, sql, sizeof(sql) - 1, what, err);
}
