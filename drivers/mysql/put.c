/* SPDX-License-Identifier: Apache-2.0 */
/* Puts as INSERT ... ON DUPLICATE KEY UPDATE. */
#include "put.h"

#include <string.h>

#include "connect.h"

#define FLUSH_BYTES (256u * 1024u) /* well below any server's max_allowed_packet */
#define BAD_NULL 1048

void ckmy_puts_done(struct ckmy_puts_of *put)
{
    ckmy_buf_done(&put->lost);
    ckmy_buf_done(&put->row);
    ckmy_buf_done(&put->extra);
    ckmy_buf_done(&put->no_extra);
}

static void put_columns(struct ckmy_buf *sql, const char *table, const struct ckmy_column *columns,
                        size_t count)
{
    size_t i;

    ckmy_puts(sql, "INSERT INTO ");
    ckmy_puts(sql, table);
    for (i = 0; i < count; i++) {
        ckmy_puts(sql, i == 0 ? " (`" : "`,`");
        ckmy_puts(sql, columns[i].name);
    }
    ckmy_puts(sql, "`) VALUES ");
}

/* A primary key has the first 500 characters of a path. Should two paths agree in them, in spite of
   the digest (see text.h), the CASE is NULL in a NOT NULL column: an error, and no overwrite. */
static void put_update(struct ckmy_buf *sql, const struct ckmy_column *columns, size_t count)
{
    bool first = true;
    size_t i;

    ckmy_puts(sql, " ON DUPLICATE KEY UPDATE ");
    for (i = 0; i < count; i++) {
        const char *name = columns[i].name;
        bool path = strcmp(name, "path") == 0;

        if (columns[i].key && !path)
            continue;
        ckmy_puts(sql, first ? "`" : ",`");
        ckmy_puts(sql, name);
        ckmy_puts(sql, path ? "`=CASE WHEN `path`=VALUES(`path`) THEN " : "`=");
        ckmy_puts(sql, "VALUES(`");
        ckmy_puts(sql, name);
        ckmy_puts(sql, path ? "`) END" : "`)");
        first = false;
    }
}

static int run(struct ckpt_store *store, struct ckmy_buf *sql, struct ckpt_error *err)
{
    int rc;

    if (sql->failed)
        return ckmy_no_memory(err);
    rc = ckmy_run(store, sql->data, sql->len, CKMY_SAVING, err);

    ckmy_buf_clear(sql);
    if (rc != CKPT_OK && err->native_code == BAD_NULL) {
        (void)ckpt_error_set(err, CKPT_ERR, BAD_NULL,
                             CKMY_SAVING " in %s: two paths of one table have the same first 500 "
                                         "characters",
                             store->where);
        return ckpt_error_hint(err, CKPT_ERR, "shorten the names of the directories");
    }
    return rc;
}

/* Sends each statement that is longer than min_bytes. Memory that ran out is an error. */
static int flush(struct ckmy_puts_of *put, size_t min_bytes, struct ckpt_error *err)
{
    size_t count;
    const struct ckmy_column *columns = ckmy_extra_columns(&count);
    int rc = CKPT_OK;

    if (put->lost.failed || put->row.failed || put->extra.failed || put->no_extra.failed)
        return ckmy_no_memory(err);
    if (put->row.len > min_bytes) {
        put_update(&put->row, put->kind->columns, put->kind->column_count);
        rc = run(put->store, &put->row, err);
    }
    if (rc == CKPT_OK && put->no_extra.len > min_bytes)
        rc = run(put->store, &put->no_extra, err);
    if (rc == CKPT_OK && put->extra.len > min_bytes) {
        put_update(&put->extra, columns, count);
        rc = run(put->store, &put->extra, err);
    }
    return rc;
}

static void put_no_extra(struct ckmy_puts_of *put, const struct ckmy_key *key)
{
    struct ckmy_buf *sql = &put->no_extra;

    ckmy_puts(sql, sql->len == 0 ? "DELETE FROM " CKMY_EXTRA_TABLE " WHERE (kind=" : " OR (kind=");
    ckmy_put_u64(sql, put->kind->number);
    ckmy_puts(sql, " AND table_name=");
    (void)ckmy_put_key(sql, key->table_name);
    ckmy_puts(sql, " AND engine_id=");
    ckmy_put_i64(sql, key->engine_id);
    ckmy_puts(sql, " AND path=");
    (void)ckmy_put_key(sql, key->path);
    ckmy_puts(sql, " AND `offset`=");
    ckmy_put_i64(sql, key->offset);
    ckmy_puts(sql, ")");
}

static void put_blob(struct ckmy_buf *sql, const char *data, size_t len)
{
    ckmy_puts(sql, ",");
    if (len == 0)
        ckmy_puts(sql, "NULL");
    else
        ckmy_put_hex(sql, data, len);
}

static void put_extra(struct ckmy_puts_of *put, const struct ckmy_key *key,
                      const union ckmy_record *record, struct ckpt_str raw_name)
{
    struct ckpt_str extra = ckmy_field_str(record, put->kind->extra_offset);
    struct ckmy_buf *sql = &put->extra;
    size_t count;
    const struct ckmy_column *columns = ckmy_extra_columns(&count);

    if (sql->len == 0)
        put_columns(sql, CKMY_EXTRA_TABLE, columns, count);
    else
        ckmy_puts(sql, ",");
    ckmy_puts(sql, "(");
    ckmy_put_u64(sql, put->kind->number);
    ckmy_puts(sql, ",");
    (void)ckmy_put_key(sql, key->table_name);
    ckmy_puts(sql, ",");
    ckmy_put_i64(sql, key->engine_id);
    ckmy_puts(sql, ",");
    (void)ckmy_put_key(sql, key->path);
    ckmy_puts(sql, ",");
    ckmy_put_i64(sql, key->offset);
    if (put->kind->number == CKPT_PUT_TASK)
        ckmy_puts(sql, record->task.planned ? ",1" : ",0");
    else
        ckmy_puts(sql, ",NULL");
    put_blob(sql, raw_name.data, raw_name.len);
    put_blob(sql, put->lost.data, put->lost.len);
    put_blob(sql, extra.data, extra.len);
    ckmy_puts(sql, ")");
}

/* The name by which records of the kind are sorted, if its stored form is another one. */
static struct ckpt_str raw_name_of(const struct ckmy_kind *kind, const struct ckmy_key *key)
{
    struct ckmy_buf scratch = {0};
    struct ckpt_str name = {NULL, 0};

    if (kind->has_path)
        name = key->path;
    else if (kind->number == CKPT_PUT_TABLE)
        name = key->table_name;
    if (ckmy_put_key(&scratch, name))
        name.len = 0;
    ckmy_buf_done(&scratch);
    return name;
}

int ckmy_put_record(struct ckmy_puts_of *put, const void *host_record, struct ckpt_error *err)
{
    union ckmy_record record;
    struct ckmy_key key;
    struct ckpt_str raw_name;

    ckmy_record_copy(&record, put->kind, host_record);
    key = ckmy_key_of(put->kind, &record);
    raw_name = raw_name_of(put->kind, &key);
    if (put->row.len == 0)
        put_columns(&put->row, put->kind->table, put->kind->columns, put->kind->column_count);
    else
        ckmy_puts(&put->row, ",");
    ckmy_buf_clear(&put->lost);
    ckmy_encode(&put->row, &put->lost, put->kind, &record);
    if (put->lost.len > 0 || raw_name.len > 0 || put->kind->number == CKPT_PUT_TASK ||
        ckmy_field_str(&record, put->kind->extra_offset).len > 0)
        put_extra(put, &key, &record, raw_name);
    else
        put_no_extra(put, &key);
    return flush(put, FLUSH_BYTES, err);
}

int ckmy_puts_end(struct ckmy_puts_of *put, struct ckpt_error *err)
{
    return flush(put, 0, err);
}
