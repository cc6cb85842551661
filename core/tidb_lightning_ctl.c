/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tidb-lightning-ctl: looks after what an import left behind.
 */
#include "core/base/cancel.h"
#include "core/config/options.h"
#include "core/ctl/ctl.h"
#include "core/import/import.h"
#include "core/program.h"

static int control(const struct tl_options *options, struct tl_error *err)
{
    TL_CLEANUP(tl_cancel_free_p) struct tl_cancel *cancel = NULL;

    if (tl_cancel_new(&cancel, err) != TL_OK)
        return TL_EXIT_FAILED;
    tl_cancel_on_signals(cancel);
    return (int)tl_ctl_run(options, cancel, err);
}

int main(int argc, char **argv)
{
    return tl_program_main(TL_PROGRAM_CTL, "tidb-lightning-ctl", argc, argv, control);
}
