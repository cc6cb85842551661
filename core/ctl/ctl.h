/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control operations: what to do with the checkpoint of an import that is not running. They
 * work on any driver's store, and on the ledger of the target.
 */
#ifndef TL_CTL_CTL_H
#define TL_CTL_CTL_H

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/config/options.h"
#include "core/import/import.h"

/* Runs the operation that the options ask for and prints, table by table, what it did; with
   --dry-run what it would do. Without an operation: the usage, exit 2. */
enum tl_exit tl_ctl_run(const struct tl_options *options, const struct tl_cancel *cancel,
                        struct tl_error *err);

/* The exit code of an operation that ended with rc. */
enum tl_exit tl_ctl_exit(int rc, const struct tl_error *err);

/* For the loader, before it begins: an operation on this task that was interrupted is completed. A
   target that cannot be reached is no error here. */
int tl_ctl_finish_interrupted(const struct tl_options *options, const struct tl_cancel *cancel,
                              struct tl_error *err) TL_WARN_UNUSED;

#endif
