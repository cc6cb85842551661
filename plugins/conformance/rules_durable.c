/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about durability: when apply returns CKPT_OK, each file that was written is synced, and the
 * folder of each file that was made or renamed. Seen from outside, under a tracer; a server is
 * trusted with its own disk.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/conformance/place.h"
#include "plugins/conformance/runner.h"
#include "plugins/conformance/trace.h"

#define T1 "`durable`.`t`"

/* Enough that a driver tidies its store up in between, if it does that. */
enum { APPLIES = 60, LAST_CHANGES = 100, EXTRA = 2000 };

static int apply_some(struct kit *kit, struct kit_store *store, int round, size_t n)
{
    static const char filler[EXTRA] = "extra";
    struct ckpt_chunk chunks[CKPT_APPLY_MAX_CHANGES];
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];

    for (size_t i = 0; i < n; i++) {
        chunks[i] = kit_chunk(T1, 0, "a.sql", (int64_t)i);
        chunks[i].pos = round;
        chunks[i].extra = (struct ckpt_str){filler, EXTRA};
        changes[i] = kit_put(CKPT_PUT_CHUNK, &chunks[i]);
    }
    return kit_apply(kit, store, changes, n);
}

static void live(struct kit *kit, void *payload)
{
    struct kit_store store = {0};
    double begin = kit_clock();

    (void)payload;
    kit_window_begin();
    if (kit_open(kit, &store, 0) != KIT_PASS)
        _exit(1);
    for (int i = 0; i < APPLIES && kit_clock() - begin < 5; i++) {
        kit_window_begin();
        if (apply_some(kit, &store, i, i % 2 ? LAST_CHANGES : 1) != KIT_PASS)
            _exit(1);
        kit_window_end(CKPT_OK);
    }
    kit_close(&store);
    _exit(0);
}

static int watch(struct kit *kit)
{
    struct kit_trace trace = {.what = KIT_TRACE_WATCH};

    KIT_TRY(kit_trace_run(kit, &trace, live, NULL));
    KIT_CHECK(WIFEXITED(trace.status) && WEXITSTATUS(trace.status) == 0,
              "open or apply fails in the traced process");
    KIT_CHECK(!trace.unsynced[0], "apply returned CKPT_OK, but %s was not synced (fsync)",
              trace.unsynced);
    return KIT_PASS;
}

/* Where that can be had, on a store that is made under the tracer. */
static int everything_is_synced(struct kit *kit)
{
    struct kit own = *kit;
    char dsn[KIT_PATH];
    KIT_STORE store = {0};
    int answer;

    KIT_TRY(kit_fresh(kit, &store));
    kit_close(&store);
    if (!kit_new_dsn(kit, "-ckpt-third", dsn, sizeof(dsn)))
        return watch(kit);
    own.dsn = dsn;
    kit_remove_files(dsn);
    answer = watch(&own);
    kit_remove_files(dsn);
    memcpy(kit->reason, own.reason, sizeof(kit->reason));
    return answer;
}

const struct kit_rule kit_rules_durable[] = {
    {"durable", "what apply confirmed is synced to the disk", everything_is_synced, 0},
    {NULL, NULL, NULL, 0},
};
