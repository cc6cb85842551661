/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking the task over at the begin of an attempt: every older writer is fenced off, then the ledger
 * says what is committed, then the target's tables are looked at.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/import/import_internal.h"
#include "core/import/table_probe.h"

struct take_over {
    struct tl_import *import;
    char *intent; /* owned */
    bool missing;
    size_t lowered;
};

static int take_over(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct take_over *state = payload;
    struct tl_import *import = state->import;
    bool exists = false;
    int rc = tl_server_probe(&import->ledger.server, session, err);

    if (rc == TL_OK)
        rc = tl_ledger_exists(session, import->ledger.schema, &exists, err);
    if (rc != TL_OK)
        return rc;
    state->missing = !exists;
    if (!exists)
        return TL_OK;
    free(state->intent);
    state->intent = NULL;
    rc = tl_ledger_take_over(&import->ledger, session, &state->intent, import->cancel, err);
    if (rc == TL_NOT_FOUND) {
        state->missing = true;
        return TL_OK;
    }
    return rc;
}

static int read_ledger(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct take_over *state = payload;

    return tl_plan_apply_ledger(state->import->plan, &state->import->ledger, session,
                                &state->lowered, err);
}

static int refuse_missing(const struct tl_import *import, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_REFUSED,
                 "the checkpoint in %s belongs to task %" PRId64
                 ", but the target has no ledger of it (schema %s)",
                 tl_store_where(import->store), import->plan->task_id, import->ledger.schema);
    return tl_error_hint(err, "was the target rebuilt? empty its tables, then forget the "
                              "checkpoint: tidb-lightning-ctl --checkpoint-remove=all");
}

static int check_intent(const char *intent, struct tl_error *err)
{
    if (!intent || !intent[0] || strcmp(intent, TL_INTENT_FINISH) == 0)
        return TL_OK;
    tl_error_set(err, TL_ERR_REFUSED, "a control operation was interrupted: %s", intent);
    return tl_error_hint(err, "finish it first: tidb-lightning-ctl %s", intent);
}

static int refuse_new_tables(const struct tl_import *import, struct tl_error *err)
{
    TL_CLEANUP(tl_plan_free_p) struct tl_plan *more = NULL;
    int rc = tl_plan_build(&more, import->options, import->catalog, import->plan->task_id,
                           import->plan, err);

    if (rc != TL_OK || more->table_count == 0)
        return rc;
    tl_error_set(err, TL_ERR_REFUSED,
                 "the import of the checkpoint in %s is finished, but the source has table %s, "
                 "which was not in it",
                 tl_store_where(import->store), more->tables[0].name);
    return tl_error_hint(err, "forget the finished import: tidb-lightning-ctl "
                              "--checkpoint-remove=all, and import the new tables from a "
                              "directory of their own or with a filter");
}

/* Nothing to go on with, but nothing to refuse either: finished before, and its checkpoint kept. */
static int accept_finished(struct tl_import *import, struct tl_error *err)
{
    int rc = refuse_new_tables(import, err);

    for (size_t i = 0; rc == TL_OK && i < import->plan->table_count; i++)
        rc = tl_probe_loaded_table(&import->control, &import->plan->tables[i],
                                   import->plan->tables[i].chunk_count > 0 &&
                                       import->plan->tables[i].chunks[0].recorded_pos > 0,
                                   err);
    import->nothing_to_do = rc == TL_OK;
    return rc;
}

static void count_before(struct tl_import *import)
{
    import->rows_before = 0;
    import->bytes_before = 0;
    for (size_t t = 0; t < import->plan->table_count; t++)
        for (size_t c = 0; c < import->plan->tables[t].chunk_count; c++) {
            import->rows_before += import->plan->tables[t].chunks[c].rows;
            import->bytes_before += import->plan->tables[t].chunks[c].bytes;
        }
}

static uint64_t table_rows(const struct tl_plan_table *table)
{
    uint64_t rows = 0;

    for (size_t i = 0; i < table->chunk_count; i++)
        rows += table->chunks[i].rows;
    return rows;
}

static int check_tables(struct tl_import *import, struct tl_error *err)
{
    int rc = TL_OK;

    for (size_t i = 0; rc == TL_OK && i < import->plan->table_count; i++)
        if (table_rows(&import->plan->tables[i]) > 0)
            rc = tl_probe_loaded_table(&import->control, &import->plan->tables[i], true, err);
    return rc;
}

int tl_import_take_over(struct tl_import *import, struct tl_error *err)
{
    struct take_over state = {.import = import};
    bool first = !import->begun, finishing;
    int rc;

    import->control.known = NULL; /* this attempt gets to know the server anew */
    rc = tl_owner_init(&import->ledger.owner, err);
    if (rc == TL_OK)
        rc = tl_control_run(&import->control, take_over, &state, err);
    if (rc == TL_OK && state.missing)
        rc = import->all_done ? accept_finished(import, err) : refuse_missing(import, err);
    else if (rc == TL_OK)
        rc = check_intent(state.intent, err);
    finishing = state.intent && state.intent[0];
    free(state.intent);
    if (rc != TL_OK || import->nothing_to_do)
        return rc;
    import->control.known = &import->ledger.server;
    rc = tl_import_add_tables(import, err);
    if (rc == TL_OK)
        rc = tl_control_run(&import->control, read_ledger, &state, err);
    if (rc == TL_OK && state.lowered > 0)
        tl_log(TL_LOG_WARN,
               "the target has less than the checkpoint says: going on from what the target has",
               TL_INT("files", state.lowered), TL_END);
    if (rc == TL_OK)
        rc = check_tables(import, err);
    if (rc == TL_OK && first)
        count_before(import);
    import->complete = rc == TL_OK && finishing && tl_plan_all_done(import->plan);
    import->begun = import->begun || rc == TL_OK;
    return rc;
}
