/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See scene.h.
 */
#include "core/ctl/scene.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/import/intent.h"

static int open_store(struct tl_scene *scene, bool read_only, struct tl_error *err)
{
    int rc = tl_import_open_store_for(&scene->store, &scene->module, scene->options, read_only,
                                      scene->cancel, err);

    if (rc == TL_OK)
        rc = tl_task_record_load(&scene->task, scene->store, err);
    if (rc == TL_NOT_FOUND || (rc == TL_OK && !scene->task.planned && !scene->task.foreign))
        return TL_OK;
    if (rc == TL_OK)
        rc = tl_plan_load(&scene->plan, scene->store, &scene->task, err);
    if (rc == TL_OK)
        scene->ledger.task_id = scene->plan->task_id;
    return rc;
}

int tl_scene_open(struct tl_scene *scene, const struct tl_options *options,
                  const struct tl_cancel *cancel, struct tl_error *err)
{
    scene->options = options;
    scene->cancel = cancel;
    scene->ledger.schema = options->ledger_schema;
    if (options->checkpoint_enable)
        return open_store(scene, true, err);
    tl_error_set(err, TL_ERR_USAGE, "cannot perform this function while checkpoints is disabled");
    return tl_error_hint(err, "add --enable-checkpoint=true; it also looks after what an import "
                              "without checkpoints left in the target's ledger");
}

int tl_scene_make_writable(struct tl_scene *scene, struct tl_error *err)
{
    struct tl_plan *before = scene->plan;
    int64_t task_id = scene->ledger.task_id;
    bool had_task = scene->task.planned || scene->task.foreign;
    int rc;

    tl_store_close(scene->store);
    tl_ckpt_module_free(scene->module);
    tl_task_record_done(&scene->task);
    scene->store = NULL;
    scene->module = NULL;
    scene->plan = NULL;
    rc = open_store(scene, false, err);
    if (rc == TL_OK && scene->plan && (!before || scene->ledger.task_id != task_id))
        rc = tl_error_set(err, TL_ERR_REFUSED, "another import has just begun with %s",
                          tl_store_where(scene->store));
    if (rc == TL_OK && !scene->plan && had_task)
        rc = tl_error_set(err, TL_ERR_REFUSED, "the checkpoint in %s was put away meanwhile",
                          tl_store_where(scene->store));
    if (rc == TL_OK && scene->plan) {
        tl_plan_free(before);
        return TL_OK;
    }
    tl_plan_free(scene->plan);
    scene->plan = before;
    return rc;
}

void tl_scene_close(struct tl_scene *scene)
{
    free(scene->intent);
    tl_scene_disconnect(scene);
    tl_plan_free(scene->plan);
    tl_task_record_done(&scene->task);
    tl_store_close(scene->store);
    tl_ckpt_module_free(scene->module);
    memset(scene, 0, sizeof(*scene));
}

void tl_scene_disconnect(struct tl_scene *scene)
{
    tl_hangup_end(scene->hangup);
    tl_session_close(scene->session);
    scene->hangup = NULL;
    scene->session = NULL;
}

struct search {
    const char *source_dir; /* NULL: any */
    int64_t found;
    bool has_batches;
    size_t matches; /* like the one that was found */
    char *found_dir;
    struct tl_error *err;
};

static int look_at(const struct tl_ledger_task *task, void *payload)
{
    struct search *search = payload;

    bool has_batches = task->batches > 0;

    if (search->source_dir && strcmp(search->source_dir, task->source_dir) != 0)
        return TL_OK;
    /* One without a batch is what an interrupted removal leaves: only where there is no other. */
    if (search->matches > 0 && search->has_batches && !has_batches)
        return TL_OK;
    search->matches = has_batches == search->has_batches ? search->matches + 1 : 1;
    search->has_batches = has_batches;
    search->found = task->task_id;
    free(search->found_dir);
    search->found_dir = strdup(task->source_dir);
    return search->found_dir ? TL_OK : tl_error_nomem(search->err);
}

static int add_name(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                    struct tl_error *err)
{
    struct tl_plan *plan = payload;
    TL_CLEANUP_FREE char *db = NULL;
    TL_CLEANUP_FREE char *table = NULL;
    int rc = tl_unique_name_split(columns[0], &db, &table, err);

    (void)lengths;
    (void)count;
    return rc == TL_OK ? tl_plan_add_table(plan, db, table, err) : rc;
}

static int plan_from_ledger(struct tl_scene *scene, const struct search *search,
                            struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc = tl_plan_new(&scene->plan, search->found, search->found_dir, err);

    tl_buf_init(&sql, 4096);
    if (rc != TL_OK)
        return rc;
    scene->ledger.task_id = search->found;
    rc = tl_buf_adds(&sql, "SELECT DISTINCT table_name FROM ");
    rc = rc == TL_OK ? tl_sql_add_name(&sql, scene->ledger.schema) : rc;
    rc = rc == TL_OK ? tl_buf_addf(&sql, ".chunk_v1 WHERE task_id = %" PRId64, search->found) : rc;
    if (rc != TL_OK)
        return tl_error_nomem(err);
    return tl_session_query(scene->session, tl_buf_text(&sql), add_name, scene->plan, err);
}

static int find_in_ledger(struct tl_scene *scene, struct tl_error *err)
{
    TL_CLEANUP_FREE char *dir = NULL;
    struct search search = {.err = err};
    bool exists = false;
    int rc = tl_ledger_exists(scene->session, scene->ledger.schema, &exists, err);

    if (rc != TL_OK || !exists)
        return rc;
    if (scene->options->source_dir && scene->options->source_dir[0]) {
        dir = realpath(scene->options->source_dir, NULL);
        if (!dir && errno == ENOMEM) /* not to be taken for a folder that is gone: any task */
            return tl_error_nomem(err);
    }
    search.source_dir = dir;
    rc = tl_ledger_each_task(scene->session, scene->ledger.schema, look_at, &search, err);
    if (rc == TL_OK && search.matches > 1) {
        tl_error_set(err, TL_ERR_REFUSED, "the target's ledger has %zu unfinished imports",
                     search.matches);
        rc = tl_error_hint(err, "say which one by its source directory: -d DIR");
    }
    if (rc == TL_OK && search.matches == 1)
        rc = plan_from_ledger(scene, &search, err);
    free(search.found_dir);
    return rc;
}

/* Tables of the same names on another server are not ours to drop. */
static int check_server(const struct tl_scene *scene, struct tl_error *err)
{
    const char *now = scene->ledger.server.identity;

    if (!scene->plan || !scene->options->check_requirements || scene->task.foreign ||
        scene->task.adopt || strcmp(scene->task.target_identity, now) == 0)
        return TL_OK;
    tl_error_set(err, TL_ERR_REFUSED,
                 "the checkpoint in %s was made with another server than this one: '%s', not '%s'",
                 tl_store_where(scene->store), scene->task.target_identity, now);
    return tl_error_hint(err, "connect to that server; if it is gone for good, or was moved with "
                              "all its data, set lightning.check-requirements = false");
}

int tl_scene_connect(struct tl_scene *scene, struct tl_error *err)
{
    int rc = tl_hangup_begin(&scene->hangup, scene->cancel, err);

    if (rc == TL_OK)
        rc = tl_session_open(&scene->session, scene->options, err);
    if (rc != TL_OK)
        return rc;
    tl_hangup_watch(scene->hangup, TL_HANGUP_CONTROL, scene->session);
    rc = tl_server_probe(&scene->ledger.server, scene->session, err);
    if (rc == TL_OK)
        rc = check_server(scene, err);
    if (rc == TL_OK && !scene->plan)
        rc = find_in_ledger(scene, err);
    return rc;
}

int tl_scene_take_over(struct tl_scene *scene, struct tl_error *err)
{
    bool exists = false;
    int rc = tl_ledger_exists(scene->session, scene->ledger.schema, &exists, err);

    if (rc != TL_OK || !exists)
        return rc;
    rc = tl_owner_init(&scene->ledger.owner, err);
    if (rc == TL_OK)
        rc =
            tl_ledger_take_over(&scene->ledger, scene->session, &scene->intent, scene->cancel, err);
    if (rc == TL_NOT_FOUND)
        return TL_OK;
    scene->has_ledger = rc == TL_OK;
    return rc;
}

int tl_scene_refuse_intent(const struct tl_scene *scene, struct tl_error *err)
{
    if (!scene->intent || !scene->intent[0] || tl_intent_is_finish(scene->intent))
        return TL_OK;
    tl_error_set(err, TL_ERR_REFUSED, "an operation on this import was interrupted: %s",
                 scene->intent);
    return tl_error_hint(err, "finish it first: tidb-lightning-ctl %s", scene->intent);
}

static bool names_table(const struct tl_plan_table *table, const char *argument)
{
    size_t db = strlen(table->db);

    if (strcmp(table->name, argument) == 0)
        return true;
    return strncmp(argument, table->db, db) == 0 && argument[db] == '.' &&
           strcmp(argument + db + 1, table->table) == 0;
}

static int unknown_table(const struct tl_scene *scene, const char *argument, struct tl_error *err)
{
    char known[1024] = "";
    size_t used = 0, shown = 0;

    for (size_t i = 0; i < scene->plan->table_count && used + 300 < sizeof(known); i++, shown++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s'%.250s'",
                                 shown ? ", " : "", scene->plan->tables[i].name);
    tl_error_set(err, TL_ERR_USAGE, "the checkpoint has no table %s; it knows %s%s", argument,
                 shown ? known : "none", shown < scene->plan->table_count ? ", ..." : "");
    return tl_error_hint(err,
                         "names are case-sensitive; quote them for the shell: '`schema`.`table`'");
}

int tl_scene_select(const struct tl_scene *scene, const char *argument, bool **marks_out,
                    struct tl_error *err)
{
    size_t count = scene->plan->table_count, matches = 0;
    bool all = strcmp(argument, "all") == 0;
    bool *marks = calloc(count + 1, sizeof(*marks));

    if (!marks)
        return tl_error_nomem(err);
    for (size_t i = 0; i < count; i++) {
        marks[i] = all || names_table(&scene->plan->tables[i], argument);
        matches += marks[i];
    }
    if (all || matches == 1) {
        *marks_out = marks;
        return TL_OK;
    }
    free(marks);
    if (matches == 0)
        return unknown_table(scene, argument, err);
    tl_error_set(err, TL_ERR_USAGE, "%s can mean %zu tables", argument, matches);
    return tl_error_hint(err, "write it as '`schema`.`table`'");
}
