/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan's objects as checkpoint records. The records borrow their strings from the plan. Call
 * with the plan's lock held.
 */
#ifndef TL_IMPORT_PLAN_RECORDS_H
#define TL_IMPORT_PLAN_RECORDS_H

#include "core/checkpoint/store.h"
#include "core/import/plan.h"

/* A bounded group of changes with the records they point to. */
struct tl_changes {
    size_t count;
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];
    const struct ckpt_change *pointers[CKPT_APPLY_MAX_CHANGES];
    union {
        struct ckpt_table table;
        struct ckpt_engine engine;
        struct ckpt_chunk chunk;
        struct ckpt_source source;
        struct ckpt_failure failure;
    } records[CKPT_APPLY_MAX_CHANGES];
};

/* True when `more` changes fit. */
bool tl_changes_fit(const struct tl_changes *changes, size_t more);

/* Add one record (the caller has checked that it fits). */
void tl_changes_add_table(struct tl_changes *changes, const struct tl_plan *plan,
                          const struct tl_plan_table *table);
void tl_changes_add_engines(struct tl_changes *changes, const struct tl_plan_table *table);
void tl_changes_add_failure(struct tl_changes *changes, const struct tl_plan_table *table);
void tl_changes_add_chunk(struct tl_changes *changes, const struct tl_plan_chunk *chunk);
void tl_changes_add_source(struct tl_changes *changes, const struct tl_plan_chunk *chunk);

/* Applies and empties the group. */
int tl_changes_apply(struct tl_changes *changes, struct tl_store *store,
                     struct tl_error *err) TL_WARN_UNUSED;

#endif
