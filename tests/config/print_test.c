/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of --print-config, and of the target's DSN.
 */
#include "core/base/secret.h"
#include "tests/config/load.h"

static const char full[] =
    "[lightning]\nlevel = 'debug'\nfile = '-'\nlog-format = 'json'\nmax-size = 0\n"
    "[checkpoint]\nenable = false\ndsn = 'u:geheim@tcp(h:1)/'\nkeep-after-success = 'origin'\n"
    "[checkpoint.mysql]\ntimeout = 5\n'odd key' = \"a\\\"b\\n\"\n"
    "[tikv-importer]\nlogical-import-batch-size = 5000\nadd-index-by-sql = true\n"
    "[conflict]\nstrategy = 'ignore'\n"
    "[mydumper]\nfilter = ['a.*', '!b\\.*']\nstrict-format = true\n"
    "csv = {separator = \"\\t\", delimiter = '', terminator = \"\\r\\n\", null = ['', "
    "\"\xc3\xa4\"], "
    "escaped-by = '', not-null = true}\n"
    "[[mydumper.files]]\npattern = '^(\\w+)\\.csv$'\nschema = 's'\ntable = '$1'\ntype = 'csv'\n"
    "[[mydumper.files]]\npath = \"tab\\there\"\n"
    "[[mydumper.ignore-data-columns]]\ndb = 'd'\ncolumns = ['a', 'b']\n"
    "[tidb]\npassword = 'geheim'\nsocket = '/run/x'\nsql-mode = ''\nretry-timeout = '1h'\n"
    "max-allowed-packet = '16MiB'\nsession-vars = {a = 'b', c = 1}\n"
    "[security]\nca-path = 'ca'\n[cron]\nlog-progress = '90s'\n[post-restore]\nchecksum = 'off'\n";

START_TEST(the_printed_config_reads_back_to_the_same_options)
{
    struct tl_options *first = NULL, *second = NULL;
    char *once, *twice;
    struct tl_error err;

    ck_assert_msg(load_toml(&first, full, "", &err) == TL_OK, "%s", err.message);
    once = tl_options_print(first);
    ck_assert_msg(load_toml(&second, once, "", &err) == TL_OK, "%s", err.message);
    twice = tl_options_print(second);
    ck_assert_str_eq(once, twice);
    ck_assert_str_eq(second->csv.separator, "\t");
    ck_assert_uint_eq(second->csv.null_values.count, 2);
    ck_assert_str_eq(second->csv.null_values.items[1], "\xc3\xa4");
    ck_assert_uint_eq(second->batch_size, 5000);
    ck_assert_uint_eq(second->log_progress, 90);
    ck_assert_uint_eq(second->file_rule_count, 2);
    ck_assert_str_eq(second->file_rules[1].path, "tab\there");
    ck_assert_str_eq(second->filter.items[1], "!b\\.*");
    ck_assert_str_eq(second->tls.mode, "cluster");
    ck_assert(second->sql_mode_given && second->checksum_given && !second->default_file_rules);
    ck_assert_uint_eq(second->driver_option_count, 2);
    ck_assert_uint_eq(second->session_var_count, 2);
    free(once);
    free(twice);
    tl_options_free(first);
    tl_options_free(second);
}
END_TEST

START_TEST(the_defaults_read_back_without_a_warning)
{
    struct tl_options *first = NULL, *second = NULL;
    char *once, *twice;
    struct tl_error err;

    ck_assert_int_eq(load_toml(&first, "", "", &err), TL_OK);
    once = tl_options_print(first);
    ck_assert_int_eq(load_toml(&second, once, "", &err), TL_OK);
    twice = tl_options_print(second);
    ck_assert_str_eq(once, twice);
    ck_assert_uint_eq(second->warnings.count, 0);
    ck_assert(!second->sql_mode_given && !second->checksum_given);
    free(once);
    free(twice);
    tl_options_free(first);
    tl_options_free(second);
}
END_TEST

START_TEST(secrets_are_hidden)
{
    struct tl_options *options = NULL;
    struct tl_error err;
    char *text;

    ck_assert_int_eq(load_toml(&options,
                               "[tidb]\npassword = 'geheim'\n[checkpoint]\ndsn = 'u:geheim@x'\n"
                               "[checkpoint.etcd]\nauth-token = 'geheim'\nuser = 'me'\n",
                               "", &err),
                     TL_OK);
    text = tl_options_print(options);
    ck_assert_ptr_null(strstr(text, "geheim"));
    ck_assert_ptr_nonnull(strstr(text, "\npassword = \"***\"\n"));
    ck_assert_ptr_nonnull(strstr(text, "\ndsn = \"***\"\n"));
    ck_assert_ptr_nonnull(strstr(text, "\"auth-token\" = \"***\"\n"));
    ck_assert_ptr_nonnull(strstr(text, "\"user\" = \"me\"\n"));
    free(text);
    tl_options_free(options);
}
END_TEST

static const struct {
    const char *flags;
    const char *dsn;
} targets[] = {
    {"", "root@tcp(127.0.0.1:4000)/"},
    {"--tidb-user u --tidb-password p@/:w --tidb-host h --tidb-port 3306", "u:p@/:w@tcp(h:3306)/"},
    {"--tidb-host ::1", "root@tcp([::1]:4000)/"},
    {"--tidb-socket /run/x.sock --tidb-password p", "root:p@unix(/run/x.sock)/"},
};

START_TEST(the_target_has_a_dsn)
{
    struct tl_options *options = NULL;
    struct tl_error err;
    char *dsn;

    ck_assert_int_eq(load_toml(&options, "", targets[_i].flags, &err), TL_OK);
    dsn = tl_options_target_dsn(options);
    ck_assert_str_eq(dsn, targets[_i].dsn);
    tl_secret_free(dsn);
    tl_options_free(options);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, the_printed_config_reads_back_to_the_same_options);
    tcase_add_test(tests, the_defaults_read_back_without_a_warning);
    tcase_add_test(tests, secrets_are_hidden);
    tcase_add_loop_test(tests, the_target_has_a_dsn, 0, sizeof(targets) / sizeof(targets[0]));
}

int main(void)
{
    return run_tests("print", add);
}
