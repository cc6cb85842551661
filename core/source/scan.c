/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan from the options to the catalogue. See scan.h.
 */
#include "core/source/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/utf8.h"
#include "core/source/file_template.h"
#include "core/source/scan_entries.h"

/* What the options say about names. */
struct naming {
    struct tl_file_rules *rules;
    struct tl_filter *filter;
    struct tl_routes *routes; /* NULL = none */
};

/* The part of a URL that is a path, in a new string; a plain path stays as it is. */
static int url_path(char **path_out, const char *source, struct tl_error *err)
{
    const char *colon = strstr(source, "://");
    size_t scheme = colon ? (size_t)(colon - source) : 0;
    bool local = !colon || (scheme == 4 && strncasecmp(source, "file", 4) == 0) ||
                 (scheme == 5 && strncasecmp(source, "local", 5) == 0);
    char *path;

    /* "./a://b" is a path: a scheme has only letters and digits. */
    if (!local && memchr(source, '/', scheme) == NULL) {
        tl_error_set(err, TL_ERR_USAGE, "sources of the kind '%.*s://' are not readable yet",
                     (int)scheme, source);
        return tl_error_hint(err, "copy the dump into a local directory and name that");
    }
    path = strdup(local && colon ? colon + 3 : source);
    if (!path)
        return tl_error_nomem(err);
    if (local && colon)
        (void)tl_url_unescape(path);
    *path_out = path;
    return TL_OK;
}

int tl_source_dir(char **dir_out, const char *source_dir, struct tl_error *err)
{
    TL_CLEANUP_FREE char *path = NULL;
    TL_CLEANUP_FREE char *real = NULL;
    struct stat st;
    int rc;

    if (!source_dir || !*source_dir) {
        tl_error_set(err, TL_ERR_USAGE, "no source directory is given");
        return tl_error_hint(err, "set mydumper.data-source-dir or use -d");
    }
    rc = url_path(&path, source_dir, err);
    if (rc != TL_OK)
        return rc;
    real = realpath(path, NULL);
    if (!real || stat(real, &st) != 0)
        return tl_error_errno(err, errno, "cannot open source directory '%s'", path);
    if (!S_ISDIR(st.st_mode))
        return tl_error_set(err, TL_ERR_IO, "source directory '%s' is not a directory", path);
    if (!tl_utf8_valid(real, strlen(real))) {
        tl_error_set(err, TL_ERR_USAGE, "source directory '%s': the path is not UTF-8", real);
        return tl_error_hint(err, "rename it: the target records where rows come from");
    }
    *dir_out = real;
    real = NULL;
    return TL_OK;
}

static void naming_done(struct naming *naming)
{
    tl_file_rules_free(naming->rules);
    tl_filter_free(naming->filter);
    tl_routes_free(naming->routes);
}

static int naming_init(struct naming *naming, const struct tl_options *options, const char *dir,
                       struct tl_error *err)
{
    int rc;

    if (options->route_count > 0 && options->file_rule_count > 0)
        return tl_error_set(err, TL_ERR_USAGE,
                            "table route is deprecated, can't config both "
                            "[routes] and [mydumper.files]");
    rc = tl_filter_new(&naming->filter, &options->filter, options->case_sensitive, err);
    if (rc == TL_OK)
        rc = tl_file_rules_new(&naming->rules, options, dir, err);
    if (rc == TL_OK && options->route_count > 0)
        rc = tl_routes_new(&naming->routes, options->routes, options->route_count,
                           options->case_sensitive, err);
    return rc;
}

static void warn(const char *message, const struct tl_scan_count *what)
{
    if (what->count > 0)
        tl_log(TL_LOG_WARN, message, TL_INT("files", what->count), TL_STR("example", what->example),
               TL_END);
}

static void log_left_out(const struct tl_scan *scan)
{
    warn("files look like data, but no file rule matches their names: they are not imported",
         &scan->unmatched);
    warn("triggers, routines, events, sequences and policies are not imported",
         &scan->not_imported);
    warn(
        "mydumper replaced the names of tables by mydumper_N: they are imported under those names, "
        "the true ones are in its file metadata",
        &scan->stand_ins);
    tl_log(TL_LOG_DEBUG, "files are left out", TL_INT("files", scan->skipped),
           TL_INT("by_filter", scan->filtered.count), TL_END);
}

static int nothing_found(const struct tl_scan *scan, struct tl_error *err)
{
    if (scan->filtered.count > 0) {
        tl_error_set(err, TL_ERR_DATA,
                     "nothing to import in '%s': the filter excludes all %zu files of the dump",
                     scan->dir, scan->filtered.count);
        return tl_error_hint(err, "check mydumper.filter; '%s' is one of the files",
                             scan->filtered.example);
    }
    tl_error_set(err, TL_ERR_DATA,
                 "nothing to import in '%s': none of its %zu files is named like "
                 "one of a dump",
                 scan->dir, scan->walk.count);
    return tl_error_hint(err, "names must look like db-schema-create.sql, db.table-schema.sql, "
                              "db.table.0001.sql or db.table.0001.csv, or be described by "
                              "[[mydumper.files]]");
}

static int scan_open_dir(struct tl_catalog *catalog, struct tl_scan *scan,
                         const struct naming *naming, struct tl_error *err)
{
    int rc = tl_walk_dir(&scan->walk, scan->dirfd, scan->dir, err);

    if (rc == TL_OK)
        rc = tl_scan_entries(scan, naming->rules, naming->filter, err);
    if (rc == TL_OK)
        log_left_out(scan);
    if (rc == TL_OK && scan->count == 0)
        rc = nothing_found(scan, err);
    if (rc == TL_OK)
        rc = tl_catalog_build(catalog, scan, naming->routes, err);
    catalog->skipped_files = scan->skipped;
    return rc;
}

static int scan_dir(struct tl_catalog *catalog, const struct naming *naming, struct tl_error *err)
{
    struct tl_scan scan = {.dir = catalog->dir};
    int rc;

    scan.dirfd = open(catalog->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (scan.dirfd < 0)
        return tl_error_errno(err, errno, "cannot open source directory '%s'", catalog->dir);
    rc = scan_open_dir(catalog, &scan, naming, err);
    tl_scan_done(&scan);
    (void)close(scan.dirfd);
    return rc;
}

int tl_catalog_scan(struct tl_catalog **catalog_out, const struct tl_options *options,
                    struct tl_error *err)
{
    TL_CLEANUP(tl_catalog_free_p) struct tl_catalog *catalog = calloc(1, sizeof(*catalog));
    struct naming naming = {NULL, NULL, NULL};
    int rc;

    if (!catalog)
        return tl_error_nomem(err);
    rc = tl_source_dir(&catalog->dir, options->source_dir, err);
    if (rc != TL_OK)
        return rc;
    rc = naming_init(&naming, options, catalog->dir, err);
    if (rc == TL_OK)
        rc = scan_dir(catalog, &naming, err);
    naming_done(&naming);
    if (rc != TL_OK)
        return rc;
    *catalog_out = catalog;
    catalog = NULL;
    return TL_OK;
}
