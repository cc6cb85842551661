/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store of an import: a look before anything is changed, then the opening for writing, with the
 * task that is in it. See import_internal.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/secret.h"
#include "core/import/import_internal.h"
#include "core/import/resume.h"

/* Those of [checkpoint.<driver>]; checkpoint.driver itself may be the path of a file. */
static struct tl_store_option *driver_options(const struct tl_options *options, const char *driver,
                                              size_t *count_out)
{
    struct tl_store_option *list = calloc(options->driver_option_count + 1, sizeof(*list));

    *count_out = 0;
    for (size_t i = 0; list && i < options->driver_option_count; i++) {
        const struct tl_pair *pair = &options->driver_options[i];

        if (pair->scope && strcmp(pair->scope, driver) == 0)
            list[(*count_out)++] = (struct tl_store_option){pair->name, pair->value};
    }
    return list;
}

/* The last two are those of an import, which will also retire the store. */
enum open_mode { OPEN_READ, OPEN_WRITE, OPEN_CHECK, OPEN_IMPORT_CHECK, OPEN_IMPORT };

static int open_in_mode(struct tl_store **store_out, struct tl_ckpt_module **module_out,
                        const struct tl_options *options, enum open_mode mode,
                        const struct tl_cancel *cancel, struct tl_error *err)
{
    struct tl_registry_path path = {.configured = options->driver_path};
    TL_CLEANUP(tl_ckpt_module_free_p) struct tl_ckpt_module *module = NULL;
    struct tl_store_settings settings = {
        .dsn = options->checkpoint_dsn,
        .schema = options->checkpoint_schema,
        .read_only = mode != OPEN_WRITE && mode != OPEN_IMPORT,
        .check_write = mode == OPEN_CHECK || mode == OPEN_IMPORT_CHECK,
        .will_rename = mode >= OPEN_IMPORT_CHECK && options->keep_after_success == TL_KEEP_RENAME,
        .tls_mode = options->tls.mode,
        .tls_ca = options->tls.ca,
        .tls_cert = options->tls.cert,
        .tls_key = options->tls.key,
        .cancel = cancel};
    TL_CLEANUP_FREE struct tl_store_option *list = NULL;
    char *target_dsn = tl_options_target_dsn(options);
    int rc = target_dsn ? tl_registry_load(&module, options->checkpoint_driver, &path, err)
                        : tl_error_nomem(err);

    if (rc == TL_OK) {
        list = driver_options(options, module->driver.name, &settings.option_count);
        rc = list ? TL_OK : tl_error_nomem(err);
    }
    if (rc == TL_OK) {
        settings.module = module;
        settings.options = list;
        settings.target_dsn = target_dsn;
        rc = tl_store_open(store_out, &settings, err);
    }
    tl_secret_free(target_dsn);
    if (rc == TL_OK) {
        *module_out = module;
        module = NULL;
    }
    return rc;
}

int tl_import_open_store_for(struct tl_store **store_out, struct tl_ckpt_module **module_out,
                             const struct tl_options *options, bool read_only,
                             const struct tl_cancel *cancel, struct tl_error *err)
{
    return open_in_mode(store_out, module_out, options, read_only ? OPEN_READ : OPEN_WRITE, cancel,
                        err);
}

int tl_import_check_store(const struct tl_options *options, const struct tl_cancel *cancel,
                          struct tl_error *err)
{
    struct tl_ckpt_module *module = NULL;
    struct tl_store *store = NULL;
    int rc = open_in_mode(&store, &module, options, OPEN_CHECK, cancel, err);

    tl_store_close(store);
    tl_ckpt_module_free(module);
    return rc;
}

int tl_import_peek_store(struct tl_import *import, struct tl_error *err)
{
    struct tl_task_record task = {0};
    struct tl_ckpt_module *module = NULL;
    struct tl_store *store = NULL;
    int rc;

    if (!import->options->checkpoint_enable)
        return TL_OK;
    rc = open_in_mode(&store, &module, import->options, OPEN_IMPORT_CHECK, import->cancel, err);
    if (rc == TL_OK)
        rc = tl_task_record_load(&task, store, err);
    import->resumed = rc == TL_OK && task.planned;
    tl_task_record_done(&task);
    tl_store_close(store);
    tl_ckpt_module_free(module);
    return rc;
}

/* Said before an import of hours, not after it. */
static int check_keep(const struct tl_import *import, struct tl_error *err)
{
    if (import->options->keep_after_success != TL_KEEP_RENAME || tl_store_can_rename(import->store))
        return TL_OK;
    tl_error_set(err, TL_ERR_USAGE, "the checkpoint driver '%s' cannot rename a checkpoint",
                 import->options->checkpoint_driver);
    return tl_error_hint(err, "set checkpoint.keep-after-success to \"remove\" or \"origin\"");
}

int tl_import_open_store(struct tl_import *import, struct tl_error *err)
{
    int rc;

    if (!import->options->checkpoint_enable) {
        tl_log(TL_LOG_WARN,
               "checkpoints are disabled: this import cannot be resumed when it is interrupted",
               TL_STR("key", "checkpoint.enable"), TL_END);
        return TL_OK;
    }
    rc = open_in_mode(&import->store, &import->module, import->options, OPEN_IMPORT, import->cancel,
                      err);
    if (rc == TL_OK)
        rc = check_keep(import, err);
    if (rc == TL_OK)
        rc = tl_task_record_load(&import->task, import->store, err);
    if (rc == TL_NOT_FOUND)
        return TL_OK;
    import->resumed = rc == TL_OK && import->task.planned;
    if (rc == TL_OK && import->task.adopt && !import->task.planned) {
        tl_error_set(err, TL_ERR_REFUSED,
                     "the takeover of a checkpoint of the upstream program into %s was interrupted",
                     tl_store_where(import->store));
        rc = tl_error_hint(err, "run the same command again: tidb-lightning-ctl "
                                "--checkpoint-import=FILE; or forget it: --checkpoint-remove=all");
    }
    if (rc == TL_OK && import->task.foreign)
        rc = tl_resume_check_task(&import->task, import->options, import->catalog,
                                  tl_store_where(import->store), err);
    return rc;
}
