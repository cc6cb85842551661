/* SPDX-License-Identifier: Apache-2.0 */
/* Creating and dropping the views. */
#include "views.h"

#include <string.h>

#include "connect.h"

extern const char ckmy_views_sql[];

void ckmy_views_create(struct ckpt_store *store)
{
    const struct ckpt_host *host = store->host;
    const char *script = ckmy_views_sql, *end;
    struct ckpt_error err;

    while ((end = strstr(script, ";\n")) != NULL) {
        memset(&err, 0, sizeof(err));
        err.struct_size = (uint32_t)sizeof(err);
        if (ckmy_run(store, script, (size_t)(end - script), "cannot create a view", &err) !=
                CKPT_OK &&
            host->log_debug)
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
