/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of the store: are they there, are they ours, and making them. Nothing is ever altered.
 * The server is asked for each table by name: the information schema hides what a user may not
 * see, and "hidden" must not be read as "not there".
 */
#ifndef CKPT_MYSQL_LAYOUT_H
#define CKPT_MYSQL_LAYOUT_H

#include "store.h"

/* Looks at the tables in the selected schema. CKPT_OK: all there and in order; CKPT_NOT_FOUND: none
   of them is there, or only some, without a row. CKPT_ERR_CORRUPT: other columns than expected,
   some missing while others have rows, or the records of another program. */
int ckmy_layout_inspect(struct ckpt_store *store, struct ckpt_error *err);

/* Creates the schema if it is not there, and the tables and views that are missing. */
int ckmy_layout_create(struct ckpt_store *store, struct ckpt_error *err);

#endif
