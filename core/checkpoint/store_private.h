/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of an open store, shared by store*.c: one guarded way to call the driver, and the
 * checks of what goes in.
 */
#ifndef TL_CHECKPOINT_STORE_PRIVATE_H
#define TL_CHECKPOINT_STORE_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/checkpoint/store.h"

struct tl_store {
    const struct ckpt_driver *driver; /* the module's */
    struct ckpt_store *handle;
    struct ckpt_host host;
    const struct tl_cancel *cancel; /* may be NULL */
    pthread_mutex_t lock;           /* held during every call of the driver, waits included */
    bool serial;                    /* the driver wants the lock */
    bool read_only;
    int64_t retry_ns;
    char where[512];
};

/* One guarded call. fn calls one driver method and returns its code; it may set the last three. */
struct tl_store_call {
    const char *method; /* for messages */
    int (*fn)(struct tl_store *store, struct tl_store_call *call, struct ckpt_error *err);
    void *payload;
    bool may_miss;       /* CKPT_NOT_FOUND is an answer of this method */
    bool once;           /* must not be repeated: records were delivered */
    bool stopped;        /* the visitor stopped the walk: its answer counts, not the code */
    char violation[160]; /* not empty: how the driver broke its contract */
};

/* Calls under the lock, repeats what is retryable, judges the answer. TL_OK (also when stopped),
   TL_NOT_FOUND, or negative with err filled. */
int tl_store_call(struct tl_store *store, struct tl_store_call *call,
                  struct tl_error *err) TL_WARN_UNUSED;

/* Notes how the driver broke its contract; the first note stays. */
void tl_store_violation(struct tl_store_call *call, const char *fmt, ...) TL_PRINTF(2, 3);

/* Refuses a change that no driver has to accept; *bytes_out = the sum of its strings. */
int tl_store_check_change(const struct ckpt_change *change, size_t *bytes_out,
                          struct tl_error *err) TL_WARN_UNUSED;
int tl_store_check_name(struct ckpt_str name, struct tl_error *err) TL_WARN_UNUSED;

/* The driver's option rows with the values given, or their defaults; the array is the caller's
   (free()), the strings are borrowed from settings and driver. */
int tl_store_options(struct ckpt_option_value **values_out, size_t *count_out,
                     const struct ckpt_driver *driver, const struct tl_store_settings *settings,
                     struct tl_error *err) TL_WARN_UNUSED;

#endif
