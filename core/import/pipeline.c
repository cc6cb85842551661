/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Begins and ends the threads of one attempt. See pipeline.h.
 */
#include "core/import/pipeline.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/thread.h"
#include "core/import/pipeline_internal.h"

/* Bytes of raw batches in flight: half of what the importer may use, the rest is for the writers'
   packets and the readers' buffers. */
#define MEMORY_BUDGET (UINT64_C(56) * 1024 * 1024)
#define SMALLEST_BATCH (UINT64_C(64) * 1024)
#define STOP_PATIENCE (1500 * TL_NS_PER_MS)
#define FOREVER (INT64_C(86400) * 365 * TL_NS_PER_SEC)

uint32_t tl_pipeline_writers(const struct tl_options *options)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    if (options->region_concurrency > 0)
        return (uint32_t)options->region_concurrency;
    return cpus > 0 ? (uint32_t)cpus : 1;
}

static uint32_t reader_count(const struct tl_options *options)
{
    uint64_t readers = tl_pipeline_writers(options);

    if (options->io_concurrency > 0 && readers > options->io_concurrency)
        readers = options->io_concurrency;
    return (uint32_t)readers;
}

/* A batch exists up to four times for each writer (queued, decoded, as a packet, in the library),
   and once for each reader. */
uint64_t tl_pipeline_batch_bytes(const struct tl_options *options)
{
    uint64_t shares = 4 * (uint64_t)tl_pipeline_writers(options) + 2 * reader_count(options);
    uint64_t fair = 2 * MEMORY_BUDGET / shares;

    if (fair > options->batch_size)
        fair = options->batch_size;
    return fair < SMALLEST_BATCH && options->batch_size > SMALLEST_BATCH ? SMALLEST_BATCH : fair;
}

static size_t queue_budget(const struct tl_options *options)
{
    uint64_t wanted = 2 * tl_pipeline_batch_bytes(options) * (tl_pipeline_writers(options) + 1);

    return (size_t)(wanted < MEMORY_BUDGET ? wanted : MEMORY_BUDGET);
}

void tl_pipeline_changed(struct tl_pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->settings.plan->lock);
    pthread_cond_broadcast(&pipeline->changed);
    pthread_mutex_unlock(&pipeline->settings.plan->lock);
}

void tl_pipeline_stop(struct tl_pipeline *pipeline, int outcome, const struct tl_error *why)
{
    pthread_mutex_lock(&pipeline->outcome_lock);
    if (pipeline->outcome == TL_OK) {
        pipeline->outcome = outcome;
        pipeline->outcome_error = *why;
    }
    pthread_mutex_unlock(&pipeline->outcome_lock);
    atomic_store(&pipeline->stop, true);
    tl_queue_stop(pipeline->queue);
    tl_pipeline_changed(pipeline);
}

static int pipeline_new(struct tl_pipeline **pipeline_out,
                        const struct tl_pipeline_settings *settings, struct tl_error *err)
{
    struct tl_pipeline *pipeline = calloc(1, sizeof(*pipeline));
    uint32_t writers = tl_pipeline_writers(settings->options);
    int rc;

    if (!pipeline)
        return tl_error_nomem(err);
    pipeline->settings = *settings;
    for (size_t i = 0; i < settings->plan->table_count; i++)
        settings->plan->tables[i].settled_behind = 0; /* a new attempt may open tables again */
    pipeline->writer_settings = (struct tl_writer_settings){.options = settings->options,
                                                            .ledger = settings->ledger,
                                                            .cancel = settings->cancel,
                                                            .stats = settings->stats,
                                                            .stop = &pipeline->stop};
    pthread_cond_init(&pipeline->changed, NULL);
    pthread_mutex_init(&pipeline->outcome_lock, NULL);
    pthread_mutex_init(&pipeline->writer_lock, NULL);
    atomic_store(&pipeline->writers, writers);
    atomic_store(&pipeline->readers, reader_count(settings->options));
    *pipeline_out = pipeline;
    pipeline->writer = calloc(writers, sizeof(struct tl_writer *));
    rc = pipeline->writer ? tl_cancel_new(&pipeline->over, err) : tl_error_nomem(err);
    if (rc == TL_OK)
        rc = tl_queue_new(&pipeline->queue, queue_budget(settings->options), err);
    return rc;
}

static void pipeline_free(struct tl_pipeline *pipeline)
{
    if (!pipeline)
        return;
    tl_queue_free(pipeline->queue);
    tl_cancel_free(pipeline->over);
    free(pipeline->writer);
    pthread_mutex_destroy(&pipeline->writer_lock);
    pthread_mutex_destroy(&pipeline->outcome_lock);
    pthread_cond_destroy(&pipeline->changed);
    free(pipeline);
}

static void abort_writers(struct tl_pipeline *pipeline)
{
    uint32_t count = tl_pipeline_writers(pipeline->settings.options);

    pthread_mutex_lock(&pipeline->writer_lock);
    for (uint32_t i = 0; i < count; i++)
        if (pipeline->writer[i])
            tl_writer_abort(pipeline->writer[i]);
    pthread_mutex_unlock(&pipeline->writer_lock);
}

/* Until the writers have returned; a stop makes them finish their batch, and no longer. */
static void wait_for_end(struct tl_pipeline *pipeline)
{
    struct tl_cancel *cancel = pipeline->settings.cancel;
    struct tl_error why;

    tl_cancel_sleep_either(cancel, pipeline->over, FOREVER);
    if (!tl_cancel_requested(cancel) || tl_cancel_requested(pipeline->over))
        return;
    tl_error_set(&why, TL_ERR_CANCELED, "stopped on request");
    tl_pipeline_stop(pipeline, TL_ERR_CANCELED, &why);
    if (!tl_cancel_sleep(pipeline->over, tl_cancel_urgent(cancel) ? 0 : STOP_PATIENCE))
        abort_writers(pipeline);
}

struct threads {
    struct tl_threads *readers;
    struct tl_threads *writers;
    struct tl_threads *recorder;
};

static int begin_threads(struct tl_pipeline *pipeline, struct threads *threads,
                         struct tl_error *err)
{
    const struct tl_options *options = pipeline->settings.options;
    int rc = tl_threads_begin(&threads->writers, "tl-writer", tl_pipeline_writers(options),
                              tl_writer_thread, pipeline, err);

    if (rc == TL_OK)
        rc = tl_threads_begin(&threads->readers, "tl-reader", reader_count(options),
                              tl_reader_thread, pipeline, err);
    if (rc == TL_OK)
        rc = tl_threads_begin(&threads->recorder, "tl-recorder", 1, tl_recorder_thread, pipeline,
                              err);
    return rc;
}

int tl_pipeline_run(const struct tl_pipeline_settings *settings, struct tl_error *err)
{
    struct tl_pipeline *pipeline = NULL;
    struct threads threads = {0};
    int rc = pipeline_new(&pipeline, settings, err);

    if (rc == TL_OK) {
        rc = begin_threads(pipeline, &threads, err);
        if (rc == TL_OK)
            wait_for_end(pipeline);
        else
            tl_pipeline_stop(pipeline, rc, err);
        tl_threads_join(threads.readers);
        tl_threads_join(threads.writers);
        tl_cancel_request(pipeline->over);
        tl_threads_join(threads.recorder);
        rc = pipeline->outcome;
        if (rc != TL_OK)
            *err = pipeline->outcome_error;
    }
    pipeline_free(pipeline);
    return rc;
}
