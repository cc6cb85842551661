/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about two different stores open at once, in one process: nothing of one may depend on the
 * other.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "plugins/conformance/place.h"
#include "plugins/conformance/world.h"

#define T1 "`two`.`stores`"

enum { ROUNDS = 12, THREAD_ROUNDS = 40 };

/* Each store's own records: the same keys, other contents. */
static int apply_round(struct kit *kit, struct kit_store *store, struct kit_world *world,
                       int64_t store_number, int64_t round)
{
    struct ckpt_task task = kit_task();
    struct ckpt_table table = kit_table(T1, 30);
    struct ckpt_chunk chunk = kit_chunk(T1, 0, "a", round);
    struct ckpt_failure failure = kit_failure(T1, "a", round % 3);
    const struct ckpt_change changes[] = {
        kit_put(CKPT_PUT_TASK, &task), kit_put(CKPT_PUT_TABLE, &table),
        kit_put(CKPT_PUT_CHUNK, &chunk), kit_put(CKPT_PUT_FAILURE, &failure)};

    task.task_id = table.table_id = store_number * 1000 + round;
    chunk.pos = failure.line = store_number;
    return kit_world_apply(kit, store, world, changes, 4);
}

static int take_turns(struct kit *kit, const struct kit_other *other)
{
    KIT_STORE first = {0};
    KIT_STORE second = {0};
    KIT_WORLD one = {0};
    KIT_WORLD two = {0};

    KIT_TRY(kit_open(kit, &first, 0));
    KIT_TRY(apply_round(kit, &first, &one, 1, 0));
    KIT_TRY(kit_open_at(kit, &second, other->dsn, other->schema, 0));
    for (int64_t i = 1; i <= ROUNDS; i++) {
        KIT_TRY(apply_round(kit, &first, &one, 1, i));
        KIT_TRY(apply_round(kit, &second, &two, 2, i));
        KIT_TRY(kit_world_expect(kit, &first, &one));
        KIT_TRY(kit_world_expect(kit, &second, &two));
    }
    kit_close(&first); /* the other one lives on */
    KIT_TRY(apply_round(kit, &second, &two, 2, ROUNDS + 1));
    KIT_TRY(kit_world_expect(kit, &second, &two));
    KIT_TRY(kit_open(kit, &first, 0));
    KIT_TRY(kit_world_expect(kit, &first, &one));
    kit_close(&second);
    KIT_TRY(apply_round(kit, &first, &one, 1, ROUNDS + 2));
    return kit_world_expect(kit, &first, &one);
}

static int two_stores_are_apart(struct kit *kit)
{
    struct kit_other other;
    int answer;

    KIT_TRY(kit_find_other(kit, &other));
    answer = take_turns(kit, &other);
    kit_forget_other(kit, &other);
    return answer;
}

struct worker {
    struct kit kit; /* a reason of its own */
    const struct kit_other *other;
    int64_t number;
    int answer;
};

static int work(struct worker *worker)
{
    struct kit *kit = &worker->kit;
    const struct kit_other *other = worker->other;
    KIT_WORLD world = {0};

    for (int64_t i = 0; i < THREAD_ROUNDS;) {
        KIT_STORE store = {0};

        KIT_TRY(
            kit_open_at(kit, &store, other ? other->dsn : NULL, other ? other->schema : NULL, 0));
        for (int64_t until = i + 10; i < until; i++) {
            KIT_TRY(apply_round(kit, &store, &world, worker->number, i));
            KIT_TRY(kit_world_expect(kit, &store, &world));
        }
    }
    return KIT_PASS;
}

static void *run_worker(void *payload)
{
    struct worker *worker = payload;

    worker->answer = work(worker);
    return NULL;
}

static int run_both(struct kit *kit, const struct kit_other *other)
{
    struct worker workers[2] = {{.kit = *kit, .number = 1},
                                {.kit = *kit, .number = 2, .other = other}};
    pthread_t threads[2];

    for (size_t i = 0; i < 2; i++)
        KIT_CHECK(pthread_create(&threads[i], NULL, run_worker, &workers[i]) == 0,
                  "cannot start a thread");
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < 2; i++)
        KIT_CHECK(workers[i].answer == KIT_PASS, "with two stores in two threads: %s",
                  workers[i].kit.reason);
    return KIT_PASS;
}

static int two_threads_are_apart(struct kit *kit)
{
    struct kit_other other;
    int answer;

    KIT_TRY(kit_find_other(kit, &other));
    answer = run_both(kit, &other);
    kit_forget_other(kit, &other);
    return answer;
}

const struct kit_rule kit_rules_second[] = {
    {"two-stores", "two stores in one process have nothing in common", two_stores_are_apart, 0},
    {"two-stores-threads", "two stores in two threads at once have nothing in common",
     two_threads_are_apart, 0},
    {NULL, NULL, NULL, 0},
};
