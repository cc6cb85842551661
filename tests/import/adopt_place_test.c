/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Positions of the upstream program among the rows of a file: each byte of a file is tried as such
 * a position. What was found must let the reader go on with exactly the rows behind it, under the
 * same head, with the same lines.
 */
#include "core/import/adopt.h"

#include "../source/reading.h"
#include "import_fixture.h"

enum { MAX_ROWS = 64 };

static const char sql[] =
    "/*!40101 SET NAMES latin1 */;\n"
    "INSERT INTO `t` (a, b) VALUES\n(1,'x);('),\n(2,'it''s'),(3,'\\'\n'); -- c\n"
    "SET NAMES utf8mb4;\n"
    "INSERT INTO t VALUES (4,'(')\n,(5,NULL);\nINSERT INTO t VALUES (6,'');\n"
    "/* (7,'no row'); */\n";
static const char csv[] = "a,b\n1,\"x\n\"\n2,\"it\"\"s\"\n\n3,\r\n4,\"\n\n\"\n5,e";

struct row {
    uint64_t start, end, line;
    char head[100];
};

struct file {
    struct memfile memory;
    struct tl_reader_settings settings;
    size_t len;
    struct row rows[MAX_ROWS];
    size_t count;
};

static struct file file;
static struct tl_csv_options csv_options;
static char table_name[] = "`d`.`t`", path_name[] = "d.t.sql";
static struct tl_plan_table table = {.name = table_name};
static struct tl_plan_chunk chunk = {.table = &table, .path = path_name};
static struct tl_error err;

/* Rows behind start, into rows; their number. */
static size_t read_rows(const struct tl_reader_start *start, struct row *rows)
{
    TL_CLEANUP(tl_reader_close_p) struct tl_reader *reader = NULL;
    size_t count = 0;

    must(tl_reader_open(&reader, &file.settings, start, &err));
    for (;;) {
        TL_CLEANUP(tl_batch_free_p) struct tl_batch *batch = NULL;

        must(tl_reader_next(reader, UINT64_MAX, &batch, &err));
        if (!batch)
            return count;
        for (uint32_t i = 0; i < batch->row_count; i++, count++) {
            ck_assert_uint_lt(count, MAX_ROWS);
            rows[count].start = tl_batch_row_pos(batch, i);
            rows[count].end = rows[count].start + batch->rows[i].len;
            rows[count].line = tl_batch_row_line(batch, i);
            snprintf(rows[count].head, sizeof(rows[count].head), "%s %u %s",
                     batch->head->table ? batch->head->table : "", batch->head->column_count,
                     batch->head->state.charset);
        }
    }
}

static void open_file(const char *text, size_t len, enum tl_file_type type)
{
    const struct tl_reader_start top = {.line = 1};

    tl_error_init(&err);
    memset(&file, 0, sizeof(file));
    memfile_init(&file.memory, text, len);
    file.settings = sql_settings(&file.memory);
    file.settings.type = type;
    file.settings.batch_rows = 2;
    file.settings.csv = &csv_options;
    file.settings.data_character_set = "binary";
    file.settings.invalid_char_replace = "?";
    file.len = len;
    file.count = read_rows(&top, file.rows);
}

static void csv_setup(void)
{
    static char separator[] = ",", quote[] = "\"", terminator[] = "", escape[] = "\\";

    csv_options = (struct tl_csv_options){.separator = separator,
                                          .delimiter = quote,
                                          .terminator = terminator,
                                          .escaped_by = escape,
                                          .header = true,
                                          .header_schema_match = true};
}

static size_t rows_before(uint64_t mark)
{
    size_t count = 0;

    while (count < file.count && file.rows[count].end <= mark)
        count++;
    return count;
}

static bool is_within_a_row(uint64_t mark)
{
    size_t next = rows_before(mark);

    return next < file.count && file.rows[next].start < mark;
}

static void expect_the_rest(const struct tl_range *range, size_t before)
{
    const struct tl_reader_start start = {.pos = range->end,
                                          .line = range->end_line,
                                          .in_statement = range->in_statement,
                                          .head_offset = range->head_offset,
                                          .state = range->state};
    struct row rows[MAX_ROWS];

    ck_assert_uint_eq(range->end, file.rows[before - 1].end);
    ck_assert_uint_eq(read_rows(&start, rows), file.count - before);
    for (size_t i = before; i < file.count; i++) {
        ck_assert_uint_eq(rows[i - before].start, file.rows[i].start);
        ck_assert_uint_eq(rows[i - before].line, file.rows[i].line);
        ck_assert_str_eq(rows[i - before].head, file.rows[i].head);
    }
}

static int place(struct tl_ranges *placed, const struct tl_range *theirs, size_t count)
{
    struct tl_ranges ranges = {0};
    int rc = TL_OK;

    for (size_t i = 0; rc == TL_OK && i < count; i++)
        rc = tl_ranges_add(&ranges, &theirs[i], &err);
    if (rc == TL_OK)
        rc = tl_adopt_place(placed, &ranges, &file.settings, &chunk, NULL, &err);
    tl_ranges_done(&ranges);
    return rc;
}

static void try_each_byte(void)
{
    for (uint64_t mark = 1; mark <= file.len; mark++) {
        size_t before = rows_before(mark);
        struct tl_range theirs = {.end = mark, .rows = before};
        struct tl_ranges placed = {0};
        int rc = place(&placed, &theirs, 1);

        if (is_within_a_row(mark)) {
            ck_assert_int_eq(rc, TL_ERR_REFUSED);
            ck_assert_ptr_nonnull(strstr(err.message, "`d`.`t`"));
            ck_assert_ptr_nonnull(strstr(err.message, path_name));
        } else {
            ck_assert_msg(rc == TL_OK, "byte %d: %s", (int)mark, err.message);
            ck_assert_uint_eq(placed.count, before > 0);
            if (before > 0)
                expect_the_rest(&placed.items[0], before);
        }
        tl_ranges_done(&placed);
    }
}

START_TEST(each_byte_of_an_sql_file_is_a_row_end_or_is_refused)
{
    open_file(sql, sizeof(sql) - 1, TL_FILE_SQL);
    ck_assert_uint_eq(file.count, 6);
    try_each_byte();
    memfile_done(&file.memory);
}
END_TEST

START_TEST(each_byte_of_a_csv_file_is_a_row_end_or_is_refused)
{
    csv_setup();
    open_file(csv, sizeof(csv) - 1, TL_FILE_CSV);
    ck_assert_uint_eq(file.count, 5);
    try_each_byte();
    memfile_done(&file.memory);
}
END_TEST

START_TEST(slices_meet_at_row_ends)
{
    struct tl_ranges placed = {0};
    struct tl_range theirs[3];

    csv_setup();
    open_file(csv, sizeof(csv) - 1, TL_FILE_CSV);
    theirs[0] = (struct tl_range){.begin = 4, .end = file.rows[1].start, .rows = 1};
    theirs[1] =
        (struct tl_range){.begin = file.rows[2].start, .end = file.rows[3].start, .rows = 1};
    theirs[2] = (struct tl_range){.begin = file.rows[4].start, .end = file.len, .last = true};
    ck_assert_msg(place(&placed, theirs, 3) == TL_OK, "%s", err.message);
    ck_assert_uint_eq(placed.count, 3);
    ck_assert_uint_eq(placed.items[0].begin, 0);
    ck_assert_uint_eq(placed.items[0].end, file.rows[0].end);
    ck_assert_uint_eq(placed.items[1].begin, file.rows[1].end);
    ck_assert_uint_eq(placed.items[1].end, file.rows[2].end);
    ck_assert_uint_eq(placed.items[2].begin, file.rows[3].end);
    ck_assert_uint_eq(placed.items[2].end, file.len);
    ck_assert(placed.items[2].last);
    tl_ranges_done(&placed);
    memfile_done(&file.memory);
}
END_TEST

START_TEST(more_rows_than_there_are_is_refused)
{
    struct tl_ranges placed = {0};
    struct tl_range theirs = {.rows = 2};

    open_file(sql, sizeof(sql) - 1, TL_FILE_SQL);
    theirs.end = file.rows[0].end;
    ck_assert_int_eq(place(&placed, &theirs, 1), TL_ERR_REFUSED);
    ck_assert_ptr_nonnull(strstr(err.message, "more rows than"));
    theirs.rows = 0; /* rows that upstream left out, since they were bad */
    ck_assert_int_eq(place(&placed, &theirs, 1), TL_OK);
    ck_assert_uint_eq(placed.items[0].rows, 0);
    tl_ranges_done(&placed);
    memfile_done(&file.memory);
}
END_TEST

START_TEST(a_position_behind_the_end_is_refused)
{
    struct tl_ranges placed = {0};
    struct tl_range theirs = {.end = sizeof(sql) + 100};

    open_file(sql, sizeof(sql) - 1, TL_FILE_SQL);
    ck_assert_int_eq(place(&placed, &theirs, 1), TL_ERR_REFUSED);
    ck_assert_ptr_nonnull(strstr(err.message, "behind its end"));
    tl_ranges_done(&placed);
    memfile_done(&file.memory);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("adopt_place");

    tcase_add_test(tcase, each_byte_of_an_sql_file_is_a_row_end_or_is_refused);
    tcase_add_test(tcase, each_byte_of_a_csv_file_is_a_row_end_or_is_refused);
    tcase_add_test(tcase, slices_meet_at_row_ends);
    tcase_add_test(tcase, more_rows_than_there_are_is_refused);
    tcase_add_test(tcase, a_position_behind_the_end_is_refused);
    return fixture_run(tcase, "adopt_place");
}
