/* SPDX-License-Identifier: Apache-2.0 */
/*
 * [[routes]]: under which name a source database or table is imported. A rule with a table pattern
 * goes before one without; two that match equally are an error.
 */
#ifndef TL_SOURCE_ROUTES_H
#define TL_SOURCE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/config/options.h"

struct tl_routes;

/* The rules are borrowed and must outlive the object. TL_ERR_USAGE for a bad rule. Patterns are
   wildcards (`*`, `?`, `[a-z]`, `[!a-z]`) or `~` and a regular expression. */
int tl_routes_new(struct tl_routes **routes_out, const struct tl_route *rules, size_t count,
                  bool case_sensitive, struct tl_error *err) TL_WARN_UNUSED;
void tl_routes_free(struct tl_routes *routes); /* accepts NULL */

/* The target of a table, or of a database (table NULL or empty: *table_out is NULL then). Both
   outputs are borrowed: from the rule or from the arguments. TL_ERR_USAGE if the rules disagree. */
int tl_routes_find(const struct tl_routes *routes, const char *db, const char *table,
                   const char **db_out, const char **table_out,
                   struct tl_error *err) TL_WARN_UNUSED;

TL_DEFINE_CLEANUP(struct tl_routes *, tl_routes_free)

#endif
