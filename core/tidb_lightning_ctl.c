/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tidb-lightning-ctl: looks after what an import left behind.
 */
#include <mysql.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/base/log.h"
#include "core/config/options.h"
#include "core/ctl/ctl.h"
#include "core/import/import.h"
#include "core/program.h"

static enum tl_exit control(const struct tl_options *options, struct tl_error *err)
{
    TL_CLEANUP(tl_cancel_free_p) struct tl_cancel *cancel = NULL;

    if (tl_cancel_new(&cancel, err) != TL_OK)
        return TL_EXIT_FAILED;
    tl_cancel_on_signals(cancel);
    return tl_ctl_run(options, cancel, err);
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
    else if (tl_options_load(&options, TL_PROGRAM_CTL, argc, argv, &err) == TL_OK)
        code = options->action == TL_ACTION_RUN
                   ? control(options, &err)
                   : (enum tl_exit)tl_program_answer(options, TL_PROGRAM_CTL, &err);
    if (err.code != TL_OK && code != TL_EXIT_DONE)
        tl_program_complain("tidb-lightning-ctl", &err);
    tl_log_close();
    mysql_library_end();
    return (int)code;
}
