/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about a disk that fails: each write, sync and rename of an apply fails once, or it and all
 * after it, with no space, an I/O error, an interruption, or by half. The driver may only claim
 * what is really there, and must work again when the disk does. What the same handle shows after
 * the error is what the store has.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/conformance/runner.h"
#include "plugins/conformance/scene.h"
#include "plugins/conformance/trace.h"

static const double BUDGET_SECONDS = 0.5; /* for a scene */

/* What the driver gets to do in the same store when the disk works again. */
enum after { NOTHING, REPEAT, SOMETHING_ELSE, AFTERS };

struct fault {
    const struct kit_scene *scene;
    const struct kit_scene *with_other; /* the same, with SOMETHING_ELSE */
    struct kit_scene_result *result;
    enum kit_trace_what what;
    int error;
    const char *name;
    enum after after;
    bool closes; /* its store in the end; else it ends as by SIGKILL */
};

static bool did_something_else(const struct fault *fault)
{
    return fault->after == SOMETHING_ELSE && fault->result->repeated &&
           fault->result->repeated_rc == CKPT_OK;
}

static void live(struct kit *kit, void *payload)
{
    const struct fault *fault = payload;
    struct kit_scene_result *result = fault->result;
    struct kit_store store = {0};

    if (kit_open(kit, &store, 0) != KIT_PASS)
        _exit(1);
    kit_window_begin();
    result->rc = kit_scene_apply(kit, &store, fault->scene, &result->err);
    result->returned = true;
    kit_window_end(result->rc);
    if (fault->after != NOTHING && result->rc != CKPT_OK) {
        result->repeated_rc =
            fault->after == REPEAT
                ? kit_scene_apply(kit, &store, fault->scene, &result->repeated_err)
                : kit_scene_apply_other(kit, &store, &result->repeated_err);
        result->repeated = true;
    }
    result->seen =
        kit_scene_look(kit, &store, did_something_else(fault) ? fault->with_other : fault->scene,
                       result->seen_why, sizeof(result->seen_why));
    if (fault->closes)
        kit_close(&store);
    _exit(0);
}

static int judge_codes(struct kit *kit, const struct fault *fault, const struct kit_trace *trace,
                       const char *what)
{
    const struct kit_scene_result *result = fault->result;
    char call[160];

    KIT_CHECK(WIFEXITED(trace->status) && WEXITSTATUS(trace->status) == 0 && result->returned,
              "after %s the process ended by signal %d, status %d", what,
              WIFSIGNALED(trace->status) ? WTERMSIG(trace->status) : 0, WEXITSTATUS(trace->status));
    snprintf(call, sizeof(call), "apply with %s", what);
    KIT_TRY(kit_expect(kit, call, result->rc, result->rc < 0 ? CKPT_ERR : CKPT_OK, &result->err));
    KIT_CHECK(result->rc != CKPT_ERR_CORRUPT &&
                  (!result->repeated || result->repeated_rc != CKPT_ERR_CORRUPT),
              "%s: a fault of the disk is told as CKPT_ERR_CORRUPT: %s", call,
              result->rc < 0 ? result->err.message : result->repeated_err.message);
    if (fault->error == ENOSPC && result->rc < 0)
        KIT_CHECK(result->rc == CKPT_ERR_FULL, "%s is code %d, not CKPT_ERR_FULL: %s", call,
                  result->rc, result->err.message);
    KIT_CHECK(result->rc < 0 || !trace->unsynced[0] || strncmp(trace->unsynced, "the file", 8) != 0,
              "%s returned CKPT_OK, but %s is not synced", call, trace->unsynced);
    if (!result->repeated)
        return KIT_PASS;
    snprintf(call, sizeof(call), "apply in the same store after %s", what);
    return kit_expect(kit, call, result->repeated_rc, result->repeated_rc < 0 ? CKPT_ERR : CKPT_OK,
                      &result->repeated_err);
}

/* How many effects the apply has, undisturbed. */
static int count_effects(struct kit *kit, struct fault *fault, unsigned *total_out)
{
    struct kit_trace trace = {.what = fault->what, .at = 0};

    KIT_TRY(kit_scene_reset(kit, fault->scene));
    KIT_TRY(kit_trace_run(kit, &trace, live, fault));
    *total_out = trace.effects;
    return kit_scene_judge(kit, fault->scene, "nothing special", KIT_WANT_CONFIRMED, true);
}

/* What the store must hold, after what its calls returned and what a read in the handle showed. A
   process that ends without close may leave the whole apply, though it was not shown. */
static enum kit_scene_want wanted(const struct fault *fault)
{
    const struct kit_scene_result *result = fault->result;

    if (result->rc == CKPT_OK || (fault->after == REPEAT && result->repeated_rc == CKPT_OK))
        return KIT_WANT_CONFIRMED;
    if (result->seen == KIT_SCENE_AFTER)
        return KIT_WANT_SHOWN;
    return result->seen == KIT_SCENE_BEFORE && fault->closes ? KIT_WANT_HIDDEN : KIT_WANT_EITHER;
}

/* Which states the store may be in now. */
static int judge_state(struct kit *kit, const struct fault *fault, const char *what, unsigned at)
{
    const struct kit_scene_result *result = fault->result;
    bool other = did_something_else(fault);
    enum kit_scene_want want = wanted(fault);

    KIT_CHECK(result->seen != KIT_SCENE_TORN,
              "after %s a read in the same handle shows the apply in part: %s", what,
              result->seen_why);
    KIT_CHECK(result->seen != KIT_SCENE_BEFORE || want != KIT_WANT_CONFIRMED,
              "after %s a read in the same handle does not show what returned CKPT_OK", what);
    return kit_scene_judge(kit, other ? fault->with_other : fault->scene, what, want,
                           !other && at % 2);
}

/* The apply with the fault at its effect `at`. */
static int one_fault(struct kit *kit, struct fault *fault, unsigned at, bool sticky)
{
    struct kit_trace trace = {
        .what = fault->what, .at = at, .sticky = sticky, .error = fault->error};
    char what[120];

    KIT_TRY(kit_scene_reset(kit, fault->scene));
    *fault->result = (struct kit_scene_result){0};
    fault->closes = (at + (unsigned)fault->after) % 2;
    KIT_TRY(kit_trace_run(kit, &trace, live, fault));
    snprintf(what, sizeof(what), "%s at effect %u (%s)%s%s", fault->name, at, trace.last_name,
             sticky ? " and all after it" : "", fault->closes ? ", and close," : "");
    KIT_TRY(judge_codes(kit, fault, &trace, what));
    return judge_state(kit, fault, what, at);
}

static int each_after(struct kit *kit, struct fault *fault, unsigned at)
{
    bool both = fault->what == KIT_TRACE_FAIL && fault->error != EINTR;

    for (unsigned after = 0; after < AFTERS; after++) {
        fault->after = (enum after)after;
        KIT_TRY(one_fault(kit, fault, at, false));
        if (both)
            KIT_TRY(one_fault(kit, fault, at, true));
    }
    return KIT_PASS;
}

/* At each effect, or at as many, evenly spread, as the time allows. */
static int fail_everywhere(struct kit *kit, struct fault *fault)
{
    double begin = kit_clock();
    unsigned step = 1;
    unsigned total = 0;

    KIT_TRY(count_effects(kit, fault, &total));
    if (total == 0)
        return kit_skip(kit, "an apply of this driver makes no such call");
    for (unsigned at = 1; at <= total; at += step) {
        KIT_TRY(each_after(kit, fault, at));
        if (at == 2) { /* now it is known how long one takes */
            double each = (kit_clock() - begin) / 2;
            double fit = BUDGET_SECONDS * kit_slowness() / each;

            step = 1 + (unsigned)((double)total / (fit > 3 ? fit : 3));
        }
    }
    return KIT_PASS;
}

static int fail_with(struct kit *kit, enum kit_trace_what what, int error, const char *name)
{
    static const enum kit_scene_kind kinds[] = {KIT_SCENE_ANEW, KIT_SCENE_LARGE};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        KIT_SCENE scene = {0};
        KIT_SCENE with_other = {0};
        struct fault fault = {.scene = &scene,
                              .with_other = &with_other,
                              .result = kit_shared(sizeof(struct kit_scene_result)),
                              .what = what,
                              .error = error,
                              .name = name};

        KIT_CHECK(fault.result, "out of memory");
        KIT_TRY(kit_scene_make(kit, &scene, kinds[i]));
        KIT_TRY(kit_scene_make(kit, &with_other, kinds[i]));
        KIT_TRY(kit_scene_add_other(kit, &with_other));
        KIT_TRY(fail_everywhere(kit, &fault));
    }
    return KIT_PASS;
}

static int no_space_is_told(struct kit *kit)
{
    return fail_with(kit, KIT_TRACE_FAIL, ENOSPC, "no space left");
}

static int io_error_is_told(struct kit *kit)
{
    return fail_with(kit, KIT_TRACE_FAIL, EIO, "an I/O error");
}

static int interruption_is_borne(struct kit *kit)
{
    return fail_with(kit, KIT_TRACE_FAIL, EINTR, "an interruption");
}

static int short_write_is_borne(struct kit *kit)
{
    return fail_with(kit, KIT_TRACE_SHORT, 0, "half a write");
}

const struct kit_rule kit_rules_fault[] = {
    {"fault-full", "when no space is left apply says so, and claims only what is there",
     no_space_is_told, 0},
    {"fault-io", "an I/O error in any call of apply is told, and no apply is torn",
     io_error_is_told, 0},
    {"fault-interrupt", "an interrupted call loses nothing", interruption_is_borne, 0},
    {"fault-short-write", "half a write loses nothing", short_write_is_borne, 0},
    {NULL, NULL, NULL, 0},
};
