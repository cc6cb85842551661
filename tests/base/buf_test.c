/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/base/buf.c.
 */
#include "core/base/buf.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "core/base/error.h"

START_TEST(an_empty_buffer_reads_as_empty_text)
{
    TL_CLEANUP_BUF struct tl_buf buf;

    tl_buf_init(&buf, 10);
    ck_assert_str_eq(tl_buf_text(&buf), "");
    ck_assert_uint_eq(buf.len, 0);
}
END_TEST

START_TEST(appended_pieces_stand_behind_each_other)
{
    TL_CLEANUP_BUF struct tl_buf buf;

    tl_buf_init(&buf, 1000);
    ck_assert_int_eq(tl_buf_adds(&buf, "one "), TL_OK);
    ck_assert_int_eq(tl_buf_add(&buf, "two!", 3), TL_OK);
    ck_assert_int_eq(tl_buf_addf(&buf, " %d%s", 3, "rd"), TL_OK);
    ck_assert_str_eq(tl_buf_text(&buf), "one two 3rd");
    ck_assert_uint_eq(buf.len, strlen("one two 3rd"));
}
END_TEST

START_TEST(zero_bytes_are_kept_and_the_end_is_terminated)
{
    TL_CLEANUP_BUF struct tl_buf buf;

    tl_buf_init(&buf, 1000);
    ck_assert_int_eq(tl_buf_add(&buf, "a\0b", 3), TL_OK);
    ck_assert_mem_eq(buf.data, "a\0b\0", 4);
    ck_assert_uint_eq(buf.len, 3);
}
END_TEST

START_TEST(growing_past_the_maximum_changes_nothing)
{
    TL_CLEANUP_BUF struct tl_buf buf;

    tl_buf_init(&buf, 5);
    ck_assert_int_eq(tl_buf_adds(&buf, "12345"), TL_OK);
    ck_assert_int_eq(tl_buf_adds(&buf, "6"), TL_ERR_NOMEM);
    ck_assert_int_eq(tl_buf_addf(&buf, "%d", 6), TL_ERR_NOMEM);
    ck_assert_int_eq(tl_buf_reserve(&buf, SIZE_MAX), TL_ERR_NOMEM);
    ck_assert_str_eq(tl_buf_text(&buf), "12345");
}
END_TEST

START_TEST(a_cleared_buffer_is_empty_and_keeps_its_memory)
{
    TL_CLEANUP_BUF struct tl_buf buf;

    tl_buf_init(&buf, 100);
    ck_assert_int_eq(tl_buf_adds(&buf, "text"), TL_OK);
    tl_buf_clear(&buf);
    ck_assert_str_eq(tl_buf_text(&buf), "");
    ck_assert_uint_ge(buf.cap, 4);
}
END_TEST

START_TEST(stolen_text_belongs_to_the_caller)
{
    struct tl_buf buf;
    char *text, *empty;

    tl_buf_init(&buf, 100);
    ck_assert_int_eq(tl_buf_adds(&buf, "text"), TL_OK);
    text = tl_buf_steal(&buf);
    empty = tl_buf_steal(&buf);
    tl_buf_done(&buf);
    ck_assert_str_eq(text, "text");
    ck_assert_str_eq(empty, "");
    free(text);
    free(empty);
}
END_TEST

START_TEST(a_buffer_grows_byte_by_byte_to_its_maximum)
{
    TL_CLEANUP_BUF struct tl_buf buf;

    tl_buf_init(&buf, 5000);
    for (int i = 0; i < 5000; i++)
        ck_assert_int_eq(tl_buf_add(&buf, &(char){(char)('a' + i % 26)}, 1), TL_OK);
    ck_assert_int_eq(tl_buf_add(&buf, "x", 1), TL_ERR_NOMEM);
    for (int i = 0; i < 5000; i++)
        ck_assert_int_eq(buf.data[i], 'a' + i % 26);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buf");
    TCase *tests = tcase_create("buf");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, an_empty_buffer_reads_as_empty_text);
    tcase_add_test(tests, appended_pieces_stand_behind_each_other);
    tcase_add_test(tests, zero_bytes_are_kept_and_the_end_is_terminated);
    tcase_add_test(tests, growing_past_the_maximum_changes_nothing);
    tcase_add_test(tests, a_cleared_buffer_is_empty_and_keeps_its_memory);
    tcase_add_test(tests, stolen_text_belongs_to_the_caller);
    tcase_add_test(tests, a_buffer_grows_byte_by_byte_to_its_maximum);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
