/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about SIGKILL at every moment of an apply: one by one, under a tracer, instead of the
 * writes to files and the messages to a server, and in the middle of a write. One rule for each
 * kind of change.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/conformance/place.h"
#include "plugins/conformance/runner.h"
#include "plugins/conformance/scene.h"
#include "plugins/conformance/trace.h"

/* More moments than fit into this are sampled evenly. */
static const double BUDGET_SECONDS = 0.7;

struct life {
    const struct kit_scene *scene;
    struct kit_scene_result *result;
    bool window_over_open; /* die also while opening */
};

static void live(struct kit *kit, void *payload)
{
    const struct life *life = payload;
    struct kit_store store = {0};

    if (life->window_over_open)
        kit_window_begin();
    if (kit_open(kit, &store, 0) != KIT_PASS)
        _exit(1);
    if (!life->window_over_open)
        kit_window_begin();
    life->result->rc = kit_scene_apply(kit, &store, life->scene, &life->result->err);
    life->result->returned = true;
    kit_window_end(life->result->rc);
    _exit(0); /* without close: what was confirmed is durable without it */
}

/* One life that ends at effect `at`; *effects_out: how many there were. */
static int one_death(struct kit *kit, struct life *life, enum kit_trace_what how, unsigned at,
                     bool repeat, struct kit_trace *trace)
{
    char what[100];

    KIT_TRY(kit_scene_reset(kit, life->scene));
    life->result->returned = false;
    *trace = (struct kit_trace){.what = how, .at = at};
    KIT_TRY(kit_trace_run(kit, trace, live, life));
    if (trace->acted) {
        snprintf(what, sizeof(what), "SIGKILL %s its effect %u (%s)",
                 how == KIT_TRACE_TEAR ? "in the middle of" : "before", at, trace->last_name);
        return kit_scene_judge(kit, life->scene, what, KIT_WANT_EITHER, repeat);
    }
    KIT_CHECK(WIFEXITED(trace->status) && WEXITSTATUS(trace->status) == 0,
              "the store does not open in the traced process, or the process ended by itself");
    KIT_CHECK(life->result->returned, "apply ended the process");
    KIT_TRY(kit_expect(kit, "apply", life->result->rc, CKPT_OK, &life->result->err));
    return kit_scene_judge(kit, life->scene, "_exit without close", KIT_WANT_CONFIRMED, repeat);
}

/* Before each effect, or before as many, evenly spread, as the time allows. */
static int die_everywhere(struct kit *kit, struct life *life, enum kit_trace_what how)
{
    struct kit_trace trace;
    double begin = kit_clock();
    unsigned step = 1;
    unsigned total;

    KIT_TRY(one_death(kit, life, KIT_TRACE_WATCH, 0, false, &trace));
    total = trace.effects;
    for (unsigned at = 1; at <= total; at += step) {
        KIT_TRY(one_death(kit, life, how, at, true, &trace));
        KIT_TRY(one_death(kit, life, how, at, false, &trace));
        if (at == 2) { /* now it is known how long one takes */
            double each = (kit_clock() - begin) / 2;
            double fit = BUDGET_SECONDS * kit_slowness() / each;

            step = 1 + (unsigned)((double)total / (fit > 3 ? fit : 3));
        }
    }
    return KIT_PASS;
}

static int die_in(struct kit *kit, enum kit_scene_kind kind)
{
    KIT_SCENE scene = {0};
    struct life life = {.scene = &scene, .result = kit_shared(sizeof(struct kit_scene_result))};

    KIT_CHECK(life.result, "out of memory");
    KIT_TRY(kit_scene_make(kit, &scene, kind));
    KIT_TRY(die_everywhere(kit, &life, KIT_TRACE_KILL));
    return die_everywhere(kit, &life, KIT_TRACE_TEAR);
}

static int put_survives(struct kit *kit)
{
    return die_in(kit, KIT_SCENE_PUT);
}

static int replace_survives(struct kit *kit)
{
    return die_in(kit, KIT_SCENE_REPLACE);
}

static int delete_failures_survives(struct kit *kit)
{
    return die_in(kit, KIT_SCENE_DELETE_FAILURES);
}

static int delete_table_survives(struct kit *kit)
{
    return die_in(kit, KIT_SCENE_DELETE_TABLE);
}

static int delete_all_survives(struct kit *kit)
{
    return die_in(kit, KIT_SCENE_DELETE_ALL);
}

static int anew_survives(struct kit *kit)
{
    return die_in(kit, KIT_SCENE_ANEW);
}

static int large_survives(struct kit *kit)
{
    return die_in(kit, KIT_SCENE_LARGE);
}

/* The life of a process that makes the store; it is not there yet. */
static void live_first(struct kit *kit, void *payload)
{
    const struct ckpt_table table = kit_table("`a`.`b`", 30);
    struct kit_store store = {0};

    (void)payload;
    kit_window_begin();
    if (kit_open(kit, &store, 0) != KIT_PASS)
        _exit(1);
    if (kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)) != KIT_PASS)
        _exit(1);
    kit_window_end(CKPT_OK);
    kit_close(&store);
    _exit(0);
}

/* So that the next open makes it. */
static int remove_store(struct kit *kit)
{
    KIT_STORE store = {0};
    struct ckpt_error err = kit_error();

    if (!kit->driver->retire) {
        kit_remove_files(kit->dsn);
        return KIT_PASS;
    }
    KIT_TRY(kit_open(kit, &store, 0));
    return kit_expect(kit, "retire", kit->driver->retire(store.handle, CKPT_RETIRE_REMOVE, 1, &err),
                      CKPT_OK, &err);
}

static int die_making(struct kit *kit)
{
    struct kit_trace trace = {.acted = true};
    double begin = kit_clock();

    for (unsigned at = 1; trace.acted && kit_clock() - begin < 3 * BUDGET_SECONDS; at++) {
        KIT_STORE store = {0};
        KIT_WORLD got = {0};

        KIT_TRY(remove_store(kit));
        trace = (struct kit_trace){.what = KIT_TRACE_KILL, .at = at};
        KIT_TRY(kit_trace_run(kit, &trace, live_first, NULL));
        KIT_CHECK(trace.acted || (WIFEXITED(trace.status) && WEXITSTATUS(trace.status) == 0),
                  "a store that was removed is not made again in another process");
        if (kit_open(kit, &store, 0) != KIT_PASS)
            return kit_prefix(kit, "after SIGKILL before effect %u of the first open", at);
        KIT_TRY(kit_world_read(kit, &store, &got));
        KIT_CHECK(trace.acted || got.rows[CKPT_PUT_TABLE].count == 1,
                  "the first apply of a new store is lost");
    }
    return KIT_PASS;
}

static int first_open_survives(struct kit *kit)
{
    struct kit own = *kit;
    char dsn[KIT_PATH];
    KIT_STORE store = {0};
    int answer;

    KIT_TRY(kit_open(kit, &store, 0));
    kit_close(&store);
    if (!kit_new_dsn(kit, "-ckpt-third", dsn, sizeof(dsn)))
        return kit->driver->retire
                   ? die_making(kit)
                   : kit_skip(kit, "without retire the kit cannot remove the store");
    own.dsn = dsn;
    kit_remove_files(dsn);
    answer = die_making(&own);
    kit_remove_files(dsn);
    memcpy(kit->reason, own.reason, sizeof(kit->reason));
    return answer;
}

const struct kit_rule kit_rules_crash[] = {
    {"crash-put", "SIGKILL at each moment leaves puts whole or not at all", put_survives, 0},
    {"crash-replace", "SIGKILL at each moment leaves replacing puts whole or not at all",
     replace_survives, 0},
    {"crash-delete-failures", "SIGKILL at each moment leaves delete failures whole or not at all",
     delete_failures_survives, 0},
    {"crash-delete-table", "SIGKILL at each moment leaves delete table whole or not at all",
     delete_table_survives, 0},
    {"crash-delete-all", "SIGKILL at each moment leaves delete all whole or not at all",
     delete_all_survives, 0},
    {"crash-mixed", "SIGKILL at each moment leaves deletes with puts whole or not at all",
     anew_survives, 0},
    {"crash-large", "SIGKILL at each moment leaves a large apply whole or not at all",
     large_survives, 0},
    {"crash-create", "SIGKILL at each moment of the first open leaves what opens again",
     first_open_survives, 0},
    {NULL, NULL, NULL, 0},
};
