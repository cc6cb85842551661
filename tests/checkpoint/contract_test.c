/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a driver does wrong, the store says so, with the driver's name; and nothing of it is taken
 * for "not found".
 */
#include <check.h>
#include <string.h>

#include "core/checkpoint/store.h"
#include "fake_driver.h"

static struct tl_error err;
static int calls;
static int answer;

static int on_table(const struct ckpt_table *table, void *payload)
{
    (void)table;
    (void)payload;
    calls++;
    return answer;
}

static int on_chunk(const struct ckpt_chunk *chunk, void *payload)
{
    (void)chunk;
    (void)payload;
    calls++;
    return answer;
}

static const struct ckpt_visitor visitor = {
    .struct_size = sizeof(visitor), .table = on_table, .chunk = on_chunk};

static void setup(void)
{
    tl_error_init(&err);
    fake.table = "`a`.`b`";
}

static void expect_broken(int rc, const char *why)
{
    ck_assert_int_eq(rc, TL_ERR_STORE);
    ck_assert_ptr_nonnull(strstr(err.message, "'fake' broke its contract"));
    ck_assert_msg(strstr(err.message, why) != NULL, "%s", err.message);
}

START_TEST(failure_without_message_is_named)
{
    struct tl_store *store = fake_open();

    fake.fail_times = -1;
    fake.message = NULL;
    expect_broken(tl_store_load_task(store, &visitor, &err), "without a message");
    tl_store_close(store);
}
END_TEST

static const int unknown_codes[] = {2, 77, -10, -1000};

START_TEST(unknown_code_is_named)
{
    struct tl_store *store = fake_open();

    fake.fail_times = -1;
    fake.code = unknown_codes[_i];
    expect_broken(tl_store_load_table(store, "`a`.`b`", &visitor, &err), "unknown code");
    tl_store_close(store);
}
END_TEST

START_TEST(not_found_is_no_answer_of_apply)
{
    struct tl_store *store = fake_open();

    fake.fail_times = -1;
    fake.code = CKPT_NOT_FOUND;
    expect_broken(tl_store_delete(store, CKPT_DELETE_ALL, NULL, &err), "not found");
    expect_broken(tl_store_each_table(store, CKPT_FILTER_ALL, &visitor, &err), "not found");
    tl_store_close(store);
}
END_TEST

START_TEST(no_failure_is_read_as_not_found)
{
    struct tl_store *store = fake_open();

    fake.fail_times = -1;
    for (fake.code = CKPT_ERR; fake.code >= CKPT_ERR_DENIED; fake.code--) {
        ck_assert_int_lt(tl_store_load_task(store, &visitor, &err), 0);
        ck_assert_int_lt(tl_store_load_table(store, "`a`.`b`", &visitor, &err), 0);
    }
    tl_store_close(store);
}
END_TEST

START_TEST(output_of_a_failed_open_is_named)
{
    struct tl_store_settings settings = fake_settings();
    struct tl_store *store = NULL;

    fake.output_on_failure = true;
    expect_broken(tl_store_open(&store, &settings, &err), "set its output");
    ck_assert_ptr_null(store);
    fake.output_on_failure = false;
    fake.ok_without_store = true;
    expect_broken(tl_store_open(&store, &settings, &err), "no store");
    ck_assert_ptr_null(store);
}
END_TEST

START_TEST(table_without_record_is_named)
{
    struct tl_store *store = fake_open();

    fake.deliver_nothing = true;
    expect_broken(tl_store_load_table(store, "`a`.`b`", &visitor, &err), "delivered nothing");
    tl_store_close(store);
}
END_TEST

START_TEST(record_of_another_table_is_named)
{
    struct tl_store *store = fake_open();

    expect_broken(tl_store_load_table(store, "`a`.`c`", &visitor, &err), "another table");
    ck_assert_int_eq(calls, 0);
    tl_store_close(store);
}
END_TEST

START_TEST(chunks_out_of_order_are_named)
{
    static const struct {
        const char *path;
        int64_t offset;
    } second[] = {{"b", 5}, {"b", 4}, {"a", 9}, {"", 9}, {"B", 9}};
    struct tl_store *store = fake_open();

    fake.chunk_count = 2;
    for (size_t i = 0; i < sizeof(second) / sizeof(second[0]); i++) {
        fake.chunks[0] = fake_chunk("b", 5);
        fake.chunks[1] = fake_chunk(second[i].path, second[i].offset);
        expect_broken(tl_store_load_table(store, "`a`.`b`", &visitor, &err), "out of order");
    }
    tl_store_close(store);
}
END_TEST

START_TEST(small_record_is_named)
{
    struct tl_store *store = fake_open();

    fake.chunk_count = 1;
    fake.chunks[0] = fake_chunk("b", 5);
    fake.chunks[0].struct_size = 8;
    expect_broken(tl_store_load_table(store, "`a`.`b`", &visitor, &err), "smaller");
    tl_store_close(store);
}
END_TEST

START_TEST(visitors_answer_is_passed_on)
{
    struct tl_store *store = fake_open();

    answer = TL_ERR_REFUSED;
    tl_error_set(&err, TL_ERR_REFUSED, "mine");
    ck_assert_int_eq(tl_store_load_table(store, "`a`.`b`", &visitor, &err), TL_ERR_REFUSED);
    ck_assert_str_eq(err.message, "mine");
    ck_assert_int_eq(calls, 1);
    answer = 1; /* as TL_NOT_FOUND: not mistaken for the driver's */
    ck_assert_int_eq(tl_store_each_table(store, CKPT_FILTER_ALL, &visitor, &err), 1);
    tl_store_close(store);
}
END_TEST

START_TEST(going_on_after_a_stop_is_named)
{
    struct tl_store *store = fake_open();

    answer = -5;
    fake.chunk_count = 1;
    fake.chunks[0] = fake_chunk("b", 5);
    fake.ignore_stop = true;
    expect_broken(tl_store_load_table(store, "`a`.`b`", &visitor, &err), "went on");
    ck_assert_int_eq(calls, 1);
    fake.ignore_stop = false;
    fake.swallow_stop = true;
    expect_broken(tl_store_load_table(store, "`a`.`b`", &visitor, &err), "pass on");
    tl_store_close(store);
}
END_TEST

START_TEST(load_is_repeated_only_before_the_first_record)
{
    struct tl_store *store = fake_open();

    fake.fail_times = 2;
    fake.retryable = true;
    ck_assert_int_eq(tl_store_load_table(store, "`a`.`b`", &visitor, &err), TL_OK);
    ck_assert_int_eq(fake.loads, 3);
    ck_assert_int_eq(calls, 1);
    fake.fail_times = 2;
    fake.deliver_first = true;
    ck_assert_int_eq(tl_store_load_table(store, "`a`.`b`", &visitor, &err), TL_ERR_STORE);
    ck_assert_int_eq(fake.loads, 4);
    tl_store_close(store);
}
END_TEST

START_TEST(absent_is_not_found)
{
    struct tl_store *store = fake_open();

    fake.table = NULL;
    ck_assert_int_eq(tl_store_load_table(store, "`a`.`b`", &visitor, &err), TL_NOT_FOUND);
    ck_assert_int_eq(tl_store_load_task(store, &visitor, &err), TL_NOT_FOUND);
    ck_assert_int_eq(tl_store_each_table(store, CKPT_FILTER_ALL, &visitor, &err), TL_OK);
    ck_assert_int_eq(calls, 0);
    tl_store_close(store);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("contract");
    TCase *t = tcase_create("contract");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, failure_without_message_is_named);
    tcase_add_loop_test(t, unknown_code_is_named, 0,
                        sizeof(unknown_codes) / sizeof(unknown_codes[0]));
    tcase_add_test(t, not_found_is_no_answer_of_apply);
    tcase_add_test(t, no_failure_is_read_as_not_found);
    tcase_add_test(t, output_of_a_failed_open_is_named);
    tcase_add_test(t, table_without_record_is_named);
    tcase_add_test(t, record_of_another_table_is_named);
    tcase_add_test(t, chunks_out_of_order_are_named);
    tcase_add_test(t, small_record_is_named);
    tcase_add_test(t, visitors_answer_is_passed_on);
    tcase_add_test(t, going_on_after_a_stop_is_named);
    tcase_add_test(t, load_is_repeated_only_before_the_first_record);
    tcase_add_test(t, absent_is_not_found);
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
