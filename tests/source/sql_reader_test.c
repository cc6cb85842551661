/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQL reader: what dump programs write is read, everything else is refused with its place, and
 * state that changes the meaning of bytes is followed. How batches are cut: sql_cut_test.c.
 */
#include "tests/source/reading.h"

/* Text with its length, for text with NUL bytes in it. */
#define TEXT(s) (s), sizeof(s) - 1

struct sample {
    const char *text;
    size_t len;
    const char *expected;
};

static const struct sample good[] = {
    {TEXT(""), ""},
    {TEXT(" \n;;\n-- nothing\n#\n/* at all */"), ""},
    {TEXT("INSERT INTO t VALUES(1);"), "#1\n"},
    {TEXT("insert into `d`.`t`(`a`,`b`)values(1,2);"), "#1|#2\n"},
    {TEXT("INSERT INTO d . t ( a , b ) VALUE (1,2) , (3,4) ;"), "#1|#2\n#3|#4\n"},
    {TEXT("INSERT IGNORE INTO t VALUES (1);REPLACE INTO t VALUES (2);REPLACE t VALUES(3);"),
     "#1\n#2\n#3\n"},
    {TEXT("INSERT LOW_PRIORITY INTO t VALUES (1),\n(2)\n,(3);\n"), "#1\n#2\n#3\n"},
    {TEXT("INSERT INTO t VALUES (1) -- one\n, # two\n /* three */ (2)/*;*/;"), "#1\n#2\n"},
    {TEXT("\xEF\xBB\xBFINSERT INTO t VALUES (1);"), "#1\n"},
    {TEXT("INSERT INTO `a``b(`(`c)``,`) VALUES (1);"), "#1\n"},
    {TEXT("INSERT INTO t VALUES ('a;b),(','(\\'');"), "a;b),(|('\n"},
    {TEXT("INSERT INTO t VALUES ('--','#','/*',\"'\",'\"');"), "--|#|/*|'|\"\n"},
    {TEXT("INSERT INTO t VALUES ('\0'),('a\0b');"), "\\00\na\\00b\n"},
    {TEXT("INSERT INTO t VALUES ('\\\\'),('\\\\\\''),('''');"), "\\5c\n\\5c'\n'\n"},
    {TEXT("INSERT INTO t VALUES (1-- x),(\n),(2);"), "#1\n#2\n"},
    {TEXT("INSERT INTO t VALUES (1--2),(3- -4),(5/2);"), "?1--2\n?3- -4\n?5/2\n"},
    {TEXT("SET NAMES utf8mb4;SET @a=1,@b='x';\nINSERT INTO t VALUES (1);"), "#1\n"},
    {TEXT(
         "/*!40101 SET NAMES binary*/;\n/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n\n"
         "/*!40103 SET TIME_ZONE='+00:00' */;\nINSERT INTO `t` VALUES\n(1,\"a\")\n,(2,\"b\")\n;\n"),
     "#1|a\n#2|b\n"},
    {TEXT("/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump\n--\n"
          "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n"
          "/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;\n"
          "/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */;\n"
          "LOCK TABLES `t` WRITE;\n/*!40000 ALTER TABLE `t` DISABLE KEYS */;\n"
          "set autocommit=0;\nINSERT INTO `t` VALUES\n(1,'x'),\n(2,NULL);\n"
          "/*!40000 ALTER TABLE `t` ENABLE KEYS */;\nUNLOCK TABLES;\ncommit;\n"
          "/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;\n-- Dump completed\n"),
     "#1|x\n#2|NULL\n"},
    {TEXT("USE d; BEGIN; START TRANSACTION; FLUSH TABLES; INSERT INTO t VALUES (1); COMMIT;"),
     "#1\n"},
    {TEXT("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; SET GLOBAL time_zone=(1+1);"
          "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ ''; INSERT INTO t VALUES (1);"),
     "#1\n"},
    {TEXT("SET NAMES gbk; INSERT INTO t VALUES ('\x95\\'),('\x95\\\\''),('\x81');"),
     "\\95\\5c\n\\95\\5c'\n\\81\n"},
    {TEXT("SET sql_mode='NO_BACKSLASH_ESCAPES'; INSERT INTO t VALUES ('\\'),('a''b');"),
     "\\5c\na'b\n"},
    {TEXT("SET sql_mode='X\tno_backslash_escapes'; INSERT INTO t VALUES ('\\');"), "\\5c\n"},
    {TEXT("SET NAMES gbk; INSERT INTO t VALUES (`\x81`);('`,1);"), "?`\\81`);('`|#1\n"},
    {TEXT("SET sql_mode='ansi_quotes,X'; INSERT INTO \"t\"(\"a\") VALUES ('x'),(\"a\\\");"),
     "x\n?\"a\\5c\"\n"},
    {TEXT("INSERT INTO t VALUES (DEFAULT,now(),CAST('(' AS JSON),((1)));"),
     "?DEFAULT|?now()|?CAST('(' AS JSON)|?((1))\n"},
};

START_TEST(everything_that_dumps_contain_is_read)
{
    struct memfile unused = {0};

    check_rows(sql_settings(&unused), good[_i].text, good[_i].len, good[_i].expected);
}
END_TEST

static const struct sample bad[] = {
    {TEXT("CREATE TABLE t (a int);"),
     "db.t.sql:1 (offset 0): this statement is not supported in a"},
    {TEXT("\n\nDROP TABLE t;"), "db.t.sql:3 (offset 2): this statement is not supported"},
    {TEXT("INSERT INTO t VALUES (1);\nUPDATE t SET a=1;"), "db.t.sql:2 (offset 26)"},
    {TEXT("DELETE FROM t;"), "DELETE FROM t"},
    {TEXT("INSERT INTO t VALUES (1);\nINSERT INTO `u` VALUES (2);"), "two tables, 't' and 'u'"},
    {TEXT("INSERT INTO d.t VALUES (1);\nINSERT INTO d.t2 (a) VALUES (2);"), "two tables"},
    {TEXT("LOAD DATA INFILE 'x' INTO TABLE t;"), "LOAD DATA"},
    {TEXT("DELIMITER ;;\nx;"), "DELIMITER"},
    {TEXT("START SLAVE;"), "not supported"},
    {TEXT("ALTER TABLE t ADD c int;"), "not supported"},
    {TEXT("nonsense;"), "nonsense"},
    {TEXT("INSERT INTO t SELECT 1;"), "VALUES is expected"},
    {TEXT("INSERT INTO t SET a=1;"), "VALUES is expected"},
    {TEXT("INSERT INTO t VALUES ROW(1);"), "'(' is expected"},
    {TEXT("INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a=1;"), "ON DUPLICATE KEY UPDATE"},
    {TEXT("INSERT INTO t VALUES (1) AS n;"), "an alias or"},
    {TEXT("INSERT INTO t VALUES (1) (2);"), "',' or ';' is expected"},
    {TEXT("INSERT INTO t VALUES (1),;"), "'(' is expected"},
    {TEXT("INSERT INTO t VALUES (1;2);"), "unexpected byte 0x3B"},
    {TEXT("INSERT INTO t VALUES (1,\0);"), "unexpected byte 0x00"},
    {TEXT("INSERT INTO t VALUES (\\N);"), "unexpected byte 0x5C"},
    {TEXT("INSERT INTO t VALUES (1)\0;"), "is expected"},
    {TEXT("\0"), "db.t.sql:1 (offset 0)"},
    {TEXT("INSERT INTO t VALUES (1 /*! +1 */);"), "unexpected byte 0x2F"},
    /* White space behind the dashes for the server, so a comment for it. */
    {TEXT("INSERT INTO t VALUES (1--\x7f'\n);x;-- ');"), "unexpected byte 0x2D"},
    {TEXT("SET NAMES latin1; INSERT INTO t VALUES (1--\xa0'\n);x;-- ');"), "unexpected byte 0x2D"},
    {TEXT("INSERT INTO t VALUES (1)\n,(2,'abc"),
     "db.t.sql:2 (offset 26): the file ends inside a string"},
    {TEXT("INSERT INTO t VALUES (1),(2"), "the file ends inside a row that begins here"},
    {TEXT("INSERT INTO t VALUES (1),"), "the file ends inside a statement (no ';')"},
    {TEXT("INSERT INTO t VALUES (1)"), "the file ends inside a statement (no ';')"},
    {TEXT("INSERT INTO t VALUES (1)\n"), "the file ends inside a statement (no ';')"},
    {TEXT("INSERT INTO t VALUES"), "the file ends inside a statement (no ';')"},
    {TEXT("INSERT INTO t ("), "the file ends inside a statement (no ';')"},
    {TEXT("INSERT INTO `t"), "the file ends inside a statement (no ';')"},
    {TEXT("SET NAMES utf8"), "the file ends inside a statement (no ';')"},
    {TEXT("/*!40101 SET NAMES utf8"), "the file ends inside a statement (no ';')"},
    {TEXT("INSERT INTO t VALUES (1); /* x"), "the file ends inside a statement"},
    {TEXT("INSERT INTO t () VALUES ();"), "a column name is expected"},
    {TEXT("SET TIME_ZONE=CONCAT('a','b');"), "is not understood"},
    {TEXT("SET sql_mode=@@sql_mode;"), "is not understood"},
    {TEXT("SET insert_id=5;"), "would change the rows"},
    {TEXT("SET PASSWORD FOR x;"), "is not understood"},
    {TEXT("SET a=;INSERT INTO t VALUES (1);"), "this SET is not understood"},
    {TEXT("INSERT INTO t VALUES (1),(2,3);"), "column count mismatch, at most 1 but got 2"},
    {TEXT("INSERT INTO t VALUES (1,2),(3);"), "column count mismatch, expected 2, got 1"},
    {TEXT("INSERT INTO t VALUES (1,);"), "value 2 of the row is not understood"},
    {TEXT("INSERT INTO t VALUES (,1);"), "value 1 of the row is not understood"},
};

START_TEST(everything_else_is_an_error_with_its_place)
{
    struct memfile unused = {0};

    check_error(sql_settings(&unused), bad[_i].text, bad[_i].len, bad[_i].expected);
}
END_TEST

static const char heads[] = "SET NAMES utf8mb4 COLLATE utf8mb4_bin, @@session.time_zone='+02:00';\n"
                            "INSERT INTO t(a,`b c`) VALUES (1,2);\n"
                            "INSERT INTO t(a,`b c`) VALUES (3,4);\n"
                            "SET @S=@@sql_mode, sql_mode = 'X,Y';\n"
                            "INSERT INTO t(a,`b c`) VALUES (5,6);\n"
                            "SET SQL_MODE=@S;\n"
                            "INSERT INTO t(a,`b c`) VALUES (7,8);\n"
                            "INSERT INTO t(a) VALUES (9);\n";

static void check_batch(struct tl_reader *reader, uint32_t rows, uint32_t columns,
                        const char *sql_mode)
{
    TL_CLEANUP(tl_batch_free_p) struct tl_batch *batch = NULL;
    struct tl_error err;

    ck_assert_int_eq(tl_reader_next(reader, UINT64_MAX, &batch, &err), TL_OK);
    ck_assert_uint_eq(batch->row_count, rows);
    ck_assert_uint_lt(batch->resume_head, batch->end_pos);
    ck_assert(batch->last || tl_session_state_equal(&batch->resume_state, &batch->head->state));
    ck_assert_uint_eq(batch->head->column_count, columns);
    ck_assert_str_eq(batch->head->columns[0], "a");
    ck_assert_str_eq(batch->head->state.charset, "utf8mb4");
    ck_assert_str_eq(batch->head->state.collation, "utf8mb4_bin");
    ck_assert_str_eq(batch->head->state.time_zone, "+02:00");
    ck_assert_str_eq(batch->head->state.sql_mode, sql_mode);
    ck_assert(batch->head->state.sql_mode_given == (*sql_mode != '\0'));
}

START_TEST(a_batch_has_one_head_and_one_state)
{
    const struct tl_reader_start top = {.line = 1};
    TL_CLEANUP(tl_reader_close_p) struct tl_reader *reader = NULL;
    struct memfile file;
    struct tl_reader_settings settings;
    struct tl_error err;

    memfile_init(&file, heads, strlen(heads));
    settings = sql_settings(&file);
    ck_assert_int_eq(tl_reader_open(&reader, &settings, &top, &err), TL_OK);
    check_batch(reader, 2, 2, "");
    check_batch(reader, 1, 2, "X,Y");
    check_batch(reader, 1, 2, "");
    check_batch(reader, 1, 1, "");
    memfile_done(&file);
}
END_TEST

START_TEST(sql_mode_of_the_settings_counts_until_the_dump_says_one)
{
    struct memfile unused = {0};
    struct tl_reader_settings settings = sql_settings(&unused);

    settings.sql_mode = "STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES";
    check_rows(settings, TEXT("INSERT INTO t VALUES ('\\');"), "\\5c\n");
    check_rows(settings, TEXT("SET sql_mode='';INSERT INTO t VALUES ('\\'');"), "'\n");
}
END_TEST

START_TEST(a_row_longer_than_allowed_is_refused)
{
    static char text[5000] = "INSERT INTO t VALUES ('";
    struct memfile unused = {0};
    struct tl_reader_settings settings = sql_settings(&unused);

    memset(text + 23, 'x', 3000);
    memcpy(text + 3023, "');", 3);
    settings.max_row_bytes = 3003;
    check_error(settings, text, 3026, "db.t.sql:1 (offset 21): the row is longer than 3003 bytes");
    settings.read_block = 100;
    check_error(settings, text, 3026, "longer than 3003 bytes");
    settings.max_row_bytes = 3005;
    check_error(settings, text, 3000, "the file ends inside a string");
}
END_TEST

START_TEST(endless_space_is_an_error_with_its_place)
{
    static char text[200000];
    struct memfile unused = {0};
    struct tl_reader_settings settings = sql_settings(&unused);

    memset(text, ' ', sizeof(text));
    settings.max_row_bytes = settings.batch_bytes = 1000;
    settings.read_block = 100;
    check_error(settings, text, sizeof(text), "db.t.sql:1 (offset 0): no row ends within");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sql_reader");
    TCase *tc = tcase_create("sql_reader");

    tcase_add_loop_test(tc, everything_that_dumps_contain_is_read, 0,
                        (int)(sizeof(good) / sizeof(good[0])));
    tcase_add_loop_test(tc, everything_else_is_an_error_with_its_place, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tc, a_batch_has_one_head_and_one_state);
    tcase_add_test(tc, sql_mode_of_the_settings_counts_until_the_dump_says_one);
    tcase_add_test(tc, a_row_longer_than_allowed_is_refused);
    tcase_add_test(tc, endless_space_is_an_error_with_its_place);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
