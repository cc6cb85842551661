/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes: cut into applies within the limits of the interface, in order.
 */
#include "core/checkpoint/model.h"
#include "core/checkpoint/registry.h"
#include "core/checkpoint/store_private.h"

struct slice {
    const struct ckpt_change *const *changes;
    size_t n;
};

static int call_apply(struct tl_store *store, struct tl_store_call *call, struct ckpt_error *err)
{
    const struct slice *slice = call->payload;

    return store->driver->apply(store->handle, slice->changes, slice->n, err);
}

static int apply_slice(struct tl_store *store, struct slice slice, struct tl_error *err)
{
    struct tl_store_call call = {.method = "apply", .fn = call_apply, .payload = &slice};

    return tl_store_call(store, &call, err);
}

static int check_all(const struct tl_store *store, const struct ckpt_change *const *changes,
                     size_t n, struct tl_error *err)
{
    int rc = TL_OK;
    size_t bytes;

    if (store->read_only)
        return tl_error_set(err, TL_ERR_STORE, "the checkpoint in %s was opened for reading only",
                            store->where);
    for (size_t i = 0; i < n && rc == TL_OK; i++)
        rc = tl_store_check_change(changes[i], &bytes, err);
    return rc;
}

int tl_store_apply(struct tl_store *store, const struct ckpt_change *const *changes, size_t n,
                   struct tl_error *err)
{
    int rc = check_all(store, changes, n, err); /* all of them before the first is applied */
    size_t begin = 0;
    size_t sum = 0;

    for (size_t i = 0; i < n && rc == TL_OK; i++) {
        size_t bytes = 0;

        rc = tl_store_check_change(changes[i], &bytes, err);
        if (rc == TL_OK && i > begin &&
            (i - begin == CKPT_APPLY_MAX_CHANGES || sum + bytes > CKPT_APPLY_MAX_BYTES)) {
            rc = apply_slice(store, (struct slice){changes + begin, i - begin}, err);
            begin = i;
            sum = 0;
        }
        sum += bytes;
    }
    if (rc == TL_OK && n > begin)
        rc = apply_slice(store, (struct slice){changes + begin, n - begin}, err);
    return rc;
}

int tl_store_put(struct tl_store *store, enum ckpt_change_kind kind, const void *record,
                 struct tl_error *err)
{
    const struct ckpt_change change = {
        .struct_size = sizeof(change), .kind = (uint32_t)kind, .record = {.any = record}};
    const struct ckpt_change *const changes[] = {&change};

    return tl_store_apply(store, changes, 1, err);
}

int tl_store_delete(struct tl_store *store, enum ckpt_change_kind kind, const char *name,
                    struct tl_error *err)
{
    const struct ckpt_change change = {
        .struct_size = sizeof(change), .kind = (uint32_t)kind, .name = tl_ckpt_str(name)};
    const struct ckpt_change *const changes[] = {&change};

    return tl_store_apply(store, changes, 1, err);
}

struct retire {
    uint32_t how;
    int64_t task_id;
};

static int call_retire(struct tl_store *store, struct tl_store_call *call, struct ckpt_error *err)
{
    const struct retire *retire = call->payload;

    return store->driver->retire(store->handle, retire->how, retire->task_id, err);
}

int tl_store_retire(struct tl_store *store, enum ckpt_retire_how how, int64_t task_id,
                    struct tl_error *err)
{
    struct retire retire = {.how = (uint32_t)how, .task_id = task_id};
    struct tl_store_call call = {.method = "retire", .fn = call_retire, .payload = &retire};
    int rc = check_all(store, NULL, 0, err);

    if (rc != TL_OK || how == CKPT_RETIRE_KEEP)
        return rc;
    if (store->driver->retire)
        return tl_store_call(store, &call, err);
    if (how == CKPT_RETIRE_REMOVE)
        return tl_store_delete(store, CKPT_DELETE_ALL, NULL, err);
    tl_error_set(err, TL_ERR_USAGE, "the checkpoint driver '%s' cannot rename a checkpoint",
                 store->driver->name);
    return tl_error_hint(err, "set checkpoint.keep-after-success to \"remove\" or \"origin\"");
}
