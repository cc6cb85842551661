/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See take_upstream.h. The task record turns planned last, so that an interrupted takeover is never
 * mistaken for a complete one.
 */
#include "core/ctl/take_upstream.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/resolve.h"
#include "core/ctl/upstream_file.h"

static int refuse_task(const struct tl_scene *scene, struct tl_error *err)
{
    if (!scene->plan && !scene->task.planned && !scene->task.foreign)
        return TL_OK;
    tl_error_set(err, TL_ERR_REFUSED, "there is a checkpoint in %s already",
                 tl_store_where(scene->store));
    return tl_error_hint(err, "choose another checkpoint.dsn or checkpoint.schema, or forget that "
                              "checkpoint: tidb-lightning-ctl --checkpoint-remove=all");
}

/* A file in the middle of which only upstream can go on. */
static int check_readable(const struct tl_plan_chunk *chunk, struct tl_error *err)
{
    bool begun = chunk->pos > 0 || chunk->marks;
    int rc = TL_OK;

    if ((int64_t)chunk->pos == chunk->end_offset)
        return TL_OK;
    if (chunk->type != TL_FILE_SQL && chunk->type != TL_FILE_CSV)
        rc = tl_error_set(err, TL_ERR_REFUSED, "file '%s' is Parquet, which is not read here",
                          chunk->path);
    else if (tl_stream_supported(chunk->path, chunk->compression, err) != TL_OK)
        rc = err->code = TL_ERR_REFUSED;
    if (rc == TL_OK)
        return rc;
    tl_error_context(err, "table %s is not finished", chunk->table->name);
    return tl_error_hint(err,
                         "finish this table with the upstream program%s; nothing was taken "
                         "over",
                         begun ? "" : ", or take it out of its checkpoint and of the source");
}

static int check_files(const struct tl_plan *plan, struct tl_error *err)
{
    int rc = TL_OK;

    for (size_t t = 0; rc == TL_OK && t < plan->table_count; t++) {
        const struct tl_plan_table *table = &plan->tables[t];

        if (table->status >= TL_STATUS_ANALYZE_SKIPPED)
            continue;
        for (size_t c = 0; rc == TL_OK && c < table->chunk_count; c++)
            rc = check_readable(&table->chunks[c], err);
    }
    return rc;
}

/* The configured source directory, else upstream's, in the form that a task record has. */
static int set_source_dir(const struct tl_scene *scene, struct tl_plan *plan, struct tl_error *err)
{
    const char *given = scene->options->source_dir;
    bool configured = given && given[0];
    struct tl_options theirs = {.source_dir = strdup(configured ? given : plan->source_dir)};
    char *real;
    int rc = theirs.source_dir ? tl_resolve_source_dir(&theirs, TL_PROGRAM_CTL, false, err)
                               : tl_error_nomem(err);

    if (rc == TL_OK) {
        real = realpath(theirs.source_dir, NULL);
        free(plan->source_dir);
        plan->source_dir = real ? real : strdup(theirs.source_dir);
        rc = plan->source_dir ? TL_OK : tl_error_nomem(err);
    } else if (rc == TL_ERR_USAGE) {
        tl_error_hint(err, "name the directory with the same files: -d DIR");
    }
    free(theirs.source_dir);
    return rc;
}

static int write_all(struct tl_scene *scene, struct tl_upstream *upstream, struct tl_error *err)
{
    struct tl_plan *plan = upstream->plan;
    int rc = tl_scene_make_writable(scene, err);

    if (rc == TL_OK)
        rc = tl_store_delete(scene->store, CKPT_DELETE_ALL, NULL, err);
    if (rc == TL_OK)
        rc = tl_task_record_save_upstream(scene->store, plan, upstream->host, upstream->port, false,
                                          err);
    if (rc == TL_OK)
        rc = tl_plan_save_tables(plan, scene->store, scene->cancel, err);
    for (size_t i = 0; i < plan->table_count; i++)
        plan->tables[i].dirty = plan->tables[i].failure != NULL;
    if (rc == TL_OK)
        rc = tl_plan_flush(plan, scene->store, err);
    if (rc == TL_OK)
        rc = tl_task_record_save_upstream(scene->store, plan, upstream->host, upstream->port, true,
                                          err);
    return rc;
}

static size_t count_files(const struct tl_plan *plan)
{
    size_t count = 0;

    for (size_t t = 0; t < plan->table_count; t++)
        count += plan->tables[t].chunk_count;
    return count;
}

/* Tables that upstream was in the middle of. */
static size_t print_tables(const struct tl_plan *plan)
{
    size_t open = 0;

    for (size_t t = 0; t < plan->table_count; t++) {
        const struct tl_plan_table *table = &plan->tables[t];
        uint64_t rows = tl_plan_table_rows(table);

        if (table->failed)
            printf("%s: failed in the upstream program (%s); resolve it with "
                   "--checkpoint-error-destroy='%s' or --checkpoint-error-ignore='%s'\n",
                   table->name, tl_status_name(table->status), table->name, table->name);
        if (table->status >= TL_STATUS_ANALYZE_SKIPPED || (rows == 0 && !table->failed))
            continue;
        open++;
        printf("%s: %" PRIu64 " rows recorded; the rows behind that position may be on the target "
               "already\n",
               table->name, rows);
    }
    return open;
}

static void print_advice(size_t open)
{
    if (open > 0)
        printf(
            "The upstream program records its progress behind its data: what it loaded last may be "
            "applied twice.\nFor tables with a primary or unique key set conflict.strategy = "
            "\"replace\" (on-duplicate = \"replace\"): each row is then there once.\nA table "
            "without a key may get these rows twice; the safe way is to load it anew: empty the "
            "table and run tidb-lightning-ctl --checkpoint-remove='`schema`.`table`'.\n");
    printf("next: run tidb-lightning with this checkpoint\n");
}

static void print_result(const struct tl_scene *scene, const struct tl_upstream *upstream,
                         const char *file, bool dry_run)
{
    const struct tl_plan *plan = upstream->plan;
    const char *would = dry_run ? "would be done: " : "";
    uint64_t rows = 0;

    for (size_t t = 0; t < plan->table_count; t++)
        rows += tl_plan_table_rows(&plan->tables[t]);
    printf("%s'%s' (task %" PRId64 " of the upstream program, %s) taken over into %s: %zu tables, "
           "%zu files, %" PRIu64 " rows recorded, source %s\n",
           would, file, plan->task_id, plan->upstream, tl_store_where(scene->store),
           plan->table_count, count_files(plan), rows, plan->source_dir);
    if (upstream->not_begun > 0)
        printf("%zu more tables were not begun: the next run plans them\n", upstream->not_begun);
    print_advice(print_tables(plan));
}

int tl_ctl_take_upstream(struct tl_scene *scene, const char *file, bool dry_run,
                         struct tl_error *err)
{
    TL_CLEANUP(tl_upstream_done) struct tl_upstream upstream = {0};
    int rc = refuse_task(scene, err);

    if (rc == TL_OK)
        rc = tl_upstream_read(&upstream, file, err);
    if (rc == TL_OK)
        rc = check_files(upstream.plan, err);
    if (rc == TL_OK)
        rc = set_source_dir(scene, upstream.plan, err);
    if (rc == TL_OK && !dry_run)
        rc = write_all(scene, &upstream, err);
    if (rc == TL_OK)
        print_result(scene, &upstream, file, dry_run);
    return rc;
}
