/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan against the ledger of a real server: what the target has committed decides. Also the
 * control connection, which is to survive the server and to let go at a stop.
 */
#include "../target/target_test.h"
#include "core/base/clock.h"
#include "core/base/thread.h"
#include "core/import/control.h"
#include "import_fixture.h"

#define SCHEMA "tl_plan_test"
#define MS INT64_C(1000000)

static struct fixture f;
static struct tl_session *session;
static struct tl_ledger ledger;

static void setup(void)
{
    struct tl_ledger_chunk *chunks;
    size_t count;

    fixture_init(&f);
    fixture_file(&f, "d.a-schema.sql", "CREATE TABLE a (i INT);");
    fixture_file(&f, "d.a.1.sql", "INSERT INTO a VALUES (1);\n");
    fixture_file(&f, "d.a.2.sql", "INSERT INTO a VALUES (2);\n");
    fixture_plan(&f, 4711);
    fixture_ok(&f, tl_session_open(&session, f.options, &f.err));
    test_exec(session, "DROP DATABASE IF EXISTS " SCHEMA);
    fixture_ok(&f, tl_ledger_create(session, SCHEMA, &f.err));
    ledger = (struct tl_ledger){.task_id = 4711, .schema = SCHEMA};
    fixture_ok(&f, tl_owner_init(&ledger.owner, &f.err));
    chunks = tl_plan_ledger_chunks(f.plan, &count);
    ck_assert_uint_eq(count, 2);
    fixture_ok(&f, tl_ledger_claim(&ledger, session, "/dump", chunks, count, NULL, &f.err));
    free(chunks);
}

static void teardown(void)
{
    test_exec(session, "DROP DATABASE IF EXISTS " SCHEMA);
    tl_session_close(session);
    fixture_done(&f);
}

static struct tl_plan_table *table(void)
{
    return fixture_table(f.plan, "`d`.`a`");
}

static void add_batch(size_t chunk, uint64_t begin, uint64_t end, bool last)
{
    char key[2 * TL_DIGEST_LEN + 1];

    tl_digest_hex(&table()->chunks[chunk].key.digest, key);
    fixture_ok(&f, tl_session_execf(session, &f.err,
                                    "INSERT INTO " SCHEMA
                                    ".batch_v1 VALUES (x'%s', %d, %d, 1, %d, 0, 1, %d, 0, 0, NULL)",
                                    key, (int)begin, (int)end, (int)(end - begin), last));
}

static size_t apply(void)
{
    size_t lowered = 99;

    fixture_ok(&f, tl_plan_apply_ledger(f.plan, &ledger, session, &lowered, &f.err));
    return lowered;
}

START_TEST(committed_files_make_a_written_table)
{
    add_batch(0, 0, 26, true);
    add_batch(1, 0, 10, false);
    add_batch(1, 10, 26, true);
    ck_assert_uint_eq(apply(), 0);
    ck_assert(table()->chunks[0].done && table()->chunks[1].done);
    ck_assert_uint_eq(table()->engine_status, TL_STATUS_ALL_WRITTEN);
    ck_assert_uint_eq(tl_plan_table_rows(table()), 3);
    ck_assert(!table()->chunks[0].compact && table()->chunks[1].compact);
}
END_TEST

START_TEST(a_gap_stays_open)
{
    add_batch(0, 10, 26, true);
    apply();
    ck_assert(!table()->chunks[0].done);
    ck_assert_uint_eq(table()->chunks[0].pos, 0);
    ck_assert_uint_eq(table()->status, TL_STATUS_LOADED);
}
END_TEST

START_TEST(a_store_that_says_more_is_lowered_and_counted)
{
    table()->chunks[0].recorded_pos = 26;
    table()->chunks[1].recorded_pos = 10;
    tl_plan_set_status(table(), TL_STATUS_ANALYZE_SKIPPED);
    add_batch(1, 0, 10, false);
    ck_assert_uint_eq(apply(), 1);
    ck_assert_uint_eq(table()->status, TL_STATUS_LOADED);
    ck_assert(table()->dirty && table()->chunks[0].dirty);
    ck_assert(!tl_plan_all_done(f.plan));
}
END_TEST

START_TEST(what_the_store_has_already_is_not_dirty)
{
    struct tl_store *store = fixture_store(&f);

    fixture_ok(&f, tl_plan_save(f.plan, store, f.options, "server", NULL, &f.err));
    add_batch(0, 0, 26, true);
    apply();
    ck_assert(table()->chunks[0].dirty && !table()->chunks[1].dirty && !table()->dirty);
    fixture_ok(&f, tl_plan_flush(f.plan, store, &f.err));
    apply();
    ck_assert(!table()->chunks[0].dirty && !table()->dirty);
    tl_store_close(store);
}
END_TEST

START_TEST(a_failed_table_stays_failed)
{
    struct tl_error why;

    tl_error_set(&why, TL_ERR_DATA, "count");
    tl_plan_fail_table(f.plan, table(), TL_STATUS_CHECKSUMMED, NULL, &why);
    add_batch(0, 0, 26, true);
    add_batch(1, 0, 26, true);
    apply();
    ck_assert_uint_eq(table()->status, 18);
    ck_assert_uint_eq(table()->engine_status, TL_STATUS_LOADED);
}
END_TEST

START_TEST(a_chunk_that_the_plan_lacks_is_refused)
{
    size_t lowered;

    add_batch(0, 0, 26, true);
    table()->chunks[0].key.digest.bytes[0] ^= 1;
    ck_assert_int_eq(tl_plan_apply_ledger(f.plan, &ledger, session, &lowered, &f.err),
                     TL_ERR_REFUSED);
}
END_TEST

static int run_query(struct tl_session *with, void *payload, struct tl_error *err)
{
    uint64_t value;

    return tl_session_scalar_u64(with, payload, &value, err);
}

static int count_calls(struct tl_session *with, void *payload, struct tl_error *err)
{
    int *calls = payload;
    uint64_t one;

    ++*calls;
    return tl_session_scalar_u64(with, "SELECT 1", &one, err);
}

START_TEST(a_lost_control_connection_is_opened_again)
{
    struct tl_cancel *cancel;
    struct tl_control control;
    int calls = 0;

    fixture_ok(&f, tl_cancel_new(&cancel, &f.err));
    tl_control_init(&control, f.options, cancel);
    fixture_ok(&f, tl_control_run(&control, count_calls, &calls, &f.err));
    fixture_ok(&f, tl_session_execf(session, &f.err, "KILL %llu",
                                    (unsigned long long)tl_session_id(control.session)));
    fixture_ok(&f, tl_control_run(&control, count_calls, &calls, &f.err));
    ck_assert_int_eq(calls, 3); /* one of them met the dead connection */
    tl_control_done(&control);
    tl_cancel_free(cancel);
}
END_TEST

START_TEST(nobody_uses_a_session_to_another_server)
{
    struct tl_server known = ledger.server;
    struct tl_cancel *cancel;
    struct tl_control control;

    fixture_ok(&f, tl_cancel_new(&cancel, &f.err));
    tl_control_init(&control, f.options, cancel);
    snprintf(known.identity, sizeof(known.identity), "another");
    control.known = &known;
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(tl_control_run(&control, run_query, "SELECT 1", &f.err), TL_ERR_REFUSED);
    tl_control_done(&control);
    tl_cancel_free(cancel);
}
END_TEST

static void stop_soon(size_t index, void *payload)
{
    (void)index;
    tl_cancel_sleep(payload, 200 * MS);
    tl_cancel_request(payload);
}

START_TEST(a_stop_cuts_a_long_statement)
{
    struct tl_cancel *cancel;
    struct tl_hangup *hangup;
    struct tl_threads *thread;
    struct tl_control control;
    int64_t begin = tl_clock_ns();

    fixture_ok(&f, tl_cancel_new(&cancel, &f.err));
    fixture_ok(&f, tl_hangup_begin(&hangup, cancel, &f.err));
    tl_control_init(&control, f.options, cancel);
    control.hangup = hangup;
    fixture_ok(&f, tl_threads_begin(&thread, "stop", 1, stop_soon, cancel, &f.err));
    ck_assert_int_eq(tl_control_run(&control, run_query, "SELECT SLEEP(30)", &f.err),
                     TL_ERR_CANCELED);
    ck_assert_int_lt(tl_clock_ns() - begin, 3000 * MS);
    ck_assert_int_eq(tl_control_run(&control, run_query, "SELECT 1", &f.err), TL_ERR_CANCELED);
    tl_threads_join(thread);
    tl_control_done(&control);
    tl_hangup_end(hangup);
    tl_cancel_free(cancel);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("plan_ledger");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    if (test_socket()) {
        tcase_add_test(tcase, committed_files_make_a_written_table);
        tcase_add_test(tcase, a_gap_stays_open);
        tcase_add_test(tcase, a_store_that_says_more_is_lowered_and_counted);
        tcase_add_test(tcase, what_the_store_has_already_is_not_dirty);
        tcase_add_test(tcase, a_failed_table_stays_failed);
        tcase_add_test(tcase, a_chunk_that_the_plan_lacks_is_refused);
        tcase_add_test(tcase, a_lost_control_connection_is_opened_again);
        tcase_add_test(tcase, nobody_uses_a_session_to_another_server);
        tcase_add_test(tcase, a_stop_cuts_a_long_statement);
    }
    return fixture_run(tcase, "plan_ledger");
}
