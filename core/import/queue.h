/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches between readers and writers. Bounded by bytes in flight (queued and being written), so
 * memory does not depend on the input. A chunk whose row order matters has one batch in work at a
 * time and gets its batches out in order; otherwise the next batch is one of the table with the
 * fewest batches in work, because several writers in one table only wait for each other.
 * Thread-safe.
 */
#ifndef TL_IMPORT_QUEUE_H
#define TL_IMPORT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/import/plan.h"
#include "core/source/batch.h"

struct tl_queue;

/* What the queue knows of one chunk in work; made by its reader, freed by the queue when the reader
   has released it and its last batch is done. */
struct tl_feed {
    struct tl_plan_chunk *chunk;
    struct tl_reader_settings reader; /* for decoding; its strings live as long as the feed */
    char *path;                       /* owned; reader.path */
    bool ordered;
    size_t refs; /* the reader's and one for each batch; guarded by the queue */
    size_t busy; /* batches being written; guarded by the queue */
};

struct tl_work {
    struct tl_feed *feed;
    struct tl_batch *batch; /* owned */
    uint64_t raw_pos;       /* bytes of the file consumed when the batch was read */
    size_t bytes;           /* counted against the budget */
    struct tl_work *next;
};

int tl_queue_new(struct tl_queue **queue_out, size_t budget, struct tl_error *err) TL_WARN_UNUSED;
void tl_queue_free(struct tl_queue *queue); /* no thread uses it any more; accepts NULL */

/* Registers a feed with the reader's reference. */
int tl_queue_open_feed(struct tl_queue *queue, struct tl_plan_chunk *chunk, const char *path,
                       const struct tl_reader_settings *reader, bool ordered,
                       struct tl_feed **feed_out, struct tl_error *err) TL_WARN_UNUSED;
void tl_queue_release_feed(struct tl_queue *queue, struct tl_feed *feed);

/* Takes the batch over and waits while the budget is used up (one batch always passes). false: the
   queue was stopped, the batch is freed. */
bool tl_queue_push(struct tl_queue *queue, struct tl_feed *feed, struct tl_batch *batch,
                   uint64_t raw_pos);

/* The next batch to write; waits. NULL: stopped, or closed and empty. */
struct tl_work *tl_queue_pop(struct tl_queue *queue);

/* The work is done, one way or the other: frees it. */
void tl_queue_done(struct tl_queue *queue, struct tl_work *work);

/* No push will come any more: pop returns NULL when all is out. */
void tl_queue_close(struct tl_queue *queue);

/* Drops everything queued; push and pop return at once from now on. */
void tl_queue_stop(struct tl_queue *queue);

#endif
