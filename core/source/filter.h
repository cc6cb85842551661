/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table filter (mydumper.filter): rules like `db*.t?`, `!db.secret`, `/regex/.*`, `@file`.
 * The last rule that matches decides; a table that no rule matches is rejected.
 */
#ifndef TL_SOURCE_FILTER_H
#define TL_SOURCE_FILTER_H

#include <stdbool.h>

#include "core/base/error.h"
#include "core/config/options.h"

struct tl_filter;

/* No rules at all: everything but the system schemas. TL_ERR_USAGE for a bad rule, TL_ERR_IO for a
   rule file that cannot be read; both name the rule or the file and line. */
int tl_filter_new(struct tl_filter **filter_out, const struct tl_strings *rules,
                  bool case_sensitive, struct tl_error *err) TL_WARN_UNUSED;
void tl_filter_free(struct tl_filter *filter); /* accepts NULL */

/* TL_OK = accepted, TL_NOT_FOUND = rejected, or an error (a pattern that reached its limits). */
int tl_filter_table(const struct tl_filter *filter, const char *db, const char *table,
                    struct tl_error *err) TL_WARN_UNUSED;

/* The same for a database as such: accepted if a table of it could be. */
int tl_filter_db(const struct tl_filter *filter, const char *db,
                 struct tl_error *err) TL_WARN_UNUSED;

TL_DEFINE_CLEANUP(struct tl_filter *, tl_filter_free)

#endif
