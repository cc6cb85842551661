/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of core/target/schema*.c share: a session, a directory for schema files, and the
 * database TEST_DB, which the including file defines, as no other program has it. They need a
 * server (TL_TEST_SOCKET).
 */
#ifndef TL_TESTS_TARGET_SCHEMA_FIXTURE_H
#define TL_TESTS_TARGET_SCHEMA_FIXTURE_H

#include <stdio.h>
#include <unistd.h>

#include "core/target/schema.h"
#include "tests/target/target_test.h"

#ifndef TEST_DB
#define TEST_DB "tl_schema"
#endif

static struct tl_options options;
static struct tl_session *session;
static struct tl_error err;
static char dir[] = "/tmp/tl_schema_XXXXXX";
static char paths[128][64];
static size_t path_count;

static inline void setup(void)
{
    options = test_options();
    session = test_session(&options);
    tl_error_init(&err);
    path_count = 0;
    ck_assert_ptr_nonnull(mkdtemp(dir));
    test_exec(session, "DROP DATABASE IF EXISTS " TEST_DB);
}

static inline void teardown(void)
{
    test_exec(session, "DROP DATABASE IF EXISTS " TEST_DB);
    tl_session_close(session);
    for (size_t i = 0; i < path_count; i++)
        unlink(paths[i]);
    rmdir(dir);
}

/* Writes a file into the test's directory. */
static inline const char *file(const char *content)
{
    char *path = paths[path_count];
    FILE *out;

    snprintf(path, sizeof(paths[0]), "%s/%zu.sql", dir, path_count);
    path_count++;
    out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    ck_assert_int_ge(fputs(content, out), 0);
    ck_assert_int_eq(fclose(out), 0);
    return path;
}

static inline struct tl_schema_item item(enum tl_schema_kind kind, const char *name,
                                         const char *content)
{
    struct tl_schema_item made = {.kind = kind, .db = TEST_DB, .name = name};

    made.path = content ? file(content) : NULL;
    made.shown_path = made.path;
    return made;
}

static inline struct tl_schema_item database(void)
{
    return item(TL_SCHEMA_DATABASE, NULL, NULL);
}

static inline int apply(const struct tl_schema_item *items, size_t count, bool *created)
{
    return tl_schema_apply(&options, session, items, count, created, NULL, &err);
}

static inline void apply_ok(const struct tl_schema_item *items, size_t count, bool *created)
{
    ck_assert_msg(apply(items, count, created) == TL_OK, "%s", err.message);
}

static inline void check_sql(const char *sql, const char *expected)
{
    char *text = NULL;

    ck_assert_msg(tl_session_scalar(session, sql, &text, &err) == TL_OK, "%s: %s", sql,
                  err.message);
    ck_assert_str_eq(text ? text : "NULL", expected);
    free(text);
}

static inline int run_tests(const char *name, TCase *(*server_tests)(void))
{
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;

    if (test_socket())
        suite_add_tcase(suite, server_tests());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

#endif
