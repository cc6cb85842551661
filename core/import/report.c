/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The summary at the end of a run: one line in the log, a few on stdout.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/import/import_internal.h"
#include "core/import/progress.h"

#define MIB (1024.0 * 1024.0)

struct summary {
    struct tl_progress progress;
    uint64_t rows;
    uint64_t bytes;
    double seconds;
    uint64_t retries;
    uint64_t duplicates;
    uint64_t replaced;
};

/* A server that forgot rows of earlier runs can leave less than they had loaded. */
static uint64_t above(uint64_t now, uint64_t before)
{
    return now > before ? now - before : 0;
}

static struct summary summarise(struct tl_import *import)
{
    struct summary sum = {0};

    if (import->plan)
        tl_progress_take(&sum.progress, import->plan);
    sum.rows = above(sum.progress.rows, import->rows_before);
    sum.bytes = above(sum.progress.source_bytes, import->bytes_before);
    sum.seconds = (double)(tl_clock_ns() - import->begun_at) / (double)TL_NS_PER_SEC;
    sum.retries = atomic_load(&import->stats.retries);
    sum.duplicates = atomic_load(&import->stats.duplicates);
    sum.replaced = atomic_load(&import->stats.replaced);
    return sum;
}

static void list_failed(const struct tl_plan *plan)
{
    for (size_t i = 0; i < plan->table_count; i++) {
        const struct tl_plan_table *table = &plan->tables[i];

        if (!table->failed)
            continue;
        printf("FAILED %s (status %u): %s\n", table->name, table->status,
               table->failure ? table->failure->message : "see the log");
        if (table->failure && table->failure->hint[0])
            printf("       %s\n", table->failure->hint);
    }
}

static void print_summary(const struct tl_import *import, const struct summary *sum)
{
    printf("%zu of %zu tables done, %zu failed: %" PRIu64 " rows, %.1f MiB in %.1f s "
           "(%.1f MiB/s, %.0f rows/s), %" PRIu64 " retries\n",
           sum->progress.tables_done, sum->progress.tables, sum->progress.tables_failed, sum->rows,
           (double)sum->bytes / MIB, sum->seconds,
           sum->seconds > 0 ? (double)sum->bytes / MIB / sum->seconds : 0,
           sum->seconds > 0 ? (double)sum->rows / sum->seconds : 0, sum->retries);
    if (import->rows_before > 0)
        printf("%" PRIu64 " rows had been loaded by earlier runs; %" PRIu64 " in all\n",
               import->rows_before, sum->progress.rows);
    if (sum->duplicates > 0)
        printf("%" PRIu64 " rows met a row with the same key (conflict.strategy)\n",
               sum->duplicates);
    if (sum->replaced > 0)
        printf("%" PRIu64 " fields had characters that are none in mydumper.data-character-set; "
               "they were replaced\n",
               sum->replaced);
}

static void log_summary(const struct tl_import *import, const struct summary *sum)
{
    tl_log(TL_LOG_INFO, "summary", TL_INT("tables", sum->progress.tables),
           TL_INT("tables_done", sum->progress.tables_done),
           TL_INT("tables_failed", sum->progress.tables_failed), TL_INT("rows", sum->rows),
           TL_INT("rows_in_all", sum->progress.rows), TL_INT("bytes", sum->bytes),
           TL_DBL("seconds", sum->seconds), TL_INT("retries", sum->retries),
           TL_INT("reconnects", atomic_load(&import->stats.reconnects)),
           TL_INT("duplicates", sum->duplicates), TL_INT("replaced", sum->replaced), TL_END);
    if (sum->replaced > 0)
        tl_log(TL_LOG_WARN,
               "fields of CSV files had characters that are none in their character set, and were "
               "changed",
               TL_STR("key", "mydumper.data-invalid-char-replace"), TL_INT("fields", sum->replaced),
               TL_END);
}

void tl_import_report(struct tl_import *import, const struct tl_error *failed)
{
    struct summary sum = summarise(import);
    bool silent = tl_log_to_stdout(); /* the log's lines are there already, and may be JSON */

    log_summary(import, &sum);
    if (!failed)
        tl_log(TL_LOG_INFO, "tidb lightning exit successfully", TL_END);
    if (silent)
        return;
    if (import->plan) {
        print_summary(import, &sum);
        list_failed(import->plan);
    }
    if (import->nothing_to_do && !failed)
        printf("everything had been loaded by an earlier run; nothing was left to do\n");
    if (!failed)
        printf("tidb lightning exit successfully\n");
    fflush(stdout);
}
