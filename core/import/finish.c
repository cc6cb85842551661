/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a complete import spans two systems: intent on the target, store retired, ledger rows
 * last. A run that dies in between leaves the intent, and the next one goes on from there.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/import/import_internal.h"

static int set_intent(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct tl_import *import = payload;

    return tl_ledger_set_intent(&import->ledger, session, TL_INTENT_FINISH, err);
}

static int delete_task(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct tl_import *import = payload;

    return tl_ledger_delete_task(&import->ledger, session, err);
}

static int retire(struct tl_import *import, struct tl_error *err)
{
    static const enum ckpt_retire_how how[] = {[TL_KEEP_REMOVE] = CKPT_RETIRE_REMOVE,
                                               [TL_KEEP_RENAME] = CKPT_RETIRE_RENAME,
                                               [TL_KEEP_ORIGIN] = CKPT_RETIRE_KEEP};
    int rc = TL_OK;

    if (!import->store)
        return TL_OK;
    rc = tl_store_retire(import->store, how[import->options->keep_after_success],
                         import->plan->task_id, err);
    tl_store_close(import->store);
    import->store = NULL;
    return rc;
}

int tl_import_finish(struct tl_import *import, struct tl_error *err)
{
    int rc = tl_control_run(&import->control, set_intent, import, err);

    if (rc == TL_OK)
        rc = retire(import, err);
    if (rc != TL_OK)
        return rc;
    tl_import_report(import, NULL);
    return tl_control_run(&import->control, delete_task, import, err);
}
