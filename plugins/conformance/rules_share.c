/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about CKPT_CAP_SHARED: with it, several processes write to one store and lose nothing;
 * without it, only one has it open for writing, however the one before ended.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plugins/conformance/place.h"
#include "plugins/conformance/runner.h"
#include "plugins/conformance/trace.h"
#include "plugins/conformance/world.h"

#define T1 "`share`.`t`"

enum { WRITERS = 3, CHUNKS = 40 };

static bool is_shared(const struct kit *kit)
{
    return (kit->driver->capabilities & CKPT_CAP_SHARED) != 0;
}

/* An open for writing must be refused as busy. */
static int expect_busy(struct kit *kit, void *payload)
{
    struct ckpt_open_args args = kit_args(kit, kit->dsn, 0);
    struct ckpt_error err = kit_error();
    struct ckpt_store *mark = (struct ckpt_store *)(void *)&err;
    struct ckpt_store *store = mark;
    double begin = kit_clock();
    int rc = kit->driver->open(&store, &args, &err);

    (void)payload;
    if (rc == CKPT_OK)
        kit->driver->close(store);
    KIT_CHECK(kit_clock() - begin < 3 * kit_slowness(),
              "an open that is refused as busy takes %.1f s; the host repeats it, not the driver",
              kit_clock() - begin);
    KIT_TRY(kit_expect(kit, "a second open for writing", rc, CKPT_ERR_BUSY, &err));
    KIT_CHECK(store == mark, "an open refused as busy changed its output");
    return KIT_PASS;
}

static int second_writer_here_is_refused(struct kit *kit)
{
    KIT_STORE first = {0};
    const struct ckpt_table table = kit_table(T1, 30);
    const struct kit_image image = {.table = &table};

    if (is_shared(kit))
        return kit_skip(kit, "the driver claims CKPT_CAP_SHARED");
    KIT_TRY(kit_fresh(kit, &first));
    KIT_TRY(expect_busy(kit, NULL));
    KIT_TRY(expect_busy(kit, NULL)); /* the failed attempt took nothing away */
    KIT_TRY(kit_apply_one(kit, &first, kit_put(CKPT_PUT_TABLE, &table)));
    KIT_TRY(kit_expect_table(kit, &first, &image));
    kit_close(&first);
    KIT_TRY(kit_open(kit, &first, 0)); /* and it is free again */
    return kit_expect_table(kit, &first, &image);
}

static int second_process_is_refused(struct kit *kit)
{
    KIT_STORE first = {0};
    const struct ckpt_table table = kit_table(T1, 30);

    if (is_shared(kit))
        return kit_skip(kit, "the driver claims CKPT_CAP_SHARED");
    KIT_TRY(kit_fresh(kit, &first));
    KIT_TRY(kit_elsewhere(kit, expect_busy, NULL));
    KIT_TRY(kit_apply_one(kit, &first, kit_put(CKPT_PUT_TABLE, &table)));
    KIT_TRY(kit_elsewhere(kit, expect_busy, NULL)); /* still, after an apply */
    return KIT_PASS;
}

/* Many applies may replace the file that the lock is on. */
static int lock_outlives_many_applies(struct kit *kit)
{
    enum { APPLIES = 60, EXTRA = 3000 };
    static const char filler[EXTRA] = "filler";
    KIT_STORE first = {0};
    struct ckpt_chunk chunks[CKPT_APPLY_MAX_CHANGES];
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];

    if (is_shared(kit))
        return kit_skip(kit, "the driver claims CKPT_CAP_SHARED");
    KIT_TRY(kit_fresh(kit, &first));
    for (size_t i = 0; i < CKPT_APPLY_MAX_CHANGES; i++) {
        chunks[i] = kit_chunk(T1, 0, "a", (int64_t)i);
        chunks[i].extra = (struct ckpt_str){filler, EXTRA};
        changes[i] = kit_put(CKPT_PUT_CHUNK, &chunks[i]);
    }
    for (int i = 0; i < APPLIES; i++)
        KIT_TRY(kit_apply(kit, &first, changes, CKPT_APPLY_MAX_CHANGES));
    KIT_TRY(expect_busy(kit, NULL));
    return kit_elsewhere(kit, expect_busy, NULL);
}

static int killed_holder_frees_the_store(struct kit *kit)
{
    const struct ckpt_table table = kit_table(T1, 30);
    const struct kit_image image = {.table = &table};
    KIT_STORE store = {0};
    int ends[2];
    char byte;
    pid_t child;

    KIT_CHECK(pipe(ends) == 0 && (child = fork()) >= 0, "cannot start a process: %s",
              strerror(errno));
    if (child == 0) {
        struct kit_store held = {0};

        if (kit_fresh(kit, &held) == KIT_PASS &&
            kit_apply_one(kit, &held, kit_put(CKPT_PUT_TABLE, &table)) == KIT_PASS &&
            write(ends[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(ends[1]);
    KIT_CHECK(read(ends[0], &byte, 1) == 1, "the holder of the store failed by itself");
    close(ends[0]);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    KIT_TRY(kit_open(kit, &store, 0));
    return kit_expect_table(kit, &store, &image);
}

/* One of several writers; own engine, one chunk for each apply, and one record that all put. */
static int write_own(struct kit *kit, int32_t engine, atomic_int *open_now)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    KIT_STORE store = {0};

    KIT_TRY(kit_open(kit, &store, 0));
    atomic_fetch_add(open_now, 1);
    for (int i = 0; i < 3000 && atomic_load(open_now) < WRITERS; i++)
        nanosleep(&pause, NULL); /* all have it open before one writes */
    for (int64_t i = 0; i < CHUNKS; i++) {
        const struct ckpt_chunk chunk = kit_chunk(T1, engine, "a", i);
        const struct ckpt_table table = kit_table(T1, 30);
        const struct ckpt_change changes[] = {kit_put(CKPT_PUT_TABLE, &table),
                                              kit_put(CKPT_PUT_CHUNK, &chunk)};

        KIT_TRY(kit_apply(kit, &store, changes, 2));
    }
    return KIT_PASS;
}

static int writers_lose_nothing(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD want = {0};
    const struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_change parent = kit_put(CKPT_PUT_TABLE, &table);
    bool all = true;
    pid_t child[WRITERS];
    atomic_int *open_now = kit_shared(sizeof(*open_now));

    if (!is_shared(kit))
        return kit_skip(kit, "CKPT_CAP_SHARED");
    KIT_CHECK(open_now, "out of memory");
    KIT_TRY(kit_fresh(kit, &store));
    kit_close(&store);
    for (int32_t w = 0; w < WRITERS; w++) {
        child[w] = fork();
        if (child[w] == 0)
            _exit(write_own(kit, w, open_now) == KIT_PASS ? 0 : 1);
        KIT_CHECK(kit_world_change(&want, &parent) == 0, "out of memory");
        for (int64_t i = 0; i < CHUNKS; i++) {
            const struct ckpt_chunk chunk = kit_chunk(T1, w, "a", i);
            const struct ckpt_change change = kit_put(CKPT_PUT_CHUNK, &chunk);

            KIT_CHECK(kit_world_change(&want, &change) == 0, "out of memory");
        }
    }
    for (int w = 0; w < WRITERS; w++) {
        int status = 0;

        all &= waitpid(child[w], &status, 0) == child[w] && status == 0;
    }
    KIT_CHECK(all, "with CKPT_CAP_SHARED, one of %d processes cannot open or apply", WRITERS);
    KIT_TRY(kit_open(kit, &store, CKPT_OPEN_READ_ONLY));
    return kit_world_expect(kit, &store, &want);
}

static int two_handles_work(struct kit *kit)
{
    KIT_STORE first = {0};
    KIT_STORE second = {0};
    const struct ckpt_table a = kit_table(T1, 30);
    const struct ckpt_table b = kit_table("`shop`.`other`", 60);
    const struct kit_image image_a = {.table = &a};
    const struct kit_image image_b = {.table = &b};

    if (!is_shared(kit))
        return kit_skip(kit, "CKPT_CAP_SHARED");
    KIT_TRY(kit_fresh(kit, &first));
    KIT_TRY(kit_open(kit, &second, 0));
    KIT_TRY(kit_apply_one(kit, &first, kit_put(CKPT_PUT_TABLE, &a)));
    KIT_TRY(kit_apply_one(kit, &second, kit_put(CKPT_PUT_TABLE, &b)));
    KIT_TRY(kit_expect_table(kit, &first, &image_b));
    KIT_TRY(kit_expect_table(kit, &second, &image_a));
    kit_close(&first);
    KIT_TRY(kit_apply_one(kit, &second, kit_delete(CKPT_DELETE_TABLE, T1)));
    return kit_expect_missing(kit, &second, T1);
}

const struct kit_rule kit_rules_share[] = {
    {"two-handles", "with CKPT_CAP_SHARED two stores see each other's changes", two_handles_work,
     0},
    {"shared-writers", "with CKPT_CAP_SHARED processes that write at once lose nothing",
     writers_lose_nothing, 0},
    {"busy-here", "without CKPT_CAP_SHARED a second open for writing is refused",
     second_writer_here_is_refused, 0},
    {"busy-elsewhere", "without CKPT_CAP_SHARED an open in another process is refused",
     second_process_is_refused, 0},
    {"busy-later", "without CKPT_CAP_SHARED it is refused also after many applies",
     lock_outlives_many_applies, 0},
    {"killed-holder", "a store whose holder was killed opens again", killed_holder_frees_the_store,
     0},
    {NULL, NULL, NULL, 0},
};
