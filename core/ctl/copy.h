/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying the checkpoint to another store, so that an import can change its store between two runs.
 */
#ifndef TL_CTL_COPY_H
#define TL_CTL_COPY_H

#include "core/ctl/scene.h"

/* Copies to what `argument` names: "DRIVER:DSN" (see copy_target.h). The scene is open. Takes the
   task over first: a copy of what a loader is changing would be of no use (a target that is away is
   only warned about). The original is only
   read. The task's record becomes planned in the copy last, when every record was read back and
   found equal: a copy that was interrupted is never taken for a checkpoint, and the next call
   begins it anew. Refused: a store that holds anything else, and the original itself. Exit codes as
   for other operations; a copy that is not equal is TL_ERR_STORE. */
int tl_ctl_copy(struct tl_scene *scene, const char *argument, bool dry_run,
                struct tl_error *err) TL_WARN_UNUSED;

#endif
