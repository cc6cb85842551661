/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows the last row of a table: row count, statistics, durability, final status. The
 * statuses are upstream's, also of the steps that do nothing here (MariaDB and MySQL raise
 * AUTO_INCREMENT by themselves with every explicit id).
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/base/log.h"
#include "core/import/pipeline_internal.h"

static void reach(struct tl_pipeline *pipeline, struct tl_plan_table *table, uint32_t status)
{
    pthread_mutex_lock(&pipeline->settings.plan->lock);
    tl_plan_set_status(table, status);
    pthread_mutex_unlock(&pipeline->settings.plan->lock);
}

struct table_query {
    struct tl_plan_table *table;
    uint64_t result;
};

static int name_table(struct tl_buf *sql, const char *before, const struct tl_plan_table *table)
{
    int rc = tl_buf_adds(sql, before);

    rc = rc == TL_OK ? tl_sql_add_name(sql, table->db) : rc;
    rc = rc == TL_OK ? tl_buf_adds(sql, ".") : rc;
    return rc == TL_OK ? tl_sql_add_name(sql, table->table) : rc;
}

static int count_rows(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct table_query *query = payload;
    TL_CLEANUP_BUF struct tl_buf sql;

    tl_buf_init(&sql, 4096);
    if (name_table(&sql, "SELECT COUNT(*) FROM ", query->table) != TL_OK)
        return tl_error_nomem(err);
    return tl_session_scalar_u64(session, tl_buf_text(&sql), &query->result, err);
}

static int analyze_table(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct table_query *query = payload;
    TL_CLEANUP_BUF struct tl_buf sql;

    tl_buf_init(&sql, 4096);
    if (name_table(&sql, "ANALYZE TABLE ", query->table) != TL_OK)
        return tl_error_nomem(err);
    return tl_session_exec(session, tl_buf_text(&sql), sql.len, NULL, err);
}

static uint64_t loaded_rows(struct tl_pipeline *pipeline, const struct tl_plan_table *table)
{
    uint64_t rows;

    pthread_mutex_lock(&pipeline->settings.plan->lock);
    rows = tl_plan_table_rows(table);
    pthread_mutex_unlock(&pipeline->settings.plan->lock);
    return rows;
}

static bool can_count(const struct tl_pipeline *pipeline, const struct tl_plan_table *table)
{
    const struct tl_options *options = pipeline->settings.options;

    return options->checksum != TL_OFF && options->conflict == TL_CONFLICT_ERROR &&
           table->was_empty && table->chunk_count > 0;
}

/* The rows in the table against the rows in the ledger. */
static int verify(struct tl_pipeline *pipeline, struct tl_plan_table *table, struct tl_error *err)
{
    struct table_query query = {.table = table};
    uint64_t loaded = loaded_rows(pipeline, table);
    int rc;

    if (!can_count(pipeline, table)) {
        reach(pipeline, table, TL_STATUS_CHECKSUM_SKIPPED);
        return TL_OK;
    }
    rc = tl_control_run(pipeline->settings.control, count_rows, &query, err);
    if (rc != TL_OK)
        return rc;
    if (query.result == loaded) {
        reach(pipeline, table, TL_STATUS_CHECKSUMMED);
        return TL_OK;
    }
    tl_error_set(err, TL_ERR_DATA,
                 "table %s has %" PRIu64 " rows, but %" PRIu64 " were loaded into it", table->name,
                 query.result, loaded);
    return tl_error_hint(err,
                         "did somebody else write to it? if that is right, accept the table as "
                         "it is: tidb-lightning-ctl --checkpoint-error-ignore='%s'",
                         table->name);
}

static int analyze(struct tl_pipeline *pipeline, struct tl_plan_table *table, struct tl_error *err)
{
    struct table_query query = {.table = table};
    int rc;

    if (pipeline->settings.options->analyze != TL_REQUIRED || table->chunk_count == 0)
        return TL_OK;
    rc = tl_control_run(pipeline->settings.control, analyze_table, &query, err);
    table->analyzed = rc == TL_OK;
    return rc;
}

static uint32_t final_status(const struct tl_plan_table *table)
{
    return table->analyzed ? TL_STATUS_ANALYZED : TL_STATUS_ANALYZE_SKIPPED;
}

/* The final status waits for tl_settle_tables where the server defers durability: one wait for all
   tables instead of one for each. */
static int finish_table(struct tl_pipeline *pipeline, struct tl_plan_table *table,
                        struct tl_error *err)
{
    bool verified = table->status >= TL_STATUS_CHECKSUM_SKIPPED;
    int rc = TL_OK;

    if (!verified) {
        reach(pipeline, table, TL_STATUS_CLOSED);
        reach(pipeline, table, TL_STATUS_IMPORTED);
        reach(pipeline, table, TL_STATUS_INDEX_IMPORTED);
        reach(pipeline, table, TL_STATUS_ALTERED_AUTO_INC);
        rc = verify(pipeline, table, err);
    }
    if (rc == TL_OK)
        rc = analyze(pipeline, table, err);
    if (rc != TL_OK)
        return rc;
    pthread_mutex_lock(&pipeline->settings.plan->lock);
    table->settled = true;
    if (table->chunk_count == 0 || pipeline->settings.ledger->server.durable_commits)
        tl_plan_set_status(table, final_status(table));
    tl_table_info_free(table->info); /* 100,000 tables must stay small; no batch of it is in work */
    table->info = NULL;
    pthread_mutex_unlock(&pipeline->settings.plan->lock);
    return TL_OK;
}

struct flush {
    const struct tl_server *server;
    bool durable;
};

static int flush_logs(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct flush *flush = payload;

    return tl_target_make_durable(session, flush->server, &flush->durable, err);
}

int tl_settle_tables(const struct tl_pipeline_settings *settings, struct tl_error *err)
{
    struct tl_plan *plan = settings->plan;
    struct flush flush = {.server = &settings->ledger->server, .durable = true};
    bool open = false;
    int rc = TL_OK;

    for (size_t i = 0; i < plan->table_count; i++)
        open =
            open || (plan->tables[i].settled && plan->tables[i].status < TL_STATUS_ANALYZE_SKIPPED);
    if (open)
        rc = tl_control_run(settings->control, flush_logs, &flush, err);
    if (rc != TL_OK)
        return rc;
    if (!flush.durable)
        tl_log(TL_LOG_WARN,
               "the server does not flush its log at each commit and could not be made to: a crash "
               "of its machine right after the import may lose rows",
               TL_STR("privilege", "RELOAD"), TL_END);
    pthread_mutex_lock(&plan->lock);
    for (size_t i = 0; i < plan->table_count; i++)
        if (plan->tables[i].settled && plan->tables[i].status < TL_STATUS_ANALYZE_SKIPPED)
            tl_plan_set_status(&plan->tables[i], final_status(&plan->tables[i]));
    pthread_mutex_unlock(&plan->lock);
    return TL_OK;
}

/* The status that a failed step would have given. */
static uint32_t intended_status(const struct tl_plan_table *table)
{
    return table->status < TL_STATUS_CHECKSUM_SKIPPED ? TL_STATUS_CHECKSUMMED : TL_STATUS_ANALYZED;
}

void tl_table_steps(struct tl_pipeline *pipeline, struct tl_plan_table *table)
{
    struct tl_error err;
    int rc;

    tl_error_init(&err);
    rc = finish_table(pipeline, table, &err);
    if (rc == TL_OK) {
        tl_log(TL_LOG_INFO, "table is done", TL_STR("table", table->name),
               TL_INT("rows", loaded_rows(pipeline, table)), TL_END);
    } else if (rc == TL_ERR_DATA || (rc == TL_ERR_DB && !err.retryable)) {
        tl_log_error(TL_LOG_ERROR, "table failed", &err);
        tl_plan_fail_table(pipeline->settings.plan, table, intended_status(table), NULL, &err);
    } else {
        tl_pipeline_stop(pipeline, rc, &err);
    }
    tl_pipeline_changed(pipeline);
}
