/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to the target through libmariadb. One thread at a time. Turns server and client
 * errors into struct tl_error: TL_ERR_DB with native number, SQLSTATE and the retryable flag.
 */
#ifndef TL_TARGET_SESSION_H
#define TL_TARGET_SESSION_H

#include <mysql.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/config/options.h"

struct tl_session;

/* Connects (TCP, Unix socket, TLS) with multi-statements on, CLIENT_FOUND_ROWS off, charset
   utf8mb4, LOCAL INFILE off, and applies the [tidb.session-vars] (unknown variables: a warning
   once). options is borrowed for the session's life. Wrong password: TL_ERR_DB with a hint; nobody
   listens on port 4000: a hint at 3306. */
int tl_session_open(struct tl_session **session_out, const struct tl_options *options,
                    struct tl_error *err) TL_WARN_UNUSED;

/* Accepts NULL. An open transaction is rolled back by the server. */
void tl_session_close(struct tl_session *session);

/* The library's handle, for statements with binding. */
MYSQL *tl_session_mysql(struct tl_session *session);

/* Server-side connection id. */
uint64_t tl_session_id(struct tl_session *session);

/* Connects anew in place (another connection id, nothing of the old session's state). On failure
   the session stays as it was, also to be closed. */
int tl_session_reopen(struct tl_session *session, struct tl_error *err) TL_WARN_UNUSED;

/* Gives the session the state that it had when it was opened: variables, character set, no
   transaction, no prepared statement, no temporary table. */
int tl_session_reset(struct tl_session *session, struct tl_error *err) TL_WARN_UNUSED;

/* Whether the server takes several statements at once; it does after tl_session_open and
   tl_session_reopen. To be switched off where the text is not ours. */
int tl_session_allow_many(struct tl_session *session, bool many,
                          struct tl_error *err) TL_WARN_UNUSED;

/* Seconds that one read or write on the connection may take, then it is lost; 0 = for ever, as
   after tl_session_open (a long ALTER must not be cut off; TCP keep-alive notices a dead peer). */
void tl_session_set_timeout(struct tl_session *session, unsigned seconds);

/* Ends the connection with that id of the same server. One that is gone already is TL_OK. */
int tl_session_kill(struct tl_session *session, uint64_t id, struct tl_error *err) TL_WARN_UNUSED;

/* Runs one statement, or several separated by ';' (all results are read and dropped; the first
   error ends it and is returned). affected_out (may be NULL): rows affected by the FIRST. */
int tl_session_exec(struct tl_session *session, const char *sql, size_t len, uint64_t *affected_out,
                    struct tl_error *err) TL_WARN_UNUSED;
int tl_session_execf(struct tl_session *session, struct tl_error *err, const char *fmt, ...)
    TL_PRINTF(3, 4) TL_WARN_UNUSED;

/* One row of a result: columns, lengths; NULL columns are NULL. Non-zero return stops the walk and
   becomes the result. */
typedef int (*tl_row_fn)(char **columns, const unsigned long *lengths, unsigned count,
                         void *payload, struct tl_error *err);

/* Runs one query and streams its rows. */
int tl_session_query(struct tl_session *session, const char *sql, tl_row_fn fn, void *payload,
                     struct tl_error *err) TL_WARN_UNUSED;

/* First column of the first row as a new string (free()). TL_NOT_FOUND: no row. A NULL value gives
   NULL. */
int tl_session_scalar(struct tl_session *session, const char *sql, char **value_out,
                      struct tl_error *err) TL_WARN_UNUSED;
int tl_session_scalar_u64(struct tl_session *session, const char *sql, uint64_t *value_out,
                          struct tl_error *err) TL_WARN_UNUSED;

/* Fills err from the session's last error (or a statement's). Returns TL_ERR_DB. */
int tl_session_error(struct tl_session *session, struct tl_error *err);
int tl_session_stmt_error(MYSQL_STMT *stmt, struct tl_error *err);

/* True when the connection is gone (2002, 2003, 2006, 2013, 2055, 1053, 1317 by kill, 1927, 4031,
 * ...): reconnect. */
bool tl_error_is_lost(const struct tl_error *err);

/* Whether a server error number may go away by itself: deadlock 1213, lock wait 1205, 1020,
   TiDB's list, connection errors, shutting down. */
bool tl_native_is_retryable(int native);

/* Appends `name` quoted with backquotes / text as a quoted SQL literal ('' and \ doubled as
   needed under any sql_mode: as a hexadecimal literal where text has a backslash or a NUL). */
int tl_sql_add_name(struct tl_buf *sql, const char *name) TL_WARN_UNUSED;
int tl_sql_add_text(struct tl_buf *sql, const char *text, size_t len) TL_WARN_UNUSED;

TL_DEFINE_CLEANUP(struct tl_session *, tl_session_close)

#endif
