/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SELECT of the records of one kind.
 *
 * Records are ordered by the bytes of a path, which no index gives: a key has only the first 500
 * characters, and they may be escaped. Sorting 100,000 chunks costs the server some seconds, while
 * a scan of the primary key nearly always meets them in order already. So there is a cheap query
 * for the keys alone, in the order of that scan; if they come in order, the records are read the
 * same way (and checked again), else they are sorted.
 */
#ifndef CKPT_MYSQL_QUERY_H
#define CKPT_MYSQL_QUERY_H

#include "columns.h"
#include "text.h"

struct ckmy_query {
    const struct ckmy_kind *kind;
    const char *condition;       /* continues a WHERE */
    const struct ckpt_str *name; /* ends it, if not NULL */
    bool with_extra;             /* joins extra_v1; needed if a row of it belongs to a record */
    bool scan;                   /* in the order of the primary key, instead of sorted */
    bool keys_only;              /* engine id, path, offset */
};

/* Replaces the content of sql. The columns are those of decode.h, unless keys_only. */
void ckmy_put_query(struct ckmy_buf *sql, const struct ckmy_query *query);

#endif
