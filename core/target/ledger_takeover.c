/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking a task over: after it nothing that an older loader has begun can commit. See ledger.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/target/ledger_internal.h"

enum { PATIENCE_SECONDS = 5 };

struct takeover {
    struct tl_ledger *ledger;
    struct tl_owner owner; /* as it will be */
    char expected[33];     /* token of the row when its owner was found dead */
    char *intent;          /* owned; NULL = none */
    bool moved;            /* the row has another token now: look again */
};

static int put_owner(struct takeover *takeover, struct tl_session *session, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    const struct tl_ledger *ledger = takeover->ledger;
    const struct tl_owner *owner = &takeover->owner;
    struct tl_ledger_name name = tl_ledger_quote(ledger->schema);

    tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
    if (tl_buf_addf(&sql, "UPDATE %s.task_v1 SET token = '%s', host = ", name.text, owner->token) ||
        tl_sql_add_text(&sql, owner->host, strlen(owner->host)) ||
        tl_buf_addf(&sql, ", pid = %" PRId64 ", pid_start = %" PRIu64 ", boot_id = ", owner->pid,
                    owner->pid_start) ||
        tl_sql_add_text(&sql, owner->boot_id, strlen(owner->boot_id)) ||
        tl_buf_addf(&sql,
                    ", connection_id = %" PRIu64 ", since = UTC_TIMESTAMP(6), server_identity = ",
                    tl_session_id(session)) ||
        tl_sql_add_text(&sql, ledger->server.identity, strlen(ledger->server.identity)) ||
        /* The connection ids go too: they may be of another life of the server. */
        tl_buf_addf(&sql,
                    ", server_start = %.3f WHERE task_id = %" PRId64
                    "; UPDATE %s.writer_v1 SET token = '%s', connection_id = 0, seq = seq + 1 "
                    "WHERE task_id = %" PRId64,
                    ledger->server.start_time, ledger->task_id, name.text, owner->token,
                    ledger->task_id))
        return tl_error_nomem(err);
    return tl_session_exec(session, sql.data, sql.len, NULL, err);
}

static int take_over_work(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct takeover *takeover = payload;
    const struct tl_ledger *ledger = takeover->ledger;
    TL_CLEANUP(tl_ledger_holder_done) struct tl_ledger_holder holder = {.intent = NULL};
    int rc = tl_ledger_holder_read(session, ledger->schema, ledger->task_id, true, &holder, err);

    if (rc != TL_OK)
        return rc;
    takeover->moved = strcmp(holder.owner.token, takeover->expected) != 0;
    if (takeover->moved)
        return TL_OK;
    free(takeover->intent);
    takeover->intent = holder.intent;
    holder.intent = NULL;
    return put_owner(takeover, session, err);
}

static int check_dead(struct takeover *takeover, struct tl_session *session,
                      const struct tl_cancel *cancel, struct tl_error *err)
{
    TL_CLEANUP(tl_ledger_holder_done) struct tl_ledger_holder holder = {.intent = NULL};
    const struct tl_ledger *ledger = takeover->ledger;
    bool alive = false;
    int rc = tl_ledger_holder_read(session, ledger->schema, ledger->task_id, false, &holder, err);

    if (rc == TL_OK)
        rc = tl_ledger_holder_alive(session, ledger->schema, ledger->task_id, &holder,
                                    &takeover->owner, &ledger->server,
                                    PATIENCE_SECONDS * TL_NS_PER_SEC, cancel, &alive, err);
    if (rc == TL_OK && alive)
        return tl_ledger_refuse_alive(ledger->task_id, &holder, err);
    if (rc == TL_OK)
        snprintf(takeover->expected, sizeof(takeover->expected), "%s", holder.owner.token);
    return rc;
}

int tl_ledger_take_over(struct tl_ledger *ledger, struct tl_session *session, char **intent_out,
                        const struct tl_cancel *cancel, struct tl_error *err)
{
    struct takeover takeover = {.ledger = ledger, .moved = true};
    struct tl_ledger_fight fight = {ledger->schema, ledger->task_id, -1, &ledger->server, cancel};
    int rc = tl_server_probe(&ledger->server, session, err);

    if (rc == TL_OK)
        rc = tl_ledger_guard(session, &ledger->server, err);
    /* A token of its own, also for the process that has the task already: a stale writer of ours
       (after a restart of the server) is as bad as somebody else's. */
    if (rc == TL_OK)
        rc = tl_owner_init(&takeover.owner, err);
    while (rc == TL_OK && takeover.moved) {
        rc = check_dead(&takeover, session, cancel, err);
        if (rc == TL_OK)
            rc = tl_ledger_run(&fight, session, take_over_work, &takeover, err);
    }
    if (rc == TL_OK) {
        ledger->owner = takeover.owner;
        if (intent_out) {
            *intent_out = takeover.intent;
            takeover.intent = NULL;
        }
    }
    free(takeover.intent);
    return rc;
}
