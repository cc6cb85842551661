/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about reading while somebody else writes: a store opened read-only beside the writer shows
 * one generation in each walk, and never an older one than was confirmed before the walk began.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plugins/conformance/runner.h"
#include "plugins/conformance/trace.h"
#include "plugins/conformance/kit.h"

#define T1 "`snap`.`one`"
#define T2 "`snap`.`two`"

enum { CHUNKS = 90 };

static const double RACE_SECONDS = 1.0;

/* Two tables, chunks, failures: all carry the generation. */
static int apply_generation(struct kit *kit, struct kit_store *store, int64_t generation)
{
    struct ckpt_table one = kit_table(T1, 30);
    struct ckpt_table two = kit_table(T2, 30);
    struct ckpt_failure failures[3];
    struct ckpt_chunk chunks[CHUNKS];
    struct ckpt_change changes[CHUNKS + 6];
    size_t n = 0;

    one.table_id = two.table_id = generation;
    if (generation % 3 == 0)
        changes[n++] = kit_delete(CKPT_DELETE_TABLE, T1);
    changes[n++] = kit_put(CKPT_PUT_TABLE, &one);
    for (int64_t i = 0; i < CHUNKS; i++) {
        chunks[i] = kit_chunk(T1, (int32_t)(i % 2), "a.sql", i);
        chunks[i].pos = generation;
        changes[n++] = kit_put(CKPT_PUT_CHUNK, &chunks[i]);
    }
    for (int64_t i = 0; i < 3; i++) {
        failures[i] = kit_failure(T1, "a.sql", i);
        failures[i].line = generation;
        changes[n++] = kit_put(CKPT_PUT_FAILURE, &failures[i]);
    }
    changes[n++] = kit_put(CKPT_PUT_TABLE, &two);
    return kit_apply(kit, store, changes, n);
}

/* What one walk saw; `pause` runs at its third record. */
struct walk {
    int64_t generation; /* of the first record, -1 = none yet */
    size_t records;
    bool mixed;
    void (*pause)(void *payload);
    void *payload;
};

static int see(struct walk *walk, int64_t generation)
{
    if (walk->generation < 0)
        walk->generation = generation;
    if (walk->generation != generation)
        walk->mixed = true;
    if (++walk->records == 3 && walk->pause)
        walk->pause(walk->payload);
    return 0;
}

static int on_table(const struct ckpt_table *table, void *payload)
{
    return see(payload, table->table_id);
}

static int on_chunk(const struct ckpt_chunk *chunk, void *payload)
{
    return see(payload, chunk->pos);
}

static int on_failure(const struct ckpt_failure *failure, void *payload)
{
    return see(payload, failure->line);
}

/* A load that the driver says may be repeated is repeated while nothing was delivered. */
static int walk_once(struct kit *kit, struct kit_store *store, bool list, struct walk *walk)
{
    const struct ckpt_visitor visitor = {.struct_size = sizeof(visitor),
                                         .table = on_table,
                                         .chunk = on_chunk,
                                         .failure = on_failure,
                                         .payload = walk};
    const struct timespec pause = {.tv_nsec = 5000000};
    struct ckpt_error err;
    int rc = 0;

    walk->generation = -1;
    for (int tries = 0; tries < 200; tries++) {
        err = kit_error();
        rc = list ? kit->driver->each_table(store->handle, CKPT_FILTER_ALL, &visitor, &err)
                  : kit->driver->load_table(store->handle, kit_str(T1), &visitor, &err);
        if (rc >= 0 || !err.retryable || walk->records)
            break;
        nanosleep(&pause, NULL);
    }
    return kit_expect(kit, list ? "each_table beside a writer" : "load_table beside a writer", rc,
                      CKPT_OK, &err);
}

static int judge(struct kit *kit, const struct walk *walk, bool list, int64_t at_least)
{
    size_t wanted = list ? 2 : CHUNKS + 4;

    KIT_CHECK(!walk->mixed, "one walk of %s shows records of two applies",
              list ? "each_table" : "load_table");
    KIT_CHECK(walk->records == wanted, "a walk beside a writer shows %zu of %zu records",
              walk->records, wanted);
    KIT_CHECK(walk->generation >= at_least,
              "a reader shows generation %lld, though %lld had been confirmed before it began",
              (long long)walk->generation, (long long)at_least);
    return KIT_PASS;
}

/* ---- In turns: what is confirmed is seen ---- */

static int reader_sees_what_is_confirmed(struct kit *kit)
{
    KIT_STORE writer = {0};
    KIT_STORE reader = {0};

    KIT_TRY(kit_fresh(kit, &writer));
    KIT_TRY(apply_generation(kit, &writer, 0));
    KIT_TRY(kit_open(kit, &reader, CKPT_OPEN_READ_ONLY));
    for (int64_t i = 1; i <= 30; i++) {
        KIT_TRY(apply_generation(kit, &writer, i));
        for (int list = 0; list < 2; list++) {
            struct walk walk = {0};

            KIT_TRY(walk_once(kit, &reader, list, &walk));
            KIT_TRY(judge(kit, &walk, list, i));
        }
        if (i % 10 == 0) { /* a reader keeps no writer out */
            kit_close(&writer);
            KIT_TRY(kit_open(kit, &writer, 0));
        }
    }
    return KIT_PASS;
}

/* ---- A writer in the middle of a walk ---- */

struct turn {
    struct kit kit; /* of the writer's thread */
    struct kit_store *writer;
    int64_t generation;
    int answer;
    atomic_bool done;
};

static void *write_generation(void *payload)
{
    struct turn *turn = payload;

    turn->answer = apply_generation(&turn->kit, turn->writer, turn->generation);
    atomic_store(&turn->done, true);
    return NULL;
}

/* In the middle of the walk another thread applies; a driver may make it wait for the reader. */
static void let_write(void *payload)
{
    struct turn *turn = payload;
    const struct timespec pause = {.tv_nsec = 1000000};
    pthread_t thread;

    if (pthread_create(&thread, NULL, write_generation, turn) != 0)
        return;
    for (int i = 0; i < 300 && !atomic_load(&turn->done); i++)
        nanosleep(&pause, NULL);
    if (atomic_load(&turn->done))
        pthread_join(thread, NULL);
    else
        pthread_detach(thread);
}

static int walk_is_one_snapshot(struct kit *kit)
{
    KIT_STORE writer = {0};
    KIT_STORE reader = {0};

    KIT_TRY(kit_fresh(kit, &writer));
    KIT_TRY(apply_generation(kit, &writer, 0));
    KIT_TRY(kit_open(kit, &reader, CKPT_OPEN_READ_ONLY));
    for (int64_t i = 1; i <= 6; i++) {
        struct turn turn = {.kit = *kit, .writer = &writer, .generation = i};
        struct walk walk = {.pause = let_write, .payload = &turn};
        const struct timespec pause = {.tv_nsec = 1000000};

        KIT_TRY(walk_once(kit, &reader, false, &walk));
        KIT_TRY(judge(kit, &walk, false, i - 1));
        while (!atomic_load(&turn.done)) /* it goes on now */
            nanosleep(&pause, NULL);
        KIT_CHECK(turn.answer == KIT_PASS, "apply beside a reader: %s", turn.kit.reason);
    }
    return KIT_PASS;
}

/* ---- A race with another process ---- */

static void write_forever(struct kit *kit, _Atomic int64_t *confirmed)
{
    struct kit_store store = {0};

    if (kit_open(kit, &store, 0) != KIT_PASS)
        _exit(1);
    for (int64_t i = 1;; i++) {
        if (apply_generation(kit, &store, i) != KIT_PASS)
            _exit(1);
        atomic_store(confirmed, i);
    }
}

/* A handle that stays, and now and then one that was just opened. */
static int read_beside(struct kit *kit, _Atomic int64_t *confirmed)
{
    KIT_STORE lasting = {0};
    double begin = kit_clock();

    KIT_TRY(kit_open(kit, &lasting, CKPT_OPEN_READ_ONLY));
    for (int i = 0; kit_clock() - begin < RACE_SECONDS; i++) {
        KIT_STORE fresh = {0};
        struct walk walk = {0};
        int64_t at_least = atomic_load(confirmed);
        bool list = i % 3 == 2;

        if (i % 4 == 3)
            KIT_TRY(kit_open(kit, &fresh, CKPT_OPEN_READ_ONLY));
        KIT_TRY(walk_once(kit, fresh.handle ? &fresh : &lasting, list, &walk));
        KIT_TRY(judge(kit, &walk, list, at_least));
    }
    return KIT_PASS;
}

static int race_shows_whole_applies(struct kit *kit)
{
    _Atomic int64_t *confirmed = kit_shared(sizeof(*confirmed));
    int answer, status = 0;
    pid_t child;

    KIT_CHECK(confirmed, "out of memory");
    {
        KIT_STORE store = {0};

        KIT_TRY(kit_fresh(kit, &store));
        KIT_TRY(apply_generation(kit, &store, 0));
    }
    child = fork();
    KIT_CHECK(child >= 0, "cannot start a process: %s", strerror(errno));
    if (child == 0)
        write_forever(kit, confirmed);
    answer = read_beside(kit, confirmed);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    KIT_TRY(answer);
    KIT_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
              "the writer failed beside a reader");
    return KIT_PASS;
}

const struct kit_rule kit_rules_snapshot[] = {
    {"reader-fresh", "a reader beside the writer sees what was confirmed before",
     reader_sees_what_is_confirmed, 0},
    {"reader-snapshot", "a walk shows one snapshot, whatever is applied meanwhile",
     walk_is_one_snapshot, 0},
    {"reader-race", "readers beside a writing process see whole applies only",
     race_shows_whole_applies, 0},
    {NULL, NULL, NULL, 0},
};
