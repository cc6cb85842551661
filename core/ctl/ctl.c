/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which operation was asked for, and the exit code of its end.
 */
#include "core/ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/ctl/copy.h"
#include "core/ctl/list.h"
#include "core/ctl/operate.h"
#include "core/ctl/rebuild.h"
#include "core/ctl/scene.h"
#include "core/ctl/take_upstream.h"
#include "core/import/intent.h"

static int dump(struct tl_scene *scene, const char *directory, struct tl_error *err)
{
    int rc = tl_store_dump(scene->store, directory, err);

    if (rc == TL_OK)
        printf("%s: written to tables.csv, engines.csv and chunks.csv in %s\n",
               tl_store_where(scene->store), directory);
    return rc;
}

static int run(struct tl_scene *scene, const struct tl_options *options, struct tl_error *err)
{
    bool dry = options->ctl_dry_run;

    if (options->ctl_list)
        return tl_ctl_list(scene, err);
    if (options->ctl_dump)
        return dump(scene, options->ctl_dump, err);
    if (options->ctl_import)
        return tl_ctl_take_upstream(scene, options->ctl_import, dry, err);
    if (options->ctl_rebuild)
        return tl_ctl_rebuild(scene, dry, err);
    if (options->ctl_copy_to)
        return tl_ctl_copy(scene, options->ctl_copy_to, dry, err);
    if (options->ctl_remove)
        return tl_operate(scene, TL_OP_REMOVE, options->ctl_remove, dry, err);
    if (options->ctl_error_ignore)
        return tl_operate(scene, TL_OP_ERROR_IGNORE, options->ctl_error_ignore, dry, err);
    return tl_operate(scene, TL_OP_ERROR_DESTROY, options->ctl_error_destroy, dry, err);
}

enum tl_exit tl_ctl_exit(int rc, const struct tl_error *err)
{
    switch (rc) {
    case TL_OK:
        return TL_EXIT_DONE;
    case TL_ERR_USAGE:
        return TL_EXIT_USAGE;
    case TL_ERR_REFUSED:
    case TL_ERR_FENCED:
        return TL_EXIT_REFUSED;
    case TL_ERR_CANCELED:
        return TL_EXIT_RESUMABLE;
    default: /* a server that is away: every operation may be repeated */
        return err->retryable ? TL_EXIT_RESUMABLE : TL_EXIT_FAILED;
    }
}

enum tl_exit tl_ctl_run(const struct tl_options *options, const struct tl_cancel *cancel,
                        struct tl_error *err)
{
    struct tl_scene scene = {0};
    int rc;

    if (tl_options_operations(options) != 1) {
        TL_CLEANUP_FREE char *help = tl_options_help(TL_PROGRAM_CTL);

        fputs(help ? help : "", stdout);
        tl_error_set(err, TL_ERR_USAGE, "%s",
                     tl_options_operations(options) == 0 ? "no operation was asked for"
                                                         : "more than one operation was asked for");
        return TL_EXIT_USAGE;
    }
    rc = tl_scene_open(&scene, options, cancel, err);
    if (rc == TL_OK)
        rc = run(&scene, options, err);
    if (rc != TL_OK && tl_cancel_requested(cancel) && tl_error_is_lost(err))
        rc = tl_error_set(err, TL_ERR_CANCELED, "stopped on request; the same command goes on");
    tl_scene_close(&scene);
    fflush(stdout);
    return tl_ctl_exit(rc, err);
}

/* Splits "--flag='argument'" as mark_intent wrote it; the argument is cut in place. */
static bool parse_intent(char *intent, enum tl_operation *operation_out, char **argument_out)
{
    for (int i = TL_OP_REMOVE; i <= TL_OP_ERROR_DESTROY; i++) {
        const char *flag = tl_operation_flag((enum tl_operation)i);
        size_t len = strlen(flag), total = strlen(intent);

        if (strncmp(intent, flag, len) != 0 || total < len + 3 || intent[len] != '=')
            continue;
        intent[total - 1] = '\0';
        *operation_out = (enum tl_operation)i;
        *argument_out = intent + len + 2;
        return true;
    }
    return false;
}

struct interrupted {
    int64_t task_id; /* of the task that was found */
    char *intent;    /* owned */
    int64_t wanted;  /* 0: any task */
    bool out_of_memory;
};

static int look_at(const struct tl_ledger_task *task, void *payload)
{
    struct interrupted *found = payload;

    if ((found->wanted != 0 && task->task_id != found->wanted) || !task->intent ||
        tl_intent_is_finish(task->intent) || task->owner_alive)
        return TL_OK;
    free(found->intent);
    found->intent = strdup(task->intent);
    found->out_of_memory = found->out_of_memory || !found->intent;
    found->task_id = task->task_id;
    return TL_OK;
}

/* Looks for the intent of a control operation on the target; a target that cannot be asked has
 * none. Only TL_ERR_NOMEM is a failure. */
static int find_interrupted(const struct tl_options *options, struct interrupted *found,
                            struct tl_error *err)
{
    TL_CLEANUP(tl_session_close_p) struct tl_session *session = NULL;
    struct tl_error ignored;
    bool exists = false;
    int rc;

    tl_error_init(&ignored);
    free(found->intent);
    found->intent = NULL;
    rc = tl_session_open(&session, options, &ignored);
    if (rc == TL_OK)
        rc = tl_ledger_exists(session, options->ledger_schema, &exists, &ignored);
    if (rc == TL_OK && exists)
        rc = tl_ledger_each_task(session, options->ledger_schema, look_at, found, &ignored);
    if (rc == TL_ERR_NOMEM || found->out_of_memory)
        return tl_error_nomem(err);
    if (rc != TL_OK)
        tl_log_error(TL_LOG_DEBUG, "cannot look for interrupted operations", &ignored);
    return TL_OK;
}

static int finish_operation(const struct tl_options *options, const struct tl_cancel *cancel,
                            enum tl_operation operation, const char *argument, struct tl_error *err)
{
    struct tl_scene scene = {0};
    int rc = tl_scene_open(&scene, options, cancel, err);

    if (rc == TL_OK) {
        rc = tl_operate(&scene, operation, argument, false, err);
        if (rc == TL_ERR_USAGE) /* the table is gone from the store: only the intent was left */
            rc = tl_clear_intent(&scene, err);
    }
    tl_scene_close(&scene);
    return rc;
}

/* The task of the store that the options name, 0 = none: what cannot be opened is told by the
 * import. Only TL_ERR_NOMEM is a failure. */
static int task_of_store(const struct tl_options *options, const struct tl_cancel *cancel,
                         int64_t *task_id_out, struct tl_error *err)
{
    struct tl_scene scene = {0};
    struct tl_error ignored;
    int rc;

    tl_error_init(&ignored);
    rc = tl_scene_open(&scene, options, cancel, &ignored);
    *task_id_out = rc == TL_OK && scene.plan ? scene.plan->task_id : 0;
    tl_scene_close(&scene);
    return rc == TL_ERR_NOMEM ? tl_error_nomem(err) : TL_OK;
}

int tl_ctl_finish_interrupted(const struct tl_options *options, const struct tl_cancel *cancel,
                              struct tl_error *err)
{
    struct interrupted found = {0};
    enum tl_operation operation;
    char *argument;
    int rc;

    if (!options->checkpoint_enable)
        return TL_OK;
    /* The target first: most runs end here, and open their store once. */
    rc = find_interrupted(options, &found, err);
    if (rc == TL_OK && found.intent)
        rc = task_of_store(options, cancel, &found.wanted, err);
    if (rc == TL_OK && found.intent && found.wanted != found.task_id && found.wanted != 0)
        rc = find_interrupted(options, &found, err);
    if (rc == TL_OK && found.wanted != 0 && found.intent &&
        parse_intent(found.intent, &operation, &argument)) {
        tl_log(TL_LOG_WARN, "finishing a control operation that was interrupted",
               TL_STR("operation", tl_operation_flag(operation)), TL_STR("table", argument),
               TL_END);
        rc = finish_operation(options, cancel, operation, argument, err);
    }
    free(found.intent);
    return rc;
}
