/* SPDX-License-Identifier: Apache-2.0 */
/* Building SELECTs. */
#include "query.h"

static void put_columns(struct ckmy_buf *sql, const struct ckmy_query *query)
{
    const struct ckmy_kind *kind = query->kind;
    size_t i;

    for (i = 0; i < kind->column_count; i++) {
        const struct ckmy_column *column = &kind->columns[i];

        if (column->type == CKMY_CONST)
            continue;
        ckmy_puts(sql, column->type == CKMY_TIME ? "UNIX_TIMESTAMP(c.`" : "c.`");
        ckmy_puts(sql, column->name);
        ckmy_puts(sql, column->type == CKMY_TIME ? "`)," : "`,");
    }
    ckmy_puts(sql, query->with_extra ? "e.kind,e.planned,e.raw_name,e.lost,e.extra"
                                     : "NULL,NULL,NULL,NULL,NULL");
}

static void put_keys(struct ckmy_buf *sql, const struct ckmy_query *query)
{
    ckmy_puts(sql, query->kind->has_engine ? "c.engine_id," : "0,");
    ckmy_puts(sql, query->with_extra ? "COALESCE(e.raw_name,CAST(c.path AS BINARY))," : "c.path,");
    ckmy_puts(sql, query->kind->has_offset ? "c.`offset`" : "0");
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

/* By the bytes of the name, which are elsewhere when the column has them escaped. */
static void put_sort(struct ckmy_buf *sql, const struct ckmy_query *query)
{
    const struct ckmy_kind *kind = query->kind;

    if (kind->number == CKPT_PUT_CHUNK) /* unsigned in the table: the negative ones are big */
        ckmy_puts(sql, "c.engine_id<2147483648,");
    if (kind->has_engine)
        ckmy_puts(sql, "c.engine_id,");
    ckmy_puts(sql, query->with_extra ? "COALESCE(e.raw_name,CAST(c." : "CAST(c.");
    ckmy_puts(sql, kind->has_path ? "path" : "table_name");
    ckmy_puts(sql, query->with_extra ? " AS BINARY))" : " AS BINARY)");
    if (kind->has_offset)
        ckmy_puts(sql, ",c.`offset`");
}

/* A scan in the order of a key that goes on behind table_name with a path only. With "=" MariaDB
   sorts, as the name, compared without trailing spaces, is no constant to it; a range it does not
   sort. */
static void put_name_range(struct ckmy_buf *sql, struct ckpt_str name)
{
    ckmy_puts(sql, "c.table_name>=");
    (void)ckmy_put_key(sql, name);
    ckmy_puts(sql, " AND c.table_name<=");
    (void)ckmy_put_key(sql, name);
}

void ckmy_put_query(struct ckmy_buf *sql, const struct ckmy_query *query)
{
    ckmy_buf_clear(sql);
    ckmy_puts(sql, "SELECT ");
    if (query->keys_only)
        put_keys(sql, query);
    else
        put_columns(sql, query);
    ckmy_puts(sql, " FROM ");
    ckmy_puts(sql, query->kind->table);
    ckmy_puts(sql, query->scan ? " c FORCE INDEX (PRIMARY)" : " c");
    if (query->with_extra)
        put_join(sql, query->kind);
    ckmy_puts(sql, " WHERE ");
    if (query->scan && !query->kind->has_engine) {
        put_name_range(sql, *query->name);
    } else {
        ckmy_puts(sql, query->condition);
        if (query->name)
            (void)ckmy_put_key(sql, *query->name);
    }
    if (query->kind->number == CKPT_PUT_TASK)
        return;
    ckmy_puts(sql, " ORDER BY ");
    if (!query->scan)
        put_sort(sql, query);
    else
        ckmy_puts(sql, query->kind->has_engine ? "c.engine_id" : "c.table_name");
}
