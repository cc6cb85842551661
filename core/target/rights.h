/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the target's account may do, asked before anything is changed, and the GRANT statements that
 * mend what is missing.
 *
 * The server itself is asked, not SHOW GRANTS: global, database, table and column privileges,
 * patterns, roles, PUBLIC, partial revokes, proxies and read-only modes come together in more ways
 * than a reading of grants gets right. A statement that needs one privilege is prepared and never
 * executed; "denied" is the answer before the server looks at the object. Any other answer counts
 * as granted: then the work itself tells what is wrong.
 */
#ifndef TL_TARGET_RIGHTS_H
#define TL_TARGET_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/target/session.h"

/* In the order in which they are listed. */
enum tl_right {
    TL_RIGHT_SELECT = 1 << 0,
    TL_RIGHT_INSERT = 1 << 1,
    TL_RIGHT_UPDATE = 1 << 2,
    TL_RIGHT_DELETE = 1 << 3,
    TL_RIGHT_CREATE = 1 << 4,
    TL_RIGHT_CREATE_VIEW = 1 << 5,
    TL_RIGHT_ALTER = 1 << 6,
    TL_RIGHT_INDEX = 1 << 7,
    TL_RIGHT_DROP = 1 << 8,
    TL_RIGHT_REFERENCES = 1 << 9 /* not asked for, but part of a GRANT */
};

/* A list of needs, and what came of it. Not shared between threads. */
struct tl_rights;

int tl_rights_new(struct tl_rights **rights_out, struct tl_error *err) TL_WARN_UNUSED;
void tl_rights_free(struct tl_rights *rights); /* accepts NULL */

/* Adds the need of some rights (bits of enum tl_right) on `db`.`name`, name NULL: on all of the
   database, as for creating it. Strings are borrowed for the life of the list. */
int tl_rights_need(struct tl_rights *rights, const char *db, const char *name, unsigned mask,
                   struct tl_error *err) TL_WARN_UNUSED;

/* Adds the need of a global privilege that the caller has found to be missing; `why` (static text)
   stands behind it in brackets. */
void tl_rights_lack_global(struct tl_rights *rights, const char *privilege, const char *why);

/* Whether the account has all of `mask` on every table of the database, existing or not, by one
   grant on it or above it. False says nothing about single tables. */
int tl_rights_on_database(struct tl_session *session, const char *db, unsigned mask, bool *has_out,
                          struct tl_error *err) TL_WARN_UNUSED;

/* Whether SHOW GRANTS, of the account, its active roles or PUBLIC, has one of these words (ended by
   NULL) in a global grant. True also when the server does not tell. */
int tl_rights_global(struct tl_session *session, const char *const *words, bool *has_out,
                     struct tl_error *err) TL_WARN_UNUSED;

/* Asks for all needs. TL_ERR_REFUSED: the message lists what is missing on which object, the hint
   has the GRANT statements. A grant on a database replaces, for that account, one on a pattern
   that matches it; so the statement has all that is needed there, not only what is missing. */
int tl_rights_check(struct tl_rights *rights, struct tl_session *session,
                    struct tl_error *err) TL_WARN_UNUSED;

/* Appends the account "user@host" as 'user'@'host', quoted for any sql_mode. */
int tl_rights_add_account(struct tl_buf *sql, const char *account) TL_WARN_UNUSED;

/* Appends "`db`.*" for a GRANT, in which '_', '%' and '\' of a name must be escaped; with a name,
   where nothing is escaped, "`db`.`name`". */
int tl_rights_add_object(struct tl_buf *sql, const char *db, const char *name) TL_WARN_UNUSED;

TL_DEFINE_CLEANUP(struct tl_rights *, tl_rights_free)

#endif
