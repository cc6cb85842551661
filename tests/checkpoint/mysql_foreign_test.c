/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mysql checkpoint driver among the tables of others: those of other versions, things that have
 * the name of a view or a backup of ours, a schema that somebody made, and what a crash left.
 */
#include <signal.h>
#include <sys/wait.h>

#include "tests/checkpoint/mysql_fixture.h"

static const char *const tables[] = {"extra_v1",  "source_v1", "failure_v1", "chunk_v6",
                                     "engine_v5", "table_v10", "task_v2"};

static int open_again(uint32_t flags)
{
    struct ckpt_store *store = NULL;
    int rc = fx_open(&store, fx_schema, NULL, flags);

    fx_driver->close(store);
    return rc;
}

static int retire(uint32_t how)
{
    return fx_driver->retire(fx_store, how, 77, fx_error());
}

static long count_named(const char *type, const char *name)
{
    return fx_number("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = "
                     "'tl_test `%d' AND table_type LIKE '%s' AND table_name LIKE '%s'",
                     (int)getpid(), type, name);
}

static long schema_is_there(void)
{
    return fx_number("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = "
                     "'tl_test `%d'",
                     (int)getpid());
}

/* The schema as somebody makes it who knows nothing of this program. */
static void make_schema(void)
{
    fx_driver->close(fx_store);
    fx_store = NULL;
    fx_sql("DROP DATABASE `tl_test ``%d`", (int)getpid());
    fx_sql("CREATE DATABASE `tl_test ``%d`", (int)getpid());
    fx_sql("USE `tl_test ``%d`", (int)getpid());
}

static const char *const others[] = {"task_v1",   "table_v6",   "table_v9",
                                     "engine_v4", "chunk_v5",   "extra_v2",
                                     "source_v2", "failure_v2", "import_into_checkpoints"};

START_TEST(checkpoint_of_another_version_is_named_and_not_begun_beside)
{
    const char *name = others[_i];

    make_schema();
    fx_sql("CREATE TABLE %s (a int PRIMARY KEY)", name);
    fx_ok(open_again(CKPT_OPEN_READ_ONLY));
    fx_sql("INSERT INTO %s VALUES (1)", name);
    fx_fails(open_again(CKPT_OPEN_READ_ONLY), CKPT_ERR_CORRUPT);
    fx_fails(open_again(0), CKPT_ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fx_err.message, name));
    ck_assert_ptr_nonnull(strstr(fx_err.hint, "checkpoint.schema"));
    ck_assert_int_eq(count_named("%", "%"), 1);
    fx_sql("DELETE FROM %s", name);
    fx_ok(open_again(0));
    ck_assert_int_eq(count_named("BASE TABLE", "%"), 8);
}
END_TEST

START_TEST(own_task_goes_on_beside_another_version)
{
    fx_put_records();
    fx_script("CREATE TABLE chunk_v5 (a int PRIMARY KEY); INSERT INTO chunk_v5 VALUES (1)");
    fx_reopen();
    fx_ok(fx_load_task(fx_store));
    fx_ok(retire(CKPT_RETIRE_REMOVE));
    fx_ok(retire(CKPT_RETIRE_REMOVE));
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM chunk_v5"), 1);
}
END_TEST

START_TEST(release_with_an_older_chunk_table_is_recognised)
{
    fx_put_records();
    fx_script("DROP TABLE extra_v1, source_v1, failure_v1; ALTER TABLE chunk_v6 DROP COLUMN "
              "real_pos; RENAME TABLE chunk_v6 TO chunk_v5");
    fx_fails(open_again(CKPT_OPEN_READ_ONLY), CKPT_ERR_CORRUPT);
    fx_fails(open_again(0), CKPT_ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fx_err.message, "chunk_v5"));
    ck_assert_int_eq(count_named("BASE TABLE", "%"), 4);
}
END_TEST

static const char *const squatters[] = {
    "CREATE TABLE task_progress_v1 (a int PRIMARY KEY)",
    "CREATE VIEW task_progress_v1 AS SELECT 1 AS a",
};

START_TEST(what_has_the_name_of_a_view_is_left_alone)
{
    make_schema();
    fx_sql("%s", squatters[_i]);
    fx_reopen();
    ck_assert_int_eq(count_named("VIEW", "table_progress_v1"), 1);
    fx_put_records();
    fx_ok(retire(CKPT_RETIRE_RENAME));
    fx_sql("DROP DATABASE `tl_test ``%d.77.bak`", (int)getpid());
    fx_reopen();
    fx_ok(retire(CKPT_RETIRE_REMOVE));
    ck_assert_int_eq(count_named("%", "%"), 1);
    ck_assert_int_eq(
        fx_number("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() "
                  "AND table_name = 'task_progress_v1' AND column_name = 'a'"),
        1);
}
END_TEST

START_TEST(views_that_are_missing_are_made_by_the_next_start)
{
    long views = count_named("VIEW", "%");

    ck_assert_int_gt(views, 1);
    fx_sql("DROP VIEW table_progress_v1");
    fx_ok(open_again(CKPT_OPEN_READ_ONLY));
    ck_assert_int_eq(count_named("VIEW", "%"), views - 1);
    fx_reopen();
    ck_assert_int_eq(count_named("VIEW", "%"), views);
}
END_TEST

START_TEST(schema_that_somebody_made_stays)
{
    make_schema();
    fx_reopen();
    fx_put_records();
    fx_ok(retire(CKPT_RETIRE_REMOVE));
    ck_assert_int_eq(count_named("%", "%"), 0);
    ck_assert_int_eq(schema_is_there(), 1);
}
END_TEST

static const char *const foreign[] = {
    "CREATE TABLE other (a int)",
    "CREATE VIEW other AS SELECT 1",
    "CREATE PROCEDURE other() SELECT 1",
    "CREATE EVENT other ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1",
    "CREATE SEQUENCE other",
};

START_TEST(schema_with_anything_of_others_stays)
{
    fx_put_records();
    fx_sql("%s", foreign[_i]);
    fx_ok(retire(CKPT_RETIRE_REMOVE));
    ck_assert_int_eq(count_named("%", "%_v_"), 0);
    ck_assert_int_eq(schema_is_there(), 1);
}
END_TEST

START_TEST(schema_stays_when_the_user_cannot_see_all_of_it)
{
    struct ckpt_store *store = NULL;
    char dsn[160];
    int pid = (int)getpid();

    fx_put_records();
    fx_sql("CREATE PROCEDURE other() SELECT 1");
    fx_sql("CREATE USER 'tl_%d'@'localhost'", pid);
    fx_sql("GRANT CREATE, DROP, SELECT, INSERT, UPDATE, DELETE ON `tl\\_test ``%d`.* TO "
           "'tl_%d'@'localhost'",
           pid, pid);
    (void)snprintf(dsn, sizeof(dsn), "tl_%d@unix(%s)/", pid, fx_socket);
    fx_ok(fx_open(&store, fx_schema, dsn, 0));
    fx_ok(fx_driver->retire(store, CKPT_RETIRE_REMOVE, 77, fx_error()));
    fx_driver->close(store);
    fx_sql("DROP USER 'tl_%d'@'localhost'", pid);
    fx_sql("DROP PROCEDURE other");
    ck_assert_int_eq(count_named("BASE TABLE", "%"), 0);
}
END_TEST

/* ---- What a crash left ----------------------------------------------------------------------- */

/* After _i of the seven tables were made, or dropped. */
START_TEST(interrupted_creation_or_removal_is_completed)
{
    int i;

    for (i = _i; i < 7; i++)
        fx_sql("DROP TABLE %s", tables[i]);
    fx_ok(open_again(CKPT_OPEN_READ_ONLY));
    fx_reopen();
    fx_put_records();
    fx_ok(fx_load_task(fx_store));
    fx_ok(retire(CKPT_RETIRE_REMOVE));
    ck_assert_int_eq(schema_is_there(), 0);
}
END_TEST

START_TEST(half_a_rename_is_undone)
{
    struct ckpt_task task = fx_task();
    char name[80];
    int i;

    (void)snprintf(name, sizeof(name), "tl_test ``%d.%lld.bak", (int)getpid(),
                   (long long)task.task_id);
    fx_put_records();
    fx_sql("CREATE DATABASE `%s`", name);
    for (i = 0; i < _i; i++)
        fx_sql("RENAME TABLE %s TO `%s`.%s", tables[i], name, tables[i]);
    if (_i > 0)
        fx_fails(open_again(CKPT_OPEN_READ_ONLY), CKPT_ERR_CORRUPT);
    fx_reopen();
    fx_ok(fx_load_task(fx_store));
    fx_ok(fx_driver->retire(fx_store, CKPT_RETIRE_RENAME, task.task_id, fx_error()));
    ck_assert_int_eq(count_named("%", "%"), 0);
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM `%s`.chunk_v6", name), 1);
    fx_reopen(); /* as a run does that has to complete this end */
    fx_ok(fx_driver->retire(fx_store, CKPT_RETIRE_RENAME, task.task_id, fx_error()));
    fx_sql("DROP DATABASE `%s`", name);
}
END_TEST

START_TEST(half_a_rename_is_not_mixed_with_other_tables)
{
    struct ckpt_task task = fx_task();
    char name[80];

    (void)snprintf(name, sizeof(name), "tl_test ``%d.%lld.bak", (int)getpid(),
                   (long long)task.task_id);
    fx_put_records();
    fx_sql("CREATE DATABASE `%s`", name);
    fx_sql("CREATE TABLE `%s`.chunk_v6 LIKE chunk_v6", name);
    fx_sql("RENAME TABLE extra_v1 TO `%s`.extra_v1", name);
    fx_fails(open_again(0), CKPT_ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fx_err.message, "extra_v1"));
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM `%s`.extra_v1", name), 1);
    fx_sql("DROP DATABASE `%s`", name);
}
END_TEST

START_TEST(backup_with_anything_in_it_is_refused)
{
    fx_put_records();
    fx_sql("CREATE DATABASE `tl_test ``%d.77.bak`", (int)getpid());
    fx_sql("CREATE TABLE `tl_test ``%d.77.bak`.other (a int)", (int)getpid());
    fx_fails(retire(CKPT_RETIRE_RENAME), CKPT_ERR);
    ck_assert_ptr_nonnull(strstr(fx_err.message, "other"));
    fx_reopen();
    fx_ok(fx_load_task(fx_store));
    fx_sql("DROP TABLE `tl_test ``%d.77.bak`.other", (int)getpid());
    fx_ok(retire(CKPT_RETIRE_RENAME));
    fx_sql("DROP DATABASE `tl_test ``%d.77.bak`", (int)getpid());
}
END_TEST

/* A life of a store, until somebody kills it. */
static void live(const char *schema)
{
    static const uint32_t ends[] = {CKPT_RETIRE_REMOVE, CKPT_RETIRE_RENAME};
    int i;

    (void)snprintf(fx_schema, sizeof(fx_schema), "%s", schema);
    for (i = 0; i < 20; i++) {
        if (fx_open(&fx_store, fx_schema, NULL, 0) != CKPT_OK)
            _exit(EXIT_FAILURE);
        fx_put_records();
        if (fx_driver->retire(fx_store, ends[i % 2], i, fx_error()) != CKPT_OK)
            _exit(EXIT_FAILURE);
        fx_driver->close(fx_store);
    }
    _exit(EXIT_SUCCESS);
}

/* The server finishes the statement of a client that was killed. */
static void wait_for_the_server(void)
{
    while (fx_number("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'root' AND "
                     "id <> CONNECTION_ID() AND db LIKE 'tl_test `%d%%'",
                     (int)getpid()) > 0)
        (void)usleep(2000);
}

START_TEST(killed_at_any_moment_the_next_start_completes)
{
    char schema[sizeof(fx_schema)];
    int status, count, i;
    pid_t child;

    memcpy(schema, fx_schema, sizeof(schema));
    fx_driver->close(fx_store);
    fx_store = NULL;
    for (i = 0; i < 20; i++) {
        child = fork();
        if (child == 0)
            live(schema);
        (void)usleep((useconds_t)(i * 9000));
        (void)kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == EXIT_SUCCESS);
        wait_for_the_server();
        fx_reopen();
        fx_put_records();
        fx_ok(fx_load_task(fx_store));
        fx_ok(fx_count_tables(fx_store, &count));
        ck_assert_int_eq(count, 1);
        fx_ok(fx_driver->retire(fx_store, CKPT_RETIRE_REMOVE, i, fx_error()));
        fx_driver->close(fx_store);
        fx_store = NULL;
        for (count = 1; count < 20; count += 2)
            fx_sql("DROP DATABASE IF EXISTS `tl_test ``%d.%d.bak`", (int)getpid(), count);
    }
    ck_assert_int_eq(schema_is_there(), 0);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static void add_cases(Suite *suite)
{
    TCase *neighbours = tcase_create("others"), *crash = tcase_create("crash");

    suite_add_tcase(suite, neighbours);
    suite_add_tcase(suite, crash);
    tcase_add_checked_fixture(neighbours, fx_setup, fx_teardown);
    tcase_add_checked_fixture(crash, fx_setup, fx_teardown);
    tcase_set_timeout(crash, 120);
    tcase_add_loop_test(neighbours, checkpoint_of_another_version_is_named_and_not_begun_beside, 0,
                        ROWS(others));
    tcase_add_test(neighbours, own_task_goes_on_beside_another_version);
    tcase_add_test(neighbours, release_with_an_older_chunk_table_is_recognised);
    tcase_add_loop_test(neighbours, what_has_the_name_of_a_view_is_left_alone, 0, ROWS(squatters));
    tcase_add_test(neighbours, views_that_are_missing_are_made_by_the_next_start);
    tcase_add_test(neighbours, schema_that_somebody_made_stays);
    tcase_add_loop_test(neighbours, schema_with_anything_of_others_stays, 0, ROWS(foreign));
    tcase_add_test(neighbours, schema_stays_when_the_user_cannot_see_all_of_it);
    tcase_add_loop_test(crash, interrupted_creation_or_removal_is_completed, 0, 7);
    tcase_add_loop_test(crash, half_a_rename_is_undone, 0, 7);
    tcase_add_test(crash, half_a_rename_is_not_mixed_with_other_tables);
    tcase_add_test(crash, backup_with_anything_in_it_is_refused);
    tcase_add_test(crash, killed_at_any_moment_the_next_start_completes);
}

int main(void)
{
    Suite *suite = suite_create("mysql_foreign");

    if (fx_has_server())
        add_cases(suite);
    return fx_run(suite);
}
