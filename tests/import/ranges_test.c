/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The committed ranges of a chunk.
 */
#include <check.h>
#include <stdlib.h>

#include "core/import/ranges.h"

static struct tl_error err;

static int add(struct tl_ranges *ranges, uint64_t begin, uint64_t end, bool last)
{
    struct tl_range range = {
        .begin = begin, .end = end, .rows = 1, .bytes = end - begin, .end_line = end, .last = last};

    return tl_ranges_add(ranges, &range, &err);
}

START_TEST(ranges_that_touch_become_one_with_the_state_of_the_last)
{
    struct tl_ranges ranges = {0};

    ck_assert_int_eq(add(&ranges, 0, 10, false), TL_OK);
    ck_assert_int_eq(add(&ranges, 20, 30, false), TL_OK);
    ck_assert_uint_eq(ranges.count, 2);
    ck_assert_int_eq(add(&ranges, 10, 20, false), TL_OK);
    ck_assert_uint_eq(ranges.count, 1);
    ck_assert_uint_eq(ranges.items[0].begin, 0);
    ck_assert_uint_eq(ranges.items[0].end, 30);
    ck_assert_uint_eq(ranges.items[0].rows, 3);
    ck_assert_uint_eq(ranges.items[0].bytes, 30);
    ck_assert_uint_eq(ranges.items[0].end_line, 30);
    tl_ranges_done(&ranges);
}
END_TEST

START_TEST(low_water_mark_stops_at_the_first_gap)
{
    struct tl_ranges ranges = {0};

    ck_assert_uint_eq(tl_ranges_low_water(&ranges, 0), 0);
    ck_assert_int_eq(add(&ranges, 5, 10, false), TL_OK);
    ck_assert_uint_eq(tl_ranges_low_water(&ranges, 0), 0);
    ck_assert_int_eq(add(&ranges, 0, 5, false), TL_OK);
    ck_assert_uint_eq(tl_ranges_low_water(&ranges, 0), 10);
    tl_ranges_done(&ranges);
}
END_TEST

START_TEST(an_overlap_is_refused)
{
    static const uint64_t overlaps[][2] = {{10, 20}, {5, 11}, {19, 25}, {12, 15}, {0, 30}};
    struct tl_ranges ranges = {0};

    ck_assert_int_eq(add(&ranges, 10, 20, false), TL_OK);
    ck_assert_int_eq(add(&ranges, overlaps[_i][0], overlaps[_i][1], false), TL_ERR);
    ck_assert_uint_eq(ranges.count, 1);
    tl_ranges_done(&ranges);
}
END_TEST

START_TEST(a_chunk_is_complete_with_its_last_range_and_no_gap)
{
    struct tl_ranges ranges = {0};

    ck_assert_int_eq(add(&ranges, 10, 10, true), TL_OK);
    ck_assert(!tl_ranges_complete(&ranges, 0));
    ck_assert_int_eq(add(&ranges, 0, 5, false), TL_OK);
    ck_assert(!tl_ranges_complete(&ranges, 0));
    ck_assert_int_eq(add(&ranges, 5, 10, false), TL_OK);
    ck_assert(tl_ranges_complete(&ranges, 0));
    tl_ranges_done(&ranges);
}
END_TEST

START_TEST(any_order_of_adding_gives_the_same_one_range)
{
    uint64_t order[50];
    struct tl_ranges ranges = {0};

    srand((unsigned)_i);
    for (size_t i = 0; i < 50; i++)
        order[i] = i;
    for (size_t i = 49; i > 0; i--) {
        size_t other = (size_t)rand() % (i + 1);
        uint64_t swap = order[i];

        order[i] = order[other];
        order[other] = swap;
    }
    for (size_t i = 0; i < 50; i++)
        ck_assert_int_eq(add(&ranges, order[i] * 7, order[i] * 7 + 7, order[i] == 49), TL_OK);
    ck_assert(tl_ranges_complete(&ranges, 0));
    ck_assert_uint_eq(ranges.items[0].rows, 50);
    tl_ranges_done(&ranges);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranges");
    TCase *tcase = tcase_create("ranges");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, ranges_that_touch_become_one_with_the_state_of_the_last);
    tcase_add_test(tcase, low_water_mark_stops_at_the_first_gap);
    tcase_add_loop_test(tcase, an_overlap_is_refused, 0, 5);
    tcase_add_test(tcase, a_chunk_is_complete_with_its_last_range_and_no_gap);
    tcase_add_loop_test(tcase, any_order_of_adding_gives_the_same_one_range, 0, 20);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
