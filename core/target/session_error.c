/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which errors of a server or of the client library are worth another try, and which mean that the
 * connection is gone. See session.h.
 */
#include <errmsg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/target/session.h"
#include "core/target/session_connect.h"

static const int lost_natives[] = {
    CR_CONNECTION_ERROR,
    CR_CONN_HOST_ERROR,
    CR_IPSOCK_ERROR,
    CR_UNKNOWN_HOST,
    CR_SERVER_GONE_ERROR,
    CR_SERVER_HANDSHAKE_ERR,
    CR_SERVER_LOST,
    CR_SERVER_LOST_EXTENDED,
    CR_MALFORMED_PACKET,
    CR_COMMANDS_OUT_OF_SYNC,
    1053, /* server shutdown in progress */
    1077,
    1079,
    1080, /* shutdown, forced close */
    1152,
    1158,
    1159,
    1160,
    1161,
    1184, /* aborted connection, network read and write */
    1317, /* query interrupted: what KILL leaves behind */
    1927, /* MariaDB: connection was killed */
    3169,
    4031 /* MySQL: session was killed, interaction time-out */
};

static const int retryable_natives[] = {
    1020,             /* record has changed since last read (snapshot isolation) */
    1040, 1203, 1226, /* too many connections: of all, of the user, per hour */
    1047,             /* Galera: node is not ready */
    1105,             /* TiDB: unknown */
    1205, 1206, 1213, 1412, 1615, 1637, 3101, /* group replication rolled back */
    8002, 8005, 8022, 8027, 8028, 9001, 9002, 9003, 9004, 9005, 9007 /* TiDB */
};

static bool contains(const int *list, size_t count, int native)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == native)
            return true;
    return false;
}

static bool native_is_lost(int native)
{
    return contains(lost_natives, sizeof(lost_natives) / sizeof(lost_natives[0]), native);
}

bool tl_error_is_lost(const struct tl_error *err)
{
    return err->code == TL_ERR_DB && native_is_lost(err->native);
}

bool tl_native_is_retryable(int native)
{
    /* Out of sync is our own bug: a new connection is needed, another try would hide it. */
    if (native_is_lost(native))
        return native != CR_COMMANDS_OUT_OF_SYNC;
    return contains(retryable_natives, sizeof(retryable_natives) / sizeof(retryable_natives[0]),
                    native);
}

static bool is_client_error(unsigned native)
{
    return (native >= CR_MIN_ERROR && native <= CR_MAX_ERROR) ||
           (native >= CER_MIN_ERROR && native <= CER_MAX_ERROR);
}

static void hint_for(struct tl_error *err)
{
    switch (err->native) {
    case 1044: /* ER_DBACCESS_DENIED_ERROR */
    case 1142: /* ER_TABLEACCESS_DENIED_ERROR */
    case 1143: /* ER_COLUMNACCESS_DENIED_ERROR */
    case 1227: /* ER_SPECIFIC_ACCESS_DENIED_ERROR */
    case 1370: /* ER_PROCACCESS_DENIED_ERROR */
        tl_error_hint(err, "grant the missing privilege to the account of tidb.user");
        break;
    case 1153: /* ER_NET_PACKET_TOO_LARGE */
        tl_error_hint(err, "raise max_allowed_packet on the server");
        break;
    default:
        break;
    }
}

static int fill(struct tl_error *err, unsigned native, const char *sqlstate, const char *text)
{
    if (native == CR_OUT_OF_MEMORY)
        tl_error_set(err, TL_ERR_NOMEM, "out of memory in the client library");
    else if (native == 0) /* it says so of some failed allocations, and of nothing else */
        tl_error_set(err, TL_ERR_NOMEM, "out of memory, or an unknown error of the client library");
    else if (is_client_error(native))
        tl_error_set(err, TL_ERR_DB, "client error %u: %s", native, text);
    else
        tl_error_set(err, TL_ERR_DB, "server error %u (%s): %s", native, sqlstate, text);
    err->native = (int)native;
    err->retryable = tl_native_is_retryable((int)native);
    snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", sqlstate);
    hint_for(err);
    return err->code;
}

/* After these nobody knows what the server will send next: the next statement would take the rest
   of an answer for its own, or wait for one that was read already. It is to find the connection
   gone. */
static void give_up_if_unclear(MYSQL *mysql, int native)
{
    if (mysql && (native == 0 || native == CR_OUT_OF_MEMORY || native == CR_COMMANDS_OUT_OF_SYNC ||
                  native == CR_MALFORMED_PACKET))
        (void)shutdown(mysql_get_socket(mysql), SHUT_RDWR);
}

int tl_mysql_error(MYSQL *mysql, struct tl_error *err)
{
    int rc = fill(err, mysql_errno(mysql), mysql_sqlstate(mysql), mysql_error(mysql));

    give_up_if_unclear(mysql, err->native);
    return rc;
}

int tl_session_error(struct tl_session *session, struct tl_error *err)
{
    return tl_mysql_error(tl_session_mysql(session), err);
}

int tl_session_stmt_error(MYSQL_STMT *stmt, struct tl_error *err)
{
    int rc = fill(err, mysql_stmt_errno(stmt), mysql_stmt_sqlstate(stmt), mysql_stmt_error(stmt));

    give_up_if_unclear(stmt->mysql, err->native);
    return rc;
}
