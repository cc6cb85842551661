/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/base/cancel.c.
 */
#include "core/base/cancel.h"

#include <check.h>
#include <signal.h>

#include "core/base/clock.h"
#include "core/base/thread.h"

static struct tl_cancel *cancel;
static struct tl_error err;

static void setup(void)
{
    tl_error_init(&err);
    ck_assert_int_eq(tl_cancel_new(&cancel, &err), TL_OK);
}

static void teardown(void)
{
    tl_cancel_free(cancel);
}

START_TEST(nothing_is_requested_at_first)
{
    ck_assert(!tl_cancel_requested(cancel));
    ck_assert(!tl_cancel_urgent(cancel));
}
END_TEST

START_TEST(the_second_request_is_urgent)
{
    tl_cancel_request(cancel);
    ck_assert(tl_cancel_requested(cancel));
    ck_assert(!tl_cancel_urgent(cancel));
    tl_cancel_request(cancel);
    ck_assert(tl_cancel_urgent(cancel));
}
END_TEST

START_TEST(sleep_lasts_its_time_without_a_request)
{
    int64_t begin = tl_clock_ns();

    ck_assert(!tl_cancel_sleep(cancel, 30 * TL_NS_PER_MS));
    ck_assert_int_ge(tl_clock_ns() - begin, 30 * TL_NS_PER_MS);
}
END_TEST

static void request_soon(size_t index, void *payload)
{
    struct tl_cancel *target = payload;

    (void)index;
    (void)tl_cancel_sleep(target, 20 * TL_NS_PER_MS);
    tl_cancel_request(target);
}

START_TEST(a_request_wakes_a_sleeper)
{
    struct tl_threads *threads;
    int64_t begin = tl_clock_ns();

    ck_assert_int_eq(tl_threads_begin(&threads, "waker", 1, request_soon, cancel, &err), TL_OK);
    ck_assert(tl_cancel_sleep(cancel, 60 * TL_NS_PER_SEC));
    ck_assert_int_lt(tl_clock_ns() - begin, 30 * TL_NS_PER_SEC);
    tl_threads_join(threads);
}
END_TEST

START_TEST(a_signal_is_a_request)
{
    tl_cancel_on_signals(cancel);
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert(tl_cancel_requested(cancel));
    ck_assert_int_eq(raise(SIGINT), 0);
    ck_assert(tl_cancel_urgent(cancel));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cancel");
    TCase *tests = tcase_create("cancel");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, nothing_is_requested_at_first);
    tcase_add_test(tests, the_second_request_is_urgent);
    tcase_add_test(tests, sleep_lasts_its_time_without_a_request);
    tcase_add_test(tests, a_request_wakes_a_sleeper);
    tcase_add_test(tests, a_signal_is_a_request);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
