/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs print about checkpoint drivers: --list-drivers, --describe-driver, and the
 * driver's part of --print-config. All go to stdout.
 */
#ifndef TL_DRIVER_INFO_H
#define TL_DRIVER_INFO_H

#include "core/base/error.h"
#include "core/config/options.h"

/* One line for each driver file on the path: name, version, ABI, capabilities, file; or why it is
   refused, with what to do on a line of its own. */
int tl_driver_list(const struct tl_options *options, struct tl_error *err) TL_WARN_UNUSED;

/* All about the driver that options->action_argument names (or the path of one). */
int tl_driver_describe(const struct tl_options *options, struct tl_error *err) TL_WARN_UNUSED;

/* The configuration with all options of the chosen driver, checked against its rows. A driver that
   cannot be loaded is told in a comment: the rest of the configuration is shown all the same. */
int tl_driver_print_config(const struct tl_options *options, struct tl_error *err) TL_WARN_UNUSED;

#endif
