/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: what patterns match, which rule goes first, and where a name is left as it is.
 */
#include "core/source/routes.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define S(text) ((char *)(uintptr_t)(text))

static const struct tl_route rules[] = {
    {S("shard_*"), S("t_*"), S("All"), S("T")},        {S("shard_?"), NULL, S("other"), S("")},
    {S("~^log[0-9]+$"), S("~_old$"), S("logs"), NULL}, {S("a.b[0-9]"), S(""), S("ab"), S("one")},
    {S("n[!0-9]"), S("(x)"), S("odd"), S("x")},
};

static const struct {
    const char *db;
    const char *table;
    const char *target_db;
    const char *target_table;
} rows[] = {
    {"shard_1", "t_1", "All", "T"},       {"SHARD_22", "T_9", "All", "T"},
    {"shard_1", "x", "other", "x"},       {"shard_1", NULL, "other", NULL},
    {"shard_22", NULL, "shard_22", NULL}, {"shard_22", "x", "shard_22", "x"},
    {"log7", "a_old", "logs", "a_old"},   {"log7", "a_old2", "log7", "a_old2"},
    {"xlog7", "a_old", "xlog7", "a_old"}, {"a.b3", "any", "ab", "one"},
    {"axb3", "any", "axb3", "any"},       {"nx", "(x)", "odd", "x"},
    {"n1", "(x)", "n1", "(x)"},           {"Kept", "As It Is", "Kept", "As It Is"},
};

START_TEST(names_go_where_the_rules_say)
{
    struct tl_routes *routes;
    struct tl_error err;
    const char *db, *table;

    ck_assert_int_eq(tl_routes_new(&routes, rules, 5, false, &err), TL_OK);
    ck_assert_int_eq(tl_routes_find(routes, rows[_i].db, rows[_i].table, &db, &table, &err), TL_OK);
    ck_assert_str_eq(db, rows[_i].target_db);
    if (rows[_i].target_table)
        ck_assert_str_eq(table, rows[_i].target_table);
    else
        ck_assert_ptr_null(table);
    tl_routes_free(routes);
}
END_TEST

START_TEST(case_matters_if_asked_for)
{
    struct tl_routes *routes;
    struct tl_error err;
    const char *db, *table;

    ck_assert_int_eq(tl_routes_new(&routes, rules, 5, true, &err), TL_OK);
    ck_assert_int_eq(tl_routes_find(routes, "SHARD_1", "t_1", &db, &table, &err), TL_OK);
    ck_assert_str_eq(db, "SHARD_1");
    tl_routes_free(routes);
}
END_TEST

START_TEST(two_rules_for_one_name_are_an_error)
{
    static const struct tl_route both[] = {{S("a*"), S("t"), S("x"), S("y")},
                                           {S("*b"), S("t"), S("x"), S("z")}};
    struct tl_routes *routes;
    struct tl_error err;
    const char *db, *table;

    ck_assert_int_eq(tl_routes_new(&routes, both, 2, false, &err), TL_OK);
    ck_assert_int_eq(tl_routes_find(routes, "ab", "t", &db, &table, &err), TL_ERR_USAGE);
    ck_assert_str_eq(err.message, "table ab.t matches more than one rule");
    tl_routes_free(routes);
}
END_TEST

static const struct {
    struct tl_route rule;
    const char *message;
} bad[] = {
    {{NULL, NULL, S("x"), NULL}, "schema pattern of table route rule should not be empty"},
    {{S("a"), NULL, S(""), NULL}, "target schema of table route rule should not be empty"},
    {{S("~("), NULL, S("x"), NULL}, "missing closing parenthesis"},
    {{S("a"), S("~["), S("x"), NULL}, "invalid pattern"},
};

START_TEST(bad_rules_are_named_by_their_place)
{
    struct tl_route list[] = {{S("a"), NULL, S("b"), NULL}, bad[_i].rule};
    struct tl_routes *routes = NULL;
    struct tl_error err;

    ck_assert_int_eq(tl_routes_new(&routes, list, 2, false, &err), TL_ERR_USAGE);
    ck_assert_ptr_null(routes);
    ck_assert_ptr_nonnull(strstr(err.message, bad[_i].message));
    ck_assert_ptr_nonnull(strstr(err.message, "[[routes]] entry 2"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("routes");
    TCase *tc = tcase_create("routes");

    tcase_add_loop_test(tc, names_go_where_the_rules_say, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tc, case_matters_if_asked_for);
    tcase_add_test(tc, two_rules_for_one_name_are_an_error);
    tcase_add_loop_test(tc, bad_rules_are_named_by_their_place, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
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
