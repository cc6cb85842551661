/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See queue.h. One mutex, two conditions: room for readers, work for writers.
 */
#include "core/import/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What a batch costs besides its bytes: its head, its states, its chunk's feed. It bounds the
   number of tiny batches of tiny files. */
enum { BATCH_OVERHEAD = 16 * 1024 };

struct tl_queue {
    pthread_mutex_t lock; /* guards everything here and the counters of the feeds */
    pthread_cond_t room;
    pthread_cond_t work;
    struct tl_work *head;
    struct tl_work *tail;
    size_t budget;
    size_t in_flight; /* bytes queued and being written */
    bool closed;
    bool stopped;
};

int tl_queue_new(struct tl_queue **queue_out, size_t budget, struct tl_error *err)
{
    struct tl_queue *queue = calloc(1, sizeof(*queue));

    if (!queue)
        return tl_error_nomem(err);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->room, NULL);
    pthread_cond_init(&queue->work, NULL);
    queue->budget = budget;
    *queue_out = queue;
    return TL_OK;
}

static void unref_feed(struct tl_feed *feed)
{
    if (--feed->refs > 0)
        return;
    free(feed->path);
    free(feed);
}

static void free_work(struct tl_queue *queue, struct tl_work *work)
{
    queue->in_flight -= work->bytes;
    unref_feed(work->feed);
    tl_batch_free(work->batch);
    free(work);
}

static void drop_all(struct tl_queue *queue)
{
    while (queue->head) {
        struct tl_work *work = queue->head;

        queue->head = work->next;
        free_work(queue, work);
    }
    queue->tail = NULL;
}

void tl_queue_free(struct tl_queue *queue)
{
    if (!queue)
        return;
    drop_all(queue);
    pthread_cond_destroy(&queue->work);
    pthread_cond_destroy(&queue->room);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

int tl_queue_open_feed(struct tl_queue *queue, struct tl_plan_chunk *chunk, const char *path,
                       const struct tl_reader_settings *reader, bool ordered,
                       struct tl_feed **feed_out, struct tl_error *err)
{
    struct tl_feed *feed = calloc(1, sizeof(*feed));

    (void)queue;
    if (!feed)
        return tl_error_nomem(err);
    feed->path = strdup(path);
    if (!feed->path) {
        free(feed);
        return tl_error_nomem(err);
    }
    feed->chunk = chunk;
    feed->reader = *reader;
    feed->reader.path = feed->path;
    feed->ordered = ordered;
    feed->refs = 1;
    *feed_out = feed;
    return TL_OK;
}

void tl_queue_release_feed(struct tl_queue *queue, struct tl_feed *feed)
{
    if (!feed)
        return;
    pthread_mutex_lock(&queue->lock);
    unref_feed(feed);
    pthread_mutex_unlock(&queue->lock);
}

static void append(struct tl_queue *queue, struct tl_work *work)
{
    if (queue->tail)
        queue->tail->next = work;
    else
        queue->head = work;
    queue->tail = work;
}

bool tl_queue_push(struct tl_queue *queue, struct tl_feed *feed, struct tl_batch *batch,
                   uint64_t raw_pos)
{
    struct tl_work *work = calloc(1, sizeof(*work));
    bool stopped;

    pthread_mutex_lock(&queue->lock);
    if (work) {
        work->feed = feed;
        work->batch = batch;
        work->raw_pos = raw_pos;
        work->bytes = BATCH_OVERHEAD + batch->raw.cap + batch->row_count * sizeof(batch->rows[0]);
        while (!queue->stopped && queue->in_flight > 0 &&
               queue->in_flight + work->bytes > queue->budget)
            pthread_cond_wait(&queue->room, &queue->lock);
    }
    stopped = queue->stopped || !work;
    if (!stopped) {
        feed->refs++;
        queue->in_flight += work->bytes;
        append(queue, work);
        pthread_cond_signal(&queue->work);
    }
    pthread_mutex_unlock(&queue->lock);
    if (stopped) {
        free(work);
        tl_batch_free(batch);
    }
    return !stopped;
}

/* How much a batch would wait for others in the server: SIZE_MAX = it must not go out now. */
static size_t busyness(const struct tl_work *work)
{
    if (work->feed->ordered && work->feed->busy > 0)
        return SIZE_MAX;
    return work->feed->chunk->table->writers;
}

/* The first batch of the least busy table; an ordered chunk stays in order by that. The list is
   short: the budget holds a few batches for each writer. */
static struct tl_work **choose(struct tl_queue *queue)
{
    struct tl_work **best = NULL;
    size_t best_busy = SIZE_MAX;

    for (struct tl_work **at = &queue->head; *at; at = &(*at)->next) {
        size_t busy = busyness(*at);

        if (busy < best_busy) {
            best = at;
            best_busy = busy;
        }
        if (best_busy == 0)
            break;
    }
    return best;
}

static struct tl_work *take(struct tl_queue *queue, struct tl_work **at)
{
    struct tl_work *work = *at;

    *at = work->next;
    if (queue->tail == work) {
        queue->tail = NULL;
        for (struct tl_work *last = queue->head; last; last = last->next)
            queue->tail = last;
    }
    work->next = NULL;
    work->feed->busy++;
    work->feed->chunk->table->writers++;
    return work;
}

struct tl_work *tl_queue_pop(struct tl_queue *queue)
{
    struct tl_work *work = NULL;

    pthread_mutex_lock(&queue->lock);
    while (!queue->stopped) {
        struct tl_work **at = choose(queue);

        if (at) {
            work = take(queue, at);
            break;
        }
        if (queue->closed && !queue->head)
            break;
        pthread_cond_wait(&queue->work, &queue->lock);
    }
    pthread_mutex_unlock(&queue->lock);
    return work;
}

void tl_queue_done(struct tl_queue *queue, struct tl_work *work)
{
    pthread_mutex_lock(&queue->lock);
    work->feed->busy--;
    work->feed->chunk->table->writers--;
    free_work(queue, work);
    pthread_cond_broadcast(&queue->room);
    pthread_cond_broadcast(&queue->work);
    pthread_mutex_unlock(&queue->lock);
}

void tl_queue_close(struct tl_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->work);
    pthread_mutex_unlock(&queue->lock);
}

void tl_queue_stop(struct tl_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->stopped = true;
    drop_all(queue);
    pthread_cond_broadcast(&queue->work);
    pthread_cond_broadcast(&queue->room);
    pthread_mutex_unlock(&queue->lock);
}
