/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file of the dump is, told by its path: the rules of [[mydumper.files]] first, then the
 * default ones (names as mydumper and Dumpling write them). The first rule that matches decides.
 */
#ifndef TL_SOURCE_FILE_RULES_H
#define TL_SOURCE_FILE_RULES_H

#include <stdbool.h>

#include "core/base/error.h"
#include "core/config/options.h"
#include "core/source/stream.h"

struct tl_file_rules;

enum tl_file_kind {
    TL_KIND_IGNORE,
    TL_KIND_NOT_IMPORTED, /* triggers, routines, events, sequences, policies: to be counted */
    TL_KIND_DB_SCHEMA,
    TL_KIND_TABLE_SCHEMA,
    TL_KIND_VIEW_SCHEMA,
    TL_KIND_SQL,
    TL_KIND_CSV,
    TL_KIND_PARQUET
};

struct tl_file_match {
    enum tl_file_kind kind;
    char *db;    /* owned; NULL if the file is ignored */
    char *table; /* owned; "" for the schema file of a database, NULL if ignored */
    char *key;   /* owned; sort key, "" = none, NULL if ignored */
    enum tl_compression compression;
    bool by_default; /* a default rule matched */
};

/* dir: the absolute source directory, which absolute paths of rules must be in. TL_ERR_USAGE for a
   bad rule. */
int tl_file_rules_new(struct tl_file_rules **rules_out, const struct tl_options *options,
                      const char *dir, struct tl_error *err) TL_WARN_UNUSED;
void tl_file_rules_free(struct tl_file_rules *rules); /* accepts NULL */

/* path is relative to the source directory. TL_OK with *match_out to be given to
   tl_file_match_done; TL_NOT_FOUND: no rule matches; TL_ERR_DATA: one matches, but its values are
   not valid (unknown compression or type). */
int tl_file_rules_match(const struct tl_file_rules *rules, const char *path,
                        struct tl_file_match *match_out, struct tl_error *err) TL_WARN_UNUSED;
void tl_file_match_done(struct tl_file_match *match);

TL_DEFINE_CLEANUP(struct tl_file_rules *, tl_file_rules_free)

#endif
