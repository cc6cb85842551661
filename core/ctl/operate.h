/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations that change something. Each can be repeated, and goes in the order: take the task
 * over, intent in the ledger, DDL on the target, ledger rows, store, intent cleared.
 */
#ifndef TL_CTL_OPERATE_H
#define TL_CTL_OPERATE_H

#include "core/ctl/scene.h"

enum tl_operation { TL_OP_REMOVE, TL_OP_ERROR_IGNORE, TL_OP_ERROR_DESTROY };

/* Runs one operation on what `argument` names. The scene is open and not connected. */
int tl_operate(struct tl_scene *scene, enum tl_operation operation, const char *argument,
               bool dry_run, struct tl_error *err) TL_WARN_UNUSED;

/* Takes the task over and clears its intent: for an operation that had done all else. */
int tl_clear_intent(struct tl_scene *scene, struct tl_error *err) TL_WARN_UNUSED;

/* The operation as a flag of the control program: "--checkpoint-remove". */
const char *tl_operation_flag(enum tl_operation operation);

#endif
