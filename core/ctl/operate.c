/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See operate.h.
 */
#include "core/ctl/operate_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ctl/rights.h"
#include "core/import/intent.h"

enum { MAX_INTENT = 1280 }; /* a flag and a table name */

const char *tl_operation_flag(enum tl_operation operation)
{
    static const char *const flags[] = {[TL_OP_REMOVE] = "--checkpoint-remove",
                                        [TL_OP_ERROR_IGNORE] = "--checkpoint-error-ignore",
                                        [TL_OP_ERROR_DESTROY] = "--checkpoint-error-destroy"};

    return flags[operation];
}

/* Whether the operation does anything to this table. */
static bool concerns(const struct tl_operate *run, size_t index)
{
    const struct tl_plan_table *table = &run->scene->plan->tables[index];

    if (!run->marks[index])
        return false;
    return run->operation == TL_OP_REMOVE || table->failed ||
           (run->ledger_only && run->operation == TL_OP_ERROR_DESTROY);
}

/* The whole task goes: with "remove all", and with "destroy all" when only the ledger is left. */
static int forget_task(struct tl_operate *run, struct tl_error *err)
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

static void intent_of(const struct tl_operate *run, char *intent, size_t size)
{
    snprintf(intent, size, "%s='%s'", tl_operation_flag(run->operation), run->argument);
}

static int refuse_other_intent(const struct tl_operate *run, struct tl_error *err)
{
    const char *found = run->scene->intent;
    char intent[MAX_INTENT];

    intent_of(run, intent, sizeof(intent));
    if (!found || !found[0] || strcmp(found, intent) == 0 || tl_intent_is_finish(found))
        return TL_OK;
    tl_error_set(err, TL_ERR_REFUSED, "another operation was interrupted: %s", found);
    return tl_error_hint(err, "finish it first: tidb-lightning-ctl %s", found);
}

static int mark_intent(struct tl_operate *run, bool begin, struct tl_error *err)
{
    char intent[MAX_INTENT];

    if (!run->scene->has_ledger || run->dry_run)
        return TL_OK;
    intent_of(run, intent, sizeof(intent));
    return tl_ledger_set_intent(&run->scene->ledger, run->scene->session, begin ? intent : NULL,
                                err);
}

static int change_all(struct tl_operate *run, struct tl_error *err)
{
    const struct tl_plan *plan = run->scene->plan;
    int rc = mark_intent(run, true, err);

    for (size_t i = 0; rc == TL_OK && i < plan->table_count; i++) {
        if (concerns(run, i))
            rc = tl_operate_table(run, &plan->tables[i], err);
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
static int remove_empty(struct tl_operate *run, struct tl_error *err)
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
static int begin_changes(struct tl_operate *run, struct tl_error *err)
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
    const struct tl_operate *run;
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
static int finish_if_ours(struct tl_operate *run, struct tl_error *err)
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

static int check_rights(const struct tl_operate *run, struct tl_error *err)
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
    struct tl_operate run = {.scene = scene,
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
