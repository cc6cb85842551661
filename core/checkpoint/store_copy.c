/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying the records of a store; see store_copy.h. The changes are applied to the one store from
 * inside the visitor of the other, so that a table is never held as a whole.
 */
#include "core/checkpoint/store_copy.h"

#include <stdlib.h>
#include <string.h>

#include "core/checkpoint/table_list.h"

/* One apply in the making. */
struct group {
    struct tl_store *from;
    struct tl_store *to;
    const struct tl_cancel *cancel;
    struct tl_error *err;
    struct tl_record_counts counts;
    size_t count;
    size_t used; /* of bytes */
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];
    const struct ckpt_change *pointers[CKPT_APPLY_MAX_CHANGES];
    union tl_record records[CKPT_APPLY_MAX_CHANGES];
    char bytes[CKPT_APPLY_MAX_BYTES]; /* the records' strings */
};

static int flush(struct group *group)
{
    int rc = TL_OK;

    if (group->cancel && tl_cancel_requested(group->cancel))
        return tl_error_set(group->err, TL_ERR_CANCELED, "stopped on request");
    if (group->count > 0)
        rc = tl_store_apply(group->to, group->pointers, group->count, group->err);
    group->count = 0;
    group->used = 0;
    return rc;
}

static int add(uint32_t kind, const void *record, void *payload)
{
    struct group *group = payload;
    size_t bytes = tl_record_bytes(kind, record);
    struct ckpt_change *change;
    int rc = TL_OK;

    if (bytes > CKPT_APPLY_MAX_BYTES)
        return tl_error_set(group->err, TL_ERR_STORE,
                            "the checkpoint in %s has a record of %zu bytes: more than the driver "
                            "interface allows",
                            tl_store_where(group->from), bytes);
    if (group->count == CKPT_APPLY_MAX_CHANGES || group->used + bytes > CKPT_APPLY_MAX_BYTES)
        rc = flush(group);
    if (rc != TL_OK)
        return rc;
    change = &group->changes[group->count];
    tl_record_copy(&group->records[group->count], kind, record, group->bytes + group->used);
    *change = (struct ckpt_change){.struct_size = sizeof(*change),
                                   .kind = kind,
                                   .record = {.any = &group->records[group->count]}};
    group->pointers[group->count] = change;
    group->used += bytes;
    group->count++;
    group->counts.of[kind]++;
    return 0;
}

static int copy_table(struct group *group, const char *name)
{
    struct tl_record_sink sink = {add, group};
    const struct ckpt_visitor visitor = tl_record_visitor(&sink);
    int rc = tl_store_load_table(group->from, name, &visitor, group->err);

    if (rc == TL_NOT_FOUND)
        return tl_error_set(group->err, TL_ERR_STORE,
                            "table %s was taken from the checkpoint in %s while it was read", name,
                            tl_store_where(group->from));
    return rc;
}

int tl_store_copy_tables(struct tl_store *from, struct tl_store *to, const struct tl_cancel *cancel,
                         struct tl_record_counts *counts_out, struct tl_error *err)
{
    TL_CLEANUP_TABLE_LIST struct tl_table_list list = {0};
    TL_CLEANUP_FREE struct group *group = calloc(1, sizeof(*group));
    int rc = group ? tl_table_list_read(&list, from, err) : tl_error_nomem(err);

    if (rc != TL_OK)
        return rc;
    group->from = from;
    group->to = to;
    group->cancel = cancel;
    group->err = err;
    for (size_t i = 0; rc == TL_OK && i < list.count; i++)
        rc = copy_table(group, list.names[i]);
    if (rc == TL_OK)
        rc = flush(group);
    if (rc == TL_OK && counts_out)
        *counts_out = group->counts;
    return rc;
}

static int count(uint32_t kind, const void *record, void *payload)
{
    struct tl_record_counts *counts = payload;

    (void)record;
    counts->of[kind]++;
    return 0;
}

int tl_store_count_records(struct tl_store *store, struct tl_record_counts *counts_out,
                           struct tl_error *err)
{
    TL_CLEANUP_TABLE_LIST struct tl_table_list list = {0};
    struct tl_record_counts counts = {0};
    struct tl_record_sink sink = {count, &counts};
    const struct ckpt_visitor visitor = tl_record_visitor(&sink);
    int rc = tl_table_list_read(&list, store, err);

    for (size_t i = 0; rc >= 0 && i < list.count; i++)
        rc = tl_store_load_table(store, list.names[i], &visitor, err);
    if (rc < 0)
        return rc;
    *counts_out = counts;
    return TL_OK;
}

struct task_reading {
    struct tl_task_copy copy;
    struct tl_error *err;
};

static int take_task(const struct ckpt_task *task, void *payload)
{
    struct task_reading *reading = payload;
    union tl_record record;
    char *bytes = malloc(tl_record_bytes(CKPT_PUT_TASK, task) + 1);

    if (!bytes)
        return tl_error_nomem(reading->err);
    tl_record_copy(&record, CKPT_PUT_TASK, task, bytes);
    reading->copy = (struct tl_task_copy){record.task, bytes};
    return 0;
}

int tl_task_copy_read(struct tl_task_copy *copy_out, struct tl_store *store, struct tl_error *err)
{
    struct task_reading reading = {.err = err};
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .task = take_task, .payload = &reading};
    int rc = tl_store_load_task(store, &visitor, err);

    if (rc == TL_OK)
        *copy_out = reading.copy;
    else
        tl_task_copy_done(&reading.copy);
    return rc;
}

void tl_task_copy_done(struct tl_task_copy *copy)
{
    free(copy->bytes);
    memset(copy, 0, sizeof(*copy));
}
