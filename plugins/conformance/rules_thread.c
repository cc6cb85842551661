/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about threads: one call at a time but each from another thread, for every driver; calls at
 * once with CKPT_CAP_PARALLEL.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "plugins/conformance/runner.h"
#include "plugins/conformance/world.h"

#define T1 "`thread`.`t`"

enum { WORKERS = 4, ROUNDS = 60, LAST_STEP = 8 };

/* Calls on one store, each made by a thread of its own. */
struct steps {
    struct kit *kit;
    struct kit_store store;
    struct kit_world world;
    int step;
    int answer;
};

static int put_at(struct steps *steps, int64_t offset)
{
    const struct ckpt_task task = kit_task();
    const struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_chunk chunk = kit_chunk(T1, 0, "a", offset);
    const struct ckpt_change changes[] = {kit_put(CKPT_PUT_TASK, &task),
                                          kit_put(CKPT_PUT_TABLE, &table),
                                          kit_put(CKPT_PUT_CHUNK, &chunk)};

    return kit_world_apply(steps->kit, &steps->store, &steps->world, changes, 3);
}

static int one_step(struct steps *steps)
{
    switch (steps->step) {
    case 0:
        return kit_open(steps->kit, &steps->store, 0);
    case 1:
        return kit_apply_one(steps->kit, &steps->store, kit_delete(CKPT_DELETE_ALL, NULL));
    case 2:
    case 4:
        return put_at(steps, steps->step);
    case LAST_STEP:
        kit_close(&steps->store);
        return KIT_PASS;
    default:
        return kit_world_expect(steps->kit, &steps->store, &steps->world);
    }
}

static void *run_step(void *payload)
{
    struct steps *steps = payload;

    steps->answer = one_step(steps);
    return NULL;
}

static int calls_come_from_any_thread(struct kit *kit)
{
    for (int round = 0; round < 3; round++) {
        struct steps steps = {.kit = kit};

        for (; steps.step <= LAST_STEP && steps.answer == KIT_PASS; steps.step++) {
            pthread_t thread;

            KIT_CHECK(pthread_create(&thread, NULL, run_step, &steps) == 0,
                      "cannot start a thread");
            pthread_join(thread, NULL);
        }
        kit_world_done(&steps.world);
        KIT_TRY(steps.answer);
    }
    return KIT_PASS;
}

struct worker {
    struct kit kit; /* a reason of its own */
    struct kit_store *store;
    int64_t number;
    int answer;
};

static int expect_round(struct worker *worker, const char *name, int64_t round)
{
    struct ckpt_table table = kit_table(name, 30);
    struct ckpt_chunk chunks[10];
    struct kit_image image = {.table = &table, .chunks = chunks};

    table.table_id = round;
    for (int64_t i = 0; i < 10; i++) {
        chunks[i] = kit_chunk(name, 0, "a", i);
        chunks[i].pos = round;
    }
    image.chunk_count = 10;
    return kit_expect_table(&worker->kit, worker->store, &image);
}

static int write_round(struct worker *worker, const char *name, int64_t round)
{
    struct ckpt_table table = kit_table(name, 30);
    struct ckpt_chunk chunks[10];
    struct ckpt_change changes[11];

    table.table_id = round;
    changes[10] = kit_put(CKPT_PUT_TABLE, &table);
    for (int64_t i = 0; i < 10; i++) {
        chunks[i] = kit_chunk(name, 0, "a", i);
        chunks[i].pos = round;
        changes[i] = kit_put(CKPT_PUT_CHUNK, &chunks[i]);
    }
    return kit_apply(&worker->kit, worker->store, changes, 11);
}

/* Own table: written and read; with the lists of all tables in between. */
static int work(struct worker *worker)
{
    double begin = kit_clock();
    char name[64];

    snprintf(name, sizeof(name), "`thread`.`%d`", (int)worker->number);
    for (int64_t round = 0; round < ROUNDS && kit_clock() - begin < 3; round++) {
        size_t count = 0;

        KIT_TRY(write_round(worker, name, round));
        KIT_TRY(expect_round(worker, name, round));
        KIT_TRY(kit_count_tables(&worker->kit, worker->store, CKPT_FILTER_ALL, &count));
    }
    return KIT_PASS;
}

static void *run_worker(void *payload)
{
    struct worker *worker = payload;

    worker->answer = work(worker);
    return NULL;
}

static int calls_at_once_work(struct kit *kit)
{
    KIT_STORE store = {0};
    struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    size_t count = 0;

    if (!(kit->driver->capabilities & CKPT_CAP_PARALLEL))
        return kit_skip(kit, "CKPT_CAP_PARALLEL");
    KIT_TRY(kit_fresh(kit, &store));
    for (int64_t i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.kit = *kit, .store = &store, .number = i};
        KIT_CHECK(pthread_create(&threads[i], NULL, run_worker, &workers[i]) == 0,
                  "cannot start a thread");
    }
    for (size_t i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < WORKERS; i++)
        KIT_CHECK(workers[i].answer == KIT_PASS, "with calls at once: %s", workers[i].kit.reason);
    kit_close(&store);
    KIT_TRY(kit_open(kit, &store, 0));
    KIT_TRY(kit_count_tables(kit, &store, CKPT_FILTER_ALL, &count));
    KIT_CHECK(count == WORKERS, "%d threads wrote a table each, %zu are there", WORKERS, count);
    return KIT_PASS;
}

const struct kit_rule kit_rules_thread[] = {
    {"any-thread", "calls on one store come from any thread", calls_come_from_any_thread, 0},
    {"parallel", "with CKPT_CAP_PARALLEL calls on one store come at once", calls_at_once_work, 0},
    {NULL, NULL, NULL, 0},
};
