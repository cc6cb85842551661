/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a table's columns, keys and engine from the server.
 */
#include "core/target/writer.h"

#include "ledger_fixture.h"

static struct tl_options options;
static struct tl_session *session;
static struct tl_error err;

static void setup(void)
{
    reset_schemas();
    options = test_options();
    session = test_session(&options);
}

static void teardown(void)
{
    tl_session_close(session);
    drop_schemas();
}

START_TEST(a_missing_table_is_not_found)
{
    struct tl_table_info *info = NULL;

    ck_assert_int_eq(tl_table_info_load(&info, session, "tl_test", "nope", &err), TL_NOT_FOUND);
    ck_assert_ptr_null(info);
}
END_TEST

static const struct {
    const char *type;
    enum tl_column_kind kind;
    bool enumerated;
    bool approximate;
} types[] = {
    {"INT UNSIGNED", TL_COLUMN_NUMBER, false, false},
    {"DECIMAL(10,2)", TL_COLUMN_NUMBER, false, false},
    {"DOUBLE PRECISION", TL_COLUMN_NUMBER, false, true},
    {"YEAR", TL_COLUMN_NUMBER, true, false},
    {"BIT(7)", TL_COLUMN_BIT, false, false},
    {"BOOLEAN", TL_COLUMN_NUMBER, false, false},
    {"VARBINARY(7)", TL_COLUMN_BINARY, false, false},
    {"LONGBLOB", TL_COLUMN_BINARY, false, false},
    {"VARCHAR(7)", TL_COLUMN_TEXT, false, false},
    {"JSON", TL_COLUMN_TEXT, false, false},
    {"ENUM('a')", TL_COLUMN_TEXT, true, false},
    {"SET('a')", TL_COLUMN_TEXT, true, false},
    {"TIMESTAMP NULL", TL_COLUMN_TEXT, true, false},
    {"GEOMETRY", TL_COLUMN_OTHER, false, false},
};

START_TEST(column_types_have_their_kind)
{
    struct tl_table_info *info = NULL;
    char sql[128];

    snprintf(sql, sizeof(sql), "CREATE TABLE tl_test.`t'``x` (c %s)", types[_i].type);
    test_exec(session, sql);
    ck_assert_int_eq(tl_table_info_load(&info, session, "tl_test", "t'`x", &err), TL_OK);
    ck_assert_uint_eq(info->column_count, 1);
    ck_assert_int_eq(info->columns[0].kind, types[_i].kind);
    ck_assert_int_eq(info->columns[0].enumerated, types[_i].enumerated);
    ck_assert_int_eq(info->columns[0].approximate, types[_i].approximate);
    tl_table_info_free(info);
}
END_TEST

START_TEST(attributes_and_keys_are_read)
{
    struct tl_table_info *info = NULL;

    test_exec(session, "CREATE TABLE tl_test.t (a INT NOT NULL AUTO_INCREMENT UNIQUE, "
                       "b INT DEFAULT (1 + 1), c INT AS (b + 1) VIRTUAL, d INT AS (b) STORED, "
                       "e INT INVISIBLE)");
    ck_assert_int_eq(tl_table_info_load(&info, session, "tl_test", "t", &err), TL_OK);
    ck_assert_uint_eq(info->column_count, 5);
    ck_assert(info->has_key);
    ck_assert_str_eq(info->engine, "InnoDB");
    ck_assert(info->columns[0].auto_increment && !info->columns[0].nullable);
    ck_assert(!info->columns[1].generated && info->columns[1].nullable);
    ck_assert(info->columns[2].generated && info->columns[3].generated);
    ck_assert(info->columns[4].invisible && !info->columns[4].generated);
    tl_table_info_free(info);
}
END_TEST

START_TEST(an_index_that_is_not_unique_is_no_key)
{
    struct tl_table_info *info = NULL;

    test_exec(session, "CREATE TABLE tl_test.t (a INT, KEY (a)) ENGINE=MyISAM");
    ck_assert_int_eq(tl_table_info_load(&info, session, "tl_test", "t", &err), TL_OK);
    ck_assert(!info->has_key);
    ck_assert_str_eq(info->engine, "MyISAM");
    tl_table_info_free(info);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table_info");
    TCase *tc = tcase_create("server");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 30);
    if (test_socket()) {
        tcase_add_test(tc, a_missing_table_is_not_found);
        tcase_add_loop_test(tc, column_types_have_their_kind, 0, sizeof(types) / sizeof(types[0]));
        tcase_add_test(tc, attributes_and_keys_are_read);
        tcase_add_test(tc, an_index_that_is_not_unique_is_no_key);
    }
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
