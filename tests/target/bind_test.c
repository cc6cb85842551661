/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bound arrays, multi-row INSERT of the file's text, and the server's own reading of the same dump
 * give the same table, for every kind of literal.
 */
#include "core/target/writer.h"

#include "writer_fixture.h"

static struct load load;

static void setup(void)
{
    reset_schemas();
    memset(&load, 0, sizeof(load));
    load.options = test_options();
    load.session = test_session(&load.options);
}

static void teardown(void)
{
    load_end(&load);
    tl_session_close(load.session);
    drop_schemas();
}

static void run(const char *fmt, const char *table)
{
    TL_CLEANUP_FREE char *sql = NULL;

    ck_assert_int_gt(asprintf(&sql, fmt, table), 0);
    test_exec(load.session, sql);
}

/* columns: of the table; head: SET lines; values: tuples. */
static const struct {
    const char *name;
    const char *columns;
    const char *head;
    const char *values;
} dumps[] = {
    {"integers", "a TINYINT, b BIGINT UNSIGNED, c DECIMAL(20,4), d INT", "",
     "(1,18446744073709551615,1.23456,-5),(-128,'7',-0.5,'12'),(NULL,0,'1.5',2.5),(+3,007,.5,3.5)"},
    {"floats", "a DOUBLE, b FLOAT", "",
     "(1.5e300,3.4e38),(-1e-5,0.1),('1e3',1E2),(0.1,123456789.123),(NULL,-0.0)"},
    {"exponents into integers", "a INT, b DECIMAL(10,3)", "", "(2.5e0,1.0005e0),(1e3,3.5e0)"},
    {"texts", "a VARCHAR(40), b TEXT", "",
     "('x','it''s'),('a\\'b','c\\\\d\\n\\t\\0\\Z\\%\\_\\q'),('',NULL),('\xc3\xa9\xe2\x82\xac',"
     "\"two \"\" words\")"},
    {"numbers into text", "a VARCHAR(40), b VARBINARY(40)", "", "(12,-12),(0,1.50),(-1.5,7)"},
    {"odd numbers into text", "a VARCHAR(40), b VARBINARY(40)", "",
     "(007,1e3),(.5,-0),(-0.0,1E-2),(12345678901234567890123,1)"},
    {"hexadecimal into text", "a VARCHAR(40), b TEXT CHARACTER SET latin1", "",
     "(x'414243',0x6162),(X'c3a9',0xe9),(NULL,x'')"},
    {"hexadecimal and text mixed", "a VARCHAR(40) CHARACTER SET latin1", "SET NAMES utf8mb4;\n",
     "(x'e9'),('\xc3\xa9'),(_binary'\xe9')"},
    {"bytes", "a BLOB, b VARBINARY(20), c BINARY(4)", "",
     "(x'00ff',_binary'\\0\xff',0x01),(x'','\xc3\x28','ab'),('',NULL,x'00000000')"},
    {"bits", "a BIT(1), b BIT(10), c BIT(64)", "",
     "(b'1',5,18446744073709551615),(0,0x3ff,b'101'),(1,b'0000000000',x'0001'),"
     "('\\0',x'01ff','abc'),(NULL,1000,0)"},
    {"hexadecimal into numbers", "a INT, b BIGINT, c DOUBLE", "", "(0x1f,x'3132',0x10),(1,2,3)"},
    {"enums and sets", "a ENUM('a','b','3'), b SET('x','y','z')", "",
     "('a','x,z'),(2,5),('3',3),(3,''),(NULL,NULL),('b',0x78)"},
    {"dates", "a DATE, b DATETIME(3), c TIME(2), d YEAR, e TIMESTAMP NULL", "",
     "('2024-02-29','2024-01-01 10:20:30.125','-12:34:56.78',2024,'2024-06-01 00:00:00'),"
     "(20240101,20240101102030,101,70,NULL),('0000-00-00','2024-01-01','25:00:00','0',"
     "20240601000000),('2024-1-2',NULL,5,0,NULL)"},
    {"time zones", "a TIMESTAMP NULL, b DATETIME", "SET TIME_ZONE='+09:00';\n",
     "('2024-01-01 00:00:00','2024-01-01 00:00:00')"},
    {"latin1 dump", "a VARCHAR(20), b BLOB, c VARCHAR(20) CHARACTER SET latin1",
     "SET NAMES latin1;\n", "('\xe9\xe8','\xe9','\xe9'),('plain','\xff\xfe','z')"},
    {"binary dump", "a VARCHAR(20), b BLOB, c VARCHAR(20) CHARACTER SET latin1",
     "SET NAMES binary;\n", "('\xc3\xa9','\xff\\0','\xe9')"},
    {"json", "a JSON, b LONGTEXT", "", "('{\"k\": [1, \"\\\\n\"]}','x'),(NULL,'')"},
    {"geometry", "a GEOMETRY, b POINT", "",
     "(x'000000000101000000000000000000f03f0000000000000040',"
     "0x000000000101000000000000000000f03f0000000000000040),"
     "(_binary'\\0\\0\\0\\0\x01\x01\\0\\0\\0\\0\\0\\0\\0\\0\\0\xf0\x3f\\0\\0\\0\\0\\0\\0\\0\x40',"
     "NULL),(ST_GeomFromText('POINT(1 2)'),POINT(3,4))"},
    {"network and uuid types", "a INET6, b UUID", "",
     "('::1','123e4567-e89b-12d3-a456-426655440000'),(NULL,NULL)"},
    {"expressions", "a INT, b VARCHAR(20) DEFAULT 'dflt'", "",
     "(1+1,DEFAULT),(TRUE,_utf8mb4'x'),(-(3),CONCAT('a','b'))"},
    {"zero ids", "a INT PRIMARY KEY AUTO_INCREMENT, b INT",
     "SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO';\n", "(0,1),(5,2)"},
    {"no backslash escapes", "a VARCHAR(20)", "SET SQL_MODE='NO_BACKSLASH_ESCAPES';\n",
     "('a\\'),('it''s\\n')"},
};

enum { DUMP_COUNT = sizeof(dumps) / sizeof(dumps[0]) };

static int take_sum(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                    struct tl_error *err)
{
    (void)lengths, (void)count, (void)err;
    *(uint64_t *)payload = strtoull(columns[1] ? columns[1] : "0", NULL, 10);
    return TL_OK;
}

static uint64_t sum_of(const char *table)
{
    struct tl_error err;
    uint64_t sum = 0;
    char sql[64];

    snprintf(sql, sizeof(sql), "CHECKSUM TABLE tl_test.%s EXTENDED", table);
    ck_assert_int_eq(tl_session_query(load.session, sql, take_sum, &sum, &err), TL_OK);
    return sum;
}

/* Loads dump i into tl_test.t by the writer and into tl_test.r by the server itself. */
static void load_both(int i, bool bulk)
{
    TL_CLEANUP_FREE char *create = NULL;
    TL_CLEANUP_FREE char *dump = NULL;
    struct tl_session *plain = test_session(&load.options);

    ck_assert_int_gt(asprintf(&create, "CREATE TABLE tl_test.%%s (%s)", dumps[i].columns), 0);
    run(create, "t");
    run(create, "r");
    test_exec(plain, "USE tl_test");
    test_exec(plain, "SET sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'");
    ck_assert_int_gt(asprintf(&dump, "%sINSERT INTO `r` VALUES %s", dumps[i].head, dumps[i].values),
                     0);
    test_exec(plain, dump);
    tl_session_close(plain);
    free(dump);
    dump = NULL;
    ck_assert_int_gt(
        asprintf(&dump, "%sINSERT INTO `t` VALUES %s;\n", dumps[i].head, dumps[i].values), 0);
    load_begin(&load, bulk);
    ck_assert_msg(load_text(&load, dump) == TL_OK, "%s: %s", dumps[i].name, load.err.message);
}

START_TEST(bound_rows_are_what_the_server_reads_itself)
{
    load_both(_i, true);
    ck_assert_msg(sum_of("t") == sum_of("r"), "%s", dumps[_i].name);
}
END_TEST

START_TEST(text_rows_are_what_the_server_reads_itself)
{
    load_both(_i, false);
    ck_assert_msg(sum_of("t") == sum_of("r"), "%s", dumps[_i].name);
}
END_TEST

/* Every byte value, through each way, into text of one byte a character and into bytes. */
static void load_all_bytes(enum tl_file_type type, bool bulk)
{
    struct tl_buf text;

    run("CREATE TABLE tl_test.%s (a BLOB, b INT)", "t");
    tl_buf_init(&text, 1 << 20);
    ck_assert_int_eq(
        tl_buf_adds(&text, type == TL_FILE_SQL ? "INSERT INTO t VALUES ('" : "a,b\n\""), TL_OK);
    for (int i = 0; i < 256; i++) {
        char byte = (char)i;

        if (strchr("'\"\\", byte))
            ck_assert_int_eq(tl_buf_add(&text, i ? "\\" : "\\0", i ? 1 : 2), TL_OK);
        if (i)
            ck_assert_int_eq(tl_buf_add(&text, &byte, 1), TL_OK);
    }
    ck_assert_int_eq(tl_buf_adds(&text, type == TL_FILE_SQL ? "',1);\n" : "\",1\n"), TL_OK);
    load_begin(&load, bulk);
    load.source.type = type;
    ck_assert_msg(load_bytes(&load, text.data, text.len) == TL_OK, "%s", load.err.message);
    tl_buf_done(&text);
}

START_TEST(every_byte_arrives)
{
    TL_CLEANUP_FREE char *hex = NULL;
    struct tl_error err;

    load_all_bytes(_i & 1 ? TL_FILE_SQL : TL_FILE_CSV, _i & 2);
    ck_assert_int_eq(tl_session_scalar(load.session, "SELECT HEX(a) FROM tl_test.t", &hex, &err),
                     TL_OK);
    ck_assert_uint_eq(strlen(hex), 512);
    for (int i = 0; i < 256; i++) {
        char pair[3];

        snprintf(pair, sizeof(pair), "%02X", i);
        ck_assert_msg(memcmp(hex + 2 * i, pair, 2) == 0, "byte %d", i);
    }
}
END_TEST

START_TEST(csv_null_and_empty_text_stay_different)
{
    run("CREATE TABLE tl_test.%s (a VARCHAR(9), b INT, c VARCHAR(9) DEFAULT 'd')", "t");
    load_begin(&load, _i);
    load.source.type = TL_FILE_CSV;
    ck_assert_msg(load_text(&load, "b,a\n1,\n2,\"\"\n3,\\N\n4,it's\n") == TL_OK, "%s",
                  load.err.message);
    ck_assert_uint_eq(test_count(load.session, "SELECT SUM(b) FROM tl_test.t WHERE a = ''"), 3);
    ck_assert_uint_eq(test_count(load.session, "SELECT SUM(b) FROM tl_test.t WHERE a IS NULL"), 3);
    ck_assert_uint_eq(test_count(load.session, "SELECT SUM(b) FROM tl_test.t WHERE a = 'it''s'"),
                      4);
    ck_assert_uint_eq(test_count(load.session, "SELECT COUNT(*) FROM tl_test.t WHERE c = 'd'"), 4);
}
END_TEST

START_TEST(a_batch_larger_than_a_packet_is_split)
{
    struct tl_buf text;
    char big[40001];

    run("CREATE TABLE tl_test.%s (a INT, b LONGTEXT)", "t");
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    tl_buf_init(&text, 8 << 20);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(
            tl_buf_addf(&text, "%s(%d,'%s')", i ? "," : "INSERT INTO t VALUES ", i, big), TL_OK);
    ck_assert_int_eq(tl_buf_adds(&text, ";\n"), TL_OK);
    load_begin(&load, _i);
    load.ledger.server.max_allowed_packet = 100000;
    ck_assert_msg(load_text(&load, text.data) == TL_OK, "%s", load.err.message);
    ck_assert_uint_eq(test_count(load.session, "SELECT COUNT(*) FROM tl_test.t"), 20);
    tl_buf_done(&text);
}
END_TEST

START_TEST(a_row_larger_than_a_packet_is_named)
{
    struct tl_buf text;
    char big[120001];

    run("CREATE TABLE tl_test.%s (a INT, b LONGTEXT)", "t");
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    tl_buf_init(&text, 8 << 20);
    ck_assert_int_eq(tl_buf_addf(&text, "INSERT INTO t VALUES (1,'a'),\n(2,'%s');\n", big), TL_OK);
    load_begin(&load, _i);
    load.ledger.server.max_allowed_packet = 100000;
    ck_assert_int_eq(load_text(&load, text.data), TL_ERR_DATA);
    ck_assert_msg(strstr(load.err.message, "file a.sql line 2 ") != NULL, "%s", load.err.message);
    ck_assert_ptr_nonnull(strstr(load.err.hint, "max_allowed_packet"));
    ck_assert_uint_eq(load.bad_row, 1);
    ck_assert_uint_eq(test_count(load.session, "SELECT COUNT(*) FROM tl_test.t"), 0);
    tl_buf_done(&text);
}
END_TEST

START_TEST(names_that_are_not_ascii_reach_their_table_from_a_latin1_dump)
{
    test_exec(load.session, "CREATE TABLE tl_test.t (`gr\xc3\xb6\xc3\x9f"
                            "e` VARCHAR(9), b BIT(3))");
    load_begin(&load, _i);
    ck_assert_msg(load_text(&load, "SET NAMES latin1;\nINSERT INTO t VALUES ('\xe9',b'1');\n") ==
                      TL_OK,
                  "%s", load.err.message);
    ck_assert_uint_eq(test_count(load.session, "SELECT COUNT(*) FROM tl_test.t WHERE "
                                               "HEX(`gr\xc3\xb6\xc3\x9f"
                                               "e`) = 'C3A9'"),
                      1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bind");
    TCase *tc = tcase_create("server");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    if (test_socket()) {
        tcase_add_loop_test(tc, bound_rows_are_what_the_server_reads_itself, 0, DUMP_COUNT);
        tcase_add_loop_test(tc, text_rows_are_what_the_server_reads_itself, 0, DUMP_COUNT);
        tcase_add_loop_test(tc, every_byte_arrives, 0, 4);
        tcase_add_loop_test(tc, csv_null_and_empty_text_stay_different, 0, 2);
        tcase_add_loop_test(tc, a_batch_larger_than_a_packet_is_split, 0, 2);
        tcase_add_loop_test(tc, a_row_larger_than_a_packet_is_named, 0, 2);
        tcase_add_loop_test(tc, names_that_are_not_ascii_reach_their_table_from_a_latin1_dump, 0,
                            2);
    }
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
