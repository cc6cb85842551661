/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call of the checkpoint driver fails, and every record of a walk: stores, plans, and (with a
 * server) whole imports and control operations. Under the sanitizers this shows that nothing leaks
 * on any of these ways out.
 */
#include "../target/target_test.h"
#include "core/ctl/ctl.h"
#include "core/import/import.h"
#include "store_sweep.h"

#define LEDGER "tidb_lightning_ledger"

static struct fixture f;
static struct tl_session *session;
static struct tl_cancel *cancel;

/* Once and for good, before and after the work, retryable and not, in calls and in walks. */
static const char *const plans[] = {"code=err",
                                    "code=err,sticky",
                                    "code=lost",
                                    "code=lost,sticky",
                                    "code=full,after",
                                    "code=err,after,sticky",
                                    "code=lost,after",
                                    "code=corrupt",
                                    "code=err,unit=record",
                                    "code=lost,sticky,unit=record"};

enum { PLANS = sizeof(plans) / sizeof(plans[0]) };

static void setup(void)
{
    sweep_setup(&f);
}

static void teardown(void)
{
    fixture_done(&f);
}

START_TEST(a_store_survives_every_failed_call)
{
    ck_assert_uint_gt(sweep_calls(&f, sweep_store, sweep_store_check, plans[_i]), 6);
}
END_TEST

START_TEST(a_plan_survives_every_failed_call)
{
    ck_assert_uint_gt(sweep_calls(&f, sweep_plan, sweep_plan_check, plans[_i]), 6);
}
END_TEST

/* ---- With a server ------------------------------------------------------------------------- */

static void server_setup(void)
{
    struct tl_options options = test_options();

    ck_assert(freopen("/dev/null", "w", stdout) != NULL);
    fixture_init(&f);
    fixture_ok(&f, tl_cancel_new(&cancel, &f.err));
    session = test_session(&options);
    /* Else each import waits a second for the log of a server that flushes it once a second. */
    test_exec(session, "SET @flush = @@GLOBAL.innodb_flush_log_at_trx_commit; "
                       "SET GLOBAL innodb_flush_log_at_trx_commit = 1");
    fixture_file(&f, "tl_f-schema-create.sql", "CREATE DATABASE tl_f;");
    fixture_file(&f, "tl_f.good-schema.sql", "CREATE TABLE good (i INT);");
    fixture_file(&f, "tl_f.good.sql", "INSERT INTO good VALUES (1),(2),(3);\n");
    fixture_file(&f, "tl_f.bad-schema.sql", "CREATE TABLE bad (i INT, n INT);");
    fixture_file(&f, "tl_f.bad.sql", "INSERT INTO bad VALUES (1,1),\n(2,777);\n");
}

static void begin_anew(void)
{
    char path[512];

    test_exec(session, "DROP DATABASE IF EXISTS tl_f; DROP DATABASE IF EXISTS " LEDGER
                       "; CREATE DATABASE tl_f; CREATE TABLE tl_f.bad (i INT, n TINYINT)");
    unlink(tempdir_path(&f.other, "c.pb", path));
}

static void server_teardown(void)
{
    test_exec(session, "DROP DATABASE IF EXISTS tl_f; DROP DATABASE IF EXISTS " LEDGER
                       "; SET GLOBAL innodb_flush_log_at_trx_commit = @flush");
    tl_session_close(session);
    tl_cancel_free(cancel);
    fixture_done(&f);
}

/* The options of a run whose checkpoint goes through the wrapper driver. */
static void fault_options(enum tl_program program, const char *flag, const char *argument)
{
    char more[1024], path[512];
    FILE *file;

    fixture_options(&f, program, NULL); /* writes the file */
    file = fopen(tempdir_path(&f.other, "c.toml", path), "a");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "driver='fault'\n[checkpoint.fault]\ninner='%s/ckpt-file.so'\n",
            TL_TEST_DRIVER_DIR);
    fclose(file);
    snprintf(more, sizeof(more), "%s/tests", TL_TEST_DRIVER_DIR);
    setenv("TIDB_LIGHTNING_DRIVER_PATH", more, 1);
    tl_options_free(f.options);
    f.options = NULL;
    {
        char name[] = "program", config[] = "--config", dir[] = "-d", source[64];
        char given_flag[64], given[64];
        char *argv[] = {name, config, path, dir, source, given_flag, given, NULL};

        snprintf(source, sizeof(source), "%s", f.dump.path);
        snprintf(given_flag, sizeof(given_flag), "%s", flag ? flag : "");
        snprintf(given, sizeof(given), "%s", argument ? argument : "");
        fixture_ok(
            &f, tl_options_load(&f.options, program, flag ? (argument ? 7 : 6) : 5, argv, &f.err));
    }
}

static enum tl_exit import_once(struct tl_error *err)
{
    fault_options(TL_PROGRAM_LOADER, NULL, NULL);
    return tl_ctl_finish_interrupted(f.options, cancel, err) == TL_OK
               ? tl_import_run(f.options, cancel, err)
               : TL_EXIT_FAILED;
}

static const char *operation, *operand;

static enum tl_exit operate_once(struct tl_error *err)
{
    fault_options(TL_PROGRAM_CTL, operation, operand);
    return tl_ctl_run(f.options, cancel, err);
}

/* The exit code as the code of a work: what is not a failure of the store stands in err. */
static int import_work(struct fixture *fixture, unsigned round, struct tl_error *err)
{
    enum tl_exit code;

    (void)fixture, (void)round;
    code = import_once(err);
    /* The table that fails is this import's good end. */
    return code == TL_EXIT_FAILED && strstr(err->message, "tables failed") ? TL_OK : err->code;
}

static int operate_work(struct fixture *fixture, unsigned round, struct tl_error *err)
{
    (void)fixture, (void)round;
    return operate_once(err) == TL_EXIT_DONE ? TL_OK : err->code;
}

static uint64_t rows_of(const char *table)
{
    char sql[200];
    uint64_t value = 0;

    snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM tl_f.%s", table);
    fixture_ok(&f, tl_session_scalar_u64(session, sql, &value, &f.err));
    return value;
}

/* Resolves what failed and imports to the end: each row is there once. */
static void finish(unsigned round)
{
    struct tl_error err;
    enum tl_exit code;

    tl_error_init(&err);
    (void)import_once(&err);
    test_exec(session, "ALTER TABLE tl_f.bad MODIFY n INT");
    operation = "--checkpoint-error-ignore", operand = "all";
    tl_error_init(&err);
    ck_assert_msg(operate_once(&err) == TL_EXIT_DONE, "round %u: %s", round, err.message);
    tl_error_init(&err);
    code = import_once(&err);
    ck_assert_msg(code == TL_EXIT_DONE, "round %u: exit %d: %s", round, (int)code, err.message);
    ck_assert_uint_eq(rows_of("good"), 3);
    ck_assert_uint_eq(rows_of("bad"), 2);
}

static void import_check(struct fixture *fixture, unsigned round, int rc)
{
    (void)fixture, (void)rc;
    finish(round);
    begin_anew();
}

/* What a retryable fault that stays costs is 30 s: not here, the sweep of the store has it. */
static const char *const short_plans[] = {"code=err,sticky", "code=err,after,sticky",
                                          "code=lost,after", "code=err,unit=record"};

enum { SHORT_PLANS = sizeof(short_plans) / sizeof(short_plans[0]) };

START_TEST(an_import_survives_every_failed_call)
{
    begin_anew();
    /* A first import reads no record: no fault of a walk is met. */
    ck_assert_uint_ge(sweep_calls(&f, import_work, import_check, short_plans[_i]),
                      strstr(short_plans[_i], "record") ? 0 : 4);
}
END_TEST

static const struct {
    const char *flag, *argument;
} operations[] = {{"--checkpoint-list", NULL},
                  {"--checkpoint-error-ignore", "all"},
                  {"--checkpoint-error-destroy", "all"},
                  {"--checkpoint-remove", "all"}};

static size_t chosen; /* of operations */

static void fail_anew(void)
{
    struct tl_error err;

    begin_anew();
    tl_error_init(&err);
    ck_assert_msg(import_once(&err) == TL_EXIT_FAILED, "%s", err.message);
    operation = operations[chosen].flag, operand = operations[chosen].argument;
}

static void operate_check(struct fixture *fixture, unsigned round, int rc)
{
    struct tl_error err;

    (void)fixture, (void)rc;
    tl_error_init(&err);
    ck_assert_msg(operate_once(&err) == TL_EXIT_DONE, "round %u, again: %s", round, err.message);
    fail_anew();
}

START_TEST(an_operation_survives_every_failed_call)
{
    chosen = (size_t)_i / SHORT_PLANS;
    fail_anew();
    ck_assert_uint_gt(sweep_calls(&f, operate_work, operate_check, short_plans[_i % SHORT_PLANS]),
                      3);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("calls");
    TCase *server = tcase_create("server");
    Suite *suite = suite_create("calls");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_store_survives_every_failed_call, 0, PLANS);
    tcase_add_loop_test(tcase, a_plan_survives_every_failed_call, 0, PLANS);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(server, server_setup, server_teardown);
    tcase_add_loop_test(server, an_import_survives_every_failed_call, 0, SHORT_PLANS);
    tcase_add_loop_test(server, an_operation_survives_every_failed_call, 0,
                        (int)(SHORT_PLANS * sizeof(operations) / sizeof(operations[0])));
    if (test_socket())
        suite_add_tcase(suite, server);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
