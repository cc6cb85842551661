/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol of a writer: one batch, one transaction, exactly once. No statement is ever repeated
 * within a transaction; after any error the whole batch is done again, and after a lost connection
 * (a COMMIT without an answer included) the ledger decides whether it is committed. See writer.h.
 */
#include "core/target/writer.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/target/ledger_internal.h"
#include "core/target/writer_internal.h"

enum {
    BACKOFF_FIRST_MS = 20,
    BACKOFF_LAST_MS = 5000,
    STOP_POLL_MS = 200,
    DUPLICATE_KEY = 1062,
    LEDGER_INSERT = 2, /* its place in the first round trip */
    PHANTOMS_MAX = 3,
    SQL_MAX = 1100 << 20
};

int tl_writer_open(struct tl_writer **writer_out, const struct tl_writer_settings *settings,
                   uint32_t id, struct tl_error *err)
{
    TL_CLEANUP(tl_writer_close_p) struct tl_writer *writer = calloc(1, sizeof(*writer));
    int rc;

    if (!writer)
        return tl_error_nomem(err);
    pthread_mutex_init(&writer->lock, NULL);
    writer->settings = *settings;
    writer->id = id;
    writer->random = (uint64_t)tl_clock_ns() * 2 + id * UINT64_C(0x9e3779b97f4a7c15) + 1;
    tl_buf_init(&writer->sql, SQL_MAX);
    tl_buf_init(&writer->scratch, SQL_MAX);
    rc = tl_writer_connect(writer, err);
    /* A server that was restarted since the task was taken over may have forgotten just that. */
    if (rc == TL_OK)
        rc = tl_server_check(&settings->ledger->server, writer->session, err);
    if (rc == TL_OK)
        rc = tl_ledger_add_writer(settings->ledger, writer->session, id, err);
    if (rc != TL_OK)
        return rc;
    *writer_out = writer;
    writer = NULL;
    return TL_OK;
}

void tl_writer_close(struct tl_writer *writer)
{
    if (!writer)
        return;
    tl_writer_disconnect(writer);
    tl_buf_done(&writer->sql);
    tl_buf_done(&writer->scratch);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}

void tl_writer_free_large(struct tl_writer *writer)
{
    if (writer->sql.cap > TL_WRITER_KEEP)
        tl_buf_done(&writer->sql);
    if (writer->scratch.cap > TL_WRITER_KEEP)
        tl_buf_done(&writer->scratch);
}

static int add_ledger_row(struct tl_buf *sql, const struct tl_writer *writer,
                          const struct tl_job *job)
{
    const struct tl_batch *batch = job->batch;
    struct tl_ledger_name name = tl_ledger_quote(writer->settings.ledger->schema);
    char key[2 * TL_DIGEST_LEN + 1];

    tl_digest_hex(&job->target->key->digest, key);
    return tl_buf_addf(sql,
                       "INSERT INTO %s.batch_v1 (chunk_key, begin_pos, end_pos, row_count, "
                       "byte_count, checksum, end_line, is_last, in_statement, head_offset, "
                       "session_state) VALUES (x'%s', %" PRIu64 ", %" PRIu64 ", %" PRIu32
                       ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %d, %d, %" PRIu64 ", ",
                       name.text, key, batch->begin_pos, batch->end_pos, batch->row_count,
                       batch->end_pos - batch->begin_pos, batch->checksum, batch->end_line,
                       batch->last, batch->in_statement, batch->resume_head) ||
                   tl_ledger_add_state(sql, &batch->resume_state) || tl_buf_adds(sql, ")")
               ? TL_ERR_NOMEM
               : TL_OK;
}

static bool is_this_batch(const struct tl_range *range, const struct tl_batch *batch)
{
    return range->begin == batch->begin_pos && range->end == batch->end_pos &&
           range->checksum == batch->checksum;
}

/* The ledger has something at this place that is not this batch: it must be read again. */
static int other_range(const struct tl_job *job, const struct tl_range *range, struct tl_error *err)
{
    return tl_error_set(err, TL_ERR_RESTARTED,
                        "file %s: the ledger has [%" PRIu64 ", %" PRIu64 ") where this batch is "
                        "[%" PRIu64 ", %" PRIu64 "): its ranges must be read again",
                        job->target->source->name, range->begin, range->end, job->batch->begin_pos,
                        job->batch->end_pos);
}

/* The ledger INSERT itself answered "duplicate". Committed, if it is this very batch. */
static int read_back(struct tl_writer *writer, const struct tl_job *job, struct tl_error *err)
{
    const struct tl_ledger *ledger = writer->settings.ledger;
    struct tl_range range;
    int rc;

    tl_writer_rollback(writer);
    if (!writer->session)
        return TL_ERR_DB; /* err still has the duplicate: tried again with a new session */
    rc = tl_writer_begin(writer, NULL, NULL, err);
    if (rc == TL_OK)
        rc = tl_ledger_find(writer->session, ledger->schema, job->target->key,
                            job->batch->begin_pos, &range, err);
    tl_writer_rollback(writer);
    if (rc == TL_NOT_FOUND) {
        rc = tl_error_set(err, TL_ERR_DB, "a row of the ledger has gone");
        err->retryable = true;
        return rc;
    }
    if (rc == TL_OK && !is_this_batch(&range, job->batch))
        return other_range(job, &range, err);
    return rc;
}

static void count_committed(struct tl_writer *writer, const struct tl_job *job, uint64_t affected)
{
    uint64_t rows = job->batch->row_count;
    uint64_t other = affected > rows ? affected - rows : rows - affected;

    atomic_fetch_add(&writer->settings.stats->batches, 1);
    atomic_fetch_add(&writer->settings.stats->replaced, job->rows.replaced);
    if (job->way != TL_WAY_NOTHING)
        atomic_fetch_add(&writer->settings.stats->duplicates, other);
}

/* Where each row counts exactly one, anything else means that rows were silently lost. */
static int check_affected(const struct tl_writer *writer, const struct tl_job *job,
                          uint64_t affected, struct tl_error *err)
{
    bool exact =
        writer->settings.options->conflict == TL_CONFLICT_ERROR || !job->target->table->has_key;

    if (job->way == TL_WAY_NOTHING || !exact || affected == job->batch->row_count)
        return TL_OK;
    return tl_error_set(err, TL_ERR,
                        "file %s: the server says that it inserted %" PRIu64 " of the %" PRIu32
                        " rows in bytes [%" PRIu64 ", %" PRIu64 ") into `%s`.`%s`",
                        job->target->source->name, affected, job->batch->row_count,
                        job->batch->begin_pos, job->batch->end_pos, job->target->table->db,
                        job->target->table->name);
}

/* How far an attempt came: what its error means depends on it. */
enum stage { STAGE_MODE, STAGE_BEGIN, STAGE_ROWS, STAGE_COMMIT };

static int attempt(struct tl_writer *writer, const struct tl_job *job, enum stage *stage,
                   struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf row;
    uint64_t affected = 0;
    unsigned failed = 0;
    int rc = TL_OK;

    tl_buf_init(&row, TL_LEDGER_SQL_MAX);
    *stage = STAGE_MODE;
    if (add_ledger_row(&row, writer, job))
        return tl_error_nomem(err);
    if (job->way != TL_WAY_NOTHING)
        rc = tl_writer_use_mode(writer, &job->mode, err);
    if (rc != TL_OK)
        return rc;
    *stage = STAGE_BEGIN;
    rc = tl_writer_begin(writer, &row, &failed, err);
    if (rc == TL_ERR_DB && failed == LEDGER_INSERT && err->native == DUPLICATE_KEY)
        return read_back(writer, job, err);
    if (rc != TL_OK)
        return rc;
    *stage = STAGE_ROWS;
    rc = tl_insert_rows(writer, job, 0, job->batch->row_count, &affected, err);
    if (rc == TL_OK)
        rc = check_affected(writer, job, affected, err);
    if (rc != TL_OK)
        return rc;
    *stage = STAGE_COMMIT;
    rc = tl_session_execf(writer->session, err, "COMMIT");
    if (rc == TL_OK)
        count_committed(writer, job, affected);
    return rc;
}

/* A new connection for a writer that has lost its own, and the answer whether the batch is in. */
static int recover(struct tl_writer *writer, const struct tl_job *job, bool *committed_out,
                   struct tl_error *err)
{
    const struct tl_ledger *ledger = writer->settings.ledger;
    struct tl_range range;
    int rc = tl_writer_connect(writer, err);

    if (rc != TL_OK)
        return rc;
    atomic_fetch_add(&writer->settings.stats->reconnects, 1);
    rc = tl_server_check(&ledger->server, writer->session, err);
    if (rc == TL_OK)
        rc = tl_ledger_rejoin(ledger, writer->session, writer->id, job->target->key,
                              job->batch->begin_pos, &range, err);
    if (rc == TL_NOT_FOUND)
        return TL_OK;
    if (rc == TL_OK && range.end < job->batch->end_pos)
        rc = other_range(job, &range, err);
    if (rc != TL_OK) {
        /* Not registered: the next attempt must begin here again. */
        tl_writer_disconnect(writer);
        return rc;
    }
    *committed_out = true;
    return TL_OK;
}

static int check_stop(struct tl_writer *writer, struct tl_error *err)
{
    const struct tl_writer_settings *settings = &writer->settings;
    bool aborted;

    pthread_mutex_lock(&writer->lock);
    aborted = writer->aborted;
    pthread_mutex_unlock(&writer->lock);
    if (aborted || (settings->stop && atomic_load(settings->stop)) ||
        (settings->cancel && tl_cancel_requested(settings->cancel)))
        return tl_error_set(err, TL_ERR_CANCELED, "stopped");
    return TL_OK;
}

static uint64_t next_random(struct tl_writer *writer)
{
    writer->random ^= writer->random << 13;
    writer->random ^= writer->random >> 7;
    writer->random ^= writer->random << 17;
    return writer->random;
}

/* Sleeps before the next attempt, longer each time. Not TL_OK: the time is over, or a stop. */
static int back_off(struct tl_writer *writer, struct tl_job *job, struct tl_error *err)
{
    int64_t now = tl_clock_ns();
    int64_t limit = (int64_t)writer->settings.options->retry_timeout * TL_NS_PER_SEC;
    int64_t pause = BACKOFF_FIRST_MS;
    int64_t end;
    int rc = TL_OK;

    if (job->failures == 0)
        job->first_failure = now;
    if (now - job->first_failure >= limit) {
        err->retryable = true;
        return err->code;
    }
    for (unsigned i = 0; i < job->failures && pause < BACKOFF_LAST_MS; i++)
        pause = pause * 2 < BACKOFF_LAST_MS ? pause * 2 : BACKOFF_LAST_MS;
    job->failures++;
    atomic_fetch_add(&writer->settings.stats->retries, 1);
    tl_log_error(TL_LOG_DEBUG, "a batch is tried again", err);
    end = now + pause * TL_NS_PER_MS / 2 +
          (int64_t)(next_random(writer) % (uint64_t)(pause * TL_NS_PER_MS / 2));
    while (rc == TL_OK && (now = tl_clock_ns()) < end) {
        int64_t part =
            end - now < STOP_POLL_MS * TL_NS_PER_MS ? end - now : STOP_POLL_MS * TL_NS_PER_MS;

        rc = tl_ledger_sleep(writer->settings.cancel, part, err);
        if (rc == TL_OK)
            rc = check_stop(writer, err);
    }
    return rc;
}

/* Engines whose transactions can be rolled back, so that trying rows leaves nothing. */
static bool can_roll_back(const struct tl_table_info *table)
{
    return strcasecmp(table->engine, "InnoDB") == 0 || strcasecmp(table->engine, "RocksDB") == 0 ||
           strcasecmp(table->engine, "TokuDB") == 0;
}

static bool bulk_refused(const struct tl_job *job, const struct tl_error *err)
{
    /* Unsupported in prepared statements, too many of them, no arrays with this binary log. */
    return job->way == TL_WAY_BULK && err->code == TL_ERR_DB &&
           (err->native == 1295 || err->native == 1461 || err->native == 4033 ||
            err->native == 2054 || err->native == 5003);
}

static int name_batch(const struct tl_job *job, struct tl_error *err)
{
    return tl_error_context(err, "file %s lines %" PRIu64 " to %" PRIu64, job->target->source->name,
                            job->batch->begin_line, job->batch->end_line);
}

/* The server does not take the rows. TL_OK: the batch is worth another attempt. */
static int find_bad_row(struct tl_writer *writer, struct tl_job *job, uint32_t *bad_row_out,
                        struct tl_error *err)
{
    struct tl_error first = *err;
    uint32_t row = UINT32_MAX;
    int rc;

    if (!can_roll_back(job->target->table) || !writer->session)
        return name_batch(job, err);
    rc = tl_bisect(writer, job, &row, err);
    if (rc == TL_OK) {
        *bad_row_out = row;
        return err->code;
    }
    if (rc == TL_NOT_FOUND && ++job->phantom_failures < PHANTOMS_MAX)
        return TL_OK;
    if (rc == TL_ERR_DB && (err->retryable || tl_error_is_lost(err)))
        return TL_OK;
    if (rc == TL_NOT_FOUND) {
        *err = first;
        return name_batch(job, err);
    }
    return rc;
}

/* After a failed attempt. TL_OK: try again. */
static int after_failure(struct tl_writer *writer, struct tl_job *job, int rc, enum stage stage,
                         uint32_t *bad_row_out, struct tl_error *err)
{
    /* A COMMIT without a good answer may have worked: only the ledger knows, and it is asked with
       a new connection, after this one can no longer commit. */
    if (stage == STAGE_COMMIT || (rc == TL_ERR_DB && tl_error_is_lost(err)))
        tl_writer_disconnect(writer);
    else
        tl_writer_rollback(writer);
    if (stage == STAGE_COMMIT && rc == TL_ERR_DB)
        return back_off(writer, job, err);
    if (bulk_refused(job, err)) {
        writer->no_bulk = true;
        return tl_job_use_text(job, writer, err);
    }
    if (rc == TL_ERR_DB && (err->retryable || !writer->session))
        return back_off(writer, job, err);
    if (stage != STAGE_ROWS || (rc != TL_ERR_DB && rc != TL_ERR_DATA))
        return rc;
    rc = find_bad_row(writer, job, bad_row_out, err);
    return rc == TL_OK ? back_off(writer, job, err) : rc;
}

static int commit_job(struct tl_writer *writer, struct tl_job *job, uint32_t *bad_row_out,
                      struct tl_error *err)
{
    for (;;) {
        enum stage stage = STAGE_MODE;
        bool committed = false;
        int rc = check_stop(writer, err);

        if (rc != TL_OK)
            return rc;
        if (!writer->session) {
            rc = recover(writer, job, &committed, err);
            if (rc == TL_OK && committed)
                return TL_OK;
            /* Whatever a session cannot be opened for: the time-out ends it. */
            if (rc == TL_ERR_DB && err->retryable)
                rc = back_off(writer, job, err);
            if (rc != TL_OK)
                return rc;
            continue;
        }
        rc = attempt(writer, job, &stage, err);
        if (rc == TL_OK)
            return TL_OK;
        rc = after_failure(writer, job, rc, stage, bad_row_out, err);
        if (rc != TL_OK)
            return rc;
    }
}

int tl_writer_commit(struct tl_writer *writer, const struct tl_write_target *target,
                     struct tl_batch *batch, uint32_t *bad_row_out, struct tl_error *err)
{
    struct tl_job job;
    uint32_t bad_row = UINT32_MAX;
    int rc = tl_job_init(&job, writer, target, batch, err);

    if (rc == TL_OK)
        rc = commit_job(writer, &job, &bad_row, err);
    if (rc != TL_OK)
        *bad_row_out = bad_row;
    tl_job_done(&job);
    tl_writer_free_large(writer);
    return rc;
}
