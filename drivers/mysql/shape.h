/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of the store, looked at closely: its columns, its keys, its engine. What differs from
 * sql/mysql/checkpoint_v1.sql in a way that matters is named, and never mended. The server is asked
 * for the table by name: a list of tables hides what a user may not see, and "hidden" must not be
 * read as "not there".
 */
#ifndef CKPT_MYSQL_SHAPE_H
#define CKPT_MYSQL_SHAPE_H

#include "store.h"

#define CKMY_LOOKING "cannot look at the checkpoint"

/* CKPT_NOT_FOUND: the server says that there is no such table. CKPT_ERR_CORRUPT: it is another one
   than this program makes; err says in which way. */
int ckmy_shape_inspect(struct ckpt_store *store, const char *table, struct ckpt_error *err);

/* Runs store->sql, a SELECT. CKPT_NOT_FOUND: its result is empty. */
int ckmy_probe(struct ckpt_store *store, const char *what, struct ckpt_error *err);

/* CKPT_NOT_FOUND: the table, which is there, has no row. */
int ckmy_probe_rows(struct ckpt_store *store, struct ckpt_str table, struct ckpt_error *err);

/* CKPT_ERR_CORRUPT: "table ... in ... <problem>", with the ways out. */
int ckmy_foreign(struct ckpt_store *store, const char *table, const char *problem,
                 struct ckpt_error *err);

#endif
