/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the wrapper driver fails. The plan comes from the environment, so that a sweep changes it
 * from run to run and leaves the configuration alone:
 *
 *     CKPT_FAULT="nth=5,sticky,after,unit=record,code=lost,methods=open+apply,calls=FILE"
 *
 * nth      the event that fails, from 1; 0 or absent: none
 * sticky   every later event fails too
 * after    the call is really made, and then said to have failed: the outcome is unknown
 * unit     call (the default), or record: the events are the records that a load delivers
 * code     err, nomem, full, lost (retryable), corrupt, busy
 * methods  the methods that count; absent: all
 * calls    a file that always holds "<events so far> <faults so far>"
 *
 * The count is of the process, over all stores: a run opens more than one. It begins anew when the
 * value of CKPT_FAULT is another one (a `run=7` in it has no other meaning).
 */
#ifndef TL_TESTS_FAULT_PLAN_H
#define TL_TESTS_FAULT_PLAN_H

#include <stdbool.h>
#include <tidb-lightning/checkpoint_driver.h>

enum fault_method {
    FAULT_DEFAULT_DSN,
    FAULT_OPEN,
    FAULT_DESCRIBE,
    FAULT_APPLY,
    FAULT_LOAD_TASK,
    FAULT_LOAD_TABLE,
    FAULT_EACH_TABLE,
    FAULT_RETIRE,
    FAULT_METHODS
};

/* What becomes of one call. */
enum fault_fate { FAULT_NONE, FAULT_INSTEAD, FAULT_AFTER };

/* Counts a call of the method. Any thread. */
enum fault_fate fault_call(enum fault_method method);

/* Counts a record that is about to be delivered; true = it fails. Any thread. */
bool fault_record(enum fault_method method);

/* Fills err for the planned fault and returns its code. */
int fault_error(enum fault_method method, struct ckpt_error *err);

#endif
