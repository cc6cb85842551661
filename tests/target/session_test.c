/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/target/session*.c. Those that need a server run with TL_TEST_SOCKET.
 */
#include <sys/socket.h>

#include "tests/target/target_test.h"

static char *scalar(struct tl_session *session, const char *sql)
{
    char *text = NULL;
    struct tl_error err;

    tl_error_init(&err);
    ck_assert_msg(tl_session_scalar(session, sql, &text, &err) == TL_OK, "%s", err.message);
    return text;
}

static void check_scalar(struct tl_session *session, const char *sql, const char *expected)
{
    char *text = scalar(session, sql);

    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(deadlocks_may_be_retried_and_duplicates_not)
{
    struct tl_error err = {.code = TL_ERR_DB, .native = 1213};

    ck_assert(tl_native_is_retryable(1213));
    ck_assert(tl_native_is_retryable(2013));
    ck_assert(!tl_native_is_retryable(1062));
    ck_assert(!tl_error_is_lost(&err));
    err.native = 2006;
    ck_assert(tl_error_is_lost(&err));
    err.code = TL_ERR;
    ck_assert(!tl_error_is_lost(&err));
}
END_TEST

START_TEST(nobody_at_port_4000_gives_a_hint_at_3306)
{
    struct tl_options options = test_options();
    char empty[] = "", host[] = "127.0.0.9";
    struct tl_session *session = NULL;
    struct tl_error err;

    options.socket = empty;
    options.host = host;
    ck_assert_int_eq(tl_session_open(&session, &options, &err), TL_ERR_DB);
    ck_assert_ptr_null(session);
    ck_assert(err.retryable);
    ck_assert_msg(strstr(err.message, "cannot connect to 127.0.0.9:4000 as 'root'"), "%s",
                  err.message);
    ck_assert_msg(strstr(err.hint, "--tidb-port 3306"), "%s", err.hint);
}
END_TEST

START_TEST(unknown_tls_mode_is_a_usage_error)
{
    struct tl_options options = test_options();
    char mode[] = "sometimes";
    struct tl_session *session = NULL;
    struct tl_error err;

    options.tls.mode = mode;
    ck_assert_int_eq(tl_session_open(&session, &options, &err), TL_ERR_USAGE);
}
END_TEST

START_TEST(wrong_password_is_named_without_the_password)
{
    struct tl_options options = test_options();
    char password[] = "swordfish", user[] = "tl_test_locked";
    struct tl_session *root = test_session(&options), *session = NULL;
    struct tl_error err;

    test_exec(root, "CREATE OR REPLACE USER tl_test_locked@localhost IDENTIFIED BY 'other'");
    options.user = user;
    options.password = password;
    ck_assert_int_eq(tl_session_open(&session, &options, &err), TL_ERR_DB);
    ck_assert_int_eq(err.native, 1045);
    ck_assert_str_eq(err.sqlstate, "28000");
    ck_assert(!err.retryable);
    ck_assert_ptr_nonnull(strstr(err.hint, "tidb.password"));
    ck_assert_ptr_null(strstr(err.message, "swordfish"));
    test_exec(root, "DROP USER tl_test_locked@localhost");
    tl_session_close(root);
}
END_TEST

START_TEST(several_statements_run_and_the_first_counts)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_error err;
    uint64_t affected = 99;
    const char sql[] = "INSERT INTO t VALUES (1),(2),(3); SELECT * FROM t; DELETE FROM t WHERE a=1";

    test_exec(session, "CREATE DATABASE IF NOT EXISTS tl_session_test; USE tl_session_test;"
                       "CREATE TEMPORARY TABLE t (a INT)");
    ck_assert_int_eq(tl_session_exec(session, sql, strlen(sql), &affected, &err), TL_OK);
    ck_assert_uint_eq(affected, 3);
    check_scalar(session, "SELECT COUNT(*) FROM t", "2");
    tl_session_close(session);
}
END_TEST

START_TEST(matched_but_unchanged_rows_are_not_affected)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_error err;
    uint64_t affected = 99;
    const char sql[] = "UPDATE t SET a=1";

    test_exec(session, "CREATE DATABASE IF NOT EXISTS tl_session_test; USE tl_session_test;"
                       "CREATE TEMPORARY TABLE t (a INT); INSERT INTO t VALUES (1)");
    ck_assert_int_eq(tl_session_exec(session, sql, strlen(sql), &affected, &err), TL_OK);
    ck_assert_uint_eq(affected, 0);
    tl_session_close(session);
}
END_TEST

START_TEST(error_in_a_later_statement_is_returned)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_error err;
    const char sql[] = "SELECT 1; SELECT nothing; SELECT 2";

    ck_assert_int_eq(tl_session_exec(session, sql, strlen(sql), NULL, &err), TL_ERR_DB);
    ck_assert_int_eq(err.native, 1054);
    ck_assert(!err.retryable);
    check_scalar(session, "SELECT 'usable'", "usable");
    tl_session_close(session);
}
END_TEST

static int stop_at_second(char **columns, const unsigned long *lengths, unsigned count,
                          void *payload, struct tl_error *err)
{
    int *rows = payload;

    (void)columns, (void)lengths, (void)err;
    ck_assert_uint_eq(count, 1);
    return ++*rows == 2 ? 77 : TL_OK;
}

START_TEST(callback_stops_the_walk_with_its_own_value)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_error err;
    int rows = 0;

    ck_assert_int_eq(tl_session_query(session, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3",
                                      stop_at_second, &rows, &err),
                     77);
    ck_assert_int_eq(rows, 2);
    check_scalar(session, "SELECT 'usable'", "usable");
    tl_session_close(session);
}
END_TEST

START_TEST(scalar_tells_no_row_from_null)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    char dummy[] = "untouched", *text = dummy;
    uint64_t number = 5;
    struct tl_error err;

    ck_assert_int_eq(tl_session_scalar(session, "SELECT 1 LIMIT 0", &text, &err), TL_NOT_FOUND);
    ck_assert_ptr_eq(text, dummy);
    ck_assert_int_eq(tl_session_scalar(session, "SELECT NULL", &text, &err), TL_OK);
    ck_assert_ptr_null(text);
    ck_assert_int_eq(tl_session_scalar_u64(session, "SELECT 'x'", &number, &err), TL_ERR);
    ck_assert_uint_eq(number, 5);
    ck_assert_int_eq(tl_session_scalar_u64(session, "SELECT 18446744073709551615", &number, &err),
                     TL_OK);
    ck_assert(number == UINT64_MAX);
    tl_session_close(session);
}
END_TEST

START_TEST(session_variables_are_set_and_unknown_ones_left_out)
{
    char number[] = "group_concat_max_len", text[] = "time_zone", unknown[] = "tidb_no_such_thing";
    char value[] = "4242", zone[] = "+03:00", on[] = "ON";
    struct tl_pair vars[] = {{NULL, number, value}, {NULL, unknown, on}, {NULL, text, zone}};
    struct tl_options options = test_options();
    struct tl_session *session;

    options.session_vars = vars;
    options.session_var_count = 3;
    session = test_session(&options);
    check_scalar(session, "SELECT @@group_concat_max_len", "4242");
    check_scalar(session, "SELECT @@time_zone", "+03:00");
    check_scalar(session, "SELECT @@foreign_key_checks", "0");
    check_scalar(session, "SELECT @@character_set_client", "utf8mb4");
    tl_session_close(session);
}
END_TEST

START_TEST(injected_session_variable_is_refused)
{
    char name[] = "a=1,b", value[] = "2";
    struct tl_pair vars[] = {{NULL, name, value}};
    struct tl_options options = test_options();
    struct tl_session *session = NULL;
    struct tl_error err;

    options.session_vars = vars;
    options.session_var_count = 1;
    ck_assert_int_eq(tl_session_open(&session, &options, &err), TL_ERR_USAGE);
    ck_assert_ptr_null(session);
}
END_TEST

START_TEST(killed_session_is_lost_and_retryable)
{
    struct tl_options options = test_options();
    struct tl_session *victim = test_session(&options), *other = test_session(&options);
    struct tl_error err;

    ck_assert_int_eq(tl_session_kill(other, tl_session_id(victim), &err), TL_OK);
    ck_assert_int_eq(tl_session_execf(victim, &err, "SELECT SLEEP(%d)", 2), TL_ERR_DB);
    ck_assert_msg(tl_error_is_lost(&err), "%s", err.message);
    ck_assert(err.retryable);
    ck_assert_int_eq(tl_session_kill(other, tl_session_id(victim), &err), TL_OK);
    tl_session_close(victim);
    tl_session_close(other);
}
END_TEST

START_TEST(reopened_session_has_another_id_and_its_variables)
{
    char number[] = "group_concat_max_len", value[] = "4242";
    struct tl_pair vars[] = {{NULL, number, value}};
    struct tl_options options = test_options();
    struct tl_session *session;
    struct tl_error err;
    uint64_t id;

    options.session_vars = vars;
    options.session_var_count = 1;
    session = test_session(&options);
    id = tl_session_id(session);
    ck_assert_int_eq(tl_session_reopen(session, &err), TL_OK);
    ck_assert_uint_ne(tl_session_id(session), id);
    check_scalar(session, "SELECT @@group_concat_max_len", "4242");
    tl_session_close(session);
}
END_TEST

START_TEST(failed_reopen_leaves_a_session_to_close)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    char nowhere[] = "/nonexistent/socket";
    struct tl_error err;

    options.socket = nowhere;
    ck_assert_int_eq(tl_session_reopen(session, &err), TL_ERR_DB);
    ck_assert(tl_error_is_lost(&err));
    check_scalar(session, "SELECT 'usable'", "usable");
    tl_session_close(session);
}
END_TEST

START_TEST(reset_session_is_as_freshly_opened)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_error err;

    test_exec(session, "SET NAMES latin1; SET sql_mode='', foreign_key_checks=1, @a=1;"
                       "START TRANSACTION");
    ck_assert_int_eq(tl_session_reset(session, &err), TL_OK);
    check_scalar(session, "SELECT @@character_set_client", "utf8mb4");
    check_scalar(session, "SELECT @@sql_mode", "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION");
    check_scalar(session, "SELECT @@foreign_key_checks", "0");
    check_scalar(session, "SELECT @@in_transaction", "0");
    check_scalar(session, "SELECT @a IS NULL", "1");
    tl_session_close(session);
}
END_TEST

/* The client library would look for the end of those results without an end. */
START_TEST(reset_of_a_connection_that_died_between_results_ends)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    MYSQL *mysql = tl_session_mysql(session);
    struct tl_error err;

    ck_assert_int_eq(mysql_real_query(mysql, "DO 1; SELECT 2", 14), 0);
    ck_assert(mysql_more_results(mysql));
    shutdown(mysql_get_socket(mysql), SHUT_RDWR);
    ck_assert_msg(tl_session_reset(session, &err) == TL_OK, "%s", err.message);
    check_scalar(session, "SELECT 3", "3");
    tl_session_close(session);
}
END_TEST

START_TEST(local_files_are_never_sent)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_error err;
    const char sql[] = "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE t";

    test_exec(session, "CREATE DATABASE IF NOT EXISTS tl_session_test; USE tl_session_test;"
                       "CREATE TEMPORARY TABLE t (a TEXT)");
    ck_assert_int_eq(tl_session_exec(session, sql, strlen(sql), NULL, &err), TL_ERR_DB);
    tl_session_close(session);
}
END_TEST

START_TEST(read_timeout_ends_a_statement)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_error err;

    tl_session_set_timeout(session, 1);
    ck_assert_int_eq(tl_session_execf(session, &err, "SELECT SLEEP(%d)", 3), TL_ERR_DB);
    ck_assert(tl_error_is_lost(&err));
    tl_session_close(session);
}
END_TEST

static TCase *server_tests(void)
{
    TCase *server = tcase_create("server");

    tcase_add_test(server, wrong_password_is_named_without_the_password);
    tcase_add_test(server, several_statements_run_and_the_first_counts);
    tcase_add_test(server, matched_but_unchanged_rows_are_not_affected);
    tcase_add_test(server, error_in_a_later_statement_is_returned);
    tcase_add_test(server, callback_stops_the_walk_with_its_own_value);
    tcase_add_test(server, scalar_tells_no_row_from_null);
    tcase_add_test(server, session_variables_are_set_and_unknown_ones_left_out);
    tcase_add_test(server, injected_session_variable_is_refused);
    tcase_add_test(server, killed_session_is_lost_and_retryable);
    tcase_add_test(server, reopened_session_has_another_id_and_its_variables);
    tcase_add_test(server, failed_reopen_leaves_a_session_to_close);
    tcase_add_test(server, reset_session_is_as_freshly_opened);
    tcase_add_test(server, reset_of_a_connection_that_died_between_results_ends);
    tcase_add_test(server, local_files_are_never_sent);
    tcase_add_test(server, read_timeout_ends_a_statement);
    tcase_set_timeout(server, 30);
    return server;
}

static Suite *session_suite(void)
{
    Suite *suite = suite_create("session");
    TCase *pure = tcase_create("pure");

    tcase_add_test(pure, deadlocks_may_be_retried_and_duplicates_not);
    tcase_add_test(pure, nobody_at_port_4000_gives_a_hint_at_3306);
    tcase_add_test(pure, unknown_tls_mode_is_a_usage_error);
    suite_add_tcase(suite, pure);
    if (test_socket())
        suite_add_tcase(suite, server_tests());
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(session_suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
