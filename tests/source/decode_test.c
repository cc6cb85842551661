/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding SQL values: every literal form, in both string modes, in place; what is no literal stays
 * text; and scan_only leaves the batch as it was read.
 */
#include "core/source/decode.h"

#include "core/base/digest.h"
#include "tests/source/reading.h"

#define TEXT(s) (s), sizeof(s) - 1

struct sample {
    const char *values;
    size_t len;
    const char *expected; /* as add_value of reading.h writes it */
};

static const struct sample values[] = {
    {TEXT("NULL"), "NULL"},
    {TEXT("null"), "NULL"},
    {TEXT("NULLX"), "?NULLX"},
    {TEXT("''"), ""},
    {TEXT("'abc'"), "abc"},
    {TEXT("\"a'b\""), "a'b"},
    {TEXT("'it''s'"), "it's"},
    {TEXT("\"a\"\"b\""), "a\"b"},
    {TEXT("''''"), "'"},
    {TEXT("'\\0\\b\\n\\r\\t\\Z\\\\\\'\\\"\\x'"), "\\00\\08\\0a\\0d\\09\\1a\\5c'\"x"},
    {TEXT("'\\%\\_'"), "\\5c%\\5c_"},
    {TEXT("'a\0b'"), "a\\00b"},
    {TEXT("'a' 'b'\n'c'"), "abc"},
    {TEXT("'a' /* x */ \"b\\n\""), "ab\\0a"},
    {TEXT("'a''b' 'c\\'d' ''"), "a'bc'd"},
    {TEXT("_binary 'a\\0b'"), "b:a\\00b"},
    {TEXT("_BINARY'x'"), "b:x"},
    {TEXT("_binary 'a' 'b'"), "b:ab"},
    {TEXT("_binary x'41'"), "?_binary x'41'"},
    {TEXT("_utf8mb4'x'"), "?_utf8mb4'x'"},
    {TEXT("_latin1 'a\\'b'"), "?_latin1 'a\\5c'b'"},
    {TEXT("N'x'"), "?N'x'"},
    {TEXT("n'x'"), "?n'x'"},
    {TEXT("x'4142'"), "x:AB"},
    {TEXT("X'fFaA'"), "x:\\ff\\aa"},
    {TEXT("x''"), "x:"},
    {TEXT("x'414'"), "?x'414'"},
    {TEXT("x'4g'"), "?x'4g'"},
    {TEXT("0x4142"), "x:AB"},
    {TEXT("0xABC"), "x:\\0a\\bc"},
    {TEXT("0x"), "?0x"},
    {TEXT("0X41"), "?0X41"},
    {TEXT("b'01000001'"), "x:A"},
    {TEXT("B'1'"), "x:\\01"},
    {TEXT("b'101000001'"), "x:\\01A"},
    {TEXT("b''"), "x:"},
    {TEXT("b'12'"), "?b'12'"},
    {TEXT("0b1000001"), "x:A"},
    {TEXT("0"), "#0"},
    {TEXT("-12"), "#-12"},
    {TEXT("+1.50"), "#+1.50"},
    {TEXT(".5"), "#.5"},
    {TEXT("5."), "#5."},
    {TEXT("1.5e3"), "#1.5e3"},
    {TEXT("-1E-300"), "#-1E-300"},
    {TEXT("123456789012345678901234567890.123"), "#123456789012345678901234567890.123"},
    {TEXT("1e"), "?1e"},
    {TEXT("."), "?."},
    {TEXT("-"), "?-"},
    {TEXT("- 5"), "?- 5"},
    {TEXT("1+1"), "?1+1"},
    {TEXT("'a'+1"), "?'a'+1"},
    {TEXT("'a\\n' COLLATE x"), "?'a\\5cn' COLLATE x"},
    {TEXT("TRUE"), "?TRUE"},
    {TEXT("DEFAULT"), "?DEFAULT"},
    {TEXT("DEFAULT(`a,)`)"), "?DEFAULT(`a,)`)"},
    {TEXT("CONVERT('a,)' USING utf8mb4)"), "?CONVERT('a,)' USING utf8mb4)"},
    {TEXT("f(1, g(2, ')'), \"(\")"), "?f(1, g(2, ')'), \"(\")"},
    {TEXT("/* a */ 1 -- b\n /* c */"), "#1"},
    {TEXT("1 /* a */ + 1 -- b,\n"), "?1 /* a */ + 1"},
    {TEXT("'a' # ),'\n"), "a"},
    {TEXT("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\nbbbbbbbbbbbbbbbbbbbbbbbbbbbbb''"
          "ccccccccccccccc'"),
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\0abbbbbbbbbbbbbbbbbbbbbbbbbbbbb'ccccccccccccccc"},
};

/* "INSERT INTO t VALUES (<first><values>,'end');\n" as a batch. */
static struct tl_batch *batch_of(struct tl_reader_settings *settings, const char *head,
                                 const char *text, size_t len)
{
    const struct tl_reader_start top = {.line = 1};
    TL_CLEANUP(tl_reader_close_p) struct tl_reader *reader = NULL;
    TL_CLEANUP_BUF struct tl_buf dump;
    struct tl_batch *batch = NULL;
    struct memfile file;
    struct tl_error err;

    tl_buf_init(&dump, SIZE_MAX);
    must(tl_buf_adds(&dump, head));
    must(tl_buf_add(&dump, text, len));
    must(tl_buf_adds(&dump, ",'end');\n"));
    memfile_init(&file, dump.data, dump.len);
    *settings = sql_settings(&file);
    ck_assert_int_eq(tl_reader_open(&reader, settings, &top, &err), TL_OK);
    if (tl_reader_next(reader, UINT64_MAX, &batch, &err) != TL_OK)
        ck_abort_msg("%s", err.message);
    memfile_done(&file);
    return batch;
}

static void check_value(const char *head, const char *text, size_t len, const char *expected)
{
    TL_CLEANUP_BUF struct tl_buf out;
    TL_CLEANUP_ROWS struct tl_rows rows = {0};
    struct tl_reader_settings settings;
    TL_CLEANUP(tl_batch_free_p) struct tl_batch *batch = batch_of(&settings, head, text, len);
    struct tl_error err;

    tl_buf_init(&out, SIZE_MAX);
    if (tl_decode(&rows, batch, &settings, 2, false, &err) != TL_OK)
        ck_abort_msg("%s: %s", text, err.message);
    add_value(&out, &rows.values[0]);
    ck_assert_str_eq(tl_buf_text(&out), expected);
    ck_assert(rows.plain == (*expected != '?'));
    ck_assert_uint_eq(rows.values[1].len, 3);
    ck_assert_mem_eq(rows.values[1].data, "end", 3);
}

START_TEST(every_literal_form_is_decoded)
{
    check_value("INSERT INTO t VALUES (", values[_i].values, values[_i].len, values[_i].expected);
}
END_TEST

START_TEST(backslash_is_a_character_without_escapes)
{
    const char *head = "SET sql_mode='NO_BACKSLASH_ESCAPES';INSERT INTO t VALUES (";

    check_value(head, TEXT("'\\'"), "\\5c");
    check_value(head, TEXT("'a\\n''b'"), "a\\5cn'b");
    check_value(head, TEXT("\"\\\""), "\\5c");
}
END_TEST

START_TEST(names_in_double_quotes_are_no_strings_with_ansi_quotes)
{
    const char *head = "SET sql_mode='ANSI';INSERT INTO t VALUES (";

    check_value(head, TEXT("\"a,)\""), "?\"a,)\"");
    check_value(head, TEXT("'a\\\"b'"), "a\"b");
}
END_TEST

START_TEST(characters_that_end_in_a_backslash_stay_whole)
{
    check_value("SET NAMES gbk;INSERT INTO t VALUES (", TEXT("'\x95\\\\n'"), "\\95\\5c\\0a");
    check_value("SET NAMES big5;INSERT INTO t VALUES (", TEXT("'\xA4\\a'"), "\\a4\\5ca");
    check_value("SET NAMES cp932;INSERT INTO t VALUES (", TEXT("'\x83\\\\t'"), "\\83\\5c\\09");
    check_value("SET NAMES sjis;INSERT INTO t VALUES (", TEXT("'\xB1\\t'"), "\\b1\\09");
    check_value("SET NAMES utf8mb4;INSERT INTO t VALUES (", TEXT("'\x95\\\\n'"), "\\95\\5cn");
}
END_TEST

START_TEST(scanning_only_changes_nothing_and_keeps_the_text)
{
    struct tl_reader_settings settings;
    TL_CLEANUP(tl_batch_free_p)
    struct tl_batch *batch =
        batch_of(&settings, "INSERT INTO t VALUES (", TEXT("'a\\nb' 'c',x'4142',NULL"));
    TL_CLEANUP_ROWS struct tl_rows rows = {0};
    struct tl_error err;

    ck_assert_int_eq(tl_decode(&rows, batch, &settings, 4, true, &err), TL_OK);
    ck_assert(rows.plain);
    ck_assert_int_eq(rows.values[0].type, TL_VALUE_STRING);
    ck_assert_uint_eq(rows.values[0].len, 10);
    ck_assert_mem_eq(rows.values[0].data, "'a\\nb' 'c'", 10);
    ck_assert_int_eq(rows.values[1].type, TL_VALUE_BINARY);
    ck_assert_mem_eq(rows.values[1].data, "x'4142'", 7);
    ck_assert_int_eq(rows.values[2].type, TL_VALUE_NULL);
    ck_assert_uint_eq(tl_checksum_of(batch->raw.data, batch->raw.len), batch->checksum);
}
END_TEST

START_TEST(columns_of_the_first_row_are_counted)
{
    struct tl_reader_settings settings;
    TL_CLEANUP(tl_batch_free_p)
    struct tl_batch *batch = batch_of(&settings, "INSERT INTO t VALUES (", TEXT("1,f(2,3),'a,b'"));
    struct tl_error err;
    uint32_t columns;

    ck_assert_int_eq(tl_decode_columns(batch, &settings, &columns, &err), TL_OK);
    ck_assert_uint_eq(columns, 4);
    ck_assert_uint_eq(tl_checksum_of(batch->raw.data, batch->raw.len), batch->checksum);
}
END_TEST

START_TEST(lines_and_positions_are_right_after_decoding)
{
    struct tl_reader_settings settings;
    TL_CLEANUP(tl_batch_free_p)
    struct tl_batch *batch =
        batch_of(&settings, "\nINSERT INTO t VALUES\n('\\n\\n\n'),\n\n('", TEXT("\n'),(1"));
    TL_CLEANUP_ROWS struct tl_rows rows = {0};
    struct tl_error err;

    ck_assert_int_eq(tl_decode(&rows, batch, &settings, 1, false, &err), TL_ERR_DATA);
    ck_assert_uint_eq(tl_batch_row_line(batch, 0), 3);
    ck_assert_uint_eq(tl_batch_row_line(batch, 1), 6);
    ck_assert_uint_eq(tl_batch_row_line(batch, 2), 7);
    ck_assert_uint_eq(tl_batch_row_pos(batch, 1), 34);
    ck_assert_ptr_nonnull(strstr(err.message,
                                 "db.t.sql:7 (offset 40): column count mismatch, at most 1 "
                                 "but got 2"));
    ck_assert_int_eq(err.line, 7);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("decode");
    TCase *tc = tcase_create("decode");

    tcase_add_loop_test(tc, every_literal_form_is_decoded, 0,
                        (int)(sizeof(values) / sizeof(values[0])));
    tcase_add_test(tc, backslash_is_a_character_without_escapes);
    tcase_add_test(tc, names_in_double_quotes_are_no_strings_with_ansi_quotes);
    tcase_add_test(tc, characters_that_end_in_a_backslash_stay_whole);
    tcase_add_test(tc, scanning_only_changes_nothing_and_keeps_the_text);
    tcase_add_test(tc, columns_of_the_first_row_are_counted);
    tcase_add_test(tc, lines_and_positions_are_right_after_decoding);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
