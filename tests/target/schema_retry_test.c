/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of core/target/schema*.c: lost connections, locks, cancel, several sessions.
 */
#define TEST_DB "tl_schema_r"

#include "tests/target/schema_fixture.h"

START_TEST(lost_connection_is_made_anew)
{
    struct tl_schema_item items[] = {database(),
                                     item(TL_SCHEMA_TABLE, "t", "CREATE TABLE t (a INT);")};
    struct tl_session *other = test_session(&options);

    ck_assert_int_eq(tl_session_kill(other, tl_session_id(session), &err), TL_OK);
    apply_ok(items, 2, NULL);
    tl_session_close(other);
    check_sql("SELECT COUNT(*) FROM tl_schema_r.t", "0");
}
END_TEST

START_TEST(lock_wait_is_repeated)
{
    struct tl_schema_item items[] = {database(),
                                     item(TL_SCHEMA_TABLE, "t", "CREATE TABLE t (a INT);")};
    struct tl_session *other = test_session(&options);
    char locked[] = "lock_wait_timeout", one[] = "1";
    struct tl_pair vars[] = {{NULL, locked, one}};

    /* The table cannot be made while another session has a lock on its name. */
    options.session_vars = vars;
    options.session_var_count = 1;
    options.retry_timeout = 30;
    test_exec(other, "CREATE DATABASE tl_schema_r; BACKUP LOCK tl_schema_r.t;"
                     "SET SESSION wait_timeout=2");
    ck_assert_int_eq(tl_session_reset(session, &err), TL_OK);
    apply_ok(items, 2, NULL);
    tl_session_close(other);
    check_sql("SELECT COUNT(*) FROM tl_schema_r.t", "0");
}
END_TEST

START_TEST(cancel_stops_before_the_next_table)
{
    struct tl_schema_item items[] = {database(),
                                     item(TL_SCHEMA_TABLE, "t", "CREATE TABLE t (a INT);")};
    struct tl_cancel *cancel = NULL;

    ck_assert_int_eq(tl_cancel_new(&cancel, &err), TL_OK);
    tl_cancel_request(cancel);
    ck_assert_int_eq(tl_schema_apply(&options, session, items, 2, NULL, cancel, &err),
                     TL_ERR_CANCELED);
    tl_cancel_free(cancel);
}
END_TEST

START_TEST(many_tables_go_through_several_sessions)
{
    enum { COUNT = 60 };
    static struct tl_schema_item items[COUNT + 1];
    static char names[COUNT][16], sql[256];
    bool created[COUNT + 1];

    items[COUNT] = database();
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "t%d", i);
        snprintf(sql, sizeof(sql),
                 "SET sql_mode='ANSI'; CREATE TABLE t%d (id INT PRIMARY KEY, FOREIGN KEY (id) "
                 "REFERENCES t%d (id));",
                 i, (i + 7) % COUNT);
        items[i] = item(TL_SCHEMA_TABLE, names[i], sql);
    }
    apply_ok(items, COUNT + 1, created);
    check_sql("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA='tl_schema_r'",
              "60");
    for (int i = 0; i < COUNT; i++)
        ck_assert(created[i]);
}
END_TEST

static TCase *server_tests(void)
{
    TCase *tests = tcase_create("server");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, lost_connection_is_made_anew);
    tcase_add_test(tests, lock_wait_is_repeated);
    tcase_add_test(tests, cancel_stops_before_the_next_table);
    tcase_add_test(tests, many_tables_go_through_several_sessions);
    return tests;
}

int main(void)
{
    return run_tests("schema_retry", server_tests);
}
