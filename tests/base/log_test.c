/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/base/log.c and log_file.c: where lines go.
 */
#include "core/base/log.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log_file.h"
#include "core/base/thread.h"

static char directory[64];
static char path[128];
static struct tl_error err;

static void setup(void)
{
    tl_error_init(&err);
    snprintf(directory, sizeof(directory), "/tmp/log_test.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/a.log", directory);
}

/* Calls fn (may be NULL) for each file in the directory; their number. */
static unsigned each_file(void (*fn)(const char *name))
{
    DIR *dir = opendir(directory);
    const struct dirent *entry;
    unsigned count = 0;

    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)) != NULL) {
        char name[512];

        if (entry->d_name[0] == '.')
            continue;
        count++;
        snprintf(name, sizeof(name), "%s/%s", directory, entry->d_name);
        if (fn)
            fn(name);
    }
    closedir(dir);
    return count;
}

static void remove_file(const char *name)
{
    ck_assert_int_eq(unlink(name), 0);
}

static void teardown(void)
{
    tl_log_close();
    each_file(remove_file);
    ck_assert_int_eq(rmdir(directory), 0);
}

static int open_log(enum tl_log_level level, uint64_t max_bytes, uint32_t max_backups)
{
    const struct tl_log_settings settings = {
        .level = level, .path = path, .max_bytes = max_bytes, .max_backups = max_backups};

    return tl_log_open(&settings, &err);
}

static size_t read_file(char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    size_t len;

    ck_assert_ptr_nonnull(file);
    len = fread(text, 1, size - 1, file);
    text[len] = '\0';
    fclose(file);
    return len;
}

START_TEST(the_file_is_private_and_lines_are_appended)
{
    struct stat info;
    char text[1024];

    ck_assert_int_eq(open_log(TL_LOG_INFO, 0, 0), TL_OK);
    tl_log(TL_LOG_INFO, "first", TL_END);
    tl_log_close();
    ck_assert_int_eq(open_log(TL_LOG_INFO, 0, 0), TL_OK);
    tl_log(TL_LOG_INFO, "second", TL_END);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    read_file(text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "[INFO] [first]\n["));
    ck_assert_ptr_nonnull(strstr(text, "[INFO] [second]\n"));
}
END_TEST

START_TEST(lines_below_the_level_are_dropped)
{
    char text[1024];

    ck_assert_int_eq(open_log(TL_LOG_WARN, 0, 0), TL_OK);
    tl_log(TL_LOG_INFO, "small", TL_END);
    tl_log(TL_LOG_WARN, "important", TL_END);
    ck_assert(!tl_log_enabled(TL_LOG_INFO));
    ck_assert(tl_log_enabled(TL_LOG_WARN));
    read_file(text, sizeof(text));
    ck_assert_ptr_null(strstr(text, "small"));
    ck_assert_ptr_nonnull(strstr(text, "important"));
}
END_TEST

START_TEST(a_symbolic_link_is_refused)
{
    char target[160];

    snprintf(target, sizeof(target), "%s/target", directory);
    ck_assert_int_eq(symlink(target, path), 0);
    ck_assert_int_eq(open_log(TL_LOG_INFO, 0, 0), TL_ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "symbolic link"));
    ck_assert_int_ne(access(target, F_OK), 0);
}
END_TEST

START_TEST(a_hard_link_and_a_fifo_are_refused)
{
    char other[160];
    FILE *file;

    snprintf(other, sizeof(other), "%s/other", directory);
    file = fopen(other, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_int_eq(link(other, path), 0);
    ck_assert_int_eq(open_log(TL_LOG_INFO, 0, 0), TL_ERR_IO);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(open_log(TL_LOG_INFO, 0, 0), TL_ERR_IO);
}
END_TEST

START_TEST(a_device_is_taken_but_never_rotated)
{
    bool rotates = true;
    uint64_t size;
    int fd = -1;

    ck_assert_int_eq(tl_log_file_open(&fd, &size, &rotates, "/dev/null", &err), TL_OK);
    ck_assert(!rotates);
    close(fd);
    ck_assert_int_eq(tl_log_file_open(&fd, &size, &rotates, path, &err), TL_OK);
    ck_assert(rotates);
    close(fd);
}
END_TEST

START_TEST(a_full_file_is_rotated_and_old_ones_are_removed)
{
    struct stat info;

    ck_assert_int_eq(open_log(TL_LOG_INFO, 200, 2), TL_OK);
    for (int i = 0; i < 20; i++) {
        const struct timespec pause = {.tv_nsec = 2 * TL_NS_PER_MS}; /* names differ by the ms */

        tl_log(TL_LOG_INFO, "a line of some length, so that few of them fill the file", TL_END);
        nanosleep(&pause, NULL);
    }
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_le(info.st_size, 200);
    ck_assert_uint_eq(each_file(NULL), 3);
}
END_TEST

START_TEST(errno_survives_a_log_that_cannot_be_written)
{
    snprintf(path, sizeof(path), "/dev/full");
    ck_assert_int_eq(open_log(TL_LOG_INFO, 0, 0), TL_OK);
    errno = EDOM;
    tl_log(TL_LOG_INFO, "x", TL_STR("k", "v"), TL_END);
    ck_assert_int_eq(errno, EDOM);
}
END_TEST

START_TEST(an_error_is_logged_with_its_parts)
{
    char text[1024];

    ck_assert_int_eq(open_log(TL_LOG_INFO, 0, 0), TL_OK);
    tl_error_set(&err, TL_ERR_DB, "deadlock found");
    err.native = 1213;
    err.retryable = true;
    memcpy(err.sqlstate, "40001", 6);
    tl_error_hint(&err, "wait");
    tl_log_error(TL_LOG_WARN, "batch failed", &err);
    read_file(text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "[\"batch failed\"] [error=\"deadlock found\"] [code=-6] "
                                       "[native=1213] [sqlstate=40001] [retryable=true] "
                                       "[hint=wait]\n"));
}
END_TEST

static void log_many(size_t index, void *payload)
{
    (void)payload;
    for (int i = 0; i < 200; i++)
        tl_log(TL_LOG_INFO, "from a thread", TL_INT("thread", index), TL_END);
}

START_TEST(lines_of_several_threads_never_mix)
{
    static char text[200000];
    struct tl_threads *threads;
    unsigned lines = 0;

    ck_assert_int_eq(open_log(TL_LOG_INFO, 0, 0), TL_OK);
    ck_assert_int_eq(tl_threads_begin(&threads, "log", 4, log_many, NULL, &err), TL_OK);
    tl_threads_join(threads);
    read_file(text, sizeof(text));
    for (const char *at = text; *at; at = strchr(at, '\n') + 1, lines++) {
        ck_assert_int_eq(strncmp(at + 32, " [INFO] [\"from a thread\"] [thread=", 34), 0);
        ck_assert_int_eq(strncmp(at + 67, "]\n", 2), 0);
    }
    ck_assert_uint_eq(lines, 800);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_file_is_private_and_lines_are_appended);
    tcase_add_test(tests, lines_below_the_level_are_dropped);
    tcase_add_test(tests, a_symbolic_link_is_refused);
    tcase_add_test(tests, a_hard_link_and_a_fifo_are_refused);
    tcase_add_test(tests, a_device_is_taken_but_never_rotated);
    tcase_add_test(tests, a_full_file_is_rotated_and_old_ones_are_removed);
    tcase_add_test(tests, errno_survives_a_log_that_cannot_be_written);
    tcase_add_test(tests, an_error_is_logged_with_its_parts);
    tcase_add_test(tests, lines_of_several_threads_never_mix);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
