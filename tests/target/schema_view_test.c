/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/target/schema*.c: views.
 */
#define TEST_DB "tl_schema_v"

#include "tests/target/schema_fixture.h"

START_TEST(views_may_depend_on_later_ones)
{
    struct tl_schema_item items[] = {
        item(TL_SCHEMA_VIEW, "v1",
             "DROP TABLE IF EXISTS `v1`;\nDROP VIEW IF EXISTS `v1`;\nSET @s=@@character_set_client;"
             "SET character_set_client = utf8;\nCREATE ALGORITHM=UNDEFINED DEFINER=`root`@"
             "`localhost` SQL SECURITY DEFINER VIEW `v1` AS select `v2`.`a` AS `a` from `v2`;\nSET "
             "character_set_client=@s;"),
        item(TL_SCHEMA_VIEW, "v2",
             "/*!50001 CREATE VIEW `v2` AS SELECT 1 AS `a` */;\n/*!50001 DROP VIEW `v2` */;\n"
             "/*!50001 CREATE OR REPLACE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`root`@"
             "`localhost` SQL SECURITY DEFINER */\n/*!50001 VIEW `v2` AS select a FROM t */;"),
        database(),
        item(TL_SCHEMA_TABLE, "t", "CREATE TABLE t (a INT);"),
    };
    bool created[4];

    apply_ok(items, 4, created);
    ck_assert(created[0] && created[1] && created[3]);
    test_exec(session, "INSERT INTO tl_schema_v.t VALUES (5)");
    check_sql("SELECT a FROM tl_schema_v.v1", "5");
    apply_ok(items, 4, created);
    ck_assert(!created[0] && !created[1] && !created[3]);
}
END_TEST

START_TEST(view_of_nothing_is_an_error_of_its_file)
{
    struct tl_schema_item items[] = {
        database(), item(TL_SCHEMA_VIEW, "v", "CREATE VIEW v AS SELECT * FROM nowhere;")};

    ck_assert_int_eq(apply(items, 2, NULL), TL_ERR_DB);
    ck_assert_int_eq(err.native, 1146);
    ck_assert_msg(strstr(err.message, items[1].path), "%s", err.message);
}
END_TEST

START_TEST(table_in_place_of_a_view_is_refused)
{
    struct tl_schema_item items[] = {database(),
                                     item(TL_SCHEMA_VIEW, "v", "CREATE VIEW v AS SELECT 1;")};

    test_exec(session, "CREATE DATABASE tl_schema_v; CREATE TABLE tl_schema_v.v (a INT)");
    ck_assert_int_eq(apply(items, 2, NULL), TL_ERR_REFUSED);
    check_sql("SELECT COUNT(*) FROM tl_schema_v.v", "0");
}
END_TEST

START_TEST(foreign_definer_gives_a_hint)
{
    struct tl_schema_item items[] = {
        item(TL_SCHEMA_VIEW, "v", "CREATE DEFINER=`root`@`localhost` VIEW v AS SELECT 1 AS a;")};
    struct tl_session *root = session;
    char user[] = "tl_test_definer";

    test_exec(root, "CREATE DATABASE tl_schema_v; CREATE OR REPLACE USER "
                    "tl_test_definer@localhost; GRANT ALL ON tl_schema_v.* TO "
                    "tl_test_definer@localhost");
    options.user = user;
    session = test_session(&options);
    ck_assert_int_eq(apply(items, 1, NULL), TL_ERR_DB);
    ck_assert_int_eq(err.native, 1227);
    ck_assert_msg(strstr(err.hint, "DEFINER"), "%s", err.hint);
    tl_session_close(session);
    session = root;
    test_exec(root, "DROP USER tl_test_definer@localhost");
}
END_TEST

static TCase *server_tests(void)
{
    TCase *tests = tcase_create("server");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, views_may_depend_on_later_ones);
    tcase_add_test(tests, view_of_nothing_is_an_error_of_its_file);
    tcase_add_test(tests, table_in_place_of_a_view_is_refused);
    tcase_add_test(tests, foreign_definer_gives_a_hint);
    return tests;
}

int main(void)
{
    return run_tests("schema_view", server_tests);
}
