/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/base/secret.c.
 */
#include "core/base/secret.h"

#include <check.h>
#include <string.h>

static const struct {
    const char *dsn;
    const char *shown;
} cases[] = {
    {"root:pw@tcp(127.0.0.1:4000)/", "root:***@tcp(127.0.0.1:4000)/"},
    {"root@unix(/run/x.sock)/", "root@unix(/run/x.sock)/"},
    {"root:@tcp(h:1)/", "root:@tcp(h:1)/"},
    {"u:p@ss:w/ord?@tcp(h:1)/", "u:***@tcp(h:1)/"},
    {"u:a://b@tcp(h:1)/", "u:***@tcp(h:1)/"},
    {"mysql://u:pw@h:1/db", "mysql://u:***@h:1/db"},
    {"s3://key@bucket/x", "s3://***@bucket/x"},
    {"s3://b/x?access-key=AAA&secret-access-key=BBB&region=eu",
     "s3://b/x?access-key=***&secret-access-key=***&region=eu"},
    {"u:pw@tcp(h:1)/?password=x;token=y", "u:***@tcp(h:1)/?password=***;token=***"},
    {"/tmp/tidb_lightning_checkpoint.db", "/tmp/tidb_lightning_checkpoint.db"},
    {"", ""},
};

START_TEST(a_dsn_is_shown_without_its_secrets)
{
    TL_CLEANUP_FREE char *shown = tl_secret_redact_dsn(cases[_i].dsn);

    ck_assert_str_eq(shown, cases[_i].shown);
}
END_TEST

START_TEST(a_wiped_secret_is_gone)
{
    char text[] = "geheim";

    tl_secret_wipe(text);
    ck_assert_mem_eq(text, "\0\0\0\0\0\0\0", sizeof(text));
    tl_secret_wipe(NULL);
    tl_secret_free(NULL);
}
END_TEST

START_TEST(a_copy_is_independent)
{
    char text[] = "geheim";
    TL_CLEANUP_SECRET char *copy = tl_secret_dup(text);

    tl_secret_wipe(text);
    ck_assert_str_eq(copy, "geheim");
    ck_assert_ptr_null(tl_secret_dup(NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("secret");
    TCase *tests = tcase_create("secret");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tests, a_dsn_is_shown_without_its_secrets, 0,
                        sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tests, a_wiped_secret_is_gone);
    tcase_add_test(tests, a_copy_is_independent);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
