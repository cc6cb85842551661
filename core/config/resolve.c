/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What depends on several options at once (see settings.h).
 */
#include "core/config/resolve.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/config/option_value.h"
#include "core/config/string_list.h"

/* What to do, from the flags that say so; the more harmless one wins. */
static void resolve_action(struct tl_settings *settings)
{
    static const struct {
        const char *flag;
        enum tl_action action;
    } actions[] = {{"describe-driver", TL_ACTION_DESCRIBE_DRIVER},
                   {"list-drivers", TL_ACTION_LIST_DRIVERS},
                   {"print-config", TL_ACTION_PRINT_CONFIG},
                   {"version", TL_ACTION_VERSION},
                   {"help", TL_ACTION_HELP}};

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        const char *text = tl_settings_text(settings, NULL, actions[i].flag);

        if (!text || (actions[i].action != TL_ACTION_DESCRIBE_DRIVER && strchr("0fF", *text)))
            continue; /* --help=false */
        settings->options->action = actions[i].action;
    }
}

static int resolve_backend(struct tl_settings *settings, struct tl_error *err)
{
    struct tl_options *options = settings->options;
    int rc = TL_OK;

    if (!*options->backend)
        rc = tl_strings_addf(&options->warnings, err,
                             "tikv-importer.backend is empty and read as \"tidb\"");
    else if (strcasecmp(options->backend, "tidb") != 0) {
        tl_error_set(err, TL_ERR_USAGE, "tikv-importer.backend '%s' is not supported",
                     options->backend);
        return tl_error_hint(err,
                             "set it to \"tidb\": this program imports by SQL statements only");
    }
    return rc == TL_OK ? tl_string_replace(&options->backend, "tidb", err) : rc;
}

/* conflict.strategy wins over its old name, unless it is empty. */
static int resolve_conflict(struct tl_settings *settings, struct tl_error *err)
{
    struct tl_options *options = settings->options;
    const char *strategy = tl_settings_text(settings, "conflict", "strategy");
    const char *old = tl_settings_text(settings, "tikv-importer", "on-duplicate");
    const char *precheck =
        tl_settings_text(settings, "conflict", "precheck-conflict-before-import");
    const char *threshold = tl_settings_text(settings, "conflict", "threshold");

    if ((!strategy || !*strategy) && old)
        options->conflict = strcasecmp(old, "replace") == 0  ? TL_CONFLICT_REPLACE
                            : strcasecmp(old, "ignore") == 0 ? TL_CONFLICT_IGNORE
                                                             : TL_CONFLICT_ERROR;
    if (precheck && strcmp(precheck, "true") == 0) {
        tl_error_set(err, TL_ERR_USAGE,
                     "conflict.precheck-conflict-before-import is not for the "
                     "tidb backend");
        return tl_error_hint(err, "remove it or set it to false");
    }
    if (options->conflict == TL_CONFLICT_ERROR && threshold && *threshold != '-' &&
        strspn(threshold, "0") != strlen(threshold)) {
        tl_error_set(err, TL_ERR_USAGE,
                     "conflict.threshold = %s cannot be used with "
                     "conflict.strategy = \"error\"",
                     threshold);
        return tl_error_hint(err,
                             "set conflict.threshold to 0, or the strategy to replace or ignore");
    }
    if (strategy && (strcasecmp(strategy, "remove") == 0 || strcasecmp(strategy, "record") == 0))
        return tl_strings_addf(&options->warnings, err,
                               "conflict.strategy \"%s\" is read as "
                               "\"replace\" by the tidb backend",
                               strategy);
    return TL_OK;
}

static int complete(char **place, const char *fallback, struct tl_error *err)
{
    return **place ? TL_OK : tl_string_replace(place, fallback, err);
}

static int resolve_tls(struct tl_options *options, struct tl_error *err)
{
    struct tl_tls_options *tls = &options->tls;
    int rc = complete(&tls->ca, options->security.ca, err);

    if (rc == TL_OK)
        rc = complete(&tls->cert, options->security.cert, err);
    if (rc == TL_OK)
        rc = complete(&tls->key, options->security.key, err);
    if (rc == TL_OK && !*tls->mode && *tls->ca)
        rc = tl_string_replace(&tls->mode, "cluster", err);
    if (rc == TL_OK && !*tls->cert != !*tls->key)
        rc = tl_error_set(err, TL_ERR_USAGE,
                          "tidb.security.cert-path and tidb.security.key-path "
                          "must be set together");
    return rc;
}

static int check_schema_name(const char *key, const char *name, struct tl_error *err)
{
    if (!*name || strlen(name) > 64 || strchr(name, '/') || name[strlen(name) - 1] == ' ')
        return tl_error_set(err, TL_ERR_USAGE, "%s must be a database name, not '%s'", key, name);
    return TL_OK;
}

static int check_names(const struct tl_options *options, struct tl_error *err)
{
    int rc = check_schema_name("checkpoint.schema", options->checkpoint_schema, err);

    if (rc == TL_OK)
        rc = check_schema_name("checkpoint.ledger-schema", options->ledger_schema, err);
    if (rc == TL_OK && !*options->checkpoint_driver)
        rc = tl_error_set(err, TL_ERR_USAGE, "checkpoint.driver must not be empty");
    if (rc == TL_OK && !*options->host && !*options->socket)
        rc = tl_error_set(err, TL_ERR_USAGE, "tidb.host and tidb.socket must not both be empty");
    return rc;
}

static int check_file_rules(const struct tl_options *options, struct tl_error *err)
{
    if (options->file_rule_count > 0 && options->route_count > 0)
        return tl_error_set(err, TL_ERR_USAGE,
                            "[[mydumper.files]] and [[routes]] cannot be used together");
    for (size_t i = 0; i < options->file_rule_count; i++) {
        const struct tl_file_rule *rule = &options->file_rules[i];
        bool has_path = rule->path && *rule->path;
        bool has_pattern = rule->pattern && *rule->pattern;

        if (!has_path && !has_pattern)
            return tl_error_set(err, TL_ERR_USAGE,
                                "`path` and `pattern` must not be both empty in "
                                "[[mydumper.files]] (entry %zu)",
                                i + 1);
        if (has_path && has_pattern)
            return tl_error_set(err, TL_ERR_USAGE,
                                "can't set both `path` and `pattern` field in "
                                "[[mydumper.files]] (entry %zu)",
                                i + 1);
    }
    return TL_OK;
}

static int check_operations(const struct tl_options *options, struct tl_error *err)
{
    if (tl_options_operations(options) > 1) {
        tl_error_set(err, TL_ERR_USAGE, "more than one --checkpoint-... operation is given");
        return tl_error_hint(err, "run them one after the other");
    }
    return TL_OK;
}

int tl_settings_resolve(struct tl_settings *settings, struct tl_error *err)
{
    struct tl_options *options = settings->options;
    bool needs_source;
    int rc;

    resolve_action(settings);
    if (options->action == TL_ACTION_HELP || options->action == TL_ACTION_VERSION)
        return TL_OK;
    needs_source = settings->program == TL_PROGRAM_LOADER && options->action == TL_ACTION_RUN;
    options->sql_mode_given = tl_settings_given(settings, "tidb", "sql-mode");
    options->checksum_given = tl_settings_given(settings, "post-restore", "checksum");
    if (!tl_settings_given(settings, "mydumper", "default-file-rules"))
        options->default_file_rules = options->file_rule_count == 0;
    if (options->port == 0)
        options->port = 4000; /* upstream: "ask the status port" */
    rc = tl_resolve_source_dir(options, settings->program, needs_source, err);
    if (rc == TL_OK)
        rc = resolve_backend(settings, err);
    if (rc == TL_OK)
        rc = resolve_conflict(settings, err);
    if (rc == TL_OK)
        rc = tl_resolve_csv(settings, err);
    if (rc == TL_OK)
        rc = resolve_tls(options, err);
    if (rc == TL_OK)
        rc = check_names(options, err);
    if (rc == TL_OK)
        rc = check_file_rules(options, err);
    if (rc == TL_OK)
        rc = check_operations(options, err);
    return rc == TL_OK ? tl_resolve_warnings(settings, err) : rc;
}

int tl_resolve_warnings(struct tl_settings *settings, struct tl_error *err)
{
    char subject[TL_SUBJECT_MAX];
    int rc = TL_OK;

    for (size_t i = 0; i < tl_option_count && rc == TL_OK; i++) {
        const struct tl_option *row = &tl_option_rows[i];
        const struct tl_setting *setting = &settings->rows[i];

        if (setting->values.count == 0 ||
            (row->effect != TL_EFFECT_IGNORED && row->effect != TL_EFFECT_PHYSICAL) ||
            tl_option_is_default(row, setting->values.items[0]))
            continue;
        rc = tl_strings_addf(
            &settings->options->warnings, err, "%s %s", tl_settings_subject(subject, settings, i),
            row->effect == TL_EFFECT_PHYSICAL ? "belongs to the physical mode and is ignored"
                                              : "is accepted, but not acted on yet");
    }
    return rc;
}
