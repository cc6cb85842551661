/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checkpoint driver "file": one SQLite 3 file on a local disk. See file.md.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/file/file_store.h"

static void file_close(struct ckpt_store *store)
{
    if (!store)
        return;
    file_detach(store);
    free(store);
}

/* Finds or makes the file and opens it. CKPT_NOT_FOUND: not there, and it must not be made. */
static int settle(struct ckpt_store *store, int resolved, struct ckpt_error *err)
{
    int rc;

    if (resolved == CKPT_NOT_FOUND && store->read_only)
        return CKPT_NOT_FOUND;
    if (resolved == CKPT_NOT_FOUND) {
        ckpt_error_set(err, CKPT_ERR_USAGE, 0, "the folder of the checkpoint file '%s' is missing",
                       store->path);
        return ckpt_error_hint(err, CKPT_ERR_USAGE,
                               "create the folder, or set checkpoint.dsn to another path");
    }
    rc = file_place_check(store->path, err);
    if (rc == CKPT_NOT_FOUND && !store->read_only)
        rc = file_create(store->path, err);
    return rc == CKPT_OK ? file_attach(store, err) : rc;
}

static int file_open(struct ckpt_store **store_out, const struct ckpt_open_args *args,
                     struct ckpt_error *err)
{
    struct ckpt_store *store = calloc(1, sizeof(*store));
    int rc;

    if (!store)
        return ckpt_error_set(err, CKPT_ERR_NOMEM, 0, "out of memory");
    store->pid = getpid();
    store->read_only = (args->flags & CKPT_OPEN_READ_ONLY) != 0;
    rc = file_place_resolve(store->path, args, err);
    if (rc >= 0)
        rc = settle(store, rc, err);
    if (rc < 0) {
        file_close(store);
        return rc;
    }
    *store_out = store;
    return CKPT_OK;
}

static int file_describe(struct ckpt_store *store, char *text_out, size_t size,
                         struct ckpt_error *err)
{
    (void)err;
    snprintf(text_out, size, "the file '%s'", store->path);
    return CKPT_OK;
}

static int file_default_dsn(const struct ckpt_open_args *args, char *dsn_out, size_t size,
                            struct ckpt_error *err)
{
    struct ckpt_str schema = args->schema;

    if (schema.len == 0 || schema.len > FILE_MAX_BASE - 3 || memchr(schema.data, '/', schema.len) ||
        memchr(schema.data, '\0', schema.len) || schema.len + sizeof("/tmp/.pb") > size) {
        ckpt_error_set(err, CKPT_ERR_USAGE, 0,
                       "checkpoint.schema cannot be made into the name of a file");
        return ckpt_error_hint(err, CKPT_ERR_USAGE, "set checkpoint.dsn to the path of a file");
    }
    snprintf(dsn_out, size, "/tmp/%.*s.pb", (int)schema.len, schema.data);
    return CKPT_OK;
}

static const struct ckpt_driver file_driver = {
    CKPT_DRIVER_HEADER,
    .capabilities = CKPT_CAP_SHARED,
    .name = "file",
    .version = "1.0",
    .open = file_open,
    .close = file_close,
    .apply = file_apply,
    .load_task = file_load_task,
    .load_table = file_load_table,
    .each_table = file_each_table,
    .retire = file_retire,
    .describe = file_describe,
    .default_dsn = file_default_dsn,
};

CKPT_DRIVER_EXPORT(file_driver);
