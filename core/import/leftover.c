/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See leftover.h.
 */
#include "core/import/leftover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/import/intent.h"
#include "core/import/table_probe.h"

struct leftover {
    struct tl_import *import;
    int64_t task_id; /* 0 = none */
    char intent[TL_INTENT_FINISH_SIZE];
    size_t lowered;
};

static int look_at(const struct tl_ledger_task *task, void *payload)
{
    struct leftover *leftover = payload;

    if (!tl_intent_is_finish(task->intent) || task->owner_alive ||
        strcmp(task->source_dir, leftover->import->catalog->dir) != 0)
        return TL_OK;
    leftover->task_id = task->task_id;
    snprintf(leftover->intent, sizeof(leftover->intent), "%s", task->intent);
    return TL_OK;
}

static int find(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct leftover *leftover = payload;
    const char *schema = leftover->import->ledger.schema;
    bool exists = false;
    int rc = tl_ledger_exists(session, schema, &exists, err);

    leftover->task_id = 0;
    if (rc != TL_OK || !exists)
        return rc;
    return tl_ledger_each_task(session, schema, look_at, leftover, err);
}

static int refuse(const struct leftover *leftover, const char *what, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_REFUSED,
                 "the last import of %s (task %" PRId64
                 ") had loaded everything and was stopped at its very end, but %s",
                 leftover->import->catalog->dir, leftover->task_id, what);
    return tl_error_hint(err, "forget that import: tidb-lightning-ctl --checkpoint-remove=all; "
                              "the next run then loads everything that the source has");
}

static int take_over(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct leftover *leftover = payload;
    struct tl_import *import = leftover->import;
    int rc = tl_owner_init(&import->ledger.owner, err);

    if (rc == TL_OK)
        rc = tl_ledger_take_over(&import->ledger, session, NULL, import->cancel, err);
    if (rc == TL_NOT_FOUND)
        return tl_error_set(err, TL_ERR_FENCED, "task %" PRId64 " was just finished by another run",
                            leftover->task_id);
    if (rc == TL_OK)
        rc = tl_plan_apply_ledger(import->plan, &import->ledger, session, &leftover->lowered, err);
    return rc;
}

static int delete_task(struct tl_session *session, void *payload, struct tl_error *err)
{
    const struct leftover *leftover = payload;

    return tl_ledger_delete_task(&leftover->import->ledger, session, err);
}

/* All files committed, and their rows still in the tables. */
static int check_tables(struct leftover *leftover, struct tl_error *err)
{
    struct tl_import *import = leftover->import;
    int rc = TL_OK;

    for (size_t i = 0; rc == TL_OK && i < import->plan->table_count; i++) {
        struct tl_plan_table *table = &import->plan->tables[i];

        if (table->chunks_done < table->chunk_count)
            return refuse(leftover, "the target's ledger has not all of it", err);
        rc = tl_probe_loaded_table(&import->control, table, tl_plan_table_rows(table) > 0, err);
        tl_plan_set_status(table, TL_STATUS_ANALYZE_SKIPPED);
    }
    return rc;
}

static int finish(struct leftover *leftover, struct tl_error *err)
{
    struct tl_import *import = leftover->import;
    char intent[TL_INTENT_FINISH_SIZE];
    int rc = tl_plan_build(&import->plan, import->options, import->catalog, leftover->task_id, NULL,
                           import->cancel, err);

    if (rc == TL_OK)
        rc = tl_intent_of_finish(intent, import->plan, import->options, err);
    if (rc != TL_OK)
        return rc;
    if (strcmp(intent, leftover->intent) != 0)
        return refuse(leftover, "its source or its options were other ones than now", err);
    import->ledger.task_id = leftover->task_id;
    rc = tl_control_run(&import->control, take_over, leftover, err);
    if (rc == TL_OK)
        rc = check_tables(leftover, err);
    if (rc == TL_OK)
        rc = tl_control_run(&import->control, delete_task, leftover, err);
    return rc;
}

int tl_import_finish_leftover(struct tl_import *import, struct tl_error *err)
{
    struct leftover leftover = {.import = import};
    int rc = tl_control_run(&import->control, find, &leftover, err);

    if (rc != TL_OK || leftover.task_id == 0)
        return rc;
    rc = finish(&leftover, err);
    if (rc != TL_OK)
        return rc;
    /* Made by this run, and empty: everything is loaded, so that it stays is no failure. */
    if (import->store &&
        tl_store_retire(import->store, CKPT_RETIRE_REMOVE, leftover.task_id, err) != TL_OK)
        tl_log_error(TL_LOG_WARN, "the empty checkpoint is left behind", err);
    tl_log(TL_LOG_WARN,
           "the last run of this import had loaded everything and was stopped at its very end; "
           "that end is done now",
           TL_INT("task", leftover.task_id), TL_END);
    tl_import_count_before(import);
    import->nothing_to_do = true;
    return TL_OK;
}
