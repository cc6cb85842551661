/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May this run go on from the checkpoint? Compares the task, its options, its tables' statuses and
 * its source with what stands there now. Every difference is named, with the way out; nothing is
 * changed.
 */
#ifndef TL_IMPORT_RESUME_H
#define TL_IMPORT_RESUME_H

#include "core/base/error.h"
#include "core/import/plan.h"
#include "core/import/plan_store.h"

/* Task record against the configuration. TL_ERR_REFUSED. */
int tl_resume_check_task(const struct tl_task_record *task, const struct tl_options *options,
                         const struct tl_catalog *catalog, const char *store_where,
                         struct tl_error *err) TL_WARN_UNUSED;

/* Refuses when a table failed before; names table, file, line, reason and the commands. */
int tl_resume_check_failures(const struct tl_plan *plan, const struct tl_options *options,
                             struct tl_error *err) TL_WARN_UNUSED;

/* The source now against the plan: files longer, shorter, changed, gone, new. Files of finished
   tables may be gone. TL_ERR_CANCELED on request. */
int tl_resume_check_source(const struct tl_plan *plan, const struct tl_options *options,
                           const struct tl_catalog *catalog, const struct tl_cancel *cancel,
                           struct tl_error *err) TL_WARN_UNUSED;

/* " --config=FILE" for the commands in messages, "" without a file; borrowed from a static-size
   buffer of the caller. */
const char *tl_resume_config_hint(const struct tl_options *options, char *buffer, size_t size);

#endif
