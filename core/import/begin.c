/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an import begins: on a first run the plan is made, claimed in the ledger and saved; on a
 * later run it is loaded and compared. The store is opened in open_store.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/import/adopt.h"
#include "core/import/import_internal.h"
#include "core/import/resume.h"

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
