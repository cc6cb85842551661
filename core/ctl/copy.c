/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See copy.h.
 */
#include "core/ctl/copy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/ctl/copy_target.h"
#include "core/ctl/rights.h"
#include "core/import/intent.h"

enum { RECORDER_ID = 0 }; /* the writer row that guards the store */

struct copy {
    struct tl_scene *scene;
    bool dry_run;
    struct tl_ckpt_module *module; /* of the original */
    struct tl_store *from;         /* opened after the task became ours */
    struct tl_copy_target target;
    struct tl_task_copy task;
    struct tl_record_counts counts;
};

/* Nothing to copy: no task, one whose plan is not whole, or one that this program did not plan. */
static int check_source(const struct tl_scene *scene, struct tl_error *err)
{
    const char *where = tl_store_where(scene->store);

    if (scene->plan && !scene->task.foreign)
        return TL_OK;
    if (scene->plan) {
        tl_error_set(err, TL_ERR_REFUSED,
                     "the checkpoint in %s was made by another program: this one cannot go on with "
                     "it, here or elsewhere",
                     where);
        return tl_error_hint(err, "finish that import with the program that began it");
    }
    if (scene->task.task_id) {
        tl_error_set(err, TL_ERR_REFUSED,
                     "the checkpoint in %s is not complete: the import was stopped while it was "
                     "planned, or it is a copy that was interrupted",
                     where);
        return tl_error_hint(err, "nothing was begun with it: begin the import with the other "
                                  "store, or copy again from the original");
    }
    tl_error_set(err, TL_ERR_REFUSED, "there is no checkpoint in %s", where);
    return tl_error_hint(err, "checkpoint.driver and checkpoint.dsn say what is copied");
}

static int refuse_end(const struct tl_scene *scene, struct tl_error *err)
{
    if (!tl_intent_is_finish(scene->intent))
        return tl_scene_refuse_intent(scene, err);
    tl_error_set(err, TL_ERR_REFUSED,
                 "this import has loaded everything and was stopped at its very end");
    return tl_error_hint(err, "start it once more, to do the rest: there is nothing to copy");
}

/* Opens the original (again: nothing of it may be from the time before the task was ours). */
static int open_from(struct copy *copy, struct tl_error *err)
{
    struct tl_scene *scene = copy->scene;
    int rc;

    tl_store_close(copy->from);
    tl_ckpt_module_free(copy->module);
    tl_task_copy_done(&copy->task);
    copy->from = NULL;
    copy->module = NULL;
    rc = tl_import_open_store_for(&copy->from, &copy->module, scene->options, true, scene->cancel,
                                  err);
    if (rc == TL_OK)
        rc = tl_task_copy_read(&copy->task, copy->from, err);
    if (rc < 0)
        return rc;
    if (rc == TL_OK && copy->task.task.planned && copy->task.task.task_id == scene->ledger.task_id)
        return TL_OK;
    return tl_error_set(err, TL_ERR_REFUSED,
                        "the checkpoint in %s was put away or replaced meanwhile",
                        tl_store_where(copy->from));
}

static int refuse_same(const struct copy *copy, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_REFUSED, "the store to copy to, %s, is the original itself",
                 tl_store_where(copy->target.store));
    return tl_error_hint(err, "name another driver or another DSN");
}

/* Opens the store to copy to, which as yet is not created, and finds out what is in it. */
static int open_target(struct copy *copy, enum tl_copy_state *state_out, struct tl_error *err)
{
    struct tl_copy_target *target = &copy->target;
    int rc = tl_copy_target_open(target, true, copy->scene->cancel, err);

    if (rc != TL_OK)
        return rc;
    if (strcmp(copy->module->driver.name, target->module->driver.name) == 0 &&
        strcmp(tl_store_where(copy->from), tl_store_where(target->store)) == 0)
        return refuse_same(copy, err);
    return tl_copy_target_look(target, copy->task.task.task_id, state_out, err);
}

struct probe {
    struct ckpt_table table;
    char *bytes; /* owned */
    struct tl_error *err;
};

static int take_table(const struct ckpt_table *table, void *payload)
{
    struct probe *probe = payload;
    union tl_record record;

    free(probe->bytes);
    probe->bytes = malloc(tl_record_bytes(CKPT_PUT_TABLE, table) + 1);
    if (!probe->bytes)
        return tl_error_nomem(probe->err);
    tl_record_copy(&record, CKPT_PUT_TABLE, table, probe->bytes);
    probe->table = record.table;
    return TL_NOT_FOUND; /* one is enough */
}

static int first_table(struct probe *probe, struct tl_store *store, struct tl_error *err)
{
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .table = take_table, .payload = probe};

    probe->err = err;
    return tl_store_each_table(store, CKPT_FILTER_ALL, &visitor, err);
}

/* Two equal stores may be one under two names. Then a change of the one, which nobody minds (a
   time, later by a second), shows up in the other. */
static int refuse_alias(struct copy *copy, struct tl_error *err)
{
    struct probe before = {0}, after = {0};
    int rc = first_table(&before, copy->target.store, err);
    bool alias = false;

    if (rc <= 0)
        return rc; /* failed, or no table */
    rc = tl_copy_target_open(&copy->target, false, copy->scene->cancel, err);
    before.table.update_time += TL_NS_PER_SEC;
    if (rc == TL_OK)
        rc = tl_store_put(copy->target.store, CKPT_PUT_TABLE, &before.table, err);
    if (rc == TL_OK)
        rc = open_from(copy, err);
    if (rc == TL_OK)
        rc = first_table(&after, copy->from, err);
    if (rc > 0)
        alias = !tl_record_diff(CKPT_PUT_TABLE, &before.table, &after.table);
    before.table.update_time -= TL_NS_PER_SEC;
    if (rc > 0)
        rc = tl_store_put(copy->target.store, CKPT_PUT_TABLE, &before.table, err);
    free(before.bytes);
    free(after.bytes);
    return rc == TL_OK && alias ? refuse_same(copy, err) : rc;
}

static void say_what_next(const struct copy *copy)
{
    const struct tl_copy_target *target = &copy->target;

    printf("next: set checkpoint.driver = \"%s\" and %s, then start the import again\n",
           target->driver,
           target->dsn[0] == '\0' ? "no checkpoint.dsn"
           : target->dsn_read     ? "checkpoint.dsn to the line that was read"
                                  : "checkpoint.dsn to the DSN that was given here");
    printf("%s stays as it is, and does not take part any more: an import that is started with it "
           "sees the state of now. No row is loaded twice all the same, the ledger on the target "
           "decides that\n",
           tl_store_where(copy->from));
    printf("remove it when the import is finished, not before, since that forgets the ledger too: "
           "tidb-lightning-ctl --checkpoint-remove=all, with the configuration as it is now\n");
}

static void say_copied(const struct copy *copy, const char *what)
{
    const uint64_t *of = copy->counts.of;

    printf("%s: task %" PRId64 ", %" PRIu64 " tables, %" PRIu64 " engines, %" PRIu64
           " chunks, %" PRIu64 " source files, %" PRIu64 " failures; from %s to %s\n",
           what, copy->task.task.task_id, of[CKPT_PUT_TABLE], of[CKPT_PUT_ENGINE],
           of[CKPT_PUT_CHUNK], of[CKPT_PUT_SOURCE], of[CKPT_PUT_FAILURE],
           tl_store_where(copy->from), tl_store_where(copy->target.store));
}

/* The store has this task, as a whole: right when it is equal. */
static int check_complete(struct copy *copy, struct tl_error *err)
{
    int rc = tl_store_compare_task(&copy->task.task, copy->target.store, err);

    if (rc == TL_OK)
        rc = tl_store_compare_tables(copy->from, copy->target.store, copy->scene->cancel,
                                     &copy->counts, err);
    if (rc == TL_NOT_FOUND) {
        err->code = TL_ERR_REFUSED;
        tl_error_context(err, "this import has another checkpoint there already");
        return tl_copy_target_hint(&copy->target, err);
    }
    if (rc == TL_OK && !copy->dry_run)
        rc = refuse_alias(copy, err);
    if (rc != TL_OK)
        return rc;
    say_copied(copy, "copied before, and equal");
    if (!copy->dry_run)
        say_what_next(copy);
    return TL_OK;
}

/* The first change: from now on the store is known as an interrupted copy of this task. */
static int begin(struct copy *copy, enum tl_copy_state state, struct tl_error *err)
{
    struct ckpt_task task = copy->task.task;
    const struct ckpt_change clear = {.struct_size = sizeof(clear), .kind = CKPT_DELETE_ALL};
    const struct ckpt_change put = {
        .struct_size = sizeof(put), .kind = CKPT_PUT_TASK, .record = {.task = &task}};
    const struct ckpt_change *const changes[] = {&clear, &put};

    task.planned = 0;
    if (state == TL_COPY_PARTIAL)
        return tl_store_apply(copy->target.store, changes, 2, err);
    return tl_store_apply(copy->target.store, changes + 1, 1, err);
}

static int write_copy(struct copy *copy, enum tl_copy_state expected, struct tl_error *err)
{
    struct tl_copy_target *target = &copy->target;
    enum tl_copy_state state;
    int rc = tl_copy_target_open(target, false, copy->scene->cancel, err);

    if (rc == TL_OK)
        rc = tl_copy_target_look(target, copy->task.task.task_id, &state, err);
    if (rc == TL_OK && state != expected)
        rc = tl_error_set(err, TL_ERR_REFUSED, "somebody else writes to %s",
                          tl_store_where(target->store));
    if (rc == TL_OK)
        rc = begin(copy, state, err);
    if (rc == TL_OK)
        rc = tl_store_copy_tables(copy->from, target->store, copy->scene->cancel, NULL, err);
    return rc;
}

/* Through a new handle, which knows nothing but what is stored. */
static int verify(struct copy *copy, struct tl_error *err)
{
    struct tl_copy_target *target = &copy->target;
    struct ckpt_task task = copy->task.task;
    int rc = tl_copy_target_open(target, false, copy->scene->cancel, err);

    task.planned = 0;
    if (rc == TL_OK)
        rc = tl_store_compare_task(&task, target->store, err);
    if (rc == TL_OK)
        rc = tl_store_compare_tables(copy->from, target->store, copy->scene->cancel, &copy->counts,
                                     err);
    if (rc == TL_NOT_FOUND)
        rc = tl_error_hint(err, "the original is untouched, and the copy does not count; the same "
                                "command copies anew. If it happens again, the store or its driver "
                                "is not to be trusted");
    return rc;
}

/* The connection was idle for as long as the copy took. */
static int connect_anew(struct tl_scene *scene, struct tl_error *err)
{
    int rc;

    tl_hangup_watch(scene->hangup, TL_HANGUP_CONTROL, NULL);
    rc = tl_session_reopen(scene->session, err);
    tl_hangup_watch(scene->hangup, TL_HANGUP_CONTROL, rc == TL_OK ? scene->session : NULL);
    return rc;
}

/* Under the fence of the ledger, as a recorder writes: should another loader have taken the task
   over during the copy, then it is worth nothing. */
static int publish(struct copy *copy, struct tl_error *err)
{
    struct tl_scene *scene = copy->scene;
    int rc = TL_OK;

    if (scene->has_ledger) {
        rc = connect_anew(scene, err);
        if (rc == TL_OK)
            rc = tl_ledger_add_writer(&scene->ledger, scene->session, RECORDER_ID, err);
        if (rc == TL_OK)
            rc = tl_ledger_fence(&scene->ledger, scene->session, RECORDER_ID, err);
    }
    if (rc == TL_OK)
        rc = tl_store_put(copy->target.store, CKPT_PUT_TASK, &copy->task.task, err);
    if (rc == TL_OK && scene->has_ledger)
        rc = tl_session_exec(scene->session, "COMMIT", 6, NULL, err);
    if (rc == TL_OK)
        rc = tl_store_compare_task(&copy->task.task, copy->target.store, err);
    return rc == TL_NOT_FOUND ? err->code : rc;
}

static int copy_all(struct copy *copy, struct tl_error *err)
{
    enum tl_copy_state state;
    int rc = open_from(copy, err);

    if (rc == TL_OK)
        rc = open_target(copy, &state, err);
    if (rc != TL_OK || state == TL_COPY_COMPLETE)
        return rc == TL_OK ? check_complete(copy, err) : rc;
    if (copy->dry_run) {
        rc = tl_store_count_records(copy->from, &copy->counts, err);
        if (rc == TL_OK)
            say_copied(copy, state == TL_COPY_PARTIAL
                                 ? "would be done: an interrupted copy begun anew"
                                 : "would be done: a copy");
        return rc;
    }
    rc = write_copy(copy, state, err);
    if (rc == TL_OK)
        rc = verify(copy, err);
    if (rc == TL_OK)
        rc = publish(copy, err);
    if (rc == TL_OK) {
        say_copied(copy, "copied, and every record read back and compared");
        say_what_next(copy);
    }
    return rc;
}

/* The task is taken over, so that nobody changes the original meanwhile. A target that is away is
   no obstacle: whatever a copy says, the ledger decides what is committed. */
static int own_task(struct tl_scene *scene, struct tl_error *err)
{
    static const struct tl_ctl_needs needs = {.ledger =
                                                  TL_LEDGER_RIGHTS & ~(unsigned)TL_RIGHT_INSERT};
    int rc = tl_scene_connect(scene, err);

    if (rc != TL_OK && tl_error_is_lost(err) && !tl_cancel_requested(scene->cancel)) {
        printf("warning: %s; so nobody can tell whether the import is running. A copy of a running "
               "import is out of date at once, but the ledger on the target keeps it from loading "
               "a row twice\n",
               err->message);
        tl_scene_disconnect(scene);
        tl_error_init(err);
        return TL_OK;
    }
    if (rc == TL_OK)
        rc = tl_ctl_check_rights(scene, &needs, err);
    if (rc == TL_OK)
        rc = tl_scene_take_over(scene, err);
    return rc == TL_OK ? refuse_end(scene, err) : rc;
}

int tl_ctl_copy(struct tl_scene *scene, const char *argument, bool dry_run, struct tl_error *err)
{
    struct copy copy = {.scene = scene, .dry_run = dry_run};
    int rc = tl_copy_target_init(&copy.target, argument, scene->options, scene->cancel, err);

    if (rc == TL_OK)
        rc = check_source(scene, err);
    if (rc == TL_OK)
        rc = own_task(scene, err);
    if (rc == TL_OK)
        rc = copy_all(&copy, err);
    tl_task_copy_done(&copy.task);
    tl_store_close(copy.from);
    tl_ckpt_module_free(copy.module);
    tl_copy_target_done(&copy.target);
    return rc;
}
