/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of a result as a record: the way back from encode.h.
 */
#ifndef CKPT_MYSQL_DECODE_H
#define CKPT_MYSQL_DECODE_H

#include <mysql.h>

#include "encode.h"

/* Behind a kind's columns (without its constants) a row has these, NULL without a row there. */
enum {
    CKMY_ROW_KIND = 0, /* extra_v1.kind */
    CKMY_ROW_PLANNED,
    CKMY_ROW_RAW_NAME,
    CKMY_ROW_LOST,
    CKMY_ROW_EXTRA,
    CKMY_ROW_EXTRA_COLUMNS
};

/* Fills the record; its strings point into the row. table_name: the name asked for, NULL where the
   row's own counts. CKPT_ERR_CORRUPT when a value is not what this driver writes. */
int ckmy_decode(union ckmy_record *record_out, const struct ckmy_kind *kind, MYSQL_ROW row,
                const unsigned long *lengths, const struct ckpt_str *table_name,
                struct ckpt_error *err);

#endif
