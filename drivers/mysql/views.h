/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The views beside the tables, for people. Nothing of this program reads them, so a user who may
 * not create views simply does not have them.
 */
#ifndef CKPT_MYSQL_VIEWS_H
#define CKPT_MYSQL_VIEWS_H

#include "store.h"

/* Creates those that are missing. What the server does not let this user make is left out, with a
   debug line; so is one whose name something else has. */
void ckmy_views_refresh(struct ckpt_store *store);

/* Drops them, and nothing else that has the name of one: a table, or a view with other columns. */
int ckmy_views_drop(struct ckpt_store *store, const char *what, struct ckpt_error *err);

#endif
