/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the ledger share: quoting of its schema, its transactions, who owns a task and
 * whether that owner lives. Private to core/target.
 */
#ifndef TL_TARGET_LEDGER_INTERNAL_H
#define TL_TARGET_LEDGER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/target/ledger.h"

enum {
    TL_LEDGER_SQL_MAX = 16 << 20, /* one statement on the ledger */
    TL_LEDGER_WAIT_SECONDS = 3,   /* for a row lock, before its holder is killed */
    TL_LEDGER_FIGHT_SECONDS = 60, /* then a takeover gives up */
    TL_LEDGER_LOCK_TIMEOUT = 1205,
    TL_LEDGER_RESTART_SLACK = 3 /* seconds that two looks at a start time may differ */
};

/* The schema's name in backquotes; "``" (which no server takes) when it is too long. */
struct tl_ledger_name {
    char text[640];
};
struct tl_ledger_name tl_ledger_quote(const char *schema);

/* What begins a transaction of the ledger: isolation level and BEGIN, as the server needs it. */
const char *tl_ledger_begin_sql(const struct tl_server *server);
int tl_ledger_begin(struct tl_session *session, const struct tl_server *server,
                    struct tl_error *err) TL_WARN_UNUSED;

/* COMMIT when rc is TL_OK, else ROLLBACK that keeps err. Returns rc, or COMMIT's error. */
int tl_ledger_end(struct tl_session *session, int rc, struct tl_error *err) TL_WARN_UNUSED;

/* Short waits for row locks, and the server's own time-out for an idle transaction: what a dead
   client may block is bounded. Best effort where the server lacks a variable. */
int tl_ledger_guard(struct tl_session *session, const struct tl_server *server,
                    struct tl_error *err) TL_WARN_UNUSED;
int tl_ledger_short_waits(struct tl_session *session, struct tl_error *err) TL_WARN_UNUSED;
int tl_ledger_usual_waits(struct tl_session *session, struct tl_error *err) TL_WARN_UNUSED;

/* The row of a task. */
struct tl_ledger_holder {
    struct tl_owner owner;
    uint64_t connection_id;
    char since[40];
    char server_identity[160];
    double server_start;
    char *intent; /* owned; NULL = none */
};
void tl_ledger_holder_done(struct tl_ledger_holder *holder); /* for TL_CLEANUP */

/* Sleeps, with or without something that can end it early: TL_ERR_CANCELED then. */
int tl_ledger_sleep(const struct tl_cancel *cancel, int64_t ns,
                    struct tl_error *err) TL_WARN_UNUSED;

/* Reads the row of a task, with its lock if wanted (within a transaction). TL_NOT_FOUND: none. */
int tl_ledger_holder_read(struct tl_session *session, const char *schema, int64_t task_id,
                          bool lock, struct tl_ledger_holder *holder_out,
                          struct tl_error *err) TL_WARN_UNUSED;

/* Locks the task's row; TL_ERR_FENCED unless its token is ours. Within a transaction. */
int tl_ledger_lock_own(const struct tl_ledger *ledger, struct tl_session *session,
                       struct tl_error *err) TL_WARN_UNUSED;

/* Whether a process of this machine (and boot, and pid namespace) still runs. */
bool tl_process_alive(int64_t pid, uint64_t pid_start);

/* Whether somebody else than `self` lives behind the row. Its connections are given patience_ns to
   disappear when its process cannot be looked at. self may be NULL. */
int tl_ledger_holder_alive(struct tl_session *session, const char *schema, int64_t task_id,
                           const struct tl_ledger_holder *holder, const struct tl_owner *self,
                           const struct tl_server *server, int64_t patience_ns,
                           const struct tl_cancel *cancel, bool *alive_out,
                           struct tl_error *err) TL_WARN_UNUSED;

/* TL_ERR_REFUSED that names the living owner and its connections. */
int tl_ledger_refuse_alive(int64_t task_id, const struct tl_ledger_holder *holder,
                           struct tl_error *err);

/* Kills the connections of a task's writers and of its owner's own session (writer_id < 0), or of
   one writer. Only ids that this server gave since it started, and of our user, never our own. */
int tl_ledger_kill(struct tl_session *session, const char *schema, int64_t task_id,
                   int64_t writer_id, const struct tl_server *server,
                   struct tl_error *err) TL_WARN_UNUSED;

/* Runs `fn` in a transaction of its own until it works: a lock that is not given within
   TL_LEDGER_WAIT_SECONDS gets its holder killed (see tl_ledger_kill), and all of it is done again,
   for TL_LEDGER_FIGHT_SECONDS. */
typedef int (*tl_ledger_work_fn)(struct tl_session *session, void *payload, struct tl_error *err);
struct tl_ledger_fight {
    const char *schema;
    int64_t task_id;   /* whose connections may be killed */
    int64_t writer_id; /* -1 = all of the task */
    const struct tl_server *server;
    const struct tl_cancel *cancel; /* may be NULL */
};
int tl_ledger_run(const struct tl_ledger_fight *fight, struct tl_session *session,
                  tl_ledger_work_fn fn, void *payload, struct tl_error *err) TL_WARN_UNUSED;

/* Appends the statement that a transaction of writer `id` begins with: it must affect one row. */
int tl_ledger_add_fence(struct tl_buf *sql, const struct tl_ledger *ledger,
                        struct tl_session *session, uint32_t id) TL_WARN_UNUSED;
int tl_ledger_fenced_error(const struct tl_ledger *ledger, uint32_t id, struct tl_error *err);

/* The columns of batch_v1 behind chunk_key and begin_pos, in the order of tl_ledger_range_row. */
#define TL_LEDGER_RANGE_COLUMNS                                                              \
    "b.begin_pos, b.end_pos, b.row_count, b.byte_count, b.checksum, b.end_line, b.is_last, " \
    "b.in_statement, b.head_offset, b.session_state"

/* Fills a range from TL_LEDGER_RANGE_COLUMNS. */
int tl_ledger_range_row(char **columns, struct tl_range *range_out,
                        struct tl_error *err) TL_WARN_UNUSED;

/* Appends the state as a quoted SQL text, or NULL when it says nothing. */
int tl_ledger_add_state(struct tl_buf *sql, const struct tl_session_state *state) TL_WARN_UNUSED;
int tl_ledger_read_state(const char *text, struct tl_session_state *state_out,
                         struct tl_error *err) TL_WARN_UNUSED;

/* Rows of the server's list of connections: columns, and a condition on `id`, `user`. The account
   sees its own connections, with more rights those of others. */
int tl_ledger_processlist(struct tl_session *session, const char *columns, const char *condition,
                          tl_row_fn fn, void *payload, struct tl_error *err) TL_WARN_UNUSED;

#endif
