/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commits that the server has acknowledged but may still forget: made durable. See writer.h.
 */
#include <string.h>

#include "core/base/clock.h"
#include "core/target/ledger_internal.h"
#include "core/target/writer.h"

enum { WAIT_SECONDS = 10, POLL_MS = 100 };

/* The redo log's positions, by the names of MariaDB and of MySQL. */
struct lsn {
    uint64_t current;
    uint64_t flushed;
};

static int take_status(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                       struct tl_error *err)
{
    struct lsn *lsn = payload;
    uint64_t value = columns[1] ? strtoull(columns[1], NULL, 10) : 0;

    (void)lengths, (void)count, (void)err;
    if (strcasestr(columns[0], "flushed"))
        lsn->flushed = value;
    else
        lsn->current = value;
    return TL_OK;
}

static int read_lsn(struct tl_session *session, struct lsn *lsn, struct tl_error *err)
{
    memset(lsn, 0, sizeof(*lsn));
    return tl_session_query(
        session,
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_lsn_current', 'Innodb_lsn_flushed', "
        "'Innodb_redo_log_current_lsn', 'Innodb_redo_log_flushed_to_disk_lsn')",
        take_status, lsn, err);
}

int tl_target_make_durable(struct tl_session *session, const struct tl_server *server,
                           bool *durable_out, struct tl_error *err)
{
    int64_t deadline = tl_clock_ns() + WAIT_SECONDS * TL_NS_PER_SEC;
    struct lsn begin, now;
    bool flushed;
    int rc;

    if (server->durable_commits) {
        *durable_out = true;
        return TL_OK;
    }
    rc = read_lsn(session, &begin, err);
    if (rc != TL_OK)
        return rc;
    /* MySQL syncs its log at this; MariaDB with relaxed settings only writes it, and syncs once a
       second by itself: the positions tell. */
    rc = tl_session_execf(session, err, "FLUSH ENGINE LOGS");
    if (rc == TL_ERR_DB && tl_error_is_lost(err))
        return rc;
    flushed = rc == TL_OK && server->kind == TL_SERVER_MYSQL;
    now = begin;
    rc = TL_OK;
    while (rc == TL_OK && !flushed && begin.current > 0 && begin.flushed > 0 &&
           tl_clock_ns() < deadline) {
        rc = read_lsn(session, &now, err);
        flushed = rc == TL_OK && now.flushed >= begin.current;
        if (rc == TL_OK && !flushed)
            rc = tl_ledger_sleep(NULL, POLL_MS * TL_NS_PER_MS, err);
    }
    if (rc == TL_OK)
        *durable_out = flushed;
    return rc;
}
