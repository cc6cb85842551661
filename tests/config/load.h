/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads options in a test: from flags, or from the text of a configuration file plus flags.
 */
#ifndef TL_TESTS_CONFIG_LOAD_H
#define TL_TESTS_CONFIG_LOAD_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config/options.h"

enum { LOAD_MAX_ARGS = 16 };

/* Splits "a b c" at blanks (no quoting) behind a program name and loads it. The copy of the words,
   as the load left it, stays in words (may be NULL). */
static inline int load_flags(struct tl_options **options_out, enum tl_program program,
                             const char *flags, char words_out[512], struct tl_error *err)
{
    char words[512];
    char name[] = "program";
    char *argv[LOAD_MAX_ARGS + 1] = {name};
    int argc = 1, rc;
    size_t len = (size_t)snprintf(words, sizeof(words), "%s", flags);

    tl_error_init(err);
    for (size_t i = 0; i < len; i++) {
        if (words[i] == ' ')
            words[i] = '\0';
        else if ((i == 0 || words[i - 1] == '\0') && argc < LOAD_MAX_ARGS)
            argv[argc++] = words + i;
    }
    rc = tl_options_load(options_out, program, argc, argv, err);
    for (size_t i = 0; i < len; i++)
        if (words[i] == '\0')
            words[i] = ' ';
    if (words_out)
        memcpy(words_out, words, sizeof(words));
    return rc;
}

/* Loads toml as a file with "-d /src" and more flags (may be ""). The file is gone afterwards. */
static inline int load_toml(struct tl_options **options_out, const char *toml, const char *flags,
                            struct tl_error *err)
{
    char path[] = "/tmp/config_test.XXXXXX";
    char all[512];
    int fd = mkstemp(path);
    int rc;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, toml, strlen(toml)), (ssize_t)strlen(toml));
    close(fd);
    snprintf(all, sizeof(all), "--config %s -d /src %s", path, flags);
    rc = load_flags(options_out, TL_PROGRAM_LOADER, all, NULL, err);
    unlink(path);
    return rc;
}

/* One suite with one case. */
static inline int run_tests(const char *name, void (*add)(TCase *tests))
{
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    SRunner *runner = srunner_create(suite);
    int failed;

    add(tests);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#endif
