/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan in memory: made from a dump, grown, and its state changes.
 */
#include "import_fixture.h"

static struct fixture f;

static void setup(void)
{
    fixture_init(&f);
    fixture_file(&f, "d-schema-create.sql", "CREATE DATABASE d;");
    fixture_file(&f, "d.a-schema.sql", "CREATE TABLE a (i INT);");
    fixture_file(&f, "d.a.2.sql", "INSERT INTO a VALUES (2);\n");
    fixture_file(&f, "d.a.1.sql", "INSERT INTO a VALUES (1);\n");
    fixture_file(&f, "d.b-schema.sql", "CREATE TABLE b (i INT);");
    fixture_file(&f, "d.b.sql",
                 "INSERT INTO b VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), "
                 "(10), (11), (12), (13), (14);\n");
    fixture_file(&f, "d.none-schema.sql", "CREATE TABLE none (i INT);");
}

static void teardown(void)
{
    fixture_done(&f);
}

static struct tl_range range(uint64_t begin, uint64_t end, uint64_t rows, bool last)
{
    return (struct tl_range){
        .begin = begin, .end = end, .rows = rows, .bytes = end - begin, .last = last};
}

START_TEST(large_tables_come_first_and_files_in_their_order)
{
    fixture_plan(&f, 1);
    ck_assert_uint_eq(f.plan->table_count, 3);
    ck_assert_str_eq(f.plan->tables[0].name, "`d`.`b`");
    ck_assert_str_eq(f.plan->tables[1].name, "`d`.`a`");
    ck_assert_str_eq(f.plan->tables[1].chunks[0].path, "d.a.1.sql");
    ck_assert_str_eq(f.plan->tables[1].chunks[1].path, "d.a.2.sql");
    ck_assert_ptr_eq(f.plan->tables[1].chunks[1].table, &f.plan->tables[1]);
    ck_assert_uint_eq(f.plan->tables[2].chunk_count, 0);
}
END_TEST

START_TEST(known_tables_are_left_out_of_a_second_plan)
{
    struct tl_plan *more;

    fixture_plan(&f, 1);
    fixture_file(&f, "d.c-schema.sql", "CREATE TABLE c (i INT);");
    tl_catalog_free(f.catalog);
    f.catalog = NULL;
    fixture_ok(&f, tl_catalog_scan(&f.catalog, f.options, &f.err));
    fixture_ok(&f, tl_plan_build(&more, f.options, f.catalog, 1, f.plan, NULL, &f.err));
    ck_assert_uint_eq(more->table_count, 1);
    fixture_ok(&f, tl_plan_append(f.plan, more, &f.err));
    tl_plan_free(more);
    ck_assert_uint_eq(f.plan->table_count, 4);
    ck_assert_str_eq(fixture_table(f.plan, "`d`.`c`")->name, "`d`.`c`");
    ck_assert_ptr_eq(fixture_table(f.plan, "`d`.`a`")->chunks[0].table,
                     fixture_table(f.plan, "`d`.`a`"));
}
END_TEST

START_TEST(names_are_found_whole)
{
    fixture_plan(&f, 1);
    ck_assert(tl_plan_find(f.plan, "`d`.`a", 6) == NULL);
    ck_assert(tl_plan_find(f.plan, "`d`.`aa`", 8) == NULL);
    ck_assert(tl_plan_find(f.plan, "", 0) == NULL);
    ck_assert(tl_plan_find(f.plan, "`d`.`none`x", 10) != NULL);
}
END_TEST

START_TEST(tables_routed_together_are_one)
{
    fixture_file(&f, "r.toml", "");
    fixture_options(&f, TL_PROGRAM_LOADER, NULL);
    fixture_plan(&f, 1);
    tl_plan_free(f.plan);
    f.plan = NULL;
    for (size_t i = 0; i < f.catalog->table_count; i++) {
        free(f.catalog->tables[i].target_name);
        f.catalog->tables[i].target_name = strdup("all");
    }
    fixture_ok(&f, tl_plan_build(&f.plan, f.options, f.catalog, 1, NULL, NULL, &f.err));
    ck_assert_uint_eq(f.plan->table_count, 1);
    ck_assert_uint_eq(f.plan->tables[0].chunk_count, 3);
}
END_TEST

START_TEST(a_stop_ends_planning)
{
    struct tl_cancel *cancel;
    struct tl_plan *plan = NULL;

    fixture_plan(&f, 1);
    fixture_ok(&f, tl_cancel_new(&cancel, &f.err));
    tl_cancel_request(cancel);
    ck_assert_int_eq(tl_plan_build(&plan, f.options, f.catalog, 1, NULL, cancel, &f.err),
                     TL_ERR_CANCELED);
    ck_assert(plan == NULL);
    tl_cancel_free(cancel);
}
END_TEST

START_TEST(a_table_is_written_when_its_last_file_is_done)
{
    struct tl_plan_table *a;
    struct tl_range whole = range(0, 26, 1, true);

    fixture_plan(&f, 1);
    a = fixture_table(f.plan, "`d`.`a`");
    fixture_ok(&f, tl_plan_commit(f.plan, &a->chunks[0], &whole, &f.err));
    ck_assert(a->chunks[0].done && a->engine_status == TL_STATUS_LOADED);
    fixture_ok(&f, tl_plan_commit(f.plan, &a->chunks[1], &whole, &f.err));
    ck_assert_uint_eq(a->engine_status, TL_STATUS_ALL_WRITTEN);
    ck_assert_uint_eq(a->status, TL_STATUS_LOADED);
    ck_assert_uint_eq(tl_plan_table_rows(a), 2);
    ck_assert_int_eq(a->chunks[0].end_offset, 26);
}
END_TEST

START_TEST(the_position_stays_below_a_gap)
{
    struct tl_plan_chunk *chunk;
    struct tl_range second = range(10, 20, 2, false), first = range(0, 10, 3, false);

    fixture_plan(&f, 1);
    chunk = &fixture_table(f.plan, "`d`.`b`")->chunks[0];
    fixture_ok(&f, tl_plan_commit(f.plan, chunk, &second, &f.err));
    ck_assert_uint_eq(chunk->pos, 0);
    ck_assert_uint_eq(chunk->rows, 2);
    ck_assert(!chunk->compact);
    fixture_ok(&f, tl_plan_commit(f.plan, chunk, &first, &f.err));
    ck_assert_uint_eq(chunk->pos, 20);
    ck_assert_uint_eq(chunk->rows, 5);
    ck_assert(chunk->compact && chunk->dirty);
}
END_TEST

START_TEST(nothing_is_committed_twice)
{
    struct tl_plan_chunk *chunk;
    struct tl_range whole = range(0, 26, 1, true), part = range(5, 10, 1, false);

    fixture_plan(&f, 1);
    chunk = &fixture_table(f.plan, "`d`.`a`")->chunks[0];
    fixture_ok(&f, tl_plan_commit(f.plan, chunk, &part, &f.err));
    ck_assert_int_eq(tl_plan_commit(f.plan, chunk, &part, &f.err), TL_ERR);
    chunk = &fixture_table(f.plan, "`d`.`a`")->chunks[1];
    fixture_ok(&f, tl_plan_commit(f.plan, chunk, &whole, &f.err));
    ck_assert_int_eq(tl_plan_commit(f.plan, chunk, &whole, &f.err), TL_ERR);
}
END_TEST

START_TEST(a_failure_gives_upstreams_statuses_and_the_first_one_counts)
{
    struct tl_plan_table *a;
    struct tl_error why;
    struct tl_range whole = range(0, 26, 1, true);

    fixture_plan(&f, 1);
    a = fixture_table(f.plan, "`d`.`a`");
    tl_error_set(&why, TL_ERR_DATA, "first");
    tl_plan_fail_table(f.plan, a, TL_STATUS_ALL_WRITTEN, "d.a.1.sql", &why);
    tl_error_set(&why, TL_ERR_DATA, "second");
    tl_plan_fail_table(f.plan, a, TL_STATUS_CHECKSUMMED, NULL, &why);
    for (size_t i = 0; i < 2; i++)
        fixture_ok(&f, tl_plan_commit(f.plan, &a->chunks[i], &whole, &f.err));
    ck_assert_uint_eq(a->status, 6);
    ck_assert_uint_eq(a->engine_status, 6);
    ck_assert_uint_eq(a->index_status, 30);
    ck_assert_str_eq(a->failure->message, "first");
    ck_assert_str_eq(a->failure_path, "d.a.1.sql");
}
END_TEST

START_TEST(a_failed_row_count_leaves_the_engines)
{
    struct tl_plan_table *a;
    struct tl_error why;

    fixture_plan(&f, 1);
    a = fixture_table(f.plan, "`d`.`a`");
    tl_plan_set_status(a, TL_STATUS_ALTERED_AUTO_INC);
    tl_error_set(&why, TL_ERR_DATA, "count");
    tl_plan_fail_table(f.plan, a, TL_STATUS_CHECKSUMMED, NULL, &why);
    ck_assert_uint_eq(a->status, 18);
    ck_assert_uint_eq(a->engine_status, TL_STATUS_IMPORTED);
    ck_assert(!tl_plan_all_done(f.plan));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("plan");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, large_tables_come_first_and_files_in_their_order);
    tcase_add_test(tcase, known_tables_are_left_out_of_a_second_plan);
    tcase_add_test(tcase, names_are_found_whole);
    tcase_add_test(tcase, tables_routed_together_are_one);
    tcase_add_test(tcase, a_stop_ends_planning);
    tcase_add_test(tcase, a_table_is_written_when_its_last_file_is_done);
    tcase_add_test(tcase, the_position_stays_below_a_gap);
    tcase_add_test(tcase, nothing_is_committed_twice);
    tcase_add_test(tcase, a_failure_gives_upstreams_statuses_and_the_first_one_counts);
    tcase_add_test(tcase, a_failed_row_count_leaves_the_engines);
    return fixture_run(tcase, "plan");
}
