/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any bytes as a checkpoint file of the upstream program. They are refused with one
 * line, or they become a plan whose chunks are possible.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/ctl/upstream_file.h"
#include "core/import/adopt_marks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_chunk(const struct tl_plan_chunk *chunk)
{
    struct tl_ranges ranges = {0};
    struct tl_error err;

    tl_error_init(&err);
    if (chunk->file_size < 0 || chunk->end_offset < 0 || chunk->pos > (uint64_t)chunk->end_offset ||
        !chunk->path[0] || chunk->path[0] == '/')
        abort();
    if (tl_marks_of_chunk(&ranges, chunk, &err) != TL_OK)
        abort();
    tl_ranges_done(&ranges);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_upstream upstream;
    struct tl_error err;
    int rc;

    tl_error_init(&err);
    rc = tl_upstream_parse(&upstream, data, size, "fuzz.pb", &err);
    if (rc != TL_OK && (!err.message[0] || strchr(err.message, '\n')))
        abort();
    for (size_t t = 0; rc == TL_OK && t < upstream.plan->table_count; t++)
        for (size_t c = 0; c < upstream.plan->tables[t].chunk_count; c++)
            check_chunk(&upstream.plan->tables[t].chunks[c]);
    tl_upstream_done(&upstream);
    return 0;
}
