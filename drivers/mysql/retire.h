/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a store after a successful import: removed, moved aside, or left.
 */
#ifndef CKPT_MYSQL_RETIRE_H
#define CKPT_MYSQL_RETIRE_H

#include "store.h"

int ckmy_retire(struct ckpt_store *store, uint32_t how, int64_t task_id, struct ckpt_error *err);

#endif
