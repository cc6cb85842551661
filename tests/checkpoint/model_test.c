/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statuses and unique names.
 */
#include "core/checkpoint/model.h"

#include <check.h>
#include <stdlib.h>

static const struct {
    uint32_t status;
    const char *name;
    bool invalid;
} statuses[] = {
    {0, "missing", false},
    {30, "pending", false},
    {60, "written", false},
    {90, "closed", false},
    {200, "done", false},
    {210, "analyzed", false},
    {3, "failed at pending", true},
    {6, "failed at written", true},
    {20, "failed at done", true},
    {25, "failed", true},
    {1, "failed", true},
    {26, "unknown", false},
};

START_TEST(status_has_a_name)
{
    ck_assert_str_eq(tl_status_name(statuses[_i].status), statuses[_i].name);
    ck_assert(tl_status_is_invalid(statuses[_i].status) == statuses[_i].invalid);
}
END_TEST

static const struct {
    const char *db;
    const char *table;
    const char *name;
} names[] = {
    {"shop", "item", "`shop`.`item`"},
    {"a`b", "``",
     "`a``b`.`"
     "````"
     "`"},
    {"a.b", "c`.`d", "`a.b`.`c``.``d`"},
    {" ", "\xc3\xa4", "` `.`\xc3\xa4`"},
};

START_TEST(unique_name_goes_there_and_back)
{
    char *name = tl_unique_name(names[_i].db, names[_i].table);
    char *db = NULL;
    char *table = NULL;
    struct tl_error err;

    ck_assert_str_eq(name, names[_i].name);
    ck_assert_int_eq(tl_unique_name_split(name, &db, &table, &err), TL_OK);
    ck_assert_str_eq(db, names[_i].db);
    ck_assert_str_eq(table, names[_i].table);
    free(name);
    free(db);
    free(table);
}
END_TEST

static const char *const malformed[] = {"",          "a.b",      "`a`",      "`a`.",     "`a`.`b",
                                        "`a`.b",     "``.`b`",   "`a`.``",   "`a`.`b`.", "`a`.`b`c",
                                        "`a`b`.`c`", "`a`..`b`", "`a` .`b`", "`"};

START_TEST(malformed_name_is_refused)
{
    char *db = NULL;
    char *table = NULL;
    struct tl_error err;

    tl_error_init(&err);
    ck_assert_int_eq(tl_unique_name_split(malformed[_i], &db, &table, &err), TL_ERR_USAGE);
    ck_assert_ptr_null(db);
    ck_assert_ptr_null(table);
    ck_assert(err.hint[0] != '\0');
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("model");
    TCase *t = tcase_create("model");

    tcase_add_loop_test(t, status_has_a_name, 0, sizeof(statuses) / sizeof(statuses[0]));
    tcase_add_loop_test(t, unique_name_goes_there_and_back, 0, sizeof(names) / sizeof(names[0]));
    tcase_add_loop_test(t, malformed_name_is_refused, 0, sizeof(malformed) / sizeof(malformed[0]));
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
