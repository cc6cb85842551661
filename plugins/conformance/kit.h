/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conformance kit: one rule of the driver contract is one function in a table of its topic.
 * Each rule runs in a process of its own, on a store that it empties first, and calls the driver
 * directly, without the host's wrapper, which would hide what a driver does wrong.
 *
 * To add a rule: write `static int my_rule(struct kit *kit)` in the file of its topic and add a row
 * to the table at the end of that file. To add a topic: a file with a table, listed in main.c.
 */
#ifndef TL_CONFORMANCE_KIT_H
#define TL_CONFORMANCE_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tidb-lightning/checkpoint_driver.h>

#include "core/base/cleanup.h"

enum kit_answer {
    KIT_PASS = 0,
    KIT_NOT_CLAIMED = 1, /* the rule does not concern this driver */
    KIT_NOT_JUDGED = 2,  /* it does, but this system does not let the kit look */
    KIT_FAIL = -1
};

struct kit {
    const struct ckpt_driver *driver;
    const char *dsn;
    const char *schema;
    const char *target_dsn;
    const char *break_command; /* damages the store's data; NULL = none was given */
    char secret[256];          /* of the DSN, see kit_secret */
    const char *second_dsn;    /* another store; NULL = the kit derives one */
    struct ckpt_option_value *options;
    size_t option_count;
    const char *noise; /* what earlier rules' processes printed, "" = nothing */
    int user_fd;       /* where the user's standard error is, for a command of the user */
    uint64_t random;   /* state of kit_random */
    char reason[1024]; /* of the first failure, or of being neither passed nor failed */
};

struct kit_rule {
    const char *id;              /* short and stable: [a-z0-9-]+ */
    const char *name;            /* a sentence: what holds */
    int (*run)(struct kit *kit); /* enum kit_answer */
    unsigned seconds;            /* that it may take; 0 = KIT_SECONDS */
};

/* A rule that takes longer has failed: the driver hangs. */
enum { KIT_SECONDS = 30 };

/* Tables of rules, by topic, each ended by a row without a name. */
extern const struct kit_rule kit_rules_open[];
extern const struct kit_rule kit_rules_error[];
extern const struct kit_rule kit_rules_read[];
extern const struct kit_rule kit_rules_order[];
extern const struct kit_rule kit_rules_apply[];
extern const struct kit_rule kit_rules_fields[];
extern const struct kit_rule kit_rules_borrow[];
extern const struct kit_rule kit_rules_names[];
extern const struct kit_rule kit_rules_random[];
extern const struct kit_rule kit_rules_share[];
extern const struct kit_rule kit_rules_thread[];
extern const struct kit_rule kit_rules_snapshot[];
extern const struct kit_rule kit_rules_second[];
extern const struct kit_rule kit_rules_kill[];
extern const struct kit_rule kit_rules_crash[];
extern const struct kit_rule kit_rules_tidy[];
extern const struct kit_rule kit_rules_fault[];
extern const struct kit_rule kit_rules_fault_open[];
extern const struct kit_rule kit_rules_full[];
extern const struct kit_rule kit_rules_durable[];
extern const struct kit_rule kit_rules_lost[];
extern const struct kit_rule kit_rules_process[];
extern const struct kit_rule kit_rules_leak[];
extern const struct kit_rule kit_rules_scale[];
extern const struct kit_rule kit_rules_retire[];
extern const struct kit_rule kit_rules_retired[];
extern const struct kit_rule kit_rules_broken[];

/* Notes the reason (the first one stays) and returns KIT_FAIL. */
int kit_fail(struct kit *kit, const char *fmt, ...) TL_PRINTF(2, 3);

/* Puts something before the reason ("after SIGKILL: ...") and returns KIT_FAIL. */
int kit_prefix(struct kit *kit, const char *fmt, ...) TL_PRINTF(2, 3);

/* Notes why the rule says nothing about this driver and returns KIT_NOT_CLAIMED. */
int kit_skip(struct kit *kit, const char *fmt, ...) TL_PRINTF(2, 3);

/* Notes what this system does not permit and returns KIT_NOT_JUDGED. */
int kit_blind(struct kit *kit, const char *why);

/* Leaves the rule when the condition does not hold. */
#define KIT_CHECK(condition, ...)              \
    do {                                       \
        if (!(condition))                      \
            return kit_fail(kit, __VA_ARGS__); \
    } while (0)

/* Leaves the rule with the answer of a step that is not KIT_PASS. */
#define KIT_TRY(step)                \
    do {                             \
        int kit_answer_ = (step);    \
        if (kit_answer_ != KIT_PASS) \
            return kit_answer_;      \
    } while (0)

/* A number below `below`, from a seed that the report names. */
uint32_t kit_random(struct kit *kit, uint32_t below);

/* ---- Stores ---- */

struct kit_store {
    const struct kit *kit;
    struct ckpt_store *handle;
};

void kit_close(struct kit_store *store);
#define KIT_STORE TL_CLEANUP(kit_close) struct kit_store

/* Opens the store under test; flags as CKPT_OPEN_. */
int kit_open(struct kit *kit, struct kit_store *store, uint32_t flags);

/* Opens it and deletes all records. */
int kit_fresh(struct kit *kit, struct kit_store *store);

/* Arguments of open, for rules that call it themselves. */
struct ckpt_open_args kit_args(const struct kit *kit, const char *dsn, uint32_t flags);

/* A struct ckpt_error as the host gives it. */
struct ckpt_error kit_error(void);

/* The code must be `expected` (any negative one for CKPT_ERR); a failure must have said why, in one
   line. */
int kit_expect(struct kit *kit, const char *what, int rc, int expected,
               const struct ckpt_error *err);

/* The password in the DSN under test ("user:password@..."), NULL = there is none of a length that
   could not stand in a message by chance. */
const char *kit_secret(const struct kit *kit);

/* ---- Changes ---- */

struct ckpt_str kit_str(const char *text);
struct ckpt_change kit_put(enum ckpt_change_kind kind, const void *record);
struct ckpt_change kit_delete(enum ckpt_change_kind kind, const char *table);

/* Applies n changes in one apply; repeats it while the driver says that this may help. */
int kit_apply(struct kit *kit, struct kit_store *store, const struct ckpt_change *changes,
              size_t n);
int kit_apply_one(struct kit *kit, struct kit_store *store, struct ckpt_change change);

/* Records with a plausible value in every field. */
struct ckpt_task kit_task(void);
struct ckpt_table kit_table(const char *name, uint32_t status);
struct ckpt_engine kit_engine(const char *name, int32_t id);
struct ckpt_chunk kit_chunk(const char *name, int32_t engine, const char *path, int64_t offset);
struct ckpt_source kit_source(const char *name, const char *path);
struct ckpt_failure kit_failure(const char *name, const char *path, int64_t offset);

/* ---- Reading ---- */

/* What a table must look like, each list in the order of the contract. */
struct kit_image {
    const struct ckpt_table *table;
    const struct ckpt_engine *engines;
    size_t engine_count;
    const struct ckpt_chunk *chunks;
    size_t chunk_count;
    const struct ckpt_source *sources;
    size_t source_count;
    const struct ckpt_failure *failures;
    size_t failure_count;
};

/* The table must be there, exactly so. */
int kit_expect_table(struct kit *kit, struct kit_store *store, const struct kit_image *image);

/* The task must be there, exactly so. */
int kit_expect_task(struct kit *kit, struct kit_store *store, const struct ckpt_task *task);

/* There must be no such table (no task if name is NULL), and no callback may run. */
int kit_expect_missing(struct kit *kit, struct kit_store *store, const char *name);

/* Number of tables that each_table delivers. */
int kit_count_tables(struct kit *kit, struct kit_store *store, uint32_t filter, size_t *count_out);

#endif
