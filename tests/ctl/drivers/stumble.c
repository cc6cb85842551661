/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A checkpoint driver for the tests: the driver "file" (its path is in TL_STUMBLE_OVER), whose call
 * number TL_STUMBLE_AT (from 1, over all stores of the process) fails. In TL_STUMBLE_HOW: "before"
 * fails without doing anything, "after" does it and fails.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <tidb-lightning/checkpoint_driver.h>

struct ckpt_store {
    struct ckpt_store *inner;
};

static int calls;
static const struct ckpt_driver *file;

static bool find_file(void)
{
    const char *path = getenv("TL_STUMBLE_OVER");
    void *handle = path && !file ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    ckpt_driver_entry_fn entry = NULL;

    if (handle)
        *(void **)&entry = dlsym(handle, CKPT_DRIVER_ENTRY);
    if (entry)
        file = entry();
    return file != NULL;
}

static int at(void)
{
    const char *text = getenv("TL_STUMBLE_AT");

    return text ? (int)strtol(text, NULL, 10) : 0;
}

/* TL_STUMBLE_AT begins to count anew when it is "0". */
static bool stumbles(const char *how)
{
    const char *wanted = getenv("TL_STUMBLE_HOW");

    if (strcmp(how, "before") == 0)
        calls = at() == 0 ? 0 : calls + 1;
    return calls == at() && at() > 0 && wanted && strcmp(wanted, how) == 0;
}

static int fail(struct ckpt_error *err)
{
    return ckpt_error_set(err, CKPT_ERR, 5, "stumbled");
}

#define CALL(call)                                                    \
    do {                                                              \
        int rc_;                                                      \
        if (stumbles("before"))                                       \
            return fail(err);                                         \
        rc_ = (call);                                                 \
        return rc_ >= CKPT_OK && stumbles("after") ? fail(err) : rc_; \
    } while (0)

static int stumble_apply(struct ckpt_store *store, const struct ckpt_change *const *changes,
                         size_t n, struct ckpt_error *err)
{
    CALL(file->apply(store->inner, changes, n, err));
}

static int stumble_load_task(struct ckpt_store *store, const struct ckpt_visitor *visitor,
                             struct ckpt_error *err)
{
    CALL(file->load_task(store->inner, visitor, err));
}

static int stumble_load_table(struct ckpt_store *store, struct ckpt_str name,
                              const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    CALL(file->load_table(store->inner, name, visitor, err));
}

static int stumble_each_table(struct ckpt_store *store, uint32_t filter,
                              const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    CALL(file->each_table(store->inner, filter, visitor, err));
}

static int stumble_describe(struct ckpt_store *store, char *text_out, size_t size,
                            struct ckpt_error *err)
{
    return file->describe(store->inner, text_out, size, err);
}

static void stumble_close(struct ckpt_store *store)
{
    if (store)
        file->close(store->inner);
    free(store);
}

static int stumble_open(struct ckpt_store **store_out, const struct ckpt_open_args *args,
                        struct ckpt_error *err)
{
    struct ckpt_store *store;
    int rc;

    if (!find_file() || stumbles("before"))
        return fail(err);
    store = calloc(1, sizeof(*store));
    if (!store)
        return ckpt_error_set(err, CKPT_ERR_NOMEM, 0, "out of memory");
    rc = file->open(&store->inner, args, err);
    if (rc == CKPT_OK && stumbles("after")) {
        file->close(store->inner);
        rc = fail(err);
    }
    if (rc == CKPT_OK)
        *store_out = store;
    else
        free(store);
    return rc;
}

static const struct ckpt_driver stumble_driver = {
    CKPT_DRIVER_HEADER,
    .name = "stumble",
    .open = stumble_open,
    .close = stumble_close,
    .apply = stumble_apply,
    .load_task = stumble_load_task,
    .load_table = stumble_load_table,
    .each_table = stumble_each_table,
    .describe = stumble_describe,
};

CKPT_DRIVER_EXPORT(stumble_driver);
