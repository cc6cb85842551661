/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The committed byte ranges of one chunk, merged where they touch. Not thread-safe: the plan's lock
 * guards it.
 */
#ifndef TL_IMPORT_RANGES_H
#define TL_IMPORT_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/target/ledger.h"

struct tl_ranges {
    struct tl_range *items; /* owned, ascending, never touching each other */
    size_t count;
    size_t cap;
};

/* Frees the items; empty afterwards. */
void tl_ranges_done(struct tl_ranges *ranges);

/* Adds one range and merges it with its neighbours; a merged range keeps the reader state of its
   last part. TL_ERR when it overlaps a range that is there: a batch was committed twice. */
int tl_ranges_add(struct tl_ranges *ranges, const struct tl_range *range,
                  struct tl_error *err) TL_WARN_UNUSED;

/* Everything below it is committed: end of the range that begins at `begin`, else begin itself. */
uint64_t tl_ranges_low_water(const struct tl_ranges *ranges, uint64_t begin);

/* True when one range covers everything from begin to the end of the chunk. */
bool tl_ranges_complete(const struct tl_ranges *ranges, uint64_t begin);

#endif
