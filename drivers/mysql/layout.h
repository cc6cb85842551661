/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of the store as a whole: are they there, are they ours, and making them. Nothing is
 * ever altered.
 */
#ifndef CKPT_MYSQL_LAYOUT_H
#define CKPT_MYSQL_LAYOUT_H

#include "store.h"

/* Looks at the tables in the selected schema. CKPT_OK: all there and in order; CKPT_NOT_FOUND: none
   of them is there, or only some, without a row. CKPT_ERR_CORRUPT: one is another than this program
   makes, some are missing while others have rows, or the records are another program's. A store
   open for writing that a crash of the server left half renamed is made whole. */
int ckmy_layout_inspect(struct ckpt_store *store, struct ckpt_error *err);

/* CKPT_ERR_CORRUPT: the schema holds no task of ours, and a checkpoint of another version. `tables`
   says whether our tables are there. */
int ckmy_layout_check_neighbours(struct ckpt_store *store, bool tables, struct ckpt_error *err);

/* Creates the schema if it is not there, and the tables that are missing. */
int ckmy_layout_create(struct ckpt_store *store, struct ckpt_error *err);

/* CKPT_ERR_READ_ONLY, CKPT_ERR_DENIED: the tables, which are there, cannot be changed. */
int ckmy_layout_check_writable(struct ckpt_store *store, struct ckpt_error *err);

#endif
