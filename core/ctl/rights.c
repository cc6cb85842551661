/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See rights.h.
 */
#include "core/ctl/rights.h"

int tl_ctl_check_rights(const struct tl_scene *scene, const struct tl_ctl_needs *needs,
                        struct tl_error *err)
{
    TL_CLEANUP(tl_rights_free_p) struct tl_rights *rights = NULL;
    const struct tl_plan *plan = scene->plan;
    struct tl_error more;
    int rc;

    if (!scene->options->check_requirements)
        return TL_OK;
    rc = tl_rights_new(&rights, err);
    if (rc == TL_OK)
        rc = tl_ledger_rights_on(rights, scene->ledger.schema, needs->ledger, err);
    for (size_t i = 0; rc == TL_OK && needs->marks && plan && i < plan->table_count; i++)
        if (needs->marks[i])
            rc = tl_rights_need(rights, plan->tables[i].db, plan->tables[i].table, needs->tables,
                                err);
    if (rc == TL_OK)
        rc = tl_rights_check(rights, scene->session, err);
    tl_error_init(&more);
    if (rc == TL_ERR_REFUSED && needs->store &&
        tl_import_check_store(scene->options, scene->cancel, &more) == TL_ERR_REFUSED)
        tl_error_join(err, &more);
    return rc;
}
