/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of tl_settings_resolve (resolve.c) that have a file of their own.
 */
#ifndef TL_CONFIG_RESOLVE_H
#define TL_CONFIG_RESOLVE_H

#include "core/config/settings.h"

/* Turns options->source_dir into a path; "" if none is given and none is needed. */
int tl_resolve_source_dir(struct tl_options *options, enum tl_program program, bool needed,
                          struct tl_error *err) TL_WARN_UNUSED;

/* Checks [mydumper.csv] and derives escaped_by. */
int tl_resolve_csv(struct tl_settings *settings, struct tl_error *err) TL_WARN_UNUSED;

/* Warnings by name about what was set and is not acted on. */
int tl_resolve_warnings(struct tl_settings *settings, struct tl_error *err) TL_WARN_UNUSED;

#endif
