/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See rebuild.h.
 */
#include "core/ctl/rebuild.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/source/scan.h"

static int refuse(const struct tl_scene *scene, struct tl_error *err)
{
    if (scene->task.planned) {
        tl_error_set(err, TL_ERR_REFUSED, "there is a checkpoint in %s already",
                     tl_store_where(scene->store));
        return tl_error_hint(err, "--checkpoint-list shows it");
    }
    if (!scene->options->source_dir || !scene->options->source_dir[0])
        return tl_error_set(err, TL_ERR_USAGE, "--checkpoint-rebuild needs the source: -d DIR");
    return TL_OK;
}

static int rebuild(struct tl_scene *scene, const struct tl_catalog *catalog, bool dry_run,
                   struct tl_error *err)
{
    TL_CLEANUP(tl_plan_free_p) struct tl_plan *plan = NULL;
    uint64_t rows = 0;
    size_t lowered;
    int rc = tl_plan_build(&plan, scene->options, catalog, scene->ledger.task_id, NULL, err);

    if (rc == TL_OK)
        rc = tl_plan_apply_ledger(plan, &scene->ledger, scene->session, &lowered, err);
    if (rc != TL_OK)
        return rc;
    for (size_t t = 0; t < plan->table_count; t++)
        for (size_t c = 0; c < plan->tables[t].chunk_count; c++)
            rows += plan->tables[t].chunks[c].rows;
    if (!dry_run)
        rc = tl_plan_save(plan, scene->store, scene->options, scene->ledger.server.identity, err);
    if (rc == TL_OK)
        printf("%scheckpoint of task %" PRId64 " made anew in %s: %zu tables, %" PRIu64
               " rows committed; the import can go on\n",
               dry_run ? "would be done: " : "", plan->task_id, tl_store_where(scene->store),
               plan->table_count, rows);
    return rc;
}

int tl_ctl_rebuild(struct tl_scene *scene, bool dry_run, struct tl_error *err)
{
    TL_CLEANUP(tl_catalog_free_p) struct tl_catalog *catalog = NULL;
    int rc = refuse(scene, err);

    if (rc == TL_OK)
        rc = tl_catalog_scan(&catalog, scene->options, err);
    if (rc != TL_OK)
        return rc;
    tl_plan_free(scene->plan);
    scene->plan = NULL;
    rc = tl_scene_connect(scene, err);
    if (rc == TL_OK && !scene->plan) {
        tl_error_set(err, TL_ERR_REFUSED, "the target's ledger (schema %s) has no import of %s",
                     scene->ledger.schema, catalog->dir);
        rc = tl_error_hint(err, "nothing was committed, or it was finished: just begin anew");
    }
    if (rc == TL_OK)
        rc = tl_scene_take_over(scene, err);
    if (rc == TL_OK)
        rc = rebuild(scene, catalog, dry_run, err);
    return rc;
}
