/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole import, from the scan of the source to the end of the checkpoint.
 */
#ifndef TL_IMPORT_IMPORT_H
#define TL_IMPORT_IMPORT_H

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/config/options.h"

/* Exit codes of both programs. */
enum tl_exit {
    TL_EXIT_DONE = 0,
    TL_EXIT_FAILED =
        1,             /* something went wrong for good; a failed table needs the control program */
    TL_EXIT_USAGE = 2, /* command line or configuration */
    TL_EXIT_RESUMABLE = 3, /* stopped; the same command goes on */
    TL_EXIT_REFUSED = 4    /* needs a decision first; nothing was changed */
};

/* Intent in the ledger while the end of a complete import is under way. */
#define TL_INTENT_FINISH "finish"

/* Runs the import; err is set unless TL_EXIT_DONE. The log is open. */
enum tl_exit tl_import_run(const struct tl_options *options, struct tl_cancel *cancel,
                           struct tl_error *err);

#endif
