/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/config/suggest.c.
 */
#include "core/config/suggest.h"
#include "tests/config/load.h"

static const struct {
    const char *a;
    const char *b;
    unsigned distance;
} pairs[] = {
    {"", "", 0},         {"abc", "abc", 0}, {"abc", "", 3},           {"", "abc", 3},
    {"abc", "abd", 1},   {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"a_b", "a-b", 0},
    {"HOST", "host", 0}, {"ca", "abc", 3},
};

START_TEST(the_distance_counts_edits)
{
    const char *a = pairs[_i].a, *b = pairs[_i].b;

    ck_assert_uint_eq(tl_edit_distance(a, strlen(a), b, strlen(b)), pairs[_i].distance);
    ck_assert_uint_eq(tl_edit_distance(b, strlen(b), a, strlen(a)), pairs[_i].distance);
}
END_TEST

START_TEST(long_texts_are_far_from_everything)
{
    char text[101];

    memset(text, 'x', sizeof(text) - 1);
    text[100] = '\0';
    ck_assert_uint_eq(tl_edit_distance(text, 100, "x", 1), TL_DISTANCE_MAX);
    ck_assert_uint_eq(tl_edit_distance(text, 63, text, 63), 0);
    ck_assert_uint_eq(tl_edit_distance(text, 64, text, 64), TL_DISTANCE_MAX);
}
END_TEST

static const struct {
    const char *name;
    const char *meant; /* NULL = no suggestion */
} keys[] = {
    {"tidb.hst", "tidb.host"},
    {"tidb.passwrod", "tidb.password"},
    {"tidb.max_allowed_packet", "tidb.max-allowed-packet"},
    {"lightnig", "lightning"},
    {"tidb.backend", "tikv-importer.backend"},
    {"mydumper.csv.seperator", "mydumper.csv.separator"},
    {"routes.schema-patern", "routes.schema-pattern"},
    {"mydumper.fles", "mydumper.files"},
    {"tidb.session-var", "tidb.session-vars"},
    {"mydumper.foo", NULL},
    {"something.else", NULL},
};

START_TEST(the_nearest_key_is_suggested)
{
    char out[TL_OPTION_NAME_MAX];
    bool found = tl_suggest_key(out, keys[_i].name);

    ck_assert_int_eq(found, keys[_i].meant != NULL);
    if (found)
        ck_assert_str_eq(out, keys[_i].meant);
}
END_TEST

START_TEST(flags_are_suggested_for_the_program_that_has_them)
{
    ck_assert_str_eq(tl_suggest_flag("tidb-hots", 9, TL_PROGRAM_LOADER), "tidb-host");
    ck_assert_str_eq(tl_suggest_flag("checkpoint-lst", 14, TL_PROGRAM_CTL), "checkpoint-list");
    ck_assert_str_eq(tl_suggest_flag("dry-rn", 6, TL_PROGRAM_CTL), "dry-run");
    ck_assert_ptr_null(tl_suggest_flag("dry-rn", 6, TL_PROGRAM_LOADER));
    ck_assert_ptr_null(tl_suggest_flag("frobnicate", 10, TL_PROGRAM_LOADER));
    ck_assert_ptr_null(tl_suggest_flag("compac", 6, TL_PROGRAM_CTL));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, the_distance_counts_edits, 0, sizeof(pairs) / sizeof(pairs[0]));
    tcase_add_test(tests, long_texts_are_far_from_everything);
    tcase_add_loop_test(tests, the_nearest_key_is_suggested, 0, sizeof(keys) / sizeof(keys[0]));
    tcase_add_test(tests, flags_are_suggested_for_the_program_that_has_them);
}

int main(void)
{
    return run_tests("suggest", add);
}
