/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver "file" as a whole: what a DBA sees in it, deletion under way, full disks, several
 * processes, retiring, the CSV dump of the host.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file_fixture.h"

/* The output of a query of the sqlite3 program on the checkpoint. */
static const char *query(const char *sql)
{
    static char text[512];
    char command[512];
    FILE *pipe;
    size_t len;

    snprintf(command, sizeof(command), "sqlite3 '%s' \"%s\"", ff_path, sql);
    pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    len = fread(text, 1, sizeof(text) - 1, pipe);
    text[len] = '\0';
    ck_assert_int_eq(pclose(pipe), 0);
    return text;
}

START_TEST(dba_reads_times_and_names)
{
    const struct ckpt_table table = {.struct_size = sizeof(table),
                                     .name = tl_ckpt_str("`a`.`b`"),
                                     .status = 60,
                                     .create_time = INT64_C(1700000000987654321),
                                     .update_time = -1};

    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
    ck_assert_int_eq(tl_store_put(ff_store, CKPT_PUT_TABLE, &table, &ff_err), TL_OK);
    ck_assert_str_eq(query("SELECT table_name, status, create_time, update_time FROM table_v10"),
                     "`a`.`b`|60|2023-11-14 22:13:20|1969-12-31 23:59:59\n");
    ck_assert_str_eq(query("SELECT count(*) FROM extra_v1"), "0\n");
}
END_TEST

START_TEST(another_process_reads_while_we_write)
{
    ff_make(3);
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
    ck_assert_int_eq(ff_put_chunk(3, 1), TL_OK);
    ck_assert_str_eq(query("SELECT count(*) FROM chunk_v6"), "4\n");
    ck_assert_int_eq(ff_put_chunk(4, 1), TL_OK);
    ck_assert_int_eq(ff_count_chunks(), 5);
}
END_TEST

START_TEST(deleted_file_is_noticed)
{
    ff_make(1);
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
    ff_run("rm c.pb");
    ck_assert_int_eq(ff_put_chunk(1, 1), TL_ERR_STORE);
    ck_assert_ptr_nonnull(strstr(ff_err.message, "removed or replaced"));
}
END_TEST

/* kill -9 leaves changes beside the file; a user who deletes only the file begins anew. */
START_TEST(remains_of_a_deleted_checkpoint_are_not_replayed)
{
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (ff_open(NULL, false) == TL_OK && ff_put_chunk(50, 1) == TL_OK)
            raise(SIGKILL);
        _exit(1);
    }
    waitpid(child, NULL, 0);
    ff_run("test -s c.pb-wal && rm c.pb");
    ck_assert_msg(ff_open(NULL, false) == TL_OK, "%s", ff_err.message);
    ck_assert_str_eq(query("SELECT count(*) FROM chunk_v6"), "0\n");
    ff_close();
    ck_assert_str_eq(ff_list(), "c.pb");
}
END_TEST

/* A checkpoint with so many chunks that SQLite cannot keep them in memory. */
static void make_large(void)
{
    ff_make(0);
    ff_run(
        "sqlite3 c.pb \"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < "
        "59999) INSERT INTO chunk_v6 SELECT '%s', 0, printf('data/shop.item.%%09d.sql', i), i, 3, "
        "0, '', 1, NULL, 0, 1, 0, 0, 0, 0, 0, 0, 0, '2024-01-01 00:00:00', "
        "'2024-01-01 00:00:00' FROM n\"",
        "\\`shop\\`.\\`item\\`");
}

START_TEST(damage_inside_is_found_when_opening)
{
    make_large();
    ff_run("tr '\\0' X < /dev/zero | dd of=c.pb bs=4096 seek=1000 count=1 iflag=fullblock "
           "conv=notrunc status=none");
    ck_assert_int_eq(ff_open(NULL, false), TL_ERR_REFUSED);
    ck_assert_ptr_nonnull(strstr(ff_err.message, "damaged"));
}
END_TEST

START_TEST(damage_under_way_is_an_error_of_the_load)
{
    make_large();
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
    ck_assert_int_eq(ff_count_chunks(), 60000);
    ff_run("tr '\\0' X < /dev/zero | dd of=c.pb bs=4096 seek=30 count=1500 iflag=fullblock "
           "conv=notrunc status=none");
    ck_assert_int_eq(ff_count_chunks(), TL_ERR_REFUSED);
    ck_assert_ptr_nonnull(strstr(ff_err.message, "damaged"));
}
END_TEST

START_TEST(killed_start_is_cleared_away)
{
    ff_write("c.pb.new", "", 0);
    ff_write("c.pb.new-journal", "x", 1);
    ff_run("chmod 600 *");
    ck_assert_msg(ff_open(NULL, false) == TL_OK, "%s", ff_err.message);
    ff_close();
    ck_assert_str_eq(ff_list(), "c.pb");
}
END_TEST

START_TEST(kill_while_creating_leaves_no_half_file)
{
    for (useconds_t life = 0; life < 12000; life += 300) {
        pid_t child = fork();

        ck_assert_int_ge(child, 0);
        if (child == 0)
            _exit(ff_open(NULL, false));
        usleep(life);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        ck_assert_msg(ff_open(NULL, false) == TL_OK, "after %u us: %s", life, ff_err.message);
        ck_assert_int_eq(ff_put_chunk(1, 1), TL_OK);
        ff_close();
        ck_assert_str_eq(ff_list(), "c.pb");
        ff_run("rm c.pb");
    }
}
END_TEST

START_TEST(many_processes_create_one_file)
{
    pid_t children[8];
    int status;

    for (size_t i = 0; i < 8; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0)
            _exit(ff_open(NULL, false) == TL_OK && ff_put_chunk((int64_t)i, 1) == TL_OK ? 0 : 1);
    }
    for (size_t i = 0; i < 8; i++) {
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_str_eq(query("SELECT count(*) FROM chunk_v6"), "8\n");
}
END_TEST

START_TEST(reader_changes_nothing)
{
    ff_make(3);
    ff_run("md5sum c.pb > sum");
    ck_assert_int_eq(ff_open(NULL, true), TL_OK);
    ck_assert_int_eq(ff_count_chunks(), 3);
    ck_assert_int_eq(ff_put_chunk(3, 1), TL_ERR_STORE);
    ff_close();
    ff_run("md5sum -c --quiet sum && rm sum");
    ck_assert_str_eq(ff_list(), "c.pb");
}
END_TEST

START_TEST(locked_file_is_busy)
{
    const struct timespec pause = {.tv_nsec = 300000000};
    pid_t child;

    ff_make(1);
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        execlp("sqlite3", "sqlite3", ff_path, "BEGIN IMMEDIATE", ".shell sleep 5", (char *)NULL);
        _exit(1);
    }
    nanosleep(&pause, NULL);
    ck_assert_int_eq(ff_put_chunk(1, 1), TL_ERR_STORE);
    ck_assert_ptr_nonnull(strstr(ff_err.message, "locked"));
    ck_assert(ff_err.retryable);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ck_assert_int_eq(ff_put_chunk(1, 1), TL_OK);
}
END_TEST

START_TEST(store_is_not_used_across_fork)
{
    pid_t child;
    int status;

    ff_make(1);
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        bool fine = ff_put_chunk(1, 1) == TL_ERR_USAGE && ff_count_chunks() == TL_ERR_USAGE;

        ff_close(); /* must not disturb the parent's */
        _exit(fine ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(ff_put_chunk(1, 1), TL_OK);
    ck_assert_int_eq(ff_count_chunks(), 2);
}
END_TEST

START_TEST(failed_write_changes_nothing)
{
    struct rlimit limit = {.rlim_cur = 64 * 1024, .rlim_max = RLIM_INFINITY};
    int rc = TL_OK;
    int written = 0;

    ff_make(1);
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 1; i < 1000 && rc == TL_OK; i++) {
        rc = ff_put_chunk(i, 1);
        written += rc == TL_OK;
    }
    ck_assert_int_eq(rc, TL_ERR_STORE);
    ck_assert(ff_err.message[0] != '\0');
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(ff_count_chunks(), written + 1);
    ck_assert_int_eq(ff_put_chunk(5000, 1), TL_OK);
}
END_TEST

START_TEST(retire_removes_or_renames)
{
    ff_make(2);
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
    ck_assert(tl_store_can_rename(ff_store));
    ck_assert_int_eq(tl_store_retire(ff_store, CKPT_RETIRE_KEEP, 42, &ff_err), TL_OK);
    ck_assert_int_eq(ff_put_chunk(2, 1), TL_OK);
    ck_assert_int_eq(tl_store_retire(ff_store, CKPT_RETIRE_RENAME, 42, &ff_err), TL_OK);
    ff_close();
    ck_assert_str_eq(ff_list(), "c.pb.42.bak");
    ff_run("test $(sqlite3 c.pb.42.bak 'SELECT count(*) FROM chunk_v6') = 3");
    ff_make(2);
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
    ck_assert_int_eq(tl_store_retire(ff_store, CKPT_RETIRE_RENAME, 42, &ff_err), TL_ERR_STORE);
    ck_assert_ptr_nonnull(strstr(ff_err.message, "exists already"));
    ck_assert_int_eq(ff_count_chunks(), 2); /* still in use */
    ck_assert_int_eq(tl_store_retire(ff_store, CKPT_RETIRE_REMOVE, 42, &ff_err), TL_OK);
    ck_assert_int_eq(ff_put_chunk(2, 1), TL_ERR_USAGE);
    ff_close();
    ck_assert_str_eq(ff_list(), "c.pb.42.bak");
}
END_TEST

START_TEST(retire_waits_for_other_users_of_the_file)
{
    struct tl_store *mine;

    ff_make(2);
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
    mine = ff_store;
    ff_store = NULL;
    ck_assert_int_eq(ff_open(NULL, true), TL_OK);
    ck_assert_int_eq(ff_count_chunks(), 2);
    ck_assert_int_eq(tl_store_retire(mine, CKPT_RETIRE_REMOVE, 1, &ff_err), TL_ERR_STORE);
    ck_assert(ff_err.retryable);
    ff_close();
    ck_assert_msg(tl_store_retire(mine, CKPT_RETIRE_REMOVE, 1, &ff_err) == TL_OK, "%s",
                  ff_err.message);
    tl_store_close(mine);
    ck_assert_str_eq(ff_list(), "");
}
END_TEST

static const char *read_file(const char *name)
{
    static char text[2048];
    char path[256];
    size_t len;
    FILE *file;

    snprintf(path, sizeof(path), "%s/dump/%s", ff_folder, name);
    file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    len = fread(text, 1, sizeof(text) - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

START_TEST(dump_writes_three_private_files)
{
    const char hash[32] = "\x01\xab";
    const struct ckpt_table table = {.struct_size = sizeof(table),
                                     .name = tl_ckpt_str("`a,\n`.`\"b\"`"),
                                     .hash = tl_ckpt_bytes(hash, 32),
                                     .status = 30};
    char folder[128];

    ff_make(1);
    snprintf(folder, sizeof(folder), "%s/dump", ff_folder);
    ck_assert_int_eq(ff_open(NULL, false), TL_OK);
    ck_assert_int_eq(tl_store_put(ff_store, CKPT_PUT_TABLE, &table, &ff_err), TL_OK);
    ck_assert_int_eq(tl_store_dump(ff_store, folder, &ff_err), TL_OK);
    ck_assert_int_eq(tl_store_dump(ff_store, folder, &ff_err), TL_OK); /* again, over the first */
    ff_run("test \"$(stat -c '%%a %%n' dump/*)\" = "
           "\"$(printf '600 dump/chunks.csv\\n600 dump/engines.csv\\n600 dump/tables.csv')\"");
    ck_assert_ptr_nonnull(strstr(read_file("tables.csv"),
                                 "\n0,\"`a,\n`.`\"\"b\"\"`\",01AB00000000000000000000000000000000"
                                 "0000000000000000000000000000,30,1970-01-01 00:00:00,"));
    ck_assert_ptr_nonnull(strstr(read_file("chunks.csv"), "table_name,engine_id,path,offset,"));
    ck_assert_ptr_nonnull(
        strstr(read_file("chunks.csv"), "\n`shop`.`item`,0,\"a, \"\"b\"\".sql\",0,0,0,,0,,1,0,"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("file_driver");
    TCase *t = tcase_create("file_driver");

    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, ff_setup, ff_teardown);
    tcase_add_test(t, dba_reads_times_and_names);
    tcase_add_test(t, another_process_reads_while_we_write);
    tcase_add_test(t, deleted_file_is_noticed);
    tcase_add_test(t, remains_of_a_deleted_checkpoint_are_not_replayed);
    tcase_add_test(t, damage_inside_is_found_when_opening);
    tcase_add_test(t, damage_under_way_is_an_error_of_the_load);
    tcase_add_test(t, killed_start_is_cleared_away);
    tcase_add_test(t, kill_while_creating_leaves_no_half_file);
    tcase_add_test(t, many_processes_create_one_file);
    tcase_add_test(t, reader_changes_nothing);
    tcase_add_test(t, locked_file_is_busy);
    tcase_add_test(t, store_is_not_used_across_fork);
    tcase_add_test(t, failed_write_changes_nothing);
    tcase_add_test(t, retire_removes_or_renames);
    tcase_add_test(t, retire_waits_for_other_users_of_the_file);
    tcase_add_test(t, dump_writes_three_private_files);
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
