/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema "<schema>.<task id>.bak", to which a store is renamed in the end. Some servers rename
 * several tables one by one, so that a crash of theirs leaves some here and some there; such a
 * rename is undone.
 */
#ifndef CKPT_MYSQL_BACKUP_H
#define CKPT_MYSQL_BACKUP_H

#include "store.h"

/* Moves all tables, and makes the views there. CKPT_ERR: anything is in the backup already. */
int ckmy_backup_move(struct ckpt_store *store, int64_t task_id, struct ckpt_error *err);

/* Tables of ours are missing while others have rows; present says which are there. Moves the
   missing ones back, if all of them, and no others of ours, are in the backup of the task that is
   recorded here. CKPT_NOT_FOUND: this is no rename that was interrupted. */
int ckmy_backup_undo(struct ckpt_store *store, const bool *present, struct ckpt_error *err);

#endif
