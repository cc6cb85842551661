/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The target's tables at an adoption: what upstream recorded must be there, and what it may have
 * loaded besides is told.
 */
#ifndef TL_IMPORT_ADOPT_TABLE_H
#define TL_IMPORT_ADOPT_TABLE_H

#include "core/import/control.h"
#include "core/import/plan.h"

/* Refuses when a table with recorded rows is missing or empty. Says of each unfinished table with
   rows whether some of them may be loaded twice, and what keeps that from happening; an empty one
   is none that upstream was in the middle of. */
int tl_adopt_tables(struct tl_control *control, struct tl_plan *plan,
                    const struct tl_options *options, struct tl_error *err) TL_WARN_UNUSED;

#endif
