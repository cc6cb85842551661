/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a connection to the target is made: address, TLS, time-outs, socket options. Private to the
 * session module; everybody else calls tl_session_open.
 */
#ifndef TL_TARGET_SESSION_CONNECT_H
#define TL_TARGET_SESSION_CONNECT_H

#include <mysql.h>

#include "core/base/error.h"
#include "core/config/options.h"

/* Connects a handle fresh from mysql_init. On failure the handle is only good for mysql_close. */
int tl_session_connect(MYSQL *mysql, const struct tl_options *options,
                       struct tl_error *err) TL_WARN_UNUSED;

/* Seconds that one read or write may take, 0 = for ever, on a connected handle. */
void tl_session_apply_timeout(MYSQL *mysql, unsigned seconds);

/* Fills err from the handle's last error, without a context. Returns TL_ERR_DB. */
int tl_mysql_error(MYSQL *mysql, struct tl_error *err);

#endif
