/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run that died between the end of its import and the end of its ledger has no checkpoint any
 * more, only the ledger with the intent "finish". The next run of the same import only completes
 * that end.
 */
#ifndef TL_IMPORT_LEFTOVER_H
#define TL_IMPORT_LEFTOVER_H

#include "core/base/error.h"
#include "core/import/import_internal.h"

/* Looks for such a task of this source. When it was this very import, and its tables are still
   there: deletes its ledger rows and sets nothing_to_do, with its plan for the report. When it was
   another one (files or options differ): TL_ERR_REFUSED, since neither loading again nor doing
   nothing is sure to be right. */
int tl_import_finish_leftover(struct tl_import *import, struct tl_error *err) TL_WARN_UNUSED;

#endif
