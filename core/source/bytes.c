/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See bytes.h.
 */
#include "core/source/bytes.h"

#include <string.h>

uint64_t tl_count_lines(const char *data, size_t len)
{
    return tl_count_row_lines(data, len, NULL, 0, NULL);
}

static uint64_t newlines_at(const char *p, size_t left)
{
    char last[TL_BLOCK] = {0};
    struct tl_block block;

    if (left < TL_BLOCK) {
        memcpy(last, p, left);
        p = last;
    }
    block = tl_block_load(p);
    return tl_block_eq(&block, '\n');
}

uint64_t tl_count_row_lines(const char *data, size_t len, const struct tl_row_span *rows,
                            uint32_t row_count, uint32_t *lines_out)
{
    uint64_t lines = 0;
    uint32_t row = 0;

    for (size_t at = 0; at < len; at += TL_BLOCK) {
        uint64_t newlines = newlines_at(data + at, len - at);

        for (; row < row_count && rows[row].start - at < TL_BLOCK; row++) {
            uint64_t before = newlines & tl_mask_below((unsigned)(rows[row].start - at));

            lines_out[row] = (uint32_t)(lines + (unsigned)__builtin_popcountll(before));
        }
        if (newlines)
            lines += (unsigned)__builtin_popcountll(newlines);
    }
    return lines;
}
