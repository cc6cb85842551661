/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The row of a task: reading it, proving that it is ours, and finding out whether the loader behind
 * it still lives. See ledger_internal.h.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/target/ledger_internal.h"

enum { POLL_MS = 250 };

void tl_ledger_holder_done(struct tl_ledger_holder *holder)
{
    free(holder->intent);
    holder->intent = NULL;
}

struct holder_read {
    struct tl_ledger_holder *holder;
    bool found;
};

static int take_holder(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                       struct tl_error *err)
{
    struct holder_read *read = payload;
    struct tl_ledger_holder *holder = read->holder;

    (void)lengths, (void)count;
    memset(holder, 0, sizeof(*holder));
    snprintf(holder->owner.token, sizeof(holder->owner.token), "%s", columns[0]);
    snprintf(holder->owner.host, sizeof(holder->owner.host), "%s", columns[1]);
    holder->owner.pid = strtoll(columns[2], NULL, 10);
    holder->owner.pid_start = strtoull(columns[3], NULL, 10);
    snprintf(holder->owner.boot_id, sizeof(holder->owner.boot_id), "%s", columns[4]);
    holder->connection_id = strtoull(columns[5], NULL, 10);
    snprintf(holder->since, sizeof(holder->since), "%s", columns[6]);
    snprintf(holder->server_identity, sizeof(holder->server_identity), "%s", columns[7]);
    holder->server_start = strtod(columns[8], NULL);
    read->found = true;
    if (!columns[9])
        return TL_OK;
    holder->intent = strdup(columns[9]);
    return holder->intent ? TL_OK : tl_error_nomem(err);
}

int tl_ledger_holder_read(struct tl_session *session, const char *schema, int64_t task_id,
                          bool lock, struct tl_ledger_holder *holder_out, struct tl_error *err)
{
    struct tl_ledger_name name = tl_ledger_quote(schema);
    struct tl_ledger_holder made = {.intent = NULL};
    struct holder_read read = {&made, false};
    char sql[1024];
    int rc;

    snprintf(sql, sizeof(sql),
             "SELECT token, host, pid, pid_start, boot_id, connection_id, since, server_identity, "
             "server_start, intent FROM %s.task_v1 WHERE task_id = %" PRId64 "%s",
             name.text, task_id, lock ? " FOR UPDATE" : "");
    rc = tl_session_query(session, sql, take_holder, &read, err);
    if (rc == TL_OK && !read.found)
        rc = TL_NOT_FOUND;
    if (rc != TL_OK) {
        tl_ledger_holder_done(&made);
        return rc;
    }
    tl_ledger_holder_done(holder_out);
    *holder_out = made;
    return TL_OK;
}

int tl_ledger_lock_own(const struct tl_ledger *ledger, struct tl_session *session,
                       struct tl_error *err)
{
    TL_CLEANUP(tl_ledger_holder_done) struct tl_ledger_holder holder = {.intent = NULL};
    int rc = tl_ledger_holder_read(session, ledger->schema, ledger->task_id, true, &holder, err);

    if (rc == TL_NOT_FOUND)
        return tl_error_set(err, TL_ERR_FENCED, "task %" PRId64 " is no longer in the ledger",
                            ledger->task_id);
    if (rc == TL_OK && strcmp(holder.owner.token, ledger->owner.token) != 0)
        return tl_error_set(err, TL_ERR_FENCED,
                            "task %" PRId64 " was taken over by process %" PRId64 " on %s",
                            ledger->task_id, holder.owner.pid, holder.owner.host);
    return rc;
}

static int take_count(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                      struct tl_error *err)
{
    uint64_t *connections = payload;

    (void)lengths, (void)count, (void)err;
    *connections = strtoull(columns[0], NULL, 10);
    return TL_OK;
}

static int count_connections(struct tl_session *session, const char *schema, int64_t task_id,
                             uint64_t *count_out, struct tl_error *err)
{
    struct tl_ledger_name name = tl_ledger_quote(schema);
    char condition[2048];

    snprintf(condition, sizeof(condition),
             "(id IN (SELECT connection_id FROM %s.writer_v1 WHERE task_id = %" PRId64
             ") OR id IN (SELECT connection_id FROM %s.task_v1 WHERE task_id = %" PRId64
             ")) AND id <> CONNECTION_ID()",
             name.text, task_id, name.text, task_id);
    return tl_ledger_processlist(session, "COUNT(*)", condition, take_count, count_out, err);
}

static bool is_same_process(const struct tl_owner *a, const struct tl_owner *b)
{
    return a->pid == b->pid && a->pid_start == b->pid_start && strcmp(a->boot_id, b->boot_id) == 0;
}

int tl_ledger_holder_alive(struct tl_session *session, const char *schema, int64_t task_id,
                           const struct tl_ledger_holder *holder, const struct tl_owner *self,
                           const struct tl_server *server, int64_t patience_ns,
                           const struct tl_cancel *cancel, bool *alive_out, struct tl_error *err)
{
    int64_t deadline = tl_clock_ns() + patience_ns;
    struct tl_owner here;
    uint64_t count = 0;
    int rc = self ? TL_OK : tl_owner_init(&here, err);

    if (rc != TL_OK)
        return rc;
    self = self ? self : &here;
    *alive_out = false;
    if (!holder->owner.token[0] || is_same_process(&holder->owner, self))
        return TL_OK;
    if (strcmp(holder->owner.boot_id, self->boot_id) == 0) {
        *alive_out = tl_process_alive(holder->owner.pid, holder->owner.pid_start);
        return TL_OK;
    }
    if (strcmp(holder->server_identity, server->identity) != 0 ||
        fabs(holder->server_start - server->start_time) > TL_LEDGER_RESTART_SLACK)
        return TL_OK; /* no connection survives a restart of the server */
    for (;;) {
        rc = count_connections(session, schema, task_id, &count, err);
        if (rc != TL_OK || count == 0 || tl_clock_ns() >= deadline)
            break;
        rc = tl_ledger_sleep(cancel, POLL_MS * TL_NS_PER_MS, err);
        if (rc != TL_OK)
            break;
    }
    if (rc == TL_OK)
        *alive_out = count > 0;
    return rc;
}

int tl_ledger_refuse_alive(int64_t task_id, const struct tl_ledger_holder *holder,
                           struct tl_error *err)
{
    tl_error_set(err, TL_ERR_REFUSED,
                 "task %" PRId64 " is at work: process %" PRId64 " on %s, since %s UTC", task_id,
                 holder->owner.pid, holder->owner.host, holder->since);
    return tl_error_hint(err,
                         "wait for it, or stop it (kill %" PRId64
                         " on %s); if that machine is gone for good, end its connections on the "
                         "server (SHOW PROCESSLIST; KILL ...) and try again",
                         holder->owner.pid, holder->owner.host);
}
