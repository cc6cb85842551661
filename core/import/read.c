/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader thread: cuts one chunk after the other into batches. After a restart it begins at the
 * lowest gap and drops what is committed already.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/import/pipeline_internal.h"

#define READ_BLOCK_MIN 4096u
#define READ_BLOCK_MAX (1024u * 1024u)

/* The chunk's committed ranges as they were when reading began, and where reading is. */
struct gaps {
    struct tl_range *ranges; /* owned */
    size_t count;
    size_t next; /* range ahead of pos */
    uint64_t pos;
};

static int take_gaps(struct gaps *gaps, struct tl_plan *plan, const struct tl_plan_chunk *chunk,
                     struct tl_error *err)
{
    pthread_mutex_lock(&plan->lock);
    gaps->ranges = calloc(chunk->ranges.count + 1, sizeof(*gaps->ranges));
    if (gaps->ranges) {
        gaps->count = chunk->ranges.count;
        if (gaps->count > 0)
            memcpy(gaps->ranges, chunk->ranges.items, gaps->count * sizeof(*gaps->ranges));
    }
    pthread_mutex_unlock(&plan->lock);
    gaps->pos = (uint64_t)chunk->offset;
    return gaps->ranges ? TL_OK : tl_error_nomem(err);
}

/* The reader's start: behind the first range when it begins the chunk. */
static struct tl_reader_start begin_at(struct gaps *gaps)
{
    struct tl_reader_start start = {.line = 1, .pos = gaps->pos};

    if (gaps->count > 0 && gaps->ranges[0].begin == gaps->pos) {
        const struct tl_range *range = &gaps->ranges[0];

        start.pos = range->end;
        start.line = range->end_line;
        start.in_statement = range->in_statement;
        start.head_offset = range->head_offset;
        start.state = range->state;
        gaps->pos = range->end;
        gaps->next = 1;
    }
    return start;
}

/* How far the next batch may reach, and whether what it holds is committed already. */
static uint64_t stop_at(const struct gaps *gaps, bool *committed_out)
{
    *committed_out = false;
    if (gaps->next == gaps->count)
        return UINT64_MAX;
    if (gaps->ranges[gaps->next].begin > gaps->pos)
        return gaps->ranges[gaps->next].begin;
    *committed_out = true;
    return gaps->ranges[gaps->next].end;
}

static void advance(struct gaps *gaps, uint64_t pos)
{
    gaps->pos = pos;
    /* Not past the last one, which may be empty: it says that the end of the file is committed. */
    while (gaps->next < gaps->count && gaps->ranges[gaps->next].end <= pos &&
           !gaps->ranges[gaps->next].last)
        gaps->next++;
}

/* Everything behind pos is committed, to the end of the chunk. */
static bool only_committed_ahead(const struct gaps *gaps)
{
    return gaps->next < gaps->count && gaps->ranges[gaps->next].last &&
           gaps->ranges[gaps->next].begin <= gaps->pos;
}

static bool should_stop(struct tl_pipeline *pipeline, const struct tl_plan_chunk *chunk)
{
    struct tl_plan *plan = pipeline->settings.plan;
    bool failed;

    pthread_mutex_lock(&plan->lock);
    failed = chunk->table->failed;
    pthread_mutex_unlock(&plan->lock);
    return failed || atomic_load(&pipeline->stop);
}

/* A file that was cut off since it was planned would lose rows without a word. */
static int check_end(const struct tl_plan_chunk *chunk, const struct tl_batch *batch,
                     struct tl_error *err)
{
    if (!batch->last || chunk->compression != TL_COMPRESSION_NONE ||
        batch->end_pos == (uint64_t)chunk->file_size)
        return TL_OK;
    return tl_error_set(err, TL_ERR_DATA,
                        "file %s was changed while it was imported: it ends at byte %" PRIu64
                        ", and had %" PRId64 " bytes",
                        chunk->path, batch->end_pos, chunk->file_size);
}

static int read_batches(struct tl_pipeline *pipeline, struct tl_feed *feed,
                        struct tl_reader *reader, struct gaps *gaps, struct tl_error *err)
{
    while (!should_stop(pipeline, feed->chunk) && !only_committed_ahead(gaps)) {
        struct tl_batch *batch = NULL;
        bool committed, last;
        uint64_t stop = stop_at(gaps, &committed);
        int rc = tl_reader_next(reader, stop, &batch, err);

        if (rc != TL_OK || !batch)
            return rc;
        rc = check_end(feed->chunk, batch, err);
        if (rc != TL_OK) {
            tl_batch_free(batch);
            return rc;
        }
        advance(gaps, batch->end_pos);
        last = batch->last;
        if (committed)
            tl_batch_free(batch);
        else if (!tl_queue_push(pipeline->queue, feed, batch, tl_reader_raw_pos(reader)))
            return should_stop(pipeline, feed->chunk) ? TL_OK : tl_error_nomem(err);
        if (last)
            break;
    }
    return TL_OK;
}

struct tl_reader_settings tl_chunk_reader_settings(const struct tl_options *options,
                                                   uint64_t packet,
                                                   const struct tl_plan_chunk *chunk)
{
    uint64_t block = options->read_block_size;

    block = block < READ_BLOCK_MIN ? READ_BLOCK_MIN : block;
    block = block > READ_BLOCK_MAX ? READ_BLOCK_MAX : block;
    return (struct tl_reader_settings){
        .name = chunk->path,
        .type = chunk->type,
        .compression = chunk->compression,
        .csv = &options->csv,
        .data_character_set = options->data_character_set,
        .invalid_char_replace = options->data_invalid_char_replace,
        .sql_mode = options->sql_mode_given ? options->sql_mode : "",
        .batch_bytes = tl_pipeline_batch_bytes(options),
        .batch_rows = (uint32_t)options->batch_rows,
        /* Text form may take twice the space of the value, or more with escapes. */
        .max_row_bytes = packet > UINT32_MAX / 4 ? UINT32_MAX / 2 : 2 * packet + READ_BLOCK_MAX,
        .read_block = (uint32_t)block,
    };
}

struct prepare {
    struct tl_plan_table *table;
    struct tl_table_info *info;
};

static int load_info(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct prepare *prepare = payload;
    int rc =
        tl_table_info_load(&prepare->info, session, prepare->table->db, prepare->table->table, err);

    if (rc != TL_NOT_FOUND)
        return rc;
    return tl_error_set(err, TL_ERR_REFUSED, "table %s is not on the target any more",
                        prepare->table->name);
}

/* The table as it is on the target, read once per run. */
static int prepare_table(struct tl_pipeline *pipeline, struct tl_plan_table *table,
                         struct tl_error *err)
{
    struct tl_plan *plan = pipeline->settings.plan;
    struct prepare prepare = {.table = table};
    bool known;
    int rc;

    pthread_mutex_lock(&plan->lock);
    known = table->info != NULL;
    pthread_mutex_unlock(&plan->lock);
    if (known)
        return TL_OK;
    rc = tl_control_run(pipeline->settings.control, load_info, &prepare, err);
    if (rc != TL_OK)
        return rc;
    pthread_mutex_lock(&plan->lock);
    if (!table->info) {
        table->info = prepare.info;
        prepare.info = NULL;
    }
    pthread_mutex_unlock(&plan->lock);
    tl_table_info_free(prepare.info);
    return TL_OK;
}

static int open_and_read(struct tl_pipeline *pipeline, struct tl_feed *feed, struct tl_error *err)
{
    TL_CLEANUP(tl_reader_close_p) struct tl_reader *reader = NULL;
    struct gaps gaps = {0};
    int rc = take_gaps(&gaps, pipeline->settings.plan, feed->chunk, err);

    if (rc == TL_OK) {
        struct tl_reader_start start = begin_at(&gaps);

        if (!only_committed_ahead(&gaps))
            rc = tl_reader_open(&reader, &feed->reader, &start, err);
        if (rc == TL_OK && reader)
            rc = read_batches(pipeline, feed, reader, &gaps, err);
    }
    free(gaps.ranges);
    return rc;
}

static int feed_chunk(struct tl_pipeline *pipeline, struct tl_plan_chunk *chunk,
                      struct tl_error *err)
{
    const struct tl_options *options = pipeline->settings.options;
    struct tl_reader_settings settings = tl_chunk_reader_settings(
        options, pipeline->settings.ledger->server.max_allowed_packet, chunk);
    struct tl_feed *feed = NULL;
    char path[PATH_MAX];
    int rc = prepare_table(pipeline, chunk->table, err);

    if (rc != TL_OK)
        return rc;
    snprintf(path, sizeof(path), "%s/%s", pipeline->settings.plan->source_dir, chunk->path);
    rc = tl_queue_open_feed(pipeline->queue, chunk, path, &settings,
                            options->conflict != TL_CONFLICT_ERROR && chunk->table->info->has_key,
                            &feed, err);
    if (rc == TL_OK)
        rc = open_and_read(pipeline, feed, err);
    tl_queue_release_feed(pipeline->queue, feed);
    return rc;
}

void tl_read_chunk(struct tl_pipeline *pipeline, struct tl_plan_chunk *chunk)
{
    struct tl_plan *plan = pipeline->settings.plan;
    struct tl_error err;
    int rc;

    tl_error_init(&err);
    rc = feed_chunk(pipeline, chunk, &err);
    pthread_mutex_lock(&plan->lock);
    chunk->table->readers--;
    pthread_mutex_unlock(&plan->lock);
    if (rc == TL_ERR_DATA || (rc == TL_ERR_DB && !err.retryable)) {
        tl_log_error(TL_LOG_ERROR, "table failed", &err);
        tl_plan_fail_table(plan, chunk->table, TL_STATUS_ALL_WRITTEN, chunk->path, &err);
    } else if (rc != TL_OK) {
        tl_pipeline_stop(pipeline, rc, &err);
    }
    tl_pipeline_changed(pipeline);
}

void tl_reader_thread(size_t index, void *payload)
{
    struct tl_pipeline *pipeline = payload;

    (void)index;
    mysql_thread_init();
    for (;;) {
        struct tl_job job = tl_next_job(pipeline);

        if (job.kind == TL_JOB_READ)
            tl_read_chunk(pipeline, job.chunk);
        else if (job.kind == TL_JOB_STEPS)
            tl_table_steps(pipeline, job.table);
        else
            break;
    }
    mysql_thread_end();
    if (atomic_fetch_sub(&pipeline->readers, 1) == 1)
        tl_queue_close(pipeline->queue);
}
