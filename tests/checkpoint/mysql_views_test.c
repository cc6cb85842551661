/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The views of the mysql checkpoint driver: made and refreshed when a store is opened for writing,
 * dropped with it, and never taken for somebody else's.
 */
#include "tests/checkpoint/mysql_fixture.h"

enum { VIEWS = 6 };

static long count_objects(const char *type)
{
    return fx_number("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema LIKE "
                     "'tl_test `%d%%' AND table_type = '%s'",
                     (int)getpid(), type);
}

static void open_once(const char *dsn, uint32_t flags)
{
    struct ckpt_store *store = NULL;

    fx_ok(fx_open(&store, fx_schema, dsn, flags));
    fx_driver->close(store);
}

START_TEST(new_store_has_the_views)
{
    fx_put_records();
    ck_assert_int_eq(count_objects("VIEW"), VIEWS);
    ck_assert_int_eq(fx_number("SELECT bytes_total FROM task_progress_v1"), 100);
}
END_TEST

START_TEST(missing_views_are_made_when_it_is_opened_for_writing)
{
    fx_sql("DROP VIEW task_progress_v1, chunk_progress_v1");
    open_once(NULL, CKPT_OPEN_READ_ONLY);
    ck_assert_int_eq(count_objects("VIEW"), VIEWS - 2);
    open_once(NULL, 0);
    ck_assert_int_eq(count_objects("VIEW"), VIEWS);
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM task_progress_v1"), 0);
}
END_TEST

static const char *const older[] = {
    "CREATE OR REPLACE VIEW table_progress_v1 AS SELECT table_name, status FROM table_v10",
    "CREATE OR REPLACE VIEW stalled_chunk_v1 AS SELECT c.*, 1 AS more FROM chunk_v6 c",
    "CREATE OR REPLACE VIEW chunk_progress_v1 AS SELECT table_name FROM chunk_v6",
};

START_TEST(views_of_ours_with_other_columns_are_replaced)
{
    fx_put_records();
    fx_sql("%s", older[_i]);
    open_once(NULL, 0);
    ck_assert_int_eq(fx_number("SELECT chunks_total FROM table_progress_v1"), 1);
    ck_assert_int_eq(fx_number("SELECT COUNT(task_minutes_unchanged) FROM stalled_chunk_v1"), 0);
}
END_TEST

static const char *const foreign[] = {
    "CREATE TABLE task_progress_v1 (mine int PRIMARY KEY) SELECT 7 AS mine",
    "CREATE VIEW task_progress_v1 AS SELECT 7 AS mine",
};

START_TEST(foreign_objects_with_such_a_name_stay)
{
    struct ckpt_store *store = NULL;

    fx_sql("DROP VIEW task_progress_v1");
    fx_sql("%s", foreign[_i]);
    fx_put_records();
    open_once(NULL, 0);
    ck_assert_int_eq(fx_number("SELECT mine FROM task_progress_v1"), 7);
    fx_ok(fx_open(&store, fx_schema, NULL, 0));
    fx_ok(fx_driver->retire(store, CKPT_RETIRE_REMOVE, 1, fx_error()));
    fx_driver->close(store);
    ck_assert_int_eq(fx_number("SELECT mine FROM task_progress_v1"), 7);
    ck_assert_int_eq(count_objects("VIEW") + count_objects("BASE TABLE"), 1);
}
END_TEST

START_TEST(rename_leaves_neither_views_nor_foreign_objects_behind)
{
    fx_sql("DROP VIEW task_progress_v1");
    fx_sql("%s", foreign[_i]);
    fx_put_records();
    fx_ok(fx_driver->retire(fx_store, CKPT_RETIRE_RENAME, 5, fx_error()));
    ck_assert_int_eq(fx_number("SELECT mine FROM task_progress_v1"), 7);
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema "
                               "= DATABASE()"),
                     1);
    ck_assert_int_eq(
        fx_number("SELECT percent FROM `tl_test ``%d.5.bak`.table_progress_v1", (int)getpid()), 0);
    fx_sql("DROP DATABASE `tl_test ``%d.5.bak`", (int)getpid());
}
END_TEST

START_TEST(user_without_the_right_to_create_views_has_none)
{
    char dsn[160];

    fx_sql("DROP VIEW task_progress_v1");
    fx_sql("DROP USER IF EXISTS tl_views@localhost");
    fx_sql("CREATE USER tl_views@localhost");
    fx_sql("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP ON `tl\\_test ``%d`.* TO "
           "tl_views@localhost",
           (int)getpid());
    (void)snprintf(dsn, sizeof(dsn), "tl_views@unix(%s)/", fx_socket);
    open_once(dsn, 0);
    ck_assert_int_eq(count_objects("VIEW"), VIEWS - 1);
    fx_sql("GRANT CREATE VIEW ON `tl\\_test ``%d`.* TO tl_views@localhost", (int)getpid());
    open_once(dsn, 0);
    ck_assert_int_eq(count_objects("VIEW"), VIEWS);
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM task_progress_v1"), 0);
    fx_sql("DROP USER tl_views@localhost");
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM task_progress_v1"), 0);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("mysql_views");
    TCase *tcase = tcase_create("views");

    suite_add_tcase(suite, tcase);
    if (!fx_has_server())
        return fx_run(suite);
    tcase_add_checked_fixture(tcase, fx_setup, fx_teardown);
    tcase_add_test(tcase, new_store_has_the_views);
    tcase_add_test(tcase, missing_views_are_made_when_it_is_opened_for_writing);
    tcase_add_loop_test(tcase, views_of_ours_with_other_columns_are_replaced, 0, ROWS(older));
    tcase_add_loop_test(tcase, foreign_objects_with_such_a_name_stay, 0, ROWS(foreign));
    tcase_add_loop_test(tcase, rename_leaves_neither_views_nor_foreign_objects_behind, 0,
                        ROWS(foreign));
    tcase_add_test(tcase, user_without_the_right_to_create_views_has_none);
    return fx_run(suite);
}
