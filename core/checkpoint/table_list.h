/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of all tables of a store, for who goes through them one by one: a visitor must not call
 * the store that it visits.
 */
#ifndef TL_CHECKPOINT_TABLE_LIST_H
#define TL_CHECKPOINT_TABLE_LIST_H

#include <stddef.h>

#include "core/base/digest.h"
#include "core/checkpoint/store.h"

/* In the caller's storage, zero-filled before use; in the order of the names' bytes. */
struct tl_table_list {
    char **names;              /* owned */
    struct tl_digest *records; /* of each table's record, see tl_record_digest */
    size_t count;
};

int tl_table_list_read(struct tl_table_list *list, struct tl_store *store,
                       struct tl_error *err) TL_WARN_UNUSED;
void tl_table_list_done(struct tl_table_list *list);

#define TL_CLEANUP_TABLE_LIST TL_CLEANUP(tl_table_list_done)

#endif
