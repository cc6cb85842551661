/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The views of the file driver: made with a file, and made anew in an older one.
 */
#include <check.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "file_fixture.h"

#define COUNT_VIEWS "SELECT COUNT(*) FROM sqlite_master WHERE type = 'view'"

enum { VIEWS = 6 };

static void open_ok(bool read_only)
{
    ck_assert_msg(ff_open(NULL, read_only) == TL_OK, "%s", ff_err.message);
    ff_close();
}

/* Runs SQL on the closed file; the number in the last row, -1 without one. */
static int sql(const char *text)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    int number = -1;

    ck_assert_int_eq(sqlite3_open(ff_path, &db), SQLITE_OK);
    while (*text) {
        ck_assert_msg(sqlite3_prepare_v2(db, text, -1, &statement, &text) == SQLITE_OK, "%s: %s",
                      text, sqlite3_errmsg(db));
        while (sqlite3_step(statement) == SQLITE_ROW)
            number = sqlite3_column_int(statement, 0);
        sqlite3_finalize(statement);
    }
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    return number;
}

START_TEST(new_file_has_the_views)
{
    ff_make(2);
    ck_assert_int_eq(sql(COUNT_VIEWS), VIEWS);
    ck_assert_int_eq(sql("SELECT chunks_total FROM task_progress_v1"), 2);
}
END_TEST

START_TEST(older_file_gets_them_when_it_is_opened_for_writing)
{
    ff_make(1);
    sql("DROP VIEW task_progress_v1; DROP VIEW chunk_progress_v1;");
    open_ok(true);
    ck_assert_int_eq(sql(COUNT_VIEWS), VIEWS - 2);
    open_ok(false);
    ck_assert_int_eq(sql(COUNT_VIEWS), VIEWS);
    ck_assert_int_eq(sql("SELECT chunks_total FROM task_progress_v1"), 1);
}
END_TEST

START_TEST(view_with_another_text_is_replaced)
{
    ff_make(1);
    sql("DROP VIEW table_progress_v1; CREATE VIEW table_progress_v1 AS SELECT 42 AS chunks_total;");
    open_ok(true);
    ck_assert_int_eq(sql("SELECT chunks_total FROM table_progress_v1"), 42);
    open_ok(false);
    ck_assert_int_eq(sql("SELECT chunks_total FROM table_progress_v1"), 1);
}
END_TEST

START_TEST(file_with_the_views_is_not_written)
{
    int before, after;

    ff_make(1);
    before = sql("PRAGMA schema_version");
    open_ok(false);
    after = sql("PRAGMA schema_version");
    ck_assert_int_eq(before, after);
}
END_TEST

START_TEST(table_with_the_name_of_a_view_stays)
{
    ff_make(1);
    sql("DROP VIEW task_progress_v1; CREATE TABLE task_progress_v1 (mine INT);"
        "INSERT INTO task_progress_v1 VALUES (7); DROP VIEW error_summary_v1;");
    open_ok(false);
    ck_assert_int_eq(sql("SELECT mine FROM task_progress_v1"), 7);
    ck_assert_int_eq(sql("SELECT COUNT(*) FROM error_summary_v1"), 0);
}
END_TEST

START_TEST(file_that_somebody_writes_opens_without_them)
{
    sqlite3 *db = NULL;

    ff_make(1);
    sql("DROP VIEW task_progress_v1;");
    ck_assert_int_eq(sqlite3_open(ff_path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    open_ok(false);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert_int_eq(sql(COUNT_VIEWS), VIEWS - 1);
    open_ok(false);
    ck_assert_int_eq(sql(COUNT_VIEWS), VIEWS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file_views");
    TCase *tcase = tcase_create("file_views");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, ff_setup, ff_teardown);
    tcase_add_test(tcase, new_file_has_the_views);
    tcase_add_test(tcase, older_file_gets_them_when_it_is_opened_for_writing);
    tcase_add_test(tcase, view_with_another_text_is_replaced);
    tcase_add_test(tcase, file_with_the_views_is_not_written);
    tcase_add_test(tcase, table_with_the_name_of_a_view_stays);
    tcase_add_test(tcase, file_that_somebody_writes_opens_without_them);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
