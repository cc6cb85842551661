/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/target/schema*.c: databases and tables.
 */
#include <zlib.h>

#define TEST_DB "tl_schema_a"

#include "tests/target/schema_fixture.h"

START_TEST(database_file_is_routed_and_keeps_its_options)
{
    struct tl_schema_item items[] = {
        item(TL_SCHEMA_DATABASE, NULL,
             "/*!40101 SET NAMES binary*/;\nCREATE DATABASE `other` /*!40100 DEFAULT CHARACTER SET "
             "latin1 */;\n"),
    };
    bool created[1] = {false};

    apply_ok(items, 1, created);
    ck_assert(created[0]);
    check_sql("SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE "
              "SCHEMA_NAME='tl_schema_a'",
              "latin1");
    apply_ok(items, 1, created);
    ck_assert(!created[0]);
}
END_TEST

START_TEST(child_may_come_before_its_parent)
{
    struct tl_schema_item items[] = {
        database(),
        item(TL_SCHEMA_TABLE, "child",
             "CREATE TABLE `child` (id INT PRIMARY KEY, p INT, CONSTRAINT fk FOREIGN KEY (p) "
             "REFERENCES `parent` (id)) ENGINE=InnoDB;"),
        item(TL_SCHEMA_TABLE, "parent",
             "CREATE TABLE `parent` (id INT PRIMARY KEY) ENGINE=InnoDB;"),
    };
    bool created[3];

    apply_ok(items, 3, created);
    ck_assert(created[0] && created[1] && created[2]);
    check_sql("SELECT REFERENCED_TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE "
              "TABLE_SCHEMA='tl_schema_a' AND CONSTRAINT_NAME='fk'",
              "parent");
}
END_TEST

START_TEST(table_is_made_under_its_routed_name)
{
    struct tl_schema_item items[] = {
        database(),
        item(
            TL_SCHEMA_TABLE, "all`of",
            "-- part 1\nDROP TABLE IF EXISTS `part_1`;\nCREATE TABLE `src`.`part_1` (`part_1` INT, "
            "c VARCHAR(9) DEFAULT 'part_1; x') COMMENT='`part_1`';\n"
            "ALTER TABLE `part_1` ADD KEY k (`part_1`);\nCREATE INDEX i ON other (x);"),
    };

    apply_ok(items, 2, NULL);
    check_sql("SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE "
              "TABLE_SCHEMA='tl_schema_a' AND TABLE_NAME='all`of'",
              "`part_1`");
    check_sql("SELECT COUNT(*) FROM information_schema.STATISTICS WHERE "
              "TABLE_SCHEMA='tl_schema_a' AND INDEX_NAME='k'",
              "1");
}
END_TEST

START_TEST(existing_table_is_kept)
{
    struct tl_schema_item items[] = {
        database(),
        item(TL_SCHEMA_TABLE, "t",
             "DROP TABLE IF EXISTS `t`; CREATE OR REPLACE TABLE `t` (b INT); ALTER TABLE t ADD c "
             "INT;"),
        item(TL_SCHEMA_TABLE, "no_file", NULL),
    };
    bool created[3] = {true, true, true};

    test_exec(session, "CREATE DATABASE tl_schema_a; CREATE TABLE tl_schema_a.t (a INT);"
                       "INSERT INTO tl_schema_a.t VALUES (7); CREATE TABLE tl_schema_a.no_file "
                       "(a INT)");
    apply_ok(items, 3, created);
    ck_assert(!created[0] && !created[1] && !created[2]);
    check_sql("SELECT a FROM tl_schema_a.t", "7");
}
END_TEST

START_TEST(missing_table_without_file_is_refused_before_anything_is_made)
{
    struct tl_schema_item items[] = {database(), item(TL_SCHEMA_TABLE, "lost", NULL)};

    ck_assert_int_eq(apply(items, 2, NULL), TL_ERR_REFUSED);
    ck_assert_msg(strstr(err.message, "`tl_schema_a`.`lost`"), "%s", err.message);
    ck_assert_msg(strstr(err.hint, "tl_schema_a.lost-schema.sql"), "%s", err.hint);
    check_sql("SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='tl_schema_a'",
              "0");
}
END_TEST

START_TEST(file_without_create_is_named)
{
    struct tl_schema_item items[] = {database(), item(TL_SCHEMA_TABLE, "t", "SET @a=1;")};

    ck_assert_int_eq(apply(items, 2, NULL), TL_ERR_DATA);
    ck_assert_msg(strstr(err.message, items[1].path), "%s", err.message);
    ck_assert_msg(strstr(err.message, "no CREATE TABLE"), "%s", err.message);
}
END_TEST

static const struct {
    const char *content;
    int code;
    int native;
    int line;
} bad[] = {
    {"-- x\n\nCREATE TABLE t (a INT;", TL_ERR_DB, 1064, 3},
    {"SET NAMES utf8;\nCREATE TABLE t (a INT) COLLATE utf8mb4_0900_klingon;", TL_ERR_DB, 1273, 2},
    {"CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1);", TL_ERR_DATA, 0, 2},
    {"\nCREATE TABLE t (a INT COMMENT 'x);\n", TL_ERR_DATA, 0, 2},
    {"CREATE TABLE t (a INT COMMENT '\xff\xff');", TL_ERR_DATA, 0, 0},
};

START_TEST(error_names_file_and_line)
{
    struct tl_schema_item items[] = {database(), item(TL_SCHEMA_TABLE, "t", bad[_i].content)};

    ck_assert_int_eq(apply(items, 2, NULL), bad[_i].code);
    ck_assert_int_eq(err.native, bad[_i].native);
    ck_assert_int_eq(err.line, bad[_i].line);
    ck_assert_msg(strstr(err.message, items[1].path), "%s", err.message);
}
END_TEST

START_TEST(variables_of_a_file_end_with_it)
{
    struct tl_schema_item items[] = {
        database(),
        item(TL_SCHEMA_TABLE, "t1",
             "SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES'; SET default_storage_engine=Aria;"
             "CREATE TABLE \"t1\" (a VARCHAR(9) DEFAULT '\\');"),
        item(TL_SCHEMA_TABLE, "t2", "CREATE TABLE t2 (a VARCHAR(9) DEFAULT \"\\\\\");"),
    };

    test_exec(session, "SET sql_mode='ANSI'");
    apply_ok(items, 3, NULL);
    check_sql("SELECT GROUP_CONCAT(ENGINE ORDER BY TABLE_NAME) FROM information_schema.TABLES "
              "WHERE TABLE_SCHEMA='tl_schema_a'",
              "Aria,InnoDB");
    check_sql("SELECT @@sql_mode", "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION");
    check_sql("SELECT GROUP_CONCAT(HEX(COLUMN_DEFAULT)) FROM information_schema.COLUMNS WHERE "
              "TABLE_SCHEMA='tl_schema_a'",
              "275C5C27,275C5C27");
}
END_TEST

START_TEST(triggers_are_skipped)
{
    struct tl_schema_item items[] = {
        database(),
        item(TL_SCHEMA_TABLE, "t",
             "CREATE TABLE t (a INT);\nDELIMITER ;;\n/*!50003 CREATE*/ /*!50003 TRIGGER tr BEFORE "
             "INSERT ON t FOR EACH ROW BEGIN SET NEW.a=1; END */;;\nDELIMITER ;\n"),
    };

    apply_ok(items, 2, NULL);
    check_sql("SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE "
              "TRIGGER_SCHEMA='tl_schema_a'",
              "0");
}
END_TEST

START_TEST(a_second_statement_behind_the_first_never_runs)
{
    struct tl_schema_item items[] = {
        database(),
        item(TL_SCHEMA_TABLE, "t",
             "SET STATEMENT max_statement_time=9 FOR CREATE TABLE tl_schema_a.x (a INT);\n"
             "DELIMITER ;;\nCREATE TABLE t (a INT); CREATE TABLE tl_schema_a.y (a INT);;\n"),
    };

    ck_assert_int_eq(apply(items, 2, NULL), TL_ERR_DB);
    check_sql("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='tl_schema_a'",
              "0");
    test_exec(session, "SELECT 1; SELECT 2");
}
END_TEST

START_TEST(utf8_under_set_names_binary_is_not_garbled)
{
    struct tl_schema_item items[] = {
        database(),
        item(TL_SCHEMA_TABLE, "t",
             "/*!40101 SET NAMES binary*/;\nCREATE TABLE t (a CHAR(3) CHARACTER SET latin1 DEFAULT "
             "'\xc3\xa4') COMMENT='\xc3\xb6';"),
        item(TL_SCHEMA_TABLE, "gb", "CREATE TABLE gb (a INT) COMMENT='\xc4\xe3\xba\xc3';"),
    };

    apply_ok(items, 3, NULL);
    test_exec(session, "INSERT INTO tl_schema_a.t () VALUES ()");
    check_sql("SELECT HEX(a) FROM tl_schema_a.t", "E4");
    check_sql("SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_NAME='gb' AND "
              "TABLE_SCHEMA='tl_schema_a'",
              "\xe4\xbd\xa0\xe5\xa5\xbd");
}
END_TEST

START_TEST(compressed_file_is_read)
{
    static const char sql[] = "CREATE TABLE t (a INT);";
    struct tl_schema_item items[] = {database(), item(TL_SCHEMA_TABLE, "t", "")};
    gzFile out = gzopen(items[1].path, "wb");

    ck_assert_int_eq(gzwrite(out, sql, sizeof(sql) - 1), (int)sizeof(sql) - 1);
    ck_assert_int_eq(gzclose(out), Z_OK);
    items[1].compression = TL_COMPRESSION_GZIP;
    apply_ok(items, 2, NULL);
    check_sql("SELECT COUNT(*) FROM tl_schema_a.t", "0");
}
END_TEST

static TCase *server_tests(void)
{
    TCase *tests = tcase_create("server");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, database_file_is_routed_and_keeps_its_options);
    tcase_add_test(tests, child_may_come_before_its_parent);
    tcase_add_test(tests, table_is_made_under_its_routed_name);
    tcase_add_test(tests, existing_table_is_kept);
    tcase_add_test(tests, missing_table_without_file_is_refused_before_anything_is_made);
    tcase_add_test(tests, file_without_create_is_named);
    tcase_add_loop_test(tests, error_names_file_and_line, 0, sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tests, variables_of_a_file_end_with_it);
    tcase_add_test(tests, triggers_are_skipped);
    tcase_add_test(tests, a_second_statement_behind_the_first_never_runs);
    tcase_add_test(tests, utf8_under_set_names_binary_is_not_garbled);
    tcase_add_test(tests, compressed_file_is_read);
    return tests;
}

int main(void)
{
    return run_tests("schema", server_tests);
}
