/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time in nanoseconds. All functions may be called from any thread and never fail.
 */
#ifndef TL_BASE_CLOCK_H
#define TL_BASE_CLOCK_H

#include <stdint.h>

#define TL_NS_PER_SEC INT64_C(1000000000)
#define TL_NS_PER_MS INT64_C(1000000)

/* Monotonic: for durations and time-outs. */
int64_t tl_clock_ns(void);

/* Since 1970-01-01 UTC: for task ids and stored times. */
int64_t tl_wall_ns(void);

#endif
