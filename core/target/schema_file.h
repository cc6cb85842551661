/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One schema file in memory: decompressed, as UTF-8 where that is possible, cut into statements.
 * Private to the schema module.
 */
#ifndef TL_TARGET_SCHEMA_FILE_H
#define TL_TARGET_SCHEMA_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/target/schema.h"
#include "core/target/sql_shape.h"
#include "core/target/sql_split.h"

struct tl_schema_statement {
    struct tl_statement at; /* borrows the file's text */
    struct tl_sql_shape shape;
};

struct tl_schema_file {
    struct tl_buf text;
    struct tl_schema_statement *statements; /* owned */
    size_t count;
    bool utf8; /* the text is UTF-8, whatever its SET NAMES says: that one is not run */
};

/* Reads and parses item->path. character_set is mydumper.character-set, sql_mode what holds when
   the file begins. TL_ERR_IO, TL_ERR_DATA (too large, encoding, syntax; with the line),
   TL_ERR_USAGE (unknown character set); the messages begin with the file. Free with
   tl_schema_file_free. */
int tl_schema_file_load(struct tl_schema_file **file_out, const struct tl_schema_item *item,
                        const char *character_set, const char *sql_mode,
                        struct tl_error *err) TL_WARN_UNUSED;

/* Accepts NULL. */
void tl_schema_file_free(struct tl_schema_file *file);

/* The statement of that kind that makes `name`: the last one with that name (a placeholder comes
   first), else the only one there is, as routing may have changed the name. TL_ERR_DATA, without
   the file's name: there is none, or several and none has the name. */
int tl_schema_file_pick(const struct tl_schema_file *file, enum tl_sql_kind kind, const char *name,
                        const struct tl_schema_statement **picked_out,
                        struct tl_error *err) TL_WARN_UNUSED;

/* True if both statements name the same object, whatever their qualifiers and quotes. */
bool tl_schema_same_name(const struct tl_schema_statement *a, const struct tl_schema_statement *b);

TL_DEFINE_CLEANUP(struct tl_schema_file *, tl_schema_file_free)

#endif
