/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions: open, run statements, read results. See session.h. How the connection is made is in
 * session_connect.c, what its variables are in session_vars.c.
 */
#include "core/target/session.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/target/session_connect.h"
#include "core/target/session_vars.h"

struct tl_session {
    MYSQL *mysql; /* owned */
    const struct tl_options *options;
    uint64_t id;
    bool tidb;
};

/* mysql_init would do it too, but not safely from two threads at once. */
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void begin_library(void)
{
    /* A failure shows up again, with a message, in mysql_init. */
    (void)mysql_library_init(0, NULL, NULL);
}

static int fetch_id(struct tl_session *session, struct tl_error *err)
{
    const char *version = mysql_get_server_info(session->mysql);

    session->id = mysql_thread_id(session->mysql);
    session->tidb = version && strstr(version, "TiDB") != NULL;
    /* TiDB's ids have 64 bits, the handshake carries 32 of them. */
    if (!session->tidb)
        return TL_OK;
    return tl_session_scalar_u64(session, "SELECT CONNECTION_ID()", &session->id, err);
}

static int begin_session(struct tl_session *session, struct tl_error *err)
{
    int rc;

    pthread_once(&library_once, begin_library);
    session->mysql = mysql_init(NULL);
    if (!session->mysql)
        return tl_error_nomem(err);
    rc = tl_session_connect(session->mysql, session->options, err);
    if (rc == TL_OK)
        rc = fetch_id(session, err);
    if (rc == TL_OK)
        rc = tl_session_set_vars(session, session->options, session->tidb, err);
    return rc;
}

int tl_session_open(struct tl_session **session_out, const struct tl_options *options,
                    struct tl_error *err)
{
    TL_CLEANUP(tl_session_close_p) struct tl_session *session = calloc(1, sizeof(*session));
    int rc;

    if (!session)
        return tl_error_nomem(err);
    session->options = options;
    rc = begin_session(session, err);
    if (rc != TL_OK)
        return rc;
    *session_out = session;
    session = NULL;
    return TL_OK;
}

int tl_session_reopen(struct tl_session *session, struct tl_error *err)
{
    struct tl_session fresh = {.options = session->options};
    int rc = begin_session(&fresh, err);

    /* The old handle stays on failure, dead as it is, so that there always is one. */
    if (rc != TL_OK) {
        if (fresh.mysql)
            mysql_close(fresh.mysql);
        return rc;
    }
    mysql_close(session->mysql);
    *session = fresh;
    return TL_OK;
}

int tl_session_reset(struct tl_session *session, struct tl_error *err)
{
    /* With results that nobody read, on a connection that is gone, the library would look for their
       end forever. */
    if (mysql_more_results(session->mysql))
        return tl_session_reopen(session, err);
    if (mysql_reset_connection(session->mysql) == 0)
        return tl_session_set_vars(session, session->options, session->tidb, err);
    tl_session_error(session, err);
    /* Old servers and some proxies do not know the command. */
    return tl_error_is_lost(err) ? TL_ERR_DB : tl_session_reopen(session, err);
}

int tl_session_allow_many(struct tl_session *session, bool many, struct tl_error *err)
{
    enum enum_mysql_set_option option =
        many ? MYSQL_OPTION_MULTI_STATEMENTS_ON : MYSQL_OPTION_MULTI_STATEMENTS_OFF;

    return mysql_set_server_option(session->mysql, option) == 0 ? TL_OK
                                                                : tl_session_error(session, err);
}

void tl_session_close(struct tl_session *session)
{
    if (!session)
        return;
    if (session->mysql)
        mysql_close(session->mysql);
    free(session);
}

MYSQL *tl_session_mysql(struct tl_session *session)
{
    return session->mysql;
}

uint64_t tl_session_id(struct tl_session *session)
{
    return session->id;
}

void tl_session_set_timeout(struct tl_session *session, unsigned seconds)
{
    tl_session_apply_timeout(session->mysql, seconds);
}

int tl_session_kill(struct tl_session *session, uint64_t id, struct tl_error *err)
{
    int rc = tl_session_execf(session, err, "KILL %sCONNECTION %" PRIu64,
                              session->tidb ? "TIDB " : "", id);

    if (rc == TL_ERR_DB && err->native == 1094) /* ER_NO_SUCH_THREAD */
        return TL_OK;
    return rc;
}

/* Reads the current result to its end without keeping it. False: an error is set in mysql. */
static bool drop_result(MYSQL *mysql)
{
    MYSQL_RES *result = mysql_use_result(mysql);

    if (!result)
        return mysql_field_count(mysql) == 0;
    while (mysql_fetch_row(result))
        ;
    mysql_free_result(result);
    return mysql_errno(mysql) == 0;
}

int tl_session_exec(struct tl_session *session, const char *sql, size_t len, uint64_t *affected_out,
                    struct tl_error *err)
{
    MYSQL *mysql = session->mysql;
    uint64_t affected = 0;
    bool first = true;
    int next = 0;

    if (mysql_real_query(mysql, sql, len) != 0)
        return tl_session_error(session, err);
    for (; next == 0; next = mysql_next_result(mysql), first = false) {
        if (first && mysql_field_count(mysql) == 0)
            affected = mysql_affected_rows(mysql);
        if (!drop_result(mysql))
            return tl_session_error(session, err);
    }
    if (next > 0)
        return tl_session_error(session, err);
    if (affected_out)
        *affected_out = affected;
    return TL_OK;
}

int tl_session_execf(struct tl_session *session, struct tl_error *err, const char *fmt, ...)
{
    TL_CLEANUP_FREE char *sql = NULL;
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vasprintf(&sql, fmt, ap);
    va_end(ap);
    if (len < 0) {
        sql = NULL;
        return tl_error_nomem(err);
    }
    return tl_session_exec(session, sql, (size_t)len, NULL, err);
}

int tl_session_query(struct tl_session *session, const char *sql, tl_row_fn fn, void *payload,
                     struct tl_error *err)
{
    MYSQL *mysql = session->mysql;
    MYSQL_RES *result;
    MYSQL_ROW row;
    int rc = TL_OK;

    if (mysql_real_query(mysql, sql, strlen(sql)) != 0)
        return tl_session_error(session, err);
    result = mysql_use_result(mysql);
    if (!result && mysql_field_count(mysql) > 0)
        return tl_session_error(session, err);
    if (result) {
        unsigned count = mysql_num_fields(result);

        while ((row = mysql_fetch_row(result)) != NULL)
            if (rc == TL_OK)
                rc = fn(row, mysql_fetch_lengths(result), count, payload, err);
        if (rc == TL_OK && mysql_errno(mysql) != 0)
            rc = tl_session_error(session, err);
        mysql_free_result(result);
    }
    /* A procedure's status, or what stands behind a ';'. */
    while (mysql_more_results(mysql) && mysql_next_result(mysql) == 0)
        if (!drop_result(mysql))
            break;
    if (rc == TL_OK && mysql_errno(mysql) != 0)
        rc = tl_session_error(session, err);
    return rc;
}

struct scalar {
    char *value;
    bool found;
};

static int take_scalar(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                       struct tl_error *err)
{
    struct scalar *scalar = payload;

    (void)count;
    if (scalar->found)
        return TL_OK;
    scalar->found = true;
    if (!columns[0])
        return TL_OK;
    scalar->value = strndup(columns[0], lengths[0]);
    return scalar->value ? TL_OK : tl_error_nomem(err);
}

int tl_session_scalar(struct tl_session *session, const char *sql, char **value_out,
                      struct tl_error *err)
{
    struct scalar scalar = {NULL, false};
    int rc = tl_session_query(session, sql, take_scalar, &scalar, err);

    if (rc == TL_OK && !scalar.found) {
        tl_error_set(err, TL_NOT_FOUND, "no row for: %s", sql);
        return TL_NOT_FOUND;
    }
    if (rc != TL_OK) {
        free(scalar.value);
        return rc;
    }
    *value_out = scalar.value;
    return TL_OK;
}

int tl_session_scalar_u64(struct tl_session *session, const char *sql, uint64_t *value_out,
                          struct tl_error *err)
{
    TL_CLEANUP_FREE char *text = NULL;
    uint64_t value;
    char *end;
    int rc = tl_session_scalar(session, sql, &text, err);

    if (rc != TL_OK)
        return rc;
    errno = 0;
    value = text ? strtoull(text, &end, 10) : 0;
    if (!text || end == text || *end || errno != 0 || *text == '-')
        return tl_error_set(err, TL_ERR, "not a number: '%s' for: %s", text ? text : "NULL", sql);
    *value_out = value;
    return TL_OK;
}
