/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fault sweeps in one process: a piece of work is repeated with the 1st, 2nd, ... allocation or
 * driver call failing, until it needs no fault. The work is a function that gives back all that it
 * took; under the sanitizers a leak or a bad access ends the test.
 */
#ifndef TL_TESTS_FAULT_SWEEP_H
#define TL_TESTS_FAULT_SWEEP_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "../import/import_fixture.h"

#ifndef TL_TEST_SOURCE /* the build says where it is */
#define TL_TEST_SOURCE "."
#endif

/* One round: TL_OK or negative with err filled. `round` counts from 1. */
typedef int (*sweep_work)(struct fixture *f, unsigned round, struct tl_error *err);

/* What must hold after a round. */
typedef void (*sweep_check)(struct fixture *f, unsigned round, int rc);

struct sweep_allocator {
    void (*arm)(uint64_t nth, int sticky);
    uint64_t (*faults)(void);
};

/* The allocator of fault_malloc.c; arm is NULL when it is not loaded. */
static inline struct sweep_allocator sweep_allocator(void)
{
    struct sweep_allocator allocator;

    *(void **)&allocator.arm = dlsym(RTLD_DEFAULT, "tl_fault_malloc_arm");
    *(void **)&allocator.faults = dlsym(RTLD_DEFAULT, "tl_fault_malloc_faults");
    return allocator;
}

static inline void sweep_judge(int rc, bool met, const struct tl_error *err, const char *what,
                               unsigned nth)
{
    ck_assert_msg(rc == TL_OK || rc < 0, "%s %u: code %d", what, nth, rc);
    ck_assert_msg(rc == TL_OK || err->message[0], "%s %u: code %d without a message", what, nth,
                  rc);
    ck_assert_msg(rc == TL_OK || met, "%s %u: failed without a fault: %s", what, nth, err->message);
    ck_assert_msg(!strchr(err->message, '\n'), "%s %u: more than one line", what, nth);
}

/* Fails every step-th allocation (the first one by chance), alone and with all that follow; returns
   the number of faults. */
static inline unsigned sweep_memory(struct fixture *f, sweep_work work, sweep_check check,
                                    unsigned step)
{
    const struct sweep_allocator allocator = sweep_allocator();
    unsigned total = 0;

    ck_assert_msg(allocator.arm && allocator.faults, "tl-fault-malloc.so is not loaded");
    for (int sticky = 0; sticky < 2; sticky++) {
        bool met = true;

        for (unsigned nth = 1 + (unsigned)getpid() % step; met; nth += step) {
            struct tl_error err;
            int rc;

            tl_error_init(&err);
            allocator.arm(nth, sticky);
            rc = work(f, nth, &err);
            met = allocator.faults() > 0;
            allocator.arm(0, 0);
            sweep_judge(rc, met, &err, sticky ? "allocation and later" : "allocation", nth);
            ck_assert_msg(rc == TL_OK || rc == TL_ERR_NOMEM || rc == TL_ERR_STORE ||
                              rc == TL_ERR_IO || rc == TL_ERR,
                          "allocation %u: code %d is no trouble of memory: %s", nth, rc,
                          err.message);
            if (check)
                check(f, nth, rc);
            total += met;
        }
    }
    return total;
}

/* How many faults the wrapper driver has made under the plan, which has calls=<path>. */
static inline unsigned long sweep_calls_met(const char *path)
{
    unsigned long events = 0, faults = 0;
    FILE *file = fopen(path, "r");

    if (file && fscanf(file, "%lu %lu", &events, &faults) != 2)
        faults = 0;
    if (file)
        fclose(file);
    return faults;
}

/* Fails every call of the wrapper driver; plan is a part of CKPT_FAULT: "code=err,sticky". */
static inline unsigned sweep_calls(struct fixture *f, sweep_work work, sweep_check check,
                                   const char *plan)
{
    unsigned long met = 1;
    unsigned total = 0;
    char calls[512], text[1024];

    tempdir_path(&f->other, "calls", calls);
    for (unsigned nth = 1; met; nth++) {
        struct tl_error err;
        int rc;

        unlink(calls);
        snprintf(text, sizeof(text), "nth=%u,%s,calls=%s", nth, plan, calls);
        setenv("CKPT_FAULT", text, 1);
        tl_error_init(&err);
        rc = work(f, nth, &err);
        unsetenv("CKPT_FAULT");
        met = sweep_calls_met(calls);
        sweep_judge(rc, met > 0, &err, plan, nth);
        if (check)
            check(f, nth, rc);
        total += met > 0;
    }
    return total;
}

/* Starts the program anew with the allocator in front, unless it is there already. */
static inline void sweep_preload(char **argv)
{
    char options[1024];
    const char *given = getenv("ASAN_OPTIONS");

    if (sweep_allocator().arm || getenv("LD_PRELOAD"))
        return;
    snprintf(options, sizeof(options), "%s:verify_asan_link_order=0", given ? given : "");
    setenv("ASAN_OPTIONS", options, 1);
    setenv("LSAN_OPTIONS", "print_suppressions=0:suppressions=" TL_TEST_SOURCE "/lsan.supp", 1);
    setenv("LD_PRELOAD", TL_TEST_DRIVER_DIR "/tests/tl-fault-malloc.so", 1);
    execv("/proc/self/exe", argv);
}

#endif
