/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole imports and the operations on what they leave behind, in this process, on a real server,
 * with the driver "file".
 */
#include <stdio.h>

#include "../target/target_test.h"
#include "core/ctl/ctl.h"
#include "core/ctl/scene.h"
#include "core/import/intent.h"
#include "import_fixture.h"

#define LEDGER "tidb_lightning_ledger"

static struct fixture f;
static struct tl_session *session;
static struct tl_cancel *cancel;

static const char bad_rows[] = "INSERT INTO bad VALUES (1,1),\n(2,'many');\n";
static const char good_rows[] = "INSERT INTO bad VALUES (1,1),\n(2,2);\n";

static void setup(void)
{
    struct tl_options options = test_options();

    ck_assert(freopen("/dev/null", "w", stdout) != NULL);
    fixture_init(&f);
    fixture_ok(&f, tl_cancel_new(&cancel, &f.err));
    session = test_session(&options);
    test_exec(session, "DROP DATABASE IF EXISTS tl_d; DROP DATABASE IF EXISTS " LEDGER);
    fixture_file(&f, "tl_d-schema-create.sql", "CREATE DATABASE tl_d;");
    fixture_file(&f, "tl_d.bad-schema.sql", "CREATE TABLE bad (i INT, n INT);");
    fixture_file(&f, "tl_d.good-schema.sql", "CREATE TABLE good (i INT);");
    fixture_file(&f, "tl_d.good.sql", "INSERT INTO good VALUES (1),(2),(3);\n");
    fixture_file(&f, "tl_d.bad.sql", bad_rows);
}

static void teardown(void)
{
    test_exec(session, "DROP DATABASE IF EXISTS tl_d; DROP DATABASE IF EXISTS " LEDGER);
    tl_session_close(session);
    tl_cancel_free(cancel);
    fixture_done(&f);
}

static void expect_import(enum tl_exit code, const char *words)
{
    enum tl_exit got;

    tl_error_init(&f.err);
    fixture_options(&f, TL_PROGRAM_LOADER, NULL);
    got = tl_ctl_finish_interrupted(f.options, cancel, &f.err) == TL_OK
              ? tl_import_run(f.options, cancel, &f.err)
              : TL_EXIT_REFUSED;
    ck_assert_msg(got == code && strstr(f.err.message, words), "exit %d: %s", (int)got,
                  f.err.message);
}

static void expect_control(enum tl_exit code, const char *flag, const char *argument)
{
    enum tl_exit got;

    tl_error_init(&f.err);
    fixture_options(&f, TL_PROGRAM_CTL, flag, argument, NULL);
    got = tl_ctl_run(f.options, cancel, &f.err);
    ck_assert_msg(got == code, "exit %d: %s", (int)got, f.err.message);
}

static uint64_t number(const char *sql)
{
    uint64_t value = 0;

    fixture_ok(&f, tl_session_scalar_u64(session, sql, &value, &f.err));
    return value;
}

static uint64_t rows_of(const char *table)
{
    char sql[200];

    snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM tl_d.%s", table);
    return number(sql);
}

static uint64_t tables_called(const char *table)
{
    char sql[200];

    snprintf(sql, sizeof(sql),
             "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='tl_d' AND "
             "table_name='%s'",
             table);
    return number(sql);
}

static void expect_all_is_over(void)
{
    char path[512];

    ck_assert_uint_eq(rows_of("good"), 3);
    ck_assert_uint_eq(rows_of("bad"), 2);
    ck_assert_uint_eq(number("SELECT COUNT(*) FROM " LEDGER ".task_v1 WHERE task_id <> 0"), 0);
    ck_assert_int_ne(access(tempdir_path(&f.other, "c.pb", path), F_OK), 0);
}

START_TEST(destroy_drops_the_failed_table_and_no_other)
{
    expect_import(TL_EXIT_FAILED, "1 of 2 tables failed");
    expect_import(TL_EXIT_REFUSED, "tl_d.bad.sql");
    fixture_file(&f, "tl_d.bad.sql", good_rows);
    expect_control(TL_EXIT_DONE, "--checkpoint-error-destroy", "all");
    ck_assert_uint_eq(tables_called("bad"), 0);
    ck_assert_uint_eq(rows_of("good"), 3);
    expect_import(TL_EXIT_DONE, "");
    expect_all_is_over();
}
END_TEST

START_TEST(ignore_goes_on_with_what_is_not_committed)
{
    expect_import(TL_EXIT_FAILED, "1 of 2 tables failed");
    test_exec(session, "ALTER TABLE tl_d.bad MODIFY n VARCHAR(20)");
    expect_control(TL_EXIT_DONE, "--checkpoint-error-ignore", "tl_d.bad");
    expect_import(TL_EXIT_DONE, "");
    expect_all_is_over();
}
END_TEST

static const struct {
    uint32_t intended;
    uint32_t ignored;
} ignored[] = {{TL_STATUS_ALL_WRITTEN, TL_STATUS_LOADED},
               {TL_STATUS_CHECKSUMMED, TL_STATUS_CHECKSUM_SKIPPED},
               {TL_STATUS_ANALYZED, TL_STATUS_CHECKSUMMED}};

/* A step that failed by what it found is not done again: it would fail again. */
START_TEST(an_ignored_step_is_passed)
{
    struct tl_scene scene = {0};
    struct tl_server server;
    struct tl_store *store;
    struct tl_error why;

    fixture_plan(&f, 4711);
    tl_error_set(&why, TL_ERR_DATA, "no");
    tl_plan_fail_table(f.plan, fixture_table(f.plan, "`tl_d`.`bad`"), ignored[_i].intended, NULL,
                       &why);
    fixture_ok(&f, tl_server_probe(&server, session, &f.err));
    store = fixture_store(&f);
    fixture_ok(&f, tl_plan_save(f.plan, store, f.options, server.identity, NULL, &f.err));
    tl_store_close(store);
    expect_control(TL_EXIT_DONE, "--checkpoint-error-ignore", "all");
    fixture_ok(&f, tl_scene_open(&scene, f.options, cancel, &f.err));
    ck_assert_uint_eq(fixture_table(scene.plan, "`tl_d`.`bad`")->status, ignored[_i].ignored);
    ck_assert(!fixture_table(scene.plan, "`tl_d`.`bad`")->failed);
    ck_assert_uint_eq(fixture_table(scene.plan, "`tl_d`.`good`")->status, TL_STATUS_LOADED);
    tl_scene_close(&scene);
}
END_TEST

START_TEST(remove_forgets_a_table)
{
    expect_import(TL_EXIT_FAILED, "");
    expect_control(TL_EXIT_DONE, "--checkpoint-remove", "`tl_d`.`bad`");
    fixture_file(&f, "tl_d.bad.sql", good_rows);
    expect_import(TL_EXIT_DONE, "");
    expect_all_is_over();
}
END_TEST

START_TEST(remove_all_leaves_nothing_but_the_rows)
{
    char path[512];

    expect_import(TL_EXIT_FAILED, "");
    expect_control(TL_EXIT_DONE, "--checkpoint-remove", "all");
    ck_assert_int_ne(access(tempdir_path(&f.other, "c.pb", path), F_OK), 0);
    ck_assert_uint_eq(number("SELECT COUNT(*) FROM " LEDGER ".task_v1 WHERE task_id <> 0"), 0);
    ck_assert_uint_eq(number("SELECT COUNT(*) FROM " LEDGER ".batch_v1"), 0);
    ck_assert_uint_eq(rows_of("good"), 3);
}
END_TEST

START_TEST(an_operation_without_a_checkpoint_creates_none)
{
    char path[512];

    expect_control(TL_EXIT_USAGE, "--checkpoint-error-destroy", "tl_d.bad");
    expect_control(TL_EXIT_DONE, "--checkpoint-error-ignore", "all");
    ck_assert_int_ne(access(tempdir_path(&f.other, "c.pb", path), F_OK), 0);
}
END_TEST

START_TEST(tables_of_another_server_are_not_dropped)
{
    struct tl_store *store;

    expect_import(TL_EXIT_FAILED, "");
    fixture_plan(&f, (int64_t)number("SELECT MAX(task_id) FROM " LEDGER ".task_v1"));
    store = fixture_store(&f);
    fixture_ok(&f, tl_task_record_save(store, f.plan, f.options, "another", true, &f.err));
    tl_store_close(store);
    expect_control(TL_EXIT_REFUSED, "--checkpoint-error-destroy", "all");
    ck_assert_uint_eq(tables_called("bad"), 1);
}
END_TEST

/* As an operation that was killed behind its intent leaves it. */
static void leave_intent(const char *intent)
{
    char sql[300];

    snprintf(sql, sizeof(sql),
             "UPDATE " LEDGER ".task_v1 SET pid_start = 1, intent = \"%s\" WHERE task_id <> 0",
             intent);
    test_exec(session, sql);
}

START_TEST(an_interrupted_operation_is_finished_by_the_next_run)
{
    expect_import(TL_EXIT_FAILED, "");
    fixture_file(&f, "tl_d.bad.sql", good_rows);
    leave_intent("--checkpoint-error-destroy='`tl_d`.`bad`'");
    expect_import(TL_EXIT_DONE, "");
    expect_all_is_over();
}
END_TEST

START_TEST(another_operation_is_refused_until_the_interrupted_one_is_done)
{
    expect_import(TL_EXIT_FAILED, "");
    leave_intent("--checkpoint-error-destroy='`tl_d`.`bad`'");
    expect_control(TL_EXIT_REFUSED, "--checkpoint-remove", "all");
    expect_control(TL_EXIT_DONE, "--checkpoint-error-destroy", "`tl_d`.`bad`");
    ck_assert_uint_eq(number("SELECT COUNT(*) FROM " LEDGER ".task_v1 WHERE intent IS NOT NULL"),
                      0);
}
END_TEST

/* An import whose last step fails: the store is gone, the ledger still there. */
static void leave_end(void)
{
    fixture_file(&f, "tl_d.bad.sql", good_rows);
    test_exec(session, "CREATE DATABASE " LEDGER);
    fixture_options(&f, TL_PROGRAM_LOADER, NULL);
    fixture_ok(&f, tl_ledger_create(session, LEDGER, &f.err));
    test_exec(session, "CREATE TRIGGER " LEDGER ".stop BEFORE DELETE ON " LEDGER
                       ".task_v1 FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'stop'");
    expect_import(TL_EXIT_FAILED, "stop");
    test_exec(session, "DROP TRIGGER " LEDGER ".stop");
}

START_TEST(the_end_of_an_import_is_completed_by_the_next_run)
{
    leave_end();
    expect_import(TL_EXIT_DONE, "");
    expect_all_is_over();
}
END_TEST

START_TEST(the_end_of_another_import_is_not_taken_for_ours)
{
    leave_end();
    fixture_file(&f, "tl_d.good.sql", "INSERT INTO good VALUES (4),(5),(6);\n");
    expect_import(TL_EXIT_REFUSED, "had loaded everything");
    expect_control(TL_EXIT_DONE, "--checkpoint-remove", "all");
    expect_import(TL_EXIT_DONE, "");
    ck_assert_uint_eq(rows_of("good"), 6);
}
END_TEST

START_TEST(the_end_of_an_import_whose_tables_are_gone_is_refused)
{
    leave_end();
    test_exec(session, "DROP TABLE tl_d.good");
    expect_import(TL_EXIT_REFUSED, "`tl_d`.`good`");
}
END_TEST

START_TEST(rebuild_goes_on_from_the_ledger)
{
    char path[512];

    expect_import(TL_EXIT_FAILED, "");
    ck_assert_int_eq(unlink(tempdir_path(&f.other, "c.pb", path)), 0);
    fixture_file(&f, "tl_d.bad.sql", good_rows);
    fixture_file(&f, "tl_d.good.2.sql", "INSERT INTO good VALUES (4);\n");
    expect_import(TL_EXIT_REFUSED, "committed rows");
    expect_control(TL_EXIT_DONE, "--checkpoint-rebuild", NULL);
    ck_assert_uint_eq(number("SELECT COUNT(*) FROM " LEDGER ".chunk_v1"), 3);
    expect_import(TL_EXIT_DONE, "");
    ck_assert_uint_eq(rows_of("good"), 4);
    ck_assert_uint_eq(rows_of("bad"), 2);
}
END_TEST

START_TEST(a_lost_ledger_is_made_anew_only_when_the_tables_are_empty)
{
    fixture_file(&f, "tl_d.bad.sql", good_rows);
    fixture_plan(&f, 4711);
    for (int rows = 0; rows < 2; rows++) {
        struct tl_server server;
        struct tl_store *store = fixture_store(&f);

        fixture_ok(&f, tl_server_probe(&server, session, &f.err));
        fixture_ok(&f, tl_plan_save(f.plan, store, f.options, server.identity, NULL, &f.err));
        tl_store_close(store);
        if (rows == 0)
            expect_import(TL_EXIT_DONE, "");
        else
            expect_import(TL_EXIT_REFUSED, "no ledger of it");
    }
    ck_assert_uint_eq(rows_of("good"), 3);
}
END_TEST

START_TEST(a_failure_is_recorded_with_its_place)
{
    struct tl_scene scene = {0};
    const struct tl_plan_table *bad;

    expect_import(TL_EXIT_FAILED, "");
    fixture_ok(&f, tl_scene_open(&scene, f.options, cancel, &f.err));
    bad = fixture_table(scene.plan, "`tl_d`.`bad`");
    ck_assert_uint_eq(bad->status, 6);
    ck_assert_uint_eq(bad->engine_status, 6);
    ck_assert_uint_eq(bad->index_status, 30);
    ck_assert_str_eq(bad->failure_path, "tl_d.bad.sql");
    ck_assert_int_eq(bad->failure->line, 2);
    ck_assert_str_eq(bad->failure->sqlstate, "22007");
    ck_assert_int_eq(bad->failure->native, 1366);
    tl_scene_close(&scene);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("operate");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    if (test_socket()) {
        tcase_add_test(tcase, destroy_drops_the_failed_table_and_no_other);
        tcase_add_test(tcase, ignore_goes_on_with_what_is_not_committed);
        tcase_add_loop_test(tcase, an_ignored_step_is_passed, 0, 3);
        tcase_add_test(tcase, remove_forgets_a_table);
        tcase_add_test(tcase, remove_all_leaves_nothing_but_the_rows);
        tcase_add_test(tcase, an_operation_without_a_checkpoint_creates_none);
        tcase_add_test(tcase, tables_of_another_server_are_not_dropped);
        tcase_add_test(tcase, an_interrupted_operation_is_finished_by_the_next_run);
        tcase_add_test(tcase, another_operation_is_refused_until_the_interrupted_one_is_done);
        tcase_add_test(tcase, the_end_of_an_import_is_completed_by_the_next_run);
        tcase_add_test(tcase, the_end_of_another_import_is_not_taken_for_ours);
        tcase_add_test(tcase, the_end_of_an_import_whose_tables_are_gone_is_refused);
        tcase_add_test(tcase, rebuild_goes_on_from_the_ledger);
        tcase_add_test(tcase, a_lost_ledger_is_made_anew_only_when_the_tables_are_empty);
        tcase_add_test(tcase, a_failure_is_recorded_with_its_place);
    }
    return fixture_run(tcase, "operate");
}
