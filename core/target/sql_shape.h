/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of statement a text is, where the name of its object stands, and the same statement
 * with another name. Only as much grammar as schema files need; everything else stays byte for
 * byte.
 */
#ifndef TL_TARGET_SQL_SHAPE_H
#define TL_TARGET_SQL_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/target/sql_split.h"

enum tl_sql_kind {
    TL_SQL_OTHER,
    TL_SQL_EMPTY,      /* nothing but comments */
    TL_SQL_SET,        /* of the session */
    TL_SQL_SET_GLOBAL, /* changes more than the session, or what goes into the binary log */
    TL_SQL_USE,
    TL_SQL_DROP,
    TL_SQL_CREATE_DATABASE,
    TL_SQL_CREATE_TABLE,
    TL_SQL_CREATE_VIEW,
    TL_SQL_CREATE_INDEX,
    TL_SQL_ALTER_TABLE,
    TL_SQL_ROUTINE,    /* CREATE TRIGGER, PROCEDURE, FUNCTION, EVENT, PACKAGE */
    TL_SQL_ROWS,       /* INSERT, REPLACE, LOAD, UPDATE, DELETE, TRUNCATE */
    TL_SQL_TRANSACTION /* LOCK, UNLOCK, BEGIN, START, COMMIT, ROLLBACK */
};

struct tl_sql_shape {
    enum tl_sql_kind kind;
    size_t name_begin; /* [db.]name in the text, quotes included; begin = end: there is none */
    size_t name_end;
    size_t replace_begin; /* OR REPLACE; begin = end: not there */
    size_t replace_end;
    bool if_not_exists;
};

/* Looks at a statement of the splitter. Never fails: what it does not know is TL_SQL_OTHER. */
struct tl_sql_shape tl_sql_shape_of(const char *text, size_t len, bool backslash);

/* Appends the statement with `db`.`name` as its object (name NULL: `db`), without OR REPLACE, and
   with IF NOT EXISTS in CREATE DATABASE and CREATE TABLE. The shape has a name. */
int tl_sql_rewrite(struct tl_buf *sql, const char *text, size_t len,
                   const struct tl_sql_shape *shape, const char *db,
                   const char *name) TL_WARN_UNUSED;

/* SET NAMES x and SET character_set_client = x: copies x in lower case. False: it sets neither. */
bool tl_sql_charset_of(const char *text, size_t len, char *charset_out, size_t size);

/* True if the text, a SET, mentions that word anywhere, in any case. */
bool tl_sql_mentions(const char *text, size_t len, const char *word);

#endif
