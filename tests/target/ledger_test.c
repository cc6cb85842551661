/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger against a real server: who may claim a table, what is merged, found and deleted.
 */
#include "core/target/ledger.h"

#include <unistd.h>

#include "ledger_fixture.h"

static struct tl_options options;
static struct tl_session *session;
static struct tl_error err;

static void setup(void)
{
    reset_schemas();
    options = test_options();
    session = test_session(&options);
    tl_error_init(&err);
}

static void teardown(void)
{
    tl_session_close(session);
    drop_schemas();
}

START_TEST(chunk_keys_tell_neighbours_apart)
{
    struct tl_chunk_key a = tl_chunk_key_of(1, "`a`.`b`", 0, "x", 0);
    struct tl_chunk_key b = tl_chunk_key_of(1, "`a`.`b`", 0, "x", 1);
    struct tl_chunk_key c = tl_chunk_key_of(2, "`a`.`b`", 0, "x", 0);
    struct tl_chunk_key d = tl_chunk_key_of(1, "`a`.`b` ", 0, "x", 0);

    ck_assert_mem_ne(&a, &b, sizeof(a));
    ck_assert_mem_ne(&a, &c, sizeof(a));
    ck_assert_mem_ne(&a, &d, sizeof(a));
}
END_TEST

START_TEST(two_owners_have_different_tokens)
{
    struct tl_ledger a = test_ledger(1), b = test_ledger(1);

    ck_assert_str_ne(a.owner.token, b.owner.token);
    ck_assert_int_eq(a.owner.pid, getpid());
    ck_assert_uint_gt(a.owner.pid_start, 0);
}
END_TEST

START_TEST(creating_the_ledger_twice_is_fine)
{
    bool exists = false;

    ck_assert_int_eq(tl_ledger_create(session, TEST_LEDGER, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_exists(session, TEST_LEDGER, &exists, &err), TL_OK);
    ck_assert(exists);
    test_exec(session, "DROP TABLE " TEST_LEDGER ".batch_v1");
    ck_assert_int_eq(tl_ledger_exists(session, TEST_LEDGER, &exists, &err), TL_OK);
    ck_assert(!exists);
}
END_TEST

START_TEST(a_ledger_of_another_engine_is_refused)
{
    test_exec(session, "ALTER TABLE " TEST_LEDGER ".batch_v1 ENGINE=MyISAM");
    ck_assert_int_eq(tl_ledger_create(session, TEST_LEDGER, &err), TL_ERR_REFUSED);
    ck_assert_ptr_nonnull(strstr(err.message, "MyISAM"));
}
END_TEST

START_TEST(an_empty_task_of_a_dead_owner_makes_way)
{
    struct tl_ledger first = test_ledger(1), second = test_ledger(2);

    ck_assert_int_eq(test_claim(&first, session, &err), TL_OK);
    kill_owner(session, 1);
    ck_assert_int_eq(test_claim(&second, session, &err), TL_OK);
    ck_assert_uint_eq(test_count(session, "SELECT COUNT(*) FROM " TEST_LEDGER ".task_v1"), 2);
    ck_assert_uint_eq(test_count(session, "SELECT SUM(task_id) FROM " TEST_LEDGER ".chunk_v1"), 2);
}
END_TEST

START_TEST(a_table_of_a_living_owner_is_refused)
{
    struct tl_ledger first = test_ledger(1), second = test_ledger(2);
    char pid[32];

    ck_assert_int_eq(test_claim(&first, session, &err), TL_OK);
    borrow_owner(session, 1);
    ck_assert_int_eq(test_claim(&second, session, &err), TL_ERR_REFUSED);
    snprintf(pid, sizeof(pid), "process %d ", (int)getppid());
    ck_assert_msg(strstr(err.message, pid) != NULL, "%s", err.message);
    ck_assert_uint_eq(test_count(session, "SELECT COUNT(*) FROM " TEST_LEDGER ".task_v1"), 2);
}
END_TEST

START_TEST(a_table_with_committed_rows_is_refused_with_both_ways_out)
{
    struct tl_ledger first = test_ledger(1), second = test_ledger(2);
    struct tl_ledger_chunk chunk = test_chunk(1, "a.sql");

    ck_assert_int_eq(test_claim(&first, session, &err), TL_OK);
    test_add_range(session, &chunk.key, 0, 100, false);
    kill_owner(session, 1);
    ck_assert_int_eq(test_claim(&second, session, &err), TL_ERR_REFUSED);
    ck_assert_msg(strstr(err.message, "10 committed rows of " TEST_TABLE) != NULL, "%s",
                  err.message);
    ck_assert_ptr_nonnull(strstr(err.hint, "--checkpoint-rebuild"));
    ck_assert_ptr_nonnull(strstr(err.hint, "--checkpoint-error-destroy=all"));
    ck_assert_ptr_nonnull(strstr(err.hint, "--checkpoint-remove=all"));
    ck_assert_uint_eq(test_count(session, "SELECT COUNT(*) FROM " TEST_LEDGER ".batch_v1"), 1);
}
END_TEST

START_TEST(tasks_with_other_tables_stand_side_by_side)
{
    struct tl_ledger first = test_ledger(1), second = test_ledger(2);
    struct tl_ledger_chunk other = {.key = tl_chunk_key_of(2, "`tl_test`.`u`", 0, "u", 0),
                                    .table = "`tl_test`.`u`",
                                    .path = "u"};

    ck_assert_int_eq(test_claim(&first, session, &err), TL_OK);
    borrow_owner(session, 1);
    ck_assert_int_eq(tl_ledger_claim(&second, session, "/d", &other, 1, NULL, &err), TL_OK);
}
END_TEST

START_TEST(many_chunks_are_claimed_at_once)
{
    enum { COUNT = 1203 };
    struct tl_ledger ledger = test_ledger(1);
    struct tl_ledger_chunk *chunks = calloc(COUNT, sizeof(*chunks));
    char(*names)[32] = calloc(COUNT, sizeof(*names));

    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "`db`.`t'%d`", i / 2);
        chunks[i].table = names[i];
        chunks[i].path = "p\\";
        chunks[i].offset = i;
        chunks[i].key = tl_chunk_key_of(1, names[i], 0, "p\\", i);
    }
    ck_assert_int_eq(tl_ledger_claim(&ledger, session, "/d", chunks, COUNT, NULL, &err), TL_OK);
    ck_assert_uint_eq(test_count(session, "SELECT COUNT(DISTINCT chunk_key) FROM " TEST_LEDGER
                                          ".chunk_v1 WHERE path = 'p\\\\'"),
                      COUNT);
    free(names);
    free(chunks);
}
END_TEST

struct seen {
    struct tl_range ranges[8];
    size_t count;
};

static int see(const struct tl_chunk_key *key, const struct tl_range *range, void *payload)
{
    struct seen *seen = payload;

    (void)key;
    seen->ranges[seen->count++] = *range;
    return TL_OK;
}

START_TEST(only_contiguous_ranges_are_merged)
{
    struct tl_ledger ledger = test_ledger(1);
    struct tl_ledger_chunk chunk = test_chunk(1, "a.sql");
    struct seen seen = {.count = 0};

    ck_assert_int_eq(test_claim(&ledger, session, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_add_writer(&ledger, session, 0, &err), TL_OK);
    test_add_range(session, &chunk.key, 0, 100, false);
    test_add_range(session, &chunk.key, 100, 250, false);
    test_add_range(session, &chunk.key, 300, 400, false);
    test_add_range(session, &chunk.key, 400, 400, true);
    ck_assert_int_eq(tl_ledger_fence(&ledger, session, 0, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_compact(&ledger, session, &chunk.key, &err), TL_OK);
    test_exec(session, "COMMIT");
    ck_assert_int_eq(tl_ledger_ranges(&ledger, session, see, &seen, &err), TL_OK);
    ck_assert_uint_eq(seen.count, 2);
    ck_assert_uint_eq(seen.ranges[0].begin, 0);
    ck_assert_uint_eq(seen.ranges[0].end, 250);
    ck_assert_uint_eq(seen.ranges[0].rows, 20);
    ck_assert_uint_eq(seen.ranges[0].bytes, 250);
    ck_assert_uint_eq(seen.ranges[0].end_line, 25);
    ck_assert_str_eq(seen.ranges[0].state.charset, "latin1");
    ck_assert_uint_eq(seen.ranges[1].begin, 300);
    ck_assert(seen.ranges[1].last && !seen.ranges[0].last);
}
END_TEST

START_TEST(a_position_is_found_in_the_range_that_covers_it)
{
    struct tl_ledger ledger = test_ledger(1);
    struct tl_ledger_chunk chunk = test_chunk(1, "a.sql");
    struct tl_range range;

    ck_assert_int_eq(test_claim(&ledger, session, &err), TL_OK);
    test_add_range(session, &chunk.key, 10, 100, true);
    ck_assert_int_eq(tl_ledger_find(session, TEST_LEDGER, &chunk.key, 9, &range, &err),
                     TL_NOT_FOUND);
    ck_assert_int_eq(tl_ledger_find(session, TEST_LEDGER, &chunk.key, 10, &range, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_find(session, TEST_LEDGER, &chunk.key, 99, &range, &err), TL_OK);
    ck_assert_uint_eq(range.end, 100);
    ck_assert_int_eq(tl_ledger_find(session, TEST_LEDGER, &chunk.key, 100, &range, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_find(session, TEST_LEDGER, &chunk.key, 101, &range, &err),
                     TL_NOT_FOUND);
}
END_TEST

START_TEST(deleting_a_table_leaves_the_others)
{
    struct tl_ledger ledger = test_ledger(1);
    struct tl_ledger_chunk chunks[] = {test_chunk(1, "a"), test_chunk(1, "b")};
    uint64_t rows = 1;

    chunks[1].table = "`tl_test`.`u`";
    ck_assert_int_eq(tl_ledger_claim(&ledger, session, "/d", chunks, 2, NULL, &err), TL_OK);
    test_add_range(session, &chunks[0].key, 0, 10, true);
    test_add_range(session, &chunks[1].key, 0, 10, true);
    ck_assert_int_eq(tl_ledger_delete_table(&ledger, session, TEST_TABLE, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_table_rows(&ledger, session, TEST_TABLE, &rows, &err), TL_OK);
    ck_assert_uint_eq(rows, 0);
    ck_assert_int_eq(tl_ledger_table_rows(&ledger, session, "`tl_test`.`u`", &rows, &err), TL_OK);
    ck_assert_uint_eq(rows, 10);
    ck_assert_int_eq(tl_ledger_delete_task(&ledger, session, &err), TL_OK);
    ck_assert_uint_eq(test_count(session, "SELECT COUNT(*) FROM " TEST_LEDGER ".batch_v1"), 0);
    ck_assert_uint_eq(test_count(session, "SELECT COUNT(*) FROM " TEST_LEDGER ".task_v1"), 1);
}
END_TEST

static int see_task(const struct tl_ledger_task *task, void *payload)
{
    ck_assert_int_eq(task->task_id, 5);
    ck_assert_str_eq(task->source_dir, "/dump");
    ck_assert_uint_eq(task->rows, 20);
    ck_assert_uint_eq(task->batches, 2);
    ck_assert(!task->owner_alive);
    ck_assert_ptr_null(task->intent);
    ++*(int *)payload;
    return TL_OK;
}

START_TEST(tasks_are_listed_with_what_they_committed)
{
    struct tl_ledger ledger = test_ledger(5);
    struct tl_ledger_chunk chunk = test_chunk(5, "a.sql");
    int count = 0;

    ck_assert_int_eq(test_claim(&ledger, session, &err), TL_OK);
    test_add_range(session, &chunk.key, 0, 10, false);
    test_add_range(session, &chunk.key, 10, 20, true);
    kill_owner(session, 5);
    ck_assert_int_eq(tl_ledger_each_task(session, TEST_LEDGER, see_task, &count, &err), TL_OK);
    ck_assert_int_eq(count, 1);
}
END_TEST

static void add_server_tests(TCase *tc)
{
    tcase_add_test(tc, creating_the_ledger_twice_is_fine);
    tcase_add_test(tc, a_ledger_of_another_engine_is_refused);
    tcase_add_test(tc, an_empty_task_of_a_dead_owner_makes_way);
    tcase_add_test(tc, a_table_of_a_living_owner_is_refused);
    tcase_add_test(tc, a_table_with_committed_rows_is_refused_with_both_ways_out);
    tcase_add_test(tc, tasks_with_other_tables_stand_side_by_side);
    tcase_add_test(tc, many_chunks_are_claimed_at_once);
    tcase_add_test(tc, only_contiguous_ranges_are_merged);
    tcase_add_test(tc, a_position_is_found_in_the_range_that_covers_it);
    tcase_add_test(tc, deleting_a_table_leaves_the_others);
    tcase_add_test(tc, tasks_are_listed_with_what_they_committed);
}

int main(void)
{
    Suite *suite = suite_create("ledger");
    TCase *unit = tcase_create("unit");
    TCase *server = tcase_create("server");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(unit, chunk_keys_tell_neighbours_apart);
    tcase_add_test(unit, two_owners_have_different_tokens);
    suite_add_tcase(suite, unit);
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_set_timeout(server, 60);
    if (test_socket())
        add_server_tests(server);
    suite_add_tcase(suite, server);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
