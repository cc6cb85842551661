/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The progress snapshot counts what is committed.
 */
#include "core/import/progress.h"
#include "import_fixture.h"

static struct fixture f;

static void setup(void)
{
    fixture_init(&f);
    fixture_file(&f, "d.a-schema.sql", "CREATE TABLE a (i INT);");
    fixture_file(&f, "d.a.1.sql", "INSERT INTO a VALUES (1);\n");
    fixture_file(&f, "d.a.2.sql", "INSERT INTO a VALUES (2);\n");
    fixture_file(&f, "d.e-schema.sql", "CREATE TABLE e (i INT);");
    fixture_plan(&f, 1);
}

static void teardown(void)
{
    fixture_done(&f);
}

START_TEST(nothing_is_done_at_first)
{
    struct tl_progress progress;

    tl_progress_take(&progress, f.plan);
    ck_assert_uint_eq(progress.total_bytes, 52);
    ck_assert_uint_eq(progress.done_bytes, 0);
    ck_assert_uint_eq(progress.tables, 2);
    ck_assert_uint_eq(progress.chunks, 2);
    ck_assert_uint_eq(progress.active_count, 0);
    ck_assert_double_eq(tl_progress_percent(&progress), 0);
}
END_TEST

START_TEST(committed_bytes_count_also_behind_a_gap)
{
    struct tl_plan_table *a = fixture_table(f.plan, "`d`.`a`");
    struct tl_range part = {.begin = 13, .end = 26, .rows = 1, .bytes = 13};
    struct tl_progress progress;

    a->chunks[0].taken = true;
    fixture_ok(&f, tl_plan_commit(f.plan, &a->chunks[0], &part, &f.err));
    tl_progress_take(&progress, f.plan);
    ck_assert_double_eq(tl_progress_percent(&progress), 25);
    ck_assert_uint_eq(progress.rows, 1);
    ck_assert_uint_eq(progress.active_count, 1);
    ck_assert_str_eq(progress.active[0].table, "`d`.`a`");
}
END_TEST

START_TEST(a_compressed_file_counts_by_its_own_bytes)
{
    struct tl_plan_table *a = fixture_table(f.plan, "`d`.`a`");
    struct tl_range part = {.begin = 0, .end = 1000, .rows = 1, .bytes = 1000};
    struct tl_progress progress;

    a->chunks[0].compression = TL_COMPRESSION_GZIP;
    a->chunks[0].real_pos = 13;
    fixture_ok(&f, tl_plan_commit(f.plan, &a->chunks[0], &part, &f.err));
    tl_progress_take(&progress, f.plan);
    ck_assert_uint_eq(progress.done_bytes, 13);
    ck_assert_uint_eq(progress.source_bytes, 1000);
}
END_TEST

START_TEST(done_and_failed_tables_are_counted_apart)
{
    struct tl_error why;
    struct tl_progress progress;

    tl_error_set(&why, TL_ERR_DATA, "no");
    tl_plan_fail_table(f.plan, fixture_table(f.plan, "`d`.`a`"), TL_STATUS_ALL_WRITTEN, NULL, &why);
    tl_plan_set_status(fixture_table(f.plan, "`d`.`e`"), TL_STATUS_ANALYZE_SKIPPED);
    tl_progress_take(&progress, f.plan);
    ck_assert_uint_eq(progress.tables_done, 1);
    ck_assert_uint_eq(progress.tables_failed, 1);
}
END_TEST

START_TEST(an_empty_import_is_complete)
{
    struct tl_progress progress = {0};

    ck_assert_double_eq(tl_progress_percent(&progress), 100);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("progress");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, nothing_is_done_at_first);
    tcase_add_test(tcase, committed_bytes_count_also_behind_a_gap);
    tcase_add_test(tcase, a_compressed_file_counts_by_its_own_bytes);
    tcase_add_test(tcase, done_and_failed_tables_are_counted_apart);
    tcase_add_test(tcase, an_empty_import_is_complete);
    return fixture_run(tcase, "progress");
}
