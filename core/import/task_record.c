/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The task's record, and in its `extra` (JSON) what upstream has no column for: the identity of the
 * target, a digest of each option that decides what the rows become, and, for a task that was taken
 * over, the release of the upstream program. Of a task that no run has adopted yet only the last
 * one is known.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/digest.h"
#include "core/import/plan_store.h"

enum { MAX_OPTION_TEXT = 1024 * 1024 };

void tl_task_record_done(struct tl_task_record *task)
{
    free(task->source_dir);
    free(task->backend);
    free(task->version);
    free(task->target_identity);
    free(task->options_json);
    free(task->upstream);
    memset(task, 0, sizeof(*task));
}

struct load {
    struct tl_task_record task;
    struct tl_error *err;
};

static char *copy(struct ckpt_str text)
{
    return strndup(text.data ? text.data : "", text.len);
}

static int take_extra(struct tl_task_record *task, struct ckpt_str extra, struct tl_error *err)
{
    cJSON *json = cJSON_ParseWithLength(extra.data ? extra.data : "", extra.len);
    const cJSON *target = cJSON_GetObjectItemCaseSensitive(json, "target");
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(json, "options");
    const cJSON *upstream = cJSON_GetObjectItemCaseSensitive(json, "upstream");
    bool complete = cJSON_IsString(target) && cJSON_IsObject(options);
    int rc = TL_OK;

    /* Another program has none; one that is no JSON must not pass for that. */
    if (!json && extra.len > 0)
        return tl_error_set(err, TL_ERR_STORE,
                            "the task record of the checkpoint cannot be read: out of memory, or "
                            "it is damaged");
    task->adopt = cJSON_IsString(upstream) && !complete;
    task->foreign = !complete && !task->adopt;
    task->upstream = cJSON_IsString(upstream) ? strdup(upstream->valuestring) : NULL;
    task->target_identity = strdup(cJSON_IsString(target) ? target->valuestring : "");
    task->options_json = cJSON_IsObject(options) ? cJSON_PrintUnformatted(options) : strdup("{}");
    if (!task->target_identity || !task->options_json ||
        (cJSON_IsString(upstream) && !task->upstream))
        rc = tl_error_nomem(err);
    cJSON_Delete(json);
    return rc;
}

static int take_task(const struct ckpt_task *record, void *payload)
{
    struct load *load = payload;
    struct tl_task_record *task = &load->task;

    task->task_id = record->task_id;
    task->planned = record->planned != 0;
    task->source_dir = copy(record->source_dir);
    task->backend = copy(record->backend);
    task->version = copy(record->version);
    if (!task->source_dir || !task->backend || !task->version)
        return tl_error_nomem(load->err);
    return take_extra(task, record->extra, load->err);
}

int tl_task_record_load(struct tl_task_record *task_out, struct tl_store *store,
                        struct tl_error *err)
{
    struct load load = {.err = err};
    struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .task = take_task, .payload = &load};
    int rc = tl_store_load_task(store, &visitor, err);

    if (rc != TL_OK) {
        tl_task_record_done(&load.task);
        return rc;
    }
    *task_out = load.task;
    return TL_OK;
}

static bool add_ours(cJSON *json, const struct tl_options *options, const char *target_identity)
{
    TL_CLEANUP_FREE char *digests = tl_options_digest(options);
    cJSON *parsed = digests ? cJSON_Parse(digests) : NULL;

    if (parsed && cJSON_AddStringToObject(json, "target", target_identity) &&
        cJSON_AddItemToObject(json, "options", parsed))
        return true;
    cJSON_Delete(parsed);
    return false;
}

/* options NULL: nothing is known but who began the task. */
static char *make_extra(const struct tl_plan *plan, const struct tl_options *options,
                        const char *target_identity)
{
    cJSON *json = cJSON_CreateObject();
    char *text = NULL;

    if (json && (!options || add_ours(json, options, target_identity)) &&
        (!plan->upstream || cJSON_AddStringToObject(json, "upstream", plan->upstream)))
        text = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    return text;
}

static int put_task(struct tl_store *store, const struct tl_plan *plan, struct ckpt_task record,
                    struct tl_error *err)
{
    if (!record.extra.data)
        return tl_error_nomem(err);
    record.struct_size = sizeof(record);
    record.task_id = plan->task_id;
    record.source_dir = tl_ckpt_str(plan->source_dir);
    record.backend = tl_ckpt_str("tidb");
    return tl_store_put(store, CKPT_PUT_TASK, &record, err);
}

int tl_task_record_save(struct tl_store *store, const struct tl_plan *plan,
                        const struct tl_options *options, const char *target_identity, bool planned,
                        struct tl_error *err)
{
    TL_CLEANUP_FREE char *extra = make_extra(plan, options, target_identity);

    return put_task(
        store, plan,
        (struct ckpt_task){
            .planned = planned,
            .target_host = tl_ckpt_str(options->socket[0] ? options->socket : options->host),
            .target_port = (int32_t)options->port,
            .version = tl_ckpt_str(TL_VERSION),
            .extra = tl_ckpt_str(extra),
        },
        err);
}

int tl_task_record_save_upstream(struct tl_store *store, const struct tl_plan *plan,
                                 const char *host, int32_t port, bool planned, struct tl_error *err)
{
    TL_CLEANUP_FREE char *extra = make_extra(plan, NULL, NULL);

    return put_task(store, plan,
                    (struct ckpt_task){
                        .planned = planned,
                        .target_host = tl_ckpt_str(host),
                        .target_port = port,
                        .version = tl_ckpt_str(plan->upstream),
                        .extra = tl_ckpt_str(extra),
                    },
                    err);
}

static int add_digest(cJSON *json, const char *name, struct tl_buf *text)
{
    char hex[2 * TL_DIGEST_LEN + 1];
    struct tl_digest digest = tl_digest_of(tl_buf_text(text), text->len);

    tl_digest_hex(&digest, hex);
    hex[16] = '\0'; /* half is plenty to notice a change */
    tl_buf_clear(text);
    return cJSON_AddStringToObject(json, name, hex) ? TL_OK : TL_ERR_NOMEM;
}

/* NUL-separated, so that no two lists read alike; NULL and "" differ. */
static int add_text(struct tl_buf *text, const char *value)
{
    return value ? tl_buf_add(text, value, strlen(value) + 1) : tl_buf_add(text, "\1", 1);
}

static int add_list(struct tl_buf *text, const struct tl_strings *list)
{
    int rc = TL_OK;

    for (size_t i = 0; rc == TL_OK && i < list->count; i++)
        rc = add_text(text, list->items[i]);
    return rc;
}

static int add_csv(cJSON *json, const struct tl_options *options, struct tl_buf *text)
{
    const struct tl_csv_options *csv = &options->csv;
    int rc = add_text(text, csv->separator);

    rc = rc == TL_OK ? add_text(text, csv->delimiter) : rc;
    rc = rc == TL_OK ? add_text(text, csv->terminator) : rc;
    rc = rc == TL_OK ? add_text(text, csv->escaped_by) : rc;
    rc = rc == TL_OK ? add_list(text, &csv->null_values) : rc;
    rc = rc == TL_OK ? tl_buf_addf(text, "%d%d%d%d", csv->header, csv->header_schema_match,
                                   csv->not_null, csv->trim_last_separator)
                     : rc;
    rc = rc == TL_OK ? add_text(text, options->data_character_set) : rc;
    rc = rc == TL_OK ? add_text(text, options->data_invalid_char_replace) : rc;
    return rc == TL_OK ? add_digest(json, "mydumper.csv", text) : rc;
}

static int add_rules(cJSON *json, const struct tl_options *options, struct tl_buf *text)
{
    int rc = tl_buf_addf(text, "%d", options->default_file_rules);

    for (size_t i = 0; rc == TL_OK && i < options->file_rule_count; i++) {
        const struct tl_file_rule *rule = &options->file_rules[i];
        const char *parts[] = {rule->pattern, rule->path, rule->schema,     rule->table,
                               rule->type,    rule->key,  rule->compression};

        for (size_t p = 0; rc == TL_OK && p < sizeof(parts) / sizeof(parts[0]); p++)
            rc = add_text(text, parts[p]);
    }
    rc = rc == TL_OK ? add_digest(json, "mydumper.files", text) : rc;
    for (size_t i = 0; rc == TL_OK && i < options->route_count; i++) {
        const struct tl_route *route = &options->routes[i];

        rc = add_text(text, route->schema_pattern);
        rc = rc == TL_OK ? add_text(text, route->table_pattern) : rc;
        rc = rc == TL_OK ? add_text(text, route->target_schema) : rc;
        rc = rc == TL_OK ? add_text(text, route->target_table) : rc;
    }
    return rc == TL_OK ? add_digest(json, "routes", text) : rc;
}

static int add_ignored(cJSON *json, const struct tl_options *options, struct tl_buf *text)
{
    int rc = TL_OK;

    for (size_t i = 0; rc == TL_OK && i < options->ignore_columns_count; i++) {
        const struct tl_ignore_columns *rule = &options->ignore_columns[i];

        rc = add_text(text, rule->db);
        rc = rc == TL_OK ? add_text(text, rule->table) : rc;
        rc = rc == TL_OK ? add_list(text, &rule->table_filter) : rc;
        rc = rc == TL_OK ? add_list(text, &rule->columns) : rc;
    }
    return rc == TL_OK ? add_digest(json, "mydumper.ignore-data-columns", text) : rc;
}

char *tl_options_digest(const struct tl_options *options)
{
    cJSON *json = cJSON_CreateObject();
    struct tl_buf text;
    char *printed = NULL;
    int rc;

    tl_buf_init(&text, MAX_OPTION_TEXT);
    rc = json ? add_list(&text, &options->filter) : TL_ERR_NOMEM;
    rc = rc == TL_OK ? tl_buf_addf(&text, "%d", options->case_sensitive) : rc;
    rc = rc == TL_OK ? add_digest(json, "mydumper.filter", &text) : rc;
    rc = rc == TL_OK ? add_csv(json, options, &text) : rc;
    rc = rc == TL_OK ? add_rules(json, options, &text) : rc;
    rc = rc == TL_OK ? add_ignored(json, options, &text) : rc;
    rc = rc == TL_OK ? add_text(&text, options->sql_mode_given ? options->sql_mode : NULL) : rc;
    rc = rc == TL_OK ? add_digest(json, "tidb.sql-mode", &text) : rc;
    rc = rc == TL_OK ? tl_buf_addf(&text, "%d", (int)options->conflict) : rc;
    rc = rc == TL_OK ? add_digest(json, "conflict.strategy", &text) : rc;
    if (rc == TL_OK)
        printed = cJSON_PrintUnformatted(json);
    tl_buf_done(&text);
    cJSON_Delete(json);
    return printed;
}
