/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mysql checkpoint driver and its server: rights, lost connections, locks, and odd settings of
 * the server. TL_TEST_RESTART, if set, is a command that kills and restarts
 * the server of TL_TEST_SOCKET.
 */
#include "tests/checkpoint/mysql_fixture.h"

/* DSNs of a user of the test, made by make_user. */
static char user_dsn[200];

static void make_user(const char *rights)
{
    int pid = (int)getpid();

    fx_sql("DROP USER IF EXISTS 'tl_%d'@'localhost'", pid);
    fx_sql("CREATE USER 'tl_%d'@'localhost' IDENTIFIED BY 'pass@w/o:rd'", pid);
    if (*rights)
        fx_sql("GRANT %s ON `tl\\_test ``%d`.* TO 'tl_%d'@'localhost'", rights, pid, pid);
    (void)snprintf(user_dsn, sizeof(user_dsn), "tl_%d:pass@w/o:rd@unix(%s)/", pid, fx_socket);
}

static void drop_user(void)
{
    fx_sql("DROP USER 'tl_%d'@'localhost'", (int)getpid());
}

START_TEST(missing_rights_are_never_read_as_not_there)
{
    struct ckpt_store *store = NULL;

    fx_put_records();
    make_user("");
    fx_fails(fx_open(&store, fx_schema, user_dsn, CKPT_OPEN_READ_ONLY), CKPT_ERR_DENIED);
    fx_fails(fx_open(&store, fx_schema, user_dsn, 0), CKPT_ERR_DENIED);
    ck_assert_ptr_null(store);
    fx_sql("GRANT SELECT ON `tl_test ``%d`.source_v1 TO 'tl_%d'@'localhost'", (int)getpid(),
           (int)getpid());
    fx_fails(fx_open(&store, fx_schema, user_dsn, CKPT_OPEN_READ_ONLY), CKPT_ERR_DENIED);
    drop_user();
}
END_TEST

START_TEST(select_is_enough_to_look)
{
    struct ckpt_store *store = NULL;

    fx_put_records();
    make_user("SELECT");
    fx_ok(fx_open(&store, fx_schema, user_dsn, CKPT_OPEN_READ_ONLY));
    fx_ok(fx_load_task(store));
    fx_driver->close(store);
    drop_user();
}
END_TEST

START_TEST(missing_rights_are_told_at_once_and_nothing_is_made)
{
    struct ckpt_store *store = NULL;

    fx_sql("DROP DATABASE `tl_test ``%d`", (int)getpid());
    make_user("SELECT");
    fx_fails(fx_open(&store, fx_schema, user_dsn, CKPT_OPEN_WILL_RENAME), CKPT_ERR_DENIED);
    ck_assert_str_eq(fx_err.sqlstate, "42000");
    ck_assert_ptr_nonnull(strstr(fx_err.message, "lacks INSERT, UPDATE, DELETE, CREATE, ALTER on"));
    ck_assert_ptr_nonnull(strstr(fx_err.message, "INSERT, CREATE on"));
    ck_assert_ptr_nonnull(strstr(
        fx_err.hint, "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, CREATE VIEW, ALTER, DROP ON"));
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM information_schema.schemata WHERE "
                               "schema_name LIKE 'tl\\_test \\`%d%%'",
                               (int)getpid()),
                     0);
    fx_fails(fx_open(&store, fx_schema, user_dsn, CKPT_OPEN_READ_ONLY | CKPT_OPEN_CHECK_WRITE),
             CKPT_ERR_DENIED);
    fx_ok(fx_open(&store, fx_schema, user_dsn, CKPT_OPEN_READ_ONLY | CKPT_OPEN_WILL_RENAME));
    fx_driver->close(store);
    drop_user();
}
END_TEST

START_TEST(without_drop_the_tables_stay_empty)
{
    struct ckpt_store *store = NULL;
    int count;

    fx_put_records();
    make_user("SELECT,INSERT,UPDATE,DELETE");
    fx_ok(fx_open(&store, fx_schema, user_dsn, 0));
    fx_ok(fx_driver->retire(store, CKPT_RETIRE_REMOVE, 1, fx_error()));
    ck_assert_str_eq(fx_err.message, "");
    fx_driver->close(store);
    fx_ok(fx_open(&store, fx_schema, user_dsn, 0));
    ck_assert_int_eq(fx_load_task(store), CKPT_NOT_FOUND);
    fx_ok(fx_count_tables(store, &count));
    ck_assert_int_eq(count, 0);
    fx_driver->close(store);
    drop_user();
}
END_TEST

START_TEST(views_are_left_out_without_the_right)
{
    struct ckpt_store *store = NULL;

    fx_sql("DROP DATABASE `tl_test ``%d`", (int)getpid());
    make_user("CREATE,SELECT,INSERT,UPDATE,DELETE");
    fx_ok(fx_open(&store, fx_schema, user_dsn, 0));
    ck_assert_int_eq(fx_load_task(store), CKPT_NOT_FOUND);
    fx_driver->close(store);
    drop_user();
}
END_TEST

START_TEST(wrong_password_is_denied_without_the_secret)
{
    struct ckpt_store *store = NULL;
    char dsn[200];

    make_user("");
    (void)snprintf(dsn, sizeof(dsn), "tl_%d:hush-hush@unix(%s)/", (int)getpid(), fx_socket);
    fx_fails(fx_open(&store, fx_schema, dsn, 0), CKPT_ERR_DENIED);
    ck_assert_ptr_null(strstr(fx_err.message, "hush"));
    ck_assert_uint_eq(fx_err.retryable, 0);
    drop_user();
}
END_TEST

START_TEST(read_only_server_is_read_only)
{
    struct ckpt_store *store = NULL;
    struct ckpt_task task = fx_task();
    struct ckpt_change change = fx_change(CKPT_PUT_TASK, &task);
    const struct ckpt_change *changes[] = {&change};

    make_user("ALL");
    fx_ok(fx_open(&store, fx_schema, user_dsn, 0));
    fx_sql("SET GLOBAL read_only = 1");
    fx_fails(fx_driver->apply(store, changes, 1, fx_error()), CKPT_ERR_READ_ONLY);
    fx_sql("SET GLOBAL read_only = 0");
    fx_ok(fx_driver->apply(store, changes, 1, fx_error()));
    fx_driver->close(store);
    drop_user();
}
END_TEST

/* Both only count for users without SUPER, so not for other tests. */
static const struct {
    const char *on;
    const char *off;
} read_only[] = {
    {"read_only = 1", "read_only = 0"},
    {"init_connect = 'SET SESSION tx_read_only = 1'", "init_connect = ''"},
};

START_TEST(read_only_server_is_told_at_the_start)
{
    struct ckpt_store *store = NULL;
    int pid = (int)getpid();

    make_user("ALL");
    fx_put_records();
    fx_sql("SET GLOBAL %s", read_only[_i].on);
    fx_fails(fx_open(&store, fx_schema, user_dsn, 0), CKPT_ERR_READ_ONLY);
    ck_assert_str_ne(fx_err.hint, "");
    ck_assert_uint_eq(fx_err.retryable, 0);
    fx_ok(fx_open(&store, fx_schema, user_dsn, CKPT_OPEN_READ_ONLY));
    fx_ok(fx_load_task(store));
    fx_driver->close(store);
    store = NULL;
    fx_sql("DROP DATABASE `tl_test ``%d`", pid);
    fx_fails(fx_open(&store, fx_schema, user_dsn, 0), CKPT_ERR_READ_ONLY);
    fx_ok(fx_open(&store, fx_schema, user_dsn, CKPT_OPEN_READ_ONLY));
    fx_driver->close(store);
    fx_sql("SET GLOBAL %s", read_only[_i].off);
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name "
                               "= 'tl_test `%d'",
                               pid),
                     0);
    drop_user();
}
END_TEST

START_TEST(server_that_is_not_there_is_lost_and_retryable)
{
    struct ckpt_store *store = NULL;

    fx_fails(fx_open(&store, "x", "root:hush@unix(/nonexistent/socket)/", 0), CKPT_ERR_LOST);
    ck_assert_uint_eq(fx_err.retryable, 1);
    ck_assert_ptr_null(strstr(fx_err.message, "hush"));
    fx_fails(fx_open(&store, "x", "root:hush@tcp(127.0.0.1:1)/", 0), CKPT_ERR_LOST);
    ck_assert_uint_eq(fx_err.retryable, 1);
    ck_assert_ptr_null(store);
}
END_TEST

static void kill_the_store(void)
{
    long id = fx_number("SELECT id FROM information_schema.processlist WHERE id <> "
                        "CONNECTION_ID() AND db = DATABASE()");

    ck_assert_int_gt(id, 0);
    fx_sql("KILL %ld", id);
    while (fx_number("SELECT COUNT(*) FROM information_schema.processlist WHERE id = %ld", id) > 0)
        (void)usleep(10000);
}

START_TEST(killed_connection_is_made_again)
{
    int count;

    fx_put_records();
    kill_the_store();
    fx_put_records();
    kill_the_store();
    fx_ok(fx_load_task(fx_store));
    kill_the_store();
    fx_ok(fx_count_tables(fx_store, &count));
    ck_assert_int_eq(count, 1);
    kill_the_store();
    fx_ok(fx_driver->retire(fx_store, CKPT_RETIRE_REMOVE, 1, fx_error()));
}
END_TEST

static int kill_in_the_walk(const struct ckpt_chunk *chunk, void *payload)
{
    if (chunk->offset == 0)
        kill_the_store();
    (*(int *)payload)++;
    return 0;
}

START_TEST(connection_lost_in_a_walk_is_an_error)
{
    int count = 0, i;
    struct ckpt_visitor visitor = {
        .struct_size = (uint32_t)sizeof(visitor), .chunk = kill_in_the_walk, .payload = &count};

    fx_put_records();
    fx_sql("INSERT INTO chunk_v6 SELECT table_name, engine_id, path, seq, type, compression, "
           "sort_key, file_size, columns, 0, end_offset, pos, real_pos, prev_rowid_max, rowid_max, "
           "kvc_bytes, kvc_kvs, kvc_checksum, create_time, update_time FROM chunk_v6, "
           "seq_1_to_100000");
    fx_fails(fx_driver->load_table(fx_store, fx_str(FX_TABLE), &visitor, fx_error()),
             CKPT_ERR_LOST);
    ck_assert_uint_eq(fx_err.retryable, 1);
    ck_assert_int_lt(count, 100001);
    for (i = 0; i < 2; i++)
        fx_ok(fx_load_task(fx_store));
}
END_TEST

START_TEST(locked_rows_are_an_error_that_may_be_repeated)
{
    struct ckpt_task task = fx_task();

    fx_put_records();
    fx_sql("START TRANSACTION");
    fx_sql("UPDATE task_v2 SET task_id = 1");
    fx_fails(fx_put(CKPT_PUT_TASK, &task), CKPT_ERR);
    ck_assert_uint_eq(fx_err.retryable, 1);
    fx_sql("ROLLBACK");
    fx_ok(fx_put(CKPT_PUT_TASK, &task));
}
END_TEST

START_TEST(restarted_server_is_found_again)
{
    fx_put_records();
    ck_assert_int_eq(system(getenv("TL_TEST_RESTART")), 0);
    fx_ok(fx_load_task(fx_store));
    fx_put_records();
    mysql_close(fx_admin);
    fx_admin = mysql_init(NULL);
    ck_assert_ptr_nonnull(
        mysql_real_connect(fx_admin, "localhost", "root", "", NULL, 0, fx_socket, 0));
}
END_TEST

static const char *const settings[] = {
    "sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,NO_ZERO_DATE,TRADITIONAL,PIPES_AS_CONCAT'",
    "sql_mode = ''",
    "time_zone = '+13:00'",
    "sql_safe_updates = 1",
    "sql_select_limit = 0",
    "autocommit = 0",
    "tx_isolation = 'READ-UNCOMMITTED'",
    "collation_connection = 'latin1_german1_ci'",
    "max_statement_time = 0.001",
};

START_TEST(settings_of_the_server_do_not_matter)
{
    char name[64];
    struct ckpt_table table = fx_table("`d'b\\`.`\xc3\xa4\"`");
    int count;

    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(settings[_i], " "), settings[_i]);
    fx_sql("SET @saved = @@GLOBAL.%s", name);
    fx_sql("SET GLOBAL %s", settings[_i]);
    fx_reopen();
    fx_sql("SET GLOBAL %s = @saved", name);
    fx_put_records();
    fx_ok(fx_put(CKPT_PUT_TABLE, &table));
    fx_ok(fx_count_tables(fx_store, &count));
    ck_assert_int_eq(count, 2);
    ck_assert_int_eq(fx_number("SELECT UNIX_TIMESTAMP(MIN(create_time)) FROM table_v10"),
                     1700000000);
    fx_ok(fx_delete(CKPT_DELETE_ALL, NULL));
    ck_assert_int_eq(fx_load_task(fx_store), CKPT_NOT_FOUND);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static void add_cases(Suite *suite)
{
    TCase *server = tcase_create("server");
    const char *restart = getenv("TL_TEST_RESTART");

    tcase_set_timeout(server, 60);
    tcase_add_checked_fixture(server, fx_setup, fx_teardown);
    tcase_add_test(server, missing_rights_are_never_read_as_not_there);
    tcase_add_test(server, select_is_enough_to_look);
    tcase_add_test(server, views_are_left_out_without_the_right);
    tcase_add_test(server, missing_rights_are_told_at_once_and_nothing_is_made);
    tcase_add_test(server, without_drop_the_tables_stay_empty);
    tcase_add_test(server, wrong_password_is_denied_without_the_secret);
    tcase_add_test(server, read_only_server_is_read_only);
    tcase_add_loop_test(server, read_only_server_is_told_at_the_start, 0, ROWS(read_only));
    tcase_add_test(server, killed_connection_is_made_again);
    tcase_add_test(server, connection_lost_in_a_walk_is_an_error);
    tcase_add_test(server, locked_rows_are_an_error_that_may_be_repeated);
    tcase_add_loop_test(server, settings_of_the_server_do_not_matter, 0, ROWS(settings));
    if (restart && *restart)
        tcase_add_test(server, restarted_server_is_found_again);
    suite_add_tcase(suite, server);
}

int main(void)
{
    Suite *suite = suite_create("mysql_server");
    TCase *alone = tcase_create("no server");

    tcase_add_test(alone, server_that_is_not_there_is_lost_and_retryable);
    suite_add_tcase(suite, alone);
    if (fx_has_server())
        add_cases(suite);
    return fx_run(suite);
}
