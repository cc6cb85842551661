/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sorted array: a chunk has few gaps at a time, because they lie within the batches in flight.
 */
#include "core/import/ranges.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void tl_ranges_done(struct tl_ranges *ranges)
{
    free(ranges->items);
    memset(ranges, 0, sizeof(*ranges));
}

static int make_room(struct tl_ranges *ranges, struct tl_error *err)
{
    size_t cap = ranges->cap ? 2 * ranges->cap : 1;
    struct tl_range *items;

    if (ranges->count < ranges->cap)
        return TL_OK;
    items = realloc(ranges->items, cap * sizeof(*items));
    if (!items)
        return tl_error_nomem(err);
    ranges->items = items;
    ranges->cap = cap;
    return TL_OK;
}

static void append_to(struct tl_range *left, const struct tl_range *right)
{
    struct tl_range merged = *right;

    merged.begin = left->begin;
    merged.rows += left->rows;
    merged.bytes += left->bytes;
    *left = merged;
}

static void drop(struct tl_ranges *ranges, size_t index)
{
    memmove(&ranges->items[index], &ranges->items[index + 1],
            (ranges->count - index - 1) * sizeof(ranges->items[0]));
    ranges->count--;
}

static void merge_around(struct tl_ranges *ranges, size_t index)
{
    struct tl_range *items = ranges->items;

    if (index + 1 < ranges->count && items[index].end == items[index + 1].begin) {
        append_to(&items[index], &items[index + 1]);
        drop(ranges, index + 1);
    }
    if (index > 0 && items[index - 1].end == items[index].begin) {
        append_to(&items[index - 1], &items[index]);
        drop(ranges, index);
    }
}

int tl_ranges_add(struct tl_ranges *ranges, const struct tl_range *range, struct tl_error *err)
{
    size_t index = ranges->count;
    int rc = make_room(ranges, err);

    if (rc != TL_OK)
        return rc;
    while (index > 0 && ranges->items[index - 1].begin >= range->end && range->end > range->begin)
        index--;
    if (index > 0 && ranges->items[index - 1].end > range->begin)
        return tl_error_set(err, TL_ERR,
                            "bytes %" PRIu64 " to %" PRIu64 " are committed a second time",
                            range->begin, range->end);
    memmove(&ranges->items[index + 1], &ranges->items[index],
            (ranges->count - index) * sizeof(ranges->items[0]));
    ranges->items[index] = *range;
    ranges->count++;
    merge_around(ranges, index);
    return TL_OK;
}

uint64_t tl_ranges_low_water(const struct tl_ranges *ranges, uint64_t begin)
{
    if (ranges->count > 0 && ranges->items[0].begin == begin)
        return ranges->items[0].end;
    return begin;
}

bool tl_ranges_complete(const struct tl_ranges *ranges, uint64_t begin)
{
    return ranges->count == 1 && ranges->items[0].begin == begin && ranges->items[0].last;
}
