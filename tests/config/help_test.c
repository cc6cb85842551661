/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of --help.
 */
#include "core/config/option_table.h"
#include "tests/config/load.h"

static char *loader;
static char *ctl;

static void setup(void)
{
    loader = tl_options_help(TL_PROGRAM_LOADER);
    ctl = tl_options_help(TL_PROGRAM_CTL);
    ck_assert_ptr_nonnull(loader);
    ck_assert_ptr_nonnull(ctl);
}

static void teardown(void)
{
    free(loader);
    free(ctl);
}

static void check_flag(size_t index)
{
    const struct tl_option *row = &tl_option_rows[index];
    char flag[80];

    if (!row->flag)
        return;
    snprintf(flag, sizeof(flag), " --%s ", row->flag);
    ck_assert_int_eq(strstr(loader, flag) != NULL, (row->programs & TL_FOR_LOADER) != 0);
    ck_assert_int_eq(strstr(ctl, flag) != NULL, row->effect != TL_EFFECT_REFUSED);
}

START_TEST(help_shows_each_flag_to_the_program_that_has_it)
{
    for (size_t i = 0; i < tl_option_count; i++)
        check_flag(i);
}
END_TEST

static void check_key(size_t index)
{
    const struct tl_option *row = &tl_option_rows[index];
    char key[80];

    if (!row->section || row->effect != TL_EFFECT_ACTED)
        return;
    snprintf(key, sizeof(key), "\n  [%s]\n", row->section);
    ck_assert_ptr_nonnull(strstr(loader, key));
    snprintf(key, sizeof(key), "\n    %s ", row->key);
    ck_assert_ptr_nonnull(strstr(loader, key));
    ck_assert_ptr_nonnull(strstr(loader, row->help));
}

START_TEST(help_shows_each_key_that_is_acted_on)
{
    for (size_t i = 0; i < tl_option_count; i++)
        check_key(i);
}
END_TEST

START_TEST(help_says_what_is_not_acted_on)
{
    const char *line = strstr(loader, "--server-mode");

    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_nonnull(strstr(line, "(not acted on yet)\n"));
    ck_assert(strstr(line, "(not acted on yet)\n") < strchr(line, '\n'));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, help_shows_each_flag_to_the_program_that_has_it);
    tcase_add_test(tests, help_shows_each_key_that_is_acted_on);
    tcase_add_test(tests, help_says_what_is_not_acted_on);
}

int main(void)
{
    return run_tests("help", add);
}
