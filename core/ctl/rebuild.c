/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See rebuild.h.
 */
#include "core/ctl/rebuild.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/ctl/rights.h"
#include "core/source/scan.h"

static int refuse(const struct tl_scene *scene, struct tl_error *err)
{
    if (scene->task.planned) {
        tl_error_set(err, TL_ERR_REFUSED, "there is a checkpoint in %s already",
                     tl_store_where(scene->store));
        return tl_error_hint(err, "--checkpoint-list shows it, and the import goes on from it");
    }
    if (!scene->options->source_dir || !scene->options->source_dir[0])
        return tl_error_set(err, TL_ERR_USAGE, "--checkpoint-rebuild needs the source: -d DIR");
    return TL_OK;
}

/* More committed than there is: certainly not the files that were loaded. */
static int check_sizes(const struct tl_plan *plan, struct tl_error *err)
{
    for (size_t t = 0; t < plan->table_count; t++)
        for (size_t c = 0; c < plan->tables[t].chunk_count; c++) {
            const struct tl_plan_chunk *chunk = &plan->tables[t].chunks[c];

            if (chunk->compression != TL_COMPRESSION_NONE ||
                (chunk->pos <= (uint64_t)chunk->file_size &&
                 (!chunk->done || chunk->end_offset == chunk->file_size)))
                continue;
            tl_error_set(err, TL_ERR_REFUSED,
                         "file %s is another one than the one that was loaded: %" PRIu64
                         " bytes of it are committed, it has %" PRId64,
                         chunk->path, chunk->pos, chunk->file_size);
            return tl_error_hint(err, "put the source back as it was, or begin anew: "
                                      "tidb-lightning-ctl --checkpoint-error-destroy=all");
        }
    return TL_OK;
}

/* A file that the ledger does not know (it was added since) would be committed without being found
   again. */
static int register_chunks(struct tl_scene *scene, const struct tl_plan *plan, struct tl_error *err)
{
    size_t count = 0;
    TL_CLEANUP_FREE struct tl_ledger_chunk *chunks = tl_plan_ledger_chunks(plan, &count);

    if (!chunks)
        return tl_error_nomem(err);
    return tl_ledger_claim(&scene->ledger, scene->session, plan->source_dir, chunks, count,
                           scene->cancel, err);
}

static int rebuild(struct tl_scene *scene, const struct tl_catalog *catalog, bool dry_run,
                   struct tl_error *err)
{
    TL_CLEANUP(tl_plan_free_p) struct tl_plan *plan = NULL;
    uint64_t rows = 0;
    size_t lowered;
    int rc = tl_plan_build(&plan, scene->options, catalog, scene->ledger.task_id, NULL,
                           scene->cancel, err);

    if (rc == TL_OK)
        rc = tl_plan_apply_ledger(plan, &scene->ledger, scene->session, &lowered, err);
    if (rc == TL_ERR_REFUSED)
        tl_error_hint(err, "files or tables that were being loaded are not in the source as the "
                           "options now read it: filter, routes, file rules?");
    if (rc == TL_OK)
        rc = check_sizes(plan, err);
    if (rc == TL_OK && !dry_run)
        rc = tl_scene_make_writable(scene, err);
    if (rc == TL_OK && !dry_run)
        rc = register_chunks(scene, plan, err);
    if (rc != TL_OK)
        return rc;
    for (size_t t = 0; t < plan->table_count; t++)
        for (size_t c = 0; c < plan->tables[t].chunk_count; c++)
            rows += plan->tables[t].chunks[c].rows;
    if (!dry_run)
        rc = tl_plan_save(plan, scene->store, scene->options, scene->ledger.server.identity,
                          scene->cancel, err);
    if (rc == TL_OK)
        printf("%scheckpoint of task %" PRId64 " made anew in %s: %zu tables, %" PRIu64
               " rows committed; the import can go on\n",
               dry_run ? "would be done: " : "", plan->task_id, tl_store_where(scene->store),
               plan->table_count, rows);
    return rc;
}

int tl_ctl_rebuild(struct tl_scene *scene, bool dry_run, struct tl_error *err)
{
    static const struct tl_ctl_needs needs = {.ledger = TL_LEDGER_RIGHTS, .store = true};
    TL_CLEANUP(tl_catalog_free_p) struct tl_catalog *catalog = NULL;
    int rc = refuse(scene, err);

    if (rc == TL_OK)
        rc = tl_catalog_scan(&catalog, scene->options, err);
    if (rc != TL_OK)
        return rc;
    tl_plan_free(scene->plan);
    scene->plan = NULL;
    rc = tl_scene_connect(scene, err);
    if (rc == TL_OK)
        rc = tl_ctl_check_rights(scene, &needs, err);
    if (rc == TL_OK && !scene->plan) {
        tl_error_set(err, TL_ERR_REFUSED, "the target's ledger (schema %s) has no import of %s",
                     scene->ledger.schema, catalog->dir);
        rc = tl_error_hint(err, "nothing was committed, or it was finished: just begin anew");
    }
    if (rc == TL_OK)
        rc = tl_scene_take_over(scene, err);
    if (rc == TL_OK)
        rc = tl_scene_refuse_intent(scene, err);
    if (rc == TL_OK)
        rc = rebuild(scene, catalog, dry_run, err);
    return rc;
}
