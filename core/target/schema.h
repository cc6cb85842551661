/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applies the schema files of a dump to the target: databases, tables in any order whatever their
 * foreign keys, views last. Existing objects are kept.
 */
#ifndef TL_TARGET_SCHEMA_H
#define TL_TARGET_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/config/options.h"
#include "core/source/stream.h"
#include "core/target/session.h"

enum tl_schema_kind { TL_SCHEMA_DATABASE, TL_SCHEMA_TABLE, TL_SCHEMA_VIEW };

/* One object to be there. Strings are borrowed. */
struct tl_schema_item {
    enum tl_schema_kind kind;
    const char *db;   /* of the target, after routing */
    const char *name; /* of the target; NULL for a database */
    const char *path; /* schema file to read; NULL = none (databases: a plain CREATE DATABASE) */
    const char *shown_path; /* for messages */
    enum tl_compression compression;
};

/* Makes all items exist. created_out[i] (may be NULL) tells whether this call made item i. A table
   without a file must exist already, else TL_ERR_REFUSED that names it. A file that does not parse
   or is refused by the server: error with file and line of the statement, the server's words.
   Existing objects are kept: no DROP of a file is run, OR REPLACE is taken out. Further sessions
   may be opened for the time of the call; afterwards `session` is as freshly opened. cancel may be
   NULL. */
int tl_schema_apply(const struct tl_options *options, struct tl_session *session,
                    const struct tl_schema_item *items, size_t count, bool *created_out,
                    const struct tl_cancel *cancel, struct tl_error *err) TL_WARN_UNUSED;

#endif
