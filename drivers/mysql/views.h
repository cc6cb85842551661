/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The views beside the tables, for people. Nothing of this program reads them, so a user who may
 * not create views simply does not have them. Their names and columns stand in the embedded script
 * alone (sql/mysql/checkpoint_views_v1.sql), in the list of each CREATE VIEW.
 *
 * A view is taken for one of this program when it has a name of the script and its definition, as
 * far as this user may see it, reads the checkpoint tables. Anything else of that name is somebody
 * else's, and stays.
 */
#ifndef CKPT_MYSQL_VIEWS_H
#define CKPT_MYSQL_VIEWS_H

#include "store.h"

/* Creates those that are missing and replaces those of ours that have other columns; what fails is
   left out, with a debug line. */
void ckmy_views_refresh(struct ckpt_store *store);

/* Creates them in another schema, into which the tables were moved. */
void ckmy_views_create_in(struct ckpt_store *store, const char *schema);

/* Drops those of ours. */
int ckmy_views_drop(struct ckpt_store *store, const char *what, struct ckpt_error *err);

#endif
