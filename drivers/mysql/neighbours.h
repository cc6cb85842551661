/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of the same kinds and of another version in the schema: those of another release of this
 * program, or of TiDB Lightning. They are never touched. While they hold a checkpoint and ours does
 * not, opening is refused: to begin anew beside an import that somebody else began would load its
 * rows twice.
 */
#ifndef CKPT_MYSQL_NEIGHBOURS_H
#define CKPT_MYSQL_NEIGHBOURS_H

#include "store.h"

#define CKMY_MAX_NEIGHBOURS 16u

struct ckmy_neighbours {
    size_t count;
    char names[CKMY_MAX_NEIGHBOURS][65];
};

/* Lists them, as far as this user may see them. */
int ckmy_neighbours_find(struct ckmy_neighbours *neighbours_out, struct ckpt_store *store,
                         struct ckpt_error *err);

/* Adds ", and there is chunk_v5" for the first one to a problem of our tables; nothing without. */
void ckmy_neighbours_mention(char *problem, size_t size, const struct ckmy_neighbours *neighbours);

/* For a store that has no task of ours. CKPT_ERR_CORRUPT: one of them has rows. */
int ckmy_neighbours_refuse(struct ckpt_store *store, struct ckpt_error *err);

#endif
