/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of rights.h share. Private to core/target.
 */
#ifndef TL_TARGET_RIGHTS_INTERNAL_H
#define TL_TARGET_RIGHTS_INTERNAL_H

#include <stddef.h>

#include "core/target/rights.h"

struct tl_rights_object {
    const char *db;
    const char *name; /* NULL: the whole database */
    unsigned mask;    /* needed */
    unsigned missing;
};

struct tl_rights {
    struct tl_rights_object *objects; /* by database, once asked */
    size_t count;
    size_t cap;
    const char *global; /* missing global privilege, or NULL */
    const char *global_why;
};

/* Whether `right` on `db`.`name` is denied, for certain. name NULL: on a table that nobody has. */
int tl_rights_denied(struct tl_session *session, const char *db, const char *name, unsigned right,
                     bool *denied_out, struct tl_error *err) TL_WARN_UNUSED;

/* Whether a line of SHOW GRANTS gives one of the privileges (ended by NULL): on everything, or else
   on one table. */
bool tl_grant_gives(const char *line, bool global, const char *const *words);

/* Turns what is missing into TL_ERR_REFUSED; TL_OK when nothing is. */
int tl_rights_report(const struct tl_rights *rights, struct tl_session *session,
                     struct tl_error *err) TL_WARN_UNUSED;

#endif
