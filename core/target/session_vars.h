/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The variables of a new session: what the loader needs, then [tidb.session-vars]. Private to the
 * session module.
 */
#ifndef TL_TARGET_SESSION_VARS_H
#define TL_TARGET_SESSION_VARS_H

#include <stdbool.h>

#include "core/base/error.h"
#include "core/config/options.h"
#include "core/target/session.h"

/* A variable of the configuration that the server does not know is a warning, once per process. */
int tl_session_set_vars(struct tl_session *session, const struct tl_options *options, bool tidb,
                        struct tl_error *err) TL_WARN_UNUSED;

#endif
