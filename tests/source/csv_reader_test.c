/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CSV reader and decoder: every key of [mydumper.csv], and upstream's words for errors with
 * file, line and offset. How batches are cut: csv_cut_test.c.
 */
#include "tests/source/csv_case.h"

#define TEXT(s) (s), sizeof(s) - 1

struct sample {
    struct dialect dialect;
    const char *text;
    size_t len;
    const char *expected;
};

#define PLAIN \
    {         \
        0     \
    }

static const struct sample good[] = {
    {PLAIN, TEXT(""), ""},
    {PLAIN, TEXT("\n\r\n\r\r"), ""},
    {PLAIN, TEXT("a,b\nc,d"), "a|b\nc|d\n"},
    {PLAIN, TEXT("a,b\r\nc,d\r\n"), "a|b\nc|d\n"},
    {PLAIN, TEXT("a,b\rc,d\r"), "a|b\nc|d\n"},
    {PLAIN,
     TEXT("\xEF\xBB\xBF"
          "a\n"),
     "a\n"},
    {PLAIN, TEXT(" a , b \n"), " a | b \n"},
    {PLAIN, TEXT(" \n"), " \n"},
    {PLAIN, TEXT("\"a,b\",\"c\nd\"\n\"\",\"e\"\"f\"\n"), "a,b|c\\0ad\n|e\"f\n"},
    {PLAIN, TEXT("\"a\\\"b\",c\\,d,e\\\nf\n"), "a\"b|c,d|e\\0af\n"},
    {PLAIN, TEXT("\\0\\b\\n\\r\\t\\Z\\\\\\x,\\N,\"\\N\",\\\\N,a\\N\n"),
     "\\00\\08\\0a\\0d\\09\\1a\\5cx|NULL|NULL|\\5cN|aN\n"},
    {PLAIN, TEXT("a\0b,\0\n"), "a\\00b|\\00\n"},
    {{.nulls = {"NULL", "nil", ""}},
     TEXT("NULL,nil,,\"NULL\",\"\",\\N,null\n"),
     "NULL|NULL|NULL|NULL|NULL|N|null\n"},
    {{.empty_nulls = true}, TEXT("a,,\\N\n"), "a|NULL|N\n"},
    {{.not_null = true, .nulls = {"\\N", "x"}}, TEXT("\\N,x,\n"), "N|x|\n"},
    {{.escaped_by = ""}, TEXT("\\N,a\\,\"b\\\"\n"), "NULL|a\\5c|b\\5c\n"},
    {{.escaped_by = "!"}, TEXT("\\N,!N,a!nb,\"!\"\"\n"), "NULL|N|a\\0ab|\"\n"},
    {{.delimiter = ""}, TEXT("\"a\",b\"c\n'x',y\n"), "\"a\"|b\"c\n'x'|y\n"},
    {{.separator = "|+|", .delimiter = "<>"},
     TEXT("a|+|<>b|+|<><>c<>|+||+\nd||+|e|+|f"),
     "a|b\\7c+\\7c<>c|\\7c+\nd\\7c|e|f\n"},
    {{.separator = "\t", .delimiter = "'"}, TEXT("a\t'b\t''c'\n"), "a|b\\09'c\n"},
    {{.terminator = "\n"}, TEXT("a,b\r\nc,\"d\ne\"\n"), "a|b\\0d\nc|d\\0ae\n"},
    {{.terminator = "\r\n"}, TEXT("a\n,b\r\r\nc,d\r"), "a\\0a|b\\0d\nc|d\\0d\n"},
    {{.terminator = "|;|"}, TEXT("a,b|c|;|d,e\n|;|"), "a|b\\7cc\nd|e\\0a\n"},
    {{.separator = "|", .terminator = "|\n"}, TEXT("a|b|\nc|d|\n"), "a|b\nc|d\n"},
    {{.trim = true}, TEXT("a,b,\nc,d\ne,f,\"\"\n"), "a|b\nc|d\ne|f\n"},
    {{.header = true}, TEXT("x, Y ,z\n1,2,3\n"), "1|2|3\n"},
    {{.header = true, .no_match = true}, TEXT("\n\nwhatever\n1,2,3\n"), "1|2|3\n"},
    {{.header = true}, TEXT("x,y"), ""},
    {{.character_set = "latin1"}, TEXT("\xE4\x80\x81,b\n"), "\\c3\\a4\\e2\\82\\ac\\c2\\81|b\n"},
};

START_TEST(every_dialect_reads_its_fields)
{
    struct csv_case c;

    set_up(&c, &good[_i].dialect);
    check_rows(c.settings, good[_i].text, good[_i].len, good[_i].expected);
}
END_TEST

static const struct sample bad[] = {
    {PLAIN, TEXT("a,b\nc,\"d\n\n"),
     "db.t.csv:2 (offset 6): syntax error: unterminated quoted field"},
    {PLAIN, TEXT("a,b\\"), "db.t.csv:1 (offset 3): syntax error: no character after backslash"},
    {PLAIN, TEXT("a\n\"b\"c\n"),
     "db.t.csv:2 (offset 2): syntax error: cannot have consecutive fields"},
    {PLAIN, TEXT("a,b\"c\"\n"), "syntax error: cannot have consecutive fields without separator"},
    {PLAIN, TEXT("a,b\"c\nd,e\n"), "(offset 3): syntax error: cannot have consecutive fields"},
    {PLAIN, TEXT("\"a\" ,b\n"), "syntax error: cannot have consecutive fields without separator"},
    {PLAIN, TEXT("\"a\"\"b\"\"\n"), "syntax error: unterminated quoted field"},
    {PLAIN, TEXT("a,b\n\nc\n"), "db.t.csv:3 (offset 5): column count mismatch, expected 2, got 1"},
    {PLAIN, TEXT("a,b\nc,d,e\n"),
     "db.t.csv:2 (offset 4): column count mismatch, at most 2 but got 3"},
    {{.header = true}, TEXT("a,\"b\n1,2\n"), "syntax error: unterminated quoted field"},
    {{.header = true}, TEXT("a,\"b\"c\n1,2\n"), "db.t.csv:1 (offset 5): syntax error: cannot have"},
    {{.separator = "::", .delimiter = "<<"}, TEXT("a::<<b<<c\n"), "syntax error: cannot have"},
    {{.separator = "::", .delimiter = "<<"}, TEXT("a::<<b<c\n"), "syntax error: unterminated"},
};

START_TEST(mistakes_are_told_in_the_words_of_upstream_with_their_place)
{
    struct csv_case c;

    set_up(&c, &bad[_i].dialect);
    check_error(c.settings, bad[_i].text, bad[_i].len, bad[_i].expected);
    c.settings.read_block = 1;
    check_error(c.settings, bad[_i].text, bad[_i].len, bad[_i].expected);
}
END_TEST

START_TEST(empty_fields_are_counted)
{
    struct csv_case c;

    set_up(&c, &(struct dialect){0});
    check_rows(c.settings, TEXT(",,\n,,\n"), "||\n||\n");
    check_rows(c.settings, TEXT("\"\"\n"), "\n");
}
END_TEST

static struct tl_batch *only_batch(struct csv_case *c, const char *text, size_t len)
{
    const struct tl_reader_start top = {.line = 1};
    TL_CLEANUP(tl_reader_close_p) struct tl_reader *reader = NULL;
    struct tl_batch *batch = NULL;
    struct memfile file;
    struct tl_error err;

    memfile_init(&file, text, len);
    c->settings.path = file.path;
    ck_assert_int_eq(tl_reader_open(&reader, &c->settings, &top, &err), TL_OK);
    ck_assert_int_eq(tl_reader_next(reader, UINT64_MAX, &batch, &err), TL_OK);
    memfile_done(&file);
    return batch;
}

START_TEST(the_header_names_the_columns_as_in_the_file)
{
    TL_CLEANUP(tl_batch_free_p) struct tl_batch *batch = NULL;
    struct csv_case c;

    set_up(&c, &(struct dialect){.header = true, .character_set = "gbk"});
    batch = only_batch(&c, TEXT("Id,\" \xD6\xD0 \",\"a\"\"b\"\n1,2,3\n"));
    ck_assert(batch->head->has_columns);
    ck_assert_uint_eq(batch->head->column_count, 3);
    ck_assert_str_eq(batch->head->columns[0], "Id");
    ck_assert_str_eq(batch->head->columns[1], "\xE4\xB8\xAD");
    ck_assert_str_eq(batch->head->columns[2], "a\"b");
    ck_assert_uint_eq(tl_batch_row_line(batch, 0), 2);
}
END_TEST

START_TEST(a_header_that_is_not_matched_names_nothing)
{
    TL_CLEANUP(tl_batch_free_p) struct tl_batch *batch = NULL;
    struct csv_case c;

    set_up(&c, &(struct dialect){.header = true, .no_match = true});
    batch = only_batch(&c, TEXT("Id,b\n1,2\n"));
    ck_assert(!batch->head->has_columns);
    ck_assert_uint_eq(batch->row_count, 1);
}
END_TEST

START_TEST(second_bytes_of_gbk_are_never_special)
{
    struct csv_case c;

    set_up(&c, &(struct dialect){.separator = "|", .character_set = "gbk"});
    /* 0x81 0x7C is one character, not one byte and a separator; 0xD6 0x5C likewise. */
    check_rows(c.settings, TEXT("\x81\x7C|b\n\xD6\x5C|\"\x81\x5C\"\n"),
               "\\e4\\ba\\85|b\n\\e8\\ac\\80|\\e4\\b9\\97\n");
}
END_TEST

START_TEST(invalid_characters_are_replaced_and_counted)
{
    TL_CLEANUP(tl_batch_free_p) struct tl_batch *batch = NULL;
    TL_CLEANUP_ROWS struct tl_rows rows = {0};
    struct tl_error err;
    struct csv_case c;

    set_up(&c, &(struct dialect){.character_set = "gb18030"});
    batch = only_batch(&c, TEXT("a\xFF"
                                "b,ok\n\xD6\xD0,\x81\n"));
    ck_assert_int_eq(tl_decode(&rows, batch, &c.settings, 2, false, &err), TL_OK);
    ck_assert_uint_eq(rows.replaced, 2);
    ck_assert_uint_eq(rows.values[0].len, 4);
    ck_assert_mem_eq(rows.values[0].data, "a?!b", 4);
    ck_assert_mem_eq(rows.values[2].data, "\xE4\xB8\xAD", 3);
    ck_assert_mem_eq(rows.values[3].data, "?!", 2);
}
END_TEST

START_TEST(beginning_where_no_row_ends_is_refused)
{
    const struct tl_reader_start wrong = {.pos = 2, .line = 1};
    struct tl_reader *reader = NULL;
    struct memfile file;
    struct csv_case c;
    struct tl_error err;

    set_up(&c, &(struct dialect){0});
    memfile_init(&file, "ab,c\nd,e\n", 9);
    c.settings.path = file.path;
    ck_assert_int_eq(tl_reader_open(&reader, &c.settings, &wrong, &err), TL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "the file changed"));
    memfile_done(&file);
}
END_TEST

START_TEST(a_row_longer_than_allowed_is_refused)
{
    static char text[300];
    struct csv_case c;

    set_up(&c, &(struct dialect){0});
    memset(text, 'x', 299);
    text[1] = '\n';
    c.settings.max_row_bytes = 100;
    check_error(c.settings, text, 299, "db.t.csv:2 (offset 2): the row is longer than 100 bytes");
    text[298] = '\n';
    check_error(c.settings, text, 299, "db.t.csv:2 (offset 2): the row is longer than 100 bytes");
    c.settings.read_block = 1;
    check_error(c.settings, text, 299, "db.t.csv:2 (offset 2): the row is longer than 100 bytes");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("csv_reader");
    TCase *tc = tcase_create("csv_reader");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, every_dialect_reads_its_fields, 0,
                        (int)(sizeof(good) / sizeof(good[0])));
    tcase_add_loop_test(tc, mistakes_are_told_in_the_words_of_upstream_with_their_place, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tc, empty_fields_are_counted);
    tcase_add_test(tc, the_header_names_the_columns_as_in_the_file);
    tcase_add_test(tc, a_header_that_is_not_matched_names_nothing);
    tcase_add_test(tc, second_bytes_of_gbk_are_never_special);
    tcase_add_test(tc, invalid_characters_are_replaced_and_counted);
    tcase_add_test(tc, beginning_where_no_row_ends_is_refused);
    tcase_add_test(tc, a_row_longer_than_allowed_is_refused);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
