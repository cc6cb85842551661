/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/config/units.c.
 */
#include "core/config/option_value.h"
#include "tests/config/load.h"

enum { BAD = -1 };

static const struct {
    const char *text;
    int64_t value;
} sizes[] = {
    {"0", 0},
    {"65536", 65536},
    {"64KiB", 65536},
    {"64k", 65536},
    {"64 KB", 65536},
    {"1.5M", 1572864},
    {"256MiB", 268435456},
    {"1GiB", 1 << 30},
    {"2TiB", INT64_C(2) << 40},
    {"7B", 7},
    {"4Ki", 4096},
    {"", BAD},
    {"x", BAD},
    {"-1", BAD},
    {"1.2.3", BAD},
    {"4XB", BAD},
    {"4KiBx", BAD},
    {".", BAD},
    {"99999999999999999999", BAD},
    {"9999999P", BAD},
    {" 1", BAD},
};

START_TEST(a_size_means_its_bytes)
{
    uint64_t bytes = 12345;
    bool good = tl_parse_size(sizes[_i].text, &bytes);

    ck_assert_int_eq(good, sizes[_i].value != BAD);
    ck_assert_uint_eq(bytes, good ? (uint64_t)sizes[_i].value : 12345);
}
END_TEST

static const struct {
    const char *text;
    int64_t value;
} durations[] = {
    {"0", 0},
    {"0s", 0},
    {"5m", 300},
    {"1h30m", 5400},
    {"90s", 90},
    {"1.5h", 5400},
    {"500ms", 1},
    {"1ns", 0},
    {"1500ms", 2},
    {"1h0m1s", 3601},
    {"3\xc2\xb5s", 1},
    {"", BAD},
    {"5", BAD},
    {"m", BAD},
    {"5 m", BAD},
    {"-5m", BAD},
    {"5d", BAD},
    {"5m3", BAD},
    {"99999999999999h", BAD},
};

START_TEST(a_duration_means_its_seconds)
{
    uint64_t seconds = 12345;
    bool good = tl_parse_duration(durations[_i].text, &seconds);

    ck_assert_int_eq(good, durations[_i].value != BAD);
    ck_assert_uint_eq(seconds, good ? (uint64_t)durations[_i].value : 12345);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_size_means_its_bytes, 0, sizeof(sizes) / sizeof(sizes[0]));
    tcase_add_loop_test(tests, a_duration_means_its_seconds, 0,
                        sizeof(durations) / sizeof(durations[0]));
}

int main(void)
{
    return run_tests("units", add);
}
