/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TAP (version 13) and JSON. See report.h.
 */
#include "plugins/conformance/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *result_name(enum kit_answer answer)
{
    switch (answer) {
    case KIT_PASS:
        return "pass";
    case KIT_NOT_CLAIMED:
        return "not-claimed";
    case KIT_NOT_JUDGED:
        return "not-judged";
    default:
        return "fail";
    }
}

/* Bytes of a driver are not always UTF-8, and a report is. */
static void make_ascii(char *text)
{
    ckpt_error_flatten(text);
    for (; *text; text++)
        if ((unsigned char)*text > 0x7e)
            *text = '?';
}

static void begin_json(struct kit_report *report, const struct kit *kit, const char *path)
{
    const struct ckpt_driver *driver = kit->driver;
    cJSON *about;
    char text[64];

    report->document = cJSON_CreateObject();
    about = cJSON_AddObjectToObject(report->document, "driver");
    cJSON_AddStringToObject(about, "name", driver->name);
    cJSON_AddStringToObject(about, "version", driver->version ? driver->version : "");
    cJSON_AddStringToObject(about, "file", path);
    snprintf(text, sizeof(text), "%u.%u", driver->abi_version >> 16, driver->abi_version & 0xffff);
    cJSON_AddStringToObject(about, "abi", text);
    about = cJSON_AddArrayToObject(about, "capabilities");
    if (driver->capabilities & CKPT_CAP_PARALLEL)
        cJSON_AddItemToArray(about, cJSON_CreateString("parallel"));
    if (driver->capabilities & CKPT_CAP_SHARED)
        cJSON_AddItemToArray(about, cJSON_CreateString("shared"));
    snprintf(text, sizeof(text), "%llu", (unsigned long long)kit->random);
    cJSON_AddStringToObject(report->document, "seed", text);
    report->rules = cJSON_AddArrayToObject(report->document, "rules");
}

void kit_report_begin(struct kit_report *report, bool json, const struct kit *kit, const char *path,
                      size_t total)
{
    *report = (struct kit_report){.json = json, .begin = kit_clock()};
    if (json) {
        begin_json(report, kit, path);
        return;
    }
    printf("TAP version 13\n1..%zu\n# driver %s, seed %llu\n", total, kit->driver->name,
           (unsigned long long)kit->random);
    fflush(stdout);
}

static void report_json(struct kit_report *report, const struct kit_rule *rule,
                        const struct kit_outcome *outcome, const char *reason)
{
    cJSON *row = cJSON_CreateObject();

    cJSON_AddStringToObject(row, "id", rule->id);
    cJSON_AddStringToObject(row, "name", rule->name);
    cJSON_AddStringToObject(row, "result", result_name(outcome->answer));
    cJSON_AddStringToObject(row, "reason", reason);
    cJSON_AddNumberToObject(row, "seconds", outcome->seconds);
    cJSON_AddItemToArray(report->rules, row);
}

static void report_tap(const struct kit_report *report, const struct kit_rule *rule,
                       const struct kit_outcome *outcome, const char *reason)
{
    printf("%s %zu - %s: %s", outcome->answer == KIT_FAIL ? "not ok" : "ok", report->number,
           rule->id, rule->name);
    if (outcome->answer == KIT_NOT_CLAIMED)
        printf(" # SKIP not claimed%s%s", reason[0] ? ": " : "", reason);
    if (outcome->answer == KIT_NOT_JUDGED)
        printf(" # SKIP not judged: %s", reason);
    puts("");
    if (outcome->answer == KIT_FAIL)
        printf("  # FAIL %s\n", reason);
    fflush(stdout);
}

void kit_report_rule(struct kit_report *report, const struct kit_rule *rule,
                     const struct kit_outcome *outcome)
{
    char reason[sizeof(outcome->reason)];

    memcpy(reason, outcome->reason, sizeof(reason));
    make_ascii(reason);
    if (outcome->answer == KIT_FAIL && !reason[0])
        snprintf(reason, sizeof(reason), "no reason is known");
    report->number++;
    report->failed += outcome->answer == KIT_FAIL;
    report->not_claimed += outcome->answer == KIT_NOT_CLAIMED;
    report->not_judged += outcome->answer == KIT_NOT_JUDGED;
    if (report->json)
        report_json(report, rule, outcome, outcome->answer == KIT_PASS ? "" : reason);
    else
        report_tap(report, rule, outcome, reason);
}

void kit_report_end(struct kit_report *report, bool complete)
{
    size_t passed = report->number - report->failed - report->not_claimed - report->not_judged;
    double seconds = kit_clock() - report->begin;

    if (report->json) {
        cJSON *summary = cJSON_AddObjectToObject(report->document, "summary");
        char *text;

        cJSON_AddNumberToObject(summary, "rules", (double)report->number);
        cJSON_AddNumberToObject(summary, "pass", (double)passed);
        cJSON_AddNumberToObject(summary, "fail", (double)report->failed);
        cJSON_AddNumberToObject(summary, "not-claimed", (double)report->not_claimed);
        cJSON_AddNumberToObject(summary, "not-judged", (double)report->not_judged);
        cJSON_AddNumberToObject(summary, "seconds", seconds);
        cJSON_AddBoolToObject(summary, "complete", complete);
        cJSON_AddBoolToObject(summary, "conforms",
                              complete && report->failed == 0 && report->not_judged == 0);
        text = cJSON_Print(report->document);
        puts(text ? text : "{}");
        free(text);
        cJSON_Delete(report->document);
    } else {
        if (!complete)
            puts("Bail out! a rule failed and --fail-fast was given");
        printf("# %zu pass, %zu fail, %zu not claimed, %zu not judged, in %.1f s\n", passed,
               report->failed, report->not_claimed, report->not_judged, seconds);
    }
    fflush(stdout);
}
