/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reader thread does next: the steps of a table whose chunks are all committed, else an
 * unread chunk of the table with the fewest readers, so that writers meet in as few tables as
 * possible.
 */
#include "core/base/clock.h"
#include "core/import/pipeline_internal.h"

static bool is_settled(const struct tl_plan_table *table)
{
    return table->failed || table->settled || table->status >= TL_STATUS_ANALYZE_SKIPPED;
}

static struct tl_plan_chunk *free_chunk(struct tl_plan_table *table)
{
    for (; table->next_free < table->chunk_count; table->next_free++) {
        struct tl_plan_chunk *chunk = &table->chunks[table->next_free];

        if (!chunk->taken && !chunk->done)
            return chunk;
    }
    return NULL;
}

static bool needs_steps(const struct tl_plan_table *table)
{
    return !table->finishing && table->chunks_done == table->chunk_count;
}

/* The first table from index `begin` on that is not settled; NULL = none. *gap is how many settled
   ones are known to stand there: none of them is looked at again, though thousands may stand behind
   one that is at work for hours. */
static struct tl_plan_table *next_open(struct tl_plan *plan, size_t begin, size_t *gap)
{
    while (begin + *gap < plan->table_count) {
        struct tl_plan_table *table = &plan->tables[begin + *gap];

        if (!is_settled(table))
            return table;
        *gap += 1 + table->settled_behind;
    }
    return NULL;
}

/* One look at the plan, lock held. open_out: some table is not settled yet. */
static struct tl_job look(struct tl_pipeline *pipeline, bool *open_out)
{
    struct tl_plan *plan = pipeline->settings.plan;
    struct tl_job best = {.kind = TL_JOB_NONE};
    struct tl_plan_table *table = next_open(plan, 0, &pipeline->settled_first);

    *open_out = table != NULL;
    for (; table;
         table = next_open(plan, (size_t)(table - plan->tables) + 1, &table->settled_behind)) {
        struct tl_plan_chunk *chunk;

        if (needs_steps(table))
            return (struct tl_job){.kind = TL_JOB_STEPS, .table = table};
        if (best.kind == TL_JOB_READ && table->readers >= best.table->readers)
            continue;
        chunk = free_chunk(table);
        if (chunk)
            best = (struct tl_job){.kind = TL_JOB_READ, .table = table, .chunk = chunk};
        if (chunk && table->readers == 0)
            break;
    }
    return best;
}

static void take(struct tl_job *job)
{
    if (job->kind == TL_JOB_STEPS)
        job->table->finishing = true;
    if (job->kind == TL_JOB_READ) {
        job->chunk->taken = true;
        job->table->readers++;
        /* Speeds count from here: in a long import a table may wait for hours behind its plan. */
        if (job->chunk->ranges.count == 0)
            job->chunk->create_time = tl_wall_ns();
    }
}

struct tl_job tl_next_job(struct tl_pipeline *pipeline)
{
    struct tl_plan *plan = pipeline->settings.plan;
    struct tl_job job = {.kind = TL_JOB_NONE};
    bool open = true;

    pthread_mutex_lock(&plan->lock);
    while (!atomic_load(&pipeline->stop) && open) {
        job = look(pipeline, &open);
        if (job.kind != TL_JOB_NONE)
            break;
        if (open)
            pthread_cond_wait(&pipeline->changed, &plan->lock);
    }
    if (atomic_load(&pipeline->stop))
        job.kind = TL_JOB_NONE;
    take(&job);
    pthread_mutex_unlock(&plan->lock);
    return job;
}
