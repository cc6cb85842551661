/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/target/server*.c; all need a server (TL_TEST_SOCKET), a MariaDB.
 */
#include "core/target/server.h"

#include "tests/target/target_test.h"

static struct tl_server probe(struct tl_session *session)
{
    struct tl_server server;
    struct tl_error err;

    ck_assert_msg(tl_server_probe(&server, session, &err) == TL_OK, "%s", err.message);
    return server;
}

START_TEST(mariadb_is_recognised)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_server server = probe(session);

    ck_assert_int_eq(server.kind, TL_SERVER_MARIADB);
    ck_assert_str_eq(tl_server_kind_name(server.kind), "MariaDB");
    ck_assert_uint_ge(server.version, 100300);
    ck_assert(server.bulk);
    ck_assert(!server.read_only);
    ck_assert_uint_ge(server.max_allowed_packet, 1024);
    ck_assert_uint_gt(strlen(server.identity), 5);
    ck_assert(server.start_exact);
    ck_assert(server.start_time > 1.6e9);
    tl_session_close(session);
}
END_TEST

START_TEST(same_incarnation_passes_the_check)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options), *later;
    struct tl_server server = probe(session);
    struct tl_error err;

    tl_session_close(session);
    later = test_session(&options);
    test_exec(later, "SET time_zone='+05:00'");
    ck_assert_int_eq(tl_server_check(&server, later, &err), TL_OK);
    tl_session_close(later);
}
END_TEST

START_TEST(restart_is_seen_from_the_start_time)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_server server = probe(session);
    struct tl_error err;

    server.start_time -= 1;
    ck_assert_int_eq(tl_server_check(&server, session, &err), TL_ERR_RESTARTED);
    server.start_time += 2;
    ck_assert_int_eq(tl_server_check(&server, session, &err), TL_ERR_RESTARTED);
    server.start_exact = false;
    ck_assert_int_eq(tl_server_check(&server, session, &err), TL_OK);
    server.start_time += 1;
    ck_assert_int_eq(tl_server_check(&server, session, &err), TL_ERR_RESTARTED);
    tl_session_close(session);
}
END_TEST

START_TEST(restart_within_the_same_second_is_seen)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_server server = probe(session);
    struct tl_error err;

    ck_assert_uint_eq(strlen(server.clock_seq), 4);
    server.clock_seq[3] = server.clock_seq[3] == '0' ? '1' : '0';
    ck_assert_int_eq(tl_server_check(&server, session, &err), TL_ERR_RESTARTED);
    server.clock_seq[0] = '\0'; /* a server that does not tell */
    ck_assert_int_eq(tl_server_check(&server, session, &err), TL_OK);
    tl_session_close(session);
}
END_TEST

START_TEST(another_server_is_refused)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_server server = probe(session);
    struct tl_error err;

    server.identity[5] = server.identity[5] == 'x' ? 'y' : 'x';
    ck_assert_int_eq(tl_server_check(&server, session, &err), TL_ERR_REFUSED);
    ck_assert_uint_gt(strlen(err.hint), 0);
    tl_session_close(session);
}
END_TEST

START_TEST(read_only_binds_users_without_the_privilege)
{
    struct tl_options options = test_options();
    struct tl_session *root = test_session(&options), *session;
    char user[] = "tl_test_bound";
    struct tl_server as_root, as_user;

    test_exec(root, "CREATE OR REPLACE USER tl_test_bound@localhost;"
                    "GRANT SELECT, INSERT ON *.* TO tl_test_bound@localhost;"
                    "SET GLOBAL read_only=1");
    options.user = user;
    session = test_session(&options);
    as_root = probe(root);
    as_user = probe(session);
    test_exec(root, "SET GLOBAL read_only=0; DROP USER tl_test_bound@localhost");
    ck_assert(!as_root.read_only);
    ck_assert(as_user.read_only);
    tl_session_close(session);
    tl_session_close(root);
}
END_TEST

START_TEST(limits_for_others_do_not_bind_us)
{
    struct tl_options options = test_options();
    struct tl_session *root = test_session(&options), *session;
    struct tl_error err;
    uint64_t limits = 1;

    test_exec(root, "SET GLOBAL sql_select_limit = 0, GLOBAL sql_safe_updates = 1,"
                    " GLOBAL max_statement_time = 30");
    session = test_session(&options);
    ck_assert_int_eq(tl_session_reset(session, &err), TL_OK);
    test_exec(root, "SET GLOBAL sql_select_limit = DEFAULT, GLOBAL sql_safe_updates = 0,"
                    " GLOBAL max_statement_time = 0");
    ck_assert_int_eq(tl_session_scalar_u64(
                         session, "SELECT CAST(@@max_statement_time AS INT) + @@sql_safe_updates",
                         &limits, &err),
                     TL_OK);
    ck_assert_uint_eq(limits, 0);
    tl_session_close(session);
    tl_session_close(root);
}
END_TEST

START_TEST(lost_connection_is_not_taken_for_an_answer)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options), *other = test_session(&options);
    struct tl_server server;
    struct tl_error err;

    ck_assert_int_eq(tl_session_kill(other, tl_session_id(session), &err), TL_OK);
    ck_assert_int_eq(tl_server_probe(&server, session, &err), TL_ERR_DB);
    ck_assert(tl_error_is_lost(&err));
    tl_session_close(session);
    tl_session_close(other);
}
END_TEST

static Suite *server_suite(void)
{
    Suite *suite = suite_create("server");
    TCase *tests;

    if (!test_socket())
        return suite;
    tests = tcase_create("server");
    tcase_add_test(tests, mariadb_is_recognised);
    tcase_add_test(tests, same_incarnation_passes_the_check);
    tcase_add_test(tests, restart_is_seen_from_the_start_time);
    tcase_add_test(tests, restart_within_the_same_second_is_seen);
    tcase_add_test(tests, another_server_is_refused);
    tcase_add_test(tests, read_only_binds_users_without_the_privilege);
    tcase_add_test(tests, limits_for_others_do_not_bind_us);
    tcase_add_test(tests, lost_connection_is_not_taken_for_an_answer);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(server_suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
