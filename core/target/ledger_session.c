/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions of the ledger: how they begin and end, how long they wait for a lock, and who is
 * killed when a lock is not given. See ledger_internal.h.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/target/ledger_internal.h"

enum {
    IDLE_SECONDS = 60,
    MYSQL_IDLE_SECONDS = 600,
    UNKNOWN_VARIABLE = 1193,
    CANNOT_CONVERT = 3854,
    PAUSE_MS = 50
};

struct tl_ledger_name tl_ledger_quote(const char *schema)
{
    struct tl_ledger_name name;
    size_t used = 0;

    name.text[used++] = '`';
    for (; *schema && used + 4 < sizeof(name.text); schema++) {
        if (*schema == '`')
            name.text[used++] = '`';
        name.text[used++] = *schema;
    }
    if (*schema)
        used = 1;
    name.text[used++] = '`';
    name.text[used] = '\0';
    return name;
}

const char *tl_ledger_begin_sql(const struct tl_server *server)
{
    if (server->kind == TL_SERVER_TIDB)
        return "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; BEGIN PESSIMISTIC";
    if (server->repeatable_read)
        return "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION";
    return "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION";
}

int tl_ledger_begin(struct tl_session *session, const struct tl_server *server,
                    struct tl_error *err)
{
    const char *sql = tl_ledger_begin_sql(server);

    return tl_session_exec(session, sql, strlen(sql), NULL, err);
}

int tl_ledger_end(struct tl_session *session, int rc, struct tl_error *err)
{
    struct tl_error ignored;

    if (rc == TL_OK)
        return tl_session_execf(session, err, "COMMIT");
    /* A rollback that fails leaves a dead connection, and the server rolls back. */
    tl_error_init(&ignored);
    (void)!tl_session_execf(session, &ignored, "ROLLBACK");
    return rc;
}

static int set_optional(struct tl_session *session, const char *assignment, int value,
                        struct tl_error *err)
{
    int rc = tl_session_execf(session, err, "SET SESSION %s = %d", assignment, value);

    return rc == TL_ERR_DB && err->native == UNKNOWN_VARIABLE ? TL_OK : rc;
}

int tl_ledger_guard(struct tl_session *session, const struct tl_server *server,
                    struct tl_error *err)
{
    int rc;

    if (server->kind == TL_SERVER_TIDB)
        return set_optional(session, "tidb_idle_transaction_timeout", IDLE_SECONDS, err);
    /* MySQL only knows idle connections: a reconnect costs us little. */
    if (server->kind == TL_SERVER_MYSQL)
        return set_optional(session, "wait_timeout", MYSQL_IDLE_SECONDS, err);
    rc = set_optional(session, "idle_transaction_timeout", IDLE_SECONDS, err);
    if (rc == TL_OK)
        rc = set_optional(session, "idle_write_transaction_timeout", IDLE_SECONDS, err);
    return rc;
}

int tl_ledger_short_waits(struct tl_session *session, struct tl_error *err)
{
    return tl_session_execf(session, err,
                            "SET @tl_lock_wait = @@SESSION.innodb_lock_wait_timeout; "
                            "SET SESSION innodb_lock_wait_timeout = %d",
                            TL_LEDGER_WAIT_SECONDS);
}

int tl_ledger_usual_waits(struct tl_session *session, struct tl_error *err)
{
    return tl_session_execf(session, err, "SET SESSION innodb_lock_wait_timeout = @tl_lock_wait");
}

int tl_ledger_sleep(const struct tl_cancel *cancel, int64_t ns, struct tl_error *err)
{
    struct timespec pause = {ns / TL_NS_PER_SEC, ns % TL_NS_PER_SEC};

    if (cancel && tl_cancel_sleep(cancel, ns))
        return tl_error_set(err, TL_ERR_CANCELED, "stopped while waiting for another loader");
    if (!cancel)
        nanosleep(&pause, NULL);
    return TL_OK;
}

/* Ids that may be killed, read before the first KILL since a result blocks the connection. */
struct victims {
    uint64_t ids[256];
    size_t count;
};

static int take_victim(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                       struct tl_error *err)
{
    struct victims *victims = payload;

    (void)lengths, (void)count, (void)err;
    if (columns[0] && victims->count < sizeof(victims->ids) / sizeof(victims->ids[0]))
        victims->ids[victims->count++] = strtoull(columns[0], NULL, 10);
    return TL_OK;
}

int tl_ledger_processlist(struct tl_session *session, const char *columns, const char *condition,
                          tl_row_fn fn, void *payload, struct tl_error *err)
{
    /* MySQL cannot show the first one while somebody's statement has a character of four bytes. */
    static const char *const schemas[] = {"information_schema", "performance_schema"};
    int rc = TL_ERR;

    for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
        TL_CLEANUP_BUF struct tl_buf sql;

        tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
        if (tl_buf_addf(&sql, "SELECT %s FROM %s.processlist WHERE %s", columns, schemas[i],
                        condition))
            return tl_error_nomem(err);
        rc = tl_session_query(session, sql.data, fn, payload, err);
        if (rc != TL_ERR_DB || err->native != CANNOT_CONVERT)
            break;
    }
    return rc;
}

static int find_victims(struct tl_session *session, const char *schema, int64_t task_id,
                        int64_t writer_id, struct victims *victims, struct tl_error *err)
{
    struct tl_ledger_name name = tl_ledger_quote(schema);
    char condition[2048];

    if (writer_id >= 0)
        snprintf(condition, sizeof(condition),
                 "id IN (SELECT connection_id FROM %s.writer_v1 WHERE task_id = %" PRId64
                 " AND writer_id = %" PRId64 ") AND user = SUBSTRING_INDEX(USER(), '@', 1)",
                 name.text, task_id, writer_id);
    else
        snprintf(condition, sizeof(condition),
                 "(id IN (SELECT connection_id FROM %s.writer_v1 WHERE task_id = %" PRId64
                 ") OR id IN (SELECT connection_id FROM %s.task_v1 WHERE task_id = %" PRId64
                 ")) AND user = SUBSTRING_INDEX(USER(), '@', 1)",
                 name.text, task_id, name.text, task_id);
    victims->count = 0;
    return tl_ledger_processlist(session, "id", condition, take_victim, victims, err);
}

int tl_ledger_kill(struct tl_session *session, const char *schema, int64_t task_id,
                   int64_t writer_id, const struct tl_server *server, struct tl_error *err)
{
    TL_CLEANUP(tl_ledger_holder_done) struct tl_ledger_holder holder = {.intent = NULL};
    struct victims victims = {.count = 0};
    int rc = tl_ledger_holder_read(session, schema, task_id, false, &holder, err);

    if (rc != TL_OK)
        return rc == TL_NOT_FOUND ? TL_OK : rc;
    /* After a restart of the server an id of then is somebody else's. */
    if (strcmp(holder.server_identity, server->identity) != 0 ||
        fabs(holder.server_start - server->start_time) > TL_LEDGER_RESTART_SLACK)
        return TL_OK;
    rc = find_victims(session, schema, task_id, writer_id, &victims, err);
    for (size_t i = 0; rc == TL_OK && i < victims.count; i++)
        if (victims.ids[i] != tl_session_id(session))
            rc = tl_session_kill(session, victims.ids[i], err);
    return rc;
}

static int run_once(const struct tl_ledger_fight *fight, struct tl_session *session,
                    tl_ledger_work_fn fn, void *payload, struct tl_error *err)
{
    int rc = tl_ledger_begin(session, fight->server, err);

    if (rc == TL_OK)
        rc = fn(session, payload, err);
    return tl_ledger_end(session, rc, err);
}

int tl_ledger_run(const struct tl_ledger_fight *fight, struct tl_session *session,
                  tl_ledger_work_fn fn, void *payload, struct tl_error *err)
{
    int64_t deadline = tl_clock_ns() + TL_LEDGER_FIGHT_SECONDS * TL_NS_PER_SEC;
    struct tl_error ignored;
    int rc = tl_ledger_short_waits(session, err);

    if (rc != TL_OK)
        return rc;
    for (;;) {
        rc = run_once(fight, session, fn, payload, err);
        if (rc != TL_ERR_DB || !err->retryable || tl_error_is_lost(err) || tl_clock_ns() > deadline)
            break;
        tl_error_init(&ignored);
        if (err->native == TL_LEDGER_LOCK_TIMEOUT)
            (void)!tl_ledger_kill(session, fight->schema, fight->task_id, fight->writer_id,
                                  fight->server, &ignored);
        rc = tl_ledger_sleep(fight->cancel, PAUSE_MS * TL_NS_PER_MS, err);
        if (rc != TL_OK)
            break;
    }
    tl_error_init(&ignored);
    (void)!tl_ledger_usual_waits(session, &ignored);
    return rc;
}
