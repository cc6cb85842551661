/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of the mysql checkpoint driver: foreign and missing ones, views, and the end of a
 * store.
 */
#include "tests/checkpoint/mysql_fixture.h"

/* Opening the test's schema once more. */
static int open_again(uint32_t flags)
{
    struct ckpt_store *store = NULL;
    int rc = fx_open(&store, fx_schema, NULL, flags);

    ck_assert_int_eq(rc == CKPT_OK, store != NULL);
    fx_driver->close(store);
    return rc;
}

static const struct {
    const char *sql;
    const char *says;
} foreign[] = {
    {"ALTER TABLE chunk_v6 ADD COLUMN more int", "chunk_v6"},
    {"ALTER TABLE chunk_v6 DROP COLUMN real_pos", "chunk_v6"},
    {"ALTER TABLE table_v10 MODIFY kv_bytes int", "table_v10"},
    {"ALTER TABLE table_v10 DROP COLUMN auto_row_id_base", "auto_row_id_base"},
    {"ALTER TABLE failure_v1 CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
     "failure_v1"},
    {"ALTER TABLE task_v2 CONVERT TO CHARACTER SET latin1", "task_v2"},
    {"ALTER TABLE engine_v5 DROP PRIMARY KEY", "engine_v5"},
    {"ALTER TABLE chunk_v6 CHANGE pos position bigint NOT NULL", "'position' stands where 'pos'"},
    {"UPDATE chunk_v6 SET `columns` = ''; ALTER TABLE chunk_v6 MODIFY `columns` text NOT NULL",
     "NOT NULL"},
    {"ALTER TABLE chunk_v6 DROP PRIMARY KEY, ADD PRIMARY KEY (table_name, engine_id, path(100), "
     "`offset`)",
     "another primary key"},
    {"ALTER TABLE chunk_v6 DROP PRIMARY KEY, ADD PRIMARY KEY (table_name, engine_id, path(500))",
     "another primary key"},
    {"ALTER TABLE table_v10 ADD UNIQUE KEY (table_id)", "another unique key"},
    {"ALTER TABLE task_v2 ENGINE = MyISAM", "MyISAM, not InnoDB"},
    {"ALTER TABLE source_v1 ADD SYSTEM VERSIONING", "SYSTEM VERSIONED"},
    {"RENAME TABLE chunk_v6 TO chunks; CREATE VIEW chunk_v6 AS SELECT * FROM chunks", "VIEW"},
    {"DROP TABLE chunk_v6; CREATE SEQUENCE chunk_v6", "SEQUENCE"},
    {"DROP TABLE chunk_v6", "chunk_v6"},
    {"DELETE FROM extra_v1", "another program"},
};

START_TEST(foreign_layout_is_named_and_left_alone)
{
    fx_put_records();
    fx_script(foreign[_i].sql);
    fx_fails(open_again(0), CKPT_ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fx_err.message, foreign[_i].says));
    ck_assert_str_ne(fx_err.hint, "");
    fx_fails(open_again(CKPT_OPEN_READ_ONLY), CKPT_ERR_CORRUPT);
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM table_v10"), 1);
}
END_TEST

START_TEST(store_never_finished_is_finished)
{
    int count;

    fx_sql("DROP TABLE task_v2, table_v10");
    fx_ok(open_again(CKPT_OPEN_READ_ONLY));
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema "
                               "= DATABASE() AND table_name = 'task_v2'"),
                     0);
    fx_ok(open_again(0));
    fx_ok(fx_count_tables(fx_store, &count));
}
END_TEST

START_TEST(read_only_open_of_nothing_is_empty_and_creates_nothing)
{
    struct ckpt_store *store = NULL;
    struct ckpt_task task = fx_task();
    struct ckpt_change change = fx_change(CKPT_PUT_TASK, &task);
    const struct ckpt_change *changes[] = {&change};
    int count = 0;

    fx_ok(fx_open(&store, "tl_test_missing", NULL, CKPT_OPEN_READ_ONLY));
    ck_assert_int_eq(fx_load_task(store), CKPT_NOT_FOUND);
    ck_assert_str_eq(fx_err.message, "");
    fx_ok(fx_count_tables(store, &count));
    ck_assert_int_eq(count, 0);
    fx_fails(fx_driver->apply(store, changes, 1, fx_error()), CKPT_ERR_READ_ONLY);
    fx_fails(fx_driver->retire(store, CKPT_RETIRE_REMOVE, 1, fx_error()), CKPT_ERR_READ_ONLY);
    fx_driver->close(store);
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM information_schema.schemata WHERE "
                               "schema_name = 'tl_test_missing'"),
                     0);
}
END_TEST

START_TEST(store_that_vanished_is_an_error_and_not_an_empty_one)
{
    int count;

    fx_put_records();
    fx_sql("DROP DATABASE `tl_test ``%d`", (int)getpid());
    fx_fails(fx_load_task(fx_store), CKPT_ERR_CORRUPT);
    fx_fails(fx_count_tables(fx_store, &count), CKPT_ERR_CORRUPT);
    fx_fails(fx_delete(CKPT_DELETE_ALL, NULL), CKPT_ERR_CORRUPT);
}
END_TEST

START_TEST(read_only_store_sees_what_comes_later)
{
    struct ckpt_store *store = NULL;

    fx_sql("DROP TABLE extra_v1, source_v1, failure_v1, chunk_v6, engine_v5, table_v10, task_v2");
    fx_ok(fx_open(&store, fx_schema, NULL, CKPT_OPEN_READ_ONLY));
    ck_assert_int_eq(fx_load_task(store), CKPT_NOT_FOUND);
    fx_reopen();
    fx_put_records();
    fx_ok(fx_load_task(store));
    fx_driver->close(store);
}
END_TEST

START_TEST(views_show_what_is_recorded)
{
    fx_put_records();
    fx_sql("UPDATE table_v10 SET status = 6");
    ck_assert_int_eq(fx_number("SELECT tables_failed FROM task_progress_v1"), 1);
    ck_assert_int_eq(fx_number("SELECT bytes_total FROM table_progress_v1"), 100);
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM failed_table_v1 WHERE to_ignore LIKE "
                               "'%%checkpoint-error-ignore=''`db`.`t`'''"),
                     1);
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM stalled_chunk_v1"), 0);
}
END_TEST

START_TEST(retire_removes_what_is_ours_and_the_empty_schema)
{
    fx_put_records();
    fx_ok(fx_driver->retire(fx_store, CKPT_RETIRE_REMOVE, 1, fx_error()));
    fx_ok(fx_driver->retire(fx_store, CKPT_RETIRE_REMOVE, 1, fx_error()));
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM information_schema.schemata WHERE "
                               "schema_name = 'tl_test `%d'",
                               (int)getpid()),
                     0);
}
END_TEST

START_TEST(retire_leaves_foreign_tables)
{
    fx_sql("CREATE TABLE chunk_v5 (id int PRIMARY KEY)");
    fx_put_records();
    fx_ok(fx_driver->retire(fx_store, CKPT_RETIRE_REMOVE, 1, fx_error()));
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM information_schema.tables WHERE "
                               "table_schema = 'tl_test `%d'",
                               (int)getpid()),
                     1);
}
END_TEST

START_TEST(retire_renames_into_a_schema_of_the_task)
{
    fx_put_records();
    fx_ok(fx_driver->retire(fx_store, CKPT_RETIRE_RENAME, 77, fx_error()));
    ck_assert_int_eq(
        fx_number("SELECT COUNT(*) FROM `tl_test ``%d.77.bak`.chunk_v6", (int)getpid()), 1);
    fx_ok(fx_driver->retire(fx_store, CKPT_RETIRE_RENAME, 77, fx_error()));
    fx_sql("DROP DATABASE `tl_test ``%d.77.bak`", (int)getpid());
    fx_reopen();
    ck_assert_int_eq(fx_load_task(fx_store), CKPT_NOT_FOUND);
}
END_TEST

START_TEST(retire_keeps)
{
    fx_put_records();
    fx_ok(fx_driver->retire(fx_store, CKPT_RETIRE_KEEP, 77, fx_error()));
    fx_reopen();
    fx_ok(fx_load_task(fx_store));
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("mysql_layout");
    TCase *layout = tcase_create("layout"), *retire = tcase_create("retire");

    suite_add_tcase(suite, layout);
    suite_add_tcase(suite, retire);
    if (!fx_has_server())
        return fx_run(suite);
    tcase_add_checked_fixture(layout, fx_setup, fx_teardown);
    tcase_add_checked_fixture(retire, fx_setup, fx_teardown);
    tcase_add_loop_test(layout, foreign_layout_is_named_and_left_alone, 0, ROWS(foreign));
    tcase_add_test(layout, store_never_finished_is_finished);
    tcase_add_test(layout, read_only_open_of_nothing_is_empty_and_creates_nothing);
    tcase_add_test(layout, store_that_vanished_is_an_error_and_not_an_empty_one);
    tcase_add_test(layout, read_only_store_sees_what_comes_later);
    tcase_add_test(layout, views_show_what_is_recorded);
    tcase_add_test(retire, retire_removes_what_is_ours_and_the_empty_schema);
    tcase_add_test(retire, retire_leaves_foreign_tables);
    tcase_add_test(retire, retire_renames_into_a_schema_of_the_task);
    tcase_add_test(retire, retire_keeps);
    return fx_run(suite);
}
