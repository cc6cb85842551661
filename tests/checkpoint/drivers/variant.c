/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared objects that the registry must judge; one source, a macro says what is special about it:
 * VARIANT_NAME, VARIANT_ABI, VARIANT_SIZE, VARIANT_NO_APPLY, VARIANT_NO_ENTRY, VARIANT_UNDEFINED,
 * VARIANT_NULL, VARIANT_LIBRARY, VARIANT_OPTIONS (rows).
 */
#include <tidb-lightning/checkpoint_driver.h>

#ifndef VARIANT_NAME
#define VARIANT_NAME "good"
#endif
#ifndef VARIANT_ABI
#define VARIANT_ABI CKPT_ABI_VERSION
#endif
#ifndef VARIANT_SIZE
#define VARIANT_SIZE sizeof(struct ckpt_driver)
#endif

static int open_store(struct ckpt_store **store_out, const struct ckpt_open_args *args,
                      struct ckpt_error *err)
{
    (void)args;
    *store_out = NULL;
    return ckpt_error_set(err, CKPT_ERR, 0, "a variant opens nothing");
}

static void close_store(struct ckpt_store *store)
{
    (void)store;
}

static int load(struct ckpt_store *store, const struct ckpt_visitor *visitor,
                struct ckpt_error *err)
{
    (void)store;
    (void)visitor;
    (void)err;
    return CKPT_NOT_FOUND;
}

static int load_table(struct ckpt_store *store, struct ckpt_str name,
                      const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    (void)name;
    return load(store, visitor, err);
}

static int each_table(struct ckpt_store *store, uint32_t filter, const struct ckpt_visitor *visitor,
                      struct ckpt_error *err)
{
    (void)filter;
    (void)load(store, visitor, err);
    return CKPT_OK;
}

#ifdef VARIANT_UNDEFINED
int ckpt_variant_nobody_defines_this(void);
#endif

static int apply(struct ckpt_store *store, const struct ckpt_change *const *changes, size_t n,
                 struct ckpt_error *err)
{
    (void)store;
    (void)changes;
    (void)n;
    (void)err;
#ifdef VARIANT_UNDEFINED
    return ckpt_variant_nobody_defines_this();
#else
    return CKPT_OK;
#endif
}

#ifdef VARIANT_OPTIONS
static const struct ckpt_option rows[] = {VARIANT_OPTIONS, {NULL, 0, 0, NULL, 0, 0, NULL}};
#endif

#ifdef VARIANT_LIBRARY
int ckpt_variant_library(void);
__attribute__((visibility("default"))) int ckpt_variant_uses_library(void);
int ckpt_variant_uses_library(void)
{
    return ckpt_variant_library();
}
#endif

/* A newer driver: more fields behind the ones of today. */
struct larger {
    struct ckpt_driver driver;
    const void *future[8];
};

static const struct larger variant = {
    .driver = {.struct_size = (uint32_t)VARIANT_SIZE,
               .abi_version = VARIANT_ABI,
               .capabilities = ~UINT64_C(0),
               .name = VARIANT_NAME,
#ifdef VARIANT_OPTIONS
               .options = rows,
#endif
               .open = open_store,
               .close = close_store,
#ifndef VARIANT_NO_APPLY
               .apply = apply,
#endif
               .load_task = load,
               .load_table = load_table,
               .each_table = each_table},
    .future = {&variant, &variant, &variant, &variant, &variant, &variant, &variant, &variant},
};

#ifdef VARIANT_NO_ENTRY
__attribute__((visibility("default"))) const void *some_other_function(void);
const void *some_other_function(void)
{
    (void)apply;
    return &variant;
}
#else
__attribute__((visibility("default"))) const struct ckpt_driver *ckpt_driver_entry(void);
const struct ckpt_driver *ckpt_driver_entry(void)
{
#ifdef VARIANT_NULL
    return variant.driver.name ? NULL : &variant.driver;
#else
    (void)apply;
    return &variant.driver;
#endif
}
#endif
