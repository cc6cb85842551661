/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A writer thread: takes batches of any chunk from the queue and commits them.
 */
#include <string.h>

#include "core/base/log.h"
#include "core/import/adopt.h"
#include "core/import/pipeline_internal.h"

enum { DUPLICATE_KEY = 1062 };

static bool is_failed(struct tl_pipeline *pipeline, const struct tl_plan_table *table)
{
    struct tl_plan *plan = pipeline->settings.plan;
    bool failed;

    pthread_mutex_lock(&plan->lock);
    failed = table->failed;
    pthread_mutex_unlock(&plan->lock);
    return failed;
}

static struct tl_range range_of(const struct tl_batch *batch)
{
    return (struct tl_range){
        .begin = batch->begin_pos,
        .end = batch->end_pos,
        .rows = batch->row_count,
        .bytes = batch->end_pos - batch->begin_pos,
        .checksum = batch->checksum,
        .end_line = batch->end_line,
        .last = batch->last,
        .in_statement = batch->in_statement,
        .head_offset = batch->resume_head,
        .state = batch->resume_state,
    };
}

static void note_raw_pos(struct tl_pipeline *pipeline, struct tl_plan_chunk *chunk,
                         uint64_t raw_pos)
{
    struct tl_plan *plan = pipeline->settings.plan;

    pthread_mutex_lock(&plan->lock);
    if (!chunk->done && (int64_t)raw_pos > chunk->real_pos)
        chunk->real_pos = (int64_t)raw_pos;
    pthread_mutex_unlock(&plan->lock);
}

static void commit(struct tl_pipeline *pipeline, struct tl_writer *writer, struct tl_work *work)
{
    struct tl_plan *plan = pipeline->settings.plan;
    struct tl_plan_chunk *chunk = work->feed->chunk;
    struct tl_plan_table *table = chunk->table;
    struct tl_range range = range_of(work->batch);
    struct tl_write_target target = {
        .table = table->info,
        .key = &chunk->key,
        .source = &work->feed->reader,
        .ignore_columns = table->ignore_columns.count ? &table->ignore_columns : NULL};
    struct tl_error err;
    uint32_t bad_row = UINT32_MAX;
    int rc;

    tl_error_init(&err);
    rc = tl_writer_commit(writer, &target, work->batch, &bad_row, &err);
    if (rc == TL_OK) {
        note_raw_pos(pipeline, chunk, work->raw_pos);
        rc = tl_plan_commit(plan, chunk, &range, &err);
    }
    if (rc == TL_ERR_DATA || (rc == TL_ERR_DB && !err.retryable)) {
        if (table->taken_over && err.native == DUPLICATE_KEY)
            tl_adopt_hint_duplicate(pipeline->settings.options, table, &err);
        tl_log_error(TL_LOG_ERROR, "table failed", &err);
        tl_plan_fail_table(plan, table, TL_STATUS_ALL_WRITTEN, chunk->path, &err);
    } else if (rc != TL_OK) {
        tl_pipeline_stop(pipeline, rc, &err);
    }
}

static void show_writer(struct tl_pipeline *pipeline, size_t index, struct tl_writer *writer)
{
    pthread_mutex_lock(&pipeline->writer_lock);
    pipeline->writer[index] = writer;
    pthread_mutex_unlock(&pipeline->writer_lock);
}

static void write_all(struct tl_pipeline *pipeline, struct tl_writer *writer)
{
    struct tl_work *work;

    while ((work = tl_queue_pop(pipeline->queue)) != NULL) {
        if (!is_failed(pipeline, work->feed->chunk->table))
            commit(pipeline, writer, work);
        tl_queue_done(pipeline->queue, work);
        tl_pipeline_changed(pipeline);
    }
}

void tl_writer_thread(size_t index, void *payload)
{
    struct tl_pipeline *pipeline = payload;
    struct tl_writer *writer = NULL;
    struct tl_error err;
    int rc;

    mysql_thread_init();
    tl_error_init(&err);
    rc = tl_writer_open(&writer, &pipeline->writer_settings, (uint32_t)index + 1, &err);
    if (rc == TL_OK) {
        show_writer(pipeline, index, writer);
        write_all(pipeline, writer);
        show_writer(pipeline, index, NULL);
    } else {
        tl_pipeline_stop(pipeline, rc, &err);
    }
    tl_writer_close(writer);
    mysql_thread_end();
    if (atomic_fetch_sub(&pipeline->writers, 1) == 1)
        tl_cancel_request(pipeline->over);
}
