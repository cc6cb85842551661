/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who owns a task: takeovers, fences, and what becomes of the connections of dead loaders.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "core/base/clock.h"
#include "ledger_fixture.h"

static struct tl_options options;
static struct tl_session *session;
static struct tl_error err;

static void setup(void)
{
    reset_schemas();
    options = test_options();
    session = test_session(&options);
    tl_error_init(&err);
}

static void teardown(void)
{
    tl_session_close(session);
    drop_schemas();
}

START_TEST(taking_over_what_is_not_there_finds_nothing)
{
    struct tl_ledger ledger = test_ledger(77);

    ck_assert_int_eq(tl_ledger_take_over(&ledger, session, NULL, NULL, &err), TL_NOT_FOUND);
}
END_TEST

START_TEST(a_living_owner_is_not_taken_over)
{
    struct tl_ledger first = test_ledger(1), second = test_ledger(1);

    ck_assert_int_eq(test_claim(&first, session, &err), TL_OK);
    borrow_owner(session, 1);
    ck_assert_int_eq(tl_ledger_take_over(&second, session, NULL, NULL, &err), TL_ERR_REFUSED);
    ck_assert_ptr_nonnull(strstr(err.message, "is at work"));
}
END_TEST

START_TEST(a_takeover_fences_the_older_writer)
{
    struct tl_ledger first = test_ledger(1), second = test_ledger(1);
    struct tl_session *old = test_session(&options);

    ck_assert_int_eq(test_claim(&first, session, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_add_writer(&first, old, 1, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_fence(&first, old, 1, &err), TL_OK);
    test_exec(old, "COMMIT");
    ck_assert_int_eq(tl_ledger_take_over(&second, session, NULL, NULL, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_fence(&first, old, 1, &err), TL_ERR_FENCED);
    ck_assert_int_eq(tl_ledger_add_writer(&first, old, 1, &err), TL_ERR_FENCED);
    ck_assert_int_eq(tl_ledger_set_intent(&first, old, "x", &err), TL_ERR_FENCED);
    ck_assert_int_eq(tl_ledger_delete_task(&first, old, &err), TL_ERR_FENCED);
    tl_session_close(old);
}
END_TEST

START_TEST(an_older_connection_of_the_same_writer_is_fenced)
{
    struct tl_ledger ledger = test_ledger(1);
    struct tl_session *old = test_session(&options);

    ck_assert_int_eq(test_claim(&ledger, session, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_add_writer(&ledger, old, 1, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_add_writer(&ledger, session, 1, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_fence(&ledger, old, 1, &err), TL_ERR_FENCED);
    ck_assert_int_eq(tl_ledger_fence(&ledger, session, 1, &err), TL_OK);
    test_exec(session, "COMMIT");
    tl_session_close(old);
}
END_TEST

START_TEST(a_takeover_kills_the_open_transaction_of_a_dead_owner)
{
    struct tl_ledger first = test_ledger(1), second = test_ledger(1);
    struct tl_session *old = test_session(&options);
    struct tl_ledger_chunk chunk = test_chunk(1, "a.sql");
    int64_t begin;

    ck_assert_int_eq(test_claim(&first, session, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_add_writer(&first, old, 1, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_fence(&first, old, 1, &err), TL_OK);
    test_add_range(old, &chunk.key, 0, 100, false);
    begin = tl_clock_ns();
    ck_assert_int_eq(tl_ledger_take_over(&second, session, NULL, NULL, &err), TL_OK);
    ck_assert_int_lt((tl_clock_ns() - begin) / TL_NS_PER_SEC, 30);
    ck_assert_int_ne(tl_session_execf(old, &err, "COMMIT"), TL_OK);
    ck_assert_uint_eq(test_count(session, "SELECT COUNT(*) FROM " TEST_LEDGER ".batch_v1"), 0);
    tl_session_close(old);
}
END_TEST

static void *commit_soon(void *payload)
{
    struct tl_session *old = payload;

    usleep(700000);
    test_exec(old, "COMMIT");
    return NULL;
}

START_TEST(a_takeover_waits_for_a_commit_under_way)
{
    struct tl_ledger first = test_ledger(1), second = test_ledger(1);
    struct tl_session *old = test_session(&options);
    struct tl_ledger_chunk chunk = test_chunk(1, "a.sql");
    pthread_t thread;

    ck_assert_int_eq(test_claim(&first, session, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_add_writer(&first, old, 1, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_fence(&first, old, 1, &err), TL_OK);
    test_add_range(old, &chunk.key, 0, 100, false);
    pthread_create(&thread, NULL, commit_soon, old);
    ck_assert_int_eq(tl_ledger_take_over(&second, session, NULL, NULL, &err), TL_OK);
    ck_assert_uint_eq(test_count(session, "SELECT COUNT(*) FROM " TEST_LEDGER ".batch_v1"), 1);
    pthread_join(thread, NULL);
    tl_session_close(old);
}
END_TEST

START_TEST(a_reconnecting_writer_kills_its_own_older_connection)
{
    struct tl_ledger ledger = test_ledger(1);
    struct tl_session *old = test_session(&options);
    struct tl_ledger_chunk chunk = test_chunk(1, "a.sql");
    struct tl_range range;

    ck_assert_int_eq(test_claim(&ledger, session, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_add_writer(&ledger, old, 1, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_fence(&ledger, old, 1, &err), TL_OK);
    test_add_range(old, &chunk.key, 0, 100, false);
    ck_assert_int_eq(tl_ledger_rejoin(&ledger, session, 1, &chunk.key, 0, &range, &err),
                     TL_NOT_FOUND);
    ck_assert_int_ne(tl_session_execf(old, &err, "COMMIT"), TL_OK);
    tl_session_close(old);
}
END_TEST

START_TEST(connections_of_another_life_of_the_server_are_left_alone)
{
    struct tl_ledger first = test_ledger(1), second = test_ledger(1);
    struct tl_session *stranger = test_session(&options);

    ck_assert_int_eq(test_claim(&first, session, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_add_writer(&first, stranger, 1, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_fence(&first, stranger, 1, &err), TL_OK);
    kill_owner(session, 1);
    test_exec(session, "UPDATE " TEST_LEDGER ".task_v1 SET server_start = server_start - 1000");
    alarm(8);
    signal(SIGALRM, SIG_DFL);
    if (fork() == 0) {
        struct tl_session *other = test_session(&options);

        (void)!tl_ledger_take_over(&second, other, NULL, NULL, &err);
        _exit(0);
    }
    sleep(5);
    test_exec(stranger, "COMMIT");
    alarm(0);
    wait(NULL);
    tl_session_close(stranger);
}
END_TEST

START_TEST(an_owner_on_another_machine_lives_as_long_as_its_connections)
{
    struct tl_ledger first = test_ledger(1), second = test_ledger(1);
    struct tl_session *remote = test_session(&options);

    ck_assert_int_eq(test_claim(&first, remote, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_add_writer(&first, remote, 0, &err), TL_OK);
    test_exec(session, "UPDATE " TEST_LEDGER ".task_v1 SET boot_id = 'b', pid = 1 WHERE task_id");
    ck_assert_int_eq(tl_ledger_take_over(&second, session, NULL, NULL, &err), TL_ERR_REFUSED);
    tl_session_close(remote);
    ck_assert_int_eq(tl_ledger_take_over(&second, session, NULL, NULL, &err), TL_OK);
}
END_TEST

START_TEST(an_intent_survives_a_takeover)
{
    struct tl_ledger ledger = test_ledger(1);
    char *intent = NULL;

    ck_assert_int_eq(test_claim(&ledger, session, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_set_intent(&ledger, session, "destroy 'x'", &err), TL_OK);
    ck_assert_int_eq(tl_ledger_take_over(&ledger, session, &intent, NULL, &err), TL_OK);
    ck_assert_str_eq(intent, "destroy 'x'");
    free(intent);
    ck_assert_int_eq(tl_ledger_set_intent(&ledger, session, NULL, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_take_over(&ledger, session, &intent, NULL, &err), TL_OK);
    ck_assert_ptr_null(intent);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("takeover");
    TCase *tc = tcase_create("server");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    if (test_socket()) {
        tcase_add_test(tc, taking_over_what_is_not_there_finds_nothing);
        tcase_add_test(tc, a_living_owner_is_not_taken_over);
        tcase_add_test(tc, a_takeover_fences_the_older_writer);
        tcase_add_test(tc, an_older_connection_of_the_same_writer_is_fenced);
        tcase_add_test(tc, a_takeover_kills_the_open_transaction_of_a_dead_owner);
        tcase_add_test(tc, a_takeover_waits_for_a_commit_under_way);
        tcase_add_test(tc, a_reconnecting_writer_kills_its_own_older_connection);
        tcase_add_test(tc, connections_of_another_life_of_the_server_are_left_alone);
        tcase_add_test(tc, an_owner_on_another_machine_lives_as_long_as_its_connections);
        tcase_add_test(tc, an_intent_survives_a_takeover);
    }
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
