/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection of a writer: what its session is given once, what follows the dump's own SET
 * lines, and its transactions' first round trip. See writer_internal.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/target/ledger_internal.h"
#include "core/target/writer_internal.h"

enum { UNKNOWN_COLLATION = 1273, COLLATION_MISMATCH = 1253, MODES_DROPPED_MAX = 32 };

static int prepare_session(struct tl_writer *writer, struct tl_error *err)
{
    const struct tl_server *server = &writer->settings.ledger->server;
    TL_CLEANUP_FREE char *zone = NULL;
    /* unique_checks = 0 makes some servers drop rows silently. */
    int rc = tl_session_execf(writer->session, err,
                              "SET SESSION autocommit = 1, unique_checks = 1; "
                              "SET SESSION TRANSACTION ISOLATION LEVEL %s",
                              server->repeatable_read && server->kind != TL_SERVER_TIDB
                                  ? "REPEATABLE READ"
                                  : "READ COMMITTED");

    if (rc == TL_OK && server->kind == TL_SERVER_TIDB)
        rc = tl_session_execf(writer->session, err,
                              "SET SESSION tidb_constraint_check_in_place_pessimistic = ON");
    if (rc == TL_OK)
        rc = tl_session_scalar(writer->session, "SELECT @@SESSION.time_zone", &zone, err);
    if (rc == TL_OK)
        snprintf(writer->time_zone, sizeof(writer->time_zone), "%s", zone ? zone : "SYSTEM");
    return rc;
}

int tl_writer_connect(struct tl_writer *writer, struct tl_error *err)
{
    struct tl_session *session = NULL;
    bool aborted;
    int rc = tl_session_open(&session, writer->settings.options, err);

    if (rc != TL_OK)
        return rc;
    pthread_mutex_lock(&writer->lock);
    aborted = writer->aborted;
    writer->session = session;
    pthread_mutex_unlock(&writer->lock);
    if (aborted) {
        tl_writer_disconnect(writer);
        return tl_error_set(err, TL_ERR_CANCELED, "stopped");
    }
    memset(&writer->mode, 0, sizeof(writer->mode)); /* like no wanted one: charset is never "" */
    rc = prepare_session(writer, err);
    if (rc != TL_OK)
        tl_writer_disconnect(writer);
    return rc;
}

void tl_writer_disconnect(struct tl_writer *writer)
{
    struct tl_session *session;

    pthread_mutex_lock(&writer->lock);
    session = writer->session;
    writer->session = NULL;
    pthread_mutex_unlock(&writer->lock);
    for (size_t i = 0; i < TL_WRITER_STATEMENTS; i++) {
        if (writer->prepared[i].stmt)
            mysql_stmt_close(writer->prepared[i].stmt);
        free(writer->prepared[i].sql);
        memset(&writer->prepared[i], 0, sizeof(writer->prepared[i]));
    }
    tl_session_close(session);
}

void tl_writer_abort(struct tl_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->aborted = true;
    /* The thread at work sees a lost connection; it alone frees the session. */
    if (writer->session)
        shutdown(mysql_get_socket(tl_session_mysql(writer->session)), SHUT_RDWR);
    pthread_mutex_unlock(&writer->lock);
}

static int add_set(struct tl_buf *sql, const char *what, const char *value)
{
    return tl_buf_adds(sql, what) || tl_sql_add_text(sql, value, strlen(value)) ||
                   tl_buf_adds(sql, ";")
               ? TL_ERR_NOMEM
               : TL_OK;
}

static bool same_names(const struct tl_writer_mode *a, const struct tl_writer_mode *b)
{
    return strcmp(a->charset, b->charset) == 0 && strcmp(a->collation, b->collation) == 0;
}

static int mode_sql(struct tl_buf *sql, const struct tl_writer_mode *now,
                    const struct tl_writer_mode *wanted)
{
    tl_buf_clear(sql);
    if (!same_names(now, wanted)) {
        if (tl_buf_adds(sql, "SET NAMES ") ||
            tl_sql_add_text(sql, wanted->charset, strlen(wanted->charset)) ||
            (wanted->collation[0] &&
             (tl_buf_adds(sql, " COLLATE ") ||
              tl_sql_add_text(sql, wanted->collation, strlen(wanted->collation)))) ||
            /* For messages only. */
            tl_buf_adds(sql, "; SET SESSION character_set_results = utf8mb4;"))
            return TL_ERR_NOMEM;
    }
    if (strcmp(now->time_zone, wanted->time_zone) != 0 &&
        add_set(sql, "SET SESSION time_zone = ", wanted->time_zone))
        return TL_ERR_NOMEM;
    if ((strcmp(now->sql_mode, wanted->sql_mode) != 0 || !now->charset[0]) &&
        add_set(sql, "SET SESSION sql_mode = ", wanted->sql_mode))
        return TL_ERR_NOMEM;
    if (sql->len > 0)
        sql->data[--sql->len] = '\0';
    return TL_OK;
}

/* "Variable 'sql_mode' can't be set to the value of 'X'": takes X out. */
static bool drop_refused(struct tl_writer_mode *mode, const struct tl_error *err)
{
    const char *end, *begin;

    if (err->native == UNKNOWN_COLLATION || err->native == COLLATION_MISMATCH) {
        bool had = mode->collation[0] != '\0';

        mode->collation[0] = '\0';
        return had;
    }
    /* TiDB wraps its error 1231 into others, so the text decides. */
    if (!strstr(err->message, "Variable 'sql_mode' can't be set"))
        return false;
    end = strrchr(err->message, '\'');
    begin = end;
    while (begin && begin > err->message && begin[-1] != '\'')
        begin--;
    return begin && tl_sql_mode_drop(mode->sql_mode, begin, (size_t)(end - begin));
}

int tl_writer_use_mode(struct tl_writer *writer, const struct tl_writer_mode *mode,
                       struct tl_error *err)
{
    struct tl_writer_mode wanted = *mode;
    int rc = TL_ERR;

    for (int i = 0; rc != TL_OK && i < MODES_DROPPED_MAX; i++) {
        if (mode_sql(&writer->sql, &writer->mode, &wanted))
            return tl_error_nomem(err);
        rc = TL_OK;
        if (writer->sql.len > 0)
            rc = tl_session_exec(writer->session, writer->sql.data, writer->sql.len, NULL, err);
        if (rc != TL_OK && !drop_refused(&wanted, err))
            break;
    }
    /* Rows must not be sent under another mode than the one that they were read by. */
    if (rc != TL_OK)
        return tl_error_context(err, "cannot set up the session as the dump was written");
    /* As it was asked for, not as the server took it: the same wish needs no second attempt. */
    writer->mode = *mode;
    return TL_OK;
}

/* Reads all results of a multi-statement. affected[i] for the first two. */
static int read_results(MYSQL *mysql, uint64_t affected[2], unsigned *index)
{
    int next = 0;

    for (*index = 0; next == 0; ++*index) {
        if (*index < 2)
            affected[*index] = mysql_affected_rows(mysql);
        next = mysql_next_result(mysql);
    }
    /* -1: no more; otherwise the statement at *index has failed. */
    return next;
}

int tl_writer_begin(struct tl_writer *writer, const struct tl_buf *more, unsigned *failed_out,
                    struct tl_error *err)
{
    const struct tl_ledger *ledger = writer->settings.ledger;
    MYSQL *mysql = tl_session_mysql(writer->session);
    uint64_t affected[2] = {0, 0};
    unsigned index = 0;

    tl_buf_clear(&writer->sql);
    if (tl_buf_adds(&writer->sql, ledger->server.kind == TL_SERVER_TIDB ? "BEGIN PESSIMISTIC; "
                                                                        : "START TRANSACTION; ") ||
        tl_ledger_add_fence(&writer->sql, ledger, writer->session, writer->id) ||
        (more &&
         (tl_buf_adds(&writer->sql, "; ") || tl_buf_add(&writer->sql, more->data, more->len))))
        return tl_error_nomem(err);
    if (failed_out)
        *failed_out = 0;
    if (mysql_real_query(mysql, writer->sql.data, writer->sql.len) != 0)
        return tl_session_error(writer->session, err);
    if (read_results(mysql, affected, &index) >= 0) {
        if (failed_out)
            *failed_out = index;
        /* A failed INSERT behind a fence that was not ours says nothing. */
        if (index < 2 || affected[1] == 1)
            return tl_session_error(writer->session, err);
    }
    if (affected[1] != 1)
        return tl_ledger_fenced_error(ledger, writer->id, err);
    return TL_OK;
}

void tl_writer_rollback(struct tl_writer *writer)
{
    struct tl_error ignored;

    tl_error_init(&ignored);
    if (writer->session && tl_session_execf(writer->session, &ignored, "ROLLBACK") != TL_OK)
        tl_writer_disconnect(writer);
}

uint64_t tl_writer_packet_max(const struct tl_writer *writer)
{
    uint64_t server = writer->settings.ledger->server.max_allowed_packet;
    uint64_t client = writer->settings.options->max_allowed_packet;
    uint64_t max = server > 0 ? server : 1 << 20;

    if (client > 0 && client < max)
        max = client;
    /* The protocol ends at 1 GiB, the bind interface at 4 GiB. */
    if (max > UINT64_C(1) << 30)
        max = UINT64_C(1) << 30;
    return max > 2 * TL_WRITER_PACKET_SLACK ? max - TL_WRITER_PACKET_SLACK : max / 2;
}
