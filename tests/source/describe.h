/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A catalogue as text, so that a test can compare all of it at once.
 */
#ifndef TL_TESTS_SOURCE_DESCRIBE_H
#define TL_TESTS_SOURCE_DESCRIBE_H

#include <check.h>

#include "core/base/buf.h"
#include "core/source/scan.h"

/* One line a database or table: `db>target schema`, `db.table>db.table schema view |files`. */
static inline void describe(struct tl_buf *out, const struct tl_catalog *catalog)
{
    for (size_t i = 0; i < catalog->db_count; i++) {
        const struct tl_source_db *db = &catalog->dbs[i];

        ck_assert_int_eq(tl_buf_addf(out, "%s>%s %s\n", db->name, db->target_name,
                                     db->schema ? db->schema->path : "-"),
                         TL_OK);
    }
    for (size_t i = 0; i < catalog->table_count; i++) {
        const struct tl_source_table *t = &catalog->tables[i];

        ck_assert_int_eq(tl_buf_addf(out, "%s.%s>%s.%s %s %s |", t->db, t->name, t->target_db,
                                     t->target_name, t->schema ? t->schema->path : "-",
                                     t->view ? t->view->path : "-"),
                         TL_OK);
        for (size_t f = 0; f < t->file_count; f++)
            ck_assert_int_eq(tl_buf_addf(out, " %s", t->files[f].path), TL_OK);
        ck_assert_int_eq(tl_buf_adds(out, "\n"), TL_OK);
    }
}

#endif
