/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's protocol against a real server: lost connections, fences, retries. A proxy cuts the
 * connection at chosen moments.
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
    {"; UPDATE `tl_test_ledger`", CUT_AFTER, true},
    {"; UPDATE `tl_test_ledger`", CUT_BEFORE, true},
    {"; UPDATE `tl_test_ledger`", CUT_CLIENT_ONLY, false},
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
    int last = 0;

    create("a INT, b VARCHAR(9)");
    load.options.socket = proxy.path;
    load_begin(&load, _i);
    load.source.batch_rows = 1;
    load_write_file(&load, three_rows, sizeof(three_rows) - 1);
    reader = load_open(&load);
    for (int i = 0; i < 3; i++) {
        batch = load_next(&load, reader);
        last = atomic_load(&proxy.requests);
        ck_assert_int_eq(load_commit(&load, batch), TL_OK);
        last = atomic_load(&proxy.requests) - last;
        tl_batch_free(batch);
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
    proxy.trigger = "; UPDATE `tl_test_ledger`";
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

/* What the recorder does meanwhile. */
static void compact(void)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_error err;

    ck_assert_int_eq(tl_ledger_add_writer(&load.ledger, session, 0, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_fence(&load.ledger, session, 0, &err), TL_OK);
    ck_assert_int_eq(tl_ledger_compact(&load.ledger, session, &load.chunk.key, &err), TL_OK);
    test_exec(session, "COMMIT");
    tl_session_close(session);
}

/* Its ledger row is gone then: another INSERT of it would not be a duplicate. */
START_TEST(a_commit_without_answer_is_found_in_a_merged_range)
{
    struct tl_reader *reader;
    struct tl_batch *batch;

    create("a INT, b VARCHAR(9)");
    load.options.socket = proxy.path;
    load_begin(&load, true);
    load.source.batch_rows = 1;
    load_write_file(&load, three_rows, sizeof(three_rows) - 1);
    reader = load_open(&load);
    proxy.trigger = "COMMIT";
    proxy.cut = CUT_AFTER;
    proxy.on_cut = compact;
    for (int i = 0; i < 3; i++) {
        atomic_store(&proxy.cuts_left, i == 1);
        batch = load_next(&load, reader);
        ck_assert_msg(load_commit(&load, batch) == TL_OK, "%s", load.err.message);
        tl_batch_free(batch);
    }
    ck_assert_uint_eq(rows_in(""), 3);
    tl_reader_close(reader);
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
    tcase_add_test(tc, a_commit_without_answer_is_found_in_a_merged_range);
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

int main(void)
{
    Suite *suite = suite_create("writer");
    TCase *protocol = tcase_create("protocol");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(protocol, setup, teardown);
    tcase_set_timeout(protocol, 90);
    if (test_socket())
        add_protocol_tests(protocol);
    suite_add_tcase(suite, protocol);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
