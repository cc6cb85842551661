/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue between readers and writers.
 */
#include <check.h>
#include <stdlib.h>

#include "core/base/thread.h"
#include "core/import/queue.h"

static struct tl_error err;
static struct tl_plan_table tables[2];
static struct tl_plan_chunk chunks[2];

static struct tl_queue *new_queue(size_t budget)
{
    struct tl_queue *queue;

    tables[0] = (struct tl_plan_table){.name = NULL};
    tables[1] = (struct tl_plan_table){.name = NULL};
    chunks[0] = (struct tl_plan_chunk){.table = &tables[0]};
    chunks[1] = (struct tl_plan_chunk){.table = &tables[1]};
    ck_assert_int_eq(tl_queue_new(&queue, budget, &err), TL_OK);
    return queue;
}

static struct tl_feed *new_feed(struct tl_queue *queue, size_t chunk, bool ordered)
{
    struct tl_reader_settings settings = {.name = "f"};
    struct tl_feed *feed;

    ck_assert_int_eq(
        tl_queue_open_feed(queue, &chunks[chunk], "/f", &settings, ordered, &feed, &err), TL_OK);
    return feed;
}

static struct tl_batch *new_batch(uint64_t begin)
{
    struct tl_batch *batch = calloc(1, sizeof(*batch));

    ck_assert(batch != NULL);
    tl_buf_init(&batch->raw, 1000);
    ck_assert_int_eq(tl_buf_adds(&batch->raw, "some bytes"), TL_OK);
    batch->begin_pos = begin;
    return batch;
}

START_TEST(an_ordered_chunk_has_one_batch_in_work)
{
    struct tl_queue *queue = new_queue(1 << 20);
    struct tl_feed *ordered = new_feed(queue, 0, true), *other = new_feed(queue, 1, false);
    struct tl_work *first, *second, *third;

    ck_assert(tl_queue_push(queue, ordered, new_batch(0), 0));
    ck_assert(tl_queue_push(queue, ordered, new_batch(1), 0));
    ck_assert(tl_queue_push(queue, other, new_batch(2), 0));
    first = tl_queue_pop(queue);
    second = tl_queue_pop(queue);
    ck_assert_uint_eq(first->batch->begin_pos, 0);
    ck_assert_uint_eq(second->batch->begin_pos, 2);
    tl_queue_done(queue, first);
    third = tl_queue_pop(queue);
    ck_assert_uint_eq(third->batch->begin_pos, 1);
    tl_queue_done(queue, second);
    tl_queue_done(queue, third);
    tl_queue_release_feed(queue, ordered);
    tl_queue_release_feed(queue, other);
    tl_queue_free(queue);
}
END_TEST

START_TEST(writers_are_spread_over_tables)
{
    struct tl_queue *queue = new_queue(1 << 20);
    struct tl_feed *a = new_feed(queue, 0, false), *b = new_feed(queue, 1, false);
    struct tl_work *first, *second;

    ck_assert(tl_queue_push(queue, a, new_batch(0), 0));
    ck_assert(tl_queue_push(queue, a, new_batch(1), 0));
    ck_assert(tl_queue_push(queue, b, new_batch(2), 0));
    first = tl_queue_pop(queue);
    second = tl_queue_pop(queue);
    ck_assert_ptr_eq(first->feed, a);
    ck_assert_ptr_eq(second->feed, b);
    tl_queue_done(queue, first);
    tl_queue_done(queue, second);
    tl_queue_release_feed(queue, a);
    tl_queue_release_feed(queue, b);
    tl_queue_free(queue);
}
END_TEST

START_TEST(a_closed_queue_ends_when_it_is_empty)
{
    struct tl_queue *queue = new_queue(1 << 20);
    struct tl_feed *feed = new_feed(queue, 0, false);
    struct tl_work *work;

    ck_assert(tl_queue_push(queue, feed, new_batch(0), 0));
    tl_queue_close(queue);
    work = tl_queue_pop(queue);
    ck_assert(work != NULL);
    tl_queue_done(queue, work);
    ck_assert(tl_queue_pop(queue) == NULL);
    tl_queue_release_feed(queue, feed);
    tl_queue_free(queue);
}
END_TEST

START_TEST(a_stopped_queue_refuses_and_gives_nothing)
{
    struct tl_queue *queue = new_queue(1 << 20);
    struct tl_feed *feed = new_feed(queue, 0, false);

    ck_assert(tl_queue_push(queue, feed, new_batch(0), 0));
    tl_queue_stop(queue);
    ck_assert(tl_queue_pop(queue) == NULL);
    ck_assert(!tl_queue_push(queue, feed, new_batch(1), 0));
    tl_queue_release_feed(queue, feed);
    tl_queue_free(queue);
}
END_TEST

struct crowd {
    struct tl_queue *queue;
    struct tl_feed *feed;
    atomic_uint popped;
    atomic_uint sum;
};

enum { BATCHES = 2000 };

static void produce_or_consume(size_t index, void *payload)
{
    struct crowd *crowd = payload;
    struct tl_work *work;

    if (index == 0) {
        for (uint64_t i = 0; i < BATCHES; i++)
            ck_assert(tl_queue_push(crowd->queue, crowd->feed, new_batch(i), 0));
        tl_queue_close(crowd->queue);
        return;
    }
    while ((work = tl_queue_pop(crowd->queue)) != NULL) {
        atomic_fetch_add(&crowd->popped, 1);
        atomic_fetch_add(&crowd->sum, (unsigned)work->batch->begin_pos);
        tl_queue_done(crowd->queue, work);
    }
}

START_TEST(a_tiny_budget_lets_every_batch_through_once)
{
    struct crowd crowd = {.queue = new_queue(1)};
    struct tl_threads *threads;

    crowd.feed = new_feed(crowd.queue, 0, false);
    ck_assert_int_eq(tl_threads_begin(&threads, "crowd", 4, produce_or_consume, &crowd, &err),
                     TL_OK);
    tl_threads_join(threads);
    ck_assert_uint_eq(crowd.popped, BATCHES);
    ck_assert_uint_eq(crowd.sum, BATCHES * (BATCHES - 1) / 2);
    tl_queue_release_feed(crowd.queue, crowd.feed);
    tl_queue_free(crowd.queue);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue");
    TCase *tcase = tcase_create("queue");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, an_ordered_chunk_has_one_batch_in_work);
    tcase_add_test(tcase, writers_are_spread_over_tables);
    tcase_add_test(tcase, a_closed_queue_ends_when_it_is_empty);
    tcase_add_test(tcase, a_stopped_queue_refuses_and_gives_nothing);
    tcase_add_test(tcase, a_tiny_budget_lets_every_batch_through_once);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
