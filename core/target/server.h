/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of server the target is, what it can do, and which incarnation of it we talk to.
 */
#ifndef TL_TARGET_SERVER_H
#define TL_TARGET_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/target/session.h"

enum tl_server_kind { TL_SERVER_MYSQL, TL_SERVER_MARIADB, TL_SERVER_TIDB };

struct tl_server {
    enum tl_server_kind kind;
    uint32_t version; /* 101119 for 10.11.19 */
    char version_text[128];
    bool bulk;            /* COM_STMT_BULK_EXECUTE (MARIADB_CLIENT_STMT_BULK_OPERATIONS) */
    bool repeatable_read; /* READ COMMITTED is not possible: binlog_format STATEMENT with log_bin */
    bool durable_commits; /* innodb_flush_log_at_trx_commit = 1 or MariaDB's 3 (or TiDB) */
    bool read_only;       /* and our user is bound by it */
    uint64_t max_allowed_packet; /* the server's */
    uint32_t lower_case_table_names;
    char identity[160]; /* server_uid + data directory, server_uuid, TiDB's cluster id, ... */
    double start_time;  /* server clock, seconds since 1970; 0 = does not matter (TiDB) */
    bool start_exact;   /* else start_time is +- 1 s */
    char clock_seq[8];  /* of UUID(), drawn when the server starts (or its clock is set back); "" =
                           not known. Tells two starts within one second apart. */
};

/* Asks the server, with this session's variables. */
int tl_server_probe(struct tl_server *server_out, struct tl_session *session,
                    struct tl_error *err) TL_WARN_UNUSED;

/* Asks again for identity, start time and clock_seq: TL_OK when it is the same incarnation as
   `known`, TL_ERR_RESTARTED when the same server restarted, TL_ERR_REFUSED when it is another
   server. */
int tl_server_check(const struct tl_server *known, struct tl_session *session,
                    struct tl_error *err) TL_WARN_UNUSED;

/* Name of the kind for messages: "MariaDB", "MySQL", "TiDB". Static text. */
const char *tl_server_kind_name(enum tl_server_kind kind);

#endif
