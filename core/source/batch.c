/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See batch.h.
 */
#include "core/source/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Serials are unique in the process, so this cannot belong to one reader. */
static atomic_uint_fast64_t last_serial;

struct tl_head *tl_head_new(const struct tl_session_state *state, uint64_t offset)
{
    struct tl_head *head = calloc(1, sizeof(*head));

    if (!head)
        return NULL;
    atomic_init(&head->refs, 1);
    head->state = *state;
    head->offset = offset;
    head->serial = atomic_fetch_add(&last_serial, 1) + 1;
    return head;
}

int tl_head_add_column(struct tl_head *head, const char *name, size_t len)
{
    uint32_t n = head->column_count;
    char **columns, *copy;

    if ((n & (n - 1)) == 0) { /* full at 0, 1, 2, 4, 8 ... */
        columns = realloc(head->columns, (n ? 2 * (size_t)n : 1) * sizeof(*columns));
        if (!columns)
            return TL_ERR_NOMEM;
        head->columns = columns;
    }
    copy = strndup(name, len);
    if (!copy)
        return TL_ERR_NOMEM;
    head->columns[head->column_count++] = copy;
    return TL_OK;
}

bool tl_session_state_equal(const struct tl_session_state *a, const struct tl_session_state *b)
{
    return strcmp(a->charset, b->charset) == 0 && strcmp(a->collation, b->collation) == 0 &&
           strcmp(a->time_zone, b->time_zone) == 0 && strcmp(a->sql_mode, b->sql_mode) == 0 &&
           a->sql_mode_given == b->sql_mode_given;
}

bool tl_head_equal(const struct tl_head *a, const struct tl_head *b)
{
    if (a->has_columns != b->has_columns || a->column_count != b->column_count)
        return false;
    for (uint32_t i = 0; i < a->column_count; i++)
        if (strcmp(a->columns[i], b->columns[i]) != 0)
            return false;
    return tl_session_state_equal(&a->state, &b->state);
}

struct tl_head *tl_head_ref(struct tl_head *head)
{
    if (head)
        atomic_fetch_add_explicit(&head->refs, 1, memory_order_relaxed);
    return head;
}

void tl_head_unref(struct tl_head *head)
{
    if (!head || atomic_fetch_sub_explicit(&head->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (uint32_t i = 0; i < head->column_count; i++)
        free(head->columns[i]);
    free(head->columns);
    free(head->table);
    free(head);
}

void tl_batch_free(struct tl_batch *batch)
{
    if (!batch)
        return;
    tl_head_unref(batch->head);
    tl_buf_done(&batch->raw);
    free(batch->rows);
    free(batch->row_lines);
    free(batch);
}

uint64_t tl_batch_row_line(const struct tl_batch *batch, uint32_t row)
{
    assert(row < batch->row_count);
    return batch->begin_line + batch->row_lines[row];
}

uint64_t tl_batch_row_pos(const struct tl_batch *batch, uint32_t row)
{
    assert(row < batch->row_count);
    return batch->begin_pos + batch->rows[row].start;
}
