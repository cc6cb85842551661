/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every key of the configuration file: its default, and that another value arrives in its field (or
 * is warned about, where it is not acted on).
 */
#include "core/base/buf.h"
#include "core/config/option_value.h"
#include "tests/config/load.h"

/* Keys whose other value needs company, or has to be one of a few. */
static const struct {
    const char *name;
    const char *toml;  /* the line */
    const char *field; /* as --print-config shows it */
    const char *more;  /* further lines */
} special[] = {
    {"tikv-importer.backend", "backend = \"TiDB\"", "\"tidb\"", ""},
    {"mydumper.strict-format", "strict-format = true", "true",
     "[mydumper.csv]\nterminator = \"\\n\"\n"},
    {"mydumper.csv.backslash-escape", "backslash-escape = false", "false", ""},
    {"mydumper.csv.escaped-by", "escaped-by = \"!\"", "\"!\"", ""},
    {"mydumper.data-source-dir", "data-source-dir = \"/other\"", "\"/src\"", ""}, /* -d wins */
    {"tidb.security.cert-path", "cert-path = \"c\"", "\"c\"", "key-path = \"k\"\n"},
    {"tidb.security.key-path", "key-path = \"k\"", "\"k\"", "cert-path = \"c\"\n"},
    {"security.cert-path", "cert-path = \"c\"", "\"c\"", "key-path = \"k\"\n"},
    {"security.key-path", "key-path = \"k\"", "\"k\"", "cert-path = \"c\"\n"},
    {"tidb.password", "password = \"p\"", "\"***\"", ""},
    {"checkpoint.dsn", "dsn = \"d\"", "\"***\"", ""},
    {"conflict.threshold", "threshold = 5", "", "strategy = \"ignore\"\n"},
    {"conflict.precheck-conflict-before-import", "precheck-conflict-before-import = false", "", ""},
};

/* The last word of "a|b|c". */
static const char *last_word(const char *words)
{
    const char *bar = strrchr(words, '|');

    return bar ? bar + 1 : words;
}

/* A value other than the default: how it is written, and how it is shown. */
static void other_value(char toml[128], char shown[128], const struct tl_option *row)
{
    bool is_true = row->initial && strcmp(row->initial, "true") == 0;

    switch ((enum tl_option_type)row->type) {
    case TL_TYPE_BOOL:
        snprintf(toml, 128, "%s", is_true ? "false" : "true");
        break;
    case TL_TYPE_SIZE:
        snprintf(toml, 128, "\"3MiB\"");
        break;
    case TL_TYPE_DURATION:
        snprintf(toml, 128, "\"7m\"");
        break;
    case TL_TYPE_FLOAT:
        snprintf(toml, 128, "0.25");
        break;
    case TL_TYPE_STRINGS:
        snprintf(toml, 128, "[\"a\", \"b.c\"]");
        break;
    case TL_TYPE_STRING:
    case TL_TYPE_ENUM:
        snprintf(toml, 128, "\"%s\"", row->allowed ? last_word(row->allowed) : "other");
        break;
    default:
        snprintf(toml, 128, "77");
        break;
    }
    memcpy(shown, toml, 128);
}

static void check_row(const struct tl_option *row, const struct tl_options *options,
                      const char *shown)
{
    TL_CLEANUP_BUF struct tl_buf out;
    int rc = TL_OK;

    tl_buf_init(&out, 10000);
    if (row->offset != TL_NO_FIELD) {
        ck_assert(tl_option_format(&out, options, row, &rc));
        ck_assert_int_eq(rc, TL_OK);
        ck_assert_str_eq(tl_buf_text(&out), shown);
    }
    if (row->effect != TL_EFFECT_ACTED) {
        ck_assert_uint_eq(options->warnings.count, 1);
        ck_assert_ptr_nonnull(strstr(options->warnings.items[0], row->section));
        ck_assert_ptr_nonnull(strstr(options->warnings.items[0], row->key));
    } else {
        ck_assert_uint_eq(options->warnings.count, 0);
    }
}

START_TEST(a_value_in_the_file_arrives)
{
    const struct tl_option *row = &tl_option_rows[_i];
    struct tl_options *options = NULL;
    char value[128], shown[128], toml[512], name[TL_OPTION_NAME_MAX];
    struct tl_error err;

    if (!row->section)
        return;
    tl_option_name(name, row);
    other_value(value, shown, row);
    snprintf(toml, sizeof(toml), "[%s]\n%s = %s\n", row->section, row->key, value);
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        if (strcmp(special[i].name, name) == 0) {
            snprintf(toml, sizeof(toml), "[%s]\n%s\n%s", row->section, special[i].toml,
                     special[i].more);
            snprintf(shown, sizeof(shown), "%s", special[i].field);
        }
    }
    ck_assert_msg(load_toml(&options, toml, "", &err) == TL_OK, "%s", err.message);
    check_row(row, options, shown);
    tl_options_free(options);
}
END_TEST

START_TEST(an_ignored_key_with_its_default_is_not_worth_a_warning)
{
    struct tl_options *options = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_toml(&options,
                               "[lightning]\nmax-error = 0\nstatus-addr = ''\nserver-mode = false\n"
                               "[tidb]\nstatus-port = 10080\npd-addr = ''\n"
                               "[mydumper]\nmax-region-size = 268435456\nbatch-import-ratio = 0.0\n"
                               "[cron]\nswitch-mode = '300s'\n",
                               "", &err),
                     TL_OK);
    ck_assert_uint_eq(options->warnings.count, 0);
    tl_options_free(options);
}
END_TEST

START_TEST(the_defaults_are_the_documented_ones)
{
    struct tl_options *o = NULL;
    struct tl_error err;

    ck_assert_int_eq(load_flags(&o, TL_PROGRAM_LOADER, "-d /src", NULL, &err), TL_OK);
    ck_assert_str_eq(o->log_level, "info");
    ck_assert(o->checkpoint_enable && o->check_requirements && o->default_file_rules);
    ck_assert_str_eq(o->checkpoint_driver, "file");
    ck_assert_str_eq(o->checkpoint_schema, "tidb_lightning_checkpoint");
    ck_assert_str_eq(o->ledger_schema, "tidb_lightning_ledger");
    ck_assert_int_eq(o->keep_after_success, TL_KEEP_REMOVE);
    ck_assert_uint_eq(o->batch_size, 4u << 20);
    ck_assert_uint_eq(o->batch_rows, 65536);
    ck_assert_int_eq(o->conflict, TL_CONFLICT_ERROR);
    ck_assert_str_eq(o->source_dir, "/src");
    ck_assert_uint_eq(o->filter.count, 7);
    ck_assert_str_eq(o->filter.items[6], "!INSPECTION_SCHEMA.*");
    ck_assert_uint_eq(o->csv.null_values.count, 1);
    ck_assert_str_eq(o->csv.null_values.items[0], "\\N");
    ck_assert_str_eq(o->host, "127.0.0.1");
    ck_assert_uint_eq(o->port, 4000);
    ck_assert_str_eq(o->user, "root");
    ck_assert_uint_eq(o->max_allowed_packet, 64u << 20);
    ck_assert_uint_eq(o->retry_timeout, 900);
    ck_assert_uint_eq(o->log_progress, 300);
    ck_assert(!o->sql_mode_given && !o->checksum_given);
    ck_assert_int_eq(o->checksum, TL_REQUIRED);
    ck_assert_int_eq(o->action, TL_ACTION_RUN);
    ck_assert_ptr_null(o->config_file);
    ck_assert_uint_eq(o->warnings.count, 0);
    tl_options_free(o);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_value_in_the_file_arrives, 0, (int)tl_option_count);
    tcase_add_test(tests, an_ignored_key_with_its_default_is_not_worth_a_warning);
    tcase_add_test(tests, the_defaults_are_the_documented_ones);
}

int main(void)
{
    return run_tests("keys", add);
}
