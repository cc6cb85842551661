/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fingerprints: equal for the same file, different after a change at either end or of the size.
 */
#include "core/source/fingerprint.h"

#include "tests/source/tempdir.h"

static struct tempdir dir;
static char path[512];

static void setup(void)
{
    tempdir_init(&dir);
    tempdir_path(&dir, "f", path);
}

static void teardown(void)
{
    tempdir_done(&dir);
}

static struct tl_digest digest_of(const char *bytes, size_t len)
{
    struct tl_digest digest;
    struct tl_error err;

    tempdir_write(&dir, "f", bytes, len);
    ck_assert_int_eq(tl_fingerprint_file(path, (int64_t)len, &digest, &err), TL_OK);
    return digest;
}

static const size_t sizes[] = {1, 100, 16384, 16385, 32768, 32769, 100000};

START_TEST(a_change_at_either_end_is_seen)
{
    size_t len = sizes[_i];
    char *bytes = calloc(1, len + 1);
    struct tl_digest before = digest_of(bytes, len);
    struct tl_digest again = digest_of(bytes, len);
    struct tl_digest longer = digest_of(bytes, len + 1);
    struct tl_digest head, tail;

    bytes[0] = 1;
    head = digest_of(bytes, len);
    bytes[0] = 0;
    bytes[len - 1] = 1;
    tail = digest_of(bytes, len);
    ck_assert_mem_eq(&before, &again, sizeof(before));
    ck_assert_mem_ne(&before, &longer, sizeof(before));
    ck_assert_mem_ne(&before, &head, sizeof(before));
    ck_assert_mem_ne(&before, &tail, sizeof(before));
    free(bytes);
}
END_TEST

START_TEST(an_empty_file_has_a_fingerprint)
{
    struct tl_digest empty = digest_of("", 0);
    struct tl_digest other = digest_of("x", 1);

    ck_assert_mem_ne(&empty, &other, sizeof(empty));
}
END_TEST

START_TEST(another_size_than_expected_is_an_error)
{
    struct tl_digest digest;
    struct tl_error err;

    tempdir_write(&dir, "f", "abc", 3);
    ck_assert_int_eq(tl_fingerprint_file(path, 4, &digest, &err), TL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "has 3 bytes, and had 4"));
    ck_assert_int_eq(tl_fingerprint_file(path, 2, &digest, &err), TL_ERR_DATA);
    ck_assert_int_eq(tl_fingerprint_file(dir.path, 2, &digest, &err), TL_ERR_IO);
    unlink(path);
    ck_assert_int_eq(tl_fingerprint_file(path, 3, &digest, &err), TL_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, path));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fingerprint");
    TCase *tc = tcase_create("fingerprint");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_change_at_either_end_is_seen, 0, 7);
    tcase_add_test(tc, an_empty_file_has_a_fingerprint);
    tcase_add_test(tc, another_size_than_expected_is_an_error);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
