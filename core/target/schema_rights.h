/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tl_schema_apply would need to be allowed to do, without doing anything.
 */
#ifndef TL_TARGET_SCHEMA_RIGHTS_H
#define TL_TARGET_SCHEMA_RIGHTS_H

#include "core/target/rights.h"
#include "core/target/schema.h"
#include "core/target/server.h"

/* Adds the needs of the items that are not on the target yet. Files are only read when it matters:
   for an account without ALTER, INDEX or SELECT, or that may not name another one as a view's
   definer. What is wrong with a file is left to tl_schema_apply. */
int tl_schema_rights(struct tl_rights *rights, const struct tl_options *options,
                     struct tl_session *session, const struct tl_server *server,
                     const struct tl_schema_item *items, size_t count,
                     struct tl_error *err) TL_WARN_UNUSED;

/* Whether a CREATE VIEW has a DEFINER clause that certainly names another account than `account`
   (CURRENT_USER() of the session: "user@host"). */
bool tl_schema_other_definer(const char *text, size_t len, const char *account);

#endif
