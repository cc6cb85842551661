/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of the rules between options.
 */
#include "tests/config/load.h"

static const struct {
    const char *toml;
    const char *message; /* part of it; NULL = the options are good */
} rules[] = {
    {"[tikv-importer]\nbackend = 'local'\n", "backend 'local' is not supported"},
    {"[tikv-importer]\nbackend = 'importer'\n", "backend 'importer' is not supported"},
    {"[tikv-importer]\nbackend = 'remote'\n", "backend 'remote' is not supported"},
    {"[conflict]\nprecheck-conflict-before-import = true\n", "is not for the tidb backend"},
    {"[conflict]\nthreshold = 1\n", "conflict.threshold = 1 cannot be used"},
    {"[conflict]\nthreshold = 0\n", NULL},
    {"[conflict]\nthreshold = 1\nstrategy = 'replace'\n", NULL},
    {"[mydumper.csv]\nseparator = ''\n", "separator must not be empty"},
    {"[mydumper.csv]\nseparator = '\"x'\n", "must not be prefix of each other"},
    {"[mydumper.csv]\nseparator = '|'\ndelimiter = '|!'\n", "must not be prefix of each other"},
    {"[mydumper.csv]\nseparator = '|+|'\ndelimiter = ''\n", NULL},
    {"[mydumper.csv]\nterminator = ','\n", "terminator must differ"},
    {"[mydumper.csv]\nescaped-by = 'ab'\n", "must be empty or one character, not 'ab'"},
    {"[mydumper.csv]\nescaped-by = ','\n", "must differ from mydumper.csv.separator"},
    {"[mydumper.csv]\nescaped-by = '\"'\n", "must differ from mydumper.csv.delimiter"},
    {"[mydumper.csv]\nescaped-by = 'x'\nterminator = 'x'\n", "must differ from mydumper.csv.term"},
    {"[mydumper.csv]\nescaped-by = '!'\nbackslash-escape = false\n", "contradicts"},
    {"[mydumper]\nstrict-format = true\n", "empty mydumper.csv.terminator"},
    {"[mydumper]\nstrict-format = true\ncsv.terminator = '\n'\n", ":3:"},
    {"[mydumper]\nstrict-format = true\ncsv.terminator = \"\\n\"\n", NULL},
    {"[[mydumper.files]]\ntype = 'sql'\n", "`path` and `pattern` must not be both empty"},
    {"[[mydumper.files]]\npath = 'a'\npattern = 'b'\n", "can't set both `path` and `pattern`"},
    {"[[mydumper.files]]\npath = 'a'\n[[routes]]\nschema-pattern = 'a'\n", "used together"},
    {"[tidb.security]\ncert-path = 'c'\n", "must be set together"},
    {"[security]\ncert-path = 'c'\n[tidb.security]\nkey-path = 'k'\n", NULL},
    {"[checkpoint]\nschema = 'a/b'\n", "checkpoint.schema must be a database name"},
    {"[checkpoint]\nledger-schema = ''\n", "checkpoint.ledger-schema must be a database name"},
    {"[checkpoint]\ndriver = ''\n", "checkpoint.driver must not be empty"},
    {"[tidb]\nhost = ''\n", "must not both be empty"},
    {"[tidb]\nhost = ''\nsocket = '/s'\n", NULL},
};

START_TEST(contradictions_are_refused)
{
    struct tl_options *options = NULL;
    struct tl_error err;
    int rc = load_toml(&options, rules[_i].toml, "", &err);

    ck_assert_int_eq(rc, rules[_i].message ? TL_ERR_USAGE : TL_OK);
    if (rules[_i].message)
        ck_assert_msg(strstr(err.message, rules[_i].message) != NULL, "%s", err.message);
    tl_options_free(options);
}
END_TEST

static const struct {
    const char *toml;
    enum tl_conflict conflict;
    unsigned warnings;
} conflicts[] = {
    {"", TL_CONFLICT_ERROR, 0},
    {"[conflict]\nstrategy = ''\n", TL_CONFLICT_ERROR, 0},
    {"[conflict]\nstrategy = 'none'\n", TL_CONFLICT_ERROR, 0},
    {"[conflict]\nstrategy = 'Replace'\n", TL_CONFLICT_REPLACE, 0},
    {"[conflict]\nstrategy = 'ignore'\n", TL_CONFLICT_IGNORE, 0},
    {"[conflict]\nstrategy = 'remove'\n", TL_CONFLICT_REPLACE, 1},
    {"[conflict]\nstrategy = 'record'\n", TL_CONFLICT_REPLACE, 1},
    {"[tikv-importer]\non-duplicate = 'replace'\n", TL_CONFLICT_REPLACE, 0},
    {"[tikv-importer]\non-duplicate = 'ignore'\n", TL_CONFLICT_IGNORE, 0},
    {"[tikv-importer]\non-duplicate = ''\n", TL_CONFLICT_ERROR, 0},
    {"[tikv-importer]\non-duplicate = 'ignore'\n[conflict]\nstrategy = 'error'\n",
     TL_CONFLICT_ERROR, 0},
    {"[tikv-importer]\non-duplicate = 'ignore'\n[conflict]\nstrategy = ''\n", TL_CONFLICT_IGNORE,
     0},
};

START_TEST(the_conflict_strategy_has_an_old_name)
{
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_toml(&options, conflicts[_i].toml, "", &err), TL_OK);
    ck_assert_int_eq(options->conflict, conflicts[_i].conflict);
    ck_assert_uint_eq(options->warnings.count, conflicts[_i].warnings);
    tl_options_free(options);
}
END_TEST

START_TEST(an_empty_backend_is_tidb_with_a_note)
{
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_toml(&options, "[tikv-importer]\nbackend = ''\n", "", &err), TL_OK);
    ck_assert_str_eq(options->backend, "tidb");
    ck_assert_uint_eq(options->warnings.count, 1);
    tl_options_free(options);
}
END_TEST

static const struct {
    const char *toml;
    const char *escaped_by;
} escapes[] = {
    {"", "\\"},
    {"[mydumper.csv]\nbackslash-escape = false\n", ""},
    {"[mydumper.csv]\nbackslash-escape = false\nescaped-by = '\\'\n", ""},
    {"[mydumper.csv]\nescaped-by = ''\n", ""},
    {"[mydumper.csv]\nescaped-by = '!'\n", "!"},
};

START_TEST(escaped_by_follows_the_old_switch)
{
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_toml(&options, escapes[_i].toml, "", &err), TL_OK);
    ck_assert_str_eq(options->csv.escaped_by, escapes[_i].escaped_by);
    tl_options_free(options);
}
END_TEST

START_TEST(tidb_security_is_completed_from_security)
{
    struct tl_options *o = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_toml(&o,
                               "[security]\nca-path = 'ca1'\ncert-path = 'c1'\nkey-path = 'k1'\n"
                               "[tidb.security]\nca-path = 'ca2'\n",
                               "", &err),
                     TL_OK);
    ck_assert_str_eq(o->tls.ca, "ca2");
    ck_assert_str_eq(o->tls.cert, "c1");
    ck_assert_str_eq(o->tls.key, "k1");
    ck_assert_str_eq(o->tls.mode, "cluster");
    tl_options_free(o);
    ck_assert_int_eq(load_toml(&o, "[tidb]\ntls = 'true'\n", "", &err), TL_OK);
    ck_assert_str_eq(o->tls.mode, "cluster");
    tl_options_free(o);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, contradictions_are_refused, 0, sizeof(rules) / sizeof(rules[0]));
    tcase_add_loop_test(tests, the_conflict_strategy_has_an_old_name, 0,
                        sizeof(conflicts) / sizeof(conflicts[0]));
    tcase_add_test(tests, an_empty_backend_is_tidb_with_a_note);
    tcase_add_loop_test(tests, escaped_by_follows_the_old_switch, 0,
                        sizeof(escapes) / sizeof(escapes[0]));
    tcase_add_test(tests, tidb_security_is_completed_from_security);
}

int main(void)
{
    return run_tests("resolve", add);
}
