/* SPDX-License-Identifier: Apache-2.0 */
/* Watching the order of keys. */
#include "order.h"

#include <string.h>

static int compare_paths(const struct ckmy_order *order, struct ckpt_str path)
{
    size_t common = order->path_len < path.len ? order->path_len : path.len;
    int difference = common ? memcmp(order->path, path.data, common) : 0;

    if (difference != 0)
        return difference;
    return order->path_len < path.len ? -1 : order->path_len > path.len;
}

bool ckmy_in_order(struct ckmy_order *order, int32_t engine_id, struct ckpt_str path,
                   int64_t offset)
{
    int paths = compare_paths(order, path);

    if (path.len > sizeof(order->path))
        return false;
    if (order->any) {
        if (engine_id < order->engine_id)
            return false;
        if (engine_id == order->engine_id && (paths > 0 || (paths == 0 && offset < order->offset)))
            return false;
    }
    order->any = true;
    order->engine_id = engine_id;
    order->offset = offset;
    order->path_len = path.len;
    if (path.len > 0)
        memcpy(order->path, path.data, path.len);
    return true;
}
