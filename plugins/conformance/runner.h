/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one rule in a process of its own: a crash, an exit and a hang of the driver are one failed
 * rule, and what it prints does not reach the report.
 */
#ifndef TL_CONFORMANCE_RUNNER_H
#define TL_CONFORMANCE_RUNNER_H

#include "plugins/conformance/kit.h"

struct kit_outcome {
    enum kit_answer answer;
    bool hung;
    double seconds;
    char reason[1024]; /* of a failure, or of being neither; may be empty otherwise */
    char noise[512];   /* the beginning of what its process printed, in one line */
};

/* seconds: the limit. The process group of the rule is gone when this returns. */
void kit_run_forked(struct kit_outcome *outcome_out, const struct kit *kit,
                    const struct kit_rule *rule, unsigned seconds);

/* In this process, without a limit, for a debugger. */
void kit_run_here(struct kit_outcome *outcome_out, const struct kit *kit,
                  const struct kit_rule *rule);

/* Factor by which a build with a sanitizer is allowed to be slower. */
unsigned kit_slowness(void);

/* Seconds of a clock that only goes on. */
double kit_clock(void);

#endif
