/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the accounts of target and checkpoint may do, looked at before the first change, and told
 * all at once.
 */
#include <string.h>

#include "core/import/import_internal.h"
#include "core/import/schema_items.h"
#include "core/target/schema_rights.h"

static unsigned rights_on_rows(const struct tl_options *options)
{
    unsigned mask = TL_RIGHT_SELECT | TL_RIGHT_INSERT;

    if (options->conflict == TL_CONFLICT_REPLACE)
        mask |= TL_RIGHT_DELETE;
    if (options->conflict == TL_CONFLICT_IGNORE)
        mask |= TL_RIGHT_UPDATE;
    return mask;
}

/* A view needs SELECT on its tables, also on those without rows. */
static bool has_view(const struct tl_catalog *catalog, const char *db)
{
    for (size_t i = 0; i < catalog->table_count; i++)
        if (catalog->tables[i].view && strcmp(catalog->tables[i].target_db, db) == 0)
            return true;
    return false;
}

static int add_tables(struct tl_rights *rights, const struct tl_import *import,
                      struct tl_error *err)
{
    const struct tl_catalog *catalog = import->catalog;
    const char *db = "";
    bool viewed = false;
    int rc = TL_OK;

    for (size_t i = 0; rc == TL_OK && i < catalog->table_count; i++) {
        const struct tl_source_table *table = &catalog->tables[i];

        if (table->view)
            continue;
        if (strcmp(db, table->target_db) != 0)
            viewed = has_view(catalog, table->target_db);
        db = table->target_db;
        if (table->file_count > 0 || viewed)
            rc = tl_rights_need(
                rights, db, table->target_name,
                table->file_count > 0 ? rights_on_rows(import->options) : TL_RIGHT_SELECT, err);
    }
    return rc;
}

static int add_needs(struct tl_rights *rights, const struct tl_import *import,
                     const struct tl_schema_items *items, struct tl_session *session,
                     struct tl_error *err)
{
    int rc = tl_schema_rights(rights, import->options, session, &import->ledger.server, items->list,
                              items->count, err);

    if (rc == TL_OK)
        rc = add_tables(rights, import, err);
    return rc == TL_OK ? tl_ledger_rights(rights, session, import->options->ledger_schema, err)
                       : rc;
}

static int check_target(struct tl_session *session, void *payload, struct tl_error *err)
{
    TL_CLEANUP(tl_rights_free_p) struct tl_rights *rights = NULL;
    struct tl_import *import = payload;
    struct tl_schema_items items = {0};
    int rc = tl_rights_new(&rights, err);

    if (rc == TL_OK)
        rc = tl_schema_items_of(&items, import->catalog, err);
    if (rc == TL_OK)
        rc = add_needs(rights, import, &items, session, err);
    if (rc == TL_OK)
        rc = tl_rights_check(rights, session, err);
    tl_schema_items_done(&items);
    return rc;
}

/* Opening the store for writing would create it. What it says else is told once it is opened. */
static int add_store(struct tl_import *import, int rc, struct tl_error *err)
{
    struct tl_error more;

    tl_error_init(&more);
    if (tl_import_peek_store(import, &more) == TL_ERR_REFUSED && rc == TL_ERR_REFUSED)
        tl_error_join(err, &more);
    return rc;
}

int tl_import_check_first(struct tl_import *import, struct tl_error *err)
{
    int rc = tl_import_check_target(import, err);

    if (rc == TL_OK && import->options->check_requirements)
        rc = tl_control_run(&import->control, check_target, import, err);
    return rc == TL_OK ? rc : add_store(import, rc, err);
}
