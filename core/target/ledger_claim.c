/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a new task begins: no other task may have rows for one of its tables. See ledger.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/target/ledger_internal.h"

enum { LOOK_AT_ONCE = 200, INSERT_AT_ONCE = 500 };

struct claim {
    struct tl_ledger *ledger;
    const char *source_dir;
    const struct tl_ledger_chunk *chunks;
    size_t count;
    const struct tl_cancel *cancel;
    int64_t rival; /* task that stands in the way, 0 = none */
    char rival_table[300];
};

static int take_rival(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                      struct tl_error *err)
{
    struct claim *claim = payload;

    (void)lengths, (void)count, (void)err;
    claim->rival = strtoll(columns[0], NULL, 10);
    snprintf(claim->rival_table, sizeof(claim->rival_table), "%s", columns[1]);
    return TL_OK;
}

/* Looks for another task with rows for one of the tables of chunks [*at, ...); moves *at. */
static int find_rival_some(struct claim *claim, struct tl_session *session, size_t *at,
                           struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    struct tl_ledger_name name = tl_ledger_quote(claim->ledger->schema);
    const char *before = NULL;
    unsigned used = 0;

    tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
    if (tl_buf_addf(&sql, "SELECT task_id, table_name FROM %s.chunk_v1 WHERE table_name IN (",
                    name.text))
        return tl_error_nomem(err);
    for (; *at < claim->count && used < LOOK_AT_ONCE; ++*at) {
        const char *table = claim->chunks[*at].table;

        if (before && strcmp(before, table) == 0)
            continue;
        if ((used > 0 && tl_buf_adds(&sql, ",")) || tl_sql_add_text(&sql, table, strlen(table)))
            return tl_error_nomem(err);
        before = table;
        used++;
    }
    if (tl_buf_addf(&sql, ") AND task_id <> %" PRId64 " LIMIT 1", claim->ledger->task_id))
        return tl_error_nomem(err);
    return used == 0 ? TL_OK : tl_session_query(session, sql.data, take_rival, claim, err);
}

static int find_rival(struct claim *claim, struct tl_session *session, struct tl_error *err)
{
    size_t at = 0;
    int rc = TL_OK;

    claim->rival = 0;
    while (rc == TL_OK && at < claim->count && claim->rival == 0)
        rc = find_rival_some(claim, session, &at, err);
    return rc;
}

static int insert_task(struct claim *claim, struct tl_session *session, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    const struct tl_ledger *ledger = claim->ledger;
    const struct tl_owner *owner = &ledger->owner;
    struct tl_ledger_name name = tl_ledger_quote(ledger->schema);

    tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
    if (tl_buf_addf(&sql,
                    "INSERT INTO %s.task_v1 (task_id, token, host, pid, pid_start, boot_id, "
                    "connection_id, since, server_identity, server_start, source_dir) VALUES "
                    "(%" PRId64 ", '%s', ",
                    name.text, ledger->task_id, owner->token) ||
        tl_sql_add_text(&sql, owner->host, strlen(owner->host)) ||
        tl_buf_addf(&sql, ", %" PRId64 ", %" PRIu64 ", ", owner->pid, owner->pid_start) ||
        tl_sql_add_text(&sql, owner->boot_id, strlen(owner->boot_id)) ||
        tl_buf_addf(&sql, ", %" PRIu64 ", UTC_TIMESTAMP(6), ", tl_session_id(session)) ||
        tl_sql_add_text(&sql, ledger->server.identity, strlen(ledger->server.identity)) ||
        tl_buf_addf(&sql, ", %.3f, ", ledger->server.start_time) ||
        tl_sql_add_text(&sql, claim->source_dir, strlen(claim->source_dir)) ||
        tl_buf_adds(&sql, ") ON DUPLICATE KEY UPDATE task_id = VALUES(task_id)"))
        return tl_error_nomem(err);
    return tl_session_exec(session, sql.data, sql.len, NULL, err);
}

static int add_chunk(struct tl_buf *sql, int64_t task_id, const struct tl_ledger_chunk *chunk)
{
    char key[2 * TL_DIGEST_LEN + 1];

    tl_digest_hex(&chunk->key.digest, key);
    return tl_buf_addf(sql, "(%" PRId64 ", x'%s', ", task_id, key) ||
                   tl_sql_add_text(sql, chunk->table, strlen(chunk->table)) ||
                   tl_buf_addf(sql, ", %" PRId32 ", ", chunk->engine) ||
                   tl_sql_add_text(sql, chunk->path, strlen(chunk->path)) ||
                   tl_buf_addf(sql, ", %" PRId64 ")", chunk->offset)
               ? TL_ERR_NOMEM
               : TL_OK;
}

static int insert_chunks(struct claim *claim, struct tl_session *session, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    struct tl_ledger_name name = tl_ledger_quote(claim->ledger->schema);
    int rc = TL_OK;

    tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
    for (size_t i = 0; rc == TL_OK && i < claim->count; i++) {
        bool first = i % INSERT_AT_ONCE == 0;

        if (first)
            tl_buf_clear(&sql);
        if ((first && tl_buf_addf(&sql,
                                  "INSERT INTO %s.chunk_v1 (task_id, chunk_key, table_name, "
                                  "engine_id, path, `offset`) VALUES ",
                                  name.text)) ||
            (!first && tl_buf_adds(&sql, ", ")) ||
            add_chunk(&sql, claim->ledger->task_id, &claim->chunks[i]))
            return tl_error_nomem(err);
        if (i % INSERT_AT_ONCE != INSERT_AT_ONCE - 1 && i + 1 != claim->count)
            continue;
        if (tl_buf_adds(&sql, " ON DUPLICATE KEY UPDATE engine_id = VALUES(engine_id)"))
            return tl_error_nomem(err);
        rc = tl_session_exec(session, sql.data, sql.len, NULL, err);
    }
    return rc;
}

static int claim_work(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct claim *claim = payload;
    TL_CLEANUP(tl_ledger_holder_done) struct tl_ledger_holder sentinel = {.intent = NULL};
    int rc = tl_ledger_holder_read(session, claim->ledger->schema, 0, true, &sentinel, err);

    if (rc == TL_NOT_FOUND)
        return tl_error_set(err, TL_ERR, "the ledger in %s lacks its row 0", claim->ledger->schema);
    if (rc == TL_OK)
        rc = find_rival(claim, session, err);
    if (rc != TL_OK || claim->rival != 0)
        return rc;
    rc = insert_task(claim, session, err);
    if (rc == TL_OK)
        rc = tl_ledger_lock_own(claim->ledger, session, err);
    if (rc == TL_OK)
        rc = insert_chunks(claim, session, err);
    return rc;
}

/* The rival's committed rows, once none of its transactions can commit any more. */
struct removal {
    struct tl_ledger rival; /* with the token that the task row has */
    uint64_t batches;
    uint64_t rows;
};

static int remove_work(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct removal *removal = payload;
    const struct tl_ledger *rival = &removal->rival;
    struct tl_ledger_name name = tl_ledger_quote(rival->schema);
    char sql[2048];
    int rc = tl_ledger_lock_own(rival, session, err);

    if (rc == TL_OK)
        rc = tl_session_execf(session, err, "DELETE FROM %s.writer_v1 WHERE task_id = %" PRId64,
                              name.text, rival->task_id);
    snprintf(sql, sizeof(sql),
             "SELECT COUNT(*) FROM %s.chunk_v1 c JOIN %s.batch_v1 b ON b.chunk_key = c.chunk_key "
             "WHERE c.task_id = %" PRId64,
             name.text, name.text, rival->task_id);
    if (rc == TL_OK)
        rc = tl_session_scalar_u64(session, sql, &removal->batches, err);
    if (rc != TL_OK || removal->batches > 0)
        return rc;
    return tl_session_execf(session, err,
                            "DELETE FROM %s.chunk_v1 WHERE task_id = %" PRId64
                            "; DELETE FROM %s.task_v1 WHERE task_id = %" PRId64,
                            name.text, rival->task_id, name.text, rival->task_id);
}

static int refuse_rival(const struct claim *claim, const struct tl_ledger_holder *holder,
                        struct tl_session *session, struct tl_error *err)
{
    struct tl_ledger rival = *claim->ledger;
    uint64_t rows = 0;
    int rc;

    rival.task_id = claim->rival;
    rc = tl_ledger_table_rows(&rival, session, claim->rival_table, &rows, err);
    if (rc != TL_OK)
        return rc;
    tl_error_set(err, TL_ERR_REFUSED,
                 "the ledger has %" PRIu64 " committed rows of %s from an earlier import (task "
                 "%" PRId64 ", process %" PRId64 " on %s, since %s UTC) that is not finished",
                 rows, claim->rival_table, claim->rival, holder->owner.pid, holder->owner.host,
                 holder->since);
    return tl_error_hint(err, "to go on with it: tidb-lightning-ctl --checkpoint-rebuild; to drop "
                              "the tables and begin anew: tidb-lightning-ctl "
                              "--checkpoint-error-destroy=all; to keep the rows and only forget "
                              "that import: tidb-lightning-ctl --checkpoint-remove=all");
}

/* Refuses because of the rival, or removes it when it is dead and has committed nothing. */
static int settle_rival(struct claim *claim, struct tl_session *session, struct tl_error *err)
{
    TL_CLEANUP(tl_ledger_holder_done) struct tl_ledger_holder holder = {.intent = NULL};
    const struct tl_ledger *ledger = claim->ledger;
    struct removal removal = {.rival = *ledger};
    struct tl_ledger_fight fight = {ledger->schema, claim->rival, -1, &ledger->server,
                                    claim->cancel};
    bool alive = false;
    int rc = tl_ledger_holder_read(session, ledger->schema, claim->rival, false, &holder, err);

    if (rc == TL_NOT_FOUND)
        return TL_OK; /* gone meanwhile; rows without a task are found again and removed below */
    if (rc == TL_OK)
        rc = tl_ledger_holder_alive(session, ledger->schema, claim->rival, &holder, &ledger->owner,
                                    &ledger->server, 0, claim->cancel, &alive, err);
    if (rc != TL_OK)
        return rc;
    if (alive)
        return tl_ledger_refuse_alive(claim->rival, &holder, err);
    removal.rival.task_id = claim->rival;
    snprintf(removal.rival.owner.token, sizeof(removal.rival.owner.token), "%s",
             holder.owner.token);
    rc = tl_ledger_run(&fight, session, remove_work, &removal, err);
    if (rc == TL_ERR_FENCED)
        return TL_OK; /* somebody was faster: look again */
    if (rc == TL_OK && removal.batches > 0)
        return refuse_rival(claim, &holder, session, err);
    return rc;
}

int tl_ledger_claim(struct tl_ledger *ledger, struct tl_session *session, const char *source_dir,
                    const struct tl_ledger_chunk *chunks, size_t count,
                    const struct tl_cancel *cancel, struct tl_error *err)
{
    struct claim claim = {.ledger = ledger,
                          .source_dir = source_dir,
                          .chunks = chunks,
                          .count = count,
                          .cancel = cancel};
    struct tl_ledger_fight fight = {ledger->schema, ledger->task_id, -1, &ledger->server, cancel};
    int rc = tl_server_probe(&ledger->server, session, err);

    if (rc == TL_OK)
        rc = tl_ledger_guard(session, &ledger->server, err);
    while (rc == TL_OK) {
        rc = tl_ledger_run(&fight, session, claim_work, &claim, err);
        if (rc != TL_OK || claim.rival == 0)
            break;
        rc = settle_rival(&claim, session, err);
    }
    return rc;
}
