/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger in a schema of its own for tests of core/target: made before each test, dropped after.
 */
#ifndef TL_TESTS_TARGET_LEDGER_FIXTURE_H
#define TL_TESTS_TARGET_LEDGER_FIXTURE_H

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "core/target/ledger.h"
#include "target_test.h"

#define TEST_LEDGER "tl_test_ledger"
#define TEST_TABLE "`tl_test`.`t`"

static inline void reset_schemas(void)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);
    struct tl_error err;

    test_exec(session, "DROP DATABASE IF EXISTS " TEST_LEDGER);
    test_exec(session, "DROP DATABASE IF EXISTS tl_test");
    test_exec(session, "CREATE DATABASE tl_test DEFAULT CHARACTER SET utf8mb4");
    ck_assert_msg(tl_ledger_create(session, TEST_LEDGER, &err) == TL_OK, "%s", err.message);
    tl_session_close(session);
}

static inline void drop_schemas(void)
{
    struct tl_options options = test_options();
    struct tl_session *session = test_session(&options);

    test_exec(session, "DROP DATABASE IF EXISTS " TEST_LEDGER);
    test_exec(session, "DROP DATABASE IF EXISTS tl_test");
    tl_session_close(session);
}

static inline struct tl_ledger test_ledger(int64_t task_id)
{
    struct tl_ledger ledger = {.task_id = task_id, .schema = TEST_LEDGER};
    struct tl_error err;

    ck_assert_int_eq(tl_owner_init(&ledger.owner, &err), TL_OK);
    return ledger;
}

static inline struct tl_ledger_chunk test_chunk(int64_t task_id, const char *path)
{
    return (struct tl_ledger_chunk){
        .key = tl_chunk_key_of(task_id, TEST_TABLE, 0, path, 0), .table = TEST_TABLE, .path = path};
}

/* Claims TEST_TABLE with the one chunk "a.sql". */
static inline int test_claim(struct tl_ledger *ledger, struct tl_session *session,
                             struct tl_error *err)
{
    struct tl_ledger_chunk chunk = test_chunk(ledger->task_id, "a.sql");

    tl_error_init(err);
    return tl_ledger_claim(ledger, session, "/dump", &chunk, 1, NULL, err);
}

static inline uint64_t test_count(struct tl_session *session, const char *sql)
{
    struct tl_error err;
    uint64_t value = 0;

    tl_error_init(&err);
    ck_assert_msg(tl_session_scalar_u64(session, sql, &value, &err) == TL_OK, "%s: %s", sql,
                  err.message);
    return value;
}

/* One committed range, put there by hand. */
static inline void test_add_range(struct tl_session *session, const struct tl_chunk_key *key,
                                  uint64_t begin, uint64_t end, bool last)
{
    char hex[2 * TL_DIGEST_LEN + 1], sql[1024];

    tl_digest_hex(&key->digest, hex);
    snprintf(sql, sizeof(sql),
             "INSERT INTO " TEST_LEDGER ".batch_v1 VALUES (x'%s', %" PRIu64 ", %" PRIu64
             ", 10, %" PRIu64 ", 7, %" PRIu64 ", %d, 1, 5, '{\"charset\":\"latin1\"}')",
             hex, begin, end, end - begin, end / 10, last);
    test_exec(session, sql);
}

/* Makes the owner of a task look like a process of this machine that is no more. */
static inline void kill_owner(struct tl_session *session, int64_t task_id)
{
    char sql[256];

    snprintf(sql, sizeof(sql),
             "UPDATE " TEST_LEDGER ".task_v1 SET pid = 4194303, pid_start = 1 WHERE task_id = %d",
             (int)task_id);
    test_exec(session, sql);
}

/* ... or like a living one: the parent of this test. */
static inline void borrow_owner(struct tl_session *session, int64_t task_id)
{
    char sql[512], stat[512] = "", path[64];
    const char *at;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)getppid());
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(stat, sizeof(stat), file));
    fclose(file);
    at = strrchr(stat, ')');
    for (int i = 2; i < 22; i++)
        at = strchr(at + 1, ' ');
    snprintf(sql, sizeof(sql),
             "UPDATE " TEST_LEDGER ".task_v1 SET pid = %d, pid_start = %" PRIu64
             " WHERE task_id = %d",
             (int)getppid(), (uint64_t)strtoull(at, NULL, 10), (int)task_id);
    test_exec(session, sql);
}

#endif
