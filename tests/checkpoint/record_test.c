/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records seen alike: no field is forgotten.
 */
#include "core/checkpoint/record.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/checkpoint/model.h"

enum { TEXTS = 8, LARGEST = sizeof(union tl_record) };

#define AT(kind, field) offsetof(struct ckpt_##kind, field)

/* Where the strings are, and what is no field of the record. */
static const struct {
    uint32_t kind;
    size_t size;
    size_t texts[TEXTS]; /* ended by 0 */
    size_t reserved;     /* 0 = none */
    size_t keys[TEXTS];  /* of numbers and strings, ended by 0 */
} kinds[] = {
    {CKPT_PUT_TASK,
     sizeof(struct ckpt_task),
     {AT(task, source_dir), AT(task, backend), AT(task, importer_addr), AT(task, target_host),
      AT(task, pd_addr), AT(task, sorted_kv_dir), AT(task, version), AT(task, extra)},
     AT(task, reserved),
     {0}},
    {CKPT_PUT_TABLE,
     sizeof(struct ckpt_table),
     {AT(table, name), AT(table, hash), AT(table, table_info), AT(table, extra)},
     0,
     {AT(table, name)}},
    {CKPT_PUT_ENGINE,
     sizeof(struct ckpt_engine),
     {AT(engine, table_name), AT(engine, extra)},
     AT(engine, reserved),
     {AT(engine, table_name), AT(engine, engine_id)}},
    {CKPT_PUT_CHUNK,
     sizeof(struct ckpt_chunk),
     {AT(chunk, table_name), AT(chunk, path), AT(chunk, sort_key), AT(chunk, columns),
      AT(chunk, extra)},
     0,
     {AT(chunk, engine_id), AT(chunk, table_name), AT(chunk, path), AT(chunk, offset)}},
    {CKPT_PUT_SOURCE,
     sizeof(struct ckpt_source),
     {AT(source, table_name), AT(source, path), AT(source, fingerprint), AT(source, extra)},
     AT(source, reserved),
     {AT(source, table_name), AT(source, path)}},
    {CKPT_PUT_FAILURE,
     sizeof(struct ckpt_failure),
     {AT(failure, table_name), AT(failure, path), AT(failure, sqlstate), AT(failure, message),
      AT(failure, hint), AT(failure, extra)},
     0,
     {AT(failure, engine_id), AT(failure, table_name), AT(failure, path), AT(failure, offset)}},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static struct tl_buf scratch;

static void setup(void)
{
    tl_buf_init(&scratch, 1 << 20);
}

static void teardown(void)
{
    tl_buf_done(&scratch);
}

static bool contains(const size_t list[TEXTS], size_t at, size_t size)
{
    for (size_t i = 0; i < TEXTS && list[i]; i++)
        if (at >= list[i] && at < list[i] + size)
            return true;
    return false;
}

static void put_text(char *record, size_t at, const char *text)
{
    struct ckpt_str str = tl_ckpt_str(text);

    memcpy(record + at, &str, sizeof(str));
}

/* All strings "s", all numbers 0. */
static void plain(char record[LARGEST], int k)
{
    uint32_t size = (uint32_t)kinds[k].size;

    memset(record, 0, LARGEST);
    memcpy(record, &size, sizeof(size));
    for (size_t i = 0; i < TEXTS && kinds[k].texts[i]; i++)
        put_text(record, kinds[k].texts[i], "s");
}

static void expect_difference(int k, const char *a, const char *b, size_t at)
{
    struct tl_digest left, right;
    bool is_key = false;

    for (size_t i = 0; i < TEXTS && kinds[k].keys[i]; i++)
        is_key = is_key || at == kinds[k].keys[i] ||
                 (at == kinds[k].keys[i] + 4 && at == AT(chunk, offset) + 4);
    ck_assert_msg(tl_record_diff(kinds[k].kind, a, b) != NULL, "kind %u, byte %zu", kinds[k].kind,
                  at);
    ck_assert_int_eq(tl_record_digest(&left, kinds[k].kind, a, &scratch), TL_OK);
    ck_assert_int_eq(tl_record_digest(&right, kinds[k].kind, b, &scratch), TL_OK);
    ck_assert_mem_ne(left.bytes, right.bytes, TL_DIGEST_LEN);
    if (is_key)
        ck_assert_msg(!tl_record_same_key(kinds[k].kind, a, b), "kind %u, byte %zu", kinds[k].kind,
                      at);
}

START_TEST(every_number_counts)
{
    char a[LARGEST], b[LARGEST];

    plain(a, _i);
    for (size_t at = 4; at < kinds[_i].size; at += 4) {
        const uint32_t other = 0x7fffffff; /* of a time: two seconds, or many years */

        if (contains(kinds[_i].texts, at, sizeof(struct ckpt_str)) || at == kinds[_i].reserved)
            continue;
        plain(b, _i);
        memcpy(b + at, &other, sizeof(other));
        expect_difference(_i, a, b, at);
    }
}
END_TEST

START_TEST(every_string_counts)
{
    static const char *const others[] = {"", "t", "ss"};
    char a[LARGEST], b[LARGEST];

    plain(a, _i);
    for (size_t t = 0; t < TEXTS && kinds[_i].texts[t]; t++)
        for (size_t o = 0; o < 3; o++) {
            plain(b, _i);
            put_text(b, kinds[_i].texts[t], others[o]);
            expect_difference(_i, a, b, kinds[_i].texts[t]);
        }
}
END_TEST

/* "ab" + "c" and "a" + "bc" are not the same. */
START_TEST(a_digest_keeps_strings_apart)
{
    char a[LARGEST], b[LARGEST];
    const size_t *texts = kinds[_i].texts;

    plain(a, _i);
    plain(b, _i);
    put_text(a, texts[0], "ab");
    put_text(a, texts[1], "c");
    put_text(b, texts[0], "a");
    put_text(b, texts[1], "bc");
    expect_difference(_i, a, b, texts[0]);
}
END_TEST

START_TEST(a_copy_is_equal_and_has_its_own_strings)
{
    char a[LARGEST];
    union tl_record copy;
    size_t bytes;
    char *text;

    plain(a, _i);
    bytes = tl_record_bytes(kinds[_i].kind, a);
    text = malloc(bytes);
    ck_assert(text != NULL);
    tl_record_copy(&copy, kinds[_i].kind, a, text);
    ck_assert_ptr_eq(tl_record_diff(kinds[_i].kind, a, &copy), NULL);
    ck_assert_mem_eq(text, "ssssssss", bytes);
    text[0] = 'x';
    ck_assert(tl_record_diff(kinds[_i].kind, a, &copy) != NULL);
    free(text);
}
END_TEST

static const struct {
    int64_t a, b;
    bool same;
} times[] = {
    {5000000000, 5000000000, true},
    {5999999999, 5000000000, true},
    {5999999999, 6000000000, false},
    {-1, -1000000000, true},
    {-1, 0, false},
    {INT64_MIN, INT64_MIN + 1, true},
};

START_TEST(times_are_compared_to_the_second)
{
    const struct ckpt_engine a = {.struct_size = sizeof(a), .create_time = times[_i].a};
    const struct ckpt_engine b = {.struct_size = sizeof(b), .create_time = times[_i].b};
    const char *field = tl_record_diff(CKPT_PUT_ENGINE, &a, &b);

    ck_assert_msg(times[_i].same ? !field : field && strcmp(field, "create_time") == 0, "%s",
                  field ? field : "no difference");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("record");
    TCase *tcase = tcase_create("record");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, every_number_counts, 0, KINDS);
    tcase_add_loop_test(tcase, every_string_counts, 0, KINDS);
    tcase_add_loop_test(tcase, a_digest_keeps_strings_apart, 0, KINDS);
    tcase_add_loop_test(tcase, a_copy_is_equal_and_has_its_own_strings, 0, KINDS);
    tcase_add_loop_test(tcase, times_are_compared_to_the_second, 0,
                        (int)(sizeof(times) / sizeof(times[0])));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
