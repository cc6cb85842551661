/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/base/thread.c.
 */
#include "core/base/thread.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

enum { COUNT = 16 };

struct work {
    atomic_int runs[COUNT];
    atomic_int blocked; /* threads that have SIGINT blocked */
    char name[16];      /* of thread 0 */
};

static void run(size_t index, void *payload)
{
    struct work *work = payload;
    sigset_t mask;

    atomic_fetch_add(&work->runs[index], 1);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    if (sigismember(&mask, SIGINT))
        atomic_fetch_add(&work->blocked, 1);
    if (index == 0)
        pthread_getname_np(pthread_self(), work->name, sizeof(work->name));
}

START_TEST(each_index_runs_once_with_signals_blocked)
{
    static struct work work;
    struct tl_threads *threads = NULL;
    struct tl_error err;
    sigset_t mask;

    tl_error_init(&err);
    ck_assert_int_eq(tl_threads_begin(&threads, "a-name-that-is-too-long", COUNT, run, &work, &err),
                     TL_OK);
    tl_threads_join(threads);
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(atomic_load(&work.runs[i]), 1);
    ck_assert_int_eq(atomic_load(&work.blocked), COUNT);
    ck_assert_str_eq(work.name, "a-name-that-is-");
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    ck_assert(!sigismember(&mask, SIGINT));
}
END_TEST

START_TEST(joining_nothing_is_fine)
{
    tl_threads_join(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thread");
    TCase *tests = tcase_create("thread");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, each_index_runs_once_with_signals_blocked);
    tcase_add_test(tests, joining_nothing_is_fine);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
