/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See adopt_marks.h.
 */
#include "core/import/adopt_marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"

int tl_marks_print(char **text_out, const struct tl_ranges *ranges, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf text;
    char *stolen;

    tl_buf_init(&text, CKPT_MAX_EXTRA);
    for (size_t i = 0; i < ranges->count; i++) {
        const struct tl_range *range = &ranges->items[i];

        if (tl_buf_addf(&text, "%s%" PRIu64 ":%" PRIu64 ":%" PRIu64 ":%" PRIu64 ":%d", i ? " " : "",
                        range->begin, range->end, range->rows, range->bytes, range->last) != TL_OK)
            return tl_error_set(err, TL_ERR_DATA, "it is being loaded at more than %zu places", i);
    }
    stolen = tl_buf_steal(&text);
    if (!stolen)
        return tl_error_nomem(err);
    *text_out = stolen;
    return TL_OK;
}

static int bad_marks(const struct tl_plan_chunk *chunk, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_REFUSED, "the checkpoint's record of file %s cannot be read: '%.200s'",
                 chunk->path, chunk->marks);
    return tl_error_hint(err, "forget the checkpoint (tidb-lightning-ctl --checkpoint-remove=all) "
                              "and take it over again: --checkpoint-import=FILE");
}

static int parse(struct tl_ranges *ranges, const struct tl_plan_chunk *chunk, struct tl_error *err)
{
    const char *at = chunk->marks;

    while (*at) {
        struct tl_range range = {0};
        int last = 0, len = 0;

        if (sscanf(at, "%" SCNu64 ":%" SCNu64 ":%" SCNu64 ":%" SCNu64 ":%d%n", &range.begin,
                   &range.end, &range.rows, &range.bytes, &last, &len) != 5 ||
            range.end < range.begin || (at[len] != ' ' && at[len] != '\0'))
            return bad_marks(chunk, err);
        range.last = last != 0;
        if (tl_ranges_add(ranges, &range, err) != TL_OK)
            return bad_marks(chunk, err);
        at += len + (at[len] == ' ');
    }
    return TL_OK;
}

int tl_marks_of_chunk(struct tl_ranges *ranges_out, const struct tl_plan_chunk *chunk,
                      struct tl_error *err)
{
    struct tl_range range = {.end = chunk->pos,
                             .rows = chunk->rows,
                             .bytes = chunk->bytes,
                             .last = (int64_t)chunk->pos == chunk->end_offset};

    if (chunk->marks)
        return parse(ranges_out, chunk, err);
    return chunk->pos > 0 || range.last ? tl_ranges_add(ranges_out, &range, err) : TL_OK;
}
