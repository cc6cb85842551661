/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a task that was taken over from the upstream program becomes one of ours, at its first start.
 * Upstream has no ledger: its positions are looked up in the files, put into the ledger on the
 * target as committed ranges, and from there on nothing is different. Until the task record says
 * that it is done, all of it can be repeated.
 */
#ifndef TL_IMPORT_ADOPT_H
#define TL_IMPORT_ADOPT_H

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/import/plan.h"
#include "core/import/ranges.h"

struct tl_import;

/* Gives the plan's chunks the fingerprints, times and order of the files that the source has for
   them.
   TL_ERR_REFUSED when a file is read as another table or kind than upstream read it. Files that are
   missing or of another size are left to tl_resume_check_source. */
int tl_adopt_source(struct tl_plan *plan, const struct tl_catalog *catalog,
                    const struct tl_cancel *cancel, struct tl_error *err) TL_WARN_UNUSED;

/* Turns upstream's ranges of one file into ranges between row ends, with the reader's state there:
   reads the file up to the last of them. chunk is for messages. TL_ERR_REFUSED when a position lies
   within a row, or when there are fewer rows than were recorded. cancel may be NULL. */
int tl_adopt_place(struct tl_ranges *placed_out, const struct tl_ranges *theirs,
                   const struct tl_reader_settings *settings, const struct tl_plan_chunk *chunk,
                   const struct tl_cancel *cancel, struct tl_error *err) TL_WARN_UNUSED;

/* The whole of it, with the plan loaded and its source checked. Changes nothing before all checks
   are done. */
int tl_import_adopt(struct tl_import *import, struct tl_error *err) TL_WARN_UNUSED;

/* The way out for a duplicate key in a table that upstream was in the middle of. */
void tl_adopt_hint_duplicate(const struct tl_options *options, const struct tl_plan_table *table,
                             struct tl_error *err);

#endif
