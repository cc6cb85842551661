/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The views beside the tables, for people. Nothing of this program reads them, so a user who may
 * not create views simply does not have them.
 */
#ifndef CKPT_MYSQL_VIEWS_H
#define CKPT_MYSQL_VIEWS_H

#include "store.h"

/* Creates them; what fails is left out, with a debug line. */
void ckmy_views_create(struct ckpt_store *store);

/* Drops them. */
int ckmy_views_drop(struct ckpt_store *store, const char *what, struct ckpt_error *err);

#endif
