/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of an adoption: all checks and the places in the files first; then the task in the
 * ledger, the ranges (in one transaction, once), fingerprints and statuses in the store; the task
 * record, without the mark, last. A run that dies in between leaves the mark, and the next one does
 * all of it again.
 */
#include "core/import/adopt.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/import/adopt_marks.h"
#include "core/import/adopt_table.h"
#include "core/import/import_internal.h"
#include "core/import/intent.h"

struct adoption {
    struct tl_import *import;
    struct tl_ledger_loaded *items; /* owned, with each `stop` */
    size_t count;
    size_t cap;
    char *intent; /* owned */
};

/* Where the row ends are is only of interest in the middle of a file. */
static bool must_be_placed(const struct tl_ranges *ranges)
{
    return ranges->count > 1 ||
           (ranges->count == 1 && (ranges->items[0].begin > 0 || !ranges->items[0].last));
}

static int place(const struct tl_import *import, struct tl_ranges *ranges,
                 const struct tl_plan_chunk *chunk, struct tl_error *err)
{
    struct tl_reader_settings settings =
        tl_chunk_reader_settings(import->options, import->ledger.server.max_allowed_packet, chunk);
    struct tl_ranges placed = {0};
    char path[PATH_MAX];
    int rc;

    if (!must_be_placed(ranges))
        return TL_OK;
    snprintf(path, sizeof(path), "%s/%s", import->plan->source_dir, chunk->path);
    settings.path = path;
    tl_log(TL_LOG_INFO, "looking for the position of the upstream program",
           TL_STR("file", chunk->path), TL_INT("position", ranges->items[ranges->count - 1].end),
           TL_END);
    rc = tl_adopt_place(&placed, ranges, &settings, chunk, import->cancel, err);
    tl_ranges_done(ranges);
    *ranges = placed;
    return rc;
}

static int add_item(struct adoption *adoption, const struct tl_plan_chunk *chunk,
                    const struct tl_range *range, struct tl_error *err)
{
    struct tl_ledger_loaded *items = adoption->items;
    struct tl_range *stop = NULL;

    if (adoption->count == adoption->cap) {
        items = realloc(items, (2 * adoption->cap + 1) * sizeof(*items));
        if (!items)
            return tl_error_nomem(err);
        adoption->items = items;
        adoption->cap = 2 * adoption->cap + 1;
    }
    if (!range->last) {
        stop = malloc(sizeof(*stop));
        if (!stop)
            return tl_error_nomem(err);
        *stop = *range;
    }
    items[adoption->count++] = (struct tl_ledger_loaded){.key = chunk->key,
                                                         .begin = range->begin,
                                                         .end = range->end,
                                                         .rows = range->rows,
                                                         .bytes = range->bytes,
                                                         .stop = stop};
    return TL_OK;
}

static void adoption_done(struct adoption *adoption)
{
    for (size_t i = 0; i < adoption->count; i++)
        free((void *)(uintptr_t)adoption->items[i].stop);
    free(adoption->items);
    free(adoption->intent);
}

static int adopt_chunk(struct adoption *adoption, const struct tl_plan_chunk *chunk,
                       struct tl_error *err)
{
    struct tl_ranges ranges = {0};
    int rc = tl_marks_of_chunk(&ranges, chunk, err);

    if (rc == TL_OK)
        rc = place(adoption->import, &ranges, chunk, err);
    for (size_t i = 0; rc == TL_OK && i < ranges.count; i++)
        rc = add_item(adoption, chunk, &ranges.items[i], err);
    tl_ranges_done(&ranges);
    return rc;
}

static int find_places(struct adoption *adoption, struct tl_error *err)
{
    const struct tl_plan *plan = adoption->import->plan;
    int rc = TL_OK;

    for (size_t t = 0; rc == TL_OK && t < plan->table_count; t++)
        for (size_t c = 0; rc == TL_OK && c < plan->tables[t].chunk_count; c++)
            rc = adopt_chunk(adoption, &plan->tables[t].chunks[c], err);
    return rc;
}

/* The task may be in the ledger already: an earlier try got that far, or the same file was taken
   over before. */
static int take_over(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct adoption *adoption = payload;
    struct tl_import *import = adoption->import;
    int rc = tl_ledger_create(session, import->ledger.schema, err);

    free(adoption->intent);
    adoption->intent = NULL;
    if (rc == TL_OK)
        rc = tl_ledger_take_over(&import->ledger, session, &adoption->intent, import->cancel, err);
    if (rc == TL_OK && adoption->intent && adoption->intent[0] &&
        !tl_intent_is_finish(adoption->intent)) {
        tl_error_set(err, TL_ERR_REFUSED, "a control operation was interrupted: %s",
                     adoption->intent);
        rc = tl_error_hint(err, "finish it first: tidb-lightning-ctl %s", adoption->intent);
    }
    return rc == TL_NOT_FOUND ? TL_OK : rc;
}

static int enter(struct tl_session *session, void *payload, struct tl_error *err)
{
    const struct adoption *adoption = payload;

    return tl_ledger_add_loaded(&adoption->import->ledger, session, adoption->items,
                                adoption->count, adoption->import->cancel, err);
}

static int enter_in_ledger(struct adoption *adoption, struct tl_error *err)
{
    struct tl_import *import = adoption->import;
    int rc = tl_owner_init(&import->ledger.owner, err);

    if (rc == TL_OK)
        rc = tl_control_run(&import->control, take_over, adoption, err);
    if (rc == TL_OK)
        rc = tl_import_claim(import, import->plan, err);
    if (rc == TL_OK)
        rc = tl_control_run(&import->control, enter, adoption, err);
    return rc;
}

/* With the marks still in place: a try that dies here must find them. */
static int save(struct tl_import *import, struct tl_error *err)
{
    struct tl_plan *plan = import->plan;
    int rc = tl_plan_save_tables(plan, import->store, import->cancel, err);

    if (rc == TL_OK)
        rc = tl_task_record_save(import->store, plan, import->options,
                                 import->ledger.server.identity, true, err);
    if (rc != TL_OK)
        return rc;
    for (size_t t = 0; t < plan->table_count; t++)
        for (size_t c = 0; c < plan->tables[t].chunk_count; c++) {
            free(plan->tables[t].chunks[c].marks);
            plan->tables[t].chunks[c].marks = NULL;
        }
    return TL_OK;
}

int tl_import_adopt(struct tl_import *import, struct tl_error *err)
{
    TL_CLEANUP(adoption_done) struct adoption adoption = {.import = import};
    int rc = tl_adopt_tables(&import->control, import->plan, import->options, err);

    if (rc == TL_OK)
        rc = find_places(&adoption, err);
    if (rc == TL_OK)
        rc = enter_in_ledger(&adoption, err);
    if (rc == TL_OK)
        rc = save(import, err);
    if (rc == TL_OK)
        tl_log(TL_LOG_INFO, "adopted the import that the upstream program began",
               TL_INT("task", import->plan->task_id), TL_STR("release", import->plan->upstream),
               TL_INT("tables", import->plan->table_count), TL_INT("ranges", adoption.count),
               TL_END);
    return rc;
}
