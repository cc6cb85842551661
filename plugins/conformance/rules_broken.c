/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about damage, which the kit can only do with a command of the user (--break). They come
 * last: the store is of no use afterwards.
 */
#include <stdio.h>
#include <stdlib.h>

#include "plugins/conformance/kit.h"

#define T1 "`shop`.`item`"

/* The one failure that nobody may make: data that cannot be read is "not there". */
static int damage_is_not_absence(struct kit *kit)
{
    KIT_STORE store = {0};
    const struct ckpt_task task = kit_task();
    const struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_change changes[] = {kit_put(CKPT_PUT_TASK, &task),
                                          kit_put(CKPT_PUT_TABLE, &table)};
    const struct ckpt_visitor visitor = {.struct_size = sizeof(visitor)};
    struct ckpt_open_args args = kit_args(kit, kit->dsn, CKPT_OPEN_READ_ONLY);
    struct ckpt_error err = kit_error();
    int rc;

    if (!kit->break_command)
        return KIT_NOT_CLAIMED;
    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply(kit, &store, changes, 2));
    kit_close(&store);
    KIT_CHECK(system(kit->break_command) == 0, "the command of --break failed");
    store.kit = kit;
    rc = kit->driver->open(&store.handle, &args, &err);
    if (rc < 0)
        return kit_expect(kit, "open of damaged data", rc, CKPT_ERR, &err);
    rc = kit->driver->load_task(store.handle, &visitor, &err);
    KIT_TRY(kit_expect(kit, "load_task of damaged data", rc, CKPT_ERR, &err));
    rc = kit->driver->load_table(store.handle, kit_str(T1), &visitor, &err);
    return kit_expect(kit, "load_table of damaged data", rc, CKPT_ERR, &err);
}

const struct kit_rule kit_rules_broken[] = {
    {"damage-command", "damaged data is an error, never \"not found\"", damage_is_not_absence, 0},
    {NULL, NULL, NULL, 0},
};
