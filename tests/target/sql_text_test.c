/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/target/sql_text.c: no server.
 */
#include "core/target/session.h"

#include <check.h>

START_TEST(names_are_quoted_with_doubled_backquotes)
{
    struct tl_buf sql;

    tl_buf_init(&sql, 100);
    ck_assert_int_eq(tl_sql_add_name(&sql, "a`b``"), TL_OK);
    ck_assert_str_eq(sql.data, "`a``b`````");
    tl_buf_done(&sql);
}
END_TEST

static const struct {
    const char *text;
    size_t len;
    const char *sql;
} texts[] = {
    {"", 0, "''"},
    {"it's", 4, "'it''s'"},
    {"a\\b", 3, "_utf8mb4 x'615c62'"},
    {"a\0b", 3, "_utf8mb4 x'610062'"},
    {"\xff", 1, "x'ff'"},
    {"\xc3\xa4", 2, "'\xc3\xa4'"},
};

START_TEST(texts_are_literals_under_any_sql_mode)
{
    struct tl_buf sql;

    tl_buf_init(&sql, 100);
    ck_assert_int_eq(tl_sql_add_text(&sql, texts[_i].text, texts[_i].len), TL_OK);
    ck_assert_str_eq(sql.data, texts[_i].sql);
    tl_buf_done(&sql);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sql_text");
    TCase *tests = tcase_create("text");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, names_are_quoted_with_doubled_backquotes);
    tcase_add_loop_test(tests, texts_are_literals_under_any_sql_mode, 0,
                        sizeof(texts) / sizeof(texts[0]));
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
