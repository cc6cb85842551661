/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the command line.
 */
#include "core/config/option_table.h"
#include "tests/config/load.h"

static const struct {
    const char *flags;
    const char *message; /* part of it */
    const char *hint;
} errors[] = {
    {"--tidb-hots x", "unknown flag --tidb-hots", "did you mean --tidb-host?"},
    {"-x", "unknown flag -x", "--help"},
    {"--tidb-pasword=geheim", "unknown flag --tidb-pasword", "did you mean --tidb-password?"},
    {"--tidb-port", "flag --tidb-port needs an argument", ""},
    {"-d", "flag -d needs an argument", ""},
    {"--tidb-port x -d /s", "--tidb-port must be a whole number, not 'x'", ""},
    {"-L loud -d /s", "-L must be one of debug, info, warn, error, fatal, not 'loud'", ""},
    {"--no-schema=maybe -d /s", "--no-schema must be true or false, not 'maybe'", ""},
    {"--enable-checkpoint false", "argument 'false' belongs to no flag",
     "--enable-checkpoint=false"},
    {"--tidb-password= geheim", "an argument behind --tidb-password belongs to no flag", ""},
    {"-d /s file", "argument 'file' belongs to no flag", ""},
    {"-d /s -- file", "argument '--' belongs to no flag", ""},
    {"--checkpoint-list", "unknown flag --checkpoint-list", "tidb-lightning-ctl"},
    {"", "no source directory is given", "-d"},
    {"-d /s --backend local", "backend 'local' is not supported", "tidb"},
    {"-d /s --backend import-into", "'import-into' is not supported", "tidb"},
};

START_TEST(a_wrong_flag_is_explained)
{
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_flags(&options, TL_PROGRAM_LOADER, errors[_i].flags, NULL, &err),
                     TL_ERR_USAGE);
    ck_assert_msg(strstr(err.message, errors[_i].message) != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.hint, errors[_i].hint) != NULL, "%s", err.hint);
    ck_assert_ptr_null(strstr(err.message, "geheim"));
    ck_assert_ptr_null(strstr(err.hint, "geheim"));
}
END_TEST

static const char *const ports[] = {
    "--tidb-port 5 -d /s",
    "-tidb-port 5 -d /s",
    "--tidb-port=5 -d /s",
    "-tidb-port=5 --d=/s",
    "--tidb-port 1 --tidb-port 5 -d /s",
    "-d /s -tidb-port=5 --",
};

START_TEST(all_ways_to_write_a_flag_are_equal)
{
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_flags(&options, TL_PROGRAM_LOADER, ports[_i], NULL, &err), TL_OK);
    ck_assert_uint_eq(options->port, 5);
    ck_assert_str_eq(options->source_dir, "/s");
    tl_options_free(options);
}
END_TEST

static const struct {
    const char *flag;
    bool value;
} switches[] = {
    {"", true},
    {"--enable-checkpoint", true},
    {"--enable-checkpoint=true", true},
    {"--enable-checkpoint=1", true},
    {"--enable-checkpoint=T", true},
    {"-enable-checkpoint=false", false},
    {"--enable-checkpoint=0", false},
    {"--enable-checkpoint=FALSE", false},
    {"--enable-checkpoint=f", false},
};

START_TEST(a_switch_reads_as_in_go)
{
    struct tl_options *options = NULL;
    struct tl_error err;
    char flags[100];

    snprintf(flags, sizeof(flags), "-d /s %s", switches[_i].flag);
    ck_assert_int_eq(load_flags(&options, TL_PROGRAM_LOADER, flags, NULL, &err), TL_OK);
    ck_assert_int_eq(options->checkpoint_enable, switches[_i].value);
    tl_options_free(options);
}
END_TEST

START_TEST(every_flag_of_upstream_is_known)
{
    static const char *const flags[] = {"config",
                                        "c",
                                        "V",
                                        "L",
                                        "log-file",
                                        "tidb-host",
                                        "tidb-port",
                                        "tidb-user",
                                        "tidb-password",
                                        "tidb-status",
                                        "pd-urls",
                                        "sorted-kv-dir",
                                        "checksum",
                                        "analyze",
                                        "d",
                                        "backend",
                                        "enable-checkpoint",
                                        "no-schema",
                                        "check-requirements",
                                        "ca",
                                        "cert",
                                        "key",
                                        "redact-info-log",
                                        "status-addr",
                                        "server-mode",
                                        "f",
                                        "importer",
                                        "checkpoint-remove",
                                        "checkpoint-error-ignore",
                                        "checkpoint-error-destroy",
                                        "checkpoint-dump",
                                        "compact",
                                        "switch-mode",
                                        "fetch-mode",
                                        "check-local-storage",
                                        "import-engine",
                                        "cleanup-engine"};

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        ck_assert_msg(tl_option_by_flag(flags[i], strlen(flags[i])) < tl_option_count, "%s",
                      flags[i]);
}
END_TEST

START_TEST(what_only_the_physical_mode_knows_is_refused_by_ctl)
{
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_flags(&options, TL_PROGRAM_CTL, "--switch-mode import", NULL, &err),
                     TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "--switch-mode is not for the logical backend"));
}
END_TEST

START_TEST(secrets_disappear_from_the_command_line)
{
    struct tl_options *options = NULL;
    struct tl_error err;
    char words[512];

    ck_assert_int_eq(load_flags(&options, TL_PROGRAM_LOADER,
                                "-d /s --tidb-password geheim --checkpoint-dsn=u:pw@tcp(h)/", words,
                                &err),
                     TL_OK);
    ck_assert_str_eq(options->password, "geheim");
    ck_assert_str_eq(options->checkpoint_dsn, "u:pw@tcp(h)/");
    ck_assert_str_eq(words, "-d /s --tidb-password ****** --checkpoint-dsn=************");
    tl_options_free(options);
}
END_TEST

START_TEST(flags_win_over_the_file_and_lists_replace_it)
{
    struct tl_options *o = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_toml(&o, "[tidb]\nport = 1\nuser = 'u'\n[mydumper]\nfilter = ['x.*']\n",
                               "--tidb-port 2 -f a.* -f !b.*", &err),
                     TL_OK);
    ck_assert_uint_eq(o->port, 2);
    ck_assert_str_eq(o->user, "u");
    ck_assert_uint_eq(o->filter.count, 2);
    ck_assert_str_eq(o->filter.items[0], "a.*");
    ck_assert_str_eq(o->filter.items[1], "!b.*");
    tl_options_free(o);
}
END_TEST

static const struct {
    const char *flags;
    enum tl_action action;
} actions[] = {
    {"-h", TL_ACTION_HELP},
    {"--help --config /nowhere", TL_ACTION_HELP},
    {"-V", TL_ACTION_VERSION},
    {"--version -h", TL_ACTION_HELP},
    {"--print-config", TL_ACTION_PRINT_CONFIG},
    {"--list-drivers", TL_ACTION_LIST_DRIVERS},
    {"--describe-driver file", TL_ACTION_DESCRIBE_DRIVER},
    {"--help=false -d /s", TL_ACTION_RUN},
};

START_TEST(what_to_do_comes_from_the_flags_and_needs_no_source)
{
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_flags(&options, TL_PROGRAM_LOADER, actions[_i].flags, NULL, &err), TL_OK);
    ck_assert_int_eq(options->action, actions[_i].action);
    if (options->action == TL_ACTION_DESCRIBE_DRIVER)
        ck_assert_str_eq(options->action_argument, "file");
    tl_options_free(options);
}
END_TEST

START_TEST(ctl_takes_its_operations)
{
    struct tl_options *o = NULL;
    struct tl_error err;

    ck_assert_int_eq(
        load_flags(&o, TL_PROGRAM_CTL, "--checkpoint-error-ignore=all --dry-run", NULL, &err),
        TL_OK);
    ck_assert_str_eq(o->ctl_error_ignore, "all");
    ck_assert(o->ctl_dry_run);
    ck_assert_ptr_null(o->ctl_remove);
    ck_assert_str_eq(o->source_dir, "");
    tl_options_free(o);
    ck_assert_int_eq(
        load_flags(&o, TL_PROGRAM_CTL, "--checkpoint-list --checkpoint-dump /x", NULL, &err),
        TL_ERR_USAGE);
}
END_TEST

START_TEST(the_environment_gives_the_password_last)
{
    struct tl_options *o = NULL;
    struct tl_error err;

    setenv("TIDB_LIGHTNING_PASSWORD", "env", 1);
    ck_assert_int_eq(load_toml(&o, "", "", &err), TL_OK);
    ck_assert_str_eq(o->password, "env");
    tl_options_free(o);
    ck_assert_int_eq(load_toml(&o, "[tidb]\npassword = 'file'\n", "", &err), TL_OK);
    ck_assert_str_eq(o->password, "file");
    tl_options_free(o);
    ck_assert_int_eq(load_toml(&o, "", "--tidb-password=", &err), TL_OK);
    ck_assert_str_eq(o->password, "");
    tl_options_free(o);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_wrong_flag_is_explained, 0, sizeof(errors) / sizeof(errors[0]));
    tcase_add_loop_test(tests, all_ways_to_write_a_flag_are_equal, 0,
                        sizeof(ports) / sizeof(ports[0]));
    tcase_add_loop_test(tests, a_switch_reads_as_in_go, 0, sizeof(switches) / sizeof(switches[0]));
    tcase_add_test(tests, every_flag_of_upstream_is_known);
    tcase_add_test(tests, what_only_the_physical_mode_knows_is_refused_by_ctl);
    tcase_add_test(tests, secrets_disappear_from_the_command_line);
    tcase_add_test(tests, flags_win_over_the_file_and_lists_replace_it);
    tcase_add_loop_test(tests, what_to_do_comes_from_the_flags_and_needs_no_source, 0,
                        sizeof(actions) / sizeof(actions[0]));
    tcase_add_test(tests, ctl_takes_its_operations);
    tcase_add_test(tests, the_environment_gives_the_password_last);
}

int main(void)
{
    return run_tests("flags", add);
}
