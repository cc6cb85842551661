/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of reading the configuration file: errors with their place, arrays of tables, free keys.
 */
#include "tests/config/load.h"

static const struct {
    const char *toml;
    const char *message; /* part of it, behind the file's name */
    const char *hint;    /* part of it */
} errors[] = {
    {"[tidb\nport = 1\n", ":1:6: ", ""},
    {"[tidb]\n\nhost = 'a'\nhost = 'b'\n", ":4:", ""},
    {"a", ":1:", ""},
    {"[tidb]\npassword = tsecret\n", ":2:13: Error while parsing boolean: expected 'true'", ""},
    {"[tidb]\nport = 'x'\n", ":2: tidb.port must be an integer, not a string", ""},
    {"[tidb]\nport = 70000\n", ":2: tidb.port must be between 0 and 65535, not '70000'", ""},
    {"[tidb]\nport = -1\n", ":2: tidb.port must be a whole number", ""},
    {"[tidb]\npassword = 1234\n", ":2: tidb.password must be a string, not an integer", ""},
    {"[tidb]\nhost = 2026-01-01\n", ":2: tidb.host must be a string, not a date", ""},
    {"[checkpoint]\nenable = 'yes'\n", ":2: checkpoint.enable must be a boolean", ""},
    {"[cron]\nlog-progress = 5\n", ":2: cron.log-progress must be a string such as \"5m\"", ""},
    {"[cron]\nlog-progress = '5'\n", ":2: cron.log-progress must be a duration", ""},
    {"[mydumper]\nread-block-size = '4X'\n", "must be a size", ""},
    {"[mydumper]\nfilter = ['a', 1]\n", ":2: mydumper.filter must be an array of strings", ""},
    {"[mydumper]\nfilter = [[1]]\n", "must be an array of strings", ""},
    {"[conflict]\nstrategy = 'x'\n", "must be one of error, replace, ignore, not 'x'", ""},
    {"[conflict]\nstrategy = true\n", "conflict.strategy must be a string, not a boolean", ""},
    {"[tidb]\ntls = 'x'\n", "must be one of '', false, skip-verify, preferred, cluster", ""},
    {"tidb = 5\n", ":1: tidb must be a table, not an integer", ""},
    {"[tidb.session-vars]\na = [1]\n", ":2: tidb.session-vars.a must be a plain value", ""},
    {"[tidb]\nsession-vars = 1\n", ":2: tidb.session-vars must be a table", ""},
    {"[checkpoint.x]\na = {b = 1}\n", ":2: checkpoint.x.a must be a plain value", ""},
    {"routes = 1\n", ":1: routes must be an array of tables", ""},
    {"routes = [1]\n", ":1: routes must be an array of tables", ""},
    {"[[routes]]\ntarget-schema = 1\n", ":2: routes.target-schema must be a string", ""},
    {"[[routes]]\nextract-table = {}\n", ":2: routes.extract-table: ", ""},
    {"[[mydumper.ignore-data-columns]]\ncolumns = 'a'\n", "must be an array of strings", ""},
    {"[tidb]\nhost = \"a\\u0000b\"\n", ":2: a string contains a NUL character", ""},
    {"a=[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n", ":1: tables or arrays are nested", ""},
    {"[tidb]\nhst = 'a'\n[lightnng]\nx = 1\n",
     "config file contained unknown configuration options: tidb.hst, lightnng (",
     "line 2: did you mean tidb.host?; line 3: did you mean lightning?"},
    {"[tidb]\n\nxyzzy = 1\n", "unknown configuration options: tidb.xyzzy (", "--help"},
    {"[tidb]\n\nxyzzy = 1\n", ", line 3)", ""},
    {"[[routes]]\nschemapattern = 'a'\n", "options: routes.schemapattern (",
     "did you mean routes.schema-pattern?"},
    {"[checkpoint.Bad_Name]\na = 1\n", "options: checkpoint.Bad_Name (", ""},
};

START_TEST(an_error_names_its_place)
{
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_toml(&options, errors[_i].toml, "", &err), TL_ERR_USAGE);
    ck_assert_ptr_null(options);
    ck_assert_msg(strstr(err.message, errors[_i].message) != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.message, "/tmp/config_test.") != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.hint, errors[_i].hint) != NULL, "%s", err.hint);
}
END_TEST

/* toml++ would say: expected 'true', saw 'ts' */
START_TEST(no_part_of_an_unquoted_password_is_shown)
{
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_toml(&options, "[tidb]\npassword = tsecret\n", "", &err), TL_ERR_USAGE);
    ck_assert_ptr_null(strstr(err.message, "ts'"));
    ck_assert_int_eq(load_toml(&options, "[tidb]\nport = tsecret\n", "", &err), TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "ts'"));
}
END_TEST

START_TEST(a_file_that_is_not_there_is_a_usage_error)
{
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(
        load_flags(&options, TL_PROGRAM_LOADER, "--config /nowhere/x.toml", NULL, &err),
        TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/x.toml: No such file"));
    ck_assert_int_eq(load_flags(&options, TL_PROGRAM_LOADER, "--config /tmp", NULL, &err),
                     TL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.message, "/tmp: Is a directory"));
}
END_TEST

START_TEST(arrays_of_tables_are_read)
{
    struct tl_options *o = NULL;
    struct tl_error err;

    ck_assert_int_eq(
        load_toml(
            &o,
            "[[mydumper.files]]\npattern = 'a(.*)'\nschema = '$1'\ntable = 't'\ntype = 'csv'\n"
            "key = 'k'\ncompression = 'gz'\n[[mydumper.files]]\npath = 'x.sql'\n"
            "[[mydumper.ignore-data-columns]]\ndb = 'd'\ntable = 't'\ntable-filter = ['a.*']\n"
            "columns = ['x', 'y']\n",
            "", &err),
        TL_OK);
    ck_assert_uint_eq(o->file_rule_count, 2);
    ck_assert_str_eq(o->file_rules[0].pattern, "a(.*)");
    ck_assert_str_eq(o->file_rules[0].compression, "gz");
    ck_assert_ptr_null(o->file_rules[0].path);
    ck_assert_str_eq(o->file_rules[1].path, "x.sql");
    ck_assert(!o->default_file_rules);
    ck_assert_uint_eq(o->ignore_columns_count, 1);
    ck_assert_str_eq(o->ignore_columns[0].table_filter.items[0], "a.*");
    ck_assert_str_eq(o->ignore_columns[0].columns.items[1], "y");
    tl_options_free(o);
}
END_TEST

START_TEST(routes_and_free_keys_are_read)
{
    struct tl_options *o = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_toml(&o,
                               "[[routes]]\nschema-pattern = 's*'\ntable-pattern = 't*'\n"
                               "target-schema = 'a'\ntarget-table = 'b'\n"
                               "[checkpoint.my-driver]\ntimeout = 5\nfast = true\n"
                               "[tidb]\nsession-vars = {time_zone = '+00:00', x = 1.5}\n",
                               "", &err),
                     TL_OK);
    ck_assert_uint_eq(o->route_count, 1);
    ck_assert_str_eq(o->routes[0].target_table, "b");
    ck_assert_uint_eq(o->driver_option_count, 2);
    ck_assert_str_eq(o->driver_options[0].scope, "my-driver");
    ck_assert_str_eq(o->driver_options[0].name, "timeout");
    ck_assert_str_eq(o->driver_options[0].value, "5");
    ck_assert_str_eq(o->driver_options[1].value, "true");
    ck_assert_uint_eq(o->session_var_count, 2);
    ck_assert_ptr_null(o->session_vars[0].scope);
    tl_options_free(o);
}
END_TEST

START_TEST(values_with_two_forms_take_both)
{
    struct tl_options *o = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_toml(&o,
                               "[checkpoint]\nkeep-after-success = true\n"
                               "[mydumper]\nread-block-size = 1000\ncsv.null = 'NULL'\n"
                               "[post-restore]\nchecksum = false\nanalyze = true\n"
                               "[lightning.max-error]\ntype = 5\n",
                               "", &err),
                     TL_OK);
    ck_assert_int_eq(o->keep_after_success, TL_KEEP_RENAME);
    ck_assert_uint_eq(o->read_block_size, 1000);
    ck_assert_str_eq(o->csv.null_values.items[0], "NULL");
    ck_assert_int_eq(o->checksum, TL_OFF);
    ck_assert(o->checksum_given);
    ck_assert_int_eq(o->analyze, TL_REQUIRED);
    ck_assert_uint_eq(o->warnings.count, 1); /* max-error */
    tl_options_free(o);
}
END_TEST

START_TEST(an_empty_list_is_not_the_default_list)
{
    struct tl_options *o = NULL;
    struct tl_error err;

    ck_assert_int_eq(
        load_toml(&o, "[mydumper]\nfilter = []\n[mydumper.csv]\nnull = []\n", "", &err), TL_OK);
    ck_assert_uint_eq(o->filter.count, 0);
    ck_assert_uint_eq(o->csv.null_values.count, 0);
    tl_options_free(o);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, an_error_names_its_place, 0, sizeof(errors) / sizeof(errors[0]));
    tcase_add_test(tests, no_part_of_an_unquoted_password_is_shown);
    tcase_add_test(tests, a_file_that_is_not_there_is_a_usage_error);
    tcase_add_test(tests, arrays_of_tables_are_read);
    tcase_add_test(tests, routes_and_free_keys_are_read);
    tcase_add_test(tests, values_with_two_forms_take_both);
    tcase_add_test(tests, an_empty_list_is_not_the_default_list);
}

int main(void)
{
    return run_tests("file", add);
}
