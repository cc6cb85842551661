/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the writer makes of rows: bad ones found and named, duplicates, columns, session state.
 */
#include "core/target/writer.h"

#include "proxy.h"
#include "writer_fixture.h"

static struct load load;

static void setup(void)
{
    reset_schemas();
    memset(&load, 0, sizeof(load));
    load.options = test_options();
    load.session = test_session(&load.options);
}

static void teardown(void)
{
    load_end(&load);
    tl_session_close(load.session);
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

/* More modes that the server does not know than are left out one by one. */
START_TEST(rows_are_not_sent_under_another_mode_than_they_were_read)
{
    create("a INT, b VARCHAR(9)");
    load_begin(&load, _i);
    ck_assert_int_ne(
        load_text(&load, "SET SQL_MODE='x1,x2,x3,x4,x5,x6,x7,x8,x9,y1,y2,y3,y4,y5,y6,y7,y8,y9,z1,"
                         "z2,z3,z4,z5,z6,z7,z8,z9,w1,w2,w3,w4,w5,w6,w7,NO_BACKSLASH_ESCAPES';\n"
                         "INSERT INTO t VALUES (1+1,'\\');\n"),
        TL_OK);
    ck_assert_ptr_nonnull(strstr(load.err.message, "cannot set up the session"));
    ck_assert_uint_eq(rows_in(""), 0);
}
END_TEST

/* The search rolls back after each try: its first ROLLBACK follows that of the batch itself. */
START_TEST(a_connection_lost_while_a_bad_row_is_looked_for_is_replaced)
{
    struct proxy proxy;

    create("a INT, b VARCHAR(9)");
    proxy_begin(&proxy, test_socket());
    load.options.socket = proxy.path;
    load_begin(&load, _i);
    proxy.trigger = "ROLLBACK";
    atomic_store(&proxy.passes, 1);
    atomic_store(&proxy.cuts_left, 1);
    ck_assert_int_eq(load_text(&load, "INSERT INTO `t` VALUES\n(1,'a'),\n(2,'b'),\n('x','c');\n"),
                     TL_ERR_DB);
    ck_assert_int_eq(atomic_load(&proxy.cuts_left), 0);
    ck_assert_int_eq(load.err.native, 1366);
    ck_assert_int_eq(load.err.line, 4);
    ck_assert_uint_eq(rows_in(""), 0);
    tl_writer_close(load.writer);
    load.writer = NULL;
    proxy_end(&proxy);
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

static void add_row_tests(TCase *tc)
{
    tcase_add_loop_test(tc, a_bad_value_is_named_by_line, 0, 2);
    tcase_add_loop_test(tc, a_connection_lost_while_a_bad_row_is_looked_for_is_replaced, 0, 2);
    tcase_add_loop_test(tc, rows_are_not_sent_under_another_mode_than_they_were_read, 0, 2);
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
    Suite *suite = suite_create("writer_rows");
    TCase *tc = tcase_create("server");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    if (test_socket())
        add_row_tests(tc);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
