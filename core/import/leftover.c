/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See leftover.h.
 */
#include "core/import/leftover.h"

#include <stdio.h>
#include <string.h>

#include "core/base/log.h"

struct search {
    struct tl_import *import;
    int64_t found; /* task id, 0 = none */
};

static int look_at(const struct tl_ledger_task *task, void *payload)
{
    struct search *search = payload;

    if (task->intent && strcmp(task->intent, TL_INTENT_FINISH) == 0 && !task->owner_alive &&
        strcmp(task->source_dir, search->import->catalog->dir) == 0)
        search->found = task->task_id;
    return TL_OK;
}

static int find_and_finish(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct search *search = payload;
    struct tl_import *import = search->import;
    bool exists = false;
    int rc = tl_ledger_exists(session, import->ledger.schema, &exists, err);

    search->found = 0;
    if (rc != TL_OK || !exists)
        return rc;
    rc = tl_ledger_each_task(session, import->ledger.schema, look_at, search, err);
    if (rc != TL_OK || search->found == 0)
        return rc;
    import->ledger.task_id = search->found;
    rc = tl_owner_init(&import->ledger.owner, err);
    if (rc == TL_OK)
        rc = tl_ledger_take_over(&import->ledger, session, NULL, import->cancel, err);
    if (rc == TL_OK)
        rc = tl_ledger_delete_task(&import->ledger, session, err);
    return rc;
}

int tl_import_finish_leftover(struct tl_import *import, struct tl_error *err)
{
    struct search search = {.import = import};
    int rc = tl_control_run(&import->control, find_and_finish, &search, err);

    if (rc != TL_OK || search.found == 0)
        return rc;
    tl_log(TL_LOG_WARN,
           "the last run of this import had loaded everything and was stopped at its very end; "
           "that end is done now",
           TL_INT("task", search.found), TL_END);
    printf("everything had been loaded by the last run; nothing was left to do\n");
    import->nothing_to_do = true;
    return TL_OK;
}
