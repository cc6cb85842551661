/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a lost checkpoint anew.
 */
#ifndef TL_CTL_REBUILD_H
#define TL_CTL_REBUILD_H

#include "core/ctl/scene.h"

/* From the ledger (what is committed) and the source (what there is to load) makes the records that
   were lost. Refuses when the store has a task, when the ledger has none of this source, or when
   the ledger knows files that the source lacks. */
int tl_ctl_rebuild(struct tl_scene *scene, bool dry_run, struct tl_error *err) TL_WARN_UNUSED;

#endif
