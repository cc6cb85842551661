/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about the end of a checkpoint: keep, remove, rename.
 */
#include <time.h>
#include <unistd.h>

#include "plugins/conformance/kit.h"

#define T1 "`shop`.`item`"

static int fill(struct kit *kit, struct kit_store *store)
{
    const struct ckpt_task task = kit_task();
    const struct ckpt_table table = kit_table(T1, 200);
    const struct ckpt_chunk chunk = kit_chunk(T1, 0, "a", 0);
    const struct ckpt_change changes[] = {kit_put(CKPT_PUT_TASK, &task),
                                          kit_put(CKPT_PUT_TABLE, &table),
                                          kit_put(CKPT_PUT_CHUNK, &chunk)};

    KIT_TRY(kit_fresh(kit, store));
    return kit_apply(kit, store, changes, 3);
}

static int retire(struct kit *kit, struct kit_store *store, uint32_t how, int64_t task_id)
{
    for (int i = 0; i < 2; i++) { /* twice: it may be repeated */
        struct ckpt_error err;
        int rc;

        for (int tries = 0;; tries++) {
            err = kit_error();
            rc = kit->driver->retire(store->handle, how, task_id, &err);
            if (rc >= 0 || !err.retryable || tries > 60)
                break;
            usleep(50000);
        }
        KIT_TRY(kit_expect(kit, i ? "retire, repeated" : "retire", rc, CKPT_OK, &err));
    }
    kit_close(store);
    return KIT_PASS;
}

/* A read-only open of what is gone opens empty, and a writing one begins anew. */
static int expect_gone(struct kit *kit)
{
    const struct ckpt_table table = kit_table(T1, 30);
    const struct kit_image image = {.table = &table};

    for (int i = 0; i < 2; i++) {
        KIT_STORE store = {0};
        size_t count = 1;

        KIT_TRY(kit_open(kit, &store, i == 0 ? CKPT_OPEN_READ_ONLY : 0));
        KIT_TRY(kit_expect_missing(kit, &store, NULL));
        KIT_TRY(kit_expect_missing(kit, &store, T1));
        KIT_TRY(kit_count_tables(kit, &store, CKPT_FILTER_ALL, &count));
        KIT_CHECK(count == 0, "%zu tables are left", count);
        if (i == 0)
            continue;
        KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
        KIT_TRY(kit_expect_table(kit, &store, &image));
    }
    return KIT_PASS;
}

static int keep_keeps(struct kit *kit)
{
    KIT_STORE store = {0};
    const struct ckpt_task task = kit_task();

    if (!kit->driver->retire)
        return KIT_NOT_CLAIMED;
    KIT_TRY(fill(kit, &store));
    KIT_TRY(retire(kit, &store, CKPT_RETIRE_KEEP, 1));
    KIT_TRY(kit_open(kit, &store, CKPT_OPEN_READ_ONLY));
    return kit_expect_task(kit, &store, &task);
}

static int remove_removes(struct kit *kit)
{
    KIT_STORE store = {0};

    if (!kit->driver->retire)
        return KIT_NOT_CLAIMED;
    KIT_TRY(fill(kit, &store));
    KIT_TRY(retire(kit, &store, CKPT_RETIRE_REMOVE, 1));
    return expect_gone(kit);
}

static int rename_makes_room(struct kit *kit)
{
    KIT_STORE store = {0};
    int64_t task_id = (int64_t)time(NULL) * 100000 + getpid();

    if (!kit->driver->retire)
        return KIT_NOT_CLAIMED;
    KIT_TRY(fill(kit, &store));
    KIT_TRY(retire(kit, &store, CKPT_RETIRE_RENAME, task_id));
    KIT_TRY(expect_gone(kit));
    /* The name of the copy is taken now: the next one of that name must not replace it. */
    KIT_TRY(kit_open(kit, &store, 0));
    {
        struct ckpt_error err = kit_error();
        int rc = kit->driver->retire(store.handle, CKPT_RETIRE_RENAME, task_id, &err);

        KIT_TRY(kit_expect(kit, "retire to a name that is taken", rc, CKPT_ERR, &err));
    }
    return KIT_PASS;
}

const struct kit_rule kit_rules_retire[] = {
    {"retire-keep", "retire with keep leaves the store", keep_keeps, 0},
    {"retire-remove", "retire with remove leaves nothing", remove_removes, 0},
    {"retire-rename", "retire with rename leaves nothing and replaces nothing", rename_makes_room,
     0},
    {NULL, NULL, NULL, 0},
};
