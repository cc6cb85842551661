/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups the entries of a scan into tables and databases, and gives them their targets.
 */
#include "core/source/scan_entries.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/utf8.h"

/* A database that the target must have, before double ones are taken out. */
struct need {
    const char *target; /* borrowed, as all here */
    const char *name;
    const struct tl_scan_entry *schema;
};

struct builder {
    struct tl_catalog *catalog;
    struct tl_scan *scan;
    const struct tl_routes *routes;
    struct need *needs; /* owned; room for one per entry */
    size_t need_count;
    const struct tl_scan_entry *db_schema; /* of the database in work */
    struct tl_error *err;
};

static bool is_data(const struct tl_scan_entry *entry)
{
    return entry->match.kind == TL_KIND_SQL || entry->match.kind == TL_KIND_CSV;
}

/* Database, table ("" first: the database's own schema), schema, view, data by key and path. */
static int compare_entries(const void *left, const void *right)
{
    const struct tl_scan_entry *a = left;
    const struct tl_scan_entry *b = right;
    int order = strcmp(a->match.db, b->match.db);

    if (order == 0)
        order = strcmp(a->match.table, b->match.table);
    if (order == 0 && is_data(a) != is_data(b))
        order = is_data(a) ? 1 : -1;
    if (order == 0 && !is_data(a) && a->match.kind != b->match.kind)
        order = a->match.kind < b->match.kind ? -1 : 1;
    if (order == 0 && is_data(a))
        order = strcmp(a->match.key, b->match.key);
    return order ? order : strcmp(a->file->path, b->file->path);
}

static int compare_tables(const void *left, const void *right)
{
    const struct tl_source_table *a = left;
    const struct tl_source_table *b = right;
    int order = strcmp(a->db, b->db);

    if (order)
        return order;
    if (a->total_size != b->total_size)
        return a->total_size < b->total_size ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* Of those with one target the first wins: one with a schema file, then by name. */
static int compare_needs(const void *left, const void *right)
{
    const struct need *a = left;
    const struct need *b = right;
    int order = strcmp(a->target, b->target);

    if (order)
        return order;
    if (!a->schema != !b->schema)
        return a->schema ? -1 : 1;
    return strcmp(a->name, b->name);
}

static int fill_file(struct tl_source_file *out, const struct tl_scan_entry *entry,
                     struct tl_error *err)
{
    out->path = strdup(entry->file->path);
    out->sort_key = strdup(entry->match.key);
    out->size = entry->file->size;
    out->mtime = entry->file->mtime;
    out->compression = entry->match.compression;
    out->type = entry->match.kind == TL_KIND_CSV ? TL_FILE_CSV : TL_FILE_SQL;
    return out->path && out->sort_key ? TL_OK : tl_error_nomem(err);
}

static void file_done(struct tl_source_file *file)
{
    free(file->path);
    free(file->sort_key);
}

static int new_file(struct tl_source_file **out, const struct tl_scan_entry *entry,
                    struct tl_error *err)
{
    *out = calloc(1, sizeof(**out));
    return *out ? fill_file(*out, entry, err) : tl_error_nomem(err);
}

static void file_free(struct tl_source_file *file)
{
    if (!file)
        return;
    file_done(file);
    free(file);
}

/* With routes, dumps of several servers may lie side by side: the first schema file counts. */
static int duplicate(const struct builder *b, const char *what, const struct tl_scan_entry *first,
                     const struct tl_scan_entry *second)
{
    if (b->routes) {
        tl_log(TL_LOG_DEBUG, "schema file is there already, not used",
               TL_STR("path", second->file->path), TL_STR("used", first->file->path), TL_END);
        return TL_OK;
    }
    tl_error_set(b->err, TL_ERR_DATA, "invalid %s schema file, duplicated item - %s", what,
                 second->file->path);
    return tl_error_hint(b->err, "'%s' is for the same %s: remove one of the two",
                         first->file->path, what);
}

static int add_schema(struct builder *b, struct tl_source_table *table,
                      const struct tl_scan_entry *group, const struct tl_scan_entry *entry)
{
    bool view = entry->match.kind == TL_KIND_VIEW_SCHEMA;
    struct tl_source_file **slot = view ? &table->view : &table->schema;

    if (*slot) {
        const struct tl_scan_entry *first = group;

        while (first->match.kind != entry->match.kind)
            first++;
        return duplicate(b, view ? "view" : "table", first, entry);
    }
    if (view && !table->schema) {
        tl_error_set(b->err, TL_ERR_DATA,
                     "invalid view schema file, miss host table schema for view '%s': %s",
                     entry->match.table, entry->file->path);
        return tl_error_hint(b->err,
                             "the dump lacks '%s.%s-schema.sql', which stands for the view "
                             "until all tables are there",
                             entry->match.db, entry->match.table);
    }
    return new_file(slot, entry, b->err);
}

static int add_data(struct builder *b, struct tl_source_table *table,
                    const struct tl_scan_entry *entry)
{
    int rc;

    if (table->view)
        return tl_error_set(b->err, TL_ERR_DATA, "file '%s' has data for '%s.%s', which is a view",
                            entry->file->path, entry->match.db, entry->match.table);
    rc = fill_file(&table->files[table->file_count++], entry, b->err);
    table->total_size += entry->file->size;
    return rc;
}

static int add_files(struct builder *b, struct tl_source_table *table,
                     const struct tl_scan_entry *group, size_t count)
{
    int rc = TL_OK;

    table->files = calloc(count, sizeof(*table->files));
    if (!table->files)
        return tl_error_nomem(b->err);
    for (size_t i = 0; i < count && rc == TL_OK; i++)
        rc = is_data(&group[i]) ? add_data(b, table, &group[i])
                                : add_schema(b, table, group, &group[i]);
    return rc;
}

/* Where the entry's database or table (NULL: not asked for) goes. A path may be any bytes, a name
   on the server is UTF-8. */
static int find_target(const struct builder *b, const struct tl_scan_entry *entry,
                       const char *table, const char **db_out, const char **table_out)
{
    const char *db = entry->match.db;
    int rc = TL_OK;

    if (b->routes)
        rc = tl_routes_find(b->routes, db, table, &db, &table, b->err);
    if (rc != TL_OK)
        return rc;
    if (!tl_utf8_valid(db, strlen(db)) || (table && !tl_utf8_valid(table, strlen(table)))) {
        tl_error_set(b->err, TL_ERR_DATA, "file '%s': the name of its %s is not UTF-8",
                     entry->file->path, table ? "table or database" : "database");
        return tl_error_hint(b->err, "rename the file, or give its table another name with "
                                     "[[mydumper.files]] or [[routes]]");
    }
    *db_out = db;
    *table_out = table;
    return TL_OK;
}

static int add_table(struct builder *b, const struct tl_scan_entry *group, size_t count)
{
    struct tl_source_table *table = &b->catalog->tables[b->catalog->table_count++];
    const char *target_db, *target_name;
    int rc = find_target(b, group, group->match.table, &target_db, &target_name);

    if (rc != TL_OK)
        return rc;
    table->db = strdup(group->match.db);
    table->name = strdup(group->match.table);
    table->target_db = strdup(target_db);
    table->target_name = strdup(target_name);
    if (!table->db || !table->name || !table->target_db || !table->target_name)
        return tl_error_nomem(b->err);
    b->needs[b->need_count++] = (struct need){table->target_db, table->db, b->db_schema};
    return add_files(b, table, group, count);
}

static int add_db(struct builder *b, const struct tl_scan_entry *group, size_t count)
{
    b->db_schema = group;
    for (size_t i = 1; i < count; i++) {
        int rc = duplicate(b, "database", group, &group[i]);

        if (rc != TL_OK)
            return rc;
    }
    return TL_OK;
}

/* A database whose tables all went elsewhere is not needed; one that has none is. */
static int add_lonely_db(struct builder *b, const struct tl_scan_entry *last, size_t tables_before)
{
    struct need need = {.name = last->match.db, .schema = b->db_schema};
    const char *unused;
    int rc = TL_OK;

    if (b->catalog->table_count == tables_before) {
        rc = find_target(b, last, NULL, &need.target, &unused);
        if (rc == TL_OK)
            b->needs[b->need_count++] = need;
    }
    b->db_schema = NULL;
    return rc;
}

static int add_groups(struct builder *b)
{
    const struct tl_scan_entry *entries = b->scan->entries;
    size_t tables_before = 0;
    int rc = TL_OK;

    for (size_t i = 0, end; i < b->scan->count && rc == TL_OK; i = end) {
        for (end = i + 1; end < b->scan->count; end++)
            if (strcmp(entries[i].match.db, entries[end].match.db) != 0 ||
                strcmp(entries[i].match.table, entries[end].match.table) != 0)
                break;
        rc = *entries[i].match.table ? add_table(b, &entries[i], end - i)
                                     : add_db(b, &entries[i], end - i);
        if (rc == TL_OK &&
            (end == b->scan->count || strcmp(entries[i].match.db, entries[end].match.db) != 0)) {
            rc = add_lonely_db(b, &entries[i], tables_before);
            tables_before = b->catalog->table_count;
        }
    }
    return rc;
}

static int fill_dbs(struct builder *b)
{
    int rc = TL_OK;

    qsort(b->needs, b->need_count, sizeof(*b->needs), compare_needs);
    b->catalog->dbs = calloc(b->need_count + 1, sizeof(*b->catalog->dbs));
    if (!b->catalog->dbs)
        return tl_error_nomem(b->err);
    for (size_t i = 0; i < b->need_count && rc == TL_OK; i++) {
        const struct need *need = &b->needs[i];
        struct tl_source_db *db = &b->catalog->dbs[b->catalog->db_count];

        if (i > 0 && strcmp(need->target, b->needs[i - 1].target) == 0)
            continue;
        b->catalog->db_count++;
        db->name = strdup(need->name);
        db->target_name = strdup(need->target);
        if (!db->name || !db->target_name)
            return tl_error_nomem(b->err);
        if (need->schema)
            rc = new_file(&db->schema, need->schema, b->err);
    }
    return rc;
}

int tl_catalog_build(struct tl_catalog *catalog, struct tl_scan *scan,
                     const struct tl_routes *routes, struct tl_error *err)
{
    struct builder b = {.catalog = catalog, .scan = scan, .routes = routes, .err = err};
    int rc;

    if (scan->count > 0)
        qsort(scan->entries, scan->count, sizeof(*scan->entries), compare_entries);
    b.needs = calloc(scan->count + 1, sizeof(*b.needs));
    catalog->tables = calloc(scan->count + 1, sizeof(*catalog->tables));
    rc = b.needs && catalog->tables ? add_groups(&b) : tl_error_nomem(err);
    if (rc == TL_OK)
        rc = fill_dbs(&b);
    free(b.needs);
    if (rc == TL_OK)
        qsort(catalog->tables, catalog->table_count, sizeof(*catalog->tables), compare_tables);
    return rc;
}

static void table_done(struct tl_source_table *table)
{
    for (size_t i = 0; i < table->file_count; i++)
        file_done(&table->files[i]);
    free(table->files);
    file_free(table->schema);
    file_free(table->view);
    free(table->db);
    free(table->name);
    free(table->target_db);
    free(table->target_name);
}

void tl_catalog_free(struct tl_catalog *catalog)
{
    if (!catalog)
        return;
    for (size_t i = 0; i < catalog->table_count; i++)
        table_done(&catalog->tables[i]);
    for (size_t i = 0; i < catalog->db_count; i++) {
        free(catalog->dbs[i].name);
        free(catalog->dbs[i].target_name);
        file_free(catalog->dbs[i].schema);
    }
    free(catalog->tables);
    free(catalog->dbs);
    free(catalog->dir);
    free(catalog);
}
