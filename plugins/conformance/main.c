/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ckpt-conformance DRIVER.so DSN: runs the rules of the checkpoint driver contract against a driver
 * and reports in TAP or JSON. It deletes what the store holds. Exit status: as usage_text says.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/checkpoint/option_rows.h"
#include "core/checkpoint/registry.h"
#include "plugins/conformance/kit.h"
#include "plugins/conformance/report.h"
#include "plugins/conformance/runner.h"

/* A driver that hangs once is given less time for the other rules, and then none. */
enum { MAX_GIVEN = 16, SECONDS_AFTER_HANG = 10, MAX_HANGS = 3 };

static const struct kit_rule *const topics[] = {
    kit_rules_open,   kit_rules_error,   kit_rules_read,       kit_rules_order,
    kit_rules_apply,  kit_rules_fields,  kit_rules_borrow,     kit_rules_names,
    kit_rules_random, kit_rules_share,   kit_rules_thread,     kit_rules_snapshot,
    kit_rules_second, kit_rules_kill,    kit_rules_crash,      kit_rules_tidy,
    kit_rules_fault,  kit_rules_full,    kit_rules_fault_open, kit_rules_durable,
    kit_rules_lost,   kit_rules_process, kit_rules_leak,       kit_rules_scale,
    kit_rules_retire, kit_rules_retired, kit_rules_broken, /* the last ones break it */
};

enum { TOPICS = sizeof(topics) / sizeof(topics[0]) };

struct settings {
    struct kit kit;
    const char *only;  /* part of a rule's id or name; NULL = all */
    const char *first; /* id of the rule to begin with; NULL = in order */
    bool list;
    bool no_fork;
    bool help;
    bool json;
    bool fail_fast;
    unsigned seconds;             /* limit of every rule; 0 = each has its own */
    const char *given[MAX_GIVEN]; /* NAME=VALUE */
    size_t given_count;
};

static const char usage_text[] =
    "usage: ckpt-conformance [OPTIONS] DRIVER.so DSN\n"
    "Runs the rules of the checkpoint driver contract. Everything in that store is deleted.\n"
    "  --schema NAME        checkpoint.schema (tidb_lightning_conformance)\n"
    "  --target-dsn DSN     the target's connection, for drivers that use it\n"
    "  --option NAME=VALUE  an option of the driver (repeatable)\n"
    "  --second-dsn DSN     another store, emptied too (default: one is derived from DSN)\n"
    "  --break COMMAND      a shell command that damages the stored data; run before the last "
    "rule\n"
    "  --format FORMAT      tap (default) or json\n"
    "  --rule TEXT          only rules with TEXT in their id or name\n"
    "  --first ID           begin with this rule\n"
    "  --fail-fast          stop after the first rule that fails\n"
    "  --timeout SECONDS    limit of each rule\n"
    "  --seed N             repeat a run's random choices\n"
    "  --list               print the rules' ids and names\n"
    "  --no-fork            run the rules in this process, for a debugger\n"
    "Exit status: 0 every rule that concerns the driver holds; 1 one does not; 2 wrong use, or the "
    "driver\ncannot be loaded; 3 none fails, but some could not be judged on this system (no "
    "ptrace).\n";

static int usage(const char *why)
{
    fprintf(stderr, "ckpt-conformance: %s\n%s", why, usage_text);
    return 2;
}

static int set_format(struct settings *settings, const char *format)
{
    settings->json = strcmp(format, "json") == 0;
    return settings->json || strcmp(format, "tap") == 0 ? 0 : -1;
}

static int set_seconds(struct settings *settings, const char *text)
{
    char *end = NULL;
    unsigned long seconds = strtoul(text, &end, 10);

    settings->seconds = (unsigned)seconds;
    return *end || seconds < 1 || seconds > 86400 ? -1 : 0;
}

static int set_seed(struct settings *settings, const char *text)
{
    char *end = NULL;

    settings->kit.random = strtoull(text, &end, 10);
    return end == text || *end ? -1 : 0;
}

static int set_option(struct settings *settings, int c, const char *value)
{
    switch (c) {
    case 's':
        settings->kit.schema = value;
        return 0;
    case 't':
        settings->kit.target_dsn = value;
        return 0;
    case 'o':
        if (settings->given_count >= MAX_GIVEN || !strchr(value, '='))
            return -1;
        settings->given[settings->given_count++] = value;
        return 0;
    case 'r':
        settings->only = value;
        return 0;
    case '1':
        settings->first = value;
        return 0;
    case 'b':
        settings->kit.break_command = value;
        return 0;
    case '2':
        settings->kit.second_dsn = value;
        return 0;
    case 'n':
        return set_seed(settings, value);
    case 'm':
        return set_format(settings, value);
    case 'w':
        return set_seconds(settings, value);
    default:
        return -1;
    }
}

static int parse_args(struct settings *settings, int argc, char **argv)
{
    static const struct option longs[] = {{"schema", required_argument, NULL, 's'},
                                          {"target-dsn", required_argument, NULL, 't'},
                                          {"option", required_argument, NULL, 'o'},
                                          {"rule", required_argument, NULL, 'r'},
                                          {"break", required_argument, NULL, 'b'},
                                          {"second-dsn", required_argument, NULL, '2'},
                                          {"seed", required_argument, NULL, 'n'},
                                          {"format", required_argument, NULL, 'm'},
                                          {"timeout", required_argument, NULL, 'w'},
                                          {"first", required_argument, NULL, '1'},
                                          {"fail-fast", no_argument, NULL, 'q'},
                                          {"list", no_argument, NULL, 'l'},
                                          {"no-fork", no_argument, NULL, 'f'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 'l')
            settings->list = true;
        else if (c == 'f')
            settings->no_fork = true;
        else if (c == 'q')
            settings->fail_fast = true;
        else if (c == 'h')
            settings->help = true;
        else if (set_option(settings, c, optarg) != 0)
            return -1;
    }
    return 0;
}

/* What was given must be what the host would pass: a row's name, within its bounds. */
static int fill_given(struct settings *settings, const char *given, struct tl_error *err)
{
    const struct ckpt_driver *driver = settings->kit.driver;
    const char *equals = strchr(given, '=');
    char name[64];

    snprintf(name, sizeof(name), "%.*s", (int)(equals - given), given);
    for (size_t i = 0; i < settings->kit.option_count; i++)
        if (strcmp(name, driver->options[i].name) == 0)
            return tl_option_row_parse(&settings->kit.options[i], driver, &driver->options[i],
                                       equals + 1, err);
    return tl_option_row_known(driver, name, err);
}

static int fill_options(struct settings *settings, struct tl_error *err)
{
    const struct ckpt_driver *driver = settings->kit.driver;
    size_t count = tl_option_row_count(driver);
    int rc = TL_OK;

    settings->kit.options = calloc(count + 1, sizeof(*settings->kit.options));
    if (!settings->kit.options)
        return tl_error_set(err, TL_ERR_NOMEM, "out of memory");
    settings->kit.option_count = count;
    for (size_t i = 0; i < count && rc == TL_OK; i++)
        rc = tl_option_row_parse(&settings->kit.options[i], driver, &driver->options[i],
                                 driver->options[i].default_text, err);
    for (size_t i = 0; i < settings->given_count && rc == TL_OK; i++)
        rc = fill_given(settings, settings->given[i], err);
    return rc;
}

/* "user:password@": up to the last @, as passwords may have one. */
static void find_secret(struct kit *kit)
{
    const char *colon = strchr(kit->dsn, ':');
    const char *at = strrchr(kit->dsn, '@');

    if (kit->dsn[0] != '/' && colon && at && at - colon > 4 && colon[1] != '/')
        snprintf(kit->secret, sizeof(kit->secret), "%.*s", (int)(at - colon - 1), colon + 1);
}

static bool selected(const struct settings *settings, const struct kit_rule *rule)
{
    return !settings->only || strstr(rule->name, settings->only) ||
           strstr(rule->id, settings->only);
}

static bool is_known(const char *id)
{
    for (size_t t = 0; t < TOPICS; t++)
        for (const struct kit_rule *rule = topics[t]; rule->name; rule++)
            if (strcmp(rule->id, id) == 0)
                return true;
    return false;
}

static size_t count_selected(const struct settings *settings)
{
    size_t count = 0;

    for (size_t t = 0; t < TOPICS; t++)
        for (const struct kit_rule *rule = topics[t]; rule->name; rule++)
            count += selected(settings, rule);
    return count;
}

struct run {
    struct settings *settings;
    struct kit_report report;
    unsigned hangs;
    char noise[512]; /* the first that a rule's process printed */
    char blind[256]; /* why a rule could not be judged */
};

static unsigned limit_of(const struct run *run, const struct kit_rule *rule)
{
    unsigned seconds = (rule->seconds ? rule->seconds : KIT_SECONDS) * kit_slowness();

    if (run->settings->seconds)
        return run->settings->seconds;
    return run->hangs && seconds > SECONDS_AFTER_HANG ? SECONDS_AFTER_HANG : seconds;
}

static void run_rule(struct run *run, const struct kit_rule *rule)
{
    struct kit kit = run->settings->kit;
    struct kit_outcome outcome = {.answer = KIT_FAIL};

    kit.random += (run->report.number + 1) * 7919;
    kit.noise = run->noise;
    if (run->hangs >= MAX_HANGS)
        snprintf(outcome.reason, sizeof(outcome.reason),
                 "not run, because the driver hung in %d rules before", MAX_HANGS);
    else if (run->settings->no_fork)
        kit_run_here(&outcome, &kit, rule);
    else
        kit_run_forked(&outcome, &kit, rule, limit_of(run, rule));
    run->hangs += outcome.hung;
    if (!run->noise[0])
        memcpy(run->noise, outcome.noise, sizeof(run->noise));
    if (outcome.answer == KIT_NOT_JUDGED)
        snprintf(run->blind, sizeof(run->blind), "%.255s", outcome.reason);
    kit_report_rule(&run->report, rule, &outcome);
}

static bool is_first(const struct settings *settings, const struct kit_rule *rule)
{
    return settings->first && strcmp(settings->first, rule->id) == 0;
}

/* The one to begin with, or all others; false = given up. */
static bool run_pass(struct run *run, bool first)
{
    const struct settings *settings = run->settings;

    for (size_t t = 0; t < TOPICS; t++)
        for (const struct kit_rule *rule = topics[t]; rule->name; rule++) {
            if (!selected(settings, rule) || is_first(settings, rule) != first)
                continue;
            run_rule(run, rule);
            if (settings->fail_fast && run->report.failed)
                return false;
        }
    return true;
}

static int run_all(struct settings *settings, const char *path)
{
    struct run run = {.settings = settings};
    bool complete;

    kit_report_begin(&run.report, settings->json, &settings->kit, path, count_selected(settings));
    complete = run_pass(&run, true) && run_pass(&run, false);
    kit_report_end(&run.report, complete);
    if (ferror(stdout)) { /* nobody has read what the rules say */
        fputs("ckpt-conformance: cannot write the report\n", stderr);
        return 2;
    }
    if (run.report.not_judged)
        fprintf(stderr, "ckpt-conformance: %zu rules could not be judged here: %s\n",
                run.report.not_judged, run.blind);
    return run.report.failed ? 1 : run.report.not_judged ? 3 : 0;
}

static int list_all(void)
{
    for (size_t t = 0; t < TOPICS; t++)
        for (const struct kit_rule *rule = topics[t]; rule->name; rule++)
            printf("%-32s %s\n", rule->id, rule->name);
    return 0;
}

/* The rules about leaks count bytes; a per-thread cache of freed ones would look like a leak. The
   allocator reads this at the start only. */
static void start_without_cache(char **argv)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    if (!getenv("GLIBC_TUNABLES") &&
        setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 0) == 0)
        (void)execv("/proc/self/exe", argv);
#else
    (void)argv;
#endif
}

int main(int argc, char **argv)
{
    struct settings settings = {.kit = {.schema = "tidb_lightning_conformance",
                                        .target_dsn = "",
                                        .random = (uint64_t)time(NULL)}};
    TL_CLEANUP(tl_ckpt_module_free_p) struct tl_ckpt_module *module = NULL;
    TL_CLEANUP_FREE char *path = NULL;
    struct tl_error err;
    int rc;

    start_without_cache(argv);
    if (parse_args(&settings, argc, argv) != 0)
        return usage("wrong option");
    if (settings.help)
        return fputs(usage_text, stdout) < 0;
    if (settings.list)
        return list_all();
    if (count_selected(&settings) == 0)
        return usage("no rule has that text in its id or name");
    if (argc - optind != 2 || !*argv[optind + 1])
        return usage("a driver and a DSN are needed");
    path = realpath(argv[optind], NULL);
    if (!path)
        return usage("there is no such driver file");
    if (tl_registry_load(&module, path, NULL, &err) != TL_OK)
        return usage(err.message);
    settings.kit.driver = &module->driver;
    settings.kit.dsn = argv[optind + 1];
    if (settings.first && !is_known(settings.first))
        return usage("--first is no rule's id; see --list");
    find_secret(&settings.kit);
    rc = fill_options(&settings, &err) == TL_OK ? run_all(&settings, path) : usage(err.message);
    free(settings.kit.options);
    return rc;
}
