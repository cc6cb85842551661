/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of writer_v1: who may commit, by which connection. See ledger.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/target/ledger_internal.h"

struct joining {
    const struct tl_ledger *ledger;
    uint32_t id;
    const struct tl_chunk_key *key; /* NULL = do not look for a range */
    uint64_t begin;
    struct tl_range *range_out;
    bool found;
};

static int join_work(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct joining *joining = payload;
    const struct tl_ledger *ledger = joining->ledger;
    struct tl_ledger_name name = tl_ledger_quote(ledger->schema);
    int rc = tl_ledger_lock_own(ledger, session, err);

    /* Waits for the transaction of this writer's older connection, if one is still open. */
    if (rc == TL_OK)
        rc = tl_session_execf(
            session, err,
            "INSERT INTO %s.writer_v1 (task_id, writer_id, token, connection_id, seq) VALUES "
            "(%" PRId64 ", %" PRIu32 ", '%s', %" PRIu64 ", 1) ON DUPLICATE KEY UPDATE "
            "token = VALUES(token), connection_id = VALUES(connection_id), seq = seq + 1",
            name.text, ledger->task_id, joining->id, ledger->owner.token, tl_session_id(session));
    if (rc != TL_OK || !joining->key)
        return rc;
    rc = tl_ledger_find(session, ledger->schema, joining->key, joining->begin, joining->range_out,
                        err);
    joining->found = rc == TL_OK;
    return rc == TL_NOT_FOUND ? TL_OK : rc;
}

static int join(struct joining *joining, struct tl_session *session, struct tl_error *err)
{
    const struct tl_ledger *ledger = joining->ledger;
    struct tl_ledger_fight fight = {ledger->schema, ledger->task_id, joining->id, &ledger->server,
                                    NULL};
    int rc = tl_ledger_guard(session, &ledger->server, err);

    if (rc == TL_OK)
        rc = tl_ledger_run(&fight, session, join_work, joining, err);
    return rc;
}

int tl_ledger_add_writer(const struct tl_ledger *ledger, struct tl_session *session, uint32_t id,
                         struct tl_error *err)
{
    struct joining joining = {.ledger = ledger, .id = id};

    return join(&joining, session, err);
}

int tl_ledger_rejoin(const struct tl_ledger *ledger, struct tl_session *session, uint32_t id,
                     const struct tl_chunk_key *key, uint64_t begin, struct tl_range *range_out,
                     struct tl_error *err)
{
    struct tl_range range;
    struct joining joining = {
        .ledger = ledger, .id = id, .key = key, .begin = begin, .range_out = &range};
    int rc = join(&joining, session, err);

    if (rc == TL_OK && !joining.found)
        return TL_NOT_FOUND;
    if (rc == TL_OK)
        *range_out = range;
    return rc;
}

int tl_ledger_add_fence(struct tl_buf *sql, const struct tl_ledger *ledger,
                        struct tl_session *session, uint32_t id)
{
    struct tl_ledger_name name = tl_ledger_quote(ledger->schema);

    /* With the connection's id: the same token is on this writer's older connections. */
    return tl_buf_addf(sql,
                       "UPDATE %s.writer_v1 SET seq = seq + 1 WHERE task_id = %" PRId64
                       " AND writer_id = %" PRIu32 " AND token = '%s' AND connection_id = %" PRIu64,
                       name.text, ledger->task_id, id, ledger->owner.token, tl_session_id(session));
}

int tl_ledger_fenced_error(const struct tl_ledger *ledger, uint32_t id, struct tl_error *err)
{
    return tl_error_set(err, TL_ERR_FENCED,
                        "writer %" PRIu32 " of task %" PRId64
                        " has lost its place: the task was taken over",
                        id, ledger->task_id);
}

int tl_ledger_fence(const struct tl_ledger *ledger, struct tl_session *session, uint32_t id,
                    struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    uint64_t affected = 0;
    int rc;

    tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
    if (tl_ledger_add_fence(&sql, ledger, session, id))
        return tl_error_nomem(err);
    rc = tl_ledger_begin(session, &ledger->server, err);
    if (rc == TL_OK)
        rc = tl_session_exec(session, sql.data, sql.len, &affected, err);
    if (rc == TL_OK && affected != 1)
        rc = tl_ledger_fenced_error(ledger, id, err);
    return rc == TL_OK ? TL_OK : tl_ledger_end(session, rc, err);
}
