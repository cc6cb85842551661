/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What control operations and reports need of the ledger: intents, deletion, counts, lists.
 * See ledger.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/target/ledger_internal.h"

/* A change of the task that must be ours. */
struct change {
    const struct tl_ledger *ledger;
    struct tl_buf sql; /* statements to run */
};

static int change_work(struct tl_session *session, void *payload, struct tl_error *err)
{
    const struct change *change = payload;
    int rc = tl_ledger_lock_own(change->ledger, session, err);

    return rc == TL_OK ? tl_session_exec(session, change->sql.data, change->sql.len, NULL, err)
                       : rc;
}

static int run_change(struct change *change, struct tl_session *session, struct tl_error *err)
{
    const struct tl_ledger *ledger = change->ledger;
    struct tl_ledger_fight fight = {ledger->schema, ledger->task_id, -1, &ledger->server, NULL};

    return tl_ledger_run(&fight, session, change_work, change, err);
}

int tl_ledger_set_intent(const struct tl_ledger *ledger, struct tl_session *session,
                         const char *intent, struct tl_error *err)
{
    struct tl_ledger_name name = tl_ledger_quote(ledger->schema);
    struct change change = {.ledger = ledger};
    int rc;

    tl_buf_init(&change.sql, TL_LEDGER_SQL_MAX);
    if (tl_buf_addf(&change.sql, "UPDATE %s.task_v1 SET intent = ", name.text) ||
        (intent ? tl_sql_add_text(&change.sql, intent, strlen(intent))
                : tl_buf_adds(&change.sql, "NULL")) ||
        tl_buf_addf(&change.sql, " WHERE task_id = %" PRId64, ledger->task_id))
        rc = tl_error_nomem(err);
    else
        rc = run_change(&change, session, err);
    tl_buf_done(&change.sql);
    return rc;
}

/* Deletes the ranges and chunks of a table, or (NULL) of all of the task. */
static int add_delete_chunks(struct tl_buf *sql, const struct tl_ledger *ledger, const char *table)
{
    struct tl_ledger_name name = tl_ledger_quote(ledger->schema);

    if (tl_buf_addf(sql,
                    /* No aliases: they would need a current database. */
                    "DELETE %s.batch_v1 FROM %s.batch_v1 JOIN %s.chunk_v1 ON %s.chunk_v1.chunk_key "
                    "= %s.batch_v1.chunk_key WHERE %s.chunk_v1.task_id = %" PRId64,
                    name.text, name.text, name.text, name.text, name.text, name.text,
                    ledger->task_id) ||
        (table &&
         (tl_buf_adds(sql, " AND table_name = ") || tl_sql_add_text(sql, table, strlen(table)))) ||
        tl_buf_addf(sql, "; DELETE FROM %s.chunk_v1 WHERE task_id = %" PRId64, name.text,
                    ledger->task_id) ||
        (table &&
         (tl_buf_adds(sql, " AND table_name = ") || tl_sql_add_text(sql, table, strlen(table)))))
        return TL_ERR_NOMEM;
    return TL_OK;
}

int tl_ledger_delete_table(const struct tl_ledger *ledger, struct tl_session *session,
                           const char *table, struct tl_error *err)
{
    struct change change = {.ledger = ledger};
    int rc;

    tl_buf_init(&change.sql, TL_LEDGER_SQL_MAX);
    if (add_delete_chunks(&change.sql, ledger, table))
        rc = tl_error_nomem(err);
    else
        rc = run_change(&change, session, err);
    tl_buf_done(&change.sql);
    return rc;
}

int tl_ledger_delete_task(const struct tl_ledger *ledger, struct tl_session *session,
                          struct tl_error *err)
{
    struct tl_ledger_name name = tl_ledger_quote(ledger->schema);
    struct change change = {.ledger = ledger};
    int rc;

    tl_buf_init(&change.sql, TL_LEDGER_SQL_MAX);
    if (tl_buf_addf(&change.sql, "DELETE FROM %s.writer_v1 WHERE task_id = %" PRId64 "; ",
                    name.text, ledger->task_id) ||
        add_delete_chunks(&change.sql, ledger, NULL) ||
        tl_buf_addf(&change.sql, "; DELETE FROM %s.task_v1 WHERE task_id = %" PRId64, name.text,
                    ledger->task_id))
        rc = tl_error_nomem(err);
    else
        rc = run_change(&change, session, err);
    tl_buf_done(&change.sql);
    return rc;
}

int tl_ledger_table_rows(const struct tl_ledger *ledger, struct tl_session *session,
                         const char *table, uint64_t *rows_out, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    struct tl_ledger_name name = tl_ledger_quote(ledger->schema);

    tl_buf_init(&sql, TL_LEDGER_SQL_MAX);
    if (tl_buf_addf(&sql,
                    "SELECT COALESCE(SUM(b.row_count), 0) FROM %s.chunk_v1 c JOIN %s.batch_v1 b ON "
                    "b.chunk_key = c.chunk_key WHERE c.task_id = %" PRId64 " AND c.table_name = ",
                    name.text, name.text, ledger->task_id) ||
        tl_sql_add_text(&sql, table, strlen(table)))
        return tl_error_nomem(err);
    return tl_session_scalar_u64(session, sql.data, rows_out, err);
}

/* A task as read: a result blocks the connection, and its owner is asked for later. */
struct listed {
    int64_t task_id;
    char *source_dir;
    uint64_t batches;
    uint64_t rows;
};

struct list {
    struct listed *items; /* owned */
    size_t count;
};

static void list_done(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].source_dir);
    free(list->items);
}

static int take_listed(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                       struct tl_error *err)
{
    struct list *list = payload;
    struct listed *items = realloc(list->items, (list->count + 1) * sizeof(*items));
    struct listed *item;

    (void)lengths, (void)count;
    if (!items)
        return tl_error_nomem(err);
    list->items = items;
    item = &items[list->count];
    item->source_dir = strdup(columns[1] ? columns[1] : "");
    if (!item->source_dir)
        return tl_error_nomem(err);
    list->count++;
    item->task_id = strtoll(columns[0], NULL, 10);
    item->batches = strtoull(columns[2], NULL, 10);
    item->rows = strtoull(columns[3], NULL, 10);
    return TL_OK;
}

static int show(struct tl_session *session, const char *schema, const struct tl_server *server,
                const struct listed *item, tl_ledger_task_fn fn, void *payload,
                struct tl_error *err)
{
    TL_CLEANUP(tl_ledger_holder_done) struct tl_ledger_holder holder = {.intent = NULL};
    struct tl_ledger_task task = {.task_id = item->task_id,
                                  .source_dir = item->source_dir,
                                  .batches = item->batches,
                                  .rows = item->rows};
    int rc = tl_ledger_holder_read(session, schema, item->task_id, false, &holder, err);

    if (rc == TL_NOT_FOUND)
        return TL_OK; /* deleted since it was listed */
    if (rc == TL_OK)
        rc = tl_ledger_holder_alive(session, schema, item->task_id, &holder, NULL, server, 0, NULL,
                                    &task.owner_alive, err);
    if (rc != TL_OK)
        return rc;
    task.host = holder.owner.host;
    task.pid = holder.owner.pid;
    task.intent = holder.intent;
    return fn(&task, payload);
}

int tl_ledger_each_task(struct tl_session *session, const char *schema, tl_ledger_task_fn fn,
                        void *payload, struct tl_error *err)
{
    TL_CLEANUP(list_done) struct list list = {NULL, 0};
    struct tl_ledger_name name = tl_ledger_quote(schema);
    struct tl_server server;
    char sql[2560];
    int rc = tl_server_probe(&server, session, err);

    snprintf(sql, sizeof(sql),
             "SELECT t.task_id, t.source_dir, COUNT(b.chunk_key), COALESCE(SUM(b.row_count), 0) "
             "FROM %s.task_v1 t LEFT JOIN %s.chunk_v1 c ON c.task_id = t.task_id LEFT JOIN "
             "%s.batch_v1 b ON b.chunk_key = c.chunk_key WHERE t.task_id <> 0 GROUP BY t.task_id, "
             "t.source_dir ORDER BY t.task_id",
             name.text, name.text, name.text);
    if (rc == TL_OK)
        rc = tl_session_query(session, sql, take_listed, &list, err);
    for (size_t i = 0; rc == TL_OK && i < list.count; i++)
        rc = show(session, schema, &server, &list.items[i], fn, payload, err);
    return rc;
}
