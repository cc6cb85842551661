/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches that keys come in the order of the driver interface: engine id, bytes of the path,
 * offset.
 */
#ifndef CKPT_MYSQL_ORDER_H
#define CKPT_MYSQL_ORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <tidb-lightning/checkpoint_driver.h>

/* Zero-initialise. */
struct ckmy_order {
    bool any;
    int32_t engine_id;
    int64_t offset;
    size_t path_len;
    char path[CKPT_MAX_PATH];
};

/* False if this key comes before the one before it; a path that is too long is never in order. */
bool ckmy_in_order(struct ckmy_order *order, int32_t engine_id, struct ckpt_str path,
                   int64_t offset);

#endif
