/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tidb-lightning: imports a dump. Reads the options, opens the log, runs the import, and turns its
 * end into an exit code.
 */
#include <stdio.h>

#include "core/base/cancel.h"
#include "core/base/log.h"
#include "core/config/options.h"
#include "core/program.h"
#include "core/ctl/ctl.h"
#include "core/import/import.h"

static int import(const struct tl_options *options, struct tl_error *err)
{
    TL_CLEANUP(tl_cancel_free_p) struct tl_cancel *cancel = NULL;
    enum tl_exit code;
    int rc;

    if (tl_program_open_log(options, TL_PROGRAM_LOADER, err) != TL_OK)
        return TL_EXIT_FAILED;
    if (tl_cancel_new(&cancel, err) != TL_OK)
        return TL_EXIT_FAILED;
    tl_cancel_on_signals(cancel);
    rc = tl_ctl_finish_interrupted(options, cancel, err);
    code = rc == TL_OK ? tl_import_run(options, cancel, err) : tl_ctl_exit(rc, err);
    if (code == TL_EXIT_RESUMABLE && err->code == TL_ERR_CANCELED && options->checkpoint_enable &&
        !tl_log_to_stdout())
        printf("tidb lightning canceled; the same command goes on from here\n");
    return (int)code;
}

int main(int argc, char **argv)
{
    return tl_program_main(TL_PROGRAM_LOADER, "tidb-lightning", argc, argv, import);
}
