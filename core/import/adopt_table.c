/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See adopt_table.h.
 */
#include "core/import/adopt_table.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/log.h"
#include "core/import/adopt.h"
#include "core/import/table_probe.h"

struct look {
    const struct tl_plan_table *table;
    bool has_key;
    uint64_t rows; /* without a key only */
};

static int count_rows(struct tl_session *session, struct look *look, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc;

    tl_buf_init(&sql, 4096);
    rc = tl_buf_adds(&sql, "SELECT COUNT(*) FROM ");
    rc = rc == TL_OK ? tl_buf_adds(&sql, look->table->name) : rc;
    if (rc != TL_OK)
        return tl_error_nomem(err);
    return tl_session_scalar_u64(session, tl_buf_text(&sql), &look->rows, err);
}

static int look_at(struct tl_session *session, void *payload, struct tl_error *err)
{
    TL_CLEANUP(tl_table_info_free_p) struct tl_table_info *info = NULL;
    struct look *look = payload;
    int rc = tl_table_info_load(&info, session, look->table->db, look->table->table, err);

    if (rc == TL_NOT_FOUND)
        return tl_error_set(err, TL_ERR_REFUSED, "table %s is not on the target any more",
                            look->table->name);
    if (rc != TL_OK)
        return rc;
    look->has_key = info->has_key;
    return look->has_key ? TL_OK : count_rows(session, look, err);
}

/* In the log, and on the console when that is somewhere else: nobody should have to find it. */
static void say(enum tl_log_level level, const struct look *look, uint64_t recorded,
                const char *text)
{
    tl_log(level, text, TL_STR("table", look->table->name), TL_INT("rows_recorded", recorded),
           TL_END);
    if (level == TL_LOG_WARN && !tl_log_to_stdout()) {
        printf("%s: %s\n", look->table->name, text);
        fflush(stdout);
    }
}

static void say_keyed(const struct look *look, uint64_t recorded, const struct tl_options *options)
{
    if (options->conflict == TL_CONFLICT_ERROR)
        say(TL_LOG_WARN, look, recorded,
            "the upstream program records its progress behind its data: rows behind its position "
            "may "
            "be there already, and the import then fails with duplicate keys; set "
            "conflict.strategy "
            "= \"replace\"");
    else
        say(TL_LOG_INFO, look, recorded,
            "rows behind the position of the upstream program may be there already; by their key "
            "each of them will be there once");
}

static void say_keyless(const struct look *look, uint64_t recorded)
{
    if (look->rows == recorded)
        say(TL_LOG_INFO, look, recorded,
            "the table has as many rows as the upstream program recorded: none is loaded twice");
    else
        say(TL_LOG_WARN, look, recorded,
            "the table has no key and other rows than the upstream program recorded: those that it "
            "loaded behind its position are loaded twice; the safe way is to stop now, empty the "
            "table, run tidb-lightning-ctl --checkpoint-remove for it, and load it anew");
}

static int adopt_table(struct tl_control *control, struct tl_plan_table *table,
                       const struct tl_options *options, struct tl_error *err)
{
    uint64_t recorded = tl_plan_table_rows(table);
    struct look look = {.table = table};
    bool empty = false;
    int rc = TL_OK;

    if (recorded > 0)
        rc = tl_probe_loaded_table(control, table, true, err);
    if (rc != TL_OK || !table->taken_over)
        return rc;
    rc = tl_probe_empty(control, table, &empty, err);
    if (rc == TL_OK && empty)
        table->taken_over = false;
    if (rc != TL_OK || empty)
        return rc;
    rc = tl_control_run(control, look_at, &look, err);
    if (rc == TL_OK && look.has_key)
        say_keyed(&look, recorded, options);
    else if (rc == TL_OK)
        say_keyless(&look, recorded);
    return rc;
}

int tl_adopt_tables(struct tl_control *control, struct tl_plan *plan,
                    const struct tl_options *options, struct tl_error *err)
{
    int rc = TL_OK;

    for (size_t t = 0; rc == TL_OK && t < plan->table_count; t++)
        rc = adopt_table(control, &plan->tables[t], options, err);
    return rc;
}

void tl_adopt_hint_duplicate(const struct tl_options *options, const struct tl_plan_table *table,
                             struct tl_error *err)
{
    if (options->conflict != TL_CONFLICT_ERROR)
        return;
    tl_error_hint(err,
                  "the upstream program had loaded more than it recorded. Set conflict.strategy = "
                  "\"replace\", run tidb-lightning-ctl --checkpoint-error-ignore='%s', and start "
                  "again",
                  table->name);
}
