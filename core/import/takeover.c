/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking the task over at the begin of an attempt: every older writer is fenced off, then the
 * ledger says what is committed, then the target's tables are looked at.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/import/import_internal.h"
#include "core/import/intent.h"
#include "core/import/table_probe.h"

struct take_over {
    struct tl_import *import;
    char *intent; /* owned */
    bool missing;
    size_t lowered;
};

/* A server that took the place of the first one, with or without its data, is the user's decision.
 */
static int check_identity(const struct tl_import *import, struct tl_error *err)
{
    const char *now = import->ledger.server.identity;

    if (strcmp(now, import->identity) == 0)
        return TL_OK;
    tl_error_set(err, TL_ERR_REFUSED, "the target is another server now: '%s' instead of '%s'", now,
                 import->identity);
    return tl_error_hint(err, "make tidb.host lead to the server of the first start; data that it "
                              "had committed is not known to be on this one");
}

static int take_over(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct take_over *state = payload;
    struct tl_import *import = state->import;
    bool exists = false;
    int rc = tl_server_probe(&import->ledger.server, session, err);

    if (rc == TL_OK)
        rc = check_identity(import, err);
    if (rc == TL_OK)
        rc = tl_ledger_exists(session, import->ledger.schema, &exists, err);
    if (rc != TL_OK)
        return rc;
    state->missing = !exists;
    free(state->intent);
    state->intent = NULL;
    if (!exists)
        return TL_OK;
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

const char *tl_import_where(const struct tl_import *import)
{
    return import->store ? tl_store_where(import->store) : "this run (checkpoint.enable = false)";
}

static int refuse_missing(const struct tl_import *import, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_REFUSED,
                 "the checkpoint in %s belongs to task %" PRId64
                 ", but the target has no ledger of it (schema %s)",
                 tl_import_where(import), import->plan->task_id, import->ledger.schema);
    return tl_error_hint(err, "was the target rebuilt? empty its tables, then forget the "
                              "checkpoint: tidb-lightning-ctl --checkpoint-remove=all");
}

static int check_intent(const char *intent, struct tl_error *err)
{
    if (!intent || !intent[0] || tl_intent_is_finish(intent))
        return TL_OK;
    tl_error_set(err, TL_ERR_REFUSED, "a control operation was interrupted: %s", intent);
    return tl_error_hint(err, "finish it first: tidb-lightning-ctl %s", intent);
}

static int refuse_new_tables(const struct tl_import *import, struct tl_error *err)
{
    TL_CLEANUP(tl_plan_free_p) struct tl_plan *more = NULL;
    int rc = tl_plan_build(&more, import->options, import->catalog, import->plan->task_id,
                           import->plan, import->cancel, err);

    if (rc != TL_OK || more->table_count == 0)
        return rc;
    tl_error_set(err, TL_ERR_REFUSED,
                 "the import of the checkpoint in %s is finished, but the source has table %s, "
                 "which was not in it",
                 tl_import_where(import), more->tables[0].name);
    return tl_error_hint(err, "forget the finished import: tidb-lightning-ctl "
                              "--checkpoint-remove=all, and import the new tables from a "
                              "directory of their own or with a filter");
}

static int check_tables(struct tl_import *import, bool all, struct tl_error *err)
{
    int rc = TL_OK;

    for (size_t i = 0; rc == TL_OK && i < import->plan->table_count; i++) {
        bool has_rows = tl_plan_table_rows(&import->plan->tables[i]) > 0;

        if (all || has_rows)
            rc = tl_probe_loaded_table(&import->control, &import->plan->tables[i], has_rows, err);
    }
    return rc;
}

/* Nothing to go on with, but nothing to refuse either: finished before, and its checkpoint kept. */
static int accept_finished(struct tl_import *import, struct tl_error *err)
{
    int rc = refuse_new_tables(import, err);

    if (rc == TL_OK)
        rc = check_tables(import, true, err);
    import->nothing_to_do = rc == TL_OK;
    return rc;
}

/* True in *untouched_out when no row can be anywhere: every table is empty or not there, and the
   store has recorded none (unless this process saw the server restart, which may have forgotten
   them). */
static int is_untouched(struct tl_import *import, bool *untouched_out, struct tl_error *err)
{
    bool untouched = true;
    int rc = TL_OK;

    for (size_t i = 0; rc == TL_OK && untouched && i < import->plan->table_count; i++) {
        const struct tl_plan_table *table = &import->plan->tables[i];

        untouched =
            import->begun || (table->status == TL_STATUS_LOADED && tl_plan_table_rows(table) == 0);
        if (untouched)
            rc = tl_probe_empty(&import->control, table, &untouched, err);
    }
    if (rc == TL_OK)
        *untouched_out = untouched;
    return rc;
}

/* The checkpoint has no ledger. */
static int resolve_missing(struct tl_import *import, struct tl_error *err)
{
    bool untouched = false;
    int rc;

    if (import->retired) {
        import->nothing_to_do = true; /* the deletion was committed, and its answer lost */
        return TL_OK;
    }
    if (import->all_done)
        return accept_finished(import, err);
    rc = is_untouched(import, &untouched, err);
    if (rc != TL_OK)
        return rc;
    if (!untouched)
        return refuse_missing(import, err);
    tl_log(TL_LOG_WARN,
           "the ledger of this import is gone, but its tables are empty: it is made anew", TL_END);
    return tl_import_claim(import, import->plan, err);
}

void tl_import_count_before(struct tl_import *import)
{
    import->rows_before = 0;
    import->bytes_before = 0;
    for (size_t t = 0; t < import->plan->table_count; t++)
        for (size_t c = 0; c < import->plan->tables[t].chunk_count; c++) {
            import->rows_before += import->plan->tables[t].chunks[c].rows;
            import->bytes_before += import->plan->tables[t].chunks[c].bytes;
        }
}

static int clear_intent(struct tl_session *session, void *payload, struct tl_error *err)
{
    const struct tl_import *import = payload;

    return tl_ledger_set_intent(&import->ledger, session, NULL, err);
}

/* What the ledger has, against the plan and the tables. */
static int compare_committed(struct tl_import *import, struct take_over *state,
                             struct tl_error *err)
{
    int rc = tl_control_run(&import->control, read_ledger, state, err);

    if (rc == TL_OK && state->lowered > 0)
        tl_log(TL_LOG_WARN,
               "the target has less than the checkpoint says: going on from what the target has",
               TL_INT("files", state->lowered), TL_END);
    return rc == TL_OK ? check_tables(import, false, err) : rc;
}

/* Up to here nothing was read into the plan; the task is ours. */
static int go_on(struct tl_import *import, struct take_over *state, struct tl_error *err)
{
    bool finishing = state->intent && state->intent[0];
    int rc;

    import->control.known = &import->ledger.server;
    rc = tl_import_add_tables(import, err);
    if (rc == TL_OK)
        rc = compare_committed(import, state, err);
    if (rc != TL_OK)
        return rc;
    import->complete = finishing && tl_plan_all_done(import->plan);
    /* A later run must not believe that everything is loaded. */
    if (finishing && !import->complete)
        rc = tl_control_run(&import->control, clear_intent, import, err);
    if (!import->begun)
        tl_import_count_before(import);
    import->begun = true;
    return rc;
}

int tl_import_take_over(struct tl_import *import, struct tl_error *err)
{
    struct take_over state = {.import = import};
    int rc;

    import->control.known = NULL; /* this attempt gets to know the server anew */
    rc = tl_owner_init(&import->ledger.owner, err);
    if (rc == TL_OK)
        rc = tl_control_run(&import->control, take_over, &state, err);
    if (rc == TL_OK && state.missing)
        rc = resolve_missing(import, err);
    else if (rc == TL_OK)
        rc = check_intent(state.intent, err);
    if (rc == TL_OK && import->nothing_to_do)
        tl_import_count_before(import);
    else if (rc == TL_OK)
        rc = go_on(import, &state, err);
    free(state.intent);
    return rc;
}
