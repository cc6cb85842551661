/* SPDX-License-Identifier: Apache-2.0 */
/* Reading records. */
#include "load.h"

#include <string.h>

#include "connect.h"
#include "decode.h"
#include "layout.h"

#define WHAT "cannot read the checkpoint"

static void clear(struct ckpt_error *err)
{
    uint32_t size = err->struct_size;

    memset(err, 0, size);
    err->struct_size = size;
}

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
    if (!store->read_only)
        return CKPT_ERR_CORRUPT; /* it was there when it was opened: the message is set */
    clear(err);
    return CKPT_NOT_FOUND;
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

static void put_select_list(struct ckmy_buf *sql, const struct ckmy_kind *kind)
{
    size_t i;

    ckmy_puts(sql, "SELECT ");
    for (i = 0; i < kind->column_count; i++) {
        const struct ckmy_column *column = &kind->columns[i];

        if (column->type == CKMY_CONST)
            continue;
        ckmy_puts(sql, column->type == CKMY_TIME ? "UNIX_TIMESTAMP(c.`" : "c.`");
        ckmy_puts(sql, column->name);
        ckmy_puts(sql, column->type == CKMY_TIME ? "`)," : "`,");
    }
}

/* By the bytes of the name, which are elsewhere when the column has them escaped. */
static void put_order(struct ckmy_buf *sql, const struct ckmy_kind *kind, bool with_extra)
{
    ckmy_puts(sql, " ORDER BY ");
    if (kind->number == CKPT_PUT_CHUNK) /* unsigned in the table: the negative ones are big */
        ckmy_puts(sql, "c.engine_id<2147483648,");
    if (kind->has_engine)
        ckmy_puts(sql, "c.engine_id,");
    ckmy_puts(sql, with_extra ? "COALESCE(e.raw_name,CAST(c." : "CAST(c.");
    ckmy_puts(sql, kind->has_path ? "path" : "table_name");
    ckmy_puts(sql, with_extra ? " AS BINARY))" : " AS BINARY)");
    if (kind->has_offset)
        ckmy_puts(sql, ",c.`offset`");
}

static void put_join(struct ckmy_buf *sql, const struct ckmy_kind *kind)
{
    ckmy_puts(sql, " LEFT JOIN " CKMY_EXTRA_TABLE " e ON e.kind=");
    ckmy_put_u64(sql, kind->number);
    ckmy_puts(sql, " AND e.table_name=");
    ckmy_puts(sql, kind->number == CKPT_PUT_TASK ? "''" : "c.table_name");
    ckmy_puts(sql, kind->has_engine ? " AND e.engine_id=c.engine_id" : " AND e.engine_id=0");
    ckmy_puts(sql, kind->has_path ? " AND e.path=c.path" : " AND e.path=''");
    ckmy_puts(sql, kind->has_offset ? " AND e.`offset`=c.`offset`" : " AND e.`offset`=0");
}

/* condition continues a WHERE; name, if any, ends it. */
static void put_query(struct ckmy_buf *sql, const struct ckmy_kind *kind, bool with_extra,
                      const char *condition, const struct ckpt_str *name)
{
    ckmy_buf_clear(sql);
    put_select_list(sql, kind);
    ckmy_puts(sql, with_extra ? "e.kind,e.planned,e.raw_name,e.lost,e.extra"
                              : "NULL,NULL,NULL,NULL,NULL");
    ckmy_puts(sql, " FROM ");
    ckmy_puts(sql, kind->table);
    ckmy_puts(sql, " c");
    if (with_extra)
        put_join(sql, kind);
    ckmy_puts(sql, " WHERE ");
    ckmy_puts(sql, condition);
    if (name)
        (void)ckmy_put_text(sql, *name, SIZE_MAX, true);
    if (kind->number != CKPT_PUT_TASK)
        put_order(sql, kind, with_extra);
}

/* Sends store->sql and delivers its rows. *rows_out counts them. */
static int stream(struct ckpt_store *store, const struct ckmy_kind *kind,
                  const struct ckpt_str *table_name, const struct ckpt_visitor *visitor,
                  size_t *rows_out, struct ckpt_error *err)
{
    MYSQL_RES *result;
    MYSQL_ROW row;
    union ckmy_record record;
    int rc = ckmy_query_buf(store, &result, WHAT, err);

    if (rc != CKPT_OK)
        return rc;
    while (rc == CKPT_OK && (row = mysql_fetch_row(result)) != NULL) {
        rc = ckmy_decode(&record, kind, row, mysql_fetch_lengths(result), table_name, err);
        if (rc == CKPT_OK)
            rc = deliver(kind, &record, visitor);
        (*rows_out)++;
    }
    if (rc == CKPT_OK && mysql_errno(store->connection) != 0)
        rc = ckmy_fail(store, WHAT, err);
    mysql_free_result(result);
    return rc;
}

/* *any_out: a record of the kind of that table has a row in extra_v1. Without one, sorting needs
   no join, which is what makes the difference for 100,000 chunks. */
static int has_extra(struct ckpt_store *store, const struct ckmy_kind *kind, struct ckpt_str name,
                     bool *any_out, struct ckpt_error *err)
{
    struct ckmy_buf *sql = &store->sql;
    MYSQL_RES *result;
    int rc;

    ckmy_buf_clear(sql);
    ckmy_puts(sql, "SELECT 1 FROM " CKMY_EXTRA_TABLE " WHERE kind=");
    ckmy_put_u64(sql, kind->number);
    ckmy_puts(sql, " AND table_name=");
    (void)ckmy_put_text(sql, name, SIZE_MAX, true);
    ckmy_puts(sql, " LIMIT 1");
    rc = ckmy_query_buf(store, &result, WHAT, err);
    if (rc != CKPT_OK)
        return rc;
    *any_out = mysql_fetch_row(result) != NULL;
    if (!*any_out && mysql_errno(store->connection) != 0)
        rc = ckmy_fail(store, WHAT, err);
    mysql_free_result(result);
    return rc;
}

static int walk_table(struct ckpt_store *store, struct ckpt_str name,
                      const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    size_t rows = 0;
    unsigned number;
    int rc;

    put_query(&store->sql, ckmy_kind(CKPT_PUT_TABLE), true, "c.table_name=", &name);
    rc = stream(store, ckmy_kind(CKPT_PUT_TABLE), &name, visitor, &rows, err);
    if (rc == CKPT_OK && rows == 0)
        return CKPT_NOT_FOUND;
    for (number = CKPT_PUT_ENGINE; rc == CKPT_OK && number <= CKMY_KIND_LAST; number++) {
        const struct ckmy_kind *kind = ckmy_kind(number);
        bool with_extra = true;

        if (!is_wanted(kind, visitor))
            continue;
        rc = has_extra(store, kind, name, &with_extra, err);
        if (rc != CKPT_OK)
            break;
        put_query(&store->sql, kind, with_extra, "c.table_name=", &name);
        rc = stream(store, kind, &name, visitor, &rows, err);
    }
    return rc;
}

int ckmy_load_task(struct ckpt_store *store, const struct ckpt_visitor *visitor,
                   struct ckpt_error *err)
{
    const struct ckmy_kind *kind = ckmy_kind(CKPT_PUT_TASK);
    size_t rows = 0;
    int rc = begin(store, err);

    if (rc != CKPT_OK)
        return rc;
    put_query(&store->sql, kind, true, "c.id=1", NULL);
    rc = stream(store, kind, NULL, visitor, &rows, err);
    return end(store, rc == CKPT_OK && rows == 0 ? CKPT_NOT_FOUND : rc);
}

int ckmy_load_table(struct ckpt_store *store, struct ckpt_str name,
                    const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    int rc = begin(store, err);

    if (rc != CKPT_OK)
        return rc;
    return end(store, walk_table(store, name, visitor, err));
}

int ckmy_each_table(struct ckpt_store *store, uint32_t filter, const struct ckpt_visitor *visitor,
                    struct ckpt_error *err)
{
    const struct ckmy_kind *kind = ckmy_kind(CKPT_PUT_TABLE);
    const char *condition = "1=1";
    size_t rows = 0;
    int rc;

    if (filter == CKPT_FILTER_INVALID)
        condition = "c.status<=25";
    else if (filter == CKPT_FILTER_UNFINISHED)
        condition = "c.status<200";
    else if (filter != CKPT_FILTER_ALL)
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, WHAT ": unknown filter %u", (unsigned)filter);
    rc = begin(store, err);
    if (rc == CKPT_NOT_FOUND)
        return CKPT_OK;
    if (rc != CKPT_OK)
        return rc;
    put_query(&store->sql, kind, true, condition, NULL);
    return end(store, stream(store, kind, NULL, visitor, &rows, err));
}
