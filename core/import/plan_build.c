/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a first run, from the catalogue of the source.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/import/plan.h"
#include "core/source/filter.h"
#include "core/source/fingerprint.h"

enum { UPSTREAM_PATH_PREFIX = 500 };

static int compare_strings(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return strcmp(*left, *right);
}

/* Upstream's chunk table has the first 500 characters of the path in its key. */
static int refuse_colliding_paths(const struct tl_plan_table *table, struct tl_error *err)
{
    TL_CLEANUP_FREE const char **paths = calloc(table->chunk_count + 1, sizeof(char *));

    if (!paths)
        return tl_error_nomem(err);
    for (size_t i = 0; i < table->chunk_count; i++)
        paths[i] = table->chunks[i].path;
    qsort(paths, table->chunk_count, sizeof(char *), compare_strings);
    for (size_t i = 0; i < table->chunk_count; i++) {
        if (strlen(paths[i]) > CKPT_MAX_PATH)
            return tl_error_set(err, TL_ERR_DATA, "path longer than %u bytes: %s", CKPT_MAX_PATH,
                                paths[i]);
        if (i > 0 && strncmp(paths[i - 1], paths[i], UPSTREAM_PATH_PREFIX) == 0 &&
            strlen(paths[i]) > UPSTREAM_PATH_PREFIX) {
            tl_error_set(err, TL_ERR_DATA,
                         "two files of table %s have the same first %d bytes in their path: %s",
                         table->name, UPSTREAM_PATH_PREFIX, paths[i]);
            return tl_error_hint(err, "move the dump to shorter sub-directory names");
        }
    }
    return TL_OK;
}

static int add_file(struct tl_plan_table *table, const struct tl_catalog *catalog,
                    const struct tl_source_file *file, struct tl_error *err)
{
    struct tl_plan_chunk *chunk;
    char path[PATH_MAX];
    int rc = tl_plan_add_chunk(table, file->path, file->sort_key, &chunk, err);

    if (rc != TL_OK)
        return rc;
    chunk->type = file->type;
    chunk->compression = file->compression;
    chunk->file_size = file->size;
    chunk->mtime = file->mtime;
    chunk->end_offset = file->compression == TL_COMPRESSION_NONE ? file->size : TL_END_UNKNOWN;
    snprintf(path, sizeof(path), "%s/%s", catalog->dir, file->path);
    return tl_fingerprint_file(path, file->size, &chunk->fingerprint, err);
}

static int add_ignored(struct tl_plan_table *table, const struct tl_strings *columns,
                       struct tl_error *err)
{
    for (size_t i = 0; i < columns->count; i++) {
        struct tl_strings *list = &table->ignore_columns;
        char **items = realloc(list->items, (list->count + 1) * sizeof(*items));

        if (!items)
            return tl_error_nomem(err);
        list->items = items;
        items[list->count] = strdup(columns->items[i]);
        if (!items[list->count])
            return tl_error_nomem(err);
        list->count++;
    }
    return TL_OK;
}

static int matches_filter(const struct tl_ignore_columns *rule, bool case_sensitive, const char *db,
                          const char *name, bool *matches_out, struct tl_error *err)
{
    TL_CLEANUP(tl_filter_free_p) struct tl_filter *filter = NULL;
    int rc = tl_filter_new(&filter, &rule->table_filter, case_sensitive, err);

    if (rc == TL_OK)
        rc = tl_filter_table(filter, db, name, err);
    if (rc < 0)
        return rc;
    *matches_out = rc == TL_OK;
    return TL_OK;
}

/* The columns that [[mydumper.ignore-data-columns]] names for this source table. */
static int take_ignored_columns(struct tl_plan_table *table, const struct tl_options *options,
                                const char *db, const char *name, struct tl_error *err)
{
    for (size_t i = 0; i < options->ignore_columns_count; i++) {
        const struct tl_ignore_columns *rule = &options->ignore_columns[i];
        bool matches = rule->db && rule->table && strcasecmp(rule->db, db) == 0 &&
                       strcasecmp(rule->table, name) == 0;
        int rc;

        if (!matches && rule->table_filter.count > 0) {
            rc = matches_filter(rule, options->case_sensitive, db, name, &matches, err);
            if (rc != TL_OK)
                return rc;
        }
        if (!matches)
            continue;
        rc = add_ignored(table, &rule->columns, err);
        if (rc != TL_OK)
            return rc;
    }
    return TL_OK;
}

int tl_plan_ignore_columns(struct tl_plan_table *table, const struct tl_options *options,
                           const struct tl_catalog *catalog, struct tl_error *err)
{
    for (size_t i = 0; options->ignore_columns_count > 0 && i < catalog->table_count; i++) {
        const struct tl_source_table *source = &catalog->tables[i];
        int rc;

        if (strcmp(source->target_db, table->db) != 0 ||
            strcmp(source->target_name, table->table) != 0)
            continue;
        rc = take_ignored_columns(table, options, source->db, source->name, err);
        if (rc != TL_OK)
            return rc;
    }
    return TL_OK;
}

static int compare_targets(const void *a, const void *b)
{
    const struct tl_source_table *const *left = a;
    const struct tl_source_table *const *right = b;
    int order = strcmp((*left)->target_db, (*right)->target_db);

    if (order == 0)
        order = strcmp((*left)->target_name, (*right)->target_name);
    if (order == 0)
        order = (*left < *right) ? -1 : (*left > *right);
    return order;
}

static bool same_target(const struct tl_source_table *a, const struct tl_source_table *b)
{
    return strcmp(a->target_db, b->target_db) == 0 && strcmp(a->target_name, b->target_name) == 0;
}

static int check_stop(const struct tl_cancel *cancel, struct tl_error *err)
{
    if (!cancel || !tl_cancel_requested(cancel))
        return TL_OK;
    return tl_error_set(err, TL_ERR_CANCELED, "stopped on request");
}

/* Source tables grouped by target; several may be routed onto one. */
static int add_tables(struct tl_plan *plan, const struct tl_catalog *catalog,
                      const struct tl_source_table **sources, size_t count,
                      const struct tl_cancel *cancel, struct tl_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct tl_source_table *source = sources[i];
        int rc = TL_OK;

        if (i == 0 || !same_target(sources[i - 1], source))
            rc = tl_plan_add_table(plan, source->target_db, source->target_name, err);
        for (size_t f = 0; rc == TL_OK && f < source->file_count; f++) {
            rc = check_stop(cancel, err);
            if (rc == TL_OK)
                rc =
                    add_file(&plan->tables[plan->table_count - 1], catalog, &source->files[f], err);
        }
        if (rc != TL_OK)
            return rc;
    }
    return TL_OK;
}

/* The names of the tables of a plan (none: NULL), sorted; NULL when memory is out. */
static const char **sorted_names(const struct tl_plan *plan)
{
    size_t count = plan ? plan->table_count : 0;
    const char **names = calloc(count + 1, sizeof(*names));

    for (size_t i = 0; names && i < count; i++)
        names[i] = plan->tables[i].name;
    if (names)
        qsort(names, count, sizeof(*names), compare_strings);
    return names;
}

/* The tables of the catalogue that are to be planned: no view, and not known. */
static int choose_sources(const struct tl_source_table **sources, size_t *count_out,
                          const struct tl_catalog *catalog, const char **names, size_t known,
                          struct tl_error *err)
{
    *count_out = 0;
    for (size_t i = 0; i < catalog->table_count; i++) {
        const struct tl_source_table *source = &catalog->tables[i];
        TL_CLEANUP_FREE char *name = tl_unique_name(source->target_db, source->target_name);
        const char *wanted = name;

        if (!name)
            return tl_error_nomem(err);
        if (!source->view && !bsearch(&wanted, names, known, sizeof(*names), compare_strings))
            sources[(*count_out)++] = source;
    }
    return TL_OK;
}

int tl_plan_build(struct tl_plan **plan_out, const struct tl_options *options,
                  const struct tl_catalog *catalog, int64_t task_id, const struct tl_plan *known,
                  const struct tl_cancel *cancel, struct tl_error *err)
{
    TL_CLEANUP(tl_plan_free_p) struct tl_plan *plan = NULL;
    TL_CLEANUP_FREE const struct tl_source_table **sources =
        calloc(catalog->table_count + 1, sizeof(*sources));
    TL_CLEANUP_FREE const char **names = sorted_names(known);
    size_t count = 0;
    int rc = tl_plan_new(&plan, task_id, catalog->dir, err);

    if (rc != TL_OK || !sources || !names)
        return rc != TL_OK ? rc : tl_error_nomem(err);
    rc = choose_sources(sources, &count, catalog, names, known ? known->table_count : 0, err);
    if (rc != TL_OK)
        return rc;
    qsort(sources, count, sizeof(sources[0]), compare_targets);
    rc = add_tables(plan, catalog, sources, count, cancel, err);
    for (size_t t = 0; rc == TL_OK && t < plan->table_count; t++) {
        rc = refuse_colliding_paths(&plan->tables[t], err);
        if (rc == TL_OK)
            rc = tl_plan_ignore_columns(&plan->tables[t], options, catalog, err);
    }
    if (rc != TL_OK)
        return rc;
    tl_plan_sort(plan);
    tl_plan_set_keys(plan);
    *plan_out = plan;
    plan = NULL;
    return TL_OK;
}
