/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying and comparing two stores of the driver "file".
 */
#include "core/checkpoint/store_copy.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_fixture.h"

#define T1 FF_TABLE
#define T2 "`shop`.`\xff\n`" /* any bytes */
#define SECOND INT64_C(1000000000)

enum { CHUNKS = 250 };

static struct tl_store *original, *copy;
static struct tl_record_counts counts;
static char large[300 * 1024];

static const struct ckpt_task task = {.struct_size = sizeof(task), .task_id = 7, .planned = 1};

static void put(struct tl_store *store, enum ckpt_change_kind kind, const void *record)
{
    ck_assert_msg(tl_store_put(store, kind, record, &ff_err) == TL_OK, "%s", ff_err.message);
}

static struct ckpt_table table_of(const char *name)
{
    return (struct ckpt_table){.struct_size = sizeof(struct ckpt_table),
                               .status = 30,
                               .name = tl_ckpt_str(name),
                               .table_info = tl_ckpt_bytes(large, sizeof(large)),
                               .create_time = 5 * SECOND + 5,
                               .extra = tl_ckpt_str("x")};
}

static struct ckpt_engine engine_of(int32_t id)
{
    return (struct ckpt_engine){.struct_size = sizeof(struct ckpt_engine),
                                .status = 30,
                                .table_name = tl_ckpt_str(T1),
                                .engine_id = id};
}

static struct ckpt_chunk chunk_of(int64_t offset)
{
    return (struct ckpt_chunk){.struct_size = sizeof(struct ckpt_chunk),
                               .table_name = tl_ckpt_str(T1),
                               .path = tl_ckpt_str("a.sql"),
                               .offset = offset,
                               .pos = offset + 1,
                               .kvc_checksum = UINT64_MAX - (uint64_t)offset,
                               .update_time = SECOND};
}

static const struct ckpt_source source = {.struct_size = sizeof(source),
                                          .table_name = {T2, sizeof(T2) - 1},
                                          .path = {"\xfe", 1},
                                          .mtime = 123456789,
                                          .fingerprint = {"\0\1\2", 3}};
static const struct ckpt_failure failure = {.struct_size = sizeof(failure),
                                            .table_name = {T1, sizeof(T1) - 1},
                                            .path = {"b.sql", 5},
                                            .offset = -1,
                                            .message = {"no", 2}};

static void fill(struct tl_store *store)
{
    const struct ckpt_table first = table_of(T1), second = table_of(T2);

    put(store, CKPT_PUT_TASK, &task);
    put(store, CKPT_PUT_TABLE, &first);
    put(store, CKPT_PUT_TABLE, &second);
    for (int32_t id = -1; id < 1; id++) {
        const struct ckpt_engine engine = engine_of(id);

        put(store, CKPT_PUT_ENGINE, &engine);
    }
    for (int i = 0; i < CHUNKS; i++) {
        const struct ckpt_chunk chunk = chunk_of(i);

        put(store, CKPT_PUT_CHUNK, &chunk);
    }
    put(store, CKPT_PUT_SOURCE, &source);
    put(store, CKPT_PUT_FAILURE, &failure);
}

/* A second store in the folder. */
static struct tl_store *open_second(const char *name)
{
    struct tl_store *first = ff_store, *second;
    char path[200];

    snprintf(path, sizeof(path), "%s/%s", ff_folder, name);
    ff_store = NULL;
    ck_assert_msg(ff_open(path, false) == TL_OK, "%s", ff_err.message);
    second = ff_store;
    ff_store = first;
    return second;
}

static void setup(void)
{
    memset(large, 'x', sizeof(large));
    ff_setup();
    ck_assert_msg(ff_open(NULL, false) == TL_OK, "%s", ff_err.message);
    original = ff_store;
    fill(original);
    copy = open_second("copy.pb");
    ck_assert_msg(tl_store_copy_tables(original, copy, NULL, &counts, &ff_err) == TL_OK, "%s",
                  ff_err.message);
}

static void teardown(void)
{
    tl_store_close(copy);
    ff_teardown();
}

static int compare(void)
{
    tl_error_init(&ff_err);
    return tl_store_compare_tables(original, copy, NULL, NULL, &ff_err);
}

START_TEST(a_copy_is_equal)
{
    struct tl_record_counts compared, counted;

    ck_assert_msg(tl_store_compare_tables(original, copy, NULL, &compared, &ff_err) == TL_OK, "%s",
                  ff_err.message);
    ck_assert_int_eq(tl_store_count_records(copy, &counted, &ff_err), TL_OK);
    ck_assert_mem_eq(&counts, &compared, sizeof(counts));
    ck_assert_mem_eq(&counts, &counted, sizeof(counts));
    ck_assert_uint_eq(counts.of[CKPT_PUT_TABLE], 2);
    ck_assert_uint_eq(counts.of[CKPT_PUT_ENGINE], 2);
    ck_assert_uint_eq(counts.of[CKPT_PUT_CHUNK], CHUNKS);
    ck_assert_uint_eq(counts.of[CKPT_PUT_SOURCE], 1);
    ck_assert_uint_eq(counts.of[CKPT_PUT_FAILURE], 1);
}
END_TEST

START_TEST(the_task_is_not_copied)
{
    struct tl_task_copy found = {0};

    ck_assert_int_eq(tl_task_copy_read(&found, copy, &ff_err), TL_NOT_FOUND);
    ck_assert_int_eq(tl_store_compare_task(&task, copy, &ff_err), TL_NOT_FOUND);
    ck_assert_msg(strstr(ff_err.message, "task record is missing") != NULL, "%s", ff_err.message);
    put(copy, CKPT_PUT_TASK, &task);
    ck_assert_int_eq(tl_store_compare_task(&task, copy, &ff_err), TL_OK);
}
END_TEST

static void expect_difference(const char *words)
{
    ck_assert_int_eq(compare(), TL_NOT_FOUND);
    ck_assert_msg(strstr(ff_err.message, words) && strstr(ff_err.message, "copy.pb") &&
                      ff_err.code == TL_ERR_STORE,
                  "'%s' is not in: %s", words, ff_err.message);
}

START_TEST(a_changed_field_is_named)
{
    struct ckpt_chunk chunk = chunk_of(CHUNKS - 1);
    struct ckpt_engine engine = engine_of(-1);
    struct ckpt_failure other = failure;

    chunk.kvc_checksum++;
    put(copy, CKPT_PUT_CHUNK, &chunk);
    expect_difference("table " T1
                      ", chunk 'a.sql' at offset 249 of engine 0: another kvc_checksum");
    engine.status = 60;
    put(copy, CKPT_PUT_ENGINE, &engine);
    expect_difference("engine -1: another status"); /* the first one counts */
    put(original, CKPT_PUT_ENGINE, &engine);
    chunk.kvc_checksum--;
    put(copy, CKPT_PUT_CHUNK, &chunk);
    other.hint = tl_ckpt_str("well");
    put(copy, CKPT_PUT_FAILURE, &other);
    expect_difference("failure in 'b.sql' at offset -1 of engine 0: another hint");
}
END_TEST

START_TEST(times_may_be_rounded_down)
{
    struct ckpt_chunk chunk = chunk_of(3);

    chunk.update_time += SECOND - 1;
    put(copy, CKPT_PUT_CHUNK, &chunk);
    ck_assert_int_eq(compare(), TL_OK);
    chunk.update_time++;
    put(copy, CKPT_PUT_CHUNK, &chunk);
    expect_difference("another update_time");
}
END_TEST

START_TEST(a_record_too_many_is_named)
{
    const struct ckpt_chunk chunk = chunk_of(CHUNKS);
    const struct ckpt_engine engine = engine_of(5);

    put(copy, CKPT_PUT_CHUNK, &chunk);
    expect_difference("failure in");
    expect_difference("chunk 'a.sql' at offset 250 of engine 0 where failure in 'b.sql'");
    put(copy, CKPT_PUT_ENGINE, &engine);
    expect_difference("engine 5 where chunk 'a.sql' at offset 0 of engine 0 should be");
}
END_TEST

START_TEST(a_missing_record_is_named)
{
    const struct ckpt_chunk chunk = chunk_of(CHUNKS);

    ck_assert_int_eq(tl_store_delete(copy, CKPT_DELETE_FAILURES, T1, &ff_err), TL_OK);
    expect_difference("failure in 'b.sql' at offset -1 of engine 0 is missing");
    ck_assert_int_eq(tl_store_delete(original, CKPT_DELETE_FAILURES, T1, &ff_err), TL_OK);
    ck_assert_int_eq(compare(), TL_OK);
    put(copy, CKPT_PUT_CHUNK, &chunk);
    expect_difference("chunk 'a.sql' at offset 250 of engine 0 is too many");
}
END_TEST

START_TEST(tables_are_compared_both_ways)
{
    const struct ckpt_table more = table_of("`a`.`a`"), last = table_of("`z`.`z`");

    put(copy, CKPT_PUT_TABLE, &last);
    expect_difference("`z`.`z`, which the original does not have");
    put(copy, CKPT_PUT_TABLE, &more);
    expect_difference("`a`.`a`, which the original does not have");
    put(original, CKPT_PUT_TABLE, &more);
    put(original, CKPT_PUT_TABLE, &last);
    ck_assert_int_eq(compare(), TL_OK);
    ck_assert_int_eq(tl_store_delete(copy, CKPT_DELETE_TABLE, T1, &ff_err), TL_OK);
    expect_difference(T1 ", which is missing");
}
END_TEST

START_TEST(a_stop_ends_it)
{
    struct tl_cancel *cancel = NULL;

    ck_assert_int_eq(tl_cancel_new(&cancel, &ff_err), TL_OK);
    tl_cancel_request(cancel);
    ck_assert_int_eq(tl_store_copy_tables(original, copy, cancel, NULL, &ff_err), TL_ERR_CANCELED);
    ck_assert_int_eq(tl_store_compare_tables(original, copy, cancel, NULL, &ff_err),
                     TL_ERR_CANCELED);
    tl_cancel_free(cancel);
}
END_TEST

START_TEST(a_store_that_cannot_be_written_is_told)
{
    struct tl_store *second = copy;

    ff_store = NULL;
    ck_assert_int_eq(ff_open(NULL, true), TL_OK);
    copy = ff_store;
    ff_store = original;
    ck_assert_int_eq(tl_store_copy_tables(second, copy, NULL, NULL, &ff_err), TL_ERR_STORE);
    ck_assert_msg(strstr(ff_err.message, "reading only") != NULL, "%s", ff_err.message);
    tl_store_close(second);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_copy");
    TCase *tcase = tcase_create("store_copy");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_copy_is_equal);
    tcase_add_test(tcase, the_task_is_not_copied);
    tcase_add_test(tcase, a_changed_field_is_named);
    tcase_add_test(tcase, times_may_be_rounded_down);
    tcase_add_test(tcase, a_record_too_many_is_named);
    tcase_add_test(tcase, a_missing_record_is_named);
    tcase_add_test(tcase, tables_are_compared_both_ways);
    tcase_add_test(tcase, a_stop_ends_it);
    tcase_add_test(tcase, a_store_that_cannot_be_written_is_told);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
