/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/base/log_line.c: the form of one line.
 */
#include "core/base/log_line.h"

#include <check.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WALL INT64_C(1795545600123456789) /* 2026-11-24 18:40:00.123 UTC */

static struct tl_buf line;

static void setup(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
    tl_buf_init(&line, TL_LOG_LINE_MAX);
}

static void teardown(void)
{
    tl_buf_done(&line);
}

START_TEST(a_text_line_looks_like_upstreams)
{
    const struct tl_field fields[] = {TL_STR("table", "`db`.`t`"), TL_INT("rows", 12),
                                      TL_DBL("speed", 1.5), TL_BOOL("last", true), TL_END};

    ck_assert_int_eq(tl_log_line_text(&line, WALL, TL_LOG_INFO, "table is done", fields), TL_OK);
    ck_assert_str_eq(tl_buf_text(&line), "[2026-11-24 18:40:00.123 +00:00] [INFO] [\"table is "
                                         "done\"] [table=`db`.`t`] [rows=12] [speed=1.5] "
                                         "[last=true]\n");
}
END_TEST

START_TEST(the_time_zone_is_shown)
{
    const struct tl_field fields[] = {TL_END};

    setenv("TZ", "XST+3:30", 1);
    tzset();
    ck_assert_int_eq(tl_log_line_text(&line, WALL, TL_LOG_WARN, "m", fields), TL_OK);
    ck_assert_str_eq(tl_buf_text(&line), "[2026-11-24 15:10:00.123 -03:30] [WARN] [m]\n");
}
END_TEST

static const struct {
    const char *value;
    const char *shown;
} values[] = {
    {"plain", "plain"},
    {"", ""},
    {NULL, ""},
    {"two words", "\"two words\""},
    {"a=b", "\"a=b\""},
    {"[x]", "\"[x]\""},
    {"say \"x\" \\", "\"say \\\"x\\\" \\\\\""},
    {"a\nb\r\t", "\"a\\nb\\r\\t\""},
    {"\x01\x1b[31m\x7f", "\"\\x01\\x1b[31m\\x7f\""},
    {"\xc3\xa4", "\xc3\xa4"},
    {"bad \xff\xc3", "\"bad \\xff\\xc3\""},
};

START_TEST(a_value_is_quoted_when_it_must_be)
{
    const struct tl_field fields[] = {TL_STR("v", values[_i].value), TL_END};
    char expected[128];

    ck_assert_int_eq(tl_log_line_text(&line, WALL, TL_LOG_DEBUG, "m", fields), TL_OK);
    snprintf(expected, sizeof(expected), "[2026-11-24 18:40:00.123 +00:00] [DEBUG] [m] [v=%s]\n",
             values[_i].shown);
    ck_assert_str_eq(tl_buf_text(&line), expected);
}
END_TEST

START_TEST(a_json_line_is_one_object_with_exact_integers)
{
    const struct tl_field fields[] = {TL_STR("text", "a\"\n\xff"), TL_INT("big", INT64_MAX),
                                      TL_BOOL("flag", false), TL_DBL("nan", NAN), TL_END};
    cJSON *object;

    ck_assert_int_eq(tl_log_line_json(&line, WALL, TL_LOG_ERROR, "it failed", fields), TL_OK);
    ck_assert_ptr_eq(strchr(tl_buf_text(&line), '\n'), line.data + line.len - 1);
    ck_assert_ptr_nonnull(strstr(tl_buf_text(&line), "\"big\":9223372036854775807"));
    object = cJSON_Parse(tl_buf_text(&line));
    ck_assert_ptr_nonnull(object);
    ck_assert_str_eq(cJSON_GetObjectItem(object, "time")->valuestring,
                     "2026-11-24 18:40:00.123 +00:00");
    ck_assert_str_eq(cJSON_GetObjectItem(object, "level")->valuestring, "error");
    ck_assert_str_eq(cJSON_GetObjectItem(object, "message")->valuestring, "it failed");
    ck_assert_str_eq(cJSON_GetObjectItem(object, "text")->valuestring, "a\"\n\xef\xbf\xbd");
    ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(object, "flag")));
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(object, "nan")));
    cJSON_Delete(object);
}
END_TEST

static const struct {
    const char *bytes;
    size_t length;
} sequences[] = {
    {"a", 1},
    {"\xc3\xa4", 2},
    {"\xe2\x82\xac", 3},
    {"\xf0\x9f\x98\x80", 4},
    {"", 0},
    {"\x80", 0},
    {"\xc0\x80", 0},
    {"\xc3", 0},
    {"\xe0\x80\x80", 0},
    {"\xed\xa0\x80", 0},
    {"\xf0\x80\x80\x80", 0},
    {"\xf4\x90\x80\x80", 0},
    {"\xff", 0},
};

START_TEST(only_well_formed_utf8_has_a_length)
{
    ck_assert_uint_eq(tl_utf8_length(sequences[_i].bytes), sequences[_i].length);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log_line");
    TCase *tests = tcase_create("log_line");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_text_line_looks_like_upstreams);
    tcase_add_test(tests, the_time_zone_is_shown);
    tcase_add_loop_test(tests, a_value_is_quoted_when_it_must_be, 0,
                        sizeof(values) / sizeof(values[0]));
    tcase_add_test(tests, a_json_line_is_one_object_with_exact_integers);
    tcase_add_loop_test(tests, only_well_formed_utf8_has_a_length, 0,
                        sizeof(sequences) / sizeof(sequences[0]));
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
