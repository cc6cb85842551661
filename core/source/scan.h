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
    char *db;        /* in the source */
    char *name;
    char *target_db; /* after routing */
    char *target_name;
    struct tl_source_file *schema; /* NULL = no schema file; owned */
    struct tl_source_file *view;   /* not NULL: this is a view; owned */
    struct tl_source_file *files;  /* data files in order: sort key, then path */
    size_t file_count;
    int64_t total_size;
};

struct tl_source_db {
    char *name;
    char *target_name;
    struct tl_source_file *schema; /* NULL = none; owned */
};

struct tl_catalog {
    char *dir; /* absolute */
    struct tl_source_db *dbs;
    size_t db_count;
    struct tl_source_table *tables; /* by db, then total size (small first), then name */
    size_t table_count;
    size_t skipped_files;           /* matched no rule, or ignored by one */
};

/* Errors: TL_ERR_USAGE (bad rule, filter or route), TL_ERR_IO (directory missing or not readable),
   TL_ERR_DATA (empty, duplicate schema files, unknown compression, view without a table schema,
   several source tables routed onto one target are merged, that is no error). */
int tl_catalog_scan(struct tl_catalog **catalog_out, const struct tl_options *options,
                    struct tl_error *err) TL_WARN_UNUSED;
void tl_catalog_free(struct tl_catalog *catalog); /* accepts NULL */

TL_DEFINE_CLEANUP(struct tl_catalog *, tl_catalog_free)

#endif
