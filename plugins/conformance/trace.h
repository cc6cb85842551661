/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a piece of a driver's life in a child under ptrace, and acts at its Nth effect: a system
 * call that changes a file or sends to a server. So every moment at which a process can die, or a
 * disk can fail, is tried one by one. Also watches whether what was written has been synced.
 *
 * Needs a kernel that permits ptrace, on x86-64 or AArch64. All threads of the child are traced.
 */
#ifndef TL_CONFORMANCE_TRACE_H
#define TL_CONFORMANCE_TRACE_H

#include "plugins/conformance/kit.h"

enum kit_trace_what {
    KIT_TRACE_WATCH,      /* count only */
    KIT_TRACE_KILL,       /* SIGKILL instead of the effect */
    KIT_TRACE_TEAR,       /* half of the write, then SIGKILL; KILL where it is no write */
    KIT_TRACE_FAIL,       /* the effect does not happen and returns `error` */
    KIT_TRACE_FAIL_READ,  /* the same for reading and opening files */
    KIT_TRACE_SHORT_READ, /* half of the read happens */
    KIT_TRACE_SHORT,      /* half of the write happens; nothing where it is no write */
    KIT_TRACE_CUT         /* the socket loses its connection, before sending and receiving */
};

struct kit_trace {
    enum kit_trace_what what;
    unsigned at;       /* which effect in the window, from 1 */
    bool renames_only; /* only renames are counted as effects, and what follows one */
    bool sticky;       /* and all after it in the window */
    bool removals;     /* a folder that lost a name must be synced, too */
    int error;

    unsigned effects; /* seen in the window */
    bool acted;
    unsigned forks;     /* processes that the child started */
    char unsynced[512]; /* what an apply left unsynced when it returned 0; "" = nothing */
    char last_name[32]; /* the system call acted on */
    int status;         /* of the child, as waitpid gives it */
};

/* What the traced child lives; ends by returning. */
typedef void (*kit_life_fn)(struct kit *kit, void *payload);

/* In the child: the window opens; it closes, with what apply returned. Effects outside of a window
   are not counted. After CKPT_OK everything written so far must be synced. */
void kit_window_begin(void);
void kit_window_end(int rc);

/* KIT_PASS, or KIT_NOT_JUDGED with the reason when tracing is not possible. */
int kit_trace_run(struct kit *kit, struct kit_trace *trace, kit_life_fn life, void *payload);

/* Memory that the child shares with the rule. NULL = there is none. Never freed. */
void *kit_shared(size_t size);

#endif
