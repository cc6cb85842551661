/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See operate.h.
 */
#include "core/ctl/operate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/checkpoint/model.h"
#include "core/ctl/rights.h"
#include "core/import/intent.h"

enum { MAX_INTENT = 1280 }; /* a flag and a table name */

struct run {
    struct tl_scene *scene;
    enum tl_operation operation;
    const char *argument;
    bool all;
    bool dry_run;
    bool ledger_only; /* the store knows nothing of the task */
    bool *marks;      /* for each table of the plan */
    size_t changed;
};

const char *tl_operation_flag(enum tl_operation operation)
{
    static const char *const flags[] = {[TL_OP_REMOVE] = "--checkpoint-remove",
                                        [TL_OP_ERROR_IGNORE] = "--checkpoint-error-ignore",
                                        [TL_OP_ERROR_DESTROY] = "--checkpoint-error-destroy"};

    return flags[operation];
}

/* Whether the operation does anything to this table. */
static bool concerns(const struct run *run, size_t index)
{
    const struct tl_plan_table *table = &run->scene->plan->tables[index];

    if (!run->marks[index])
        return false;
    return run->operation == TL_OP_REMOVE || table->failed ||
           (run->ledger_only && run->operation == TL_OP_ERROR_DESTROY);
}

static int committed_rows(const struct run *run, const struct tl_plan_table *table,
                          uint64_t *rows_out, struct tl_error *err)
{
    *rows_out = run->scene->task.adopt ? tl_plan_table_rows(table) : 0;
    if (!run->scene->has_ledger)
        return TL_OK;
    return tl_ledger_table_rows(&run->scene->ledger, run->scene->session, table->name, rows_out,
                                err);
}

static int drop_table(const struct run *run, const struct tl_plan_table *table,
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

static int forget_in_ledger(const struct run *run, const struct tl_plan_table *table,
                            struct tl_error *err)
{
    if (!run->scene->has_ledger)
        return TL_OK;
    return tl_ledger_delete_table(&run->scene->ledger, run->scene->session, table->name, err);
}

static int forget_in_store(const struct run *run, const struct tl_plan_table *table,
                           struct tl_error *err)
{
    if (run->ledger_only)
        return TL_OK;
    return tl_store_delete(run->scene->store, CKPT_DELETE_TABLE, table->name, err);
}

/* The table stays known, as one that the next run plans: without it the task would look done. */
static int reset_in_store(const struct run *run, const struct tl_plan_table *table,
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

static int destroy_table(struct run *run, const struct tl_plan_table *table, struct tl_error *err)
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

static int remove_table(struct run *run, const struct tl_plan_table *table, struct tl_error *err)
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

static int ignore_table(struct run *run, const struct tl_plan_table *table, struct tl_error *err)
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

static int change_table(struct run *run, const struct tl_plan_table *table, struct tl_error *err)
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

/* The whole task goes: with "remove all", and with "destroy all" when only the ledger is left. */
static int forget_task(struct run *run, struct tl_error *err)
{
    struct tl_scene *scene = run->scene;
    bool whole = run->all && (run->operation == TL_OP_REMOVE ||
                              (run->operation == TL_OP_ERROR_DESTROY && run->ledger_only));
    int rc = TL_OK;

    if (!whole || run->dry_run)
        return TL_OK;
    if (run->operation == TL_OP_REMOVE)
        rc = tl_store_retire(scene->store, CKPT_RETIRE_REMOVE, scene->plan->task_id, err);
    if (rc == TL_OK && scene->has_ledger)
        rc = tl_ledger_delete_task(&scene->ledger, scene->session, err);
    scene->has_ledger = scene->has_ledger && rc != TL_OK;
    if (rc == TL_OK)
        printf("task %" PRId64 ": nothing of its checkpoint is left\n", scene->plan->task_id);
    return rc;
}

static void intent_of(const struct run *run, char *intent, size_t size)
{
    snprintf(intent, size, "%s='%s'", tl_operation_flag(run->operation), run->argument);
}

static int refuse_other_intent(const struct run *run, struct tl_error *err)
{
    const char *found = run->scene->intent;
    char intent[MAX_INTENT];

    intent_of(run, intent, sizeof(intent));
    if (!found || !found[0] || strcmp(found, intent) == 0 || tl_intent_is_finish(found))
        return TL_OK;
    tl_error_set(err, TL_ERR_REFUSED, "another operation was interrupted: %s", found);
    return tl_error_hint(err, "finish it first: tidb-lightning-ctl %s", found);
}

static int mark_intent(struct run *run, bool begin, struct tl_error *err)
{
    char intent[MAX_INTENT];

    if (!run->scene->has_ledger || run->dry_run)
        return TL_OK;
    intent_of(run, intent, sizeof(intent));
    return tl_ledger_set_intent(&run->scene->ledger, run->scene->session, begin ? intent : NULL,
                                err);
}

static int change_all(struct run *run, struct tl_error *err)
{
    const struct tl_plan *plan = run->scene->plan;
    int rc = mark_intent(run, true, err);

    for (size_t i = 0; rc == TL_OK && i < plan->table_count; i++) {
        if (concerns(run, i))
            rc = change_table(run, &plan->tables[i], err);
        else if (run->marks[i] && !run->all)
            printf("%s: did not fail, nothing to do\n", plan->tables[i].name);
    }
    if (rc == TL_OK)
        rc = forget_task(run, err);
    if (rc == TL_OK)
        rc = mark_intent(run, false, err);
    if (rc == TL_OK && run->changed == 0 && run->all)
        printf("no table to change\n");
    return rc;
}

/* "remove all" of a checkpoint that has no task: whatever the driver made goes. */
static int remove_empty(struct run *run, struct tl_error *err)
{
    int rc;

    if (run->operation != TL_OP_REMOVE || !run->all) {
        if (run->all) {
            printf("no checkpoint and no ledger of it: nothing to do\n");
            return TL_OK;
        }
        return tl_error_set(err, TL_ERR_USAGE, "the checkpoint has no table %s: %s is empty",
                            run->argument, tl_store_where(run->scene->store));
    }
    printf("%s%s: removed\n", run->dry_run ? "would be done: " : "",
           tl_store_where(run->scene->store));
    if (run->dry_run)
        return TL_OK;
    rc = tl_scene_make_writable(run->scene, err);
    return rc == TL_OK ? tl_store_retire(run->scene->store, CKPT_RETIRE_REMOVE, 0, err) : rc;
}

/* The task is ours: looks once more at what there is, and selects from that. */
static int begin_changes(struct run *run, struct tl_error *err)
{
    int rc;

    if (run->dry_run || (run->ledger_only && run->operation != TL_OP_REMOVE))
        return TL_OK;
    rc = tl_scene_make_writable(run->scene, err);
    if (rc != TL_OK)
        return rc;
    free(run->marks);
    run->marks = NULL;
    return tl_scene_select(run->scene, run->argument, &run->marks, err);
}

struct own_intent {
    const struct run *run;
    bool found;
};

static int look_for_own(const struct tl_ledger_task *task, void *payload)
{
    struct own_intent *own = payload;
    char intent[MAX_INTENT];

    intent_of(own->run, intent, sizeof(intent));
    own->found = own->found || (task->task_id == own->run->scene->ledger.task_id && task->intent &&
                                strcmp(task->intent, intent) == 0);
    return TL_OK;
}

/* The store does not know the table (err says so). When this very operation was interrupted, it had
   come so far already, and only its intent is left. */
static int finish_if_ours(struct run *run, struct tl_error *err)
{
    struct tl_scene *scene = run->scene;
    struct own_intent own = {.run = run};
    struct tl_error why;
    bool exists = false;
    int rc;

    tl_error_init(&why);
    rc = run->dry_run ? TL_ERR : tl_scene_connect(scene, &why);
    if (rc == TL_OK)
        rc = tl_ledger_exists(scene->session, scene->ledger.schema, &exists, &why);
    if (rc == TL_OK && exists)
        rc = tl_ledger_each_task(scene->session, scene->ledger.schema, look_for_own, &own, &why);
    if (rc != TL_OK || !own.found)
        return err->code;
    tl_error_init(err);
    rc = tl_clear_intent(scene, err);
    if (rc == TL_OK)
        printf("%s: this was done already; the interrupted operation is finished\n", run->argument);
    return rc;
}

static int check_rights(const struct run *run, struct tl_error *err)
{
    struct tl_ctl_needs needs = {.ledger = TL_LEDGER_RIGHTS & ~(unsigned)TL_RIGHT_INSERT,
                                 .store = !run->dry_run};

    size_t count = run->scene->plan ? run->scene->plan->table_count : 0;
    TL_CLEANUP_FREE bool *dropped = calloc(count + 1, sizeof(*dropped));

    if (!dropped)
        return tl_error_nomem(err);
    for (size_t i = 0; i < count; i++)
        dropped[i] = run->operation == TL_OP_ERROR_DESTROY && !run->dry_run && concerns(run, i);
    needs.marks = dropped;
    needs.tables = TL_RIGHT_DROP;
    return tl_ctl_check_rights(run->scene, &needs, err);
}

int tl_operate(struct tl_scene *scene, enum tl_operation operation, const char *argument,
               bool dry_run, struct tl_error *err)
{
    struct run run = {.scene = scene,
                      .operation = operation,
                      .argument = argument,
                      .all = strcmp(argument, "all") == 0,
                      .dry_run = dry_run,
                      .ledger_only = scene->plan == NULL};
    int rc = scene->plan ? tl_scene_select(scene, argument, &run.marks, err) : TL_OK;

    if (rc == TL_ERR_USAGE)
        return finish_if_ours(&run, err);
    if (rc == TL_OK)
        rc = tl_scene_connect(scene, err);
    if (rc == TL_OK && scene->plan && !run.marks)
        rc = tl_scene_select(scene, argument, &run.marks, err);
    if (rc == TL_OK)
        rc = check_rights(&run, err);
    if (rc == TL_OK && !scene->plan)
        return remove_empty(&run, err);
    if (rc == TL_OK)
        rc = tl_scene_take_over(scene, err);
    if (rc == TL_OK)
        rc = refuse_other_intent(&run, err);
    if (rc == TL_OK)
        rc = begin_changes(&run, err);
    if (rc == TL_OK)
        rc = change_all(&run, err);
    free(run.marks);
    return rc;
}

int tl_clear_intent(struct tl_scene *scene, struct tl_error *err)
{
    int rc = scene->session ? TL_OK : tl_scene_connect(scene, err);

    if (rc == TL_OK)
        rc = tl_scene_take_over(scene, err);
    if (rc == TL_OK && scene->has_ledger)
        rc = tl_ledger_set_intent(&scene->ledger, scene->session, NULL, err);
    return rc;
}
