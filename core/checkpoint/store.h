/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open checkpoint store: the only caller of the driver interface. It checks what goes in and
 * what comes out, repeats what is retryable, serialises calls where the driver asks for it, and
 * turns a driver's error into a struct tl_error (code TL_ERR_STORE, or TL_ERR_REFUSED for data that
 * cannot be trusted and for missing privileges, or TL_ERR_USAGE for a wrong DSN).
 *
 * Thread-safe. Visitors run under the store's lock and must not call the store.
 */
#ifndef TL_CHECKPOINT_STORE_H
#define TL_CHECKPOINT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tidb-lightning/checkpoint_driver.h>

#include "core/base/cancel.h"
#include "core/base/error.h"

struct tl_store;
struct tl_ckpt_module; /* a loaded driver, see registry.h */

struct tl_store_option {
    const char *name; /* as in checkpoint.<driver>.<name> */
    const char *text;
};

struct tl_store_settings {
    const struct tl_ckpt_module *module; /* borrowed for the life of the store */
    const char *dsn;                     /* NULL or "" = the driver's default */
    const char *schema;
    bool read_only;
    bool check_write; /* with read_only: fail as an open for writing would for want of rights */
    bool will_rename; /* it is to be retired with CKPT_RETIRE_RENAME */
    const struct tl_store_option *options; /* the driver's own, in any order */
    size_t option_count;
    const char *target_dsn; /* secret; "" = none */
    const char *tls_mode;   /* "" = off */
    const char *tls_ca;
    const char *tls_cert;
    const char *tls_key;
    const struct tl_cancel *cancel; /* may be NULL */
    int64_t retry_ns;               /* how long retryable errors are repeated; 0 = 30 s */
};

/* Opens the store; settings are not used after return, except module and cancel. */
int tl_store_open(struct tl_store **store_out, const struct tl_store_settings *settings,
                  struct tl_error *err) TL_WARN_UNUSED;

/* Accepts NULL. */
void tl_store_close(struct tl_store *store);

/* Where the data is, for messages: "the file '/tmp/x.pb'". Borrowed, never NULL, no secret. */
const char *tl_store_where(const struct tl_store *store);

/* True if retire can rename. */
bool tl_store_can_rename(const struct tl_store *store);

/* Applies any number of changes in as few bounded applies as possible, in order. All-or-nothing
   holds for each bounded apply, not for the whole. Retryable errors are repeated with a back-off
   for about 30 s or until cancelled. */
int tl_store_apply(struct tl_store *store, const struct ckpt_change *const *changes, size_t n,
                   struct tl_error *err) TL_WARN_UNUSED;

/* One change. kind is a put, record its struct. */
int tl_store_put(struct tl_store *store, enum ckpt_change_kind kind, const void *record,
                 struct tl_error *err) TL_WARN_UNUSED;

/* Deletes: the failures of a table, a table, or everything (name NULL). */
int tl_store_delete(struct tl_store *store, enum ckpt_change_kind kind, const char *name,
                    struct tl_error *err) TL_WARN_UNUSED;

/* As the methods of the driver; TL_NOT_FOUND where they say CKPT_NOT_FOUND (each_table never does).
   A visitor's non-zero return is passed on with err as the visitor left it. What the driver
   delivers is checked: keys, order, sizes. */
int tl_store_load_task(struct tl_store *store, const struct ckpt_visitor *visitor,
                       struct tl_error *err) TL_WARN_UNUSED;
int tl_store_load_table(struct tl_store *store, const char *name,
                        const struct ckpt_visitor *visitor, struct tl_error *err) TL_WARN_UNUSED;
int tl_store_each_table(struct tl_store *store, enum ckpt_filter filter,
                        const struct ckpt_visitor *visitor, struct tl_error *err) TL_WARN_UNUSED;

/* After success. */
int tl_store_retire(struct tl_store *store, enum ckpt_retire_how how, int64_t task_id,
                    struct tl_error *err) TL_WARN_UNUSED;

/* Writes tables.csv, engines.csv and chunks.csv (columns as upstream's, plus engine_id) into
   directory, which is created when missing. Same for every driver. */
int tl_store_dump(struct tl_store *store, const char *directory,
                  struct tl_error *err) TL_WARN_UNUSED;

TL_DEFINE_CLEANUP(struct tl_store *, tl_store_close)

#endif
