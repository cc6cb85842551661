/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the scan: the files of a directory that belong to the dump, with what the file rules
 * say about each. scan_entries.c makes the list, catalog.c groups it into tables.
 */
#ifndef TL_SOURCE_SCAN_ENTRIES_H
#define TL_SOURCE_SCAN_ENTRIES_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/source/file_rules.h"
#include "core/source/filter.h"
#include "core/source/routes.h"
#include "core/source/scan.h"
#include "core/source/walk.h"

struct tl_scan_entry {
    struct tl_file_match match; /* owned */
    const struct tl_walk_file *file;
};

/* A number of files that are left out, with one of them to be named. */
struct tl_scan_count {
    size_t count;
    const char *example; /* borrowed from the walk */
};

struct tl_scan {
    const char *dir; /* absolute; borrowed */
    int dirfd;
    struct tl_walk walk;
    struct tl_scan_entry *entries; /* owned */
    size_t count;
    struct tl_scan_count unmatched;    /* no rule matches, the name looks like data */
    struct tl_scan_count not_imported; /* triggers, routines, ... */
    struct tl_scan_count filtered;
    struct tl_scan_count stand_ins; /* mydumper_N instead of the table's name */
    size_t skipped;                 /* all files that became no entry */
};

/* Applies rules and filter to scan->walk and fills the rest. TL_ERR_IO and TL_ERR_DATA name the
   file that is not usable. */
int tl_scan_entries(struct tl_scan *scan, const struct tl_file_rules *rules,
                    const struct tl_filter *filter, struct tl_error *err) TL_WARN_UNUSED;

/* Frees entries and walk. */
void tl_scan_done(struct tl_scan *scan);

/* Groups the entries; routes may be NULL. catalog->dir and skipped_files are the caller's part. */
int tl_catalog_build(struct tl_catalog *catalog, struct tl_scan *scan,
                     const struct tl_routes *routes, struct tl_error *err) TL_WARN_UNUSED;

#endif
