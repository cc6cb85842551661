/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the option table itself: rules that each row must keep.
 */
#include "core/config/option_table.h"

#include "core/config/option_value.h"
#include "tests/config/load.h"

static void check_name(size_t index)
{
    const struct tl_option *row = &tl_option_rows[index];
    char name[TL_OPTION_NAME_MAX];

    ck_assert((row->section != NULL) == (row->key != NULL));
    ck_assert(row->key != NULL || row->flag != NULL);
    ck_assert_uint_lt(strlen(tl_option_name(name, row)), TL_OPTION_NAME_MAX - 1);
    ck_assert_ptr_nonnull(row->help);
    ck_assert_uint_gt(strlen(row->help), 8);
    ck_assert_msg(row->help[strlen(row->help) - 1] != '.', "%s: no dot at the end", name);
}

START_TEST(every_row_has_a_name_and_a_help_text)
{
    for (size_t i = 0; i < tl_option_count; i++)
        check_name(i);
}
END_TEST

static void check_lookup(size_t index)
{
    const struct tl_option *row = &tl_option_rows[index];

    if (row->section)
        ck_assert_uint_eq(tl_option_by_key(row->section, row->key), index);
    if (row->flag)
        ck_assert_uint_eq(tl_option_by_flag(row->flag, strlen(row->flag)), index);
    if (row->short_flag)
        ck_assert_uint_eq(tl_option_by_flag(&row->short_flag, 1), index);
}

START_TEST(every_row_is_found_by_its_names_and_no_other_has_them)
{
    for (size_t i = 0; i < tl_option_count; i++)
        check_lookup(i);
}
END_TEST

static void check_default(size_t index)
{
    const struct tl_option *row = &tl_option_rows[index];
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_flags(&options, TL_PROGRAM_LOADER, "-d /src", NULL, &err), TL_OK);
    ck_assert_int_eq(tl_option_store_default(options, row, &err), TL_OK);
    if (row->initial && row->type != TL_TYPE_STRINGS)
        ck_assert(tl_option_is_default(row, row->initial));
    tl_options_free(options);
}

START_TEST(every_default_is_a_valid_value)
{
    for (size_t i = 0; i < tl_option_count; i++)
        check_default(i);
}
END_TEST

static void check_ignored(size_t index)
{
    const struct tl_option *row = &tl_option_rows[index];

    if (row->section && (row->effect == TL_EFFECT_IGNORED || row->effect == TL_EFFECT_PHYSICAL))
        ck_assert_ptr_nonnull(row->initial);
    if (row->effect == TL_EFFECT_REFUSED)
        ck_assert_uint_eq(row->programs, TL_FOR_CTL);
}

START_TEST(what_is_ignored_says_so_by_a_default_to_compare_with)
{
    for (size_t i = 0; i < tl_option_count; i++)
        check_ignored(i);
}
END_TEST

/* Otherwise --print-config would open a section twice, which is no TOML. */
static void check_section(size_t index)
{
    const struct tl_option *row = &tl_option_rows[index];
    bool left = false;

    for (size_t i = index; row->section && row->offset != TL_NO_FIELD && i < tl_option_count; i++) {
        const struct tl_option *other = &tl_option_rows[i];

        if (!other->section || other->offset == TL_NO_FIELD)
            continue;
        if (strcmp(other->section, row->section) != 0)
            left = true;
        else
            ck_assert_msg(!left, "%s.%s stands apart", other->section, other->key);
    }
}

START_TEST(printed_rows_of_a_section_stand_together)
{
    for (size_t i = 0; i < tl_option_count; i++)
        check_section(i);
}
END_TEST

static void check_secret(size_t index)
{
    const struct tl_option *row = &tl_option_rows[index];

    if (row->secret) {
        ck_assert_uint_eq(row->type, TL_TYPE_STRING);
        ck_assert_ptr_null(row->allowed);
    }
}

START_TEST(secrets_are_texts)
{
    for (size_t i = 0; i < tl_option_count; i++)
        check_secret(i);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, every_row_has_a_name_and_a_help_text);
    tcase_add_test(tests, every_row_is_found_by_its_names_and_no_other_has_them);
    tcase_add_test(tests, every_default_is_a_valid_value);
    tcase_add_test(tests, what_is_ignored_says_so_by_a_default_to_compare_with);
    tcase_add_test(tests, printed_rows_of_a_section_stand_together);
    tcase_add_test(tests, secrets_are_texts);
}

int main(void)
{
    return run_tests("table", add);
}
