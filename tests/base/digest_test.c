/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/base/digest.c. The expected values are XXH3's published test vectors for the empty
 * input: stored digests must mean the same in every build.
 */
#include "core/base/digest.h"

#include <check.h>
#include <string.h>

START_TEST(the_digest_of_nothing_is_the_published_one)
{
    struct tl_digest digest = tl_digest_of("", 0);
    char hex[2 * TL_DIGEST_LEN + 1];

    tl_digest_hex(&digest, hex);
    ck_assert_str_eq(hex, "99aa06d3014798d86001c324468d497f");
}
END_TEST

START_TEST(the_checksum_of_nothing_is_the_published_one)
{
    ck_assert_uint_eq(tl_checksum_of("", 0), UINT64_C(0x2d06800538d394c2));
}
END_TEST

START_TEST(one_changed_byte_changes_digest_and_checksum)
{
    struct tl_digest a = tl_digest_of("row 1", 5);
    struct tl_digest b = tl_digest_of("row 2", 5);

    ck_assert_mem_ne(a.bytes, b.bytes, TL_DIGEST_LEN);
    ck_assert_uint_ne(tl_checksum_of("row 1", 5), tl_checksum_of("row 2", 5));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("digest");
    TCase *tests = tcase_create("digest");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, the_digest_of_nothing_is_the_published_one);
    tcase_add_test(tests, the_checksum_of_nothing_is_the_published_one);
    tcase_add_test(tests, one_changed_byte_changes_digest_and_checksum);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
