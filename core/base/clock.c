/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See clock.h.
 */
#include "core/base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * TL_NS_PER_SEC + now.tv_nsec;
}

int64_t tl_clock_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t tl_wall_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}
