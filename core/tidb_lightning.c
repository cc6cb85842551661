/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tidb-lightning: imports a dump. Reads the options, opens the log, runs the import, and turns its
 * end into an exit code.
 */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/base/log.h"
#include "core/config/options.h"
#include "core/program.h"
#include "core/ctl/ctl.h"
#include "core/import/import.h"

/* An interrupted control operation that could not be finished. */
static enum tl_exit exit_of_operation(const struct tl_error *err)
{
    if (err->code == TL_ERR_CANCELED || err->retryable)
        return TL_EXIT_RESUMABLE;
    return err->code == TL_ERR_REFUSED || err->code == TL_ERR_FENCED ? TL_EXIT_REFUSED
                                                                     : TL_EXIT_FAILED;
}

static enum tl_exit import(const struct tl_options *options, struct tl_error *err)
{
    TL_CLEANUP(tl_cancel_free_p) struct tl_cancel *cancel = NULL;
    enum tl_exit code;

    if (tl_program_open_log(options, TL_PROGRAM_LOADER, err) != TL_OK)
        return TL_EXIT_FAILED;
    if (tl_cancel_new(&cancel, err) != TL_OK)
        return TL_EXIT_FAILED;
    tl_cancel_on_signals(cancel);
    code = tl_ctl_finish_interrupted(options, cancel, err) == TL_OK
               ? tl_import_run(options, cancel, err)
               : exit_of_operation(err);
    if (code == TL_EXIT_RESUMABLE && err->code == TL_ERR_CANCELED && options->checkpoint_enable &&
        !tl_log_to_stdout())
        printf("tidb lightning canceled; the same command goes on from here\n");
    return code;
}

int main(int argc, char **argv)
{
    TL_CLEANUP(tl_options_free_p) struct tl_options *options = NULL;
    struct tl_error err;
    enum tl_exit code = TL_EXIT_USAGE;

    tl_error_init(&err);
    tl_program_protect();
    if (mysql_library_init(0, NULL, NULL) != 0)
        tl_error_set(&err, TL_ERR, "cannot initialise the client library");
    else if (tl_options_load(&options, TL_PROGRAM_LOADER, argc, argv, &err) == TL_OK)
        code = options->action == TL_ACTION_RUN
                   ? import(options, &err)
                   : (enum tl_exit)tl_program_answer(options, TL_PROGRAM_LOADER, &err);
    if (err.code != TL_OK && code != TL_EXIT_DONE)
        tl_program_complain("tidb-lightning", &err);
    tl_log_close();
    mysql_library_end();
    return (int)code;
}
