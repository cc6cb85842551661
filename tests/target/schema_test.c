/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/target/schema*.c; all need a server (TL_TEST_SOCKET). Each has the databases
 * tl_schema_a and tl_schema_b for itself.
 */
#include "core/target/schema.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/target/target_test.h"

static struct tl_options options;
static struct tl_session *session;
static struct tl_error err;
static char dir[] = "/tmp/tl_schema_XXXXXX";
static char paths[128][64];
static size_t path_count;

static void setup(void)
{
    options = test_options();
    session = test_session(&options);
    tl_error_init(&err);
    path_count = 0;
    ck_assert_ptr_nonnull(mkdtemp(dir));
    test_exec(session, "DROP DATABASE IF EXISTS tl_schema_a; DROP DATABASE IF EXISTS tl_schema_b");
}

static void teardown(void)
{
    test_exec(session, "DROP DATABASE IF EXISTS tl_schema_a; DROP DATABASE IF EXISTS tl_schema_b");
    tl_session_close(session);
    for (size_t i = 0; i < path_count; i++)
        unlink(paths[i]);
    rmdir(dir);
}

/* Writes a file into the test's directory. */
static const char *file(const char *content)
{
    char *path = paths[path_count];
    FILE *out;

    snprintf(path, sizeof(paths[0]), "%s/%zu.sql", dir, path_count);
    path_count++;
    out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    ck_assert_int_ge(fputs(content, out), 0);
    ck_assert_int_eq(fclose(out), 0);
    return path;
}

static struct tl_schema_item item(enum tl_schema_kind kind, const char *name, const char *content)
{
    struct tl_schema_item made = {.kind = kind, .db = "tl_schema_a", .name = name};

    made.path = content ? file(content) : NULL;
    made.shown_path = made.path;
    return made;
}

static struct tl_schema_item database(void)
{
    return item(TL_SCHEMA_DATABASE, NULL, NULL);
}

static int apply(const struct tl_schema_item *items, size_t count, bool *created)
{
    return tl_schema_apply(&options, session, items, count, created, NULL, &err);
}

static void apply_ok(const struct tl_schema_item *items, size_t count, bool *created)
{
    ck_assert_msg(apply(items, count, created) == TL_OK, "%s", err.message);
}

static void check_sql(const char *sql, const char *expected)
{
    char *text = NULL;

    ck_assert_msg(tl_session_scalar(session, sql, &text, &err) == TL_OK, "%s: %s", sql,
                  err.message);
    ck_assert_str_eq(text ? text : "NULL", expected);
    free(text);
}

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
    check_sql("SELECT @@sql_mode = @@GLOBAL.sql_mode", "1");
    check_sql("SELECT GROUP_CONCAT(HEX(COLUMN_DEFAULT)) FROM information_schema.COLUMNS WHERE "
              "TABLE_SCHEMA='tl_schema_a'",
              "275C5C27,275C5C27");
}
END_TEST

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
    test_exec(session, "INSERT INTO tl_schema_a.t VALUES (5)");
    check_sql("SELECT a FROM tl_schema_a.v1", "5");
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

    test_exec(session, "CREATE DATABASE tl_schema_a; CREATE TABLE tl_schema_a.v (a INT)");
    ck_assert_int_eq(apply(items, 2, NULL), TL_ERR_REFUSED);
    check_sql("SELECT COUNT(*) FROM tl_schema_a.v", "0");
}
END_TEST

START_TEST(foreign_definer_gives_a_hint)
{
    struct tl_schema_item items[] = {
        item(TL_SCHEMA_VIEW, "v", "CREATE DEFINER=`root`@`localhost` VIEW v AS SELECT 1 AS a;")};
    struct tl_session *root = session;
    char user[] = "tl_test_definer";

    test_exec(root, "CREATE DATABASE tl_schema_a; CREATE OR REPLACE USER "
                    "tl_test_definer@localhost; GRANT ALL ON tl_schema_a.* TO "
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

START_TEST(lost_connection_is_made_anew)
{
    struct tl_schema_item items[] = {database(),
                                     item(TL_SCHEMA_TABLE, "t", "CREATE TABLE t (a INT);")};
    struct tl_session *other = test_session(&options);

    ck_assert_int_eq(tl_session_kill(other, tl_session_id(session), &err), TL_OK);
    apply_ok(items, 2, NULL);
    tl_session_close(other);
    check_sql("SELECT COUNT(*) FROM tl_schema_a.t", "0");
}
END_TEST

START_TEST(lock_wait_is_repeated)
{
    struct tl_schema_item items[] = {database(),
                                     item(TL_SCHEMA_TABLE, "t", "CREATE TABLE t (a INT);")};
    struct tl_session *other = test_session(&options);
    char locked[] = "lock_wait_timeout", one[] = "1";
    struct tl_pair vars[] = {{NULL, locked, one}};

    /* The table cannot be made while another session holds its database's lock. */
    options.session_vars = vars;
    options.session_var_count = 1;
    options.retry_timeout = 30;
    test_exec(other, "CREATE DATABASE tl_schema_a; CREATE TABLE tl_schema_a.x (a INT);"
                     "SET SESSION lock_wait_timeout=5; FLUSH TABLES WITH READ LOCK;"
                     "SET SESSION wait_timeout=2");
    ck_assert_int_eq(tl_session_reset(session, &err), TL_OK);
    apply_ok(items, 2, NULL);
    tl_session_close(other);
    check_sql("SELECT COUNT(*) FROM tl_schema_a.t", "0");
}
END_TEST

START_TEST(cancel_stops_before_the_next_table)
{
    struct tl_schema_item items[] = {database(),
                                     item(TL_SCHEMA_TABLE, "t", "CREATE TABLE t (a INT);")};
    struct tl_cancel *cancel = NULL;

    ck_assert_int_eq(tl_cancel_new(&cancel, &err), TL_OK);
    tl_cancel_request(cancel);
    ck_assert_int_eq(tl_schema_apply(&options, session, items, 2, NULL, cancel, &err),
                     TL_ERR_CANCELED);
    tl_cancel_free(cancel);
}
END_TEST

START_TEST(many_tables_go_through_several_sessions)
{
    enum { COUNT = 60 };
    static struct tl_schema_item items[COUNT + 1];
    static char names[COUNT][16], sql[256];
    bool created[COUNT + 1];

    items[COUNT] = database();
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "t%d", i);
        snprintf(sql, sizeof(sql),
                 "SET sql_mode='ANSI'; CREATE TABLE t%d (id INT PRIMARY KEY, FOREIGN KEY (id) "
                 "REFERENCES t%d (id));",
                 i, (i + 7) % COUNT);
        items[i] = item(TL_SCHEMA_TABLE, names[i], sql);
    }
    apply_ok(items, COUNT + 1, created);
    check_sql("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='tl_schema_a'",
              "60");
    for (int i = 0; i < COUNT; i++)
        ck_assert(created[i]);
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
    tcase_add_test(tests, views_may_depend_on_later_ones);
    tcase_add_test(tests, view_of_nothing_is_an_error_of_its_file);
    tcase_add_test(tests, table_in_place_of_a_view_is_refused);
    tcase_add_test(tests, foreign_definer_gives_a_hint);
    tcase_add_test(tests, triggers_are_skipped);
    tcase_add_test(tests, utf8_under_set_names_binary_is_not_garbled);
    tcase_add_test(tests, compressed_file_is_read);
    tcase_add_test(tests, lost_connection_is_made_anew);
    tcase_add_test(tests, lock_wait_is_repeated);
    tcase_add_test(tests, cancel_stops_before_the_next_table);
    tcase_add_test(tests, many_tables_go_through_several_sessions);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("schema");
    SRunner *runner;
    int failed;

    if (test_socket())
        suite_add_tcase(suite, server_tests());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
