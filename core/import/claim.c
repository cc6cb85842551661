/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a plan get their rows in the ledger, under our task. See import_internal.h.
 */
#include <stdlib.h>

#include "core/import/import_internal.h"

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
