/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the list of files to the entries of the dump: rules, the chunk numbers of newer mydumper
 * versions, the filter, and whether each file can be read at all.
 */
#include "core/source/scan_entries.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/utf8.h"
#include "core/source/stream.h"

enum { NUMBER_DIGITS = 5 }; /* mydumper pads its chunk numbers to this */

static void count_file(struct tl_scan_count *what, const char *path)
{
    if (what->count++ == 0)
        what->example = path;
}

/* A file that no rule knows: of interest only if somebody may have meant it as data. */
static bool looks_like_data(const char *path)
{
    static const char *const marks[] = {".sql", ".csv", ".parquet", ".dat", ".tsv"};
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (strcasestr(name, marks[i]))
            return true;
    return false;
}

static int match_file(struct tl_scan *scan, const struct tl_file_rules *rules,
                      const struct tl_walk_file *file, struct tl_error *err)
{
    struct tl_scan_entry *entry = &scan->entries[scan->count];
    int rc = tl_file_rules_match(rules, file->path, &entry->match, err);

    if (rc < 0)
        return rc;
    if (rc == TL_OK && entry->match.kind > TL_KIND_NOT_IMPORTED) {
        entry->file = file;
        scan->count++;
        return TL_OK;
    }
    scan->skipped++;
    if (rc == TL_NOT_FOUND && looks_like_data(file->path))
        count_file(&scan->unmatched, file->path);
    else if (rc == TL_OK && entry->match.kind == TL_KIND_NOT_IMPORTED)
        count_file(&scan->not_imported, file->path);
    tl_log(TL_LOG_DEBUG, "file is filtered by file router", TL_STR("path", file->path), TL_END);
    return TL_OK;
}

static int compare_names(const void *left, const void *right)
{
    const struct tl_scan_entry *const *a = left;
    const struct tl_scan_entry *const *b = right;
    int order = strcmp((*a)->match.db, (*b)->match.db);

    return order ? order : strcmp((*a)->match.table, (*b)->match.table);
}

/* The table schema entries by name: which tables the dump declares. */
struct declared {
    const struct tl_scan_entry **items; /* owned */
    size_t count;
};

static int list_declared(struct declared *out, const struct tl_scan *scan, struct tl_error *err)
{
    const struct tl_scan_entry **items =
        calloc(scan->count + 1, sizeof(const struct tl_scan_entry *));
    size_t count = 0;

    if (!items)
        return tl_error_nomem(err);
    for (size_t i = 0; i < scan->count; i++)
        if (scan->entries[i].match.kind == TL_KIND_TABLE_SCHEMA)
            items[count++] = &scan->entries[i];
    qsort(items, count, sizeof(const struct tl_scan_entry *), compare_names);
    out->items = items;
    out->count = count;
    return TL_OK;
}

static bool is_declared(const struct declared *declared, char *db, char *table)
{
    struct tl_scan_entry probe = {.match = {.db = db, .table = table}};
    const struct tl_scan_entry *key = &probe;

    return bsearch(&key, declared->items, declared->count, sizeof(const struct tl_scan_entry *),
                   compare_names) != NULL;
}

/* Newer mydumper versions write `db.t.00000.00001.sql`: the rules make it part 00001 of a table
   `t.00000`. If the dump declares t and no t.00000, it is part 00000.00001 of t. */
static int resolve_number(struct tl_scan_entry *entry, const struct declared *declared,
                          struct tl_error *err)
{
    struct tl_file_match *match = &entry->match;
    char *dot = match->table ? strrchr(match->table, '.') : NULL;
    size_t size;
    char *key;

    if (!match->by_default || (match->kind != TL_KIND_SQL && match->kind != TL_KIND_CSV) || !dot ||
        strlen(match->key) < NUMBER_DIGITS || strlen(dot + 1) < NUMBER_DIGITS ||
        dot[1 + strspn(dot + 1, "0123456789")] != '\0' ||
        is_declared(declared, match->db, match->table))
        return TL_OK;
    *dot = '\0';
    if (!is_declared(declared, match->db, match->table)) {
        *dot = '.';
        return TL_OK;
    }
    size = strlen(dot + 1) + strlen(match->key) + 2;
    key = malloc(size);
    if (!key)
        return tl_error_nomem(err);
    snprintf(key, size, "%s.%s", dot + 1, match->key);
    free(match->key);
    match->key = key;
    return TL_OK;
}

/* Newer mydumper versions replace names that make no good file names; the true ones are only in
   its file `metadata`. */
static bool is_stand_in(const struct tl_file_match *match)
{
    static const char prefix[] = "mydumper_";
    const char *number = match->table + sizeof(prefix) - 1;

    return match->by_default && match->kind == TL_KIND_TABLE_SCHEMA &&
           strncmp(match->table, prefix, sizeof(prefix) - 1) == 0 && *number &&
           number[strspn(number, "0123456789")] == '\0';
}

static int resolve_names(struct tl_scan *scan, struct tl_error *err)
{
    struct declared declared = {0};
    int rc = list_declared(&declared, scan, err);

    if (rc != TL_OK)
        return rc;
    for (size_t i = 0; i < scan->count && rc == TL_OK; i++) {
        if (is_stand_in(&scan->entries[i].match))
            count_file(&scan->stand_ins, scan->entries[i].file->path);
        rc = resolve_number(&scan->entries[i], &declared, err);
    }
    free(declared.items);
    return rc;
}

static int filter_entries(struct tl_scan *scan, const struct tl_filter *filter,
                          struct tl_error *err)
{
    size_t kept = 0;
    int rc = TL_OK;

    for (size_t i = 0; i < scan->count; i++) {
        struct tl_scan_entry entry = scan->entries[i];

        if (rc >= 0)
            rc = *entry.match.table
                     ? tl_filter_table(filter, entry.match.db, entry.match.table, err)
                     : tl_filter_db(filter, entry.match.db, err);
        if (rc != TL_NOT_FOUND) {
            scan->entries[kept++] = entry;
            continue;
        }
        scan->skipped++;
        count_file(&scan->filtered, entry.file->path);
        tl_log(TL_LOG_DEBUG, "ignoring table file", TL_STR("path", entry.file->path), TL_END);
        tl_file_match_done(&entry.match);
    }
    scan->count = kept;
    return rc < 0 ? rc : TL_OK;
}

/* `a.b-schema-create.sql` is read as data of a table `b-schema-create`, which nobody means. */
static int check_meaning(const struct tl_scan *scan, const struct tl_scan_entry *entry,
                         struct tl_error *err)
{
    static const char suffix[] = "-schema-create";
    const char *table = entry->match.table;
    size_t len = strlen(table);

    if (entry->match.kind == TL_KIND_PARQUET) {
        tl_error_set(err, TL_ERR_DATA, "parquet is not supported yet: file '%s/%s'", scan->dir,
                     entry->file->path);
        return tl_error_hint(err, "export it as CSV or SQL, or leave the table out with "
                                  "mydumper.filter");
    }
    if (entry->match.by_default && len >= sizeof(suffix) - 1 &&
        strcmp(table + len - (sizeof(suffix) - 1), suffix) == 0) {
        tl_error_set(err, TL_ERR_DATA,
                     "file '%s/%s': a schema name in a file name must not have a dot", scan->dir,
                     entry->file->path);
        return tl_error_hint(err,
                             "write the dot as %%2E, in the names of all files of this schema");
    }
    return TL_OK;
}

static int check_entry(const struct tl_scan *scan, const struct tl_scan_entry *entry,
                       struct tl_error *err)
{
    const struct tl_walk_file *file = entry->file;
    int rc = check_meaning(scan, entry, err);

    if (rc != TL_OK)
        return rc;
    if (!tl_utf8_valid(file->path, strlen(file->path))) {
        tl_error_set(err, TL_ERR_DATA, "file '%s/%s': the path is not UTF-8", scan->dir,
                     file->path);
        return tl_error_hint(err, "rename it: what is loaded is recorded on the target by path");
    }
    if (file->problem == TL_WALK_SPECIAL)
        return tl_error_set(err, TL_ERR_IO, "'%s/%s' is not a regular file", scan->dir, file->path);
    if (file->problem != 0)
        return tl_error_errno(err, file->problem, "cannot examine file '%s/%s'", scan->dir,
                              file->path);
    if (faccessat(scan->dirfd, file->path, R_OK, AT_EACCESS) != 0)
        return tl_error_errno(err, errno, "cannot read file '%s/%s'", scan->dir, file->path);
    return tl_stream_supported(file->path, entry->match.compression, err);
}

int tl_scan_entries(struct tl_scan *scan, const struct tl_file_rules *rules,
                    const struct tl_filter *filter, struct tl_error *err)
{
    int rc = TL_OK;

    scan->entries = calloc(scan->walk.count + 1, sizeof(*scan->entries));
    if (!scan->entries)
        return tl_error_nomem(err);
    for (size_t i = 0; i < scan->walk.count && rc == TL_OK; i++)
        rc = match_file(scan, rules, &scan->walk.files[i], err);
    if (rc == TL_OK)
        rc = resolve_names(scan, err);
    if (rc == TL_OK)
        rc = filter_entries(scan, filter, err);
    for (size_t i = 0; i < scan->count && rc == TL_OK; i++)
        rc = check_entry(scan, &scan->entries[i], err);
    return rc;
}

void tl_scan_done(struct tl_scan *scan)
{
    for (size_t i = 0; i < scan->count; i++)
        tl_file_match_done(&scan->entries[i].match);
    free(scan->entries);
    scan->entries = NULL;
    scan->count = 0;
    tl_walk_done(&scan->walk);
}
