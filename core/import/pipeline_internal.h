/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the threads of one attempt share. Lock order: plan->lock, then nothing; outcome_lock, then
 * nothing; the queue's and the control's locks are never taken with another one held.
 */
#ifndef TL_IMPORT_PIPELINE_INTERNAL_H
#define TL_IMPORT_PIPELINE_INTERNAL_H

#include <pthread.h>

#include "core/import/pipeline.h"
#include "core/import/queue.h"

enum tl_job_kind { TL_JOB_NONE, TL_JOB_READ, TL_JOB_STEPS };

struct tl_job {
    enum tl_job_kind kind;
    struct tl_plan_table *table;
    struct tl_plan_chunk *chunk; /* TL_JOB_READ */
};

struct tl_pipeline {
    struct tl_pipeline_settings settings;
    struct tl_queue *queue;
    struct tl_writer_settings writer_settings;
    atomic_bool stop;       /* the attempt is over: let everything go */
    struct tl_cancel *over; /* requested when the last writer returned: wakes sleepers */
    pthread_cond_t changed; /* with plan->lock: a chunk or table changed its state */
    size_t settled_first;   /* plan->lock: that many tables at the front are done or failed */
    pthread_mutex_t outcome_lock;
    int outcome; /* first reason to stop, TL_OK = none */
    struct tl_error outcome_error;
    atomic_size_t readers; /* that have not returned yet; the last one closes the queue */
    atomic_size_t writers; /* that have not returned yet; the last one requests `over` */
    pthread_mutex_t writer_lock;
    struct tl_writer **writer; /* writer_lock: the open writer of each thread, or NULL */
};

/* Stops the attempt for a reason; the first one counts. */
void tl_pipeline_stop(struct tl_pipeline *pipeline, int outcome, const struct tl_error *why);

/* Tells readers that wait in tl_next_job that something changed. */
void tl_pipeline_changed(struct tl_pipeline *pipeline);

/* The next thing to do for a reader thread; waits. TL_JOB_NONE: the attempt is over. */
struct tl_job tl_next_job(struct tl_pipeline *pipeline);

/* Reads one chunk into the queue; failures end in the table or the outcome. */
void tl_read_chunk(struct tl_pipeline *pipeline, struct tl_plan_chunk *chunk);

/* The steps behind the last chunk of a table, up to status 200 or 210. */
void tl_table_steps(struct tl_pipeline *pipeline, struct tl_plan_table *table);

/* Thread functions. payload: the pipeline. */
void tl_reader_thread(size_t index, void *payload);
void tl_writer_thread(size_t index, void *payload);
void tl_recorder_thread(size_t index, void *payload);

#endif
