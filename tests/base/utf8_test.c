/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is UTF-8 and what is not.
 */
#include "core/base/utf8.h"

#include <check.h>

START_TEST(broken_utf8_is_seen)
{
    ck_assert(tl_utf8_valid("\xf0\x9f\x98\x80", 4));
    ck_assert(!tl_utf8_valid("\xf0\x9f\x98", 3));
    ck_assert(!tl_utf8_valid("\xc0\x80", 2));
    ck_assert(!tl_utf8_valid("\xed\xa0\x80", 3));
    ck_assert(!tl_utf8_valid("\xf4\x90\x80\x80", 4));
    ck_assert(!tl_utf8_valid("a\x80", 2));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tests = tcase_create("utf8");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, broken_utf8_is_seen);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
