/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan on real directories: links, loops, files and directories that cannot be read, the
 * source directory itself, and many files.
 */
#include "core/source/scan.h"

#include <stdint.h>

#include "tests/source/describe.h"
#include "tests/source/tempdir.h"

static struct tempdir dir;

static void setup(void)
{
    tempdir_init(&dir);
}

static void teardown(void)
{
    tempdir_done(&dir);
}

/* Scans the directory as it is now. */
static int scan(struct tl_catalog **catalog, char *source_dir, struct tl_error *err)
{
    struct tl_options options = {.source_dir = source_dir, .default_file_rules = true};

    return tl_catalog_scan(catalog, &options, err);
}

static void link_to(const char *target, const char *name)
{
    char path[512];

    ck_assert_int_eq(symlink(target, tempdir_path(&dir, name, path)), 0);
}

START_TEST(files_carry_size_time_compression_and_type)
{
    struct timespec times[2] = {{1, 0}, {1700000000, 123456789}};
    struct tl_catalog *catalog;
    struct tl_error err;
    char path[512];

    tempdir_write(&dir, "a.t.7.csv.gz", "12345", 5);
    ck_assert_int_eq(utimensat(AT_FDCWD, tempdir_path(&dir, "a.t.7.csv.gz", path), times, 0), 0);
    ck_assert_int_eq(scan(&catalog, dir.path, &err), TL_OK);
    ck_assert_str_eq(catalog->dir, dir.path);
    ck_assert_int_eq(catalog->tables[0].total_size, 5);
    ck_assert_int_eq(catalog->tables[0].files[0].size, 5);
    ck_assert_int_eq(catalog->tables[0].files[0].mtime, INT64_C(1700000000123456789));
    ck_assert_int_eq(catalog->tables[0].files[0].compression, TL_COMPRESSION_GZIP);
    ck_assert_int_eq(catalog->tables[0].files[0].type, TL_FILE_CSV);
    ck_assert_str_eq(catalog->tables[0].files[0].sort_key, "7");
    tl_catalog_free(catalog);
}
END_TEST

START_TEST(links_are_followed_and_loops_end)
{
    TL_CLEANUP_BUF struct tl_buf text;
    struct tempdir other;
    struct tl_catalog *catalog;
    struct tl_error err;

    tl_buf_init(&text, 65536);
    tempdir_init(&other);
    tempdir_write(&other, "a.far.sql", "x", 1);
    tempdir_write(&dir, "sub/deep/er/a.near.sql", "x", 1);
    link_to(other.path, "elsewhere");
    link_to(".", "loop");
    link_to("../..", "sub/deep/up");
    link_to("sub", "again");
    link_to("sub/deep/er/a.near.sql", "a.linked.sql");
    ck_assert_int_eq(scan(&catalog, dir.path, &err), TL_OK);
    describe(&text, catalog);
    ck_assert_str_eq(tl_buf_text(&text), "a>a -\na.far>a.far - - | elsewhere/a.far.sql\n"
                                         "a.linked>a.linked - - | a.linked.sql\n"
                                         "a.near>a.near - - | sub/deep/er/a.near.sql\n");
    tl_catalog_free(catalog);
    tempdir_done(&other);
}
END_TEST

START_TEST(files_that_cannot_be_read_are_errors_only_if_they_belong_to_the_dump)
{
    struct tl_catalog *catalog;
    struct tl_error err;
    char path[512];

    tempdir_write(&dir, "a.t.sql", "x", 1);
    link_to("nowhere", "other");
    ck_assert_int_eq(mkfifo(tempdir_path(&dir, "pipe", path), 0600), 0);
    ck_assert_int_eq(scan(&catalog, dir.path, &err), TL_OK);
    tl_catalog_free(catalog);
    link_to("nowhere", "a.u.sql");
    ck_assert_int_eq(scan(&catalog, dir.path, &err), TL_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "a.u.sql"));
    ck_assert_int_eq(unlink(tempdir_path(&dir, "a.u.sql", path)), 0);
    ck_assert_int_eq(mkfifo(tempdir_path(&dir, "a.v.sql", path), 0600), 0);
    ck_assert_int_eq(scan(&catalog, dir.path, &err), TL_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "a.v.sql' is not a regular file"));
}
END_TEST

/* As root nothing is unreadable: another user looks then. */
START_TEST(missing_permissions_are_errors_that_name_the_place)
{
    struct tl_catalog *catalog;
    struct tl_error err;
    char path[512];

    tempdir_write(&dir, "sub/a.t.sql", "x", 1);
    ck_assert_int_eq(chmod(dir.path, 0755), 0);
    ck_assert_int_eq(chmod(tempdir_path(&dir, "sub/a.t.sql", path), 0), 0);
    ck_assert_int_eq(chmod(tempdir_path(&dir, "sub", path), 0755), 0);
    ck_assert(geteuid() != 0 || seteuid(65534) == 0);
    ck_assert_int_eq(scan(&catalog, dir.path, &err), TL_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "sub/a.t.sql"));
    ck_assert(getuid() != 0 || seteuid(0) == 0);
    ck_assert_int_eq(chmod(path, 0), 0);
    ck_assert(geteuid() != 0 || seteuid(65534) == 0);
    ck_assert_int_eq(scan(&catalog, dir.path, &err), TL_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, path));
    ck_assert(getuid() != 0 || seteuid(0) == 0);
    ck_assert_int_eq(chmod(path, 0755), 0);
}
END_TEST

START_TEST(source_directory_must_be_a_local_directory)
{
    struct tl_error err;
    char path[512];
    char *found = NULL;

    tempdir_write(&dir, "f", "x", 1);
    ck_assert_int_eq(tl_source_dir(&found, tempdir_path(&dir, "f", path), &err), TL_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "is not a directory"));
    ck_assert_int_eq(tl_source_dir(&found, tempdir_path(&dir, "none", path), &err), TL_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, path));
    ck_assert_int_eq(tl_source_dir(&found, "s3://bucket/x", &err), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "s3://"));
    ck_assert_int_eq(tl_source_dir(&found, "", &err), TL_ERR_USAGE);
    ck_assert_int_eq(mkdir(tempdir_path(&dir, "\xff", path), 0700), 0);
    ck_assert_int_eq(tl_source_dir(&found, path, &err), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "is not UTF-8"));
    ck_assert_ptr_null(found);
    link_to(".", "link");
    snprintf(path, sizeof(path), "file://%s/%%6cink/", dir.path);
    ck_assert_int_eq(tl_source_dir(&found, path, &err), TL_OK);
    ck_assert_str_eq(found, dir.path);
    free(found);
}
END_TEST

START_TEST(many_files_come_out_complete_and_in_order)
{
    enum { FILES = 3000 };
    struct tl_catalog *catalog;
    struct tl_error err;
    char name[64];
    size_t files = 0;

    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), "d%d/a.t%d.%05d.sql", i % 7, i % 30, i * 7919 % FILES);
        tempdir_write(&dir, name, "x", 1);
    }
    ck_assert_int_eq(scan(&catalog, dir.path, &err), TL_OK);
    ck_assert_uint_eq(catalog->table_count, 30);
    for (size_t t = 0; t < catalog->table_count; t++) {
        files += catalog->tables[t].file_count;
        for (size_t f = 1; f < catalog->tables[t].file_count; f++)
            ck_assert_str_lt(catalog->tables[t].files[f - 1].sort_key,
                             catalog->tables[t].files[f].sort_key);
    }
    ck_assert_uint_eq(files, FILES);
    tl_catalog_free(catalog);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("scan_dir");
    TCase *tc = tcase_create("scan_dir");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, files_carry_size_time_compression_and_type);
    tcase_add_test(tc, links_are_followed_and_loops_end);
    tcase_add_test(tc, files_that_cannot_be_read_are_errors_only_if_they_belong_to_the_dump);
    tcase_add_test(tc, missing_permissions_are_errors_that_name_the_place);
    tcase_add_test(tc, source_directory_must_be_a_local_directory);
    tcase_add_test(tc, many_files_come_out_complete_and_in_order);
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
