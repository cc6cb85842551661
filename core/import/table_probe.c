/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See table_probe.h.
 */
#include "core/import/table_probe.h"

#include <string.h>

enum { NO_SUCH_DATABASE = 1049, NO_SUCH_TABLE = 1146 };

struct probe {
    const struct tl_plan_table *table;
    bool missing;
    bool empty;
};

static int probe_table(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct probe *probe = payload;
    TL_CLEANUP_BUF struct tl_buf sql;
    uint64_t one;
    int rc;

    tl_buf_init(&sql, 4096);
    rc = tl_buf_adds(&sql, "SELECT 1 FROM ");
    rc = rc == TL_OK ? tl_sql_add_name(&sql, probe->table->db) : rc;
    rc = rc == TL_OK ? tl_buf_adds(&sql, ".") : rc;
    rc = rc == TL_OK ? tl_sql_add_name(&sql, probe->table->table) : rc;
    rc = rc == TL_OK ? tl_buf_adds(&sql, " LIMIT 1") : rc;
    if (rc != TL_OK)
        return tl_error_nomem(err);
    rc = tl_session_scalar_u64(session, tl_buf_text(&sql), &one, err);
    probe->missing =
        rc == TL_ERR_DB && (err->native == NO_SUCH_TABLE || err->native == NO_SUCH_DATABASE);
    probe->empty = rc == TL_NOT_FOUND;
    return probe->missing || probe->empty ? TL_OK : rc;
}

int tl_probe_loaded_table(struct tl_control *control, const struct tl_plan_table *table,
                          bool has_rows, struct tl_error *err)
{
    struct probe probe = {.table = table};
    int rc = tl_control_run(control, probe_table, &probe, err);

    if (rc != TL_OK || !(probe.missing || (probe.empty && has_rows)))
        return rc;
    tl_error_set(err, TL_ERR_REFUSED,
                 "the checkpoint says that rows were loaded into table %s, but the table is %s",
                 table->name, probe.missing ? "not on the target any more" : "empty");
    return tl_error_hint(err,
                         "put the table back, or load it from zero: tidb-lightning-ctl "
                         "--checkpoint-remove='%s'",
                         table->name);
}

int tl_probe_empty(struct tl_control *control, const struct tl_plan_table *table, bool *empty_out,
                   struct tl_error *err)
{
    struct probe probe = {.table = table};
    int rc = tl_control_run(control, probe_table, &probe, err);

    if (rc == TL_OK)
        *empty_out = probe.empty || probe.missing;
    return rc;
}

struct engines {
    const char *db;
    const struct tl_plan *plan;
    struct tl_buf found; /* "`db`.`t` (MyISAM), ..." */
};

static int note_engine(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                       struct tl_error *err)
{
    struct engines *engines = payload;
    TL_CLEANUP_FREE char *name = tl_unique_name(engines->db, columns[0]);
    int rc;

    (void)lengths;
    (void)count;
    if (!name || !tl_plan_find(engines->plan, name, strlen(name)))
        return name ? TL_OK : tl_error_nomem(err);
    rc =
        tl_buf_addf(&engines->found, "%s%s (%s)", engines->found.len ? ", " : "", name, columns[1]);
    return rc == TL_OK ? TL_OK : tl_error_nomem(err);
}

static int list_engines(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct engines *engines = payload;
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc;

    tl_buf_init(&sql, 4096);
    rc = tl_buf_adds(&sql, "SELECT table_name, engine FROM information_schema.tables WHERE "
                           "table_type = 'BASE TABLE' AND engine IS NOT NULL AND "
                           "engine <> 'InnoDB' AND table_schema = ");
    rc = rc == TL_OK ? tl_sql_add_text(&sql, engines->db, strlen(engines->db)) : rc;
    if (rc != TL_OK)
        return tl_error_nomem(err);
    return tl_session_query(session, tl_buf_text(&sql), note_engine, engines, err);
}

static bool seen_before(const struct tl_plan *plan, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(plan->tables[i].db, plan->tables[index].db) == 0)
            return true;
    return false;
}

int tl_probe_engines(struct tl_control *control, const struct tl_plan *plan, struct tl_error *err)
{
    struct engines engines = {.plan = plan};
    int rc = TL_OK;

    tl_buf_init(&engines.found, sizeof(err->message) / 2);
    for (size_t i = 0; rc == TL_OK && i < plan->table_count; i++) {
        engines.db = plan->tables[i].db;
        if (!seen_before(plan, i))
            rc = tl_control_run(control, list_engines, &engines, err);
    }
    if (rc == TL_OK && engines.found.len > 0) {
        tl_error_set(err, TL_ERR_REFUSED,
                     "the engine of these tables has no transactions that the ledger can share, so "
                     "rows could be lost or doubled: %s",
                     tl_buf_text(&engines.found));
        rc = tl_error_hint(err, "ALTER TABLE ... ENGINE=InnoDB, or accept at-least-once: "
                                "tikv-importer.accept-at-least-once = true");
    }
    tl_buf_done(&engines.found);
    return rc;
}
