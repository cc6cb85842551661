/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes: one immediate transaction for each apply.
 */
#include <string.h>

#include "drivers/file/file_store.h"

/* The place of a record's extra. */
struct extra_key {
    const char *kind;
    struct ckpt_str table;
    int32_t engine;
    struct ckpt_str path;
    int64_t offset;
};

static int put_extra(struct ckpt_store *store, struct extra_key key, struct ckpt_str extra,
                     struct ckpt_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = file_statement(&s, store, extra.len ? FILE_PUT_EXTRA : FILE_DELETE_EXTRA, err);

    if (rc != CKPT_OK)
        return rc;
    file_bind_text(s, 1, key.table);
    sqlite3_bind_text(s, 2, key.kind, -1, SQLITE_STATIC);
    sqlite3_bind_int(s, 3, key.engine);
    file_bind_text(s, 4, key.path);
    sqlite3_bind_int64(s, 5, key.offset);
    if (extra.len)
        file_bind_blob(s, 6, extra);
    return file_step_done(store, s, err);
}

static int put_task(struct ckpt_store *store, const struct ckpt_task *t, struct ckpt_error *err)
{
    static const char one[] = "1";
    struct ckpt_str planned = {one, t->planned ? 1 : 0};
    sqlite3_stmt *s = NULL;
    int rc = file_statement(&s, store, FILE_PUT_TASK, err);

    if (rc != CKPT_OK)
        return rc;
    sqlite3_bind_int64(s, 1, t->task_id);
    file_bind_text(s, 2, t->source_dir);
    file_bind_text(s, 3, t->backend);
    file_bind_text(s, 4, t->importer_addr);
    file_bind_text(s, 5, t->target_host);
    sqlite3_bind_int(s, 6, t->target_port);
    file_bind_text(s, 7, t->pd_addr);
    file_bind_text(s, 8, t->sorted_kv_dir);
    file_bind_text(s, 9, t->version);
    rc = file_step_done(store, s, err);
    if (rc == CKPT_OK)
        rc = put_extra(store, (struct extra_key){.kind = "planned"}, planned, err);
    if (rc == CKPT_OK)
        rc = put_extra(store, (struct extra_key){.kind = "task"}, t->extra, err);
    return rc;
}

static int put_table(struct ckpt_store *store, const struct ckpt_table *t, struct ckpt_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = file_statement(&s, store, FILE_PUT_TABLE, err);

    if (rc != CKPT_OK)
        return rc;
    file_bind_text(s, 1, t->name);
    sqlite3_bind_int64(s, 2, t->task_id);
    file_bind_blob(s, 3, t->hash);
    sqlite3_bind_int64(s, 4, t->status);
    sqlite3_bind_int64(s, 5, t->table_id);
    file_bind_text(s, 6, t->table_info);
    file_bind_time(s, 7, t->create_time);
    file_bind_time(s, 8, t->update_time);
    sqlite3_bind_int64(s, 9, (int64_t)t->kv_bytes);
    sqlite3_bind_int64(s, 10, (int64_t)t->kv_kvs);
    sqlite3_bind_int64(s, 11, (int64_t)t->kv_checksum);
    sqlite3_bind_int64(s, 12, t->auto_rand_base);
    sqlite3_bind_int64(s, 13, t->auto_incr_base);
    sqlite3_bind_int64(s, 14, t->auto_row_id_base);
    rc = file_step_done(store, s, err);
    if (rc == CKPT_OK)
        rc = put_extra(store, (struct extra_key){.kind = "table", .table = t->name}, t->extra, err);
    return rc;
}

static int put_engine(struct ckpt_store *store, const struct ckpt_engine *e, struct ckpt_error *err)
{
    struct extra_key key = {.kind = "engine", .table = e->table_name, .engine = e->engine_id};
    sqlite3_stmt *s = NULL;
    int rc = file_statement(&s, store, FILE_PUT_ENGINE, err);

    if (rc != CKPT_OK)
        return rc;
    file_bind_text(s, 1, e->table_name);
    sqlite3_bind_int(s, 2, e->engine_id);
    sqlite3_bind_int64(s, 3, e->status);
    file_bind_time(s, 4, e->create_time);
    file_bind_time(s, 5, e->update_time);
    rc = file_step_done(store, s, err);
    return rc == CKPT_OK ? put_extra(store, key, e->extra, err) : rc;
}

static int put_chunk(struct ckpt_store *store, const struct ckpt_chunk *c, struct ckpt_error *err)
{
    struct extra_key key = {"chunk", c->table_name, c->engine_id, c->path, c->offset};
    sqlite3_stmt *s = NULL;
    int rc = file_statement(&s, store, FILE_PUT_CHUNK, err);

    if (rc != CKPT_OK)
        return rc;
    file_bind_text(s, 1, c->table_name);
    sqlite3_bind_int(s, 2, c->engine_id);
    file_bind_text(s, 3, c->path);
    sqlite3_bind_int64(s, 4, c->offset);
    sqlite3_bind_int(s, 5, c->type);
    sqlite3_bind_int(s, 6, c->compression);
    file_bind_text(s, 7, c->sort_key);
    sqlite3_bind_int64(s, 8, c->file_size);
    file_bind_text(s, 9, c->columns);
    sqlite3_bind_int64(s, 10, c->end_offset);
    sqlite3_bind_int64(s, 11, c->pos);
    sqlite3_bind_int64(s, 12, c->real_pos);
    sqlite3_bind_int64(s, 13, c->prev_rowid_max);
    sqlite3_bind_int64(s, 14, c->rowid_max);
    sqlite3_bind_int64(s, 15, (int64_t)c->kvc_bytes);
    sqlite3_bind_int64(s, 16, (int64_t)c->kvc_kvs);
    sqlite3_bind_int64(s, 17, (int64_t)c->kvc_checksum);
    file_bind_time(s, 18, c->create_time);
    file_bind_time(s, 19, c->update_time);
    rc = file_step_done(store, s, err);
    return rc == CKPT_OK ? put_extra(store, key, c->extra, err) : rc;
}

static int put_source(struct ckpt_store *store, const struct ckpt_source *r, struct ckpt_error *err)
{
    struct extra_key key = {.kind = "source", .table = r->table_name, .path = r->path};
    sqlite3_stmt *s = NULL;
    int rc = file_statement(&s, store, FILE_PUT_SOURCE, err);

    if (rc != CKPT_OK)
        return rc;
    file_bind_text(s, 1, r->table_name);
    file_bind_text(s, 2, r->path);
    sqlite3_bind_int64(s, 3, r->size);
    sqlite3_bind_int64(s, 4, r->mtime);
    file_bind_blob(s, 5, r->fingerprint);
    rc = file_step_done(store, s, err);
    return rc == CKPT_OK ? put_extra(store, key, r->extra, err) : rc;
}

static int put_failure(struct ckpt_store *store, const struct ckpt_failure *f,
                       struct ckpt_error *err)
{
    struct extra_key key = {"failure", f->table_name, f->engine_id, f->path, f->offset};
    sqlite3_stmt *s = NULL;
    int rc = file_statement(&s, store, FILE_PUT_FAILURE, err);

    if (rc != CKPT_OK)
        return rc;
    file_bind_text(s, 1, f->table_name);
    sqlite3_bind_int(s, 2, f->engine_id);
    file_bind_text(s, 3, f->path);
    sqlite3_bind_int64(s, 4, f->offset);
    sqlite3_bind_int64(s, 5, f->line);
    sqlite3_bind_int(s, 6, f->native_code);
    file_bind_text(s, 7, f->sqlstate);
    file_bind_text(s, 8, f->message);
    file_bind_text(s, 9, f->hint);
    sqlite3_bind_int64(s, 10, f->status);
    file_bind_time(s, 11, f->time);
    rc = file_step_done(store, s, err);
    return rc == CKPT_OK ? put_extra(store, key, f->extra, err) : rc;
}

static int delete_failures(struct ckpt_store *store, struct ckpt_str name, struct ckpt_error *err)
{
    static const enum file_statement ids[] = {FILE_DELETE_FAILURES, FILE_DELETE_FAILURE_EXTRAS};
    int rc = CKPT_OK;

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]) && rc == CKPT_OK; i++) {
        sqlite3_stmt *s = NULL;

        rc = file_statement(&s, store, ids[i], err);
        if (rc != CKPT_OK)
            return rc;
        file_bind_text(s, 1, name);
        rc = file_step_done(store, s, err);
    }
    return rc;
}

/* Rare enough to go without kept statements. */
static int delete_rows(struct ckpt_store *store, const char *table, const struct ckpt_str *name,
                       struct ckpt_error *err)
{
    char sql[96];
    sqlite3_stmt *s = NULL;
    int rc;

    snprintf(sql, sizeof(sql), "DELETE FROM %s%s", table, name ? " WHERE table_name = ?1" : "");
    rc = sqlite3_prepare_v2(store->db, sql, -1, &s, NULL);
    if (rc != SQLITE_OK)
        return file_fail(store->db, rc, store->path, "write", err);
    if (name)
        file_bind_text(s, 1, *name);
    rc = file_step_done(store, s, err);
    sqlite3_finalize(s);
    return rc;
}

static int delete_everywhere(struct ckpt_store *store, const struct ckpt_str *name,
                             struct ckpt_error *err)
{
    static const char *const tables[] = {"table_v10", "engine_v5",  "chunk_v6",
                                         "source_v1", "failure_v1", "extra_v1"};
    int rc = CKPT_OK;

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && rc == CKPT_OK; i++)
        rc = delete_rows(store, tables[i], name, err);
    if (rc == CKPT_OK && !name)
        rc = delete_rows(store, "task_v2", NULL, err);
    return rc;
}

static int apply_one(struct ckpt_store *store, const struct ckpt_change *change,
                     struct ckpt_error *err)
{
    switch (change->kind) {
    case CKPT_PUT_TASK:
        return put_task(store, change->record.task, err);
    case CKPT_PUT_TABLE:
        return put_table(store, change->record.table, err);
    case CKPT_PUT_ENGINE:
        return put_engine(store, change->record.engine, err);
    case CKPT_PUT_CHUNK:
        return put_chunk(store, change->record.chunk, err);
    case CKPT_PUT_SOURCE:
        return put_source(store, change->record.source, err);
    case CKPT_PUT_FAILURE:
        return put_failure(store, change->record.failure, err);
    case CKPT_DELETE_FAILURES:
        return delete_failures(store, change->name, err);
    case CKPT_DELETE_TABLE:
        return delete_everywhere(store, &change->name, err);
    case CKPT_DELETE_ALL:
        return delete_everywhere(store, NULL, err);
    default:
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "unknown kind of checkpoint change: %u",
                              change->kind);
    }
}

/* Asked inside the transaction: whoever puts the file away holds the same lock. */
static int check_in_place(struct ckpt_store *store, struct ckpt_error *err)
{
    int moved = 0;

    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (!moved)
        return CKPT_OK;
    ckpt_error_set(err, CKPT_ERR, 0,
                   "the checkpoint file '%s' was removed or replaced while it was in use",
                   store->path);
    return ckpt_error_hint(err, CKPT_ERR,
                           "start again: what is loaded is known to the target's ledger");
}

int file_apply(struct ckpt_store *store, const struct ckpt_change *const *changes, size_t n,
               struct ckpt_error *err)
{
    struct ckpt_error ignored = {.struct_size = sizeof(ignored)};
    int rc = file_usable(store, err);

    if (rc != CKPT_OK)
        return rc;
    if (store->read_only)
        return ckpt_error_set(err, CKPT_ERR_READ_ONLY, 0,
                              "the checkpoint file '%s' was opened for reading only", store->path);
    rc = file_run(store, FILE_BEGIN_WRITE, err);
    if (rc != CKPT_OK)
        return rc;
    for (size_t i = 0; i < n && rc == CKPT_OK; i++)
        rc = apply_one(store, changes[i], err);
    if (rc == CKPT_OK)
        rc = check_in_place(store, err);
    if (rc == CKPT_OK)
        rc = file_run(store, FILE_COMMIT, err);
    if (rc != CKPT_OK && !sqlite3_get_autocommit(store->db))
        (void)file_run(store, FILE_ROLLBACK, &ignored); /* the first error is the one to tell */
    return rc;
}
