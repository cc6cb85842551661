/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store wrapper over a fake driver: splitting, repeating, options, mapping of errors.
 */
#include "core/checkpoint/store.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "fake_driver.h"

static struct tl_error err;

static void setup(void)
{
    tl_error_init(&err);
}

/* Applies n chunks whose columns are `bytes` long. */
static int apply_chunks(struct tl_store *store, size_t n, size_t bytes)
{
    struct ckpt_chunk *chunks = calloc(n, sizeof(*chunks));
    struct ckpt_change *changes = calloc(n, sizeof(*changes));
    const struct ckpt_change **list = calloc(n, sizeof(*list));
    char *columns = calloc(1, bytes + 1);
    int rc;

    for (size_t i = 0; i < n; i++) {
        chunks[i] = fake_chunk("p", (int64_t)i);
        chunks[i].columns = tl_ckpt_bytes(columns, bytes);
        changes[i].struct_size = sizeof(changes[i]);
        changes[i].kind = CKPT_PUT_CHUNK;
        changes[i].record.chunk = &chunks[i];
        list[i] = &changes[i];
    }
    rc = tl_store_apply(store, list, n, &err);
    free(chunks);
    free(changes);
    free(list);
    free(columns);
    return rc;
}

START_TEST(many_changes_are_split_at_100)
{
    struct tl_store *store = fake_open();

    ck_assert_int_eq(apply_chunks(store, 250, 10), TL_OK);
    ck_assert_int_eq(fake.applies, 3);
    ck_assert_uint_eq(fake.apply_sizes[0], 100);
    ck_assert_uint_eq(fake.apply_sizes[1], 100);
    ck_assert_uint_eq(fake.apply_sizes[2], 50);
    tl_store_close(store);
    ck_assert_int_eq(fake.closes, 1);
}
END_TEST

START_TEST(large_changes_are_split_at_1_mib)
{
    struct tl_store *store = fake_open();

    ck_assert_int_eq(apply_chunks(store, 5, 400000), TL_OK);
    ck_assert_int_eq(fake.applies, 3);
    ck_assert_uint_eq(fake.apply_sizes[0], 2);
    ck_assert_uint_eq(fake.apply_sizes[1], 2);
    ck_assert_uint_eq(fake.apply_sizes[2], 1);
    ck_assert_int_eq(apply_chunks(store, 1, 1100000), TL_ERR_USAGE);
    ck_assert_int_eq(fake.applies, 3);
    tl_store_close(store);
}
END_TEST

START_TEST(no_change_makes_no_call)
{
    struct tl_store *store = fake_open();

    ck_assert_int_eq(tl_store_apply(store, NULL, 0, &err), TL_OK);
    ck_assert_int_eq(fake.applies, 0);
    tl_store_close(store);
}
END_TEST

START_TEST(record_past_a_limit_is_refused_before_any_apply)
{
    static char path[CKPT_MAX_PATH + 1];
    struct tl_store *store = fake_open();
    struct ckpt_chunk chunk = fake_chunk("p", 0);

    chunk.path = tl_ckpt_bytes(path, sizeof(path));
    ck_assert_int_eq(tl_store_put(store, CKPT_PUT_CHUNK, &chunk, &err), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "path"));
    chunk = fake_chunk("p", 0);
    chunk.table_name.len = 0;
    ck_assert_int_eq(tl_store_put(store, CKPT_PUT_CHUNK, &chunk, &err), TL_ERR_USAGE);
    chunk = fake_chunk("p", 0);
    chunk.struct_size = 0;
    ck_assert_int_eq(tl_store_put(store, CKPT_PUT_CHUNK, &chunk, &err), TL_ERR_USAGE);
    ck_assert_int_eq(tl_store_put(store, CKPT_PUT_CHUNK, NULL, &err), TL_ERR_USAGE);
    ck_assert_int_eq(tl_store_delete(store, CKPT_DELETE_TABLE, "", &err), TL_ERR_USAGE);
    ck_assert_int_eq(fake.applies, 0);
    tl_store_close(store);
}
END_TEST

START_TEST(retryable_error_is_repeated)
{
    struct tl_store *store = fake_open();

    fake.fail_times = 2;
    fake.retryable = true;
    ck_assert_int_eq(apply_chunks(store, 1, 1), TL_OK);
    ck_assert_int_eq(fake.applies, 3);
    tl_store_close(store);
}
END_TEST

START_TEST(lasting_error_is_not_repeated)
{
    struct tl_store *store = fake_open();

    fake.fail_times = 1;
    ck_assert_int_eq(apply_chunks(store, 1, 1), TL_ERR_STORE);
    ck_assert_int_eq(fake.applies, 1);
    ck_assert_str_eq(err.message, "the fake failed");
    ck_assert_int_eq(err.native, 99);
    tl_store_close(store);
}
END_TEST

START_TEST(retries_end_in_time)
{
    struct tl_store *store = fake_open();
    int64_t begin = tl_clock_ns();

    fake.fail_times = -1;
    fake.retryable = true;
    ck_assert_int_eq(apply_chunks(store, 1, 1), TL_ERR_STORE);
    ck_assert_int_gt(fake.applies, 1);
    ck_assert_int_lt(tl_clock_ns() - begin, 3 * TL_NS_PER_SEC);
    ck_assert(err.retryable);
    tl_store_close(store);
}
END_TEST

START_TEST(stop_request_ends_the_retries)
{
    struct tl_store_settings settings = fake_settings();
    struct tl_cancel *cancel = NULL;
    struct tl_store *store = NULL;

    ck_assert_int_eq(tl_cancel_new(&cancel, &err), TL_OK);
    settings.cancel = cancel;
    settings.retry_ns = 60 * TL_NS_PER_SEC;
    ck_assert_int_eq(tl_store_open(&store, &settings, &err), TL_OK);
    fake.fail_times = -1;
    fake.retryable = true;
    tl_cancel_request(cancel);
    ck_assert_int_eq(apply_chunks(store, 1, 1), TL_ERR_CANCELED);
    ck_assert_int_eq(fake.applies, 1); /* tried once all the same: the last state counts */
    tl_store_close(store);
    tl_cancel_free(cancel);
}
END_TEST

static const struct {
    int code;
    int expected;
} mapping[] = {{CKPT_ERR, TL_ERR_STORE},           {CKPT_ERR_NOMEM, TL_ERR_STORE},
               {CKPT_ERR_USAGE, TL_ERR_USAGE},     {CKPT_ERR_CORRUPT, TL_ERR_REFUSED},
               {CKPT_ERR_READ_ONLY, TL_ERR_STORE}, {CKPT_ERR_FULL, TL_ERR_STORE},
               {CKPT_ERR_LOST, TL_ERR_STORE},      {CKPT_ERR_BUSY, TL_ERR_STORE},
               {CKPT_ERR_DENIED, TL_ERR_STORE}};

START_TEST(driver_code_is_mapped)
{
    struct tl_store *store = fake_open();

    fake.fail_times = 1;
    fake.code = mapping[_i].code;
    ck_assert_int_eq(apply_chunks(store, 1, 1), mapping[_i].expected);
    ck_assert_int_eq(err.code, mapping[_i].expected);
    tl_store_close(store);
}
END_TEST

START_TEST(read_only_store_refuses_changes)
{
    struct tl_store_settings settings = fake_settings();
    struct tl_store *store = NULL;

    settings.read_only = true;
    ck_assert_int_eq(tl_store_open(&store, &settings, &err), TL_OK);
    ck_assert_int_eq(apply_chunks(store, 1, 1), TL_ERR_STORE);
    ck_assert_int_eq(tl_store_retire(store, CKPT_RETIRE_REMOVE, 1, &err), TL_ERR_STORE);
    ck_assert_int_eq(fake.applies + fake.retires, 0);
    tl_store_close(store);
}
END_TEST

START_TEST(options_reach_the_driver)
{
    const struct tl_store_option given[] = {{"limit", "42"}, {"fast", "true"}};
    struct tl_store_settings settings = fake_settings();
    struct tl_store *store = NULL;

    ck_assert_int_eq(tl_store_open(&store, &settings, &err), TL_OK);
    ck_assert_int_eq(fake.seen_number, 7);
    tl_store_close(store);
    settings.options = given;
    settings.option_count = 2;
    ck_assert_int_eq(tl_store_open(&store, &settings, &err), TL_OK);
    ck_assert_int_eq(fake.seen_number, 42);
    tl_store_close(store);
}
END_TEST

static const struct tl_store_option wrong_options[] = {
    {"limit", "101"}, {"limit", "0"}, {"limit", "7x"}, {"limit", ""},
    {"fast", "yes"},  {"slow", "1"},  {"limit", " 5"}, {"limit", "99999999999999999999"}};

START_TEST(wrong_option_is_refused)
{
    struct tl_store_settings settings = fake_settings();
    struct tl_store *store = NULL;

    settings.options = &wrong_options[_i];
    settings.option_count = 1;
    ck_assert_int_eq(tl_store_open(&store, &settings, &err), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, wrong_options[_i].name));
    ck_assert_int_eq(fake.opens, 0);
    ck_assert_ptr_null(store);
}
END_TEST

START_TEST(missing_dsn_is_the_drivers_default)
{
    struct tl_store_settings settings = fake_settings();
    struct tl_store *store = NULL;

    settings.dsn = NULL;
    ck_assert_int_eq(tl_store_open(&store, &settings, &err), TL_OK);
    ck_assert_str_eq(fake.seen_dsn, "default of s");
    tl_store_close(store);
    fake_driver.default_dsn = NULL;
    settings = fake_settings();
    settings.dsn = "";
    ck_assert_int_eq(tl_store_open(&store, &settings, &err), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "checkpoint.dsn"));
}
END_TEST

START_TEST(description_is_one_line)
{
    struct tl_store *store = fake_open();

    ck_assert_str_eq(tl_store_where(store), "the fake store");
    tl_store_close(store);
    fake_driver.describe = NULL;
    store = fake_open();
    ck_assert_ptr_nonnull(strstr(tl_store_where(store), "fake"));
    tl_store_close(store);
}
END_TEST

START_TEST(without_retire_remove_deletes_all_and_rename_is_refused)
{
    struct tl_store *store;

    fake_driver.retire = NULL;
    store = fake_open();
    ck_assert(!tl_store_can_rename(store));
    ck_assert_int_eq(tl_store_retire(store, CKPT_RETIRE_REMOVE, 1, &err), TL_OK);
    ck_assert_uint_eq(fake.last_kind, CKPT_DELETE_ALL);
    ck_assert_int_eq(tl_store_retire(store, CKPT_RETIRE_KEEP, 1, &err), TL_OK);
    ck_assert_int_eq(tl_store_retire(store, CKPT_RETIRE_RENAME, 1, &err), TL_ERR_USAGE);
    ck_assert_int_eq(fake.applies, 1);
    tl_store_close(store);
}
END_TEST

static void *apply_some(void *payload)
{
    struct ckpt_chunk chunk = fake_chunk("p", 0);
    struct tl_error mine;

    for (int i = 0; i < 20; i++)
        if (tl_store_put(payload, CKPT_PUT_CHUNK, &chunk, &mine) != TL_OK)
            return payload;
    return NULL;
}

START_TEST(calls_come_one_at_a_time)
{
    struct tl_store *store = fake_open();
    pthread_t threads[4];
    void *failed = NULL;

    fake.sleep_us = 200;
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, apply_some, store), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    ck_assert_int_eq(fake.applies, 80);
    ck_assert(!fake.overlapped);
    tl_store_close(store);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store");
    TCase *t = tcase_create("store");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, many_changes_are_split_at_100);
    tcase_add_test(t, large_changes_are_split_at_1_mib);
    tcase_add_test(t, no_change_makes_no_call);
    tcase_add_test(t, record_past_a_limit_is_refused_before_any_apply);
    tcase_add_test(t, retryable_error_is_repeated);
    tcase_add_test(t, lasting_error_is_not_repeated);
    tcase_add_test(t, retries_end_in_time);
    tcase_add_test(t, stop_request_ends_the_retries);
    tcase_add_loop_test(t, driver_code_is_mapped, 0, sizeof(mapping) / sizeof(mapping[0]));
    tcase_add_test(t, read_only_store_refuses_changes);
    tcase_add_test(t, options_reach_the_driver);
    tcase_add_loop_test(t, wrong_option_is_refused, 0,
                        sizeof(wrong_options) / sizeof(wrong_options[0]));
    tcase_add_test(t, missing_dsn_is_the_drivers_default);
    tcase_add_test(t, description_is_one_line);
    tcase_add_test(t, without_retire_remove_deletes_all_and_rename_is_refused);
    tcase_add_test(t, calls_come_one_at_a_time);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
