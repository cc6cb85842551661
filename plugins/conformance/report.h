/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report of a run: TAP line by line, or one JSON document at the end.
 */
#ifndef TL_CONFORMANCE_REPORT_H
#define TL_CONFORMANCE_REPORT_H

#include <cjson/cJSON.h>

#include "plugins/conformance/runner.h"

struct kit_report {
    bool json;
    size_t number; /* of the last rule */
    size_t failed;
    size_t not_claimed;
    size_t not_judged;
    double begin;
    cJSON *document; /* owned, NULL in TAP */
    cJSON *rules;    /* borrowed */
};

/* total: how many rules will be reported. */
void kit_report_begin(struct kit_report *report, bool json, const struct kit *kit, const char *path,
                      size_t total);
void kit_report_rule(struct kit_report *report, const struct kit_rule *rule,
                     const struct kit_outcome *outcome);

/* Ends the report; complete: false when the run was given up before its end. */
void kit_report_end(struct kit_report *report, bool complete);

#endif
