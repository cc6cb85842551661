/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See table_list.h.
 */
#include "core/checkpoint/table_list.h"

#include <stdlib.h>
#include <string.h>

#include "core/checkpoint/record.h"

struct reading {
    struct tl_table_list *list;
    struct tl_buf scratch;
    struct tl_error *err;
};

/* Room for 2^n - 1 entries: when that many are there it is time to double. */
static int make_room(struct tl_table_list *list)
{
    char **names;
    struct tl_digest *records;
    size_t size = 2 * list->count + 1;

    if ((list->count & (list->count + 1)) != 0)
        return TL_OK;
    names = realloc(list->names, size * sizeof(*names));
    if (!names)
        return TL_ERR_NOMEM;
    list->names = names;
    records = realloc(list->records, size * sizeof(*records));
    if (!records)
        return TL_ERR_NOMEM;
    list->records = records;
    return TL_OK;
}

static int add(const struct ckpt_table *table, void *payload)
{
    struct reading *reading = payload;
    struct tl_table_list *list = reading->list;

    if (make_room(list) != TL_OK || tl_record_digest(&list->records[list->count], CKPT_PUT_TABLE,
                                                     table, &reading->scratch) != TL_OK)
        return tl_error_nomem(reading->err);
    list->names[list->count] = strndup(table->name.data, table->name.len);
    if (!list->names[list->count])
        return tl_error_nomem(reading->err);
    list->count++;
    return 0;
}

int tl_table_list_read(struct tl_table_list *list, struct tl_store *store, struct tl_error *err)
{
    struct reading reading = {.list = list, .err = err};
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .table = add, .payload = &reading};
    int rc;

    tl_buf_init(&reading.scratch, 2 * CKPT_APPLY_MAX_BYTES);
    rc = tl_store_each_table(store, CKPT_FILTER_ALL, &visitor, err);
    tl_buf_done(&reading.scratch);
    return rc;
}

void tl_table_list_done(struct tl_table_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    free(list->records);
    memset(list, 0, sizeof(*list));
}
