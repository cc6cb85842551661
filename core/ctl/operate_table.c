/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operation does to one table: removes its checkpoint, clears its error, or drops it. Each
 * step may be repeated, so that an interrupted operation is completed by doing it again.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/checkpoint/model.h"
#include "core/ctl/operate_internal.h"

static int committed_rows(const struct tl_operate *run, const struct tl_plan_table *table,
                          uint64_t *rows_out, struct tl_error *err)
{
    *rows_out = run->scene->task.adopt ? tl_plan_table_rows(table) : 0;
    if (!run->scene->has_ledger)
        return TL_OK;
    return tl_ledger_table_rows(&run->scene->ledger, run->scene->session, table->name, rows_out,
                                err);
}

static int drop_table(const struct tl_operate *run, const struct tl_plan_table *table,
                      struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc;

    tl_buf_init(&sql, 4096);
    rc = tl_buf_adds(&sql, "DROP TABLE IF EXISTS ");
    rc = rc == TL_OK ? tl_buf_adds(&sql, table->name) : rc;
    if (rc != TL_OK)
        return tl_error_nomem(err);
    rc = tl_session_exec(run->scene->session, "SET SESSION foreign_key_checks = 0", 34, NULL, err);
    if (rc == TL_OK)
        rc = tl_session_exec(run->scene->session, tl_buf_text(&sql), sql.len, NULL, err);
    if (rc != TL_OK)
        return tl_error_context(err, "dropping table %s", table->name);
    return TL_OK;
}

static int forget_in_ledger(const struct tl_operate *run, const struct tl_plan_table *table,
                            struct tl_error *err)
{
    if (!run->scene->has_ledger)
        return TL_OK;
    return tl_ledger_delete_table(&run->scene->ledger, run->scene->session, table->name, err);
}

static int forget_in_store(const struct tl_operate *run, const struct tl_plan_table *table,
                           struct tl_error *err)
{
    if (run->ledger_only)
        return TL_OK;
    return tl_store_delete(run->scene->store, CKPT_DELETE_TABLE, table->name, err);
}

/* The table stays known, as one that the next run plans: without it the task would look done. */
static int reset_in_store(const struct tl_operate *run, const struct tl_plan_table *table,
                          struct tl_error *err)
{
    int64_t now = tl_wall_ns();
    struct ckpt_table record = {.struct_size = sizeof(record),
                                .status = TL_STATUS_MISSING,
                                .task_id = run->scene->plan->task_id,
                                .name = tl_ckpt_str(table->name),
                                .create_time = now,
                                .update_time = now};
    struct ckpt_change forget = {
        .struct_size = sizeof(forget), .kind = CKPT_DELETE_TABLE, .name = tl_ckpt_str(table->name)};
    struct ckpt_change put = {
        .struct_size = sizeof(put), .kind = CKPT_PUT_TABLE, .record.table = &record};
    const struct ckpt_change *changes[] = {&forget, &put};

    return run->ledger_only ? TL_OK : tl_store_apply(run->scene->store, changes, 2, err);
}

static int destroy_table(struct tl_operate *run, const struct tl_plan_table *table,
                         struct tl_error *err)
{
    int rc = TL_OK;

    printf("%sDropping table: %s\n", run->dry_run ? "would be done: " : "", table->name);
    fflush(stdout);
    if (run->dry_run)
        return TL_OK;
    rc = drop_table(run, table, err);
    if (rc == TL_OK)
        rc = forget_in_ledger(run, table, err);
    if (rc == TL_OK)
        rc = reset_in_store(run, table, err);
    if (rc == TL_OK)
        printf("%s: dropped, its checkpoint is reset; the next run loads it from zero\n",
               table->name);
    return rc;
}

static int remove_table(struct tl_operate *run, const struct tl_plan_table *table,
                        struct tl_error *err)
{
    uint64_t rows;
    int rc = committed_rows(run, table, &rows, err);

    if (rc != TL_OK)
        return rc;
    printf("%s%s: checkpoint removed", run->dry_run ? "would be done: " : "", table->name);
    if (rows > 0)
        printf("; %" PRIu64 " rows of it are committed on the target, and another import would "
               "load them again: empty the table first",
               rows);
    printf("\n");
    if (run->dry_run)
        return TL_OK;
    rc = forget_in_ledger(run, table, err);
    return rc == TL_OK ? forget_in_store(run, table, err) : rc;
}

/* Where the next run goes on. A row count or statistics that failed are accepted as they are: to do
   the same step again would fail again. */
static uint32_t valid_again(uint32_t status)
{
    if (!tl_status_is_invalid(status))
        return status;
    if (status == TL_STATUS_CHECKSUMMED / 10)
        return TL_STATUS_CHECKSUM_SKIPPED;
    return status == TL_STATUS_ANALYZED / 10 ? TL_STATUS_CHECKSUMMED : TL_STATUS_LOADED;
}

static int put_engine(struct tl_scene *scene, const struct tl_plan_table *table, int32_t id,
                      uint32_t status, struct tl_error *err)
{
    struct ckpt_engine engine = {.struct_size = sizeof(engine),
                                 .status = valid_again(status),
                                 .table_name = tl_ckpt_str(table->name),
                                 .engine_id = id,
                                 .create_time = table->create_time,
                                 .update_time = tl_wall_ns()};

    return tl_store_put(scene->store, CKPT_PUT_ENGINE, &engine, err);
}

static int ignore_table(struct tl_operate *run, const struct tl_plan_table *table,
                        struct tl_error *err)
{
    struct tl_scene *scene = run->scene;
    struct ckpt_table record = {.struct_size = sizeof(record),
                                .status = valid_again(table->status),
                                .task_id = scene->plan->task_id,
                                .name = tl_ckpt_str(table->name),
                                .create_time = table->create_time,
                                .update_time = tl_wall_ns()};
    int rc;

    printf(
        "%s%s: error cleared; %s\n", run->dry_run ? "would be done: " : "", table->name,
        record.status == TL_STATUS_LOADED
            ? "the next run goes on where it stopped. Only the row count at the end can now tell "
              "whether the table is right"
            : "the table is accepted as it is, its rows are not counted again");
    if (run->dry_run)
        return TL_OK;
    record.extra = tl_ckpt_str(tl_plan_table_extra(table));
    rc = tl_store_delete(scene->store, CKPT_DELETE_FAILURES, table->name, err);
    if (rc == TL_OK)
        rc = put_engine(scene, table, TL_ENGINE_DATA, table->engine_status, err);
    if (rc == TL_OK)
        rc = put_engine(scene, table, TL_ENGINE_INDEX, table->index_status, err);
    if (rc == TL_OK)
        rc = tl_store_put(scene->store, CKPT_PUT_TABLE, &record, err);
    return rc;
}

int tl_operate_table(struct tl_operate *run, const struct tl_plan_table *table,
                     struct tl_error *err)
{
    run->changed++;
    switch (run->operation) {
    case TL_OP_REMOVE:
        return remove_table(run, table, err);
    case TL_OP_ERROR_DESTROY:
        return destroy_table(run, table, err);
    default:
        return ignore_table(run, table, err);
    }
}
