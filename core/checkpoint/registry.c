/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading of drivers. See registry.h.
 */
#include "core/checkpoint/registry.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/checkpoint/registry_private.h"

enum { MAX_LIST = 1024 };

TL_DEFINE_CLEANUP(void *, dlclose)

/* "cannot load …: <dlerror>" without the path twice. */
static int refuse_open(const char *path, struct tl_error *err)
{
    const char *why = dlerror();
    size_t len = strlen(path);

    if (why && strncmp(why, path, len) == 0 && why[len] == ':')
        why += len + 1 + (why[len + 1] == ' ');
    why = why ? why : "no reason was given";
    tl_error_set(err, TL_ERR_USAGE, "cannot load the driver '%s': %s", path, why);
    if (strstr(why, "undefined symbol"))
        return tl_error_hint(err, "build the driver again and link everything that it uses; "
                                  "-Wl,--no-undefined finds what is missing");
    return tl_error_hint(err, "install the library or package that it needs, or build the driver "
                              "again on this machine");
}

static int call_entry(struct ckpt_driver *driver_out, void *handle, const char *path,
                      struct tl_error *err)
{
    ckpt_driver_entry_fn entry = NULL;

    *(void **)&entry = dlsym(handle, CKPT_DRIVER_ENTRY);
    if (!entry) {
        tl_error_set(err, TL_ERR_USAGE,
                     "'%s' is not a checkpoint driver: it has no function " CKPT_DRIVER_ENTRY,
                     path);
        return tl_error_hint(err, "set checkpoint.driver to a driver, or end the driver's source "
                                  "with CKPT_DRIVER_EXPORT");
    }
    if (tl_registry_adopt(driver_out, entry(), err) != TL_OK)
        return tl_error_context(err, "cannot use '%s'", path);
    return TL_OK;
}

/* A file called ckpt-<name>.so must hold the driver <name>. */
static int check_name(const struct tl_ckpt_module *module, struct tl_error *err)
{
    char expected[TL_DRIVER_NAME_MAX + 1];

    if (!tl_registry_file_name(module->path, expected) ||
        strcmp(expected, module->driver.name) == 0)
        return TL_OK;
    tl_error_set(err, TL_ERR_USAGE, "'%s' holds a driver called '%s'", module->path,
                 module->driver.name);
    return tl_error_hint(err, "rename the file to " TL_DRIVER_PREFIX "%s" TL_DRIVER_SUFFIX,
                         module->driver.name);
}

static int load_file(struct tl_ckpt_module **module_out, const char *path, struct tl_error *err)
{
    TL_CLEANUP(tl_ckpt_module_free_p) struct tl_ckpt_module *module = calloc(1, sizeof(*module));
    TL_CLEANUP(dlclose_p) void *handle = NULL;
    int rc;

    if (!module)
        return tl_error_nomem(err);
    rc = tl_registry_check_file(path, module->path, err);
    if (rc == TL_OK)
        rc = tl_registry_check_kind(module->path, err);
    if (rc != TL_OK)
        return rc;
    handle = dlopen(module->path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return refuse_open(module->path, err);
    rc = call_entry(&module->driver, handle, module->path, err);
    if (rc == TL_OK)
        rc = check_name(module, err);
    if (rc != TL_OK)
        return rc;
    module->handle = handle;
    *module_out = module;
    handle = NULL;
    module = NULL;
    return TL_OK;
}

/* The sentence for a name that no folder has: the folders, and the drivers that are there. */
static int refuse_unknown(const char *name, const struct tl_registry_dirs *dirs,
                          struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf places;
    TL_CLEANUP_BUF struct tl_buf found;
    int rc = TL_OK;

    tl_buf_init(&places, MAX_LIST); /* what does not fit is left out of the message */
    tl_buf_init(&found, MAX_LIST);
    for (size_t i = 0; i < dirs->count; i++) {
        char **files = NULL;
        size_t count = 0;
        char driver[TL_DRIVER_NAME_MAX + 1];

        rc = tl_buf_addf(&places, "%s%s", i ? ", " : "", dirs->items[i]);
        if (tl_registry_scan(dirs->items[i], &files, &count, err) != TL_OK)
            return err->code;
        for (size_t k = 0; k < count && rc == TL_OK; k++)
            if (tl_registry_file_name(files[k], driver))
                rc = tl_buf_addf(&found, "%s%s", found.len ? ", " : "", driver);
        tl_registry_names_free(files, count);
    }
    tl_error_set(err, TL_ERR_USAGE,
                 "there is no checkpoint driver '%s'; looked for " TL_DRIVER_PREFIX
                 "%s" TL_DRIVER_SUFFIX " in: %s; drivers found there: %s",
                 name, name, tl_buf_text(&places), found.len ? tl_buf_text(&found) : "none");
    return tl_error_hint(err, "correct checkpoint.driver, or name the driver's folder in "
                              "checkpoint.driver-path");
}

static int load_name(struct tl_ckpt_module **module_out, const char *name,
                     const struct tl_registry_path *path, struct tl_error *err)
{
    TL_CLEANUP(tl_registry_dirs_done) struct tl_registry_dirs dirs;
    int rc = tl_registry_dirs_make(&dirs, path, err);

    if (rc != TL_OK)
        return rc;
    for (size_t i = 0; i < dirs.count; i++) {
        char file[sizeof((*module_out)->path)];
        int len = snprintf(file, sizeof(file), "%s/" TL_DRIVER_PREFIX "%s" TL_DRIVER_SUFFIX,
                           dirs.items[i], name);

        /* The first one found counts: one that is refused is not passed over in silence. */
        if (len > 0 && (size_t)len < sizeof(file) && access(file, F_OK) == 0)
            return load_file(module_out, file, err);
    }
    return refuse_unknown(name, &dirs, err);
}

int tl_registry_load(struct tl_ckpt_module **module_out, const char *name,
                     const struct tl_registry_path *path, struct tl_error *err)
{
    if (name[0] == '/')
        return load_file(module_out, name, err);
    if (tl_registry_name_ok(name))
        return load_name(module_out, name, path, err);
    tl_error_set(err, TL_ERR_USAGE,
                 "checkpoint.driver '%s' is neither a driver's name nor the "
                 "absolute path of one",
                 name);
    return tl_error_hint(err, "a name has the characters a-z, 0-9 and '-' only, a path begins "
                              "with '/'");
}

void tl_ckpt_module_free(struct tl_ckpt_module *module)
{
    free(module);
}

static int visit_file(const char *file, tl_registry_fn fn, void *payload)
{
    TL_CLEANUP(tl_ckpt_module_free_p) struct tl_ckpt_module *module = NULL;
    struct tl_error why;

    tl_error_init(&why);
    if (load_file(&module, file, &why) != TL_OK)
        return fn(file, NULL, &why, payload);
    return fn(file, module, &why, payload);
}

static int visit_dir(const char *dir, tl_registry_fn fn, void *payload, struct tl_error *err)
{
    char **files = NULL;
    size_t count = 0;
    int rc = tl_registry_scan(dir, &files, &count, err);

    for (size_t i = 0; i < count && rc == TL_OK; i++) {
        char file[sizeof(((struct tl_ckpt_module *)NULL)->path)];
        int len = snprintf(file, sizeof(file), "%s/%s", dir, files[i]);

        if (len > 0 && (size_t)len < sizeof(file))
            rc = visit_file(file, fn, payload);
    }
    tl_registry_names_free(files, count);
    return rc;
}

int tl_registry_each(const struct tl_registry_path *path, tl_registry_fn fn, void *payload,
                     struct tl_error *err)
{
    TL_CLEANUP(tl_registry_dirs_done) struct tl_registry_dirs dirs;
    int rc = tl_registry_dirs_make(&dirs, path, err);

    for (size_t i = 0; rc == TL_OK && i < dirs.count; i++)
        rc = visit_dir(dirs.items[i], fn, payload, err);
    return rc;
}
