/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/base/error.c.
 */
#include "core/base/error.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static struct tl_error err;

static void setup(void)
{
    tl_error_init(&err);
}

START_TEST(set_returns_the_code_and_clears_what_was_before)
{
    err.native = 5;
    err.retryable = true;
    memcpy(err.sqlstate, "HY000", 6);
    memcpy(err.hint, "old", 4);
    ck_assert_int_eq(tl_error_set(&err, TL_ERR_DATA, "file %s", "a.sql"), TL_ERR_DATA);
    ck_assert_str_eq(err.message, "file a.sql");
    ck_assert_int_eq(err.code, TL_ERR_DATA);
    ck_assert_int_eq(err.native, 0);
    ck_assert(!err.retryable);
    ck_assert_str_eq(err.sqlstate, "");
    ck_assert_str_eq(err.hint, "");
}
END_TEST

START_TEST(a_message_is_always_one_line)
{
    tl_error_set(&err, TL_ERR, "a\nb\r\nc");
    tl_error_hint(&err, "x\ny");
    ck_assert_str_eq(err.message, "a b  c");
    ck_assert_str_eq(err.hint, "x y");
}
END_TEST

START_TEST(errno_is_kept_and_explained)
{
    ck_assert_int_eq(tl_error_errno(&err, ENOENT, "cannot open %s", "/x"), TL_ERR_IO);
    ck_assert_str_eq(err.message, "cannot open /x: No such file or directory");
    ck_assert_int_eq(err.native, ENOENT);
}
END_TEST

START_TEST(context_stands_in_front_and_keeps_the_rest)
{
    tl_error_set(&err, TL_ERR_DB, "no such table");
    err.native = 1146;
    tl_error_hint(&err, "create it");
    ck_assert_int_eq(tl_error_context(&err, "table %s", "t"), TL_ERR_DB);
    ck_assert_str_eq(err.message, "table t: no such table");
    ck_assert_int_eq(err.native, 1146);
    ck_assert_str_eq(err.hint, "create it");
}
END_TEST

START_TEST(joined_errors_keep_both_texts)
{
    struct tl_error other;

    tl_error_set(&err, TL_ERR_REFUSED, "one");
    tl_error_set(&other, TL_ERR_STORE, "two");
    tl_error_hint(&other, "do it");
    ck_assert_int_eq(tl_error_join(&err, &other), TL_ERR_REFUSED);
    ck_assert_int_eq(tl_error_join(&err, &other), TL_ERR_REFUSED);
    ck_assert_str_eq(err.message, "one; two; two");
    ck_assert_str_eq(err.hint, "do it; do it");
}
END_TEST

START_TEST(overlong_texts_are_cut_and_terminated)
{
    char text[2 * sizeof(err.message)];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    tl_error_errno(&err, EIO, "%s", text);
    ck_assert_uint_eq(strlen(err.message), sizeof(err.message) - 1);
    tl_error_context(&err, "%s", text);
    ck_assert_uint_eq(strlen(err.message), sizeof(err.message) - 1);
    tl_error_hint(&err, "%s", text);
    ck_assert_uint_eq(strlen(err.hint), sizeof(err.hint) - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("error");
    TCase *tests = tcase_create("error");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, set_returns_the_code_and_clears_what_was_before);
    tcase_add_test(tests, a_message_is_always_one_line);
    tcase_add_test(tests, errno_is_kept_and_explained);
    tcase_add_test(tests, context_stands_in_front_and_keeps_the_rest);
    tcase_add_test(tests, joined_errors_keep_both_texts);
    tcase_add_test(tests, overlong_texts_are_cut_and_terminated);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
