/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Committed byte ranges: reading them, finding one, and merging contiguous ones. See ledger.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/target/ledger_internal.h"

/* Holds any path and the longest table name. */
enum { KEY_TEXT = 16384 };
enum { MERGE_AT_ONCE = 1000, DELETES_AT_ONCE = 100 };

struct tl_chunk_key tl_chunk_key_of(int64_t task_id, const char *table, int32_t engine,
                                    const char *path, int64_t offset)
{
    char text[KEY_TEXT]; /* no allocation: a key cannot fail */
    struct tl_chunk_key key;
    int len;

    /* Lengths in front: no two chunks have the same text. */
    memset(&key, 0, sizeof(key));
    len = snprintf(text, sizeof(text), "%" PRId64 " %" PRId32 " %" PRId64 " %zu %s %zu %s", task_id,
                   engine, offset, strlen(table), table, strlen(path), path);
    key.digest = tl_digest_of(text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
    return key;
}

int tl_ledger_range_row(char **columns, struct tl_range *range_out, struct tl_error *err)
{
    struct tl_range range;
    int rc;

    memset(&range, 0, sizeof(range));
    range.begin = strtoull(columns[0], NULL, 10);
    range.end = strtoull(columns[1], NULL, 10);
    range.rows = strtoull(columns[2], NULL, 10);
    range.bytes = strtoull(columns[3], NULL, 10);
    range.checksum = strtoull(columns[4], NULL, 10);
    range.end_line = strtoull(columns[5], NULL, 10);
    range.last = columns[6][0] == '1';
    range.in_statement = columns[7][0] == '1';
    range.head_offset = strtoull(columns[8], NULL, 10);
    rc = tl_ledger_read_state(columns[9], &range.state, err);
    if (rc == TL_OK)
        *range_out = range;
    return rc;
}

struct range_walk {
    tl_range_fn fn;
    void *payload;
};

static int take_range(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                      struct tl_error *err)
{
    struct range_walk *walk = payload;
    struct tl_chunk_key key;
    struct tl_range range;
    int rc;

    (void)count;
    if (lengths[0] != TL_DIGEST_LEN)
        return tl_error_set(err, TL_ERR, "a chunk key of %lu bytes in the ledger", lengths[0]);
    memcpy(key.digest.bytes, columns[0], TL_DIGEST_LEN);
    rc = tl_ledger_range_row(columns + 1, &range, err);
    if (rc != TL_OK)
        return rc;
    tl_error_init(err);
    rc = walk->fn(&key, &range, walk->payload);
    if (rc != TL_OK && err->message[0] == '\0')
        tl_error_set(err, rc, "reading the ledger was ended");
    return rc;
}

int tl_ledger_ranges(const struct tl_ledger *ledger, struct tl_session *session, tl_range_fn fn,
                     void *payload, struct tl_error *err)
{
    struct range_walk walk = {fn, payload};
    struct tl_ledger_name name = tl_ledger_quote(ledger->schema);
    char sql[2048];

    snprintf(sql, sizeof(sql),
             "SELECT c.chunk_key, " TL_LEDGER_RANGE_COLUMNS " FROM %s.chunk_v1 c STRAIGHT_JOIN "
             "%s.batch_v1 b ON b.chunk_key = c.chunk_key WHERE c.task_id = %" PRId64
             " ORDER BY c.chunk_key, b.begin_pos",
             name.text, name.text, ledger->task_id);
    return tl_session_query(session, sql, take_range, &walk, err);
}

struct find {
    struct tl_range range;
    bool found;
};

static int take_found(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                      struct tl_error *err)
{
    struct find *find = payload;

    (void)lengths, (void)count;
    find->found = true;
    return tl_ledger_range_row(columns, &find->range, err);
}

int tl_ledger_find(struct tl_session *session, const char *schema, const struct tl_chunk_key *key,
                   uint64_t begin, struct tl_range *range_out, struct tl_error *err)
{
    struct tl_ledger_name name = tl_ledger_quote(schema);
    struct find find = {.found = false};
    char sql[1536], hex[2 * TL_DIGEST_LEN + 1];
    int rc;

    tl_digest_hex(&key->digest, hex);
    snprintf(sql, sizeof(sql),
             "SELECT " TL_LEDGER_RANGE_COLUMNS " FROM %s.batch_v1 b WHERE b.chunk_key = x'%s' AND "
             "b.begin_pos <= %" PRIu64 " ORDER BY b.begin_pos DESC LIMIT 1",
             name.text, hex, begin);
    rc = tl_session_query(session, sql, take_found, &find, err);
    if (rc != TL_OK)
        return rc;
    /* The last batch of a chunk may be empty: [end, end), or merged into the one before it. */
    if (!find.found || !(find.range.end > begin || find.range.begin == begin ||
                         (find.range.last && find.range.end == begin)))
        return TL_NOT_FOUND;
    *range_out = find.range;
    return TL_OK;
}

struct merge {
    const char *schema;
    struct tl_session *session;
    char hex[2 * TL_DIGEST_LEN + 1];
    struct tl_range *ranges; /* owned, MERGE_AT_ONCE */
    size_t count;
};

static int take_mergeable(char **columns, const unsigned long *lengths, unsigned count,
                          void *payload, struct tl_error *err)
{
    struct merge *merge = payload;

    (void)lengths, (void)count;
    return tl_ledger_range_row(columns, &merge->ranges[merge->count++], err);
}

/* What one row says about several in a run; the reader's state is the last one's. */
static struct tl_range sum_of(const struct tl_range *ranges, size_t count)
{
    struct tl_range sum = ranges[count - 1];

    sum.begin = ranges[0].begin;
    sum.rows = ranges[0].rows;
    sum.bytes = ranges[0].bytes;
    sum.checksum = ranges[0].checksum;
    for (size_t i = 1; i < count; i++) {
        const uint64_t pair[2] = {sum.checksum, ranges[i].checksum};

        sum.rows += ranges[i].rows;
        sum.bytes += ranges[i].bytes;
        sum.checksum = tl_checksum_of(pair, sizeof(pair));
    }
    return sum;
}

static int write_sum(const struct merge *merge, const struct tl_range *sum, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    struct tl_ledger_name name = tl_ledger_quote(merge->schema);

    tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
    if (tl_buf_addf(&sql,
                    "UPDATE %s.batch_v1 SET end_pos = %" PRIu64 ", row_count = %" PRIu64
                    ", byte_count = %" PRIu64 ", checksum = %" PRIu64 ", end_line = %" PRIu64
                    ", is_last = %d, in_statement = %d, head_offset = %" PRIu64
                    ", session_state = ",
                    name.text, sum->end, sum->rows, sum->bytes, sum->checksum, sum->end_line,
                    sum->last, sum->in_statement, sum->head_offset) ||
        tl_ledger_add_state(&sql, &sum->state) ||
        tl_buf_addf(&sql, " WHERE chunk_key = x'%s' AND begin_pos = %" PRIu64, merge->hex,
                    sum->begin))
        return tl_error_nomem(err);
    return tl_session_exec(merge->session, sql.data, sql.len, NULL, err);
}

/* One by one, by full key: the lock of a range would block the writers that insert next to it. */
static int delete_rest(const struct merge *merge, const struct tl_range *ranges, size_t count,
                       struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    struct tl_ledger_name name = tl_ledger_quote(merge->schema);
    int rc = TL_OK;

    tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
    for (size_t i = 0; rc == TL_OK && i < count; i++) {
        if (tl_buf_addf(&sql,
                        "%sDELETE FROM %s.batch_v1 WHERE chunk_key = x'%s' AND begin_pos = "
                        "%" PRIu64,
                        sql.len > 0 ? ";" : "", name.text, merge->hex, ranges[i].begin))
            return tl_error_nomem(err);
        if (i % DELETES_AT_ONCE == DELETES_AT_ONCE - 1 || i + 1 == count) {
            rc = tl_session_exec(merge->session, sql.data, sql.len, NULL, err);
            tl_buf_clear(&sql);
        }
    }
    return rc;
}

static int merge_runs(const struct merge *merge, struct tl_error *err)
{
    const struct tl_range *ranges = merge->ranges;
    size_t first = 0;
    int rc = TL_OK;

    while (rc == TL_OK && first < merge->count) {
        size_t end = first + 1;

        while (end < merge->count && ranges[end].begin == ranges[end - 1].end)
            end++;
        if (end - first > 1) {
            struct tl_range sum = sum_of(ranges + first, end - first);

            rc = write_sum(merge, &sum, err);
            if (rc == TL_OK)
                rc = delete_rest(merge, ranges + first + 1, end - first - 1, err);
        }
        first = end;
    }
    return rc;
}

int tl_ledger_compact(const struct tl_ledger *ledger, struct tl_session *session,
                      const struct tl_chunk_key *key, struct tl_error *err)
{
    struct tl_ledger_name name = tl_ledger_quote(ledger->schema);
    TL_CLEANUP_FREE struct tl_range *ranges = calloc(MERGE_AT_ONCE, sizeof(*ranges));
    struct merge merge = {.schema = ledger->schema, .session = session, .ranges = ranges};
    char sql[1536];
    int rc;

    if (!ranges)
        return tl_error_nomem(err);
    tl_digest_hex(&key->digest, merge.hex);
    snprintf(sql, sizeof(sql),
             "SELECT " TL_LEDGER_RANGE_COLUMNS " FROM %s.batch_v1 b WHERE b.chunk_key = x'%s' "
             "ORDER BY b.begin_pos LIMIT %d",
             name.text, merge.hex, MERGE_AT_ONCE);
    rc = tl_session_query(session, sql, take_mergeable, &merge, err);
    if (rc == TL_OK)
        rc = merge_runs(&merge, err);
    return rc;
}
