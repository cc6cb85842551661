/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocations fail once, and with all that follow: options (each of them), stores and plans (every
 * few, from a random one on). Under the sanitizers this shows that nothing leaks on these ways out.
 */
#include "store_sweep.h"

static struct fixture f;

static void setup(void)
{
    sweep_setup(&f);
}

static void teardown(void)
{
    fixture_done(&f);
}

static const char config[] =
    "[lightning]\nlevel = 'info'\nregion-concurrency = 3\n"
    "[tidb]\nuser = 'root'\npassword = 'secret'\n[tidb.session-vars]\na = '1'\n"
    "[mydumper]\nfilter = ['d.*', '!d.x']\n"
    "[mydumper.csv]\nseparator = ','\n"
    "[[mydumper.files]]\npattern = '(?i)^(\\w+)\\.(\\w+)\\.sql$'\nschema = '$1'\ntable = '$2'\n"
    "type = 'sql'\n"
    "[[mydumper.ignore-data-columns]]\ndb = 'd'\ntable = 'a'\ncolumns = ['x']\n"
    "[checkpoint]\ndriver = 'file'\n[checkpoint.file]\nunknown = 'x'\n";

static int load_options(struct fixture *fixture, unsigned round, struct tl_error *err)
{
    struct tl_options *options = NULL;
    char program[] = "program", flag[] = "--config", path[512], dir[] = "-d", source[64];
    char *argv[] = {program, flag, path, dir, source, NULL};
    int rc;

    (void)round;
    tempdir_path(&fixture->other, "o.toml", path);
    snprintf(source, sizeof(source), "%s", fixture->dump.path);
    rc = tl_options_load(&options, TL_PROGRAM_LOADER, 5, argv, err);
    if (rc == TL_OK) {
        char *text = tl_options_print(options);

        if (!text)
            rc = tl_error_nomem(err);
        free(text);
    }
    tl_options_free(options);
    return rc;
}

/* Minutes, with the address sanitizer: then fewer of them. */
#ifdef __SANITIZE_ADDRESS__
enum { RARELY = 4 };
#else
enum { RARELY = 1 };
#endif

START_TEST(options_survive_every_failed_allocation)
{
    tempdir_write(&f.other, "o.toml", config, sizeof(config) - 1);
    ck_assert_uint_gt(sweep_memory(&f, load_options, NULL, 1), 200);
}
END_TEST

START_TEST(a_store_survives_failed_allocations)
{
    ck_assert_uint_gt(sweep_memory(&f, sweep_store, sweep_store_check, 2 * RARELY), 250 / RARELY);
}
END_TEST

START_TEST(a_plan_survives_failed_allocations)
{
    ck_assert_uint_gt(sweep_memory(&f, sweep_plan, sweep_plan_check, 5 * RARELY), 150 / RARELY);
}
END_TEST

int main(int argc, char **argv)
{
    TCase *tcase = tcase_create("memory");

    (void)argc;
    sweep_preload(argv);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, options_survive_every_failed_allocation);
    tcase_add_test(tcase, a_store_survives_failed_allocations);
    tcase_add_test(tcase, a_plan_survives_failed_allocations);
    return fixture_run(tcase, "memory");
}
