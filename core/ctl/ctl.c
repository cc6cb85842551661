/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which operation was asked for, and the exit code of its end.
 */
#include "core/ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/ctl/list.h"
#include "core/ctl/operate.h"
#include "core/ctl/rebuild.h"
#include "core/ctl/scene.h"

static int dump(struct tl_scene *scene, const char *directory, struct tl_error *err)
{
    int rc = tl_store_dump(scene->store, directory, err);

    if (rc == TL_OK)
        printf("%s: written to tables.csv, engines.csv and chunks.csv in %s\n",
               tl_store_where(scene->store), directory);
    return rc;
}

static size_t asked(const struct tl_options *options)
{
    return (size_t)(options->ctl_remove != NULL) + (size_t)(options->ctl_error_ignore != NULL) +
           (size_t)(options->ctl_error_destroy != NULL) + (size_t)(options->ctl_dump != NULL) +
           (size_t)options->ctl_list + (size_t)options->ctl_rebuild;
}

static bool only_reads(const struct tl_options *options)
{
    return options->ctl_dump || options->ctl_list || options->ctl_dry_run;
}

static int run(struct tl_scene *scene, const struct tl_options *options, struct tl_error *err)
{
    bool dry = options->ctl_dry_run;

    if (options->ctl_list)
        return tl_ctl_list(scene, err);
    if (options->ctl_dump)
        return dump(scene, options->ctl_dump, err);
    if (options->ctl_rebuild)
        return tl_ctl_rebuild(scene, dry, err);
    if (options->ctl_remove)
        return tl_operate(scene, TL_OP_REMOVE, options->ctl_remove, dry, err);
    if (options->ctl_error_ignore)
        return tl_operate(scene, TL_OP_ERROR_IGNORE, options->ctl_error_ignore, dry, err);
    return tl_operate(scene, TL_OP_ERROR_DESTROY, options->ctl_error_destroy, dry, err);
}

static enum tl_exit exit_code(int rc)
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
    default:
        return TL_EXIT_FAILED;
    }
}

enum tl_exit tl_ctl_run(const struct tl_options *options, const struct tl_cancel *cancel,
                        struct tl_error *err)
{
    struct tl_scene scene = {0};
    int rc;

    if (asked(options) != 1) {
        TL_CLEANUP_FREE char *help = tl_options_help(TL_PROGRAM_CTL);

        fputs(help ? help : "", stdout);
        tl_error_set(err, TL_ERR_USAGE, "%s",
                     asked(options) == 0 ? "no operation was asked for"
                                         : "more than one operation was asked for");
        return TL_EXIT_USAGE;
    }
    rc = tl_scene_open(&scene, options, cancel, only_reads(options), err);
    if (rc == TL_OK)
        rc = run(&scene, options, err);
    tl_scene_close(&scene);
    fflush(stdout);
    return exit_code(rc);
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
    int64_t task_id;
    char *intent; /* owned */
};

static int look_at(const struct tl_ledger_task *task, void *payload)
{
    struct interrupted *found = payload;

    if (task->task_id != found->task_id || !task->intent || task->owner_alive)
        return TL_OK;
    free(found->intent);
    found->intent = strdup(task->intent);
    return TL_OK;
}

static int find_interrupted(struct tl_scene *scene, struct interrupted *found,
                            struct tl_error *err)
{
    bool exists = false;
    int rc = tl_session_open(&scene->session, scene->options, err);

    found->task_id = scene->task.task_id;
    if (rc == TL_OK)
        rc = tl_ledger_exists(scene->session, scene->ledger.schema, &exists, err);
    if (rc == TL_OK && exists)
        rc = tl_ledger_each_task(scene->session, scene->ledger.schema, look_at, found, err);
    tl_session_close(scene->session);
    scene->session = NULL;
    return rc;
}

int tl_ctl_finish_interrupted(const struct tl_options *options, const struct tl_cancel *cancel,
                              struct tl_error *err)
{
    struct tl_scene scene = {0};
    struct interrupted found = {0};
    enum tl_operation operation;
    char *argument;
    int rc = TL_OK;

    if (!options->checkpoint_enable)
        return TL_OK;
    /* What cannot be opened or reached here is told by the import itself. */
    if (tl_scene_open(&scene, options, cancel, true, err) == TL_OK && scene.plan &&
        find_interrupted(&scene, &found, err) == TL_OK && found.intent &&
        parse_intent(found.intent, &operation, &argument)) {
        tl_log(TL_LOG_WARN, "finishing a control operation that was interrupted",
               TL_STR("operation", tl_operation_flag(operation)), TL_STR("table", argument),
               TL_END);
        tl_scene_close(&scene);
        tl_error_init(err);
        rc = tl_scene_open(&scene, options, cancel, false, err);
        if (rc == TL_OK)
            rc = tl_operate(&scene, operation, argument, false, err);
        if (rc == TL_ERR_USAGE) /* the table is gone from the store: only the intent was left */
            rc = tl_clear_intent(&scene, err);
    } else {
        tl_error_init(err);
    }
    tl_scene_close(&scene);
    free(found.intent);
    return rc;
}
