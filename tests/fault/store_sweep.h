/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of work for the sweeps: a store from the finding of its driver to its removal, and a plan
 * from the scan of a dump to its reading back. They tell how far they came.
 */
#ifndef TL_TESTS_FAULT_STORE_SWEEP_H
#define TL_TESTS_FAULT_STORE_SWEEP_H

#include "sweep.h"

/* The checkpoint of the sweeps, below f->other; through the wrapper driver. */
struct tl_store_settings sweep_settings(struct fixture *f, const struct tl_ckpt_module *module);

/* What a round of sweep_store has confirmed: the highest pos whose apply returned TL_OK. */
extern int64_t sweep_confirmed, sweep_tried;

/* Loads the driver, opens, applies records of every kind, reads all of them, closes. */
int sweep_store(struct fixture *f, unsigned round, struct tl_error *err);

/* Without a fault: the store opens, and has what was confirmed, or what was tried last. */
void sweep_store_check(struct fixture *f, unsigned round, int rc);

/* Scans, plans, saves, changes, flushes, loads. */
int sweep_plan(struct fixture *f, unsigned round, struct tl_error *err);

/* Without a fault: a task that says that it is planned has all its tables and chunks. */
void sweep_plan_check(struct fixture *f, unsigned round, int rc);

/* A dump of two tables for sweep_plan. */
void sweep_setup(struct fixture *f);

#endif
