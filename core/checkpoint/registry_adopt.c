/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Negotiation: decides whether a driver's struct can be used, and copies what both sides know.
 */
#include "core/checkpoint/registry.h"

#include <stdio.h>
#include <string.h>

#include "core/checkpoint/option_rows.h"
#include "core/checkpoint/registry_private.h"

enum { MAX_SIZE = 64 * 1024 };

static const uint64_t known_capabilities = CKPT_CAP_PARALLEL | CKPT_CAP_SHARED;

#define REQUIRED_SIZE \
    (offsetof(struct ckpt_driver, each_table) + sizeof(((struct ckpt_driver *)NULL)->each_table))

static int refuse(struct tl_error *err, const char *what)
{
    tl_error_set(err, TL_ERR_USAGE, "the driver %s", what);
    return tl_error_hint(err,
                         "build it against checkpoint_driver.h of ABI %u.%u and run "
                         "ckpt-conformance on it",
                         CKPT_ABI_MAJOR, CKPT_ABI_MINOR);
}

static int check_version(const struct ckpt_driver *raw, struct tl_error *err)
{
    uint32_t major = raw->abi_version >> 16;

    if (major == CKPT_ABI_MAJOR)
        return TL_OK;
    tl_error_set(err, TL_ERR_USAGE, "the driver speaks ABI %u, this program speaks ABI %u", major,
                 CKPT_ABI_MAJOR);
    return tl_error_hint(err, major < CKPT_ABI_MAJOR
                                  ? "install the driver's newer release, or build it again"
                                  : "install a newer release of this program, or the driver's "
                                    "release for this one");
}

static int check_methods(const struct ckpt_driver *driver, struct tl_error *err)
{
    const char *missing = !driver->open         ? "open"
                          : !driver->close      ? "close"
                          : !driver->apply      ? "apply"
                          : !driver->load_task  ? "load_task"
                          : !driver->load_table ? "load_table"
                          : !driver->each_table ? "each_table"
                                                : NULL;
    char what[64];

    if (!missing)
        return TL_OK;
    snprintf(what, sizeof(what), "lacks the required method %s", missing);
    return refuse(err, what);
}

static int check_name(const struct ckpt_driver *driver, struct tl_error *err)
{
    if (driver->name && tl_registry_name_ok(driver->name))
        return TL_OK;
    tl_error_set(err, TL_ERR_USAGE, "the driver %s",
                 driver->name ? "has a name that is not made of a-z, 0-9 and '-'" : "has no name");
    return tl_error_hint(err,
                         "set .name in its struct ckpt_driver to the NAME of its file "
                         "ckpt-NAME.so: a-z, 0-9 and '-', at most %d characters",
                         TL_DRIVER_NAME_MAX);
}

/* A table that the host cannot use is the author's to mend. */
static int check_options(const struct ckpt_driver *driver, struct tl_error *err)
{
    if (tl_option_rows_check(driver, err) == TL_OK)
        return TL_OK;
    return tl_error_hint(err, "correct the option rows and run ckpt-conformance on the driver");
}

static int check_size(const struct ckpt_driver *raw, struct tl_error *err)
{
    if (raw->struct_size < REQUIRED_SIZE)
        return refuse(err, "has a struct that is too small for the required methods");
    if (raw->struct_size > MAX_SIZE)
        return refuse(err, "gives its struct a size that cannot be right");
    return TL_OK;
}

int tl_registry_adopt(struct ckpt_driver *driver_out, const struct ckpt_driver *raw,
                      struct tl_error *err)
{
    struct ckpt_driver driver;
    int rc;

    if (!raw)
        return refuse(err, "returned no driver struct");
    rc = check_version(raw, err);
    if (rc != TL_OK)
        return rc;
    rc = check_size(raw, err);
    if (rc != TL_OK)
        return rc;
    memset(&driver, 0, sizeof(driver));
    memcpy(&driver, raw, raw->struct_size < sizeof(driver) ? raw->struct_size : sizeof(driver));
    driver.capabilities &= known_capabilities; /* a newer driver's promises mean nothing here */
    rc = check_name(&driver, err);
    if (rc == TL_OK)
        rc = check_methods(&driver, err);
    if (rc == TL_OK)
        rc = check_options(&driver, err);
    if (rc == TL_OK)
        *driver_out = driver;
    return rc;
}
