/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record as the values of an INSERT. A field that its column cannot hold as it is (too long, no
 * valid UTF-8, a time past 2038, ...) goes cut or clamped into the column, for people, and whole
 * into the blob extra_v1.lost: one byte index of the column in columns.c, four bytes length, the
 * bytes; numbers are eight bytes; all little-endian.
 */
#ifndef CKPT_MYSQL_ENCODE_H
#define CKPT_MYSQL_ENCODE_H

#include "columns.h"
#include "text.h"

/* Room for a record of any kind. */
union ckmy_record {
    uint32_t struct_size;
    struct ckpt_task task;
    struct ckpt_table table;
    struct ckpt_engine engine;
    struct ckpt_chunk chunk;
    struct ckpt_source source;
    struct ckpt_failure failure;
};

/* Copies what this driver knows of a host's record; fields that the host does not have are zero. */
void ckmy_record_copy(union ckmy_record *copy_out, const struct ckmy_kind *kind,
                      const void *record);

/* Appends "(value,...)" to sql, and to lost what the columns cannot hold. */
void ckmy_encode(struct ckmy_buf *sql, struct ckmy_buf *lost, const struct ckmy_kind *kind,
                 const union ckmy_record *record);

#endif
