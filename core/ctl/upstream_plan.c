/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Task, tables and engines of upstream's checkpoint: what they say must be possible, then it
 * becomes a plan. Upstream splits a large table into several data engines; here a table has one.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <upstream_checkpoint.pb-c.h>

#include "core/base/clock.h"
#include "core/base/utf8.h"
#include "core/ctl/upstream_file.h"
#include "core/ctl/upstream_private.h"

enum {
    MAX_PORT = 65535,
    MAX_VERSION = 256,
    MAX_ENGINES = 10000,
    MAX_TEXT = 2048,
    WHOLE_TABLE = INT32_MAX
};

static int text_of(char **text_out, ProtobufCBinaryData bytes, size_t max, const char *what,
                   struct tl_error *err)
{
    if (!tl_utf8_valid((const char *)bytes.data, bytes.len))
        return tl_error_set(err, TL_ERR_DATA, "its %s is not UTF-8", what);
    return tl_upstream_text(text_out, bytes.data, bytes.len, max, what, err);
}

static int check_backend(const Tl__Upstream__Task *task, struct tl_error *err)
{
    TL_CLEANUP_FREE char *backend = NULL;
    int rc = text_of(&backend, task->backend, MAX_TEXT, "backend", err);

    if (rc != TL_OK || strcmp(backend, "tidb") == 0)
        return rc;
    if (!backend[0])
        return tl_error_set(err, TL_ERR_DATA, "its task record names no backend");
    tl_error_set(
        err, TL_ERR_REFUSED,
        "it was made with tikv-importer.backend = \"%.100s\", whose progress is not rows on "
        "the target: only \"tidb\" can be taken over",
        backend);
    return tl_error_hint(err,
                         "finish that import with the upstream program, or empty its tables and "
                         "load them anew with this one");
}

static int take_task(struct tl_upstream *upstream, const Tl__Upstream__Task *task,
                     struct tl_error *err)
{
    TL_CLEANUP_FREE char *dir = NULL;
    TL_CLEANUP_FREE char *version = NULL;
    int rc = check_backend(task, err);

    if (rc == TL_OK && task->task_id < 0)
        rc = tl_error_set(err, TL_ERR_DATA, "its task id is %" PRId64, task->task_id);
    if (rc == TL_OK && (task->tidb_port < 0 || task->tidb_port > MAX_PORT))
        rc = tl_error_set(err, TL_ERR_DATA, "its tidb.port is %" PRId32, task->tidb_port);
    rc = rc == TL_OK ? text_of(&dir, task->source_dir, MAX_TEXT, "source directory", err) : rc;
    rc = rc == TL_OK ? text_of(&version, task->lightning_ver, MAX_VERSION, "version", err) : rc;
    rc = rc == TL_OK ? text_of(&upstream->host, task->tidb_host, MAX_TEXT, "tidb.host", err) : rc;
    if (rc == TL_OK && !dir[0])
        rc = tl_error_set(err, TL_ERR_DATA, "its task record names no source directory");
    if (rc != TL_OK)
        return rc;
    upstream->port = task->tidb_port;
    rc = tl_plan_new(&upstream->plan, task->task_id ? task->task_id : tl_wall_ns(), dir, err);
    if (rc == TL_OK) {
        upstream->plan->upstream = strdup(version[0] ? version : "unknown release");
    }
    return rc == TL_OK && !upstream->plan->upstream ? tl_error_nomem(err) : rc;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

struct statuses {
    uint32_t data; /* 0: no data engine */
    uint32_t index;
    uint32_t failed; /* of an engine that failed, 0: none */
};

static int check_engine(const Tl__Upstream__EngineEntry *entry, const Tl__Upstream__Table *table,
                        size_t index, struct tl_error *err)
{
    if (entry->key < TL_ENGINE_INDEX || entry->key == WHOLE_TABLE)
        return tl_error_set(err, TL_ERR_DATA, "it has an engine %" PRId32, entry->key);
    if (!tl_upstream_status_known(entry->value->status))
        return tl_error_set(err, TL_ERR_DATA, "its engine %" PRId32 " has the status %" PRIu32,
                            entry->key, entry->value->status);
    if ((entry->key == TL_ENGINE_INDEX) != (entry->value->n_chunks == 0))
        return tl_error_set(err, TL_ERR_DATA, "its engine %" PRId32 " has %zu files", entry->key,
                            entry->value->n_chunks);
    for (size_t i = 0; i < index; i++)
        if (table->engines[i]->key == entry->key)
            return tl_error_set(err, TL_ERR_DATA, "it has the engine %" PRId32 " twice",
                                entry->key);
    return TL_OK;
}

static int take_engines(struct statuses *statuses, const Tl__Upstream__Table *table,
                        struct tl_error *err)
{
    if (table->n_engines > MAX_ENGINES)
        return tl_error_set(err, TL_ERR_DATA, "it has %zu engines", table->n_engines);
    for (size_t i = 0; i < table->n_engines; i++) {
        const Tl__Upstream__EngineEntry *entry = table->engines[i];
        int rc = check_engine(entry, table, i, err);

        if (rc != TL_OK)
            return rc;
        if (tl_status_is_invalid(entry->value->status))
            statuses->failed = entry->value->status;
        if (entry->key == TL_ENGINE_INDEX)
            statuses->index = entry->value->status;
        else
            statuses->data = statuses->data ? lesser(statuses->data, entry->value->status)
                                            : entry->value->status;
    }
    if (statuses->data != 0 && statuses->index == 0)
        return tl_error_set(err, TL_ERR_DATA, "it has no index engine");
    return TL_OK;
}

static int note_failure(struct tl_plan_table *table, struct tl_error *err)
{
    table->failed = true;
    table->failure = calloc(1, sizeof(*table->failure));
    if (!table->failure)
        return tl_error_nomem(err);
    tl_error_set(table->failure, TL_ERR_DATA,
                 "it failed in the upstream program, whose log says why");
    tl_error_hint(table->failure, "mend the cause, then tidb-lightning-ctl "
                                  "--checkpoint-error-destroy or --checkpoint-error-ignore");
    return TL_OK;
}

/* The statuses as this program has them: what physical mode alone does was not done. */
static int set_status(struct tl_plan_table *table, uint32_t status, const struct statuses *statuses,
                      bool complete, struct tl_error *err)
{
    uint32_t engine = complete ? TL_STATUS_ALL_WRITTEN : TL_STATUS_LOADED;

    table->taken_over = status < TL_STATUS_ANALYZE_SKIPPED;
    if (tl_status_is_invalid(status) || statuses->failed) {
        table->status = tl_status_is_invalid(status) ? status : statuses->failed;
        table->engine_status = tl_status_is_invalid(statuses->data) ? statuses->data : engine;
        table->index_status =
            tl_status_is_invalid(statuses->index) ? statuses->index : TL_STATUS_LOADED;
        return note_failure(table, err);
    }
    if (status >= TL_STATUS_INDEX_IMPORTED)
        tl_plan_set_status(table, status);
    else
        tl_plan_set_status(table, engine);
    return TL_OK;
}

static int take_table(struct tl_upstream *upstream, const char *name,
                      const Tl__Upstream__Table *message, struct tl_error *err)
{
    TL_CLEANUP_FREE char *db = NULL;
    TL_CLEANUP_FREE char *table = NULL;
    struct statuses statuses = {0};
    struct tl_plan_table *added;
    bool complete = false;
    int rc;

    if (!tl_upstream_status_known(message->status))
        return tl_error_set(err, TL_ERR_DATA, "it has the status %" PRIu32, message->status);
    rc = take_engines(&statuses, message, err);
    if (rc == TL_OK && statuses.data == 0 && message->status == TL_STATUS_LOADED) {
        upstream->not_begun++;
        return TL_OK;
    }
    if (rc == TL_OK)
        rc = tl_unique_name_split(name, &db, &table, err);
    if (rc == TL_OK)
        rc = tl_plan_add_table(upstream->plan, db, table, err);
    if (rc != TL_OK)
        return rc == TL_ERR_USAGE ? tl_error_set(err, TL_ERR_DATA, "that is no table name") : rc;
    added = &upstream->plan->tables[upstream->plan->table_count - 1];
    rc = tl_upstream_take_chunks(added, message, message->status >= TL_STATUS_INDEX_IMPORTED,
                                 &complete, err);
    return rc == TL_OK ? set_status(added, message->status, &statuses, complete, err) : rc;
}

/* Names as bytes: the quoting that splits and joins again must give the same. */
static int take_entry(struct tl_upstream *upstream, const Tl__Upstream__TableEntry *entry,
                      struct tl_error *err)
{
    TL_CLEANUP_FREE char *name = NULL;
    int rc = text_of(&name, entry->key, CKPT_MAX_TABLE_NAME, "name", err);

    if (rc != TL_OK)
        return tl_error_context(err, "a table");
    rc = take_table(upstream, name, entry->value, err);
    return rc == TL_OK || rc == TL_ERR_NOMEM ? rc : tl_error_context(err, "table %.300s", name);
}

static int compare_keys(const void *a, const void *b)
{
    const Tl__Upstream__TableEntry *const *left = a;
    const Tl__Upstream__TableEntry *const *right = b;
    size_t shorter = (*left)->key.len < (*right)->key.len ? (*left)->key.len : (*right)->key.len;
    int order = shorter ? memcmp((*left)->key.data, (*right)->key.data, shorter) : 0;

    if (order == 0)
        order = ((*left)->key.len > (*right)->key.len) - ((*left)->key.len < (*right)->key.len);
    return order;
}

static int check_unique(const Tl__Upstream__Checkpoints *message, struct tl_error *err)
{
    TL_CLEANUP_FREE Tl__Upstream__TableEntry **sorted =
        calloc(message->n_tables + 1, sizeof(Tl__Upstream__TableEntry *));

    if (!sorted)
        return tl_error_nomem(err);
    for (size_t i = 0; i < message->n_tables; i++)
        sorted[i] = message->tables[i];
    qsort(sorted, message->n_tables, sizeof(Tl__Upstream__TableEntry *), compare_keys);
    for (size_t i = 1; i < message->n_tables; i++)
        if (compare_keys(&sorted[i - 1], &sorted[i]) == 0)
            return tl_error_set(err, TL_ERR_DATA, "table %.*s is in it twice",
                                (int)lesser((uint32_t)sorted[i]->key.len, 300),
                                (const char *)sorted[i]->key.data);
    return TL_OK;
}

int tl_upstream_take(struct tl_upstream *upstream_out, const Tl__Upstream__Checkpoints *message,
                     struct tl_error *err)
{
    int rc = check_unique(message, err);

    if (rc == TL_OK)
        rc = take_task(upstream_out, message->task[0], err);
    for (size_t i = 0; rc == TL_OK && i < message->n_tables; i++)
        rc = take_entry(upstream_out, message->tables[i], err);
    if (rc == TL_OK && upstream_out->plan->table_count == 0) {
        tl_error_set(err, TL_ERR_REFUSED, "the upstream program had not begun with any table");
        rc = tl_error_hint(err, "there is nothing to take over: just start tidb-lightning");
    }
    if (rc != TL_OK)
        return rc;
    tl_plan_sort(upstream_out->plan);
    tl_plan_set_keys(upstream_out->plan);
    return TL_OK;
}
