/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sql_mode rows are written under, from what the user and the dump say.
 */
#include "core/target/sql_mode.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *user; /* NULL = not given: the default applies */
    const char *dump; /* NULL = silent, "-" = a CSV file */
    const char *want;
} cases[] = {
    {NULL, NULL, "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO"},
    {NULL, "", "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO"},
    {NULL, "-", "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO"},
    {NULL, "NO_AUTO_VALUE_ON_ZERO", "NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES"},
    {NULL, "no_zero_date, ONLY_FULL_GROUP_BY,NO_AUTO_CREATE_USER",
     "no_zero_date,STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO"},
    {NULL, "NO_BACKSLASH_ESCAPES", "NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO"},
    {NULL, "X\tNO_BACKSLASH_ESCAPES,'Y'",
     "X,NO_BACKSLASH_ESCAPES,Y,STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO"},
    {NULL, "ANSI", "ANSI_QUOTES,STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO"},
    {"", NULL, "NO_AUTO_VALUE_ON_ZERO"},
    {"ANSI_QUOTES,NO_ZERO_DATE", NULL, "NO_ZERO_DATE,ANSI_QUOTES,NO_AUTO_VALUE_ON_ZERO"},
    {"ANSI_QUOTES,NO_ZERO_DATE", "-", "NO_ZERO_DATE,NO_AUTO_VALUE_ON_ZERO"},
    {"ANSI_QUOTES", "STRICT_TRANS_TABLES", "NO_AUTO_VALUE_ON_ZERO"},
};

START_TEST(modes_are_made_of_what_user_and_dump_say)
{
    static char none[] = "ONLY_FULL_GROUP_BY,NO_AUTO_CREATE_USER";
    char user[128], mode[TL_SQL_MODE_MAX];
    struct tl_options options;
    struct tl_session_state state;

    memset(&options, 0, sizeof(options));
    memset(&state, 0, sizeof(state));
    options.sql_mode_given = cases[_i].user != NULL;
    snprintf(user, sizeof(user), "%s", cases[_i].user ? cases[_i].user : none);
    options.sql_mode = user;
    state.sql_mode_given = cases[_i].dump != NULL;
    snprintf(state.sql_mode, sizeof(state.sql_mode), "%s", cases[_i].dump ? cases[_i].dump : "");
    tl_sql_mode_make(mode, &options, strcmp(state.sql_mode, "-") == 0 ? NULL : &state);
    ck_assert_str_eq(mode, cases[_i].want);
}
END_TEST

START_TEST(a_mode_is_dropped_wherever_it_stands)
{
    char mode[TL_SQL_MODE_MAX] = "A,BB,CCC";

    ck_assert(!tl_sql_mode_drop(mode, "B", 1));
    ck_assert(tl_sql_mode_drop(mode, "bb", 2));
    ck_assert_str_eq(mode, "A,CCC");
    ck_assert(tl_sql_mode_drop(mode, "CCC", 3));
    ck_assert_str_eq(mode, "A");
    ck_assert(tl_sql_mode_drop(mode, "A", 1));
    ck_assert_str_eq(mode, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sql_mode");
    TCase *tc = tcase_create("unit");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tc, modes_are_made_of_what_user_and_dump_say, 0,
                        sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, a_mode_is_dropped_wherever_it_stands);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
