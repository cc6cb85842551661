/* SPDX-License-Identifier: Apache-2.0 */
/* Reading records. */
#include "load.h"

#include <stdlib.h>
#include <string.h>

#include "connect.h"
#include "decode.h"
#include "error.h"
#include "layout.h"
#include "order.h"
#include "query.h"

#define WHAT "cannot read the checkpoint"

/* CKPT_NOT_FOUND: the store is open read-only and does not exist. */
static int begin(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc = ckmy_begin(store, true, WHAT, err);

    if (rc == CKPT_OK && !store->layout_seen) {
        rc = ckmy_layout_inspect(store, err);
        store->layout_seen = rc == CKPT_OK;
        if (rc != CKPT_OK)
            ckmy_end(store);
    }
    if (rc != CKPT_NOT_FOUND)
        return rc;
    ckmy_error_clear(err);
    if (store->read_only)
        return CKPT_NOT_FOUND;
    (void)ckpt_error_set(err, CKPT_ERR_CORRUPT, 0, WHAT " in %s: its tables are gone",
                         store->where);
    return ckpt_error_hint(err, CKPT_ERR_CORRUPT, "somebody removed them while they were in use");
}

/* Somebody may have removed or changed the tables: the next call looks at them again. */
static int end(struct ckpt_store *store, int rc)
{
    if (rc == CKPT_ERR_CORRUPT)
        store->layout_seen = false;
    ckmy_end(store);
    return rc;
}

static bool is_wanted(const struct ckmy_kind *kind, const struct ckpt_visitor *visitor)
{
    switch (kind->number) {
    case CKPT_PUT_TASK:
        return visitor->task != NULL;
    case CKPT_PUT_TABLE:
        return visitor->table != NULL;
    case CKPT_PUT_ENGINE:
        return visitor->engine != NULL;
    case CKPT_PUT_CHUNK:
        return visitor->chunk != NULL;
    case CKPT_PUT_SOURCE:
        return visitor->source != NULL;
    default:
        return visitor->failure != NULL;
    }
}

static int deliver(const struct ckmy_kind *kind, const union ckmy_record *record,
                   const struct ckpt_visitor *visitor)
{
    if (!is_wanted(kind, visitor))
        return CKPT_OK;
    switch (kind->number) {
    case CKPT_PUT_TASK:
        return visitor->task(&record->task, visitor->payload);
    case CKPT_PUT_TABLE:
        return visitor->table(&record->table, visitor->payload);
    case CKPT_PUT_ENGINE:
        return visitor->engine(&record->engine, visitor->payload);
    case CKPT_PUT_CHUNK:
        return visitor->chunk(&record->chunk, visitor->payload);
    case CKPT_PUT_SOURCE:
        return visitor->source(&record->source, visitor->payload);
    default:
        return visitor->failure(&record->failure, visitor->payload);
    }
}

/* A walk over the records of one kind. */
struct walk {
    struct ckpt_store *store;
    struct ckmy_query query;
    const struct ckpt_visitor *visitor;
    struct ckmy_order order; /* with query.scan */
    size_t rows;             /* delivered, or met */
};

static int out_of_order(struct walk *walk, struct ckpt_error *err)
{
    (void)ckpt_error_set(err, CKPT_ERR, 0, WHAT " in %s: rows of %s came in a wrong order",
                         walk->store->where, walk->query.kind->table);
    return CKPT_ERR;
}

static int visit(struct walk *walk, MYSQL_ROW row, const unsigned long *lengths,
                 struct ckpt_error *err)
{
    const struct ckmy_kind *kind = walk->query.kind;
    union ckmy_record record;
    int rc = ckmy_decode(&record, kind, row, lengths, walk->query.name, err);

    if (rc == CKPT_OK && walk->query.scan) {
        struct ckmy_key key = ckmy_key_of(kind, &record);

        if (!ckmy_in_order(&walk->order, (int32_t)key.engine_id, key.path, key.offset))
            rc = out_of_order(walk, err);
    }
    walk->rows++;
    return rc == CKPT_OK ? deliver(kind, &record, walk->visitor) : rc;
}

static int stream(struct walk *walk, struct ckpt_error *err)
{
    struct ckpt_store *store = walk->store;
    MYSQL_RES *result;
    MYSQL_ROW row;
    int rc;

    ckmy_put_query(&store->sql, &walk->query);
    rc = ckmy_query_buf(store, &result, WHAT, err);
    if (rc != CKPT_OK)
        return rc;
    while (rc == CKPT_OK && (row = mysql_fetch_row(result)) != NULL)
        rc = visit(walk, row, mysql_fetch_lengths(result), err);
    if (rc == CKPT_OK && mysql_errno(store->connection) != 0)
        rc = ckmy_fail(store, WHAT, err);
    mysql_free_result(result);
    return rc;
}

/* Sets query.scan if the primary key has the records in order, see query.h. */
static int choose_order(struct walk *walk, struct ckpt_error *err)
{
    struct ckpt_store *store = walk->store;
    struct ckmy_query keys = walk->query;
    struct ckmy_order order = {0};
    bool in_order = true;
    MYSQL_RES *result;
    MYSQL_ROW row;
    int rc;

    keys.scan = true;
    keys.keys_only = true;
    ckmy_put_query(&store->sql, &keys);
    rc = ckmy_query_buf(store, &result, WHAT, err);
    if (rc != CKPT_OK)
        return rc;
    while (in_order && (row = mysql_fetch_row(result)) != NULL) {
        const unsigned long *lengths = mysql_fetch_lengths(result);
        int64_t engine_id = strtoll(row[0], NULL, 10), offset = strtoll(row[2], NULL, 10);

        in_order = ckmy_in_order(&order, (int32_t)engine_id, ckmy_str(row[1], lengths[1]), offset);
    }
    if (in_order && mysql_errno(store->connection) != 0)
        rc = ckmy_fail(store, WHAT, err);
    mysql_free_result(result);
    walk->query.scan = in_order;
    return rc;
}

/* Sets query.with_extra: without a row in extra_v1 there is nothing to join. */
static int look_for_extra(struct walk *walk, struct ckpt_error *err)
{
    struct ckpt_store *store = walk->store;
    struct ckmy_buf *sql = &store->sql;
    MYSQL_RES *result;
    int rc;

    ckmy_buf_clear(sql);
    ckmy_puts(sql, "SELECT 1 FROM " CKMY_EXTRA_TABLE " WHERE kind=");
    ckmy_put_u64(sql, walk->query.kind->number);
    ckmy_puts(sql, " AND table_name=");
    (void)ckmy_put_key(sql, *walk->query.name);
    ckmy_puts(sql, " LIMIT 1");
    rc = ckmy_query_buf(store, &result, WHAT, err);
    if (rc != CKPT_OK)
        return rc;
    walk->query.with_extra = mysql_fetch_row(result) != NULL;
    if (!walk->query.with_extra && mysql_errno(store->connection) != 0)
        rc = ckmy_fail(store, WHAT, err);
    mysql_free_result(result);
    return rc;
}

/* The records of one kind below a table. */
static int walk_kind(struct walk *walk, struct ckpt_error *err)
{
    int rc = look_for_extra(walk, err);

    walk->query.scan = false;
    memset(&walk->order, 0, sizeof(walk->order));
    if (rc == CKPT_OK && walk->query.kind->has_path)
        rc = choose_order(walk, err);
    return rc == CKPT_OK ? stream(walk, err) : rc;
}

static int walk_table(struct walk *walk, struct ckpt_error *err)
{
    unsigned number;
    int rc = stream(walk, err);

    if (rc == CKPT_OK && walk->rows == 0)
        return CKPT_NOT_FOUND;
    for (number = CKPT_PUT_ENGINE; rc == CKPT_OK && number <= CKMY_KIND_LAST; number++) {
        walk->query.kind = ckmy_kind(number);
        if (is_wanted(walk->query.kind, walk->visitor))
            rc = walk_kind(walk, err);
    }
    return rc;
}

int ckmy_load_task(struct ckpt_store *store, const struct ckpt_visitor *visitor,
                   struct ckpt_error *err)
{
    struct walk walk = {
        .store = store,
        .query = {.kind = ckmy_kind(CKPT_PUT_TASK), .condition = "c.id=1", .with_extra = true},
        .visitor = visitor,
    };
    int rc = begin(store, err);

    if (rc != CKPT_OK)
        return rc;
    rc = stream(&walk, err);
    return end(store, rc == CKPT_OK && walk.rows == 0 ? CKPT_NOT_FOUND : rc);
}

int ckmy_load_table(struct ckpt_store *store, struct ckpt_str name,
                    const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    struct walk walk = {
        .store = store,
        .query = {.kind = ckmy_kind(CKPT_PUT_TABLE),
                  .condition = "c.table_name=",
                  .name = &name,
                  .with_extra = true},
        .visitor = visitor,
    };
    int rc = begin(store, err);

    return rc == CKPT_OK ? end(store, walk_table(&walk, err)) : rc;
}

int ckmy_each_table(struct ckpt_store *store, uint32_t filter, const struct ckpt_visitor *visitor,
                    struct ckpt_error *err)
{
    static const char *const conditions[] = {"1=1", "c.status<=25", "c.status<200"};
    struct walk walk = {
        .store = store,
        .query = {.kind = ckmy_kind(CKPT_PUT_TABLE), .with_extra = true},
        .visitor = visitor,
    };
    int rc;

    if (filter >= sizeof(conditions) / sizeof(conditions[0]))
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, WHAT ": unknown filter %u", (unsigned)filter);
    walk.query.condition = conditions[filter];
    rc = begin(store, err);
    if (rc == CKPT_NOT_FOUND)
        return CKPT_OK;
    return rc == CKPT_OK ? end(store, stream(&walk, err)) : rc;
}
