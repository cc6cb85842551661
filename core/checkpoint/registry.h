/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds and loads checkpoint drivers: name or absolute path -> shared object -> negotiated driver.
 * A driver once loaded stays loaded (client libraries keep thread-locals and atexit hooks).
 */
#ifndef TL_CHECKPOINT_REGISTRY_H
#define TL_CHECKPOINT_REGISTRY_H

#include <stddef.h>
#include <stdint.h>
#include <tidb-lightning/checkpoint_driver.h>

#include "core/base/error.h"

struct tl_ckpt_module {
    struct ckpt_driver driver; /* negotiated: fields beyond the driver's size are zero */
    char path[4096];           /* the shared object */
    void *handle;
};

/* Where drivers are looked for, in order; each may be NULL or "" (skipped): checkpoint.driver-path,
   TIDB_LIGHTNING_DRIVER_PATH (both colon-separated lists), the folder of the running program, the
   installed folder. */
struct tl_registry_path {
    const char *configured; /* checkpoint.driver-path */
};

/* Loads driver `name` ([a-z0-9-]+) or an absolute path to a .so. Refused with TL_ERR_USAGE and one
   sentence that says what to do: unknown (with the places looked in and the drivers found there),
   not a regular file, writable by others, another major version, too small a struct, a missing
   method, a wrong name, no entry function, undefined symbols. Free with tl_ckpt_module_free. */
int tl_registry_load(struct tl_ckpt_module **module_out, const char *name,
                     const struct tl_registry_path *path, struct tl_error *err) TL_WARN_UNUSED;

/* Frees the struct; the shared object stays loaded. Accepts NULL. */
void tl_ckpt_module_free(struct tl_ckpt_module *module);

/* Checks and copies a driver struct into driver_out (also for linked-in test drivers). */
int tl_registry_adopt(struct ckpt_driver *driver_out, const struct ckpt_driver *raw,
                      struct tl_error *err) TL_WARN_UNUSED;

/* One line per driver file found on the path, loaded or refused, into a callback. */
typedef int (*tl_registry_fn)(const char *path, const struct tl_ckpt_module *module_or_null,
                              const struct tl_error *why_refused, void *payload);
int tl_registry_each(const struct tl_registry_path *path, tl_registry_fn fn, void *payload,
                     struct tl_error *err) TL_WARN_UNUSED;

TL_DEFINE_CLEANUP(struct tl_ckpt_module *, tl_ckpt_module_free)

#endif
