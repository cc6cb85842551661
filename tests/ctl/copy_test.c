/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The copy of a checkpoint: what its argument means, and what is left when a call of the store to
 * copy to fails. Needs a server for all but the first.
 */
#include <stdio.h>

#include "../target/target_test.h"
#include "core/checkpoint/store_copy.h"
#include "core/ctl/copy_target.h"
#include "core/ctl/ctl.h"
#include "import_fixture.h"

#define LEDGER "tidb_lightning_ledger"

static struct fixture f;
static struct tl_session *session;
static struct tl_cancel *cancel;

static void setup(void)
{
    ck_assert(freopen("/dev/null", "w", stdout) != NULL);
    fixture_init(&f);
    fixture_ok(&f, tl_cancel_new(&cancel, &f.err));
}

static void teardown(void)
{
    if (session)
        test_exec(session, "DROP DATABASE IF EXISTS tl_d; DROP DATABASE IF EXISTS " LEDGER);
    tl_session_close(session);
    session = NULL;
    tl_cancel_free(cancel);
    fixture_done(&f);
}

static const struct {
    const char *argument;
    const char *driver; /* NULL: refused */
    const char *dsn;
} arguments[] = {
    {"file:/tmp/x", "file", "/tmp/x"},
    {"file:", "file", ""},
    {"file", "file", ""},
    {"mysql:u:p:w@tcp([::1]:3306)/", "mysql", "u:p:w@tcp([::1]:3306)/"},
    {"a-9:x", "a-9", "x"},
    {"/a/ckpt-b.so:c", "/a/ckpt-b.so", "c"},
    {"/a/ckpt-b.so:", "/a/ckpt-b.so", ""},
    {"/a/ckpt-b.so", "/a/ckpt-b.so", ""},
    {"/a:b.so.d/ckpt-b.so:c.so:d", "/a:b.so.d/ckpt-b.so", "c.so:d"},
    {"", NULL, NULL},
    {":x", NULL, NULL},
    {"/tmp/x.pb", NULL, NULL},
    {"File:x", NULL, NULL},
    {"x y:z", NULL, NULL},
    {"user@host:secret", NULL, NULL},
    {"./ckpt-b.so:c", NULL, NULL},
};

START_TEST(an_argument_names_a_driver_and_a_dsn)
{
    TL_CLEANUP_COPY_TARGET struct tl_copy_target target = {0};
    struct tl_options options = {0};
    int rc = tl_copy_target_init(&target, arguments[_i].argument, &options, NULL, &f.err);

    if (!arguments[_i].driver) {
        ck_assert_int_eq(rc, TL_ERR_USAGE);
        ck_assert_msg(!strstr(f.err.message, "secret") && f.err.hint[0], "%s", f.err.message);
        return;
    }
    fixture_ok(&f, rc);
    ck_assert_str_eq(target.driver, arguments[_i].driver);
    ck_assert_str_eq(target.dsn, arguments[_i].dsn);
    ck_assert_str_eq(target.options.checkpoint_dsn, arguments[_i].dsn);
}
END_TEST

/* An import that failed: one table done, one with a failure. */
static void make_checkpoint(void)
{
    struct tl_options options = test_options();

    session = test_session(&options);
    test_exec(session, "DROP DATABASE IF EXISTS tl_d; DROP DATABASE IF EXISTS " LEDGER);
    fixture_file(&f, "tl_d-schema-create.sql", "CREATE DATABASE tl_d;");
    fixture_file(&f, "tl_d.bad-schema.sql", "CREATE TABLE bad (i INT, n INT);");
    fixture_file(&f, "tl_d.good-schema.sql", "CREATE TABLE good (i INT);");
    fixture_file(&f, "tl_d.good.sql", "INSERT INTO good VALUES (1),(2),(3);\n");
    fixture_file(&f, "tl_d.bad.sql", "INSERT INTO bad VALUES (1,1),\n(2,'many');\n");
    fixture_options(&f, TL_PROGRAM_LOADER, NULL);
    ck_assert_int_eq(tl_import_run(f.options, cancel, &f.err), TL_EXIT_FAILED);
}

static enum tl_exit copy_to(const char *driver, const char *name)
{
    char argument[700];

    snprintf(argument, sizeof(argument), "%s:%s/%s", driver, f.other.path, name);
    tl_error_init(&f.err);
    fixture_options(&f, TL_PROGRAM_CTL, "--checkpoint-copy-to", argument, NULL);
    return tl_ctl_run(f.options, cancel, &f.err);
}

static const char *driver_path(const char *name, char out[512])
{
    snprintf(out, 512, "%s/ckpt-%s.so", TL_TEST_DRIVER_DIR, name);
    return out;
}

static struct tl_store *open_file(const char *name)
{
    const struct tl_registry_path path = {.configured = TL_TEST_DRIVER_DIR};
    struct tl_store *store = NULL;
    char dsn[512];
    struct tl_store_settings settings = {
        .dsn = tempdir_path(&f.other, name, dsn), .schema = "s", .read_only = true};

    if (!f.module)
        fixture_ok(&f, tl_registry_load(&f.module, "file", &path, &f.err));
    settings.module = f.module;
    fixture_ok(&f, tl_store_open(&store, &settings, &f.err));
    return store;
}

/* A store counts as a checkpoint only when it is equal to the original. */
static bool is_whole(const char *name)
{
    TL_CLEANUP_TASK_COPY struct tl_task_copy task = {0};
    struct tl_store *original = open_file("c.pb"), *copy = open_file(name);
    struct tl_error err;
    bool planned;

    tl_error_init(&err);
    planned = tl_task_copy_read(&task, copy, &err) == TL_OK && task.task.planned;
    if (planned)
        ck_assert_msg(tl_store_compare_tables(original, copy, NULL, NULL, &err) == TL_OK, "%s",
                      err.message);
    ck_assert_int_ge(err.code, planned ? TL_OK : TL_ERR_STORE);
    tl_store_close(original);
    tl_store_close(copy);
    return planned;
}

static void begin_to_stumble(int at, const char *how)
{
    char text[16];

    /* A call of the driver that fails nothing, with 0, begins the count. */
    snprintf(text, sizeof(text), "%d", at);
    setenv("TL_STUMBLE_AT", text, 1);
    setenv("TL_STUMBLE_HOW", how, 1);
}

/* Fails the Nth call until a whole copy needs no failure; each time the plain driver completes it
   or finds it whole. */
START_TEST(a_copy_that_fails_anywhere_is_completed_by_the_next)
{
    const char *how = _i ? "after" : "before";
    char file[512], name[32] = "none";
    enum tl_exit code = TL_EXIT_FAILED;
    int at = 0, whole = 0;

    make_checkpoint();
    setenv("TL_STUMBLE_OVER", driver_path("file", file), 1);
    while (code != TL_EXIT_DONE) {
        ck_assert_int_lt(++at, 200);
        begin_to_stumble(0, how);
        (void)copy_to(TL_TEST_STUMBLE, "none/none");
        begin_to_stumble(at, how);
        snprintf(name, sizeof(name), "copy%d", at);
        code = copy_to(TL_TEST_STUMBLE, name);
        if (code != TL_EXIT_DONE)
            ck_assert_msg(code == TL_EXIT_FAILED && strstr(f.err.message, "stumbled"), "%d: %s",
                          (int)code, f.err.message);
        whole += is_whole(name);
        ck_assert_msg(copy_to("file", name) == TL_EXIT_DONE, "call %d: %s", at, f.err.message);
        ck_assert(is_whole(name));
    }
    ck_assert_int_gt(at, 10);
    ck_assert_int_lt(whole, at / 2);
}
END_TEST

/* What the first attempt wrote and the original has no more must not stay. */
START_TEST(an_interrupted_copy_is_begun_anew)
{
    char file[512], remove_flag[] = "--checkpoint-remove", table[] = "tl_d.good", name[32];

    make_checkpoint();
    setenv("TL_STUMBLE_OVER", driver_path("file", file), 1);
    for (int at = 6; at <= 12; at++) {
        begin_to_stumble(0, "after");
        (void)copy_to(TL_TEST_STUMBLE, "none/none");
        begin_to_stumble(at, "after");
        snprintf(name, sizeof(name), "copy%d", at);
        ck_assert_int_eq(copy_to(TL_TEST_STUMBLE, name), TL_EXIT_FAILED);
    }
    tl_error_init(&f.err);
    fixture_options(&f, TL_PROGRAM_CTL, remove_flag, table, NULL);
    ck_assert_int_eq(tl_ctl_run(f.options, cancel, &f.err), TL_EXIT_DONE);
    for (int at = 6; at <= 12; at++) {
        snprintf(name, sizeof(name), "copy%d", at);
        ck_assert_msg(copy_to("file", name) == TL_EXIT_DONE, "call %d: %s", at, f.err.message);
        ck_assert(is_whole(name));
    }
}
END_TEST

/* Options that name the store `name`: reading them overwrites the argument, which is a secret. */
static void use_store(enum tl_program program, const char *name, char *flag, char *value)
{
    char path[512], flag_dsn[] = "--checkpoint-dsn";

    tempdir_path(&f.other, name, path);
    tl_error_init(&f.err);
    fixture_options(&f, program, flag_dsn, path, flag, value, NULL);
}

START_TEST(a_copy_replaces_the_store_of_the_next_run)
{
    char path[512], destroy[] = "--checkpoint-error-destroy", all[] = "all";

    make_checkpoint();
    ck_assert_msg(copy_to(driver_path("file", path), "new") == TL_EXIT_DONE, "%s", f.err.message);
    use_store(TL_PROGRAM_CTL, "new", destroy, all);
    ck_assert_int_eq(tl_ctl_run(f.options, cancel, &f.err), TL_EXIT_DONE);
    fixture_file(&f, "tl_d.bad.sql", "INSERT INTO bad VALUES (1,1),\n(2,2);\n");
    use_store(TL_PROGRAM_LOADER, "new", NULL, NULL);
    ck_assert_msg(tl_import_run(f.options, cancel, &f.err) == TL_EXIT_DONE, "%s", f.err.message);
    ck_assert_int_ne(access(tempdir_path(&f.other, "new", path), F_OK), 0);
    ck_assert_int_eq(access(tempdir_path(&f.other, "c.pb", path), F_OK), 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("copy");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, an_argument_names_a_driver_and_a_dsn, 0,
                        (int)(sizeof(arguments) / sizeof(arguments[0])));
    if (test_socket()) {
        tcase_add_loop_test(tcase, a_copy_that_fails_anywhere_is_completed_by_the_next, 0, 2);
        tcase_add_test(tcase, an_interrupted_copy_is_begun_anew);
        tcase_add_test(tcase, a_copy_replaces_the_store_of_the_next_run);
    }
    return fixture_run(tcase, "copy");
}
