/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver "file": names, and files that it must not open. Nothing refused may be changed.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_fixture.h"

static void expect_refused(int rc, int expected, const char *why)
{
    ck_assert_msg(rc == expected, "code %d: %s", rc, ff_err.message);
    ck_assert_msg(strstr(ff_err.message, why) != NULL, "%s", ff_err.message);
    ck_assert_msg(ff_err.hint[0] != '\0', "no hint: %s", ff_err.message);
    ck_assert_ptr_null(ff_store);
}

static const struct {
    const char *dsn;
    const char *why;
} wrong[] = {
    {"root:S3cret@tcp(127.0.0.1:3306)/", "names a database server"},
    {"root:S3cret@unix(/run/x.sock)/", "names a database server"},
    {"root:S3cret@tcp", "names a database server"},
    {"s3://bucket/x.pb?secret-access-key=S3cret", "is an address"},
    {"mysql://root:S3cret@host/", "is an address"},
    {"/tmp/", "the checkpoint DSN '/tmp/' must not be a directory"},
    {"/tmp", "the checkpoint DSN '/tmp' must not be a directory"},
    {"/tmp/..", "must not be a directory"},
    {"file:///tmp/", "must not be a directory"},
    {"/no such folder/x.pb", "the folder of the checkpoint file '/no such folder/x.pb' is missing"},
};

START_TEST(wrong_dsn_is_refused_without_its_secret)
{
    expect_refused(ff_open(wrong[_i].dsn, false), TL_ERR_USAGE, wrong[_i].why);
    ck_assert_ptr_null(strstr(ff_err.message, "S3cret"));
    ck_assert_ptr_null(strstr(ff_err.hint, "S3cret"));
}
END_TEST

START_TEST(file_is_private_and_alone)
{
    struct stat st;

    umask(0);
    ff_make(1);
    ck_assert_int_eq(stat(ff_path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_str_eq(ff_list(), "c.pb");
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
    ck_assert_int_eq(ff_put_chunk(9, 9), TL_OK);
    ff_run("test -z \"$(find . -type f -perm /077)\""); /* nor the ones beside it */
}
END_TEST

START_TEST(scheme_and_relative_path_are_accepted)
{
    char dsn[160], where[160];

    snprintf(dsn, sizeof(dsn), "file://%s", ff_path);
    ck_assert_int_eq(ff_open(dsn, false), TL_OK);
    snprintf(where, sizeof(where), "the file '%s'", ff_path);
    ck_assert_str_eq(tl_store_where(ff_store), where);
    ck_assert_int_eq(chdir(ff_folder), 0);
    ck_assert_int_eq(ff_open("c.pb", false), TL_OK);
    ck_assert_str_eq(tl_store_where(ff_store), where);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(ff_put_chunk(1, 1), TL_OK);
}
END_TEST

static const char junk[] = "this is no database, it is a text that somebody wants to keep\n";

static const struct {
    const char *bytes;
    size_t len;
    const char *why;
} foreign[] = {
    {"", 0, "empty"},
    {junk, sizeof(junk) - 1, "not an SQLite database"},
    {"SQLite format 3", 16, "cut short"},
    {"SQLite", 6, "not an SQLite database"},
    {"\x0a\xc0\x02\x0a\x0d`shop`.`item`\x12\xae\x02", 21, "protobuf"},
    {"\x0a\xe9\x01\x0a\x0b`web`.`hit`\x12", 17, "protobuf"},
    {"\x12\x20\x08\xc8\x01\x12\x04", 7, "protobuf"},
    {"\x0a\x05hello", 7, "not an SQLite database"},
};

START_TEST(foreign_file_is_refused_untouched)
{
    char bytes[256];
    FILE *file;

    ff_write(NULL, foreign[_i].bytes, foreign[_i].len);
    ff_run("chmod 600 c.pb");
    expect_refused(ff_open(NULL, false), TL_ERR_REFUSED, foreign[_i].why);
    expect_refused(ff_open(NULL, true), TL_ERR_REFUSED, foreign[_i].why);
    ck_assert_ptr_nonnull(strstr(ff_err.message, ff_path));
    file = fopen(ff_path, "rb");
    ck_assert_uint_eq(fread(bytes, 1, sizeof(bytes), file), foreign[_i].len);
    fclose(file);
    ck_assert_int_eq(memcmp(bytes, foreign[_i].bytes, foreign[_i].len), 0);
    ck_assert_str_eq(ff_list(), "c.pb");
}
END_TEST

static const struct {
    const char *sql; /* run on a good checkpoint, or on a new file if `fresh` */
    bool fresh;
    const char *why;
} databases[] = {
    {"CREATE TABLE mine (a)", true, "an SQLite database of another program"},
    {"PRAGMA application_id = 1", false, "an SQLite database of another program"},
    {"PRAGMA user_version = 2", false, "layout 2, newer"},
    {"PRAGMA user_version = 0", false, "damaged"},
    {"DROP TABLE chunk_v6", false, "its table chunk_v6 is missing"},
    {"DROP TABLE meta_v1", false, "its table meta_v1 is missing"},
    {"PRAGMA legacy_alter_table = 1; ALTER TABLE chunk_v6 DROP COLUMN real_pos", false,
     "in the place of the column real_pos"},
    {"PRAGMA legacy_alter_table = 1; ALTER TABLE chunk_v6 RENAME COLUMN pos TO position", false,
     "chunk_v6 has the column posit"},
    {"ALTER TABLE table_v10 ADD COLUMN more INT", false, "also has the column more INT"},
    {"PRAGMA legacy_alter_table = 1; ALTER TABLE failure_v1 RENAME TO failure_v0", false,
     "its table failure_v1 is missing"},
    {"CREATE UNIQUE INDEX u ON table_v10 (table_id)", false, "also has a unique key part table_id"},
    {"ALTER TABLE source_v1 RENAME TO s; CREATE VIEW source_v1 AS SELECT * FROM s", false,
     "source_v1 has a view in the place of a table"},
    {"DROP TABLE engine_v5; CREATE TABLE engine_v5 (table_name VARCHAR(261) NOT NULL COLLATE "
     "NOCASE, engine_id INT NOT NULL, status TINYINT NOT NULL, create_time DATETIME NOT NULL, "
     "update_time DATETIME NOT NULL, PRIMARY KEY (table_name, engine_id)) WITHOUT ROWID",
     false, "engine_v5 has the primary key part table_name NOCASE"},
};

START_TEST(other_database_is_refused)
{
    if (!databases[_i].fresh)
        ff_make(1);
    ff_run("sqlite3 c.pb 'PRAGMA journal_mode = DELETE; %s' > out && rm out && chmod 600 c.pb",
           databases[_i].sql);
    ff_run("md5sum c.pb > sum");
    expect_refused(ff_open(NULL, false), TL_ERR_REFUSED, databases[_i].why);
    if (databases[_i].fresh)
        ff_run("md5sum -c --quiet sum");
}
END_TEST

START_TEST(link_pipe_and_folder_are_refused)
{
    ff_make(1);
    ff_run("mv c.pb real.pb && ln -s real.pb c.pb");
    expect_refused(ff_open(NULL, false), TL_ERR_STORE, "symbolic link");
    ff_run("rm c.pb && ln -s nowhere c.pb");
    expect_refused(ff_open(NULL, false), TL_ERR_STORE, "symbolic link");
    expect_refused(ff_open(NULL, true), TL_ERR_STORE, "symbolic link");
    ff_run("rm c.pb && mkfifo -m 600 c.pb");
    expect_refused(ff_open(NULL, false), TL_ERR_STORE, "not a regular file");
    ff_run("rm c.pb && mkdir c.pb");
    expect_refused(ff_open(NULL, false), TL_ERR_USAGE, "must not be a directory");
    ck_assert_str_eq(ff_list(), "c.pb real.pb");
}
END_TEST

START_TEST(link_beside_the_file_is_refused)
{
    ff_make(1);
    ff_write("victim", junk, sizeof(junk));
    ff_run("ln -s victim c.pb-wal");
    expect_refused(ff_open(NULL, false), TL_ERR_STORE, "symbolic link");
    ff_run("rm c.pb && test -s victim");
    expect_refused(ff_open(NULL, false), TL_ERR_STORE, "symbolic link"); /* when creating, too */
    ff_run("test $(stat -c %%s victim) = %zu", sizeof(junk));
}
END_TEST

START_TEST(file_that_others_may_write_is_refused)
{
    ff_make(1);
    ff_run("chmod 620 c.pb");
    expect_refused(ff_open(NULL, false), TL_ERR_STORE, "other users may write");
    ff_run("chmod 640 c.pb");
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
}
END_TEST

START_TEST(file_of_another_user_is_refused)
{
    if (geteuid() != 0)
        return; /* only root can give files away */
    ff_make(1);
    ff_run("chown 4711 c.pb");
    expect_refused(ff_open(NULL, false), TL_ERR_STORE, "belongs to another user");
    ff_run("chown 0 c.pb && touch c.pb-wal && chown 4711 c.pb-wal");
    expect_refused(ff_open(NULL, false), TL_ERR_STORE, "belongs to another user");
}
END_TEST

START_TEST(folder_where_anybody_renames_is_refused)
{
    ff_run("chmod 777 .");
    expect_refused(ff_open(NULL, false), TL_ERR_STORE, "everybody may rename");
    ck_assert_str_eq(ff_list(), "");
    ff_run("chmod 1777 .");
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
}
END_TEST

START_TEST(damaged_file_is_refused)
{
    ff_make(200);
    ff_run("cp -p c.pb whole && truncate -s -8192 c.pb");
    expect_refused(ff_open(NULL, false), TL_ERR_REFUSED, "damaged");
    ff_run("cp -p whole c.pb && truncate -s 4096 c.pb");
    expect_refused(ff_open(NULL, true), TL_ERR_REFUSED, "damaged");
    ff_run("cp -p whole c.pb && for page in 2 3 4 5 6 7 8 9 10 11; do head -c 100 /dev/zero | "
           "tr '\\0' X | dd of=c.pb bs=4096 seek=$page conv=notrunc status=none; done");
    expect_refused(ff_open(NULL, false), TL_ERR_REFUSED, "damaged");
}
END_TEST

START_TEST(missing_file_opens_empty_for_reading_and_is_not_made)
{
    ck_assert_int_eq(ff_open(NULL, true), TL_OK);
    ck_assert_int_eq(ff_count_chunks(), -100);
    ck_assert_str_eq(ff_list(), "");
    ck_assert_int_eq(ff_open("/no/such/folder/x.pb", true), TL_OK);
    ck_assert_int_eq(ff_count_chunks(), -100);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("file_place");
    TCase *t = tcase_create("file_place");

    tcase_add_checked_fixture(t, ff_setup, ff_teardown);
    tcase_add_loop_test(t, wrong_dsn_is_refused_without_its_secret, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_test(t, file_is_private_and_alone);
    tcase_add_test(t, scheme_and_relative_path_are_accepted);
    tcase_add_loop_test(t, foreign_file_is_refused_untouched, 0,
                        sizeof(foreign) / sizeof(foreign[0]));
    tcase_add_loop_test(t, other_database_is_refused, 0, sizeof(databases) / sizeof(databases[0]));
    tcase_add_test(t, link_pipe_and_folder_are_refused);
    tcase_add_test(t, link_beside_the_file_is_refused);
    tcase_add_test(t, file_that_others_may_write_is_refused);
    tcase_add_test(t, file_of_another_user_is_refused);
    tcase_add_test(t, folder_where_anybody_renames_is_refused);
    tcase_add_test(t, damaged_file_is_refused);
    tcase_add_test(t, missing_file_opens_empty_for_reading_and_is_not_made);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
