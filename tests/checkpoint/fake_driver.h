/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver that keeps nothing and does what the test says: it counts calls, fails as told, and
 * delivers what it was given. One script for the process; tests run in forks of their own.
 */
#ifndef TL_TESTS_FAKE_DRIVER_H
#define TL_TESTS_FAKE_DRIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/checkpoint/model.h"
#include "core/checkpoint/registry.h"
#include "core/checkpoint/store.h"

enum { FAKE_APPLIES = 64, FAKE_CHUNKS = 8 };

struct fake_script {
    /* Counters. */
    int opens, closes, applies, loads, retires, dumps;
    size_t apply_sizes[FAKE_APPLIES];
    uint32_t last_kind;
    bool inside;     /* a call is running */
    bool overlapped; /* two calls ran at once */
    /* What to do. */
    int fail_times; /* the next calls of apply and load fail so often, -1 = always */
    int code;       /* with this code */
    bool retryable;
    const char *message; /* NULL = none */
    bool deliver_first;  /* a failing load delivers the table before it fails */
    const char *table;   /* what load_table delivers; NULL = not found */
    struct ckpt_chunk chunks[FAKE_CHUNKS];
    size_t chunk_count;
    bool ignore_stop;       /* goes on after the visitor stopped */
    bool swallow_stop;      /* returns OK although the visitor stopped */
    bool output_on_failure; /* open fails and sets its output */
    bool ok_without_store;  /* open succeeds and sets none */
    bool deliver_nothing;   /* load_table succeeds without the table */
    unsigned sleep_us;      /* in each apply */
    char seen_dsn[64];      /* by open */
    int64_t seen_number;    /* value of its option "limit" */
};

extern struct fake_script fake;
extern struct ckpt_driver fake_driver; /* all methods; a test may take some away */

/* Settings that open the fake driver; retries end after 0.3 s. */
struct tl_store_settings fake_settings(void);

/* Opens it; the test fails if that fails. */
struct tl_store *fake_open(void);

/* A chunk record of table "`a`.`b`". */
struct ckpt_chunk fake_chunk(const char *path, int64_t offset);

#endif
