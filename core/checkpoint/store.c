/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and closing a store. See store.h.
 */
#include "core/checkpoint/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/checkpoint/model.h"
#include "core/checkpoint/registry.h"
#include "core/checkpoint/store_private.h"

enum { MAX_DSN = 4096, DEFAULT_RETRY_SECONDS = 30 };

static void host_log(const char *message, void *payload)
{
    const struct tl_store *store = payload;

    tl_log(TL_LOG_DEBUG, "checkpoint driver", TL_STR("driver", store->driver->name),
           TL_STR("text", message), TL_END);
}

/* Only the second request: after the first one the last state is still to be recorded. */
static int host_canceled(void *payload)
{
    const struct tl_store *store = payload;

    return store->cancel && tl_cancel_urgent(store->cancel);
}

/* What the calls around open need. */
struct opening {
    struct ckpt_open_args args;
    char dsn[MAX_DSN]; /* the driver's default, wiped in the end */
};

static int call_default_dsn(struct tl_store *store, struct tl_store_call *call,
                            struct ckpt_error *err)
{
    struct opening *opening = call->payload;
    int rc = store->driver->default_dsn(&opening->args, opening->dsn, sizeof(opening->dsn), err);

    if (rc != CKPT_OK)
        return rc;
    if (!memchr(opening->dsn, '\0', sizeof(opening->dsn)) || !opening->dsn[0])
        tl_store_violation(call, "it gave no NUL-terminated DSN");
    return rc;
}

static int default_dsn(struct tl_store *store, struct opening *opening, struct tl_error *err)
{
    struct tl_store_call call = {
        .method = "default_dsn", .fn = call_default_dsn, .payload = opening};
    int rc;

    if (!store->driver->default_dsn) {
        tl_error_set(err, TL_ERR_USAGE, "the checkpoint driver '%s' needs checkpoint.dsn",
                     store->driver->name);
        return tl_error_hint(err, "set checkpoint.dsn as the driver's documentation says");
    }
    rc = tl_store_call(store, &call, err);
    if (rc == TL_OK)
        opening->args.dsn = tl_ckpt_str(opening->dsn);
    return rc;
}

static int call_open(struct tl_store *store, struct tl_store_call *call, struct ckpt_error *err)
{
    const struct opening *opening = call->payload;
    struct ckpt_store *handle = NULL;
    int rc = store->driver->open(&handle, &opening->args, err);

    if (rc == CKPT_OK && !handle)
        tl_store_violation(call, "it opened no store and said that it did");
    else if (rc != CKPT_OK && handle)
        tl_store_violation(call, "it failed and set its output");
    else
        store->handle = handle;
    return rc;
}

static int call_describe(struct tl_store *store, struct tl_store_call *call, struct ckpt_error *err)
{
    char *text = call->payload;
    int rc = store->driver->describe(store->handle, text, sizeof(store->where), err);

    if (rc == CKPT_OK && (!memchr(text, '\0', sizeof(store->where)) || !text[0]))
        tl_store_violation(call, "it gave no NUL-terminated text");
    return rc;
}

static int describe(struct tl_store *store, struct tl_error *err)
{
    char text[sizeof(store->where)] = "";
    struct tl_store_call call = {.method = "describe", .fn = call_describe, .payload = text};
    int rc;

    snprintf(store->where, sizeof(store->where), "the store of driver '%s'", store->driver->name);
    if (!store->driver->describe)
        return TL_OK;
    rc = tl_store_call(store, &call, err);
    if (rc != TL_OK)
        return rc;
    ckpt_error_flatten(text);
    memcpy(store->where, text, sizeof(text));
    return TL_OK;
}

static uint32_t open_flags(const struct tl_store_settings *settings)
{
    return (settings->read_only ? CKPT_OPEN_READ_ONLY : 0) |
           (settings->check_write ? CKPT_OPEN_CHECK_WRITE : 0) |
           (settings->will_rename ? CKPT_OPEN_WILL_RENAME : 0);
}

static void fill_args(struct opening *opening, const struct tl_store *store,
                      const struct tl_store_settings *settings)
{
    opening->args = (struct ckpt_open_args){
        .struct_size = sizeof(opening->args),
        .flags = open_flags(settings),
        .dsn = tl_ckpt_str(settings->dsn),
        .schema = tl_ckpt_str(settings->schema),
        .host = &store->host,
        .target_dsn = tl_ckpt_str(settings->target_dsn),
        .tls_mode = tl_ckpt_str(settings->tls_mode),
        .tls_ca = tl_ckpt_str(settings->tls_ca),
        .tls_cert = tl_ckpt_str(settings->tls_cert),
        .tls_key = tl_ckpt_str(settings->tls_key),
    };
}

static int open_handle(struct tl_store *store, const struct tl_store_settings *settings,
                       struct tl_error *err)
{
    TL_CLEANUP_FREE struct ckpt_option_value *values = NULL;
    struct opening opening = {.dsn = ""};
    struct tl_store_call call = {.method = "open", .fn = call_open, .payload = &opening};
    size_t count = 0;
    int rc = tl_store_options(&values, &count, store->driver, settings, err);

    if (rc != TL_OK)
        return rc;
    fill_args(&opening, store, settings);
    opening.args.options = values;
    opening.args.option_count = count;
    if (opening.args.dsn.len == 0)
        rc = default_dsn(store, &opening, err);
    if (rc == TL_OK)
        rc = tl_store_call(store, &call, err);
    explicit_bzero(opening.dsn, sizeof(opening.dsn));
    return rc;
}

static struct tl_store *make_store(const struct tl_store_settings *settings)
{
    struct tl_store *store = calloc(1, sizeof(*store));

    if (!store)
        return NULL;
    if (pthread_mutex_init(&store->lock, NULL) != 0) {
        free(store);
        return NULL;
    }
    store->driver = &settings->module->driver;
    store->cancel = settings->cancel;
    store->read_only = settings->read_only;
    store->serial = !(store->driver->capabilities & CKPT_CAP_PARALLEL);
    store->retry_ns =
        settings->retry_ns > 0 ? settings->retry_ns : DEFAULT_RETRY_SECONDS * TL_NS_PER_SEC;
    store->host = (struct ckpt_host){.struct_size = sizeof(store->host),
                                     .log_debug = host_log,
                                     .canceled = host_canceled,
                                     .payload = store};
    return store;
}

int tl_store_open(struct tl_store **store_out, const struct tl_store_settings *settings,
                  struct tl_error *err)
{
    TL_CLEANUP(tl_store_close_p) struct tl_store *store = make_store(settings);
    int rc;

    if (!store)
        return tl_error_nomem(err);
    rc = open_handle(store, settings, err);
    if (rc == TL_OK)
        rc = describe(store, err);
    if (rc != TL_OK)
        return rc;
    *store_out = store;
    store = NULL;
    return TL_OK;
}

void tl_store_close(struct tl_store *store)
{
    if (!store)
        return;
    if (store->handle)
        store->driver->close(store->handle);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

const char *tl_store_where(const struct tl_store *store)
{
    return store->where;
}

bool tl_store_can_rename(const struct tl_store *store)
{
    return store->driver->retire != NULL;
}
