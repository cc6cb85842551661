/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about stores that tidy up by writing a new file and renaming it: a writer dies before and
 * after each rename.
 */
#include <string.h>
#include <unistd.h>

#include "plugins/conformance/place.h"
#include "plugins/conformance/runner.h"
#include "plugins/conformance/trace.h"
#include "plugins/conformance/world.h"

static const double BUDGET_SECONDS = 2.0;

enum { TIDY_APPLIES = 40, TIDY_EXTRA = 2500 };

struct tidy_life {
    volatile int64_t confirmed;
};

static int tidy_apply(struct kit *kit, struct kit_store *store, int64_t round)
{
    static const char filler[TIDY_EXTRA] = "filler";
    struct ckpt_table table = kit_table("`tidy`.`t`", 30);
    struct ckpt_chunk chunks[CKPT_APPLY_MAX_CHANGES];
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];

    table.table_id = round;
    changes[0] = kit_put(CKPT_PUT_TABLE, &table);
    for (size_t i = 1; i < CKPT_APPLY_MAX_CHANGES; i++) {
        chunks[i] = kit_chunk("`tidy`.`t`", 0, "a", (int64_t)i);
        chunks[i].pos = round;
        chunks[i].extra = (struct ckpt_str){filler, TIDY_EXTRA};
        changes[i] = kit_put(CKPT_PUT_CHUNK, &chunks[i]);
    }
    return kit_apply(kit, store, changes, CKPT_APPLY_MAX_CHANGES);
}

static void live_tidying(struct kit *kit, void *payload)
{
    struct tidy_life *life = payload;
    struct kit_store store = {0};

    if (kit_open(kit, &store, 0) != KIT_PASS)
        _exit(1);
    kit_window_begin();
    for (int64_t round = 1; round <= TIDY_APPLIES; round++) {
        if (tidy_apply(kit, &store, round) != KIT_PASS)
            _exit(1);
        life->confirmed = round;
    }
    kit_window_end(CKPT_ERR);
    _exit(0);
}

/* One generation, and none older than was confirmed. */
static int expect_tidy(struct kit *kit, int64_t confirmed)
{
    KIT_STORE store = {0};
    KIT_WORLD got = {0};
    const struct ckpt_table *table;

    if (kit_open(kit, &store, 0) != KIT_PASS)
        return kit_prefix(kit, "after SIGKILL at a rename");
    KIT_TRY(kit_world_read(kit, &store, &got));
    if (confirmed == 0 && got.rows[CKPT_PUT_TABLE].count == 0)
        return KIT_PASS;
    KIT_CHECK(got.rows[CKPT_PUT_TABLE].count == 1 &&
                  got.rows[CKPT_PUT_CHUNK].count == CKPT_APPLY_MAX_CHANGES - 1,
              "after SIGKILL at a rename %zu of %u chunks are there",
              got.rows[CKPT_PUT_CHUNK].count, CKPT_APPLY_MAX_CHANGES - 1);
    table = kit_world_row(&got, CKPT_PUT_TABLE, 0);
    KIT_CHECK(table->table_id >= confirmed, "after SIGKILL at a rename an apply is lost");
    for (size_t i = 0; i < got.rows[CKPT_PUT_CHUNK].count; i++) {
        const struct ckpt_chunk *chunk = kit_world_row(&got, CKPT_PUT_CHUNK, i);

        KIT_CHECK(chunk->pos == table->table_id, "after SIGKILL at a rename an apply is torn");
    }
    return KIT_PASS;
}

/* What a writer leaves that dies before its `at`th rename, or after it; *acted_out: there was one.
 */
static int die_tidying(struct kit *kit, struct tidy_life *life, unsigned at, bool *acted_out)
{
    struct kit_trace trace = {.what = KIT_TRACE_KILL, .at = at, .renames_only = true};
    KIT_STORE store = {0};

    KIT_TRY(kit_fresh(kit, &store));
    kit_close(&store);
    life->confirmed = 0;
    KIT_TRY(kit_trace_run(kit, &trace, live_tidying, life));
    *acted_out = trace.acted;
    if (at == 1 && !trace.acted)
        return kit_skip(kit, "this driver renames no file while it applies");
    return KIT_PASS;
}

/* Retire with remove takes also what a crash has left beside the store. */
static int leftovers_are_removed(struct kit *kit)
{
    struct tidy_life *life = kit_shared(sizeof(*life));
    char dsn[KIT_PATH];
    struct kit own = *kit;
    struct kit_names names;
    KIT_STORE store = {0};
    struct ckpt_error err = kit_error();
    bool acted;
    int rc;

    KIT_CHECK(life, "out of memory");
    if (!kit->driver->retire)
        return kit_skip(kit, "the driver has no retire");
    KIT_TRY(kit_open(kit, &store, 0));
    if (!kit_new_dsn(kit, "-ckpt-third", dsn, sizeof(dsn)) || kit_place(kit) != kit->dsn)
        return kit_skip(kit, "the DSN is not the path of a file");
    kit_close(&store);
    own.dsn = dsn;
    kit_remove_files(dsn);
    rc = die_tidying(&own, life, 1, &acted);
    if (rc == KIT_PASS && kit_open(&own, &store, 0) == KIT_PASS) {
        rc = kit->driver->retire(store.handle, CKPT_RETIRE_REMOVE, 1, &err);
        rc = kit_expect(&own, "retire", rc, CKPT_OK, &err);
        kit_close(&store);
        kit_list_names(&names, dsn);
        if (rc == KIT_PASS && names.count)
            rc = kit_fail(&own, "retire with remove leaves '%s', which a crash had left",
                          names.names[0]);
    }
    kit_remove_files(dsn);
    memcpy(kit->reason, own.reason, sizeof(kit->reason));
    return kit->reason[0] && rc == KIT_PASS ? KIT_FAIL : rc;
}

static int tidying_survives(struct kit *kit)
{
    struct tidy_life *life = kit_shared(sizeof(*life));
    double begin = kit_clock();
    bool acted = true;

    KIT_CHECK(life, "out of memory");
    for (unsigned at = 1; acted && kit_clock() - begin < BUDGET_SECONDS * kit_slowness(); at++) {
        KIT_TRY(die_tidying(kit, life, at, &acted));
        KIT_TRY(expect_tidy(kit, life->confirmed));
    }
    return KIT_PASS;
}

const struct kit_rule kit_rules_tidy[] = {
    {"crash-rename", "SIGKILL before and after a rename loses nothing", tidying_survives, 0},
    {"retire-leftovers", "retire with remove takes what a crash has left", leftovers_are_removed,
     0},
    {NULL, NULL, NULL, 0},
};
