/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of an operation share. Private to core/ctl/operate*.c.
 */
#ifndef TL_CTL_OPERATE_INTERNAL_H
#define TL_CTL_OPERATE_INTERNAL_H

#include "core/ctl/operate.h"

struct tl_operate {
    struct tl_scene *scene;
    enum tl_operation operation;
    const char *argument;
    bool all;
    bool dry_run;
    bool ledger_only; /* the store knows nothing of the task */
    bool *marks;      /* for each table of the plan */
    size_t changed;
};

/* Does the operation to one table, in the order target, ledger, store, and prints what it did. */
int tl_operate_table(struct tl_operate *run, const struct tl_plan_table *table,
                     struct tl_error *err) TL_WARN_UNUSED;

#endif
