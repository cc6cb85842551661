/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan as records of the checkpoint store: writing all of it, writing what changed, reading it.
 */
#ifndef TL_IMPORT_PLAN_STORE_H
#define TL_IMPORT_PLAN_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/checkpoint/store.h"
#include "core/import/plan.h"

/* The table record's extra, one word: its target table was empty before the first run; or the
   upstream program was in the middle of it when its checkpoint was taken over. */
#define TL_EXTRA_WAS_EMPTY "was-empty"
#define TL_EXTRA_TAKEN_OVER "taken-over"

/* The word for a table; "" for none. Static text. */
const char *tl_plan_table_extra(const struct tl_plan_table *table);

/* What the store says of the task, and what it was planned with. Strings owned. */
struct tl_task_record {
    int64_t task_id;
    bool planned;
    bool foreign;   /* written by another program: none of our own fields is there */
    bool adopt;     /* taken over from the upstream program, and no run has adopted it yet */
    char *upstream; /* release of the upstream program that began it; NULL: ours */
    char *source_dir;
    char *backend;
    char *version;
    char *target_identity;
    char *options_json; /* name -> digest of each option that decides what the rows become */
};

void tl_task_record_done(struct tl_task_record *task);

/* TL_NOT_FOUND when the store has no task. */
int tl_task_record_load(struct tl_task_record *task_out, struct tl_store *store,
                        struct tl_error *err) TL_WARN_UNUSED;

/* The task record as it is to be stored; planned tells whether the plan behind it is complete. */
int tl_task_record_save(struct tl_store *store, const struct tl_plan *plan,
                        const struct tl_options *options, const char *target_identity, bool planned,
                        struct tl_error *err) TL_WARN_UNUSED;

/* Writes the task record of a plan that was taken over from the upstream program and that no run
   has adopted yet; host and port are those of its target. */
int tl_task_record_save_upstream(struct tl_store *store, const struct tl_plan *plan,
                                 const char *host, int32_t port, bool planned,
                                 struct tl_error *err) TL_WARN_UNUSED;

/* The digests of the options that must not change between runs: JSON, new string, free(). */
char *tl_options_digest(const struct tl_options *options);

/* Replaces the store's content by the plan: task with planned = 0, all records, planned = 1.
   TL_ERR_CANCELED on request (cancel may be NULL): nothing is planned then. */
int tl_plan_save(struct tl_plan *plan, struct tl_store *store, const struct tl_options *options,
                 const char *target_identity, const struct tl_cancel *cancel,
                 struct tl_error *err) TL_WARN_UNUSED;

/* Adds the records of all tables of a plan to the store. cancel as above. */
int tl_plan_save_tables(struct tl_plan *plan, struct tl_store *store,
                        const struct tl_cancel *cancel, struct tl_error *err) TL_WARN_UNUSED;

/* Reads the whole plan. */
int tl_plan_load(struct tl_plan **plan_out, struct tl_store *store,
                 const struct tl_task_record *task, struct tl_error *err) TL_WARN_UNUSED;

/* Takes the changed records (under the plan's lock), clears their dirty marks and applies them;
   marks everything dirty again when that fails. Applying happens without the lock. */
int tl_plan_flush(struct tl_plan *plan, struct tl_store *store,
                  struct tl_error *err) TL_WARN_UNUSED;

#endif
