/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an import begins: on a first run the plan is made, claimed in the ledger and saved; on a
 * later run it is loaded and compared.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/secret.h"
#include "core/import/adopt.h"
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

static int check_server(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct tl_import *import = payload;
    struct tl_server *server = &import->ledger.server;
    int rc = tl_server_probe(server, session, err);

    if (rc != TL_OK)
        return rc;
    snprintf(import->identity, sizeof(import->identity), "%s", server->identity);
    if (!server->read_only)
        return TL_OK;
    tl_error_set(err, TL_ERR_REFUSED, "the target server is read-only");
    return tl_error_hint(err, "import into its primary server, or SET GLOBAL read_only = OFF");
}

int tl_import_check_target(struct tl_import *import, struct tl_error *err)
{
    int rc = tl_control_connect(&import->control, err);

    import->ledger.schema = import->options->ledger_schema;
    if (rc == TL_OK)
        rc = tl_control_run(&import->control, check_server, import, err);
    if (rc == TL_OK)
        tl_log(TL_LOG_INFO, "connected to the target",
               TL_STR("version", import->ledger.server.version_text),
               TL_BOOL("bulk", import->ledger.server.bulk), TL_END);
    return rc;
}

struct claim {
    struct tl_import *import;
    const struct tl_plan *plan;
};

static int claim(struct tl_session *session, void *payload, struct tl_error *err)
{
    struct claim *claim = payload;
    struct tl_import *import = claim->import;
    size_t count;
    TL_CLEANUP_FREE struct tl_ledger_chunk *chunks = tl_plan_ledger_chunks(claim->plan, &count);
    int rc = chunks ? tl_ledger_create(session, import->ledger.schema, err) : tl_error_nomem(err);

    if (rc != TL_OK)
        return rc;
    return tl_ledger_claim(&import->ledger, session, claim->plan->source_dir, chunks, count,
                           import->cancel, err);
}

int tl_import_claim(struct tl_import *import, const struct tl_plan *plan, struct tl_error *err)
{
    struct claim payload = {import, plan};

    return tl_control_run(&import->control, claim, &payload, err);
}

int tl_import_plan_task(struct tl_import *import, struct tl_error *err)
{
    int rc = tl_plan_build(&import->plan, import->options, import->catalog, tl_wall_ns(), NULL,
                           import->cancel, err);

    if (rc != TL_OK)
        return rc;
    import->ledger.task_id = import->plan->task_id;
    rc = tl_owner_init(&import->ledger.owner, err);
    if (rc == TL_OK)
        rc = tl_import_claim(import, import->plan, err);
    if (rc == TL_OK && import->store)
        rc = tl_plan_save(import->plan, import->store, import->options,
                          import->ledger.server.identity, import->cancel, err);
    import->begun = import->begun || rc == TL_OK;
    return rc;
}

/* In two steps, since the task counts as planned already: a table of which only some files are
   recorded would be loaded without the others. */
static int save_added(struct tl_import *import, struct tl_plan *more, struct tl_error *err)
{
    int rc;

    for (size_t i = 0; i < more->table_count; i++)
        more->tables[i].status = TL_STATUS_MISSING;
    rc = tl_plan_save_tables(more, import->store, import->cancel, err);
    for (size_t i = 0; i < more->table_count; i++) {
        more->tables[i].status = TL_STATUS_LOADED;
        more->tables[i].dirty = true;
    }
    return rc == TL_OK ? tl_plan_flush(more, import->store, err) : rc;
}

int tl_import_add_tables(struct tl_import *import, struct tl_error *err)
{
    TL_CLEANUP(tl_plan_free_p) struct tl_plan *more = NULL;
    int rc = tl_plan_build(&more, import->options, import->catalog, import->plan->task_id,
                           import->plan, import->cancel, err);

    if (rc != TL_OK || more->table_count == 0)
        return rc;
    for (size_t i = 0; i < more->table_count; i++)
        tl_log(TL_LOG_WARN, "the checkpoint has nothing of this table: it is loaded from zero",
               TL_STR("table", more->tables[i].name), TL_END);
    rc = tl_import_claim(import, more, err);
    if (rc == TL_OK && import->store)
        rc = save_added(import, more, err);
    if (rc == TL_OK)
        rc = tl_plan_append(import->plan, more, err);
    return rc;
}

int tl_import_load_task(struct tl_import *import, struct tl_error *err)
{
    const struct tl_options *options = import->options;
    int rc = tl_resume_check_task(&import->task, options, import->catalog,
                                  tl_store_where(import->store), err);

    if (rc == TL_OK)
        rc = tl_plan_load(&import->plan, import->store, &import->task, err);
    if (rc != TL_OK)
        return rc;
    free(import->plan->source_dir);
    import->plan->source_dir = strdup(import->catalog->dir); /* the dump may have been moved */
    if (!import->plan->source_dir)
        return tl_error_nomem(err);
    import->ledger.task_id = import->plan->task_id;
    for (size_t i = 0; rc == TL_OK && i < import->plan->table_count; i++)
        rc = tl_plan_ignore_columns(&import->plan->tables[i], options, import->catalog, err);
    if (rc == TL_OK)
        rc = tl_resume_check_failures(import->plan, options, err);
    if (rc == TL_OK && import->task.adopt)
        tl_plan_drop_empty(import->plan); /* they are planned anew, with their files */
    if (rc == TL_OK && import->task.adopt)
        rc = tl_adopt_source(import->plan, import->catalog, import->cancel, err);
    if (rc == TL_OK)
        rc = tl_resume_check_source(import->plan, options, import->catalog, import->cancel, err);
    import->all_done = rc == TL_OK && tl_plan_all_done(import->plan);
    if (rc == TL_OK && import->task.adopt)
        return tl_import_adopt(import, err);
    if (rc == TL_OK && options->check_requirements &&
        strcmp(import->task.target_identity, import->ledger.server.identity) != 0) {
        tl_error_set(err, TL_ERR_REFUSED,
                     "the target is another server than the one that the checkpoint was made "
                     "with: '%s', was '%s'",
                     import->ledger.server.identity, import->task.target_identity);
        rc = tl_error_hint(err, "connect to the same server; after a planned move with all its "
                                "data set lightning.check-requirements = false");
    }
    return rc;
}
