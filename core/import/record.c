/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorder thread: a few times a second it takes its fenced transaction on the target, compacts
 * the ledger rows of the chunks that moved, writes what changed to the store, and commits. A loader
 * that lost its task is stopped by the fence before it reaches the store.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/import/pipeline_internal.h"
#include "core/import/plan_store.h"
#include "core/import/record.h"

#define PERIOD (300 * TL_NS_PER_MS)
enum { RECORDER_ID = 0 };

struct recorder {
    const struct tl_pipeline_settings *settings;
    struct tl_session *session; /* NULL when lost */
    bool failed;                /* the last time */
    bool gave_up;               /* the store did not come back for as long as it is waited for */
};

/* Chunks with ledger rows to merge, taken under the lock; dirty_out: the store lags behind. */
static struct tl_plan_chunk **take_chunks(struct tl_plan *plan, size_t *count_out, bool *dirty_out)
{
    struct tl_plan_chunk **chunks;
    size_t total = 0, count = 0;

    *dirty_out = false;
    for (size_t t = 0; t < plan->table_count; t++)
        total += plan->tables[t].chunk_count;
    chunks = calloc(total + 1, sizeof(struct tl_plan_chunk *));
    if (!chunks)
        return NULL;
    pthread_mutex_lock(&plan->lock);
    for (size_t t = 0; t < plan->table_count; t++) {
        struct tl_plan_table *table = &plan->tables[t];

        *dirty_out = *dirty_out || table->dirty;
        for (size_t c = 0; c < table->chunk_count; c++) {
            *dirty_out = *dirty_out || table->chunks[c].dirty;
            if (!table->chunks[c].compact)
                continue;
            table->chunks[c].compact = false;
            chunks[count++] = &table->chunks[c];
        }
    }
    pthread_mutex_unlock(&plan->lock);
    *count_out = count;
    return chunks;
}

static void put_back(struct tl_plan *plan, struct tl_plan_chunk **chunks, size_t count)
{
    pthread_mutex_lock(&plan->lock);
    for (size_t i = 0; i < count; i++)
        chunks[i]->compact = true;
    pthread_mutex_unlock(&plan->lock);
}

static void disconnect(struct recorder *recorder)
{
    tl_hangup_watch(recorder->settings->hangup, TL_HANGUP_RECORDER, NULL);
    tl_session_close(recorder->session);
    recorder->session = NULL;
}

static int open_session(struct recorder *recorder, struct tl_error *err)
{
    const struct tl_pipeline_settings *settings = recorder->settings;
    int rc;

    if (recorder->session)
        return TL_OK;
    /* A server that does not answer must not keep a stop waiting; the ledger has everything. */
    if (recorder->failed && tl_cancel_requested(settings->cancel))
        return tl_error_set(err, TL_ERR_CANCELED, "stopped on request");
    rc = tl_session_open(&recorder->session, settings->options, err);
    if (rc != TL_OK)
        return rc;
    tl_hangup_watch(settings->hangup, TL_HANGUP_RECORDER, recorder->session);
    rc = tl_server_check(&settings->ledger->server, recorder->session, err);
    if (rc == TL_OK)
        rc = tl_ledger_add_writer(settings->ledger, recorder->session, RECORDER_ID, err);
    if (rc != TL_OK)
        disconnect(recorder);
    return rc;
}

static int record_fenced(struct recorder *recorder, struct tl_plan_chunk **chunks, size_t count,
                         struct tl_error *err)
{
    const struct tl_pipeline_settings *settings = recorder->settings;
    int rc = tl_ledger_fence(settings->ledger, recorder->session, RECORDER_ID, err);

    for (size_t i = 0; rc == TL_OK && i < count; i++)
        rc = tl_ledger_compact(settings->ledger, recorder->session, &chunks[i]->key, err);
    if (rc == TL_OK && settings->store)
        rc = tl_plan_flush(settings->plan, settings->store, err);
    if (rc == TL_OK)
        rc = tl_session_exec(recorder->session, "COMMIT", 6, NULL, err);
    if (rc == TL_OK)
        return TL_OK;
    /* A half-done transaction goes with its connection. */
    disconnect(recorder);
    return rc;
}

static int record_once(struct recorder *recorder, struct tl_error *err)
{
    struct tl_plan *plan = recorder->settings->plan;
    size_t count = 0;
    bool dirty;
    TL_CLEANUP_FREE struct tl_plan_chunk **chunks = take_chunks(plan, &count, &dirty);
    int rc;

    if (!chunks)
        return tl_error_nomem(err);
    if (count == 0 && !(dirty && recorder->settings->store))
        return TL_OK;
    rc = open_session(recorder, err);
    if (rc == TL_OK)
        rc = record_fenced(recorder, chunks, count, err);
    recorder->failed = rc != TL_OK;
    if (rc != TL_OK)
        put_back(plan, chunks, count);
    return rc;
}

static bool is_passing(int rc, const struct tl_error *err)
{
    return rc == TL_ERR_DB && err->retryable;
}

/* Whether a failure of the last try is worth another one. A store that failed for good gets one,
   since a failed table must not be forgotten; trouble of the target may pass until `end`. */
static bool try_again(const struct recorder *recorder, int rc, const struct tl_error *err,
                      int tries, int64_t end)
{
    if (rc == TL_ERR_STORE && !err->retryable)
        return tries == 1;
    return is_passing(rc, err) && tl_clock_ns() < end &&
           !tl_cancel_requested(recorder->settings->cancel);
}

static int record_last(struct recorder *recorder, int64_t patience_ns, struct tl_error *err)
{
    int64_t end = tl_clock_ns() + patience_ns;
    int rc = record_once(recorder, err);

    for (int tries = 1; rc != TL_OK && try_again(recorder, rc, err, tries, end); tries++) {
        tl_log_error(TL_LOG_WARN, "progress is not recorded yet, trying again", err);
        tl_cancel_sleep(recorder->settings->cancel, PERIOD);
        rc = record_once(recorder, err);
    }
    return rc;
}

int tl_record_now(const struct tl_pipeline_settings *settings, struct tl_error *err)
{
    struct recorder recorder = {.settings = settings};
    int rc = record_last(&recorder, (int64_t)settings->options->retry_timeout * TL_NS_PER_SEC, err);

    disconnect(&recorder);
    return rc;
}

static void record(struct tl_pipeline *pipeline, struct recorder *recorder)
{
    struct tl_error err;
    int rc;

    tl_error_init(&err);
    rc = record_once(recorder, &err);
    recorder->gave_up = rc == TL_ERR_STORE && err.retryable;
    if (rc == TL_OK)
        return;
    tl_log_error(TL_LOG_DEBUG, "progress is not recorded yet", &err);
    if (!is_passing(rc, &err))
        tl_pipeline_stop(pipeline, rc, &err);
}

void tl_recorder_thread(size_t index, void *payload)
{
    struct tl_pipeline *pipeline = payload;
    struct recorder recorder = {.settings = &pipeline->settings};
    struct tl_error err;
    int rc;

    (void)index;
    mysql_thread_init();
    while (!tl_cancel_sleep(pipeline->over, PERIOD))
        record(pipeline, &recorder);
    tl_error_init(&err);
    rc = recorder.gave_up ? TL_OK : record_last(&recorder, 0, &err);
    if (rc != TL_OK)
        tl_log_error(TL_LOG_DEBUG, "progress is not recorded", &err);
    if (rc != TL_OK && !is_passing(rc, &err))
        tl_pipeline_stop(pipeline, rc, &err);
    disconnect(&recorder);
    mysql_thread_end();
}
