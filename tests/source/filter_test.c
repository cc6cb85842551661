/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table filter: what each form of rule matches, that the last match decides, and that a rule
 * which cannot be understood is an error with its place.
 */
#include "core/source/filter.h"

#include <stdio.h>

#include "tests/source/tempdir.h"

enum { MAX_RULES = 4 };

struct row {
    const char *rules[MAX_RULES];
    const char *db;
    const char *table; /* NULL: the database itself */
    bool sensitive;
    bool accepted;
};

static const struct row rows[] = {
    /* the default */
    {{NULL}, "shop", "orders", false, true},
    {{NULL}, "shop", NULL, false, true},
    {{NULL}, "mysql", "user", false, false},
    {{NULL}, "information_schema", "tables", false, false},
    {{NULL}, "Sys", NULL, false, false},
    /* literal and wildcards */
    {{"a.b"}, "a", "b", false, true},
    {{"a.b"}, "a", "bb", false, false},
    {{"a.b"}, "A", "B", false, true},
    {{"a.b"}, "A", "B", true, false},
    {{"a*.b?"}, "abc", "b1", false, true},
    {{"a*.b?"}, "abc", "b", false, false},
    {{"a.t[0-9]"}, "a", "t5", false, true},
    {{"a.t[!0-9]"}, "a", "t5", false, false},
    {{"a.t[!0-9]"}, "a", "tx", false, true},
    {{"a.t[^x]"}, "a", "t^", false, true},
    {{"a.t[^x]"}, "a", "ty", false, false},
    {{"a.t[\\]x]"}, "a", "t]", false, true},
    {{"a.t[[x]"}, "a", "t[", false, true},
    {{"a.?"}, "a", "\xe4\xb8\xad", false, true},
    {{"a.?"}, "a", "\xff", false, true},
    {{"*.*"}, "\xff\xfe", "x\ny", false, true},
    {{"a.x*"}, "a", "x\ny", false, true},
    {{"a.b$"}, "a", "b$", false, true},
    {{"\xc3\x84.b"}, "\xc3\xa4", "b", false, true},
    /* escapes and quotes */
    {{"a\\.b.c"}, "a.b", "c", false, true},
    {{"a.b\\*"}, "a", "b*", false, true},
    {{"a.b\\*"}, "a", "bx", false, false},
    {{"`a.b`.\"c\"\"d\""}, "a.b", "c\"d", false, true},
    {{"`a``b`.`*`"}, "a`b", "*", false, true},
    {{"`a``b`.`*`"}, "a`b", "x", false, false},
    /* regular expressions match anywhere */
    {{"/^s/./er/"}, "shop", "orders", false, true},
    {{"/^s/./er/"}, "xshop", "orders", false, false},
    {{"/^S/./ER/"}, "shop", "orders", true, false},
    {{"/a\\/b/.*"}, "xa/by", "t", false, true},
    {{"/(?P<x>ab)$/.*"}, "cab", "t", false, true},
    /* order and exclusion */
    {{"a.*", "!a.b"}, "a", "b", false, false},
    {{"a.*", "!a.b"}, "a", "c", false, true},
    {{"!a.b", "a.*"}, "a", "b", false, true},
    {{"a.*", "!a.*", "a.b"}, "a", "b", false, true},
    {{"!a.*"}, "b", "c", false, false},
    {{"# a comment", " a.b ", ""}, "a", "b", false, true},
    /* databases */
    {{"a.b"}, "a", NULL, false, true},
    {{"a.b"}, "b", NULL, false, false},
    {{"*.*", "!a.b"}, "a", NULL, false, true},
    {{"*.*", "!a.*"}, "a", NULL, false, false},
};

static int make(struct tl_filter **filter, const char *const *rules, bool sensitive,
                struct tl_error *err)
{
    char *items[MAX_RULES];
    struct tl_strings list = {items, 0};
    int rc;

    for (; list.count < MAX_RULES && rules[list.count]; list.count++)
        items[list.count] = strdup(rules[list.count]);
    rc = tl_filter_new(filter, &list, sensitive, err);
    for (size_t i = 0; i < list.count; i++)
        free(items[i]);
    return rc;
}

START_TEST(rules_accept_and_reject_as_written)
{
    const struct row *row = &rows[_i];
    struct tl_filter *filter;
    struct tl_error err;
    int rc;

    ck_assert_int_eq(make(&filter, row->rules, row->sensitive, &err), TL_OK);
    rc = row->table ? tl_filter_table(filter, row->db, row->table, &err)
                    : tl_filter_db(filter, row->db, &err);
    ck_assert_msg(rc == (row->accepted ? TL_OK : TL_NOT_FOUND), "row %d: %d", _i, rc);
    tl_filter_free(filter);
}
END_TEST

static const struct {
    const char *rule;
    const char *message;
} bad[] = {
    {"ab", "wrong table pattern"},
    {"a.", "missing pattern"},
    {".b", "missing pattern"},
    {"a.b.c", "stray characters after table pattern"},
    {"\"a\"b.c", "missing '.' between schema and table patterns"},
    {"a.b c", "unexpected special character ' '"},
    {"a.b\\", "cannot place \\ at end of line"},
    {"a.b\\n", "cannot escape a letter or number"},
    {"a.[", "failed to parse character class"},
    {"a.[]", "failed to parse character class"},
    {"a.[z-a]", "invalid pattern"},
    {"/a.b", "incomplete regexp"},
    {"//.b", "incomplete regexp"},
    {"/(/.b", "missing closing parenthesis"},
    {"`a.b", "incomplete quoted identifier"},
    {"\"\".b", "incomplete quoted identifier"},
    {"!", "missing pattern"},
};

START_TEST(rules_that_cannot_be_read_are_errors_that_quote_them)
{
    const char *rules[MAX_RULES] = {bad[_i].rule};
    struct tl_filter *filter = NULL;
    struct tl_error err;

    ck_assert_int_eq(make(&filter, rules, false, &err), TL_ERR_USAGE);
    ck_assert_ptr_null(filter);
    ck_assert_msg(strstr(err.message, bad[_i].message) != NULL, "%s", err.message);
    ck_assert_ptr_nonnull(strstr(err.message, bad[_i].rule));
}
END_TEST

START_TEST(rules_come_from_a_file_and_errors_name_its_line)
{
    char at[600] = "@", path[512];
    const char *rules[MAX_RULES] = {at};
    struct tempdir dir;
    struct tl_filter *filter;
    struct tl_error err;

    tempdir_init(&dir);
    strncat(at, tempdir_path(&dir, "rules", path), 512);
    tempdir_write(&dir, "rules", "# all\r\n\na.*\n!a.b", 16);
    ck_assert_int_eq(make(&filter, rules, false, &err), TL_OK);
    ck_assert_int_eq(tl_filter_table(filter, "a", "c", &err), TL_OK);
    ck_assert_int_eq(tl_filter_table(filter, "a", "b", &err), TL_NOT_FOUND);
    tl_filter_free(filter);
    tempdir_write(&dir, "rules", "a.*\n@other\n", 11);
    ck_assert_int_eq(make(&filter, rules, false, &err), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "rules:2)"));
    unlink(path);
    ck_assert_int_eq(make(&filter, rules, false, &err), TL_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, path));
    tempdir_done(&dir);
}
END_TEST

START_TEST(pattern_that_would_run_for_ages_is_an_error_not_a_mismatch)
{
    const char *rules[MAX_RULES] = {"*.*", "!/^(a+)+$/.*"};
    char name[64];
    struct tl_filter *filter;
    struct tl_error err;

    memset(name, 'a', 40);
    memcpy(name + 40, "b", 2);
    ck_assert_int_eq(make(&filter, rules, false, &err), TL_OK);
    ck_assert_int_eq(tl_filter_table(filter, name, "t", &err), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "match limit exceeded"));
    tl_filter_free(filter);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("filter");
    TCase *tc = tcase_create("filter");

    tcase_add_loop_test(tc, rules_accept_and_reject_as_written, 0,
                        (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_loop_test(tc, rules_that_cannot_be_read_are_errors_that_quote_them, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tc, rules_come_from_a_file_and_errors_name_its_line);
    tcase_add_test(tc, pattern_that_would_run_for_ages_is_an_error_not_a_mismatch);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
