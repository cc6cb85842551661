/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See server_identity.h.
 */
#include "core/target/server_identity.h"

#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/digest.h"

static int identify_tidb(struct tl_server *server, struct tl_session *session, struct tl_error *err)
{
    TL_CLEANUP_FREE char *cluster = NULL;
    int rc = tl_session_scalar(
        session, "SELECT VARIABLE_VALUE FROM mysql.tidb WHERE VARIABLE_NAME='cluster_id'", &cluster,
        err);

    if (rc < 0 && tl_error_is_lost(err))
        return rc;
    /* Any node of the cluster will do, so host and port say nothing. */
    snprintf(server->identity, sizeof(server->identity), "tidb:%s",
             rc == TL_OK && cluster ? cluster : "");
    return TL_OK;
}

/* A text that is too long keeps its beginning and gets a digest of the whole. */
static void set_identity(struct tl_server *server, const struct tl_buf *text)
{
    char hex[2 * TL_DIGEST_LEN + 1];
    struct tl_digest digest = tl_digest_of(text->data, text->len);

    if (text->len < sizeof(server->identity)) {
        memcpy(server->identity, text->data, text->len + 1);
        return;
    }
    tl_digest_hex(&digest, hex);
    snprintf(server->identity, sizeof(server->identity), "%.100s...%s", text->data, hex);
}

int tl_server_identify(struct tl_server *server, const struct tl_server_variables *variables,
                       struct tl_session *session, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf text;
    int rc;

    tl_buf_init(&text, 4096);
    if (server->kind == TL_SERVER_TIDB)
        return identify_tidb(server, session, err);
    /* MariaDB makes its uid out of the network card and the port: not enough for two servers
       without network on one machine. */
    if (variables->server_uuid[0])
        rc = tl_buf_addf(&text, "uuid:%s", variables->server_uuid);
    else if (variables->server_uid[0])
        rc = tl_buf_addf(&text, "uid:%s:%s", variables->server_uid, variables->datadir);
    else
        rc = tl_buf_addf(&text, "host:%s:%s:%s", variables->hostname, variables->port,
                         variables->datadir);
    if (rc != TL_OK)
        return tl_error_nomem(err);
    set_identity(server, &text);
    return TL_OK;
}

static int take_uptime(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                       struct tl_error *err)
{
    double *uptime = payload;

    (void)lengths;
    if (count < 2 || !columns[1])
        return tl_error_set(err, TL_ERR, "the server does not tell its uptime");
    *uptime = strtod(columns[1], NULL);
    return TL_OK;
}

static int estimate_start(struct tl_server *server, struct tl_session *session,
                          struct tl_error *err)
{
    uint64_t now = 0;
    double uptime = -1;
    int rc = tl_session_scalar_u64(session, "SELECT UNIX_TIMESTAMP()", &now, err);

    if (rc == TL_OK)
        rc = tl_session_query(session, "SHOW GLOBAL STATUS LIKE 'Uptime'", take_uptime, &uptime,
                              err);
    if (rc != TL_OK)
        return rc;
    if (uptime < 0)
        return tl_error_set(err, TL_ERR, "the server does not tell its uptime");
    server->start_time = (double)now - uptime;
    server->start_exact = false;
    return TL_OK;
}

/* "0f1243f1-e8d8-11f1-83d7-02fc00000001": the fourth group is drawn anew at each start, in MariaDB
   and in MySQL. */
static int find_clock_seq(struct tl_server *server, struct tl_session *session,
                          struct tl_error *err)
{
    TL_CLEANUP_FREE char *group = NULL;
    int rc = tl_session_scalar(session, "SELECT SUBSTRING(UUID(), 20, 4)", &group, err);

    if (rc < 0 && tl_error_is_lost(err))
        return rc;
    snprintf(server->clock_seq, sizeof(server->clock_seq), "%s", rc == TL_OK && group ? group : "");
    return TL_OK;
}

int tl_server_find_start(struct tl_server *server, struct tl_session *session, struct tl_error *err)
{
    /*
     * Uptime is (second in which the statement began) - (second of the start), and
     * UNIX_TIMESTAMP() is that same second: within one statement the difference is exact, also
     * after the clock was set.
     */
    static const char mariadb[] = "SELECT UNIX_TIMESTAMP() - CAST(VARIABLE_VALUE AS SIGNED) FROM "
                                  "information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME='UPTIME'";
    static const char mysql[] = "SELECT UNIX_TIMESTAMP() - CAST(VARIABLE_VALUE AS SIGNED) FROM "
                                "performance_schema.global_status WHERE VARIABLE_NAME='Uptime'";
    uint64_t start = 0;
    int rc;

    server->start_time = 0;
    server->start_exact = true;
    server->clock_seq[0] = '\0';
    /* Its commits are in the storage nodes; the SQL node may come and go. */
    if (server->kind == TL_SERVER_TIDB)
        return TL_OK;
    rc = tl_session_scalar_u64(session, server->kind == TL_SERVER_MARIADB ? mariadb : mysql, &start,
                               err);
    if (rc < 0 && tl_error_is_lost(err))
        return rc;
    server->start_time = (double)start;
    if (rc != TL_OK)
        rc = estimate_start(server, session, err);
    return rc == TL_OK ? find_clock_seq(server, session, err) : rc;
}
