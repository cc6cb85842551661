/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From one store to another, of any two drivers: copying the records, and comparing what both have.
 * Both read record by record; memory grows with the number of tables, and by 16 bytes with each
 * record of one table. Nobody else may change either store meanwhile.
 */
#ifndef TL_CHECKPOINT_STORE_COPY_H
#define TL_CHECKPOINT_STORE_COPY_H

#include "core/base/cancel.h"
#include "core/checkpoint/record.h"
#include "core/checkpoint/store.h"

/* Records by kind. */
struct tl_record_counts {
    uint64_t of[TL_RECORD_KINDS];
};

/* Counts what the tables of a store hold, their records included. */
int tl_store_count_records(struct tl_store *store, struct tl_record_counts *counts_out,
                           struct tl_error *err) TL_WARN_UNUSED;

/* The task's record with its strings. TL_NOT_FOUND: there is none. */
struct tl_task_copy {
    struct ckpt_task task;
    char *bytes; /* owned */
};
int tl_task_copy_read(struct tl_task_copy *copy_out, struct tl_store *store,
                      struct tl_error *err) TL_WARN_UNUSED;
void tl_task_copy_done(struct tl_task_copy *copy);

/* Puts all tables of `from`, with everything below them, into `to`, in bounded applies. Not the
   task. TL_ERR_CANCELED on request. cancel and counts_out may be NULL. */
int tl_store_copy_tables(struct tl_store *from, struct tl_store *to, const struct tl_cancel *cancel,
                         struct tl_record_counts *counts_out, struct tl_error *err) TL_WARN_UNUSED;

/* Compares all tables and everything below them, in both directions and field by field. TL_OK:
   equal. TL_NOT_FOUND: they differ, and err (code TL_ERR_STORE) names the table, the record and the
   field as a fault of `copy`. Negative: it could not be found out. counts_out is set when
   equal; it and cancel may be NULL. */
int tl_store_compare_tables(struct tl_store *original, struct tl_store *copy,
                            const struct tl_cancel *cancel, struct tl_record_counts *counts_out,
                            struct tl_error *err) TL_WARN_UNUSED;

/* The same for the task's record; wanted is what it must be. */
int tl_store_compare_task(const struct ckpt_task *wanted, struct tl_store *copy,
                          struct tl_error *err) TL_WARN_UNUSED;

#define TL_CLEANUP_TASK_COPY TL_CLEANUP(tl_task_copy_done)

#endif
