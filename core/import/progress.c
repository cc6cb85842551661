/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking the snapshot. See progress.h.
 */
#include "core/import/progress.h"

#include <string.h>

static uint64_t done_bytes(const struct tl_plan_chunk *chunk)
{
    if (chunk->done)
        return (uint64_t)chunk->file_size;
    if (chunk->compression == TL_COMPRESSION_NONE)
        return chunk->bytes;
    return (uint64_t)chunk->real_pos;
}

static void add_active(struct tl_progress *progress, const struct tl_plan_table *table,
                       uint64_t total, const struct tl_progress_line *line)
{
    if (progress->active_count < TL_PROGRESS_ACTIVE) {
        struct tl_progress_line *active = &progress->active[progress->active_count];

        *active = *line;
        active->table = table->name;
        active->percent = total > 0 ? 100.0 * (double)line->bytes / (double)total : 100.0;
    }
    progress->active_count++;
}

static void add_table(struct tl_progress *progress, const struct tl_plan_table *table)
{
    struct tl_progress_line line = {0};
    uint64_t total = 0;
    bool done = table->status >= TL_STATUS_ANALYZE_SKIPPED;
    bool begun = table->readers > 0 || table->finishing;

    for (size_t i = 0; i < table->chunk_count; i++) {
        const struct tl_plan_chunk *chunk = &table->chunks[i];

        total += (uint64_t)chunk->file_size;
        line.bytes += done_bytes(chunk);
        line.rows += chunk->rows;
        progress->source_bytes += chunk->bytes;
        progress->chunks_done += chunk->done;
        begun = begun || chunk->taken;
    }
    progress->chunks += table->chunk_count;
    progress->total_bytes += total;
    progress->done_bytes += line.bytes;
    progress->rows += line.rows;
    progress->tables_done += done;
    progress->tables_failed += table->failed;
    if (begun && !done && !table->failed)
        add_active(progress, table, total, &line);
}

void tl_progress_take(struct tl_progress *progress_out, struct tl_plan *plan)
{
    memset(progress_out, 0, sizeof(*progress_out));
    pthread_mutex_lock(&plan->lock);
    progress_out->tables = plan->table_count;
    for (size_t i = 0; i < plan->table_count; i++)
        add_table(progress_out, &plan->tables[i]);
    pthread_mutex_unlock(&plan->lock);
}

double tl_progress_percent(const struct tl_progress *progress)
{
    if (progress->total_bytes == 0)
        return 100.0;
    return 100.0 * (double)progress->done_bytes / (double)progress->total_bytes;
}
