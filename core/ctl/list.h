/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Showing the tables of a checkpoint.
 */
#ifndef TL_CTL_LIST_H
#define TL_CTL_LIST_H

#include "core/ctl/scene.h"

/* Prints one line for each table. The scene is open; the target is not needed. */
int tl_ctl_list(struct tl_scene *scene, struct tl_error *err) TL_WARN_UNUSED;

#endif
