/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at target tables before rows go in: is it there, has it rows, can its engine roll back.
 */
#ifndef TL_IMPORT_TABLE_PROBE_H
#define TL_IMPORT_TABLE_PROBE_H

#include <stdbool.h>

#include "core/base/error.h"
#include "core/import/control.h"
#include "core/import/plan.h"

/* A table that an earlier run loaded rows into: TL_ERR_REFUSED when it is not there, or (has_rows)
   when it is empty. */
int tl_probe_loaded_table(struct tl_control *control, const struct tl_plan_table *table,
                          bool has_rows, struct tl_error *err) TL_WARN_UNUSED;

/* True in *empty_out when the table has no row, also when it is not there. */
int tl_probe_empty(struct tl_control *control, const struct tl_plan_table *table, bool *empty_out,
                   struct tl_error *err) TL_WARN_UNUSED;

/* Refuses tables of the plan whose engine has no transactions (or is not the ledger's), all named.
 */
int tl_probe_engines(struct tl_control *control, const struct tl_plan *plan,
                     struct tl_error *err) TL_WARN_UNUSED;

#endif
