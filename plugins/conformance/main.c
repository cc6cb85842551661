/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ckpt-conformance DRIVER.so DSN: runs the rules of the checkpoint driver contract against a driver
 * and reports in TAP. It deletes what the store holds. Exit status: 0 all hold, 1 one does not, 2
 * wrong use.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/checkpoint/registry.h"
#include "plugins/conformance/kit.h"

enum { RULE_SECONDS = 300, MAX_GIVEN = 16 };

/* Exit statuses of a rule's process; none that a crash or a sanitizer uses. */
enum { EXIT_PASS = 40, EXIT_NOT_CLAIMED = 41, EXIT_FAIL = 42 };

static const struct kit_rule *const topics[] = {
    kit_rules_open,  kit_rules_read,   kit_rules_apply,  kit_rules_names, kit_rules_kill,
    kit_rules_scale, kit_rules_retire, kit_rules_broken, /* the last one breaks it */
};

enum { TOPICS = sizeof(topics) / sizeof(topics[0]) };

struct settings {
    struct kit kit;
    const char *only; /* part of a rule's name; NULL = all */
    bool list;
    bool no_fork;
    const char *given[MAX_GIVEN]; /* NAME=VALUE */
    size_t given_count;
};

static const char usage_text[] =
    "usage: ckpt-conformance [OPTIONS] DRIVER.so DSN\n"
    "Runs the rules of the checkpoint driver contract. Everything in that store is deleted.\n"
    "  --schema NAME        checkpoint.schema (tidb_lightning_conformance)\n"
    "  --target-dsn DSN     the target's connection, for drivers that use it\n"
    "  --option NAME=VALUE  an option of the driver (repeatable)\n"
    "  --rule TEXT          only rules with TEXT in their name\n"
    "  --break COMMAND      a shell command that damages the stored data; run before the last "
    "rule\n"
    "  --seed N             repeat a run's random choices\n"
    "  --list               print the rules\n"
    "  --no-fork            run the rules in this process, for a debugger\n";

static int usage(const char *why)
{
    fprintf(stderr, "ckpt-conformance: %s\n%s", why, usage_text);
    return 2;
}

static int parse_args(struct settings *settings, int argc, char **argv)
{
    static const struct option longs[] = {{"schema", required_argument, NULL, 's'},
                                          {"target-dsn", required_argument, NULL, 't'},
                                          {"option", required_argument, NULL, 'o'},
                                          {"rule", required_argument, NULL, 'r'},
                                          {"break", required_argument, NULL, 'b'},
                                          {"seed", required_argument, NULL, 'n'},
                                          {"list", no_argument, NULL, 'l'},
                                          {"no-fork", no_argument, NULL, 'f'},
                                          {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 's')
            settings->kit.schema = optarg;
        else if (c == 't')
            settings->kit.target_dsn = optarg;
        else if (c == 'o' && settings->given_count < MAX_GIVEN)
            settings->given[settings->given_count++] = optarg;
        else if (c == 'r')
            settings->only = optarg;
        else if (c == 'b')
            settings->kit.break_command = optarg;
        else if (c == 'n')
            settings->kit.random = strtoull(optarg, NULL, 10);
        else if (c == 'l')
            settings->list = true;
        else if (c == 'f')
            settings->no_fork = true;
        else
            return -1;
    }
    return 0;
}

/* The value of one option row: given, or the default. */
static struct ckpt_option_value option_value(const struct settings *settings,
                                             const struct ckpt_option *row)
{
    struct ckpt_option_value value = {.name = kit_str(row->name),
                                      .text = kit_str(row->default_text)};
    size_t len = strlen(row->name);

    for (size_t i = 0; i < settings->given_count; i++)
        if (strncmp(settings->given[i], row->name, len) == 0 && settings->given[i][len] == '=')
            value.text = kit_str(settings->given[i] + len + 1);
    if (row->type == CKPT_OPTION_INT)
        value.number = strtoll(value.text.data, NULL, 10);
    else if (row->type == CKPT_OPTION_BOOL)
        value.number = strcmp(value.text.data, "true") == 0;
    return value;
}

static int fill_options(struct settings *settings)
{
    const struct ckpt_option *rows = settings->kit.driver->options;
    size_t count = 0;

    while (rows && rows[count].name)
        count++;
    settings->kit.options = calloc(count + 1, sizeof(*settings->kit.options));
    if (!settings->kit.options)
        return -1;
    for (size_t i = 0; i < count; i++)
        settings->kit.options[i] = option_value(settings, &rows[i]);
    settings->kit.option_count = count;
    return 0;
}

/* In a process of its own, so that a crash is one failed rule. */
static int run_forked(struct kit *kit, const struct kit_rule *rule)
{
    int ends[2];
    int status = 0;
    ssize_t len;
    pid_t child;

    if (pipe(ends) != 0 || (fflush(stdout), child = fork()) < 0)
        return kit_fail(kit, "cannot start a process: %s", strerror(errno));
    if (child == 0) {
        int answer;

        alarm(RULE_SECONDS);
        answer = rule->run(kit);
        if (write(ends[1], kit->reason, strlen(kit->reason)) < 0)
            _exit(3);
        exit(answer == KIT_PASS          ? EXIT_PASS
             : answer == KIT_NOT_CLAIMED ? EXIT_NOT_CLAIMED
                                         : EXIT_FAIL);
    }
    close(ends[1]);
    len = read(ends[0], kit->reason, sizeof(kit->reason) - 1);
    kit->reason[len > 0 ? len : 0] = '\0';
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status))
        return kit_fail(kit, "ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) == EXIT_PASS)
        return KIT_PASS;
    if (WEXITSTATUS(status) == EXIT_NOT_CLAIMED)
        return KIT_NOT_CLAIMED;
    return kit_fail(kit, "exit status %d", WEXITSTATUS(status));
}

/* Runs one rule and prints its line; true if it holds. */
static bool report(const struct settings *settings, const struct kit_rule *rule, size_t number)
{
    struct kit kit = settings->kit;
    int answer;

    kit.random += number * 7919;
    answer = settings->no_fork ? rule->run(&kit) : run_forked(&kit, rule);
    if (answer == KIT_PASS)
        printf("ok %zu - %s\n", number, rule->name);
    else if (answer == KIT_NOT_CLAIMED)
        printf("ok %zu - %s # SKIP not claimed\n", number, rule->name);
    else
        printf("not ok %zu - %s\n  # FAIL %s\n", number, rule->name, kit.reason);
    fflush(stdout);
    return answer != KIT_FAIL;
}

static int run_all(const struct settings *settings)
{
    size_t number = 0;
    size_t failed = 0;

    printf("# driver %s, seed %llu\n", settings->kit.driver->name,
           (unsigned long long)settings->kit.random);
    for (size_t t = 0; t < TOPICS; t++)
        for (const struct kit_rule *rule = topics[t]; rule->name; rule++)
            if (!settings->only || strstr(rule->name, settings->only))
                failed += !report(settings, rule, ++number);
    printf("1..%zu\n# %zu of %zu rules hold\n", number, number - failed, number);
    return failed || number == 0 ? 1 : 0;
}

static int list_all(void)
{
    for (size_t t = 0; t < TOPICS; t++)
        for (const struct kit_rule *rule = topics[t]; rule->name; rule++)
            puts(rule->name);
    return 0;
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

    if (parse_args(&settings, argc, argv) != 0)
        return usage("wrong option");
    if (settings.list)
        return list_all();
    if (argc - optind != 2)
        return usage("a driver and a DSN are needed");
    path = realpath(argv[optind], NULL);
    if (!path)
        return usage("there is no such driver file");
    if (tl_registry_load(&module, path, NULL, &err) != TL_OK)
        return usage(err.message);
    settings.kit.driver = &module->driver;
    settings.kit.dsn = argv[optind + 1];
    if (fill_options(&settings) != 0)
        return usage("out of memory");
    rc = run_all(&settings);
    free(settings.kit.options);
    return rc;
}
