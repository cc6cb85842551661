/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help for drivers that find their records in memory: an index of changes that were read from
 * somewhere, in the order of the contract, and the three load methods on top of it.
 *
 *   ckpt_index_clear(), then ckpt_index_add() for each change from the oldest to the newest, then
 *   ckpt_index_settle(): n log n steps, and one struct ckpt_entry for each change. The changes
 *   themselves stay where they are, in one piece of memory that lives as long as the index.
 */
#ifndef TIDB_LIGHTNING_CHECKPOINT_INDEX_H
#define TIDB_LIGHTNING_CHECKPOINT_INDEX_H

#include <stdlib.h>

#include "checkpoint_record.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What tells records apart, in the order in which load_table delivers them. Parts that a kind does
   not have are 0 or empty; the task is in no table. */
struct ckpt_key {
    struct ckpt_str table_name;
    uint32_t kind; /* CKPT_PUT_TASK to CKPT_PUT_FAILURE */
    int32_t engine_id;
    struct ckpt_str path;
    int64_t offset;
};

struct ckpt_entry {
    struct ckpt_key key;    /* texts are borrowed from the change */
    struct ckpt_str change; /* its bytes; an older change has a lower address */
};

struct ckpt_index {
    struct ckpt_entry *entries; /* free() */
    size_t count;
    size_t size;
};

/* ---- Keys ---------------------------------------------------------------------------------- */

/* Of a put; its texts are borrowed from the record. Of a delete: the name alone. */
static inline struct ckpt_key ckpt_key_of(const struct ckpt_change *change)
{
    struct ckpt_key key;

    memset(&key, 0, sizeof(key));
    key.kind = change->kind;
    if (change->kind == CKPT_PUT_TABLE) {
        key.table_name = change->record.table->name;
    } else if (change->kind == CKPT_PUT_ENGINE) {
        key.table_name = change->record.engine->table_name;
        key.engine_id = change->record.engine->engine_id;
    } else if (change->kind == CKPT_PUT_CHUNK) {
        key.table_name = change->record.chunk->table_name;
        key.engine_id = change->record.chunk->engine_id;
        key.path = change->record.chunk->path;
        key.offset = change->record.chunk->offset;
    } else if (change->kind == CKPT_PUT_SOURCE) {
        key.table_name = change->record.source->table_name;
        key.path = change->record.source->path;
    } else if (change->kind == CKPT_PUT_FAILURE) {
        key.table_name = change->record.failure->table_name;
        key.engine_id = change->record.failure->engine_id;
        key.path = change->record.failure->path;
        key.offset = change->record.failure->offset;
    } else if (change->kind != CKPT_PUT_TASK) {
        key.table_name = change->name;
    }
    return key;
}

/* By bytes, the shorter first: below 0, 0, above 0. */
static inline int ckpt_str_compare(struct ckpt_str a, struct ckpt_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.data, b.data, len) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static inline int ckpt_key_compare(const struct ckpt_key *a, const struct ckpt_key *b)
{
    int order = ckpt_str_compare(a->table_name, b->table_name);

    if (order == 0)
        order = (a->kind > b->kind) - (a->kind < b->kind);
    if (order == 0)
        order = (a->engine_id > b->engine_id) - (a->engine_id < b->engine_id);
    if (order == 0)
        order = ckpt_str_compare(a->path, b->path);
    if (order == 0)
        order = (a->offset > b->offset) - (a->offset < b->offset);
    return order;
}

/* ---- Delivery ------------------------------------------------------------------------------ */

/* Calls the callback for that kind of record, if there is one, and returns its answer. */
static inline int ckpt_deliver(const struct ckpt_visitor *visitor, uint32_t kind,
                               const union ckpt_record *record)
{
    if (kind == CKPT_PUT_TASK && visitor->task)
        return visitor->task(&record->task, visitor->payload);
    if (kind == CKPT_PUT_TABLE && visitor->table)
        return visitor->table(&record->table, visitor->payload);
    if (kind == CKPT_PUT_ENGINE && visitor->engine)
        return visitor->engine(&record->engine, visitor->payload);
    if (kind == CKPT_PUT_CHUNK && visitor->chunk)
        return visitor->chunk(&record->chunk, visitor->payload);
    if (kind == CKPT_PUT_SOURCE && visitor->source)
        return visitor->source(&record->source, visitor->payload);
    if (kind == CKPT_PUT_FAILURE && visitor->failure)
        return visitor->failure(&record->failure, visitor->payload);
    return 0;
}

/* Whether a filter (enum ckpt_filter) lets a table of this status through. */
static inline int ckpt_filter_passes(uint32_t filter, uint32_t status)
{
    return filter == CKPT_FILTER_INVALID      ? status <= 25
           : filter == CKPT_FILTER_UNFINISHED ? status < 200
                                              : 1;
}

/* ---- Index --------------------------------------------------------------------------------- */

/* Zero-filled is empty, too. */
static inline void ckpt_index_clear(struct ckpt_index *index)
{
    index->count = 0;
}

static inline void ckpt_index_free(struct ckpt_index *index)
{
    free(index->entries);
    memset(index, 0, sizeof(*index));
}

/* Where a change stands among those of its table: records by kind, a delete just before what it
   deletes. */
static inline uint32_t ckpt_place_of(uint32_t kind)
{
    if (kind == CKPT_DELETE_TABLE)
        return 2 * CKPT_PUT_TABLE - 1;
    if (kind == CKPT_DELETE_FAILURES)
        return 2 * CKPT_PUT_FAILURE - 1;
    return 2 * kind;
}

/* Takes one change (as ckpt_write_change() wrote it) from the front of *from. CKPT_ERR_CORRUPT: it
   is none; CKPT_ERR_NOMEM. */
static inline int ckpt_index_add(struct ckpt_index *index, struct ckpt_str *from)
{
    const char *begin = from->data;
    union ckpt_record record;
    struct ckpt_change change;
    struct ckpt_entry *entry;

    if (ckpt_read_change(from, &change, &record) != 0)
        return CKPT_ERR_CORRUPT;
    if (change.kind == CKPT_DELETE_ALL) {
        index->count = 0;
        return CKPT_OK;
    }
    if (index->count == index->size) {
        size_t size = index->size + index->size / 2 + 16;
        void *larger = realloc(index->entries, size * sizeof(*entry));

        if (!larger)
            return CKPT_ERR_NOMEM;
        index->entries = (struct ckpt_entry *)larger;
        index->size = size;
    }
    entry = &index->entries[index->count++];
    entry->key = ckpt_key_of(&change);
    entry->key.kind = ckpt_place_of(change.kind);
    entry->change.data = begin;
    entry->change.len = (size_t)(from->data - begin);
    return CKPT_OK;
}

/* Of the same key the older change first. */
static inline int ckpt_entry_compare(const void *left, const void *right)
{
    const struct ckpt_entry *a = (const struct ckpt_entry *)left;
    const struct ckpt_entry *b = (const struct ckpt_entry *)right;
    int order = ckpt_key_compare(&a->key, &b->key);

    if (order != 0)
        return order;
    return (a->change.data > b->change.data) - (a->change.data < b->change.data);
}

/* Sorts the changes and leaves the records: the last put of each key that no later delete covers.
   Their kinds are those of enum ckpt_change_kind again. */
static inline void ckpt_index_settle(struct ckpt_index *index)
{
    struct ckpt_entry *e = index->entries;
    const char *deleted = NULL; /* the newest delete that covers what comes next */
    size_t count = index->count;

    index->count = 0;
    if (count > 0)
        qsort(e, count, sizeof(*e), ckpt_entry_compare);
    for (size_t i = 0; i < count; i++) {
        int is_delete = e[i].key.kind % 2 != 0;
        int is_newest = i + 1 == count || ckpt_key_compare(&e[i].key, &e[i + 1].key) != 0;
        int ends_table =
            i + 1 == count || ckpt_str_compare(e[i].key.table_name, e[i + 1].key.table_name) != 0;
        int is_covered = deleted && e[i].change.data < deleted;

        if (is_delete && !is_covered)
            deleted = e[i].change.data;
        if (!is_delete && is_newest && !is_covered) {
            e[index->count] = e[i];
            e[index->count++].key.kind /= 2;
        }
        if (ends_table)
            deleted = NULL;
    }
}

/* The number of the first entry at or behind a key. */
static inline size_t ckpt_index_find(const struct ckpt_index *index, const struct ckpt_key *key)
{
    size_t low = 0;
    size_t high = index->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ckpt_key_compare(&index->entries[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static inline int ckpt_index_read(union ckpt_record *record_out, const struct ckpt_entry *entry)
{
    struct ckpt_str from = entry->change;
    struct ckpt_change change;

    return ckpt_read_change(&from, &change, record_out);
}

/* As the method load_task for a table without a name and CKPT_PUT_TASK, as load_table for a name
   and CKPT_PUT_TABLE: CKPT_NOT_FOUND if there is no such record. */
static inline int ckpt_index_load(const struct ckpt_index *index, struct ckpt_str name,
                                  uint32_t kind, const struct ckpt_visitor *visitor)
{
    union ckpt_record record;
    struct ckpt_key key;
    size_t i;
    int rc = CKPT_NOT_FOUND;

    memset(&key, 0, sizeof(key));
    key.table_name = name;
    key.kind = kind;
    i = ckpt_index_find(index, &key);
    if (i == index->count || ckpt_key_compare(&index->entries[i].key, &key) != 0)
        return CKPT_NOT_FOUND;
    for (; i < index->count; i++) {
        if (ckpt_str_compare(index->entries[i].key.table_name, name) != 0)
            break;
        (void)ckpt_index_read(&record, &index->entries[i]); /* was read once by add */
        rc = ckpt_deliver(visitor, index->entries[i].key.kind, &record);
        if (rc != 0)
            break;
    }
    return rc;
}

/* As the method each_table. */
static inline int ckpt_index_each_table(const struct ckpt_index *index, uint32_t filter,
                                        const struct ckpt_visitor *visitor)
{
    union ckpt_record record;
    int rc = CKPT_OK;

    for (size_t i = 0; i < index->count && rc == CKPT_OK; i++) {
        if (index->entries[i].key.kind != CKPT_PUT_TABLE)
            continue;
        (void)ckpt_index_read(&record, &index->entries[i]);
        if (ckpt_filter_passes(filter, record.table.status))
            rc = ckpt_deliver(visitor, CKPT_PUT_TABLE, &record);
    }
    return rc;
}

#ifdef __cplusplus
}
#endif

#endif
