/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shows the progress snapshots: lines on a terminal, or lines in the log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/thread.h"
#include "core/import/progress.h"

#define REDRAW (200 * TL_NS_PER_MS)
#define MIB (1024.0 * 1024.0)

struct tl_progress_display {
    struct tl_plan *plan;
    struct tl_cancel *over;
    struct tl_threads *thread;
    int64_t log_period;
    bool terminal;
    int drawn;            /* lines on the terminal */
    int64_t begun;        /* clock */
    uint64_t begun_bytes; /* done before this run */
    uint64_t begun_rows;
};

struct rates {
    double seconds;
    double mib_per_second;
    double rows_per_second;
    double seconds_left; /* < 0: unknown */
};

static struct rates rates_of(const struct tl_progress_display *display,
                             const struct tl_progress *progress)
{
    struct rates rates = {.seconds_left = -1};
    double bytes = (double)(progress->done_bytes - display->begun_bytes);
    double left = (double)progress->total_bytes - (double)progress->done_bytes;

    rates.seconds = (double)(tl_clock_ns() - display->begun) / (double)TL_NS_PER_SEC;
    if (rates.seconds <= 0)
        return rates;
    rates.mib_per_second = bytes / MIB / rates.seconds;
    rates.rows_per_second = (double)(progress->rows - display->begun_rows) / rates.seconds;
    if (bytes > 0)
        rates.seconds_left = left * rates.seconds / bytes;
    return rates;
}

static void draw(struct tl_progress_display *display)
{
    struct tl_progress progress;
    struct rates rates;
    int lines = 0;

    tl_progress_take(&progress, display->plan);
    rates = rates_of(display, &progress);
    if (display->drawn > 0)
        printf("\033[%dA", display->drawn);
    for (size_t i = 0; i < progress.active_count && i < TL_PROGRESS_ACTIVE; i++, lines++)
        printf("\033[2K  %-40.60s %5.1f%% %12llu rows\n", progress.active[i].table,
               progress.active[i].percent, (unsigned long long)progress.active[i].rows);
    if (progress.active_count > TL_PROGRESS_ACTIVE) {
        printf("\033[2K  ... and %zu more\n", progress.active_count - TL_PROGRESS_ACTIVE);
        lines++;
    }
    printf("\033[2Ktotal %5.1f%%  %zu/%zu tables  %.1f MiB/s  %.0f rows/s  ",
           tl_progress_percent(&progress), progress.tables_done, progress.tables,
           rates.mib_per_second, rates.rows_per_second);
    if (rates.seconds_left >= 0)
        printf("%d:%02d left\n", (int)rates.seconds_left / 60, (int)rates.seconds_left % 60);
    else
        printf("\n");
    lines++;
    printf("\033[J");
    fflush(stdout);
    display->drawn = lines;
}

static void log_line(const struct tl_progress_display *display)
{
    struct tl_progress progress;
    struct rates rates;

    tl_progress_take(&progress, display->plan);
    rates = rates_of(display, &progress);
    tl_log(TL_LOG_INFO, "progress", TL_DBL("percent", tl_progress_percent(&progress)),
           TL_INT("tables", progress.tables), TL_INT("tables_done", progress.tables_done),
           TL_INT("tables_failed", progress.tables_failed), TL_INT("chunks", progress.chunks),
           TL_INT("chunks_done", progress.chunks_done), TL_INT("rows", progress.rows),
           TL_INT("bytes", progress.source_bytes), TL_DBL("mib_per_second", rates.mib_per_second),
           TL_DBL("rows_per_second", rates.rows_per_second),
           TL_INT("seconds_left", rates.seconds_left), TL_END);
}

static void show(size_t index, void *payload)
{
    struct tl_progress_display *display = payload;
    int64_t next_log = tl_clock_ns() + display->log_period;
    bool over = false;

    (void)index;
    while (!over) {
        over = tl_cancel_sleep(display->over, display->terminal ? REDRAW : display->log_period);
        if (display->terminal)
            draw(display);
        if (tl_clock_ns() >= next_log) {
            log_line(display);
            next_log = tl_clock_ns() + display->log_period;
        }
    }
}

int tl_progress_begin(struct tl_progress_display **display_out, struct tl_plan *plan,
                      const struct tl_options *options, struct tl_error *err)
{
    struct tl_progress_display *display = calloc(1, sizeof(*display));
    struct tl_progress now;
    int rc;

    if (!display)
        return tl_error_nomem(err);
    tl_progress_take(&now, plan);
    display->plan = plan;
    display->begun = tl_clock_ns();
    display->begun_bytes = now.done_bytes;
    display->begun_rows = now.rows;
    display->terminal = isatty(STDOUT_FILENO) && !tl_log_to_stdout();
    display->log_period =
        (int64_t)(options->log_progress ? options->log_progress : 300) * TL_NS_PER_SEC;
    rc = tl_cancel_new(&display->over, err);
    if (rc == TL_OK)
        rc = tl_threads_begin(&display->thread, "tl-progress", 1, show, display, err);
    if (rc != TL_OK) {
        tl_threads_join(display->thread);
        tl_cancel_free(display->over);
        free(display);
        return rc;
    }
    *display_out = display;
    return TL_OK;
}

void tl_progress_end(struct tl_progress_display *display)
{
    if (!display)
        return;
    tl_cancel_request(display->over);
    tl_threads_join(display->thread);
    tl_cancel_free(display->over);
    free(display);
}
