/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges that another program has loaded, entered at once. See ledger.h.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/target/ledger_internal.h"

enum { RANGES_AT_ONCE = 500 };

struct adoption {
    const struct tl_ledger *ledger;
    const struct tl_ledger_loaded *items;
    size_t count;
};

static int add_values(struct tl_buf *sql, const struct tl_ledger_loaded *item)
{
    static const struct tl_range at_end = {.last = true};
    const struct tl_range *stop = item->stop ? item->stop : &at_end;
    char key[2 * TL_DIGEST_LEN + 1];

    tl_digest_hex(&item->key.digest, key);
    return tl_buf_addf(sql,
                       "(x'%s', %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64
                       ", %" PRIu64 ", %d, %d, %" PRIu64 ", ",
                       key, item->begin, item->end, item->rows, item->bytes, stop->checksum,
                       stop->end_line, stop->last, stop->in_statement, stop->head_offset) ||
                   tl_ledger_add_state(sql, &stop->state) || tl_buf_adds(sql, ")")
               ? TL_ERR_NOMEM
               : TL_OK;
}

static int insert_some(const struct adoption *adoption, struct tl_session *session, size_t *at,
                       struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    struct tl_ledger_name name = tl_ledger_quote(adoption->ledger->schema);
    size_t end = adoption->count - *at < RANGES_AT_ONCE ? adoption->count : *at + RANGES_AT_ONCE;
    int rc;

    tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
    rc = tl_buf_addf(&sql,
                     "INSERT INTO %s.batch_v1 (chunk_key, begin_pos, end_pos, row_count, "
                     "byte_count, checksum, end_line, is_last, in_statement, head_offset, "
                     "session_state) VALUES ",
                     name.text);
    for (size_t i = *at; rc == TL_OK && i < end; i++) {
        rc = i > *at ? tl_buf_adds(&sql, ", ") : TL_OK;
        rc = rc == TL_OK ? add_values(&sql, &adoption->items[i]) : rc;
    }
    if (rc != TL_OK)
        return tl_error_nomem(err);
    *at = end;
    return tl_session_exec(session, sql.data, sql.len, NULL, err);
}

static int adopt_work(struct tl_session *session, void *payload, struct tl_error *err)
{
    const struct adoption *adoption = payload;
    const struct tl_ledger *ledger = adoption->ledger;
    struct tl_ledger_name name = tl_ledger_quote(ledger->schema);
    uint64_t one;
    size_t at = 0;
    char sql[2048];
    int rc = tl_ledger_lock_own(ledger, session, err);

    snprintf(sql, sizeof(sql),
             "SELECT 1 FROM %s.chunk_v1 c JOIN %s.batch_v1 b ON b.chunk_key = c.chunk_key WHERE "
             "c.task_id = %" PRId64 " LIMIT 1",
             name.text, name.text, ledger->task_id);
    if (rc == TL_OK)
        rc = tl_session_scalar_u64(session, sql, &one, err);
    if (rc != TL_NOT_FOUND)
        return rc; /* entered by an earlier try, and perhaps gone on with */
    rc = TL_OK;
    while (rc == TL_OK && at < adoption->count)
        rc = insert_some(adoption, session, &at, err);
    return rc;
}

int tl_ledger_add_loaded(const struct tl_ledger *ledger, struct tl_session *session,
                         const struct tl_ledger_loaded *items, size_t count,
                         const struct tl_cancel *cancel, struct tl_error *err)
{
    struct adoption adoption = {ledger, items, count};
    struct tl_ledger_fight fight = {ledger->schema, ledger->task_id, -1, &ledger->server, cancel};

    return tl_ledger_run(&fight, session, adopt_work, &adoption, err);
}
