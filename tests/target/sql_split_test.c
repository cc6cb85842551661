/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/target/sql_lexer.c, sql_split.c, sql_shape.c and schema_charset.c: no server.
 */
#include "core/target/sql_split.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/target/schema_charset.h"
#include "core/target/sql_shape.h"

/* Statements joined by " | ", each with its line. */
static void split(const char *text, bool backslash, char *out, size_t size)
{
    struct tl_splitter splitter;
    struct tl_statement statement;
    struct tl_error err;
    size_t used = 0;
    int rc;

    out[0] = '\0';
    tl_splitter_init(&splitter, text, strlen(text), backslash);
    while ((rc = tl_splitter_next(&splitter, &statement, &err)) == TL_OK)
        used += (size_t)snprintf(out + used, size - used, "%s%d:%.*s", used ? " | " : "",
                                 (int)statement.line, (int)statement.len, statement.text);
    if (rc != TL_NOT_FOUND)
        snprintf(out + used, size - used, "%s%d!%s", used ? " | " : "", (int)err.line,
                 err.code == TL_ERR_DATA ? "data" : "?");
}

static const struct {
    const char *text;
    const char *expected;
} splits[] = {
    {"", ""},
    {" ;; \n ; -- only\n/* comments */ # here", ""},
    {"a;b", "1:a | 1:b"},
    {"\xef\xbb\xbf-- c\nSELECT 1 ;\n\n SELECT 2\n;", "2:SELECT 1 | 4:SELECT 2"},
    {"a ';' \";\" `;` b; c", "1:a ';' \";\" `;` b | 1:c"},
    {"a 'it''s;' 'x\\';'; b", "1:a 'it''s;' 'x\\';' | 1:b"},
    {"a /* ; */ b; -- ; \n c # ;\n d; e", "1:a /* ; */ b | 2:c # ;\n d | 3:e"},
    {"a--b;c", "1:a--b | 1:c"},
    {"/*!40101 SET NAMES binary*/;\nx", "1:/*!40101 SET NAMES binary*/ | 2:x"},
    {"/*!50001 a ';*/' b; */ c;d", "1:/*!50001 a ';*/' b; */ c | 1:d"},
    {"/*M!999999\\- enable the sandbox mode */ \nSET a;", "2:SET a"},
    {"DELIMITER ;;\nBEGIN a; b; END ;;\nDELIMITER ;\nc;d", "2:BEGIN a; b; END | 4:c | 4:d"},
    {"delimiter $$\nEND$$ x$y$$", "2:END | 2:x$y"},
    {"a; 'open\n", "1:a | 1!data"},
    {"a;\n\n `open", "1:a | 3!data"},
    {"a;\n/* open", "1:a | 2!data"},
    {"a;\n/*!50001 open", "1:a | 2!data"},
    {"DELIMITER \n", "1!data"},
    {"\x01;a", "1:\x01 | 1:a"},
};

START_TEST(text_is_split_where_a_client_would)
{
    char out[1024];

    split(splits[_i].text, true, out, sizeof(out));
    ck_assert_str_eq(out, splits[_i].expected);
}
END_TEST

START_TEST(backslash_is_a_letter_without_escapes)
{
    char out[256];

    split("a '\\'; b", false, out, sizeof(out));
    ck_assert_str_eq(out, "1:a '\\' | 1:b");
}
END_TEST

static const struct {
    const char *text;
    enum tl_sql_kind kind;
    const char *rewritten; /* with db d and name n; NULL = no name */
} shapes[] = {
    {"CREATE TABLE `t` (a INT)", TL_SQL_CREATE_TABLE, "CREATE TABLE IF NOT EXISTS `d`.`n` (a INT)"},
    {"create table if not exists s . t(a INT)", TL_SQL_CREATE_TABLE,
     "create table if not exists `d`.`n`(a INT)"},
    {"CREATE /*!32312 IF*/ TABLE t", TL_SQL_OTHER, NULL},
    {"CREATE TABLE/* x */`a``b`(`c` INT)", TL_SQL_CREATE_TABLE,
     "CREATE TABLE/* x */IF NOT EXISTS `d`.`n`(`c` INT)"},
    {"CREATE OR REPLACE TABLE t (a INT)", TL_SQL_CREATE_TABLE,
     "CREATE  TABLE IF NOT EXISTS `d`.`n` (a INT)"},
    {"/*!50001 CREATE TABLE IF NOT EXISTS \"v\" (a INT) */", TL_SQL_CREATE_TABLE,
     "/*!50001 CREATE TABLE IF NOT EXISTS `d`.`n` (a INT) */"},
    {"CREATE TABLE`t`(a INT)", TL_SQL_CREATE_TABLE, "CREATE TABLE IF NOT EXISTS `d`.`n`(a INT)"},
    {"CREATE TABLE IF t (a INT)", TL_SQL_OTHER, NULL},
    {"CREATE TEMPORARY TABLE t (a INT)", TL_SQL_OTHER, NULL},
    {"CREATE DEFINER=`root`@`%` SQL SECURITY INVOKER VIEW s.v AS SELECT 1", TL_SQL_CREATE_VIEW,
     "CREATE DEFINER=`root`@`%` SQL SECURITY INVOKER VIEW `d`.`n` AS SELECT 1"},
    {"/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=CURRENT_USER() SQL SECURITY DEFINER "
     "*/\n/*!50001 VIEW `v` AS select '*/' */",
     TL_SQL_CREATE_VIEW,
     "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=CURRENT_USER() SQL SECURITY DEFINER "
     "*/\n/*!50001 VIEW `d`.`n` AS select '*/' */"},
    {"CREATE OR REPLACE ALGORITHM = MERGE VIEW v (a) AS SELECT 1", TL_SQL_CREATE_VIEW,
     "CREATE  ALGORITHM = MERGE VIEW `d`.`n` (a) AS SELECT 1"},
    {"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `x` /*!40100 DEFAULT CHARACTER SET utf8mb4 */",
     TL_SQL_CREATE_DATABASE,
     "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `d`.`n` /*!40100 DEFAULT CHARACTER SET utf8mb4 */"},
    {"CREATE SCHEMA x", TL_SQL_CREATE_DATABASE, "CREATE SCHEMA IF NOT EXISTS `d`.`n`"},
    {"ALTER TABLE `t` ADD KEY k (a)", TL_SQL_ALTER_TABLE, "ALTER TABLE `d`.`n` ADD KEY k (a)"},
    {"CREATE UNIQUE INDEX `on` ON t (a)", TL_SQL_CREATE_INDEX,
     "CREATE UNIQUE INDEX `on` ON `d`.`n` (a)"},
    {"/*!50003 CREATE*/ /*!50017 DEFINER='a'@'b'*/ /*!50003 TRIGGER t BEFORE INSERT ON x */",
     TL_SQL_ROUTINE, NULL},
    {"CREATE FUNCTION f() RETURNS INT RETURN 1", TL_SQL_ROUTINE, NULL},
    {"DROP TABLE IF EXISTS t", TL_SQL_DROP, NULL},
    {"/*!40101 SET NAMES utf8 */", TL_SQL_SET, NULL},
    {"SET @@SESSION.SQL_LOG_BIN= 0", TL_SQL_SET_GLOBAL, NULL},
    {"SET GLOBAL x=1", TL_SQL_SET_GLOBAL, NULL},
    {"SET @a='GLOBAL'", TL_SQL_SET, NULL},
    {"INSERT INTO t VALUES (1)", TL_SQL_ROWS, NULL},
    {"LOCK TABLES t WRITE", TL_SQL_TRANSACTION, NULL},
    {"USE `x`", TL_SQL_USE, NULL},
    {"/* nothing */", TL_SQL_EMPTY, NULL},
    {"CREATE TABLE", TL_SQL_OTHER, NULL},
    {"CREATE TABLE `open", TL_SQL_OTHER, NULL},
};

START_TEST(kind_and_name_of_a_statement_are_found)
{
    const char *text = shapes[_i].text;
    struct tl_sql_shape shape = tl_sql_shape_of(text, strlen(text), true);
    struct tl_buf sql;

    ck_assert_int_eq(shape.kind, shapes[_i].kind);
    if (!shapes[_i].rewritten) {
        ck_assert_uint_eq(shape.name_begin, shape.name_end);
        return;
    }
    tl_buf_init(&sql, 1000);
    ck_assert_int_eq(tl_sql_rewrite(&sql, text, strlen(text), &shape, "d", "n"), TL_OK);
    ck_assert_str_eq(sql.data, shapes[_i].rewritten);
    tl_buf_done(&sql);
}
END_TEST

static const struct {
    const char *text;
    const char *charset; /* NULL = none */
} charsets[] = {
    {"/*!40101 SET NAMES binary*/", "binary"},
    {"SET NAMES 'UTF8MB4' COLLATE utf8mb4_bin", "utf8mb4"},
    {"SET character_set_client = latin1", "latin1"},
    {"SET @saved_cs_client = @@character_set_client", NULL},
    {"SET character_set_client = @saved_cs_client", NULL},
    {"SET @a='NAMES x', sql_mode=''", NULL},
};

START_TEST(character_set_of_a_set_is_found)
{
    char charset[16] = "";
    const char *text = charsets[_i].text;

    ck_assert(tl_sql_charset_of(text, strlen(text), charset, sizeof(charset)) ==
              (charsets[_i].charset != NULL));
    if (charsets[_i].charset)
        ck_assert_str_eq(charset, charsets[_i].charset);
}
END_TEST

static const struct {
    const char *text;
    const char *charset;
    const char *own;
    int rc;
    const char *out;
    bool utf8;
} decodings[] = {
    {"a\xc3\xa4", "auto", "", TL_OK, "a\xc3\xa4", true},
    {"a\xc3\xa4", "auto", "binary", TL_OK, "a\xc3\xa4", true},
    {"\xc4\xe3\xba\xc3", "auto", "", TL_OK, "\xe4\xbd\xa0\xe5\xa5\xbd", true},
    {"\xc4\xe3\xba\xc3", "utf8mb4", "", TL_ERR_DATA, NULL, false},
    {"\xff\xff", "auto", "", TL_ERR_DATA, NULL, false},
    {"\xff\xff", "auto", "binary", TL_OK, "\xff\xff", false},
    {"\xff\xff", "binary", "", TL_OK, "\xff\xff", false},
    {"\xe4", "latin1", "", TL_OK, "\xc3\xa4", true},
    {"\xe4", "auto", "latin1", TL_OK, "\xe4", false},
    {"\xc4\xe3", "auto", "gbk", TL_OK, "\xe4\xbd\xa0", true},
    {"a", "klingon", "", TL_ERR_USAGE, NULL, false},
};

START_TEST(schema_text_becomes_utf8_where_it_can)
{
    struct tl_buf text;
    struct tl_error err;
    bool utf8 = !decodings[_i].utf8;

    tl_buf_init(&text, 1000);
    ck_assert_int_eq(tl_buf_adds(&text, decodings[_i].text), TL_OK);
    ck_assert_int_eq(tl_schema_decode(&text, decodings[_i].charset, decodings[_i].own, &utf8, &err),
                     decodings[_i].rc);
    if (decodings[_i].rc == TL_OK) {
        ck_assert_str_eq(text.data, decodings[_i].out);
        ck_assert(utf8 == decodings[_i].utf8);
    }
    tl_buf_done(&text);
}
END_TEST

#define COUNT(list) (int)(sizeof(list) / sizeof((list)[0]))

static Suite *split_suite(void)
{
    Suite *suite = suite_create("sql_split");
    TCase *tests = tcase_create("split");

    tcase_add_loop_test(tests, text_is_split_where_a_client_would, 0, COUNT(splits));
    tcase_add_test(tests, backslash_is_a_letter_without_escapes);
    tcase_add_loop_test(tests, kind_and_name_of_a_statement_are_found, 0, COUNT(shapes));
    tcase_add_loop_test(tests, character_set_of_a_set_is_found, 0, COUNT(charsets));
    tcase_add_loop_test(tests, schema_text_becomes_utf8_where_it_can, 0, COUNT(decodings));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(split_suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
