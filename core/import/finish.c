/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a complete import spans two systems: intent on the target, store retired, ledger rows
 * last. A run that dies in between leaves the intent, and the next one goes on from there.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/import/import_internal.h"
#include "core/import/intent.h"

struct intent {
    struct tl_import *import;
    char text[TL_INTENT_FINISH_SIZE];
};

static int set_intent(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct intent *intent = payload;

    return tl_ledger_set_intent(&intent->import->ledger, session, intent->text, err);
}

/* TL_OK: the ledger has no row of the task. An earlier try may have been committed without its
   answer. */
static int check_gone(struct tl_session *session, const struct tl_ledger *ledger,
                      struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    struct tl_error fenced = *err;
    uint64_t found;
    int rc;

    tl_buf_init(&sql, 4096);
    rc = tl_buf_adds(&sql, "SELECT task_id FROM ");
    rc = rc == TL_OK ? tl_sql_add_name(&sql, ledger->schema) : rc;
    rc = rc == TL_OK ? tl_buf_addf(&sql, ".task_v1 WHERE task_id = %" PRId64, ledger->task_id) : rc;
    if (rc != TL_OK)
        return tl_error_nomem(err);
    rc = tl_session_scalar_u64(session, tl_buf_text(&sql), &found, err);
    if (rc == TL_NOT_FOUND)
        return TL_OK;
    if (rc == TL_OK)
        *err = fenced;
    return rc == TL_OK ? TL_ERR_FENCED : rc;
}

static int delete_task(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct tl_import *import = payload;
    int rc = tl_ledger_delete_task(&import->ledger, session, err);

    return rc == TL_ERR_FENCED ? check_gone(session, &import->ledger, err) : rc;
}

static int retire(struct tl_import *import, struct tl_error *err)
{
    static const enum ckpt_retire_how how[] = {[TL_KEEP_REMOVE] = CKPT_RETIRE_REMOVE,
                                               [TL_KEEP_RENAME] = CKPT_RETIRE_RENAME,
                                               [TL_KEEP_ORIGIN] = CKPT_RETIRE_KEEP};
    int rc = TL_OK;

    if (import->store)
        rc = tl_store_retire(import->store, how[import->options->keep_after_success],
                             import->plan->task_id, err);
    if (rc != TL_OK)
        return rc;
    tl_store_close(import->store);
    import->store = NULL;
    import->retired = true;
    return TL_OK;
}

int tl_import_finish(struct tl_import *import, struct tl_error *err)
{
    struct intent intent = {.import = import};
    int rc = tl_intent_of_finish(intent.text, import->plan, import->options, err);

    if (rc == TL_OK)
        rc = tl_control_run(&import->control, set_intent, &intent, err);
    if (rc == TL_OK)
        rc = retire(import, err);
    if (rc != TL_OK)
        return rc;
    import->control.must_end = true;
    tl_import_report(import, NULL);
    return tl_control_run(&import->control, delete_task, import, err);
}
