/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an account may do: the questions to a real server, and what becomes of the answers.
 */
#include "core/target/rights.h"

#include "core/target/rights_internal.h"
#include "core/target/schema_rights.h"
#include "tests/target/target_test.h"

static const struct {
    const char *account;
    const char *sql;
} accounts[] = {
    {"root@localhost", "'root'@'localhost'"},
    {"@localhost", "''@'localhost'"},
    {"u@%", "'u'@'%'"},
    {"me@home@10.0.0.%", "'me@home'@'10.0.0.%'"},
    {"o'brien@%", "'o''brien'@'%'"},
    {"a\\b`c@%", "`a\\b``c`@'%'"},
    {"u@fe80::1", "'u'@'fe80::1'"},
    {"role", "'role'"},
};

START_TEST(an_account_is_quoted_for_any_sql_mode)
{
    struct tl_buf sql;

    tl_buf_init(&sql, 1000);
    ck_assert_int_eq(tl_rights_add_account(&sql, accounts[_i].account), TL_OK);
    ck_assert_str_eq(tl_buf_text(&sql), accounts[_i].sql);
    tl_buf_done(&sql);
}
END_TEST

static const struct {
    const char *db;
    const char *name;
    const char *sql;
} objects[] = {
    {"shop", NULL, "`shop`.*"},
    {"my_shop%", NULL, "`my\\_shop\\%`.*"},
    {"a\\b", NULL, "`a\\\\b`.*"},
    {"q`q", NULL, "`q``q`.*"},
    {"my_shop", "t_1", "`my_shop`.`t_1`"},
    {"", NULL, "``.*"},
};

START_TEST(a_database_is_escaped_and_a_table_is_not)
{
    struct tl_buf sql;

    tl_buf_init(&sql, 1000);
    ck_assert_int_eq(tl_rights_add_object(&sql, objects[_i].db, objects[_i].name), TL_OK);
    ck_assert_str_eq(tl_buf_text(&sql), objects[_i].sql);
    tl_buf_done(&sql);
}
END_TEST

static const struct {
    const char *sql;
    bool other;
} definers[] = {
    {"CREATE VIEW v AS SELECT 1", false},
    {"CREATE DEFINER=`root`@`localhost` VIEW v AS SELECT 1", true},
    {"CREATE ALGORITHM=MERGE DEFINER = 'root'@'%' SQL SECURITY DEFINER VIEW v AS SELECT 1", true},
    {"/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`r``t`@`h` SQL SECURITY DEFINER */ "
     "/*!50001 VIEW `v` AS SELECT 1 */",
     true},
    {"CREATE DEFINER=`me`@`%` VIEW v AS SELECT 1", false},
    {"CREATE DEFINER=me@'%' VIEW v AS SELECT 1", false},
    {"CREATE DEFINER=\"me\"@\"other\" VIEW v AS SELECT 1", true},
    {"CREATE DEFINER=CURRENT_USER VIEW v AS SELECT 1", false},
    {"CREATE DEFINER=CURRENT_USER() VIEW v AS SELECT 1", false},
    {"CREATE SQL SECURITY DEFINER VIEW v AS SELECT 1", false},
    {"CREATE VIEW v AS SELECT DEFINER = 'a'@'b' FROM t", false},
    {"CREATE DEFINER=", false},
    {"CREATE DEFINER='a'@", false},
    {"CREATE DEFINER='a", false},
};

START_TEST(a_definer_is_somebody_else_only_when_that_is_certain)
{
    const char *sql = definers[_i].sql;

    ck_assert_int_eq(tl_schema_other_definer(sql, strlen(sql), "me@%"), definers[_i].other);
}
END_TEST

static const struct {
    const char *line;
    bool global;
    bool table;
} lines[] = {
    {"GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION", true, false},
    {"GRANT SELECT, SUPER, DROP ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*8A'", true, false},
    {"GRANT SELECT ON *.* TO `SUPER`@`%`", false, false},
    {"GRANT SET USER, READ ONLY ADMIN ON *.* TO `u`@`localhost`", false, false},
    {"GRANT SUPER ON *.* TO PUBLIC", true, false},
    {"GRANT `SUPER` TO `u`@`%`", false, false},
    {"SET DEFAULT ROLE `SUPER` FOR `u`@`%`", false, false},
    {"GRANT DROP ON `d`.* TO `u`@`%`", false, false},
    {"GRANT ALL PRIVILEGES ON `d\\_b`.* TO `u`@`%`", false, false},
    {"GRANT SELECT, DROP ON `d`.`t` TO `u`@`%`", false, true},
    {"GRANT DROP ON `SUPER`.`t` TO `u`@`%`", false, true},
    {"GRANT DROP ON \"d\".\"t\" TO \"u\"@\"%\"", false, true},
    {"GRANT SELECT (`SUPER`) ON `d`.`t` TO `u`@`%`", false, true},
    {"GRANT EXECUTE ON PROCEDURE `d`.`DROP` TO `u`@`%`", false, false},
    {"GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION", false, false},
    {"REVOKE DROP ON `d`.* FROM `u`@`%`", false, false},
    {"GRANT SUPER,DROP ON *.* TO 'u'@'%'", true, false},
    {"", false, false},
    {"GRANT DROP", false, false},
};

/* In doubt it is given: that only leaves the answer to the work itself. */
START_TEST(a_line_of_show_grants_is_read_as_far_as_needed)
{
    static const char *const words[] = {"SUPER", "DROP", "ALL PRIVILEGES", NULL};

    ck_assert_int_eq(tl_grant_gives(lines[_i].line, true, words), lines[_i].global);
    ck_assert_int_eq(tl_grant_gives(lines[_i].line, false, words), lines[_i].table);
}
END_TEST

static struct tl_session *root;

static struct tl_session *connect_with(const char *grant)
{
    static char user[] = "tl_test_rights";
    static struct tl_options options;

    options = test_options();
    root = test_session(&options);
    test_exec(root, "CREATE OR REPLACE USER tl_test_rights@localhost");
    if (grant)
        test_exec(root, grant);
    options.user = user;
    return test_session(&options);
}

static void disconnect(struct tl_session *session)
{
    tl_session_close(session);
    test_exec(root, "DROP USER tl_test_rights@localhost;"
                    "DROP DATABASE IF EXISTS `tl_rights_there`");
    tl_session_close(root);
}

static const struct {
    unsigned right;
    const char *grant;
} grants[] = {
    {TL_RIGHT_SELECT, "GRANT SELECT ON tl_rights_db.* TO tl_test_rights@localhost"},
    {TL_RIGHT_INSERT, "GRANT INSERT ON tl_rights_db.* TO tl_test_rights@localhost"},
    {TL_RIGHT_UPDATE, "GRANT UPDATE ON tl_rights_db.* TO tl_test_rights@localhost"},
    {TL_RIGHT_DELETE, "GRANT DELETE ON tl_rights_db.* TO tl_test_rights@localhost"},
    {TL_RIGHT_CREATE, "GRANT CREATE ON tl_rights_db.* TO tl_test_rights@localhost"},
    {TL_RIGHT_CREATE_VIEW, "GRANT CREATE VIEW ON tl_rights_db.* TO tl_test_rights@localhost"},
    {TL_RIGHT_ALTER, "GRANT ALTER ON tl_rights_db.* TO tl_test_rights@localhost"},
    {TL_RIGHT_INDEX, "GRANT INDEX ON tl_rights_db.* TO tl_test_rights@localhost"},
    {TL_RIGHT_DROP, "GRANT DROP ON tl_rights_db.* TO tl_test_rights@localhost"},
};

START_TEST(each_right_is_seen_alone)
{
    struct tl_session *session = connect_with(grants[_i].grant);
    struct tl_error err;
    bool denied;

    for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
        ck_assert_int_eq(
            tl_rights_denied(session, "tl_rights_db", NULL, grants[i].right, &denied, &err), TL_OK);
        ck_assert_msg(denied == (i != (size_t)_i), "%s", grants[i].grant);
    }
    disconnect(session);
}
END_TEST

/* Every question, by an account that may do all of it, on a table that is there. */
START_TEST(asking_changes_nothing)
{
    struct tl_session *session =
        connect_with("CREATE OR REPLACE DATABASE tl_rights_there; CREATE TABLE tl_rights_there.t "
                     "(a INT); INSERT INTO tl_rights_there.t VALUES (7);"
                     "GRANT ALL ON *.* TO tl_test_rights@localhost");
    struct tl_error err;
    uint64_t value;
    bool denied;

    for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
        ck_assert_int_eq(
            tl_rights_denied(session, "tl_rights_there", "t", grants[i].right, &denied, &err),
            TL_OK);
        ck_assert(!denied || grants[i].right == TL_RIGHT_DROP);
        ck_assert_int_eq(
            tl_rights_denied(session, "tl_rights_there", NULL, grants[i].right, &denied, &err),
            TL_OK);
        ck_assert(!denied);
    }
    ck_assert_int_eq(tl_session_scalar_u64(root, "SELECT a FROM tl_rights_there.t", &value, &err),
                     TL_OK);
    ck_assert_uint_eq(value, 7);
    ck_assert_int_eq(tl_session_scalar_u64(root,
                                           "SELECT COUNT(*) FROM information_schema.columns WHERE "
                                           "table_schema = 'tl_rights_there'",
                                           &value, &err),
                     TL_OK);
    ck_assert_uint_eq(value, 1);
    disconnect(session);
}
END_TEST

START_TEST(all_is_told_at_once_with_the_statements)
{
    struct tl_session *session =
        connect_with("GRANT SELECT ON `tl\\_a`.* TO tl_test_rights@localhost");
    struct tl_rights *rights;
    struct tl_error err;

    ck_assert_int_eq(tl_rights_new(&rights, &err), TL_OK);
    ck_assert_int_eq(tl_rights_need(rights, "tl_b", NULL, TL_RIGHT_CREATE, &err), TL_OK);
    ck_assert_int_eq(tl_rights_need(rights, "tl_a", "t", TL_RIGHT_SELECT | TL_RIGHT_INSERT, &err),
                     TL_OK);
    ck_assert_int_eq(tl_rights_check(rights, session, &err), TL_ERR_REFUSED);
    ck_assert_str_eq(err.message, "the target's account 'tl_test_rights'@'localhost' lacks INSERT "
                                  "on `tl_a`.*; CREATE on `tl_b`.*");
    ck_assert_str_eq(err.hint,
                     "as an administrator of the target: GRANT SELECT, INSERT ON `tl\\_a`.* TO "
                     "'tl_test_rights'@'localhost'; GRANT CREATE ON `tl\\_b`.* TO "
                     "'tl_test_rights'@'localhost'");
    tl_rights_free(rights);
    disconnect(session);
}
END_TEST

START_TEST(a_lost_connection_is_no_answer)
{
    struct tl_session *session = connect_with(NULL);
    struct tl_rights *rights;
    struct tl_error err;

    ck_assert_int_eq(tl_rights_new(&rights, &err), TL_OK);
    ck_assert_int_eq(tl_rights_need(rights, "tl_a", "t", TL_RIGHT_SELECT, &err), TL_OK);
    ck_assert_int_eq(tl_session_kill(root, tl_session_id(session), &err), TL_OK);
    ck_assert_int_eq(tl_rights_check(rights, session, &err), TL_ERR_DB);
    ck_assert(tl_error_is_lost(&err));
    tl_rights_free(rights);
    disconnect(session);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rights");
    TCase *texts = tcase_create("texts"), *asked = tcase_create("server");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(texts, an_account_is_quoted_for_any_sql_mode, 0,
                        sizeof(accounts) / sizeof(accounts[0]));
    tcase_add_loop_test(texts, a_database_is_escaped_and_a_table_is_not, 0,
                        sizeof(objects) / sizeof(objects[0]));
    tcase_add_loop_test(texts, a_definer_is_somebody_else_only_when_that_is_certain, 0,
                        sizeof(definers) / sizeof(definers[0]));
    tcase_add_loop_test(texts, a_line_of_show_grants_is_read_as_far_as_needed, 0,
                        sizeof(lines) / sizeof(lines[0]));
    tcase_add_loop_test(asked, each_right_is_seen_alone, 0, sizeof(grants) / sizeof(grants[0]));
    tcase_add_test(asked, asking_changes_nothing);
    tcase_add_test(asked, all_is_told_at_once_with_the_statements);
    tcase_add_test(asked, a_lost_connection_is_no_answer);
    suite_add_tcase(suite, texts);
    if (test_socket())
        suite_add_tcase(suite, asked);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
