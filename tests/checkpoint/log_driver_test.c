/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The template driver where the conformance kit cannot look: damage of every byte, every length of
 * a torn log, a full disk, snapshots, the bytes of a record.
 */
#include "plugins/template/ckpt_log.c"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { APPLIES = 4 };

static char folder[64];
static char path[96];
static struct ckpt_error err;

static void make_folder(void)
{
    snprintf(folder, sizeof(folder), "/tmp/tl-log-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/store", folder);
}

static void remove_folder(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static int open_store(struct ckpt_store **store_out, uint32_t flags, int64_t kib)
{
    const struct ckpt_option_value option = {.number = kib};
    const struct ckpt_open_args args = {.struct_size = sizeof(args),
                                        .flags = flags,
                                        .dsn = {path, strlen(path)},
                                        .options = &option,
                                        .option_count = 1};

    err = (struct ckpt_error){.struct_size = sizeof(err)};
    *store_out = NULL;
    return log_driver.open(store_out, &args, &err);
}

/* Puts table number i and, with it, one chunk for each number below `chunks`. */
static int put(struct ckpt_store *store, int i, int chunks)
{
    char name[32];
    struct ckpt_table table = {.struct_size = sizeof(table), .status = 30, .table_id = i};
    struct ckpt_chunk chunk = {.struct_size = sizeof(chunk), .pos = i};
    struct ckpt_change change = {.struct_size = sizeof(change), .kind = CKPT_PUT_TABLE};
    const struct ckpt_change *list = &change;
    int rc;

    snprintf(name, sizeof(name), "`d`.`t%d`", i);
    table.name = chunk.table_name = (struct ckpt_str){name, strlen(name)};
    change.record.table = &table;
    err = (struct ckpt_error){.struct_size = sizeof(err)};
    rc = log_driver.apply(store, &list, 1, &err);
    change.kind = CKPT_PUT_CHUNK;
    change.record.chunk = &chunk;
    for (int k = 0; k < chunks && rc == CKPT_OK; k++) {
        chunk.offset = k;
        rc = log_driver.apply(store, &list, 1, &err);
    }
    return rc;
}

static int count_one(const struct ckpt_table *table, void *payload)
{
    ck_assert_int_eq(table->table_id, *(int *)payload);
    ++*(int *)payload;
    return 0;
}

static int tables_of(struct ckpt_store *store)
{
    int count = 0;
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .table = count_one, .payload = &count};

    ck_assert_int_eq(log_driver.each_table(store, CKPT_FILTER_ALL, &visitor, &err), CKPT_OK);
    return count;
}

/* A log of APPLIES frames; returns its bytes, free(). */
static char *make_log(size_t *len_out)
{
    struct ckpt_store *store;
    struct stat st;
    char *bytes;
    int fd;

    ck_assert_int_eq(open_store(&store, 0, 1024), CKPT_OK);
    for (int i = 0; i < APPLIES; i++)
        ck_assert_int_eq(put(store, i, 0), CKPT_OK);
    log_driver.close(store);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(fstat(fd, &st), 0);
    bytes = malloc((size_t)st.st_size);
    ck_assert_int_eq(read(fd, bytes, (size_t)st.st_size), st.st_size);
    close(fd);
    *len_out = (size_t)st.st_size;
    return bytes;
}

static void write_log(const char *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

START_TEST(damage_of_any_byte_is_an_error_and_changes_nothing)
{
    struct ckpt_store *store;
    struct stat before, after;
    char *bytes;
    size_t len;

    make_folder();
    bytes = make_log(&len);
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 0x20;
        write_log(bytes, len);
        ck_assert_int_eq(stat(path, &before), 0);
        ck_assert_msg(open_store(&store, i % 2, 1024) == CKPT_ERR_CORRUPT, "byte %zu", i);
        ck_assert_ptr_null(store);
        ck_assert_int_eq(stat(path, &after), 0);
        ck_assert(before.st_size == after.st_size && before.st_ino == after.st_ino);
        bytes[i] ^= 0x20;
    }
    free(bytes);
    remove_folder();
}
END_TEST

START_TEST(torn_log_holds_the_frames_that_are_whole)
{
    struct ckpt_store *store;
    char *bytes;
    size_t len;
    int seen = 0;

    make_folder();
    bytes = make_log(&len);
    for (size_t cut = 0; cut <= len; cut++) {
        int count;

        write_log(bytes, cut);
        if (cut < 2 * HEAD) { /* the mark and the first frame: no crash cuts them */
            ck_assert_int_eq(open_store(&store, 0, 1024), CKPT_ERR_CORRUPT);
            continue;
        }
        ck_assert_int_eq(open_store(&store, CKPT_OPEN_READ_ONLY, 1024), CKPT_OK);
        count = tables_of(store);
        log_driver.close(store);
        ck_assert(count == seen || count == seen + 1);
        seen = count;
        ck_assert_int_eq(open_store(&store, 0, 1024), CKPT_OK);
        ck_assert_int_eq(put(store, count, 0), CKPT_OK); /* goes where the torn frame was */
        ck_assert_int_eq(tables_of(store), count + 1);
        log_driver.close(store);
    }
    ck_assert_int_eq(seen, APPLIES);
    free(bytes);
    remove_folder();
}
END_TEST

/* A put with room for 1000 bytes; only then, because Check itself writes files. */
static int put_on_full_disk(struct ckpt_store *store, int i)
{
    struct rlimit limit = {1000, RLIM_INFINITY};
    int rc;

    setrlimit(RLIMIT_FSIZE, &limit);
    rc = put(store, i, 0);
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    return rc;
}

START_TEST(full_disk_loses_nothing_and_ends)
{
    struct ckpt_store *store, *reader;
    int count = 0;

    make_folder();
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(open_store(&store, 0, 1024), CKPT_OK);
    while (put_on_full_disk(store, count) == CKPT_OK)
        count++;
    ck_assert_int_eq(put_on_full_disk(store, count), CKPT_ERR_FULL);
    ck_assert(err.message[0] && err.hint[0]);
    ck_assert_int_eq(tables_of(store), count);
    ck_assert_int_eq(open_store(&reader, CKPT_OPEN_READ_ONLY, 1024), CKPT_OK);
    ck_assert_int_eq(tables_of(reader), count);
    ck_assert_int_eq(put(store, count, 0), CKPT_OK);
    ck_assert_int_eq(tables_of(store), count + 1);
    ck_assert_int_eq(tables_of(reader), count + 1);
    log_driver.close(reader);
    log_driver.close(store);
    remove_folder();
}
END_TEST

START_TEST(snapshots_bound_the_log_and_keep_the_lock)
{
    struct ckpt_store *store, *other;
    struct stat st;

    make_folder();
    ck_assert_int_eq(open_store(&store, 0, 1), CKPT_OK);
    for (int round = 0; round < 50; round++)
        for (int i = 0; i < APPLIES; i++)
            ck_assert_int_eq(put(store, i, 5), CKPT_OK);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_msg(st.st_size < 40000, "%lld bytes", (long long)st.st_size);
    ck_assert_int_eq(open_store(&other, 0, 1), CKPT_ERR_BUSY);
    ck_assert_int_eq(err.retryable, 1);
    ck_assert_int_eq(tables_of(store), APPLIES);
    ck_assert_int_ne(access(store->fresh_path, F_OK), 0);
    log_driver.close(store);
    remove_folder();
}
END_TEST

START_TEST(file_that_goes_away_is_told_to_a_writer)
{
    struct ckpt_store *store, *reader;

    make_folder();
    ck_assert_int_eq(open_store(&store, 0, 1024), CKPT_OK);
    ck_assert_int_eq(put(store, 0, 0), CKPT_OK);
    ck_assert_int_eq(open_store(&reader, CKPT_OPEN_READ_ONLY, 1024), CKPT_OK);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(put(store, 1, 0), CKPT_ERR);
    ck_assert_ptr_nonnull(strstr(err.message, "removed or replaced"));
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(tables_of(reader), 0);
    log_driver.close(reader);
    log_driver.close(store);
    remove_folder();
}
END_TEST

START_TEST(record_of_an_older_or_newer_host_is_kept_as_far_as_known)
{
    struct ckpt_table full = {.struct_size = sizeof(full), .table_id = 7, .extra = {"x", 1}};
    struct ckpt_change change = {.kind = CKPT_PUT_TABLE, .record = {.table = &full}};
    struct ckpt_writer w = {NULL, 0, 0, 0};
    union ckpt_record record;
    struct ckpt_str from;

    full.name = (struct ckpt_str){"n", 1};
    for (uint32_t size = sizeof(full) + 64; size >= offsetof(struct ckpt_table, hash); size -= 8) {
        full.struct_size = size;
        w.len = 0;
        ck_assert_int_eq(ckpt_write_change(&w, &change), 0);
        from = (struct ckpt_str){w.data, w.len};
        ck_assert_int_eq(ckpt_read_change(&from, &change, &record), 0);
        ck_assert_uint_eq(from.len, 0);
        ck_assert_uint_eq(record.struct_size, sizeof(full));
        ck_assert_uint_eq(record.table.extra.len, size >= sizeof(full) ? 1 : 0);
        ck_assert_uint_eq(record.table.name.len, 1);
        change.record.table = &full;
    }
    free(w.data);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("log driver");
    TCase *t = tcase_create("log");
    SRunner *runner;
    int failed;

    tcase_add_test(t, damage_of_any_byte_is_an_error_and_changes_nothing);
    tcase_add_test(t, torn_log_holds_the_frames_that_are_whole);
    tcase_add_test(t, full_disk_loses_nothing_and_ends);
    tcase_add_test(t, snapshots_bound_the_log_and_keep_the_lock);
    tcase_add_test(t, file_that_goes_away_is_told_to_a_writer);
    tcase_add_test(t, record_of_an_older_or_newer_host_is_kept_as_far_as_known);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
