/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads are shared and compared, batches keep checksum and lines, and bit sets of bytes (bytes.h)
 * say what a plain loop says.
 */
#include "core/source/batch.h"

#include "core/base/digest.h"
#include "core/source/bytes.h"
#include "tests/source/reading.h"

START_TEST(heads_are_equal_when_columns_and_state_are)
{
    struct tl_session_state state = {.charset = "utf8"},
                            other = {.charset = "utf8", .sql_mode = "X"};
    struct tl_head *a = tl_head_new(&state, 1), *b = tl_head_new(&state, 2);
    struct tl_head *c = tl_head_new(&other, 1);

    ck_assert_uint_ne(a->serial, b->serial);
    ck_assert(tl_head_equal(a, b));
    ck_assert(!tl_head_equal(a, c));
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(tl_head_add_column(a, "column", 6), TL_OK);
    ck_assert(!tl_head_equal(a, b));
    for (int i = 0; i < 19; i++)
        ck_assert_int_eq(tl_head_add_column(b, "columns", 6), TL_OK);
    ck_assert_int_eq(tl_head_add_column(b, "Column", 6), TL_OK);
    ck_assert(!tl_head_equal(a, b));
    b->columns[19][0] = 'c';
    ck_assert(tl_head_equal(a, b));
    tl_head_unref(tl_head_ref(a));
    tl_head_unref(a);
    tl_head_unref(b);
    tl_head_unref(c);
    tl_head_unref(NULL);
    tl_batch_free(NULL);
}
END_TEST

START_TEST(a_batch_knows_its_bytes_and_lines)
{
    static const char text[] = "INSERT INTO t VALUES\n(1),\n(2)\n;\n\n";
    const struct tl_reader_start top = {.line = 1};
    TL_CLEANUP(tl_batch_free_p) struct tl_batch *batch = NULL;
    TL_CLEANUP(tl_reader_close_p) struct tl_reader *reader = NULL;
    struct tl_reader_settings settings;
    struct memfile file;
    struct tl_error err;

    memfile_init(&file, text, sizeof(text) - 1);
    settings = sql_settings(&file);
    ck_assert_int_eq(tl_reader_open(&reader, &settings, &top, &err), TL_OK);
    ck_assert_int_eq(tl_reader_next(reader, UINT64_MAX, &batch, &err), TL_OK);
    ck_assert(batch->last);
    ck_assert(!batch->in_statement);
    ck_assert_uint_eq(batch->begin_line, 1);
    ck_assert_uint_eq(batch->end_line, 6);
    ck_assert_uint_eq(batch->end_pos, sizeof(text) - 1);
    ck_assert_uint_eq(batch->raw.len, sizeof(text) - 1);
    ck_assert_uint_eq(batch->checksum, tl_checksum_of(text, sizeof(text) - 1));
    ck_assert_uint_eq(tl_batch_row_line(batch, 1), 3);
    ck_assert_uint_eq(tl_batch_row_pos(batch, 1), 26);
    memfile_done(&file);
}
END_TEST

START_TEST(settings_that_cannot_work_are_refused)
{
    const struct tl_reader_start top = {.line = 1};
    struct memfile unused = {0};
    struct tl_reader_settings settings = sql_settings(&unused);
    struct tl_reader *reader = NULL;
    struct tl_error err;

    settings.batch_bytes = 0;
    ck_assert_int_eq(tl_reader_open(&reader, &settings, &top, &err), TL_ERR_USAGE);
    settings.batch_bytes = UINT64_C(5) << 30;
    ck_assert_int_eq(tl_reader_open(&reader, &settings, &top, &err), TL_ERR_USAGE);
    settings.batch_bytes = 1;
    settings.path = "/nonexistent/x";
    ck_assert_int_eq(tl_reader_open(&reader, &settings, &top, &err), TL_ERR_IO);
    ck_assert_ptr_null(reader);
}
END_TEST

static void fill(char *block, uint32_t seed)
{
    for (size_t i = 0; i < TL_BLOCK; i++)
        block[i] = "()'\\-/;#`\"\nab"[next_random(&seed) % 13];
}

START_TEST(bit_sets_say_what_a_loop_says)
{
    static const unsigned char six[] = {'-', '/', ';', '#', '`', '"'};
    char block[TL_BLOCK];
    struct tl_block loaded;
    uint64_t equal = 0, parens = 0, any = 0, between = 0;
    bool in = false;

    fill(block, (uint32_t)_i);
    loaded = tl_block_load(block);
    for (unsigned i = 0; i < TL_BLOCK; i++) {
        uint64_t bit = UINT64_C(1) << i;

        in = in != (block[i] == '\'');
        equal |= block[i] == '\'' ? bit : 0;
        parens |= block[i] == '(' || block[i] == ')' ? bit : 0;
        any |= memchr(six, block[i], 6) ? bit : 0;
        between |= in ? bit : 0;
    }
    ck_assert_uint_eq(tl_block_eq(&loaded, '\''), equal);
    ck_assert_uint_eq(tl_block_class(&loaded, 0xFE, '('), parens);
    ck_assert_uint_eq(tl_block_any(&loaded, six), any);
    ck_assert_uint_eq(tl_mask_between(equal), between);
}
END_TEST

START_TEST(escaped_bytes_are_found_across_blocks)
{
    char blocks[2 * TL_BLOCK];
    uint64_t expected[2] = {0}, carry = 0, got;
    uint32_t seed = (uint32_t)_i;

    for (size_t i = 0; i < sizeof(blocks); i++)
        blocks[i] = next_random(&seed) % 3 ? '\\' : 'a';
    for (size_t i = 0; i + 1 < sizeof(blocks); i++)
        if (blocks[i] == '\\') {
            i++;
            expected[i / TL_BLOCK] |= UINT64_C(1) << i % TL_BLOCK;
        }
    for (size_t b = 0; b < 2; b++) {
        struct tl_block block = tl_block_load(blocks + b * TL_BLOCK);

        got = tl_mask_escaped(tl_block_eq(&block, '\\'), &carry);
        ck_assert_uint_eq(got, expected[b]);
    }
}
END_TEST

START_TEST(two_bytes_are_found_wherever_the_text_ends)
{
    char text[200];

    memset(text, 'x', sizeof(text));
    for (size_t end = 0; end < 100; end++) {
        for (size_t at = 0; at < 120; at++) {
            const char *want = text + (at < end ? at : end);

            text[at] = at % 2 ? 'a' : 'b';
            if (tl_find2(text, text + end, text + end, 'a', 'b') != want ||
                tl_find2(text, text + end, text + sizeof(text), 'a', 'b') != want)
                ck_abort_msg("at %zu, end %zu", at, end);
            text[at] = 'x';
        }
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("batch");
    TCase *tc = tcase_create("batch");

    tcase_add_test(tc, heads_are_equal_when_columns_and_state_are);
    tcase_add_test(tc, a_batch_knows_its_bytes_and_lines);
    tcase_add_test(tc, settings_that_cannot_work_are_refused);
    tcase_add_loop_test(tc, bit_sets_say_what_a_loop_says, 0, 30);
    tcase_add_loop_test(tc, escaped_bytes_are_found_across_blocks, 0, 30);
    tcase_add_test(tc, two_bytes_are_found_wherever_the_text_ends);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
