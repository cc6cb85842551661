/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks: what the upstream program recorded of one file, where its position alone does not say it
 * (upstream cuts large CSV files into slices). Kept as text in the chunk record's extra from the
 * takeover until a run adopts the task. The positions are upstream's, which are not yet row ends as
 * our readers cut them.
 */
#ifndef TL_IMPORT_ADOPT_MARKS_H
#define TL_IMPORT_ADOPT_MARKS_H

#include "core/base/error.h"
#include "core/import/plan.h"
#include "core/import/ranges.h"

/* "begin:end:rows:bytes:last" for each range, blanks between: new string, free(). TL_ERR_DATA when
   it does not fit into an extra (CKPT_MAX_EXTRA). */
int tl_marks_print(char **text_out, const struct tl_ranges *ranges,
                   struct tl_error *err) TL_WARN_UNUSED;

/* What upstream loaded of a chunk of a plan that is not adopted: its marks, else [0, pos).
   ranges_out is the caller's, empty before; tl_ranges_done(), also on failure. */
int tl_marks_of_chunk(struct tl_ranges *ranges_out, const struct tl_plan_chunk *chunk,
                      struct tl_error *err) TL_WARN_UNUSED;

#endif
