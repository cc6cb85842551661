/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The databases, tables and views of a catalogue as what the target must have.
 */
#ifndef TL_IMPORT_SCHEMA_ITEMS_H
#define TL_IMPORT_SCHEMA_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/source/scan.h"
#include "core/target/schema.h"

struct tl_schema_items {
    struct tl_schema_item *list; /* borrows from the catalogue, and paths */
    char **paths;                /* owned, one for each item */
    bool *created;               /* for tl_schema_apply */
    size_t count;
};

/* Fills the caller's empty items; to be done with tl_schema_items_done, after a failure too. */
int tl_schema_items_of(struct tl_schema_items *items, const struct tl_catalog *catalog,
                       struct tl_error *err) TL_WARN_UNUSED;

void tl_schema_items_done(struct tl_schema_items *items);

#endif
