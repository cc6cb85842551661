/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The promise that everything else rests on: however a dump is cut into blocks and batches, and
 * wherever reading begins again, the rows are the same; and a dump that is cut short is an error.
 */
#include "tests/source/reading.h"

enum { DUMPS = 30, RESUMED_DUMPS = 12, CASES = 40 };

static uint32_t seed;

static uint32_t below(uint32_t n)
{
    return next_random(&seed) % n;
}

static void put(struct tl_buf *out, const char *text)
{
    must(tl_buf_adds(out, text));
}

static const char *pick(const char *const *list, uint32_t count)
{
    return list[below(count)];
}

#define PICK(...)                            \
    pick((const char *const[]){__VA_ARGS__}, \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* What may stand between two tokens. */
static void put_space(struct tl_buf *out)
{
    if (below(4) == 0)
        put(out, PICK(" ", "\n", "\t\r\n", " -- c'(\n", "#)'\n", "/* ;'( */", "/**/", "/*/ */"));
}

static void put_string(struct tl_buf *out, bool no_escapes)
{
    const char *quote = PICK("'", "'", "'", "\"");
    uint32_t pieces = below(3) == 0 ? below(200) : below(12);

    put(out, quote);
    for (uint32_t i = 0; i < pieces; i++) {
        const char *piece = PICK("a", "bc", "()", "),(", ";", "\n", "-- ", "/*", "*/", "#", "`",
                                 ",", "INSERT INTO", "\xC3\xA4", "        ", "\xFF");

        put(out, piece);
        if (below(6) == 0)
            put(out, *quote == '"' ? "'" : "\"");
        if (below(6) == 0)
            put(out, *quote == '"' ? "\"\"" : "''");
        if (!no_escapes && below(5) == 0)
            put(out, PICK("\\\\", "\\'", "\\\"", "\\n", "\\0", "\\%", "\\\\\\'"));
        if (no_escapes && below(5) == 0)
            put(out, PICK("\\", "\\\\", "\\''"));
        if (below(20) == 0)
            must(tl_buf_add(out, "\0", 1));
    }
    /* A quote of the other kind inside could not be told from the end otherwise. */
    put(out, quote);
}

static void put_value(struct tl_buf *out, bool no_escapes)
{
    switch (below(8)) {
    case 0:
        put(out,
            PICK("NULL", "null", "DEFAULT", "TRUE", "-12.5e3", "+1", ".5", "0x4142", "b'101'"));
        break;
    case 1:
        put(out, PICK("x'4142'", "_binary 'a'", "f(1,')')", "(1)", "- 5", "1 - -2", "`c)`", "4/2"));
        break;
    case 2:
        must(tl_buf_addf(out, "%u", below(1000000)));
        break;
    default:
        put_string(out, no_escapes);
        break;
    }
}

static void put_row(struct tl_buf *out, uint32_t columns, bool no_escapes)
{
    put(out, "(");
    for (uint32_t i = 0; i < columns; i++) {
        put(out, i > 0 ? "," : "");
        put_space(out);
        put_value(out, no_escapes);
        put_space(out);
    }
    put(out, ")");
}

static void put_insert(struct tl_buf *out, uint32_t columns, bool no_escapes)
{
    uint32_t rows = 1 + below(below(3) == 0 ? 60 : 4);

    put(out,
        PICK("INSERT INTO `t` ", "REPLACE INTO d.t", "insert ignore into /*x*/ t", "INSERT t"));
    put_space(out);
    put(out, below(2) ? "(`a`, b /* c */ , `c``c`) " : " ");
    put(out, PICK("VALUES", "values ", "VALUE\n"));
    for (uint32_t i = 0; i < rows; i++) {
        put(out, i == 0 ? "" : PICK(",", ",\n", ",\r\n", "\n,"));
        put_space(out);
        put_row(out, columns, no_escapes);
        put_space(out);
    }
    put(out, ";");
}

/* A dump of at most some kilobytes, from the seed. */
static void make_dump(struct tl_buf *out, uint32_t number)
{
    bool no_escapes = false;
    uint32_t statements = 1 + below(6);

    seed = number * 7919 + 1;
    put(out, below(4) == 0 ? "\xEF\xBB\xBF" : "");
    put(out, "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE */;\n");
    for (uint32_t i = 0; i < statements; i++) {
        put_insert(out, 3, no_escapes);
        put(out, PICK("\n", "", "\n\n;;", "/* between */ ", "-- x;\n", "COMMIT;\n"));
        switch (below(6)) {
        case 0:
            put(out, "/*!40101 SET SQL_MODE='NO_BACKSLASH_ESCAPES' */;");
            no_escapes = true;
            break;
        case 1:
            put(out, "SET SQL_MODE=@OLD_SQL_MODE , NAMES latin1;\n");
            no_escapes = false;
            break;
        case 2:
            put(out, "SET NAMES 'utf8mb4' COLLATE utf8mb4_bin;\n");
            break;
        default:
            break;
        }
    }
}

static void read_or_die(const struct tl_reader_settings *settings,
                        const struct tl_reader_start *start, struct tl_buf *out)
{
    struct tl_error err;

    tl_error_init(&err);
    if (read_all(settings, start, true, out, &err) != TL_OK)
        ck_abort_msg("block %u, batch %llu: %s", settings->read_block,
                     (unsigned long long)settings->batch_bytes, err.message);
}

START_TEST(rows_are_the_same_for_every_block_and_batch_size)
{
    static const uint32_t blocks[] = {1, 2, 3, 7, 63, 64, 65, 100, 1000, 65536};
    TL_CLEANUP_BUF struct tl_buf dump, wanted;
    struct memfile file;
    struct tl_reader_settings settings;

    tl_buf_init(&dump, SIZE_MAX);
    tl_buf_init(&wanted, SIZE_MAX);
    make_dump(&dump, (uint32_t)_i);
    memfile_init(&file, dump.data, dump.len);
    settings = sql_settings(&file);
    read_or_die(&settings, NULL, &wanted);
    for (uint32_t i = 0; i < CASES; i++) {
        TL_CLEANUP_BUF struct tl_buf out;

        tl_buf_init(&out, SIZE_MAX);
        settings.read_block = blocks[i % 10];
        settings.batch_bytes = 1 + below(i < CASES / 2 ? 3000 : 100000);
        settings.batch_rows = 1 + below(100);
        read_or_die(&settings, NULL, &out);
        ck_assert_str_eq(tl_buf_text(&out), tl_buf_text(&wanted));
    }
    memfile_done(&file);
}
END_TEST

/* Reads on behind the batch, and up to it: together they must be all rows. */
static void check_resume(struct tl_reader_settings settings, const struct tl_batch *batch,
                         const char *rest)
{
    TL_CLEANUP_BUF struct tl_buf out;
    struct tl_reader_start start = start_behind(batch);

    tl_buf_init(&out, SIZE_MAX);
    settings.read_block = 1 + below(300);
    settings.batch_bytes = 1 + below(2000);
    read_or_die(&settings, &start, &out);
    ck_assert_str_eq(tl_buf_text(&out), rest);
}

START_TEST(reading_begins_again_behind_every_batch)
{
    const struct tl_reader_start top = {.line = 1};
    TL_CLEANUP(tl_reader_close_p) struct tl_reader *reader = NULL;
    TL_CLEANUP_BUF struct tl_buf dump, wanted, sofar;
    struct memfile file;
    struct tl_reader_settings settings;
    struct tl_error err;
    bool last = false;

    tl_buf_init(&dump, SIZE_MAX);
    tl_buf_init(&wanted, SIZE_MAX);
    tl_buf_init(&sofar, SIZE_MAX);
    make_dump(&dump, (uint32_t)_i + 1000);
    memfile_init(&file, dump.data, dump.len);
    settings = sql_settings(&file);
    read_or_die(&settings, NULL, &wanted);
    /* In every second dump only a new head ends a batch. */
    settings.batch_rows = _i % 2 ? 1 + (uint32_t)_i % 3 : 1000;
    settings.batch_bytes = 100000;
    ck_assert_int_eq(tl_reader_open(&reader, &settings, &top, &err), TL_OK);
    while (!last) {
        TL_CLEANUP(tl_batch_free_p) struct tl_batch *batch = NULL;

        ck_assert_int_eq(tl_reader_next(reader, UINT64_MAX, &batch, &err), TL_OK);
        last = batch->last;
        ck_assert_int_eq(add_batch(&sofar, batch, &settings, true, &err), TL_OK);
        if (!last)
            check_resume(settings, batch, tl_buf_text(&wanted) + sofar.len);
    }
    ck_assert_str_eq(tl_buf_text(&sofar), tl_buf_text(&wanted));
    memfile_done(&file);
}
END_TEST

static const char sample[] =
    "\xEF\xBB\xBF/*!40101 SET NAMES utf8mb4*/;\n-- x\nINSERT INTO `t` (`a`,b) "
    "VALUES (1,'a\\'b'),\n(2,\"x''y\") /* c */,(-3,'');\nSET TIME_ZONE='+00:00';"
    "\nREPLACE INTO t VALUES(NULL,'z')\n;\nCOMMIT;\n";

/* True if a dump may end behind `len` bytes of the sample: between statements. */
static bool may_end(size_t len)
{
    size_t statement = strlen("\xEF\xBB\xBF/*!40101 SET NAMES utf8mb4*/;");

    if (len < 3)
        return len == 0;
    if (len == 3)
        return true;
    if (len < statement)
        return false;
    while (len > 0 && (sample[len - 1] == '\n' || sample[len - 1] == ' '))
        len--;
    /* The comment "-- x" may be cut, also to nothing; "-" and "--" at the end is no statement. */
    return sample[len - 1] == ';' || (len >= statement + 3 && len <= statement + 5);
}

START_TEST(a_dump_cut_anywhere_never_loses_rows_silently)
{
    TL_CLEANUP_BUF struct tl_buf wanted;
    struct memfile file;
    struct tl_reader_settings settings;

    tl_buf_init(&wanted, SIZE_MAX);
    memfile_init(&file, sample, sizeof(sample) - 1);
    settings = sql_settings(&file);
    read_or_die(&settings, NULL, &wanted);
    memfile_done(&file);
    for (size_t len = 0; len < sizeof(sample) - 1; len++) {
        TL_CLEANUP_BUF struct tl_buf out;
        struct tl_error err;
        int rc;

        tl_buf_init(&out, SIZE_MAX);
        memfile_init(&file, sample, len);
        settings.path = file.path;
        rc = read_all(&settings, NULL, true, &out, &err);
        ck_assert_msg(rc == (may_end(len) ? TL_OK : TL_ERR_DATA), "cut at %zu: %d", len, rc);
        ck_assert_int_eq(strncmp(tl_buf_text(&out), tl_buf_text(&wanted), out.len), 0);
        memfile_done(&file);
    }
}
END_TEST

START_TEST(a_batch_ends_exactly_where_the_ledger_knows_a_row_end)
{
    const char *text = "INSERT INTO t VALUES (1),(22),(333);";
    const struct tl_reader_start top = {.line = 1};
    TL_CLEANUP(tl_batch_free_p) struct tl_batch *first = NULL;
    TL_CLEANUP(tl_batch_free_p) struct tl_batch *second = NULL;
    TL_CLEANUP(tl_reader_close_p) struct tl_reader *reader = NULL;
    struct memfile file;
    struct tl_reader_settings settings;
    struct tl_error err;

    memfile_init(&file, text, strlen(text));
    settings = sql_settings(&file);
    ck_assert_int_eq(tl_reader_open(&reader, &settings, &top, &err), TL_OK);
    ck_assert_int_eq(tl_reader_next(reader, 29, &first, &err), TL_OK);
    ck_assert_uint_eq(first->row_count, 2);
    ck_assert_uint_eq(first->end_pos, 29);
    ck_assert_int_eq(tl_reader_next(reader, 31, &second, &err), TL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "the file changed"));
    memfile_done(&file);
}
END_TEST

START_TEST(a_stop_behind_the_end_of_the_file_is_an_error)
{
    const char *text = "INSERT INTO t VALUES (1);";
    const struct tl_reader_start top = {.line = 1};
    TL_CLEANUP(tl_batch_free_p) struct tl_batch *batch = NULL;
    TL_CLEANUP(tl_reader_close_p) struct tl_reader *reader = NULL;
    struct memfile file;
    struct tl_reader_settings settings;
    struct tl_error err;

    memfile_init(&file, text, strlen(text));
    settings = sql_settings(&file);
    ck_assert_int_eq(tl_reader_open(&reader, &settings, &top, &err), TL_OK);
    ck_assert_int_eq(tl_reader_next(reader, 100, &batch, &err), TL_ERR_DATA);
    memfile_done(&file);
}
END_TEST

START_TEST(resuming_at_a_place_without_a_head_is_refused)
{
    const char *text = "INSERT INTO t VALUES (1),(2);";
    const struct tl_reader_start wrong = {
        .pos = 24, .line = 1, .in_statement = true, .head_offset = 3};
    struct tl_reader *reader = NULL;
    struct memfile file;
    struct tl_reader_settings settings;
    struct tl_error err;

    memfile_init(&file, text, strlen(text));
    settings = sql_settings(&file);
    ck_assert_int_eq(tl_reader_open(&reader, &settings, &wrong, &err), TL_ERR_DATA);
    ck_assert_ptr_null(reader);
    memfile_done(&file);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sql_cut");
    TCase *tc = tcase_create("sql_cut");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, rows_are_the_same_for_every_block_and_batch_size, 0, DUMPS);
    tcase_add_loop_test(tc, reading_begins_again_behind_every_batch, 0, RESUMED_DUMPS);
    tcase_add_test(tc, a_dump_cut_anywhere_never_loses_rows_silently);
    tcase_add_test(tc, a_batch_ends_exactly_where_the_ledger_knows_a_row_end);
    tcase_add_test(tc, a_stop_behind_the_end_of_the_file_is_an_error);
    tcase_add_test(tc, resuming_at_a_place_without_a_head_is_refused);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
