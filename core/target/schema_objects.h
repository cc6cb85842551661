/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which databases, tables and views the target has: asked once per database, as a dump may have
 * tens of thousands of tables. Private to the schema module.
 */
#ifndef TL_TARGET_SCHEMA_OBJECTS_H
#define TL_TARGET_SCHEMA_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/target/schema.h"
#include "core/target/session.h"

enum tl_object_kind { TL_OBJECT_NONE, TL_OBJECT_DATABASE, TL_OBJECT_TABLE, TL_OBJECT_VIEW };

/* A snapshot. Names are compared as the server does (lower_case_table_names), for ASCII letters. */
struct tl_objects;

/* Loads the databases, and the tables and views of all databases that occur in items. */
int tl_objects_load(struct tl_objects **objects_out, struct tl_session *session,
                    const struct tl_schema_item *items, size_t count,
                    struct tl_error *err) TL_WARN_UNUSED;

/* Accepts NULL. */
void tl_objects_free(struct tl_objects *objects);

/* name NULL: the database itself. */
enum tl_object_kind tl_objects_find(const struct tl_objects *objects, const char *db,
                                    const char *name);

/* Asks the server about one table or view, now, or with name NULL about the database, which becomes
   the current one if it is there. *kind_out is TL_OBJECT_NONE if it is not there. */
int tl_object_ask(struct tl_session *session, const char *db, const char *name,
                  enum tl_object_kind *kind_out, struct tl_error *err) TL_WARN_UNUSED;

TL_DEFINE_CLEANUP(struct tl_objects *, tl_objects_free)

#endif
