/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --checkpoint-list: every table with status, percent, rows and, when it failed, the reason.
 */
#include "core/ctl/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/checkpoint/model.h"

struct counts {
    uint64_t rows;
    uint64_t total;
    uint64_t done;
};

/* The store's own numbers: nothing here asks the target. */
static int add_chunk(const struct ckpt_chunk *chunk, void *payload)
{
    struct counts *counts = payload;
    bool compressed = chunk->compression != TL_COMPRESSION_NONE;

    counts->rows += chunk->kvc_kvs;
    counts->total += (uint64_t)chunk->file_size;
    if (chunk->pos >= chunk->end_offset)
        counts->done += (uint64_t)chunk->file_size;
    else
        counts->done += (uint64_t)(compressed ? chunk->real_pos : chunk->pos - chunk->offset);
    return 0;
}

static int list_table(struct tl_scene *scene, const struct tl_plan_table *table,
                      struct tl_error *err)
{
    struct counts counts = {0};
    struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .chunk = add_chunk, .payload = &counts};
    int rc = tl_store_load_table(scene->store, table->name, &visitor, err);
    double percent = 100.0;

    if (rc < 0)
        return rc;
    if (counts.total > 0)
        percent = 100.0 * (double)counts.done / (double)counts.total;
    else if (table->status < TL_STATUS_ANALYZE_SKIPPED)
        percent = 0.0;
    printf("%-40s %-24s %6.1f%% %14" PRIu64 "  %s\n", table->name, tl_status_name(table->status),
           percent, counts.rows, table->failure ? table->failure->message : "");
    return TL_OK;
}

/* A table that was destroyed is not in the plan before the next run. */
static int list_missing(const struct ckpt_table *table, void *payload)
{
    (void)payload;
    if (table->status == TL_STATUS_MISSING)
        printf("%-40.*s %-24s %6.1f%% %14d  %s\n", (int)table->name.len, table->name.data,
               tl_status_name(table->status), 0.0, 0, "the next run loads it from zero");
    return 0;
}

int tl_ctl_list(struct tl_scene *scene, struct tl_error *err)
{
    const struct ckpt_visitor missing = {.struct_size = sizeof(missing), .table = list_missing};
    int rc = TL_OK;

    if (!scene->plan) {
        printf("no checkpoint: %s is empty\n", tl_store_where(scene->store));
        return TL_OK;
    }
    printf("task %" PRId64 ", source %s, in %s\n", scene->plan->task_id, scene->plan->source_dir,
           tl_store_where(scene->store));
    if (scene->task.adopt)
        printf("taken over from the upstream program (%s); the next start of tidb-lightning adopts "
               "it\n",
               scene->task.upstream);
    printf("%-40s %-24s %7s %14s  %s\n", "TABLE", "STATUS", "DONE", "ROWS", "ERROR");
    for (size_t i = 0; rc == TL_OK && i < scene->plan->table_count; i++)
        rc = list_table(scene, &scene->plan->tables[i], err);
    return rc == TL_OK ? tl_store_each_table(scene->store, CKPT_FILTER_INVALID, &missing, err) : rc;
}
