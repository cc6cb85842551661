/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about a disk that fails while a store is made, opened or put away: the driver says what is
 * wrong with the disk, never that the data is, and afterwards everything is there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/conformance/place.h"
#include "plugins/conformance/runner.h"
#include "plugins/conformance/scene.h"
#include "plugins/conformance/trace.h"

static const double BUDGET_SECONDS = 0.6; /* for a kind of fault */

struct fault {
    int error;
    const char *name;
};

static const struct fault faults[] = {{ENOSPC, "no space left"}, {EIO, "an I/O error"}};

enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

/* How the calls of a traced process ended; shared with it. */
struct ending {
    volatile bool returned;
    int rc;
    int repeated_rc;
    struct ckpt_error err;
    struct ckpt_error repeated_err;
};

/* The code of a call that met this fault. A library that tries to open a file in another way knows
   the second error only: there, the disk must stay full. A fault that is over may also be told as
   one that a repetition helps against. */
static int judge_code(struct kit *kit, const char *what, const struct kit_trace *trace, int rc,
                      const struct ckpt_error *err)
{
    KIT_TRY(kit_expect(kit, what, rc, rc < 0 ? CKPT_ERR : CKPT_OK, err));
    KIT_CHECK(rc != CKPT_ERR_CORRUPT, "%s: a fault of the disk is told as CKPT_ERR_CORRUPT: %s",
              what, err->message);
    KIT_CHECK(rc >= 0 || rc == CKPT_ERR_FULL || trace->error != ENOSPC ||
                  (!trace->sticky && (err->retryable || strcmp(trace->last_name, "openat") == 0)),
              "%s is code %d, not CKPT_ERR_FULL: %s", what, rc, err->message);
    return KIT_PASS;
}

static int judge_process(struct kit *kit, const char *what, const struct kit_trace *trace,
                         const struct ending *ending)
{
    KIT_CHECK(WIFEXITED(trace->status) && WEXITSTATUS(trace->status) == 0 && ending->returned,
              "after %s the process ended by signal %d, status %d", what,
              WIFSIGNALED(trace->status) ? WTERMSIG(trace->status) : 0, WEXITSTATUS(trace->status));
    return KIT_PASS;
}

/* ---- Open ---- */

static void live_opening(struct kit *kit, void *payload)
{
    struct ending *ending = payload;
    struct ckpt_open_args args = kit_args(kit, kit->dsn, 0);
    struct ckpt_store *store = NULL;

    ending->err = kit_error();
    kit_window_begin();
    ending->rc = kit->driver->open(&store, &args, &ending->err);
    ending->returned = true;
    kit_window_end(CKPT_ERR);
    if (ending->rc == CKPT_OK)
        kit->driver->close(store);
    _exit(0);
}

/* With a scene: of a store that holds the state before it; else of one that is not there. */
static int one_opening(struct kit *kit, const struct kit_scene *scene, struct kit_trace *trace,
                       const struct fault *fault, struct ending *ending)
{
    const struct kit_world empty = {0};
    KIT_STORE store = {0};
    char what[160];

    if (!scene)
        kit_remove_files(kit->dsn);
    *ending = (struct ending){0};
    KIT_TRY(kit_trace_run(kit, trace, live_opening, ending));
    snprintf(what, sizeof(what), "open of %s with %s at its effect %u (%s)%s",
             scene ? "a store" : "a new store", fault->name, trace->at, trace->last_name,
             trace->sticky ? " and all after it" : "");
    KIT_TRY(judge_process(kit, what, trace, ending));
    KIT_TRY(judge_code(kit, what, trace, ending->rc, &ending->err));
    if (kit_open(kit, &store, 0) != KIT_PASS ||
        kit_world_expect(kit, &store, scene ? &scene->before : &empty) != KIT_PASS)
        return kit_prefix(kit, "after %s", what);
    return KIT_PASS;
}

static int fail_opening(struct kit *kit, const struct kit_scene *scene, const struct fault *fault,
                        struct ending *ending)
{
    double begin = kit_clock();

    for (unsigned i = 2; kit_clock() - begin < BUDGET_SECONDS * kit_slowness(); i++) {
        struct kit_trace trace = {
            .what = KIT_TRACE_FAIL, .at = i / 2, .sticky = i % 2, .error = fault->error};

        KIT_TRY(one_opening(kit, scene, &trace, fault, ending));
        if (!trace.acted)
            break;
    }
    return KIT_PASS;
}

static int failed_open_is_told(struct kit *kit)
{
    struct ending *ending = kit_shared(sizeof(*ending));
    KIT_SCENE scene = {0};

    KIT_CHECK(ending, "out of memory");
    KIT_TRY(kit_scene_make(kit, &scene, KIT_SCENE_PUT));
    KIT_TRY(kit_scene_reset(kit, &scene));
    for (size_t i = 0; i < FAULTS; i++)
        KIT_TRY(fail_opening(kit, &scene, &faults[i], ending));
    return KIT_PASS;
}

static int failed_creation_is_told(struct kit *kit)
{
    struct ending *ending = kit_shared(sizeof(*ending));
    struct kit own = *kit;
    char dsn[KIT_PATH];
    KIT_STORE store = {0};
    int answer = KIT_PASS;

    KIT_CHECK(ending, "out of memory");
    KIT_TRY(kit_open(kit, &store, 0));
    kit_close(&store);
    if (!kit_new_dsn(kit, "-ckpt-third", dsn, sizeof(dsn)))
        return kit_skip(kit, "the DSN is not the path of a file");
    own.dsn = dsn;
    for (size_t i = 0; i < FAULTS && answer == KIT_PASS; i++)
        answer = fail_opening(&own, NULL, &faults[i], ending);
    kit_remove_files(dsn);
    memcpy(kit->reason, own.reason, sizeof(kit->reason));
    return answer;
}

/* ---- Retire ---- */

/* Once more, without a fault. Where the driver says that a repetition may help, the host may also
   open the store anew for it. */
static void retire_again(struct kit *kit, struct kit_store *store, struct ending *ending)
{
    ending->repeated_rc =
        kit->driver->retire(store->handle, CKPT_RETIRE_REMOVE, 1, &ending->repeated_err);
    if (ending->repeated_rc >= 0 || !ending->repeated_err.retryable)
        return;
    kit_close(store);
    ending->repeated_err = kit_error();
    if (kit_open(kit, store, 0) == KIT_PASS)
        ending->repeated_rc =
            kit->driver->retire(store->handle, CKPT_RETIRE_REMOVE, 1, &ending->repeated_err);
}

/* Retires with a fault, and again without. */
static void live_retiring(struct kit *kit, void *payload)
{
    struct ending *ending = payload;
    struct kit_store store = {0};

    if (kit_open(kit, &store, 0) != KIT_PASS)
        _exit(1);
    ending->err = ending->repeated_err = kit_error();
    kit_window_begin();
    ending->rc = kit->driver->retire(store.handle, CKPT_RETIRE_REMOVE, 1, &ending->err);
    kit_window_end(CKPT_ERR);
    retire_again(kit, &store, ending);
    ending->returned = true;
    kit_close(&store);
    _exit(0);
}

static int one_retirement(struct kit *kit, const struct kit_scene *scene, struct kit_trace *trace,
                          const struct fault *fault, struct ending *ending)
{
    const struct kit_world empty = {0};
    KIT_STORE store = {0};
    char what[160];

    KIT_TRY(kit_scene_reset(kit, scene));
    *ending = (struct ending){0};
    KIT_TRY(kit_trace_run(kit, trace, live_retiring, ending));
    snprintf(what, sizeof(what), "retire with %s at its effect %u (%s)%s", fault->name, trace->at,
             trace->last_name, trace->sticky ? " and all after it" : "");
    KIT_TRY(judge_process(kit, what, trace, ending));
    KIT_TRY(judge_code(kit, what, trace, ending->rc, &ending->err));
    if (kit_expect(kit, "retire again", ending->repeated_rc, CKPT_OK, &ending->repeated_err) !=
            KIT_PASS ||
        kit_open(kit, &store, 0) != KIT_PASS || kit_world_expect(kit, &store, &empty) != KIT_PASS)
        return kit_prefix(kit, "after %s", what);
    return KIT_PASS;
}

static int fail_retiring(struct kit *kit, const struct kit_scene *scene, const struct fault *fault,
                         struct ending *ending)
{
    double begin = kit_clock();

    for (unsigned i = 2; kit_clock() - begin < BUDGET_SECONDS * kit_slowness(); i++) {
        struct kit_trace trace = {
            .what = KIT_TRACE_FAIL, .at = i / 2, .sticky = i % 2, .error = fault->error};

        KIT_TRY(one_retirement(kit, scene, &trace, fault, ending));
        if (!trace.acted)
            break;
    }
    return KIT_PASS;
}

static int failed_retire_may_be_repeated(struct kit *kit)
{
    struct ending *ending = kit_shared(sizeof(*ending));
    KIT_SCENE scene = {0};

    if (!kit->driver->retire)
        return kit_skip(kit, "the driver has no retire");
    KIT_CHECK(ending, "out of memory");
    KIT_TRY(kit_scene_make(kit, &scene, KIT_SCENE_PUT));
    for (size_t i = 0; i < FAULTS; i++)
        KIT_TRY(fail_retiring(kit, &scene, &faults[i], ending));
    return KIT_PASS;
}

const struct kit_rule kit_rules_fault_open[] = {
    {"fault-open", "an open that meets a disk fault tells it, and loses nothing",
     failed_open_is_told, 0},
    {"fault-create", "a disk fault while a store is made is told, and leaves what opens",
     failed_creation_is_told, 0},
    {"fault-retire", "a retire that meets a disk fault tells it, and may be repeated",
     failed_retire_may_be_repeated, 0},
    {NULL, NULL, NULL, 0},
};
