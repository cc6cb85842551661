/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about retire: a death in the middle of it, and what other handles see after it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/conformance/place.h"
#include "plugins/conformance/runner.h"
#include "plugins/conformance/trace.h"
#include "plugins/conformance/world.h"

#define T1 "`retired`.`t`"

static const double BUDGET_SECONDS = 1.0;

static int fill(struct kit *kit, struct kit_store *store, struct kit_world *world)
{
    const struct ckpt_task task = kit_task();
    const struct ckpt_table table = kit_table(T1, 200);
    const struct ckpt_chunk chunk = kit_chunk(T1, 0, "a", 0);
    const struct ckpt_change changes[] = {kit_put(CKPT_PUT_TASK, &task),
                                          kit_put(CKPT_PUT_TABLE, &table),
                                          kit_put(CKPT_PUT_CHUNK, &chunk)};

    KIT_TRY(kit_fresh(kit, store));
    return kit_world_apply(kit, store, world, changes, 3);
}

static void live(struct kit *kit, void *payload)
{
    struct kit_store store = {0};
    struct ckpt_error err = kit_error();
    int rc;

    (void)payload;
    if (kit_open(kit, &store, 0) != KIT_PASS)
        _exit(1);
    kit_window_begin();
    rc = kit->driver->retire(store.handle, CKPT_RETIRE_REMOVE, 1, &err);
    kit_window_end(CKPT_ERR);
    _exit(rc == CKPT_OK ? 0 : 1);
}

/* All is there, or nothing; *empty_out: nothing. */
static int expect_whole_or_gone(struct kit *kit, const struct kit_world *world, const char *what,
                                bool *empty_out)
{
    KIT_STORE store = {0};
    KIT_WORLD got = {0};
    const struct kit_world none = {0};
    char why[200];

    if (kit_open(kit, &store, 0) != KIT_PASS)
        return kit_prefix(kit, "after %s", what);
    KIT_TRY(kit_world_read(kit, &store, &got));
    *empty_out = kit_world_same(&got, &none, why, sizeof(why));
    KIT_CHECK(*empty_out || kit_world_same(&got, world, why, sizeof(why)),
              "after %s the store is there in part: %s", what, why);
    return KIT_PASS;
}

static int one_death(struct kit *kit, unsigned at, bool *acted_out)
{
    struct kit_trace trace = {.what = KIT_TRACE_KILL, .at = at};
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    struct ckpt_error err = kit_error();
    char what[100];
    bool empty = false;

    KIT_TRY(fill(kit, &store, &world));
    kit_close(&store);
    KIT_TRY(kit_trace_run(kit, &trace, live, NULL));
    *acted_out = trace.acted;
    snprintf(what, sizeof(what), "SIGKILL before effect %u (%s) of retire", at, trace.last_name);
    if (!trace.acted)
        KIT_CHECK(WIFEXITED(trace.status) && WEXITSTATUS(trace.status) == 0,
                  "retire fails in the traced process");
    KIT_TRY(expect_whole_or_gone(kit, &world, trace.acted ? what : "retire", &empty));
    KIT_CHECK(trace.acted || empty, "after retire with remove the records are still there");
    KIT_TRY(kit_open(kit, &store, 0));
    return kit_expect(kit, "retire after one that was killed",
                      kit->driver->retire(store.handle, CKPT_RETIRE_REMOVE, 1, &err), CKPT_OK,
                      &err);
}

static int death_in_retire_is_borne(struct kit *kit)
{
    double begin = kit_clock();
    bool acted = true;

    if (!kit->driver->retire)
        return kit_skip(kit, "the driver has no retire");
    for (unsigned at = 1; acted && kit_clock() - begin < BUDGET_SECONDS * kit_slowness(); at++)
        KIT_TRY(one_death(kit, at, &acted));
    return KIT_PASS;
}

static int deliver(const struct ckpt_task *task, void *payload)
{
    (void)task;
    ++*(int *)payload;
    return 0;
}

/* An open reader may get an error or nothing, and no record that was retired. */
static int readers_see_no_old_records(struct kit *kit)
{
    KIT_STORE writer = {0};
    KIT_STORE reader = {0};
    KIT_WORLD world = {0};
    struct ckpt_error err = kit_error();
    int seen = 0;
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .task = deliver, .payload = &seen};
    int rc;

    if (!kit->driver->retire)
        return kit_skip(kit, "the driver has no retire");
    KIT_TRY(fill(kit, &writer, &world));
    KIT_TRY(kit_open(kit, &reader, CKPT_OPEN_READ_ONLY));
    KIT_TRY(kit_world_expect(kit, &reader, &world));
    rc = kit->driver->retire(writer.handle, CKPT_RETIRE_REMOVE, 1, &err);
    if (rc < 0 && (rc == CKPT_ERR_BUSY || err.retryable))
        return kit_skip(kit, "this driver does not retire a store that others have open");
    KIT_TRY(kit_expect(kit, "retire beside a reader", rc, CKPT_OK, &err));
    err = kit_error();
    rc = kit->driver->load_task(reader.handle, &visitor, &err);
    if (rc < 0)
        KIT_TRY(kit_expect(kit, "load_task after retire", rc, CKPT_ERR, &err));
    KIT_CHECK(seen == 0 && rc != CKPT_OK, "a reader still sees records that were retired");
    return KIT_PASS;
}

/* What a handle that was retired may still do: nothing that shows or makes a record. */
static int handle_is_spent(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    const struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_change change = kit_put(CKPT_PUT_TABLE, &table);
    const struct ckpt_change *const list[] = {&change};
    struct ckpt_error err = kit_error();
    int seen = 0;
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .task = deliver, .payload = &seen};
    char text[512];
    bool empty = false;
    int rc;

    if (!kit->driver->retire)
        return kit_skip(kit, "the driver has no retire");
    KIT_TRY(fill(kit, &store, &world));
    rc = kit->driver->retire(store.handle, CKPT_RETIRE_REMOVE, 1, &err);
    KIT_TRY(kit_expect(kit, "retire", rc, CKPT_OK, &err));
    rc = kit->driver->load_task(store.handle, &visitor, &err);
    KIT_TRY(kit_expect(kit, "load_task in a handle that was retired", rc,
                       rc < 0 ? CKPT_ERR : CKPT_NOT_FOUND, &err));
    KIT_CHECK(seen == 0, "a handle that was retired still shows records");
    err = kit_error();
    rc = kit->driver->each_table(store.handle, CKPT_FILTER_ALL, &visitor, &err);
    KIT_TRY(kit_expect(kit, "each_table in a handle that was retired", rc,
                       rc < 0 ? CKPT_ERR : CKPT_OK, &err));
    err = kit_error();
    rc = kit->driver->apply(store.handle, list, 1, &err);
    KIT_TRY(kit_expect(kit, "apply in a handle that was retired", rc, CKPT_ERR, &err));
    err = kit_error();
    if (kit->driver->describe)
        KIT_TRY(kit_expect(kit, "describe in a handle that was retired",
                           kit->driver->describe(store.handle, text, sizeof(text), &err), CKPT_OK,
                           &err));
    rc = kit->driver->retire(store.handle, CKPT_RETIRE_REMOVE, 1, &err);
    KIT_TRY(kit_expect(kit, "retire, repeated", rc, CKPT_OK, &err));
    kit_close(&store);
    return expect_whole_or_gone(kit, &(const struct kit_world){0}, "retire", &empty);
}

static void live_durably(struct kit *kit, void *payload)
{
    const uint32_t *how = payload;
    struct kit_store store = {0};
    KIT_WORLD world = {0};
    struct ckpt_error err = kit_error();
    int rc;

    if (fill(kit, &store, &world) != KIT_PASS)
        _exit(1);
    kit_window_begin();
    rc = kit->driver->retire(store.handle, *how, 1, &err);
    kit_window_end(rc);
    _exit(rc == CKPT_OK ? 0 : 1);
}

static int watch(struct kit *kit, uint32_t how)
{
    struct kit_trace trace = {.what = KIT_TRACE_WATCH, .removals = true};

    KIT_TRY(kit_trace_run(kit, &trace, live_durably, &how));
    KIT_CHECK(WIFEXITED(trace.status) && WEXITSTATUS(trace.status) == 0,
              "retire fails in the traced process");
    KIT_CHECK(!trace.unsynced[0], "retire returned CKPT_OK, but %s was not synced (fsync)",
              trace.unsynced);
    return KIT_PASS;
}

static int retire_is_durable(struct kit *kit)
{
    static const uint32_t ways[] = {CKPT_RETIRE_REMOVE, CKPT_RETIRE_RENAME};
    struct kit own = *kit;
    char dsn[KIT_PATH];
    KIT_STORE store = {0};
    int answer = KIT_PASS;

    if (!kit->driver->retire)
        return kit_skip(kit, "the driver has no retire");
    KIT_TRY(kit_fresh(kit, &store));
    kit_close(&store);
    if (!kit_new_dsn(kit, "-ckpt-third", dsn, sizeof(dsn)))
        return kit_skip(kit, "the DSN is not the path of a file");
    own.dsn = dsn;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && answer == KIT_PASS; i++) {
        kit_remove_files(dsn);
        answer = watch(&own, ways[i]);
    }
    kit_remove_files(dsn);
    memcpy(kit->reason, own.reason, sizeof(kit->reason));
    return answer;
}

const struct kit_rule kit_rules_retired[] = {
    {"crash-retire", "SIGKILL at each moment of retire leaves all or nothing",
     death_in_retire_is_borne, 0},
    {"retire-handle", "a handle that was retired shows nothing and takes nothing", handle_is_spent,
     0},
    {"retire-durable", "what retire confirmed is synced to the disk", retire_is_durable, 0},
    {"retire-readers", "readers see nothing of what was retired", readers_see_no_old_records, 0},
    {NULL, NULL, NULL, 0},
};
