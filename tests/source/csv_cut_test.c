/* SPDX-License-Identifier: Apache-2.0 */
/*
 * However a CSV file is cut into blocks and batches, and wherever reading begins again, the rows
 * are the same.
 */
#include "tests/source/csv_case.h"

enum { FILES = 30, CASES = 30 };

static uint32_t seed;

/* A file of three columns in one of some dialects, with everything that could mislead. */
static void make_file(struct tl_buf *out, const struct dialect *d, uint32_t number)
{
    static const char *const quoted[] = {
        "a",    "bc",  ",",   "\n", "\r\n", "\"\"",     "\\\"",
        "\\\\", "x y", "\\n", "|",  "'",    "\xC3\xA4", "                "};
    static const char *const plain[] = {"a", "bc", "\\,",  "\\\"", "\\\\",
                                        " ", "1",  "\\\n", "x",    "'"};
    const char *end = d->terminator ? d->terminator : number % 2 ? "\n" : "\r\n";

    seed = number * 7919 + 1;
    for (uint32_t r = 0, rows = 1 + next_random(&seed) % 60; r < rows; r++) {
        for (uint32_t c = 0; c < 3; c++) {
            bool quote = next_random(&seed) % 2;

            must(tl_buf_adds(out, c > 0 ? (d->separator ? d->separator : ",") : ""));
            must(tl_buf_adds(out, quote ? "\"" : ""));
            for (uint32_t i = next_random(&seed) % 9; i > 0; i--)
                must(tl_buf_adds(out, quote ? quoted[next_random(&seed) % 14]
                                            : plain[next_random(&seed) % 10]));
            must(tl_buf_adds(out, quote ? "\"" : ""));
        }
        must(tl_buf_adds(out, end));
        if (next_random(&seed) % 8 == 0)
            must(tl_buf_adds(out, end));
    }
}

static const struct dialect dialects[] = {
    {0}, {.terminator = "\r\n"}, {.separator = "|+|"}, {.terminator = "|\n", .header = true}};

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
    const struct dialect *d = &dialects[_i % 4];
    TL_CLEANUP_BUF struct tl_buf text, wanted;
    struct memfile file;
    struct csv_case c;

    tl_buf_init(&text, SIZE_MAX);
    tl_buf_init(&wanted, SIZE_MAX);
    make_file(&text, d, (uint32_t)_i);
    memfile_init(&file, text.data, text.len);
    set_up(&c, d);
    c.settings.path = file.path;
    read_or_die(&c.settings, NULL, &wanted);
    for (uint32_t i = 0; i < CASES; i++) {
        TL_CLEANUP_BUF struct tl_buf out;

        tl_buf_init(&out, SIZE_MAX);
        c.settings.read_block = 1 + next_random(&seed) % (1 + i * 7);
        c.settings.batch_bytes = 1 + next_random(&seed) % (1 + i * i * 3);
        c.settings.batch_rows = 1 + next_random(&seed) % 50;
        read_or_die(&c.settings, NULL, &out);
        ck_assert_str_eq(tl_buf_text(&out), tl_buf_text(&wanted));
    }
    memfile_done(&file);
}
END_TEST

START_TEST(reading_begins_again_behind_every_batch)
{
    const struct dialect *d = &dialects[_i % 4];
    const struct tl_reader_start top = {.line = 1};
    TL_CLEANUP(tl_reader_close_p) struct tl_reader *reader = NULL;
    TL_CLEANUP_BUF struct tl_buf text, wanted, sofar;
    struct memfile file;
    struct csv_case c;
    struct tl_error err;
    bool last = false;

    tl_buf_init(&text, SIZE_MAX);
    tl_buf_init(&wanted, SIZE_MAX);
    tl_buf_init(&sofar, SIZE_MAX);
    make_file(&text, d, (uint32_t)_i + 500);
    memfile_init(&file, text.data, text.len);
    set_up(&c, d);
    c.settings.path = file.path;
    c.settings.batch_bytes = 5000;
    read_or_die(&c.settings, NULL, &wanted);
    c.settings.batch_rows = 1 + (uint32_t)_i % 3;
    ck_assert_int_eq(tl_reader_open(&reader, &c.settings, &top, &err), TL_OK);
    while (!last) {
        TL_CLEANUP(tl_batch_free_p) struct tl_batch *batch = NULL;
        struct tl_reader_start start;

        ck_assert_int_eq(tl_reader_next(reader, UINT64_MAX, &batch, &err), TL_OK);
        last = batch->last;
        start = start_behind(batch);
        ck_assert_int_eq(add_batch(&sofar, batch, &c.settings, true, &err), TL_OK);
        if (!last) {
            TL_CLEANUP_BUF struct tl_buf rest;

            tl_buf_init(&rest, SIZE_MAX);
            read_or_die(&c.settings, &start, &rest);
            ck_assert_str_eq(tl_buf_text(&rest), tl_buf_text(&wanted) + sofar.len);
        }
    }
    memfile_done(&file);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("csv_cut");
    TCase *tc = tcase_create("csv_cut");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, rows_are_the_same_for_every_block_and_batch_size, 0, FILES);
    tcase_add_loop_test(tc, reading_begins_again_behind_every_batch, 0, FILES);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
