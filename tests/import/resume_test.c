/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a later run compares before it goes on: each difference is refused and named.
 */
#include "core/import/intent.h"
#include "core/import/resume.h"
#include "import_fixture.h"

static struct fixture f;
static struct tl_cancel *cancel;

static void setup(void)
{
    fixture_init(&f);
    fixture_file(&f, "d.a-schema.sql", "CREATE TABLE a (i INT);");
    fixture_file(&f, "d.a.1.sql", "INSERT INTO a VALUES (1);\n");
    fixture_file(&f, "d.a.2.sql", "INSERT INTO a VALUES (2);\n");
    fixture_plan(&f, 42);
    fixture_ok(&f, tl_cancel_new(&cancel, &f.err));
}

static void teardown(void)
{
    tl_cancel_free(cancel);
    fixture_done(&f);
}

/* The source as it is now, against the plan. */
static int check_source(void)
{
    tl_catalog_free(f.catalog);
    f.catalog = NULL;
    fixture_ok(&f, tl_catalog_scan(&f.catalog, f.options, &f.err));
    return tl_resume_check_source(f.plan, f.options, f.catalog, cancel, &f.err);
}

static void expect_refused(int rc, const char *words)
{
    ck_assert_int_eq(rc, TL_ERR_REFUSED);
    ck_assert_msg(strstr(f.err.message, words), "%s", f.err.message);
    ck_assert_msg(f.err.hint[0], "no way out: %s", f.err.message);
}

START_TEST(an_unchanged_source_is_accepted)
{
    ck_assert_int_eq(check_source(), TL_OK);
}
END_TEST

START_TEST(a_longer_file_is_refused)
{
    fixture_file(&f, "d.a.1.sql", "INSERT INTO a VALUES (1), (3);\n");
    expect_refused(check_source(), "is longer");
}
END_TEST

START_TEST(a_shorter_file_is_refused)
{
    fixture_file(&f, "d.a.1.sql", "INSERT INTO a VALUES ();\n");
    expect_refused(check_source(), "is shorter");
}
END_TEST

START_TEST(other_content_of_the_same_length_is_refused)
{
    fixture_file(&f, "d.a.1.sql", "INSERT INTO a VALUES (9);\n");
    expect_refused(check_source(), "other content");
}
END_TEST

START_TEST(a_touched_file_is_refused_only_when_requirements_are_checked)
{
    fixture_table(f.plan, "`d`.`a`")->chunks[0].mtime -= 1000;
    expect_refused(check_source(), "modification time");
    f.options->check_requirements = false;
    ck_assert_int_eq(check_source(), TL_OK);
}
END_TEST

START_TEST(a_file_that_is_gone_is_refused_until_its_table_is_done)
{
    char path[512];

    ck_assert_int_eq(unlink(tempdir_path(&f.dump, "d.a.2.sql", path)), 0);
    expect_refused(check_source(), "is gone");
    tl_plan_set_status(fixture_table(f.plan, "`d`.`a`"), TL_STATUS_ANALYZE_SKIPPED);
    ck_assert_int_eq(check_source(), TL_OK);
}
END_TEST

START_TEST(a_new_file_of_a_known_table_is_refused)
{
    fixture_file(&f, "d.a.3.sql", "INSERT INTO a VALUES (3);\n");
    expect_refused(check_source(), "is new");
}
END_TEST

START_TEST(a_new_table_is_no_difference)
{
    fixture_file(&f, "d.b-schema.sql", "CREATE TABLE b (i INT);");
    fixture_file(&f, "d.b.sql", "INSERT INTO b VALUES (3);\n");
    ck_assert_int_eq(check_source(), TL_OK);
}
END_TEST

START_TEST(a_stop_ends_the_comparison)
{
    tl_cancel_request(cancel);
    ck_assert_int_eq(check_source(), TL_ERR_CANCELED);
}
END_TEST

START_TEST(a_failed_table_is_refused_with_reason_and_commands)
{
    struct tl_plan_table *a = fixture_table(f.plan, "`d`.`a`");
    struct tl_error why;

    ck_assert_int_eq(tl_resume_check_failures(f.plan, f.options, &f.err), TL_OK);
    tl_error_set(&why, TL_ERR_DATA, "the reason");
    tl_plan_fail_table(f.plan, a, TL_STATUS_ALL_WRITTEN, NULL, &why);
    expect_refused(tl_resume_check_failures(f.plan, f.options, &f.err), "the reason");
    ck_assert_msg(strstr(f.err.hint, "--checkpoint-error-destroy='`d`.`a`'"), "%s", f.err.hint);
}
END_TEST

static int check_task(void)
{
    struct tl_task_record task = {0};
    struct tl_store *store = fixture_store(&f);
    int rc;

    fixture_ok(&f, tl_task_record_load(&task, store, &f.err));
    rc = tl_resume_check_task(&task, f.options, f.catalog, "the store", &f.err);
    tl_task_record_done(&task);
    tl_store_close(store);
    return rc;
}

static void save(void)
{
    struct tl_store *store = fixture_store(&f);

    fixture_ok(&f, tl_plan_save(f.plan, store, f.options, "server", NULL, &f.err));
    tl_store_close(store);
}

static struct tl_options *changed;

/* Each changes an option that decides what the rows become. */
static void change_conflict(void)
{
    changed->conflict = TL_CONFLICT_IGNORE;
}

static void change_separator(void)
{
    free(changed->csv.separator);
    changed->csv.separator = strdup("|");
}

static void change_mode(void)
{
    changed->sql_mode_given = !changed->sql_mode_given;
}

static void change_case(void)
{
    changed->case_sensitive = !changed->case_sensitive;
}

static const struct {
    void (*change)(void);
    const char *name;
} changes[] = {{change_conflict, "conflict.strategy"},
               {change_separator, "mydumper.csv"},
               {change_mode, "tidb.sql-mode"},
               {change_case, "mydumper.filter"}};

START_TEST(an_option_that_changes_the_rows_is_refused_by_name)
{
    save();
    ck_assert_int_eq(check_task(), TL_OK);
    changed = f.options;
    changes[_i].change();
    expect_refused(check_task(), changes[_i].name);
}
END_TEST

START_TEST(sizes_and_concurrency_may_change)
{
    save();
    f.options->batch_size = 1;
    f.options->region_concurrency = 77;
    ck_assert_int_eq(check_task(), TL_OK);
}
END_TEST

START_TEST(another_source_directory_is_refused)
{
    save();
    free(f.catalog->dir);
    f.catalog->dir = strdup("/elsewhere");
    expect_refused(check_task(), "data-source-dir");
    f.options->check_requirements = false;
    ck_assert_int_eq(check_task(), TL_OK);
}
END_TEST

START_TEST(a_checkpoint_of_another_program_is_refused)
{
    struct ckpt_task record = {
        .struct_size = sizeof(record), .task_id = 1, .planned = 1, .backend = tl_ckpt_str("tidb")};
    struct tl_store *store = fixture_store(&f);

    fixture_ok(&f, tl_store_put(store, CKPT_PUT_TASK, &record, &f.err));
    tl_store_close(store);
    expect_refused(check_task(), "another program");
}
END_TEST

START_TEST(the_intent_of_the_end_knows_its_import)
{
    char first[TL_INTENT_FINISH_SIZE], again[TL_INTENT_FINISH_SIZE], other[TL_INTENT_FINISH_SIZE];

    fixture_ok(&f, tl_intent_of_finish(first, f.plan, f.options, &f.err));
    fixture_plan(&f, 43);
    fixture_ok(&f, tl_intent_of_finish(again, f.plan, f.options, &f.err));
    ck_assert_str_eq(first, again);
    ck_assert(tl_intent_is_finish(first) && tl_intent_is_finish("finish"));
    ck_assert(!tl_intent_is_finish(NULL) && !tl_intent_is_finish("finished"));
    fixture_file(&f, "d.a.2.sql", "INSERT INTO a VALUES (4);\n");
    fixture_plan(&f, 42);
    fixture_ok(&f, tl_intent_of_finish(other, f.plan, f.options, &f.err));
    ck_assert_str_ne(first, other);
    f.options->conflict = TL_CONFLICT_REPLACE;
    fixture_ok(&f, tl_intent_of_finish(again, f.plan, f.options, &f.err));
    ck_assert_str_ne(again, other);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("resume");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_unchanged_source_is_accepted);
    tcase_add_test(tcase, a_longer_file_is_refused);
    tcase_add_test(tcase, a_shorter_file_is_refused);
    tcase_add_test(tcase, other_content_of_the_same_length_is_refused);
    tcase_add_test(tcase, a_touched_file_is_refused_only_when_requirements_are_checked);
    tcase_add_test(tcase, a_file_that_is_gone_is_refused_until_its_table_is_done);
    tcase_add_test(tcase, a_new_file_of_a_known_table_is_refused);
    tcase_add_test(tcase, a_new_table_is_no_difference);
    tcase_add_test(tcase, a_stop_ends_the_comparison);
    tcase_add_test(tcase, a_failed_table_is_refused_with_reason_and_commands);
    tcase_add_loop_test(tcase, an_option_that_changes_the_rows_is_refused_by_name, 0,
                        (int)(sizeof(changes) / sizeof(changes[0])));
    tcase_add_test(tcase, sizes_and_concurrency_may_change);
    tcase_add_test(tcase, another_source_directory_is_refused);
    tcase_add_test(tcase, a_checkpoint_of_another_program_is_refused);
    tcase_add_test(tcase, the_intent_of_the_end_knows_its_import);
    return fixture_run(tcase, "resume");
}
