/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the option table itself: rules that each row must keep.
 */
#include "core/config/option_table.h"

#include "core/config/option_value.h"
#include "tests/config/load.h"

START_TEST(every_row_has_a_name_and_a_help_text)
{
    const struct tl_option *row = &tl_option_rows[_i];
    char name[TL_OPTION_NAME_MAX];

    ck_assert((row->section != NULL) == (row->key != NULL));
    ck_assert(row->key != NULL || row->flag != NULL);
    ck_assert_uint_lt(strlen(tl_option_name(name, row)), TL_OPTION_NAME_MAX - 1);
    ck_assert_ptr_nonnull(row->help);
    ck_assert_uint_gt(strlen(row->help), 8);
    ck_assert_msg(row->help[strlen(row->help) - 1] != '.', "%s: no dot at the end", name);
}
END_TEST

START_TEST(every_row_is_found_by_its_names_and_no_other_has_them)
{
    const struct tl_option *row = &tl_option_rows[_i];

    if (row->section)
        ck_assert_uint_eq(tl_option_by_key(row->section, row->key), (size_t)_i);
    if (row->flag)
        ck_assert_uint_eq(tl_option_by_flag(row->flag, strlen(row->flag)), (size_t)_i);
    if (row->short_flag)
        ck_assert_uint_eq(tl_option_by_flag(&row->short_flag, 1), (size_t)_i);
}
END_TEST

START_TEST(every_default_is_a_valid_value)
{
    const struct tl_option *row = &tl_option_rows[_i];
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_flags(&options, TL_PROGRAM_LOADER, "-d /src", NULL, &err), TL_OK);
    ck_assert_int_eq(tl_option_store_default(options, row, &err), TL_OK);
    if (row->initial && row->type != TL_TYPE_STRINGS)
        ck_assert(tl_option_is_default(row, row->initial));
    tl_options_free(options);
}
END_TEST

START_TEST(what_is_ignored_says_so_by_a_default_to_compare_with)
{
    const struct tl_option *row = &tl_option_rows[_i];

    if (row->section && (row->effect == TL_EFFECT_IGNORED || row->effect == TL_EFFECT_PHYSICAL))
        ck_assert_ptr_nonnull(row->initial);
    if (row->effect == TL_EFFECT_REFUSED)
        ck_assert_uint_eq(row->programs, TL_FOR_CTL);
}
END_TEST

/* Otherwise --print-config would open a section twice, which is no TOML. */
START_TEST(printed_rows_of_a_section_stand_together)
{
    const struct tl_option *row = &tl_option_rows[_i];
    bool left = false;

    for (size_t i = (size_t)_i; row->section && row->offset != TL_NO_FIELD && i < tl_option_count;
         i++) {
        const struct tl_option *other = &tl_option_rows[i];

        if (!other->section || other->offset == TL_NO_FIELD)
            continue;
        if (strcmp(other->section, row->section) != 0)
            left = true;
        else
            ck_assert_msg(!left, "%s.%s stands apart", other->section, other->key);
    }
}
END_TEST

START_TEST(secrets_are_texts)
{
    const struct tl_option *row = &tl_option_rows[_i];

    if (row->secret) {
        ck_assert_uint_eq(row->type, TL_TYPE_STRING);
        ck_assert_ptr_null(row->allowed);
    }
}
END_TEST

static void add(TCase *tests)
{
    int rows = (int)tl_option_count;

    tcase_add_loop_test(tests, every_row_has_a_name_and_a_help_text, 0, rows);
    tcase_add_loop_test(tests, every_row_is_found_by_its_names_and_no_other_has_them, 0, rows);
    tcase_add_loop_test(tests, every_default_is_a_valid_value, 0, rows);
    tcase_add_loop_test(tests, what_is_ignored_says_so_by_a_default_to_compare_with, 0, rows);
    tcase_add_loop_test(tests, printed_rows_of_a_section_stand_together, 0, rows);
    tcase_add_loop_test(tests, secrets_are_texts, 0, rows);
}

int main(void)
{
    return run_tests("table", add);
}
