/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading: each load is one transaction with a consistent snapshot, and its rows stream.
 */
#ifndef CKPT_MYSQL_LOAD_H
#define CKPT_MYSQL_LOAD_H

#include "store.h"

int ckmy_load_task(struct ckpt_store *store, const struct ckpt_visitor *visitor,
                   struct ckpt_error *err);
int ckmy_load_table(struct ckpt_store *store, struct ckpt_str name,
                    const struct ckpt_visitor *visitor, struct ckpt_error *err);
int ckmy_each_table(struct ckpt_store *store, uint32_t filter, const struct ckpt_visitor *visitor,
                    struct ckpt_error *err);

#endif
