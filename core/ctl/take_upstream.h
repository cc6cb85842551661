/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --checkpoint-import: a checkpoint file of the upstream program into the configured store.
 */
#ifndef TL_CTL_TAKE_UPSTREAM_H
#define TL_CTL_TAKE_UPSTREAM_H

#include "core/ctl/scene.h"

/* Writes the file's tables and positions as a task that the next start of the loader adopts, and
   prints what was taken over and what to mind. Needs the store only, neither target nor source.
   Refuses when the store has a task. May be repeated after an interruption. */
int tl_ctl_take_upstream(struct tl_scene *scene, const char *file, bool dry_run,
                         struct tl_error *err) TL_WARN_UNUSED;

#endif
