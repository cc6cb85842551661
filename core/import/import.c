/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of an import's phases, and what each end means for the exit code. Everything behind the
 * plan is one attempt that is repeated when the server restarted under it: the ledger then says
 * anew what is committed.
 */
#include "core/import/import.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/import/import_internal.h"
#include "core/import/leftover.h"
#include "core/import/progress.h"
#include "core/import/record.h"

#define ATTEMPT_PAUSE (200 * TL_NS_PER_MS)
enum { FRUITLESS_MIN = 5 }; /* restarts without a commit between them that are always borne */

static size_t failed_tables(const struct tl_plan *plan)
{
    size_t failed = 0;

    for (size_t i = 0; i < plan->table_count; i++)
        failed += plan->tables[i].failed;
    return failed;
}

static bool all_loaded(const struct tl_plan *plan)
{
    for (size_t i = 0; i < plan->table_count; i++)
        if (!plan->tables[i].failed && plan->tables[i].status < TL_STATUS_ANALYZE_SKIPPED)
            return false;
    return true;
}

static struct tl_pipeline_settings pipeline_settings(struct tl_import *import)
{
    return (struct tl_pipeline_settings){.options = import->options,
                                         .plan = import->plan,
                                         .ledger = &import->ledger,
                                         .store = import->store,
                                         .control = &import->control,
                                         .hangup = import->hangup,
                                         .cancel = import->cancel,
                                         .stats = &import->stats};
}

static int load_rows(struct tl_import *import, struct tl_error *err)
{
    struct tl_pipeline_settings settings = pipeline_settings(import);
    struct tl_progress_display *display = NULL;
    int rc;

    if (all_loaded(import->plan))
        return TL_OK;
    rc = tl_record_now(&settings, err);
    if (rc == TL_OK)
        rc = tl_progress_begin(&display, import->plan, import->options, err);
    if (rc == TL_OK)
        rc = tl_pipeline_run(&settings, err);
    if (rc == TL_OK)
        rc = tl_settle_tables(&settings, err);
    tl_progress_end(display);
    return rc;
}

static int fail_if_tables_failed(const struct tl_import *import, struct tl_error *err)
{
    size_t failed = failed_tables(import->plan);

    if (failed == 0)
        return TL_OK;
    tl_error_set(err, TL_ERR_DATA, "%zu of %zu tables failed", failed, import->plan->table_count);
    return tl_error_hint(err, "tidb-lightning-ctl --checkpoint-list shows why; resolve each with "
                              "--checkpoint-error-destroy or --checkpoint-error-ignore");
}

static int attempt(struct tl_import *import, bool first, struct tl_error *err)
{
    struct tl_pipeline_settings settings = pipeline_settings(import);
    int rc = TL_OK;

    if (import->resumed || !first)
        rc = tl_import_take_over(import, err);
    if (rc != TL_OK || import->nothing_to_do)
        return rc;
    import->control.known = &import->ledger.server;
    if (!import->complete)
        rc = tl_import_apply_schema(import, err);
    if (rc == TL_OK && !import->complete)
        rc = load_rows(import, err);
    if (rc == TL_OK)
        rc = tl_record_now(&settings, err);
    if (rc == TL_OK)
        rc = fail_if_tables_failed(import, err);
    if (rc == TL_OK && !tl_plan_all_done(import->plan))
        rc = tl_error_set(err, TL_ERR, "the import ended with a table that is not done");
    if (rc == TL_OK)
        rc = tl_import_finish(import, err);
    return rc;
}

static bool is_repeatable(int rc, const struct tl_error *err)
{
    return rc == TL_ERR_RESTARTED || (rc == TL_ERR_DB && tl_error_is_lost(err));
}

/* What was achieved so far, and when it was last seen to grow. */
struct patience {
    uint64_t batches;
    int64_t since;
    unsigned fruitless;
};

/* Whether another attempt is worth it: a server that our own statements crash comes back each time,
   but nothing is ever committed. */
static bool may_go_on(const struct tl_import *import, struct patience *patience, int rc)
{
    uint64_t batches = atomic_load(&import->stats.batches);
    int64_t now = tl_clock_ns();

    if (rc == TL_ERR_RESTARTED && batches > patience->batches)
        *patience = (struct patience){.batches = batches, .since = now};
    else if (rc == TL_ERR_RESTARTED)
        patience->fruitless++;
    return (rc == TL_ERR_RESTARTED && patience->fruitless < FRUITLESS_MIN) ||
           now - patience->since < (int64_t)import->options->retry_timeout * TL_NS_PER_SEC;
}

static int tell_crashes(const struct patience *patience, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_RESTARTED,
                 "the target server was restarted %u times, and nothing was committed in between",
                 patience->fruitless);
    return tl_error_hint(err, "its error log says why; the same command goes on when it is well");
}

/* Attempts until one ends for another reason than a lost or restarted server. */
static int run_attempts(struct tl_import *import, struct tl_error *err)
{
    struct patience patience = {.since = tl_clock_ns()};
    bool first = true;
    int rc;

    for (;;) {
        rc = attempt(import, first, err);
        if (!is_repeatable(rc, err))
            return rc;
        if (!may_go_on(import, &patience, rc))
            return rc == TL_ERR_RESTARTED ? tell_crashes(&patience, err) : rc;
        tl_log_error(TL_LOG_WARN, "beginning again from what the target has", err);
        if (tl_cancel_sleep(import->cancel, ATTEMPT_PAUSE))
            return tl_error_set(err, TL_ERR_CANCELED, "stopped on request");
        first = false;
    }
}

static int prepare(struct tl_import *import, struct tl_error *err)
{
    int rc = tl_catalog_scan(&import->catalog, import->options, err);

    if (rc == TL_OK)
        rc = tl_import_check_first(import, err);
    if (rc == TL_OK)
        rc = tl_import_open_store(import, err);
    if (rc != TL_OK)
        return rc;
    if (import->resumed)
        return tl_import_load_task(import, err);
    rc = tl_import_finish_leftover(import, err);
    if (rc == TL_OK && !import->nothing_to_do)
        rc = tl_import_plan_task(import, err);
    return rc;
}

static void import_done(struct tl_import *import)
{
    tl_control_done(&import->control);
    tl_hangup_end(import->hangup);
    tl_plan_free(import->plan);
    tl_task_record_done(&import->task);
    tl_store_close(import->store);
    tl_ckpt_module_free(import->module);
    tl_catalog_free(import->catalog);
}

/* Whether the same command goes on from here. */
static bool is_resumable(const struct tl_import *import, int rc, const struct tl_error *err)
{
    switch (rc) {
    case TL_ERR_CANCELED:
        return true;
    case TL_ERR_STORE: /* while its server is away nobody knows whether there is a task */
        return import->begun || import->resumed || err->retryable;
    case TL_ERR_RESTARTED:
    case TL_ERR_IO:
    case TL_ERR_NOMEM:
        return import->begun || import->resumed;
    case TL_ERR_DB:
        return (import->begun || import->resumed) && err->retryable;
    default:
        return false;
    }
}

static enum tl_exit exit_code(const struct tl_import *import, int rc, struct tl_error *err)
{
    if (rc == TL_OK)
        return TL_EXIT_DONE;
    if (rc == TL_ERR_USAGE)
        return TL_EXIT_USAGE;
    if (rc == TL_ERR_REFUSED || rc == TL_ERR_FENCED)
        return TL_EXIT_REFUSED;
    if (!is_resumable(import, rc, err))
        return TL_EXIT_FAILED;
    if (import->begun && !import->options->checkpoint_enable && !import->retired)
        tl_error_hint(err, "checkpoints are disabled; to go on nevertheless: tidb-lightning-ctl "
                           "--checkpoint-rebuild, then run again, both with "
                           "--enable-checkpoint=true");
    return TL_EXIT_RESUMABLE;
}

static int run(struct tl_import *import, struct tl_error *err)
{
    int rc = tl_hangup_begin(&import->hangup, import->cancel, err);

    import->control.hangup = import->hangup;
    if (rc == TL_OK)
        rc = prepare(import, err);
    if (rc == TL_OK && !import->nothing_to_do)
        rc = run_attempts(import, err);
    return rc;
}

enum tl_exit tl_import_run(const struct tl_options *options, struct tl_cancel *cancel,
                           struct tl_error *err)
{
    struct tl_import import = {.options = options, .cancel = cancel, .begun_at = tl_clock_ns()};
    enum tl_exit code;
    int rc;

    tl_control_init(&import.control, options, cancel);
    rc = run(&import, err);
    if (rc == TL_OK && import.nothing_to_do && !import.retired)
        tl_import_report(&import, NULL);
    else if (rc != TL_OK && import.begun && !import.retired)
        tl_import_report(&import, err);
    code = exit_code(&import, rc, err);
    import_done(&import);
    return code;
}
