/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue of a dump: walks the source directory, applies file rules, filter and routes, and
 * groups the files into databases, tables and views. Reads no file contents.
 */
#ifndef TL_SOURCE_SCAN_H
#define TL_SOURCE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config/options.h"
#include "core/source/reader.h"
#include "core/source/stream.h"

struct tl_source_file {
    char *path; /* relative to the source directory, '/' between */
    int64_t size;
    int64_t mtime; /* nanoseconds */
    enum tl_compression compression;
    enum tl_file_type type; /* data files only */
    char *sort_key;         /* never NULL */
};

struct tl_source_table {
    char *db; /* in the source */
    char *name;
    char *target_db; /* after routing */
    char *target_name;
    struct tl_source_file *schema; /* NULL = no schema file; owned */
    struct tl_source_file *view;   /* not NULL: this is a view, it has no data files; owned */
    struct tl_source_file *files;  /* data files in order: sort key, then path */
    size_t file_count;
    int64_t total_size;
};

/* One for each database that is needed on the target. */
struct tl_source_db {
    char *name;                    /* in the source; the first one if several go to one target */
    char *target_name;             /* after routing; unique */
    struct tl_source_file *schema; /* NULL = none; owned */
};

struct tl_catalog {
    char *dir;                /* absolute */
    struct tl_source_db *dbs; /* by target name */
    size_t db_count;
    struct tl_source_table *tables; /* by db, then total size (small first), then name */
    size_t table_count;
    size_t skipped_files; /* matched no rule, ignored by one, or rejected by the filter */
};

/* Scans options->source_dir. What is left out with a meaning (triggers, files that look like data
   but match no rule) is logged as a warning, by count. Several source tables that are routed onto
   one target stay separate entries with the same target.

   TL_ERR_USAGE: bad rule, filter or route, or a compression that is known but not readable.
   TL_ERR_IO: the directory or one in it is missing or not readable; so is a file of the dump.
   TL_ERR_DATA: nothing to import, duplicate schema files, unknown compression, a view without a
   table schema, parquet. */
int tl_catalog_scan(struct tl_catalog **catalog_out, const struct tl_options *options,
                    struct tl_error *err) TL_WARN_UNUSED;
void tl_catalog_free(struct tl_catalog *catalog); /* accepts NULL */

/* The absolute, real path that mydumper.data-source-dir means: a path or file:// or local:// and
   one. TL_ERR_USAGE for other schemes and for none given, TL_ERR_IO if it is no directory.
   *dir_out is the caller's (free). */
int tl_source_dir(char **dir_out, const char *source_dir, struct tl_error *err) TL_WARN_UNUSED;

TL_DEFINE_CLEANUP(struct tl_catalog *, tl_catalog_free)

#endif
