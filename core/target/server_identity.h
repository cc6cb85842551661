/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which server we talk to, and since when it runs. Private to the server module.
 */
#ifndef TL_TARGET_SERVER_IDENTITY_H
#define TL_TARGET_SERVER_IDENTITY_H

#include "core/base/error.h"
#include "core/target/server.h"
#include "core/target/session.h"

/* What SHOW VARIABLES tells; "" = the server has no such variable. */
struct tl_server_variables {
    char version[128];
    char version_comment[128];
    char hostname[256];
    char port[16];
    char datadir[512];
    char server_uid[64];
    char server_uuid[64];
    char log_bin[16];
    char binlog_format[16];
    char flush[16];
    char read_only[16];
    char super_read_only[16];
    char innodb_read_only[16];
    char tidb_read_only[16];
    char tidb_super_read_only[16];
    char lower_case[16];
    char max_packet[32];
};

/* Sets server->identity; server->kind is known. */
int tl_server_identify(struct tl_server *server, const struct tl_server_variables *variables,
                       struct tl_session *session, struct tl_error *err) TL_WARN_UNUSED;

/* Sets start_time, start_exact and clock_seq; server->kind is known. */
int tl_server_find_start(struct tl_server *server, struct tl_session *session,
                         struct tl_error *err) TL_WARN_UNUSED;

#endif
