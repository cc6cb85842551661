/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's protocol against a real server: lost connections, fences, retries, bad rows. A proxy
 * cuts the connection at chosen moments.
 */
#include "core/target/writer.h"

#include "core/base/clock.h"
#include "proxy.h"
#include "writer_fixture.h"

static struct load load;
static struct proxy proxy;

static void setup(void)
{
    reset_schemas();
    memset(&load, 0, sizeof(load));
    load.options = test_options();
    load.session = test_session(&load.options);
    proxy_begin(&proxy, test_socket());
}

static void teardown(void)
{
    load_end(&load);
    tl_session_close(load.session);
    proxy_end(&proxy);
    drop_schemas();
}

static void create(const char *columns)
{
    TL_CLEANUP_FREE char *sql = NULL;

    ck_assert_int_gt(asprintf(&sql, "CREATE TABLE tl_test.t (%s)", columns), 0);
    test_exec(load.session, sql);
}

static uint64_t rows_in(const char *where)
{
    char sql[256];

    snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM tl_test.t %s", where);
    return test_count(load.session, sql);
}

static uint64_t ledger_rows(void)
{
    return test_count(load.session,
                      "SELECT COALESCE(SUM(row_count), 0) FROM " TEST_LEDGER ".batch_v1");
}

static const char three_rows[] = "INSERT INTO `t` VALUES\n(1,'a'),\n(2,'b'),\n(3,'c');\n";

/* Where the connection is cut: {text that the client sends, how}. */
static const struct {
    const char *trigger;
    enum proxy_cut cut;
    bool bulk;
} cuts[] = {
    {"COMMIT", CUT_AFTER, true},
    {"COMMIT", CUT_AFTER, false},
    {"COMMIT", CUT_BEFORE, true},
    {"COMMIT", CUT_CLIENT_ONLY, true},
    {"START TRANSACTION; UPDATE", CUT_AFTER, true},
    {"START TRANSACTION; UPDATE", CUT_BEFORE, true},
    {"START TRANSACTION; UPDATE", CUT_CLIENT_ONLY, false},
    {"INSERT INTO `tl_test`", CUT_AFTER, false},
    {"INSERT INTO `tl_test`", CUT_BEFORE, true},
    {"INSERT INTO `tl_test`", CUT_CLIENT_ONLY, false},
    {"SET NAMES", CUT_AFTER, true},
};

/* A table without a key would show each doubled row. */
START_TEST(a_cut_connection_neither_loses_nor_doubles_rows)
{
    create("a INT, b VARCHAR(9)");
    load.options.socket = proxy.path;
    load_begin(&load, cuts[_i].bulk);
    proxy.trigger = cuts[_i].trigger;
    proxy.cut = cuts[_i].cut;
    atomic_store(&proxy.cuts_left, 1);
    ck_assert_msg(load_text(&load, three_rows) == TL_OK, "%s", load.err.message);
    ck_assert_int_eq(atomic_load(&proxy.cuts_left), 0);
    ck_assert_uint_eq(rows_in(""), 3);
    ck_assert_uint_eq(ledger_rows(), 3);
    ck_assert_uint_ge(atomic_load(&load.stats.reconnects), 1);
}
END_TEST

START_TEST(many_cuts_in_a_row_are_survived)
{
    create("a INT, b VARCHAR(9)");
    load.options.socket = proxy.path;
    load_begin(&load, true);
    proxy.trigger = "COMMIT";
    proxy.cut = CUT_BEFORE;
    atomic_store(&proxy.cuts_left, 4);
    ck_assert_msg(load_text(&load, three_rows) == TL_OK, "%s", load.err.message);
    ck_assert_uint_eq(rows_in(""), 3);
}
END_TEST

START_TEST(a_batch_costs_three_round_trips)
{
    struct tl_reader *reader;
    struct tl_batch *batch;
    int count = 0, last = 0;

    create("a INT, b VARCHAR(9)");
    load.options.socket = proxy.path;
    load_begin(&load, _i);
    load.source.batch_rows = 1;
    load_write_file(&load, three_rows, sizeof(three_rows) - 1);
    reader = load_open(&load);
    while (count < 3) {
        batch = load_next(&load, reader);
        last = atomic_load(&proxy.requests);
        ck_assert_int_eq(load_commit(&load, batch), TL_OK);
        last = atomic_load(&proxy.requests) - last;
        tl_batch_free(batch);
        count++;
    }
    ck_assert_int_eq(last, 3);
    tl_reader_close(reader);
}
END_TEST

START_TEST(plain_rows_go_as_an_array)
{
    create("a INT, b VARCHAR(9)");
    load.options.socket = proxy.path;
    load_begin(&load, true);
    proxy.trigger = "INSERT INTO `tl_test`.`t` (`a`,`b`) VALUES (?,?)";
    proxy.cut = CUT_BEFORE;
    atomic_store(&proxy.cuts_left, 1);
    ck_assert_int_eq(load_text(&load, three_rows), TL_OK);
    ck_assert_int_eq(atomic_load(&proxy.cuts_left), 0);
}
END_TEST

START_TEST(a_stale_writer_commits_nothing)
{
    struct tl_ledger other = test_ledger(1);

    create("a INT, b VARCHAR(9)");
    load_begin(&load, true);
    ck_assert_int_eq(tl_ledger_take_over(&other, load.session, NULL, NULL, &load.err), TL_OK);
    ck_assert_int_eq(load_text(&load, three_rows), TL_ERR_FENCED);
    ck_assert_uint_eq(rows_in(""), 0);
    ck_assert_uint_eq(ledger_rows(), 0);
}
END_TEST

START_TEST(a_stale_writer_that_reconnects_commits_nothing)
{
    struct tl_ledger other = test_ledger(1);

    create("a INT, b VARCHAR(9)");
    load.options.socket = proxy.path;
    load_begin(&load, true);
    ck_assert_int_eq(tl_ledger_take_over(&other, load.session, NULL, NULL, &load.err), TL_OK);
    proxy.trigger = "START TRANSACTION; UPDATE";
    atomic_store(&proxy.cuts_left, 1);
    ck_assert_int_eq(load_text(&load, three_rows), TL_ERR_FENCED);
    ck_assert_uint_eq(rows_in(""), 0);
}
END_TEST

START_TEST(a_restart_of_the_server_is_told_at_once)
{
    create("a INT, b VARCHAR(9)");
    load.options.socket = proxy.path;
    load_begin(&load, true);
    load.ledger.server.start_time -= 1000;
    proxy.trigger = "COMMIT";
    proxy.cut = CUT_AFTER;
    atomic_store(&proxy.cuts_left, 1);
    ck_assert_int_eq(load_text(&load, three_rows), TL_ERR_RESTARTED);
}
END_TEST

START_TEST(the_same_batch_again_is_already_committed)
{
    struct tl_reader *reader;
    struct tl_batch *batch;

    create("a INT, b VARCHAR(9)");
    load_begin(&load, true);
    load_write_file(&load, three_rows, sizeof(three_rows) - 1);
    reader = load_open(&load);
    batch = load_next(&load, reader);
    ck_assert_int_eq(load_commit(&load, batch), TL_OK);
    ck_assert_int_eq(load_commit(&load, batch), TL_OK);
    ck_assert_uint_eq(rows_in(""), 3);
    batch->checksum++;
    ck_assert_int_eq(load_commit(&load, batch), TL_ERR_RESTARTED);
    ck_assert_uint_eq(rows_in(""), 3);
    tl_batch_free(batch);
    tl_reader_close(reader);
}
END_TEST

START_TEST(the_ledger_keeps_what_a_reader_needs_to_go_on)
{
    struct tl_range range;

    create("a INT, b VARCHAR(9)");
    load_begin(&load, true);
    load.source.batch_rows = 2;
    ck_assert_int_eq(load_text(&load, "SET NAMES latin1;\nSET TIME_ZONE='+03:00';\n"
                                      "INSERT INTO t VALUES (1,'a'),\n(2,'b'),\n(3,'c');\n"),
                     TL_OK);
    ck_assert_int_eq(
        tl_ledger_find(load.session, TEST_LEDGER, &load.chunk.key, 0, &range, &load.err), TL_OK);
    ck_assert_uint_eq(range.rows, 2);
    ck_assert(range.in_statement && !range.last);
    ck_assert_uint_gt(range.head_offset, 0);
    ck_assert_str_eq(range.state.charset, "latin1");
    ck_assert_str_eq(range.state.time_zone, "+03:00");
    ck_assert_uint_eq(test_count(load.session, "SELECT SUM(is_last) FROM " TEST_LEDGER ".batch_v1"),
                      1);
}
END_TEST

START_TEST(a_stop_between_attempts_is_obeyed)
{
    create("a INT, b VARCHAR(9)");
    load_begin(&load, true);
    atomic_store(&load.stop, true);
    ck_assert_int_eq(load_text(&load, three_rows), TL_ERR_CANCELED);
    atomic_store(&load.stop, false);
    tl_cancel_request(load.cancel);
    ck_assert_int_eq(load_text(&load, three_rows), TL_ERR_CANCELED);
    ck_assert_uint_eq(rows_in(""), 0);
}
END_TEST

static void *abort_soon(void *payload)
{
    usleep(500000);
    tl_writer_abort(payload);
    return NULL;
}

START_TEST(an_abort_ends_a_statement_at_work)
{
    struct tl_session *blocker = test_session(&load.options);
    int64_t begin = tl_clock_ns();
    pthread_t thread;

    create("a INT PRIMARY KEY, b VARCHAR(9)");
    load_begin(&load, true);
    test_exec(blocker, "BEGIN; INSERT INTO tl_test.t VALUES (2, 'x')");
    pthread_create(&thread, NULL, abort_soon, load.writer);
    ck_assert_int_eq(load_text(&load, three_rows), TL_ERR_CANCELED);
    ck_assert_int_lt((tl_clock_ns() - begin) / TL_NS_PER_SEC, 5);
    pthread_join(thread, NULL);
    tl_session_close(blocker);
}
END_TEST

static void *roll_back_soon(void *payload)
{
    usleep(1500000);
    test_exec(payload, "ROLLBACK");
    return NULL;
}

START_TEST(a_lock_wait_is_tried_again_as_a_whole)
{
    static char name[] = "innodb_lock_wait_timeout", one[] = "1";
    struct tl_pair var = {.name = name, .value = one};
    struct tl_session *blocker = test_session(&load.options);
    pthread_t thread;

    create("a INT PRIMARY KEY, b VARCHAR(9)");
    load.options.session_vars = &var;
    load.options.session_var_count = 1;
    load_begin(&load, true);
    test_exec(blocker, "BEGIN; INSERT INTO tl_test.t VALUES (2, 'x')");
    pthread_create(&thread, NULL, roll_back_soon, blocker);
    ck_assert_msg(load_text(&load, three_rows) == TL_OK, "%s", load.err.message);
    ck_assert_uint_eq(rows_in(""), 3);
    ck_assert_uint_ge(atomic_load(&load.stats.retries), 1);
    pthread_join(thread, NULL);
    tl_session_close(blocker);
}
END_TEST

START_TEST(after_the_retry_timeout_the_error_is_not_the_tables_fault)
{
    static char name[] = "innodb_lock_wait_timeout", one[] = "1";
    struct tl_pair var = {.name = name, .value = one};
    struct tl_session *blocker = test_session(&load.options);

    create("a INT PRIMARY KEY, b VARCHAR(9)");
    load.options.session_vars = &var;
    load.options.session_var_count = 1;
    load.options.retry_timeout = 2;
    load_begin(&load, true);
    test_exec(blocker, "BEGIN; INSERT INTO tl_test.t VALUES (2, 'x')");
    ck_assert_int_eq(load_text(&load, three_rows), TL_ERR_DB);
    ck_assert(load.err.retryable);
    ck_assert_int_eq(load.err.native, 1205);
    tl_session_close(blocker);
    ck_assert_uint_eq(rows_in(""), 0);
}
END_TEST

static const char bad_value[] = "INSERT INTO t VALUES\n(1,'a'),\n(2,'b'),\n('abc','c'),\n(4,'d'),\n"
                                "(5,'toolongvalue'),\n(6,'f');\n";

START_TEST(a_bad_value_is_named_by_line)
{
    create("a INT, b VARCHAR(9)");
    load_begin(&load, _i);
    ck_assert_int_eq(load_text(&load, bad_value), TL_ERR_DB);
    ck_assert_msg(strstr(load.err.message, "file a.sql line 4 (offset 39): ") != NULL, "%s",
                  load.err.message);
    ck_assert_ptr_nonnull(strstr(load.err.message, "Incorrect integer value: 'abc'"));
    ck_assert_ptr_null(strstr(load.err.message, "at row"));
    ck_assert(!load.err.retryable);
    ck_assert_int_eq(load.err.native, 1366);
    ck_assert_uint_eq(load.bad_row, 2);
    ck_assert_int_eq(load.err.line, 4);
    ck_assert_uint_eq(rows_in(""), 0);
    ck_assert_uint_eq(ledger_rows(), 0);
}
END_TEST

START_TEST(a_duplicate_is_named_by_the_row_that_comes_second)
{
    create("a INT PRIMARY KEY, b VARCHAR(9)");
    load_begin(&load, _i);
    ck_assert_int_eq(load_text(&load, "INSERT INTO t VALUES\n(1,'a'),\n(2,'b'),\n(3,'c'),\n"
                                      "(1,'d'),\n(5,'e');\n"),
                     TL_ERR_DB);
    ck_assert_int_eq(load.err.native, 1062);
    ck_assert_msg(strstr(load.err.message, "line 5 ") != NULL, "%s", load.err.message);
    ck_assert_uint_eq(load.bad_row, 3);
    ck_assert_uint_eq(rows_in(""), 0);
}
END_TEST

START_TEST(the_last_row_of_a_large_batch_is_found)
{
    struct tl_buf text;

    create("a INT, b VARCHAR(9)");
    tl_buf_init(&text, 1 << 20);
    for (int i = 0; i < 3000; i++)
        ck_assert_int_eq(tl_buf_addf(&text, "%s(%d,'b')", i ? ",\n" : "INSERT INTO t VALUES ", i),
                         TL_OK);
    ck_assert_int_eq(tl_buf_adds(&text, ",\n('x','y');\n"), TL_OK);
    load_begin(&load, _i);
    ck_assert_int_eq(load_text(&load, text.data), TL_ERR_DB);
    ck_assert_uint_eq(load.bad_row, 3000);
    ck_assert_int_eq(load.err.line, 3001);
    ck_assert_uint_eq(rows_in(""), 0);
    tl_buf_done(&text);
}
END_TEST

START_TEST(without_transactions_nothing_is_tried_out)
{
    test_exec(load.session, "CREATE TABLE tl_test.t (a INT, b VARCHAR(9)) ENGINE=MyISAM");
    load_begin(&load, _i);
    ck_assert_int_eq(load_text(&load, bad_value), TL_ERR_DB);
    ck_assert_uint_eq(load.bad_row, UINT32_MAX);
    ck_assert_msg(strstr(load.err.message, "file a.sql lines 1 to 8") != NULL, "%s",
                  load.err.message);
    ck_assert_uint_le(rows_in(""), 2);
}
END_TEST

START_TEST(strictness_is_the_default_and_a_choice)
{
    static char lenient[] = "NO_ENGINE_SUBSTITUTION";

    create("a INT, b VARCHAR(2)");
    load.options.sql_mode_given = _i == 1;
    load.options.sql_mode = _i == 1 ? lenient : load.options.sql_mode;
    load_begin(&load, true);
    ck_assert_int_eq(load_text(&load, "INSERT INTO t VALUES (1,'long');\n"),
                     _i == 1 ? TL_OK : TL_ERR_DB);
    ck_assert_uint_eq(rows_in("WHERE b = 'lo'"), _i == 1 ? 1 : 0);
}
END_TEST

START_TEST(modes_that_the_server_does_not_know_are_left_out)
{
    create("a INT, b VARCHAR(9)");
    load_begin(&load, true);
    ck_assert_msg(load_text(&load, "SET SQL_MODE='NO_SUCH_MODE,NO_AUTO_VALUE_ON_ZERO,NEITHER';\n"
                                   "SET NAMES utf8mb4 COLLATE utf8mb4_0900_ai_ci;\n"
                                   "INSERT INTO t VALUES (1,'\xe2\x82\xac');\n") == TL_OK,
                  "%s", load.err.message);
    ck_assert_uint_eq(rows_in("WHERE HEX(b) = 'E282AC'"), 1);
}
END_TEST

START_TEST(a_session_goes_back_when_the_next_dump_says_nothing)
{
    struct tl_ledger_chunk second = test_chunk(1, "b.sql");

    create("a INT, b TIMESTAMP NULL");
    test_exec(load.session, "SET time_zone = SYSTEM");
    load_begin(&load, true);
    ck_assert_int_eq(load_text(&load, "SET TIME_ZONE='+09:00';\n"
                                      "INSERT INTO t VALUES (1,'2024-01-01 12:00:00');\n"),
                     TL_OK);
    load.chunk = second;
    ck_assert_int_eq(load_text(&load, "INSERT INTO t VALUES (2,'2024-01-01 12:00:00');\n"), TL_OK);
    ck_assert_uint_eq(rows_in("WHERE b = '2024-01-01 12:00:00' AND a = 2"), 1);
    test_exec(load.session, "SET time_zone = '+09:00'");
    ck_assert_uint_eq(rows_in("WHERE b = '2024-01-01 12:00:00' AND a = 1"), 1);
}
END_TEST

static const char with_double[] = "INSERT INTO t VALUES (1,'a'),(2,'b'),(1,'c');\n";

START_TEST(replace_keeps_the_later_row)
{
    create("a INT PRIMARY KEY, b VARCHAR(9)");
    load.options.conflict = TL_CONFLICT_REPLACE;
    load_begin(&load, _i);
    ck_assert_msg(load_text(&load, with_double) == TL_OK, "%s", load.err.message);
    ck_assert_uint_eq(rows_in(""), 2);
    ck_assert_uint_eq(rows_in("WHERE b = 'c'"), 1);
    ck_assert_uint_eq(atomic_load(&load.stats.duplicates), 1);
}
END_TEST

START_TEST(ignore_keeps_the_earlier_row_and_stays_strict)
{
    create("a INT PRIMARY KEY, b VARCHAR(9)");
    load.options.conflict = TL_CONFLICT_IGNORE;
    load_begin(&load, _i);
    ck_assert_msg(load_text(&load, with_double) == TL_OK, "%s", load.err.message);
    ck_assert_uint_eq(rows_in(""), 2);
    ck_assert_uint_eq(rows_in("WHERE b = 'a'"), 1);
    ck_assert_uint_eq(atomic_load(&load.stats.duplicates), 1);
    load.chunk = test_chunk(1, "b.sql");
    ck_assert_int_eq(load_text(&load, "INSERT INTO t VALUES (9,'too long a value');\n"), TL_ERR_DB);
}
END_TEST

START_TEST(columns_are_found_by_name)
{
    create("a INT, b VARCHAR(9), c INT DEFAULT 7");
    load_begin(&load, _i);
    ck_assert_msg(load_text(&load, "INSERT INTO t (`B`,`a`) VALUES ('x',1),(NULL,2);\n") == TL_OK,
                  "%s", load.err.message);
    ck_assert_uint_eq(rows_in("WHERE a = 1 AND b = 'x' AND c = 7"), 1);
}
END_TEST

START_TEST(unknown_and_doubled_columns_are_errors)
{
    create("a INT, b VARCHAR(9)");
    load_begin(&load, _i);
    ck_assert_int_eq(load_text(&load, "INSERT INTO t (a,zz,b,yy) VALUES (1,2,'x',3);\n"),
                     TL_ERR_DATA);
    ck_assert_msg(strstr(load.err.message,
                         "unknown columns in header (zz,yy) for table `tl_test`.`t`") != NULL,
                  "%s", load.err.message);
    ck_assert_int_eq(load_text(&load, "INSERT INTO t (a,A) VALUES (1,2);\n"), TL_ERR_DATA);
    ck_assert_int_eq(load_text(&load, "INSERT INTO t VALUES (1);\n"), TL_ERR_DATA);
    ck_assert_msg(strstr(load.err.message, "column count mismatch, expected 2, got 1") != NULL,
                  "%s", load.err.message);
    ck_assert_int_eq(load_text(&load, "INSERT INTO t VALUES (1,'x'),\n(1,'x',2);\n"),
                     _i ? TL_ERR_DATA : TL_ERR_DB);
    ck_assert_msg(load.err.line == 2, "%s", load.err.message);
}
END_TEST

START_TEST(ignored_columns_are_dropped)
{
    static char name[] = "junk";
    static char *names[] = {name};

    create("a INT, b VARCHAR(9)");
    load.ignored = (struct tl_strings){names, 1};
    load_begin(&load, _i);
    ck_assert_msg(
        load_text(&load, "INSERT INTO t (a,Junk,b) VALUES (1,'j','it''s'),(2,3,NULL);\n") == TL_OK,
        "%s", load.err.message);
    ck_assert_uint_eq(rows_in("WHERE b = 'it''s' OR a = 2"), 2);
}
END_TEST

START_TEST(generated_and_invisible_columns_are_left_to_the_server)
{
    create("a INT, g INT AS (a + 1) STORED, i INT INVISIBLE DEFAULT 5, b VARCHAR(9)");
    load_begin(&load, _i);
    ck_assert_int_eq(load_text(&load, "INSERT INTO t VALUES (1,'x');\n"), TL_OK);
    load.chunk = test_chunk(1, "b.sql");
    ck_assert_msg(load_text(&load, "INSERT INTO t VALUES (2,3,'y'),(3,DEFAULT,'z');\n") == TL_OK,
                  "%s", load.err.message);
    ck_assert_uint_eq(rows_in("WHERE g = a + 1 AND i = 5"), 3);
}
END_TEST

START_TEST(relaxed_commits_are_made_durable)
{
    struct tl_server server;
    struct tl_error err;
    bool durable = false;

    ck_assert_int_eq(tl_server_probe(&server, load.session, &err), TL_OK);
    server.durable_commits = false;
    ck_assert_int_eq(tl_target_make_durable(load.session, &server, &durable, &err), TL_OK);
    ck_assert(durable);
}
END_TEST

static void add_protocol_tests(TCase *tc)
{
    tcase_add_loop_test(tc, a_cut_connection_neither_loses_nor_doubles_rows, 0,
                        sizeof(cuts) / sizeof(cuts[0]));
    tcase_add_test(tc, many_cuts_in_a_row_are_survived);
    tcase_add_loop_test(tc, a_batch_costs_three_round_trips, 0, 2);
    tcase_add_test(tc, plain_rows_go_as_an_array);
    tcase_add_test(tc, a_stale_writer_commits_nothing);
    tcase_add_test(tc, a_stale_writer_that_reconnects_commits_nothing);
    tcase_add_test(tc, a_restart_of_the_server_is_told_at_once);
    tcase_add_test(tc, the_same_batch_again_is_already_committed);
    tcase_add_test(tc, the_ledger_keeps_what_a_reader_needs_to_go_on);
    tcase_add_test(tc, a_stop_between_attempts_is_obeyed);
    tcase_add_test(tc, an_abort_ends_a_statement_at_work);
    tcase_add_test(tc, a_lock_wait_is_tried_again_as_a_whole);
    tcase_add_test(tc, after_the_retry_timeout_the_error_is_not_the_tables_fault);
    tcase_add_test(tc, relaxed_commits_are_made_durable);
}

static void add_row_tests(TCase *tc)
{
    tcase_add_loop_test(tc, a_bad_value_is_named_by_line, 0, 2);
    tcase_add_loop_test(tc, a_duplicate_is_named_by_the_row_that_comes_second, 0, 2);
    tcase_add_loop_test(tc, the_last_row_of_a_large_batch_is_found, 0, 2);
    tcase_add_loop_test(tc, without_transactions_nothing_is_tried_out, 0, 2);
    tcase_add_loop_test(tc, strictness_is_the_default_and_a_choice, 0, 2);
    tcase_add_test(tc, modes_that_the_server_does_not_know_are_left_out);
    tcase_add_test(tc, a_session_goes_back_when_the_next_dump_says_nothing);
    tcase_add_loop_test(tc, replace_keeps_the_later_row, 0, 2);
    tcase_add_loop_test(tc, ignore_keeps_the_earlier_row_and_stays_strict, 0, 2);
    tcase_add_loop_test(tc, columns_are_found_by_name, 0, 2);
    tcase_add_loop_test(tc, unknown_and_doubled_columns_are_errors, 0, 2);
    tcase_add_loop_test(tc, ignored_columns_are_dropped, 0, 2);
    tcase_add_loop_test(tc, generated_and_invisible_columns_are_left_to_the_server, 0, 2);
}

int main(void)
{
    Suite *suite = suite_create("writer");
    TCase *protocol = tcase_create("protocol");
    TCase *rows = tcase_create("rows");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(protocol, setup, teardown);
    tcase_add_checked_fixture(rows, setup, teardown);
    tcase_set_timeout(protocol, 90);
    tcase_set_timeout(rows, 60);
    if (test_socket()) {
        add_protocol_tests(protocol);
        add_row_tests(rows);
    }
    suite_add_tcase(suite, protocol);
    suite_add_tcase(suite, rows);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
