/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data files of a catalogue by path.
 */
#ifndef TL_IMPORT_SOURCE_INDEX_H
#define TL_IMPORT_SOURCE_INDEX_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/source/scan.h"

struct tl_found_file {
    const struct tl_source_file *file; /* of the catalogue */
    const struct tl_source_table *table;
};

struct tl_source_index {
    struct tl_found_file *files; /* owned; sorted by path */
    size_t count;
};

/* The catalogue must outlive the index. */
int tl_source_index_init(struct tl_source_index *index, const struct tl_catalog *catalog,
                         struct tl_error *err) TL_WARN_UNUSED;
void tl_source_index_done(struct tl_source_index *index); /* for TL_CLEANUP */

/* The file of a path, or NULL. */
const struct tl_found_file *tl_source_index_find(const struct tl_source_index *index,
                                                 const char *path);

#endif
