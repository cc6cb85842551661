/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes as one transaction. Puts between two deletes commute, except of the same key, where the
 * last one counts; so they go to the server as one INSERT for each kind.
 */
#ifndef CKPT_MYSQL_APPLY_H
#define CKPT_MYSQL_APPLY_H

#include "store.h"

int ckmy_apply(struct ckpt_store *store, const struct ckpt_change *const *changes, size_t n,
               struct ckpt_error *err);

/* Deletes every record, within a transaction that the caller has begun. */
int ckmy_delete_all(struct ckpt_store *store, const char *what, struct ckpt_error *err);

#endif
