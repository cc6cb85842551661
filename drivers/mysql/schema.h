/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema around the tables: making it, and dropping it in the end if this program made it and
 * nothing is in it. MariaDB keeps a comment with a schema, which says who made it; other servers
 * have no place for one, there an empty schema goes whoever made it.
 */
#ifndef CKPT_MYSQL_SCHEMA_H
#define CKPT_MYSQL_SCHEMA_H

#include "store.h"

/* Creates the schema, unless somebody else just did, and selects it. */
int ckmy_schema_create(struct ckpt_store *store, const char *what, struct ckpt_error *err);

/* Drops the selected schema if it is ours and empty. A missing right to do so is no failure. */
int ckmy_schema_drop_if_ours(struct ckpt_store *store, const char *what, struct ckpt_error *err);

#endif
