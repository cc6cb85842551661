/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Character sets: which bytes belong together, and conversion with its replacements.
 */
#include "core/source/charset.h"

#include "tests/source/reading.h"

START_TEST(sets_with_ascii_second_bytes_are_known_in_any_case)
{
    ck_assert_int_eq(tl_multibyte_of("GBK"), TL_MB_GBK);
    ck_assert_int_eq(tl_multibyte_of("gb18030"), TL_MB_GBK);
    ck_assert_int_eq(tl_multibyte_of("Big5"), TL_MB_BIG5);
    ck_assert_int_eq(tl_multibyte_of("sjis"), TL_MB_SJIS);
    ck_assert_int_eq(tl_multibyte_of("cp932"), TL_MB_SJIS);
    ck_assert_int_eq(tl_multibyte_of("utf8mb4"), TL_MB_NONE);
    ck_assert_int_eq(tl_multibyte_of(""), TL_MB_NONE);
}
END_TEST

static const struct {
    enum tl_multibyte kind;
    unsigned char a, b;
    bool pair;
} pairs[] = {
    {TL_MB_GBK, 0x81, 0x5C, true},   {TL_MB_GBK, 0xFE, 0xFE, true},
    {TL_MB_GBK, 0x80, 0x5C, false},  {TL_MB_GBK, 0xFF, 0x5C, false},
    {TL_MB_GBK, 0x81, 0x7F, false},  {TL_MB_GBK, 0x81, 0x27, false},
    {TL_MB_BIG5, 0xA4, 0x5C, true},  {TL_MB_BIG5, 0x81, 0x5C, false},
    {TL_MB_BIG5, 0xA4, 0x80, false}, {TL_MB_SJIS, 0x83, 0x5C, true},
    {TL_MB_SJIS, 0xB1, 0x5C, false}, {TL_MB_SJIS, 0xE0, 0x5C, true},
    {TL_MB_SJIS, 0xFC, 0xFD, false}, {TL_MB_NONE, 0x81, 0x5C, false},
    {TL_MB_GBK, 'a', 0x5C, false},
};

START_TEST(lead_and_trail_bytes_are_told_apart)
{
    ck_assert(tl_multibyte_pair(pairs[_i].kind, pairs[_i].a, pairs[_i].b) == pairs[_i].pair);
}
END_TEST

static const struct {
    const char *charset, *in, *out;
    uint64_t replaced;
} conversions[] = {
    {"latin1", "a\xE4\x80\x9D", "a\xC3\xA4\xE2\x82\xAC\xC2\x9D", 0},
    {"GBK", "\xD6\xD0\xCE\xC4 x", "\xE4\xB8\xAD\xE6\x96\x87 x", 0},
    {"gbk", "\x80", "\xE2\x82\xAC", 0},
    {"gbk", "a\xFF\xD6", "a--", 2},
    {"GB18030", "\x81\x30\x89\x37", "\xC3\x9E", 0},
    {"gb18030", "\x81\x30", "-0", 1},
};

START_TEST(text_is_converted_and_what_is_invalid_replaced)
{
    TL_CLEANUP(tl_converter_close_p) struct tl_converter *converter = NULL;
    TL_CLEANUP_BUF struct tl_buf out;
    struct tl_error err;
    uint64_t replaced = 99;

    tl_buf_init(&out, 1000);
    ck_assert_int_eq(tl_converter_open(&converter, conversions[_i].charset, "-", &err), TL_OK);
    ck_assert_int_eq(tl_converter_decode(converter, conversions[_i].in, strlen(conversions[_i].in),
                                         &out, &replaced, &err),
                     TL_OK);
    ck_assert_str_eq(tl_buf_text(&out), conversions[_i].out);
    ck_assert_uint_eq(replaced, conversions[_i].replaced);
}
END_TEST

START_TEST(separators_are_encoded_or_refused)
{
    TL_CLEANUP(tl_converter_close_p) struct tl_converter *latin1 = NULL;
    TL_CLEANUP(tl_converter_close_p) struct tl_converter *gbk = NULL;
    TL_CLEANUP_BUF struct tl_buf out;
    struct tl_error err;

    tl_buf_init(&out, 1000);
    ck_assert_int_eq(tl_converter_open(&latin1, "latin1", "", &err), TL_OK);
    ck_assert_int_eq(tl_converter_open(&gbk, "gbk", "", &err), TL_OK);
    ck_assert_int_eq(tl_converter_encode(latin1, "\xC2\xA7|", 3, &out, &err), TL_OK);
    ck_assert_int_eq(tl_converter_encode(gbk, "\xE4\xB8\xAD", 3, &out, &err), TL_OK);
    ck_assert_uint_eq(out.len, 4);
    ck_assert_mem_eq(out.data, "\xA7|\xD6\xD0", 4);
    ck_assert_int_eq(tl_converter_encode(latin1, "\xE4\xB8\xAD", 3, &out, &err), TL_ERR_USAGE);
    ck_assert_int_eq(tl_converter_encode(gbk, "\xF0\x9F\x98\x80", 4, &out, &err), TL_ERR_USAGE);
}
END_TEST

START_TEST(bytes_as_they_are_need_no_converter)
{
    static const char *const names[] = {"", "binary", "utf8", "UTF8MB4", "ascii"};
    struct tl_converter *converter = (struct tl_converter *)&converter;
    struct tl_error err;

    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(tl_converter_open(&converter, names[i], "", &err), TL_OK);
        ck_assert_ptr_null(converter);
    }
    ck_assert_int_eq(tl_converter_open(&converter, "ebcdic", "", &err), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "ebcdic"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("charset");
    TCase *tc = tcase_create("charset");

    tcase_add_test(tc, sets_with_ascii_second_bytes_are_known_in_any_case);
    tcase_add_loop_test(tc, lead_and_trail_bytes_are_told_apart, 0,
                        (int)(sizeof(pairs) / sizeof(pairs[0])));
    tcase_add_loop_test(tc, text_is_converted_and_what_is_invalid_replaced, 0,
                        (int)(sizeof(conversions) / sizeof(conversions[0])));
    tcase_add_test(tc, separators_are_encoded_or_refused);
    tcase_add_test(tc, bytes_as_they_are_need_no_converter);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
