/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of core/import and core/ctl share: a dump in a folder of its own, the options of a
 * run over it, its plan, and the driver "file". Failures end the test.
 */
#ifndef TL_TESTS_IMPORT_FIXTURE_H
#define TL_TESTS_IMPORT_FIXTURE_H

#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../source/tempdir.h"
#include "core/checkpoint/registry.h"
#include "core/checkpoint/store.h"
#include "core/import/plan.h"
#include "core/import/plan_store.h"

#ifndef TL_TEST_DRIVER_DIR /* the build says where it is */
#define TL_TEST_DRIVER_DIR "."
#endif

enum { FIXTURE_ARGUMENTS = 16 };

struct fixture {
    struct tempdir dump;
    struct tempdir other; /* for the checkpoint */
    struct tl_options *options;
    struct tl_catalog *catalog;
    struct tl_plan *plan;
    struct tl_ckpt_module *module;
    struct tl_error err;
};

#define fixture_ok(f, call) ck_assert_msg((call) == TL_OK, "%s", (f)->err.message)

static inline void fixture_file(struct fixture *f, const char *name, const char *text)
{
    tempdir_write(&f->dump, name, text, strlen(text));
}

static inline void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    tl_error_init(&f->err);
    tempdir_init(&f->dump);
    tempdir_init(&f->other);
}

static inline void fixture_forget(struct fixture *f)
{
    tl_plan_free(f->plan);
    tl_catalog_free(f->catalog);
    tl_options_free(f->options);
    f->plan = NULL;
    f->catalog = NULL;
    f->options = NULL;
}

static inline void fixture_done(struct fixture *f)
{
    fixture_forget(f);
    tl_ckpt_module_free(f->module);
    tempdir_done(&f->dump);
    tempdir_done(&f->other);
}

/* Reads the options of a program: the dump, the checkpoint, the server if there is one, and what is
   given; NULL ends it. */
static inline void fixture_options(struct fixture *f, enum tl_program program, ...)
{
    char checkpoint[600], text[512], source[64];
    const char *socket = getenv("TL_TEST_SOCKET");
    char config[] = "--config", first[] = "program", dir[] = "-d";
    char *argv[FIXTURE_ARGUMENTS] = {first, config, text, dir, source};
    int argc = 5;
    va_list ap;

    tempdir_path(&f->other, "c.toml", text);
    snprintf(source, sizeof(source), "%s", f->dump.path);
    snprintf(checkpoint, sizeof(checkpoint),
             "[tidb]\nuser='root'\nsocket='%s'\n[checkpoint]\ndsn='%s/c.pb'\ndriver-path='%s'\n",
             socket ? socket : "", f->other.path, TL_TEST_DRIVER_DIR);
    tempdir_write(&f->other, "c.toml", checkpoint, strlen(checkpoint));
    va_start(ap, program);
    for (char *more; argc < FIXTURE_ARGUMENTS - 1 && (more = va_arg(ap, char *)) != NULL; argc++)
        argv[argc] = more;
    va_end(ap);
    tl_options_free(f->options);
    f->options = NULL;
    fixture_ok(f, tl_options_load(&f->options, program, argc, argv, &f->err));
}

static inline void fixture_plan(struct fixture *f, int64_t task_id)
{
    if (!f->options)
        fixture_options(f, TL_PROGRAM_LOADER, NULL);
    tl_plan_free(f->plan);
    tl_catalog_free(f->catalog);
    f->plan = NULL;
    f->catalog = NULL;
    fixture_ok(f, tl_catalog_scan(&f->catalog, f->options, &f->err));
    fixture_ok(f, tl_plan_build(&f->plan, f->options, f->catalog, task_id, NULL, NULL, &f->err));
}

static inline struct tl_store *fixture_store(struct fixture *f)
{
    const struct tl_registry_path path = {.configured = TL_TEST_DRIVER_DIR};
    struct tl_store *store = NULL;
    char dsn[512];
    struct tl_store_settings settings = {.dsn = tempdir_path(&f->other, "c.pb", dsn),
                                         .schema = "s"};

    if (!f->module)
        fixture_ok(f, tl_registry_load(&f->module, "file", &path, &f->err));
    settings.module = f->module;
    fixture_ok(f, tl_store_open(&store, &settings, &f->err));
    return store;
}

static inline struct tl_plan_table *fixture_table(const struct tl_plan *plan, const char *name)
{
    struct tl_plan_table *table = tl_plan_find(plan, name, strlen(name));

    ck_assert_msg(table != NULL, "no table %s in the plan", name);
    return table;
}

/* Runs the test case of a program. */
static inline int fixture_run(TCase *tcase, const char *name)
{
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
