/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where upstream's positions are among the rows of a file. Upstream stops behind a row, for CSV
 * behind its terminator; a batch of ours ends with the row. Any place between two rows means the
 * end of the first of them. See adopt.h.
 */
#include <inttypes.h>
#include <string.h>

#include "core/base/log.h"
#include "core/import/adopt.h"
#include "core/source/reader.h"

struct place {
    const struct tl_reader_settings *settings;
    const struct tl_plan_chunk *chunk;
    const struct tl_cancel *cancel;
    struct tl_reader *reader;  /* owned; stands behind `batch` */
    struct tl_reader_start at; /* in front of `batch` */
    struct tl_batch *batch;    /* owned; NULL: not read yet */
    uint64_t rows;             /* of the file, in front of `at` */
};

static void place_done(struct place *place)
{
    tl_batch_free(place->batch);
    tl_reader_close(place->reader);
}

static void go_behind(struct place *place)
{
    const struct tl_batch *batch = place->batch;

    place->at = (struct tl_reader_start){.pos = batch->end_pos,
                                         .line = batch->end_line,
                                         .in_statement = batch->in_statement,
                                         .head_offset = batch->resume_head,
                                         .state = batch->resume_state};
    place->rows += batch->row_count;
    tl_batch_free(place->batch);
    place->batch = NULL;
}

static int refuse(const struct place *place, uint64_t mark, const char *why, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_REFUSED,
                 "table %s: the upstream program stopped at byte %" PRIu64 " of file %s, %s",
                 place->chunk->table->name, mark, place->chunk->path, why);
    return tl_error_hint(err,
                         "is it the same file, read with the same [mydumper.csv] settings? if it "
                         "cannot be put back, load the table anew: empty it and run "
                         "tidb-lightning-ctl --checkpoint-remove='%s'",
                         place->chunk->table->name);
}

static int read_batch(struct place *place, struct tl_error *err)
{
    int rc;

    if (place->batch)
        return TL_OK;
    if (place->cancel && tl_cancel_requested(place->cancel))
        return tl_error_set(err, TL_ERR_CANCELED, "stopped on request");
    rc = tl_reader_next(place->reader, UINT64_MAX, &place->batch, err);
    if (rc == TL_ERR_DATA) {
        err->code = TL_ERR_REFUSED;
        tl_error_context(err, "table %s: what the upstream program has loaded cannot be read",
                         place->chunk->table->name);
    }
    return rc == TL_ERR_DATA ? err->code : rc;
}

/* Stands at the end of row `count` - 1 of the batch: reads the batch again, only up to there. */
static int stop_behind(struct place *place, uint32_t count, struct tl_error *err)
{
    uint64_t end = tl_batch_row_pos(place->batch, count - 1) + place->batch->rows[count - 1].len;
    int rc;

    tl_reader_close(place->reader);
    place->reader = NULL;
    tl_batch_free(place->batch);
    place->batch = NULL;
    rc = tl_reader_open(&place->reader, place->settings, &place->at, err);
    while (rc == TL_OK && place->at.pos < end) {
        rc = tl_reader_next(place->reader, end, &place->batch, err);
        if (rc == TL_OK && !place->batch)
            rc = refuse(place, end, "but the file changes while it is read", err);
        if (rc == TL_OK)
            go_behind(place);
    }
    return rc;
}

/* Rows of the batch that end at mark or in front of it. */
static uint32_t rows_before(const struct tl_batch *batch, uint64_t mark)
{
    uint32_t low = 0, high = batch->row_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (tl_batch_row_pos(batch, middle) + batch->rows[middle].len <= mark)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Moves on to the row end that mark means. Marks come in ascending order. */
static int find(struct place *place, uint64_t mark, struct tl_error *err)
{
    for (;;) {
        const struct tl_batch *batch;
        uint32_t before;
        int rc = read_batch(place, err);

        if (rc != TL_OK)
            return rc;
        batch = place->batch;
        if (!batch)
            return mark <= place->at.pos ? TL_OK : refuse(place, mark, "behind its end", err);
        before = rows_before(batch, mark);
        if (before < batch->row_count && mark > tl_batch_row_pos(batch, before))
            return refuse(place, mark, "where a row is not complete", err);
        if (before == 0 && (batch->row_count > 0 || mark <= batch->end_pos))
            return TL_OK;
        if (before < batch->row_count || (batch->last && mark <= batch->end_pos))
            return stop_behind(place, before, err);
        go_behind(place);
    }
}

static int check_rows(const struct place *place, const struct tl_range *theirs, uint64_t rows,
                      struct tl_error *err)
{
    if (rows < theirs->rows)
        return refuse(place, theirs->end, "but recorded more rows than there are up to it", err);
    if (rows > theirs->rows)
        tl_log(TL_LOG_WARN,
               "the file has more rows up to the position of the upstream program than it recorded "
               "as loaded (did it leave out bad rows?); they are not loaded",
               TL_STR("table", place->chunk->table->name), TL_STR("file", place->chunk->path),
               TL_INT("position", theirs->end), TL_INT("rows", rows),
               TL_INT("recorded", theirs->rows), TL_END);
    return TL_OK;
}

static int place_range(struct place *place, struct tl_ranges *placed, const struct tl_range *theirs,
                       struct tl_error *err)
{
    struct tl_range range = *theirs;
    uint64_t rows;
    int rc = theirs->begin > 0 ? find(place, theirs->begin, err) : TL_OK;

    if (rc != TL_OK)
        return rc;
    range.begin = place->at.pos;
    rows = place->rows;
    if (theirs->last)
        return tl_ranges_add(placed, &range, err);
    rc = find(place, theirs->end, err);
    if (rc == TL_OK)
        rc = check_rows(place, theirs, place->rows - rows, err);
    if (rc != TL_OK || place->at.pos == range.begin)
        return rc; /* not even one row */
    range.end = place->at.pos;
    range.bytes = range.end - range.begin;
    range.end_line = place->at.line;
    range.in_statement = place->at.in_statement;
    range.head_offset = place->at.head_offset;
    range.state = place->at.state;
    return tl_ranges_add(placed, &range, err);
}

int tl_adopt_place(struct tl_ranges *placed_out, const struct tl_ranges *theirs,
                   const struct tl_reader_settings *settings, const struct tl_plan_chunk *chunk,
                   const struct tl_cancel *cancel, struct tl_error *err)
{
    TL_CLEANUP(place_done)
    struct place place = {
        .settings = settings, .chunk = chunk, .cancel = cancel, .at = {.line = 1}};
    int rc = tl_reader_open(&place.reader, settings, &place.at, err);

    for (size_t i = 0; rc == TL_OK && i < theirs->count; i++)
        rc = place_range(&place, placed_out, &theirs->items[i], err);
    return rc;
}
