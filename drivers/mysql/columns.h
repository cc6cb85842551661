/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which field of which record is which column of which table: the one list that writing, reading
 * and the check of the layout work from. The tables are upstream's, plus ours; what upstream's
 * columns cannot hold stands in extra_v1, one row for a record that needs one.
 */
#ifndef CKPT_MYSQL_COLUMNS_H
#define CKPT_MYSQL_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tidb-lightning/checkpoint_driver.h>

enum ckmy_type {
    CKMY_CONST,     /* always the number `limit`; no field */
    CKMY_KEY,       /* name, `limit` characters of stored form */
    CKMY_TEXT,      /* text, up to `limit` characters */
    CKMY_TEXT_NULL, /* the same, empty as NULL */
    CKMY_BYTES,     /* binary, up to `limit` bytes */
    CKMY_HASH,      /* `limit` bytes, padded with NULs; empty as NULs only */
    CKMY_I32,
    CKMY_U32,
    CKMY_I64,
    CKMY_U64,
    CKMY_STATUS, /* uint32_t in a tinyint unsigned */
    CKMY_ENGINE, /* int32_t in upstream's int unsigned: -1 is 4294967295 */
    CKMY_TIME    /* nanoseconds in a timestamp of whole seconds */
};

struct ckmy_column {
    const char *name;
    const char *sql_type; /* as SHOW COLUMNS says it, without the display width of integers */
    enum ckmy_type type;
    uint32_t limit;
    size_t offset; /* of the field */
    bool key;      /* of the primary key */
};

/* One kind of record. Its number is that of the change that puts it (CKPT_PUT_TASK ...). */
struct ckmy_kind {
    unsigned number;
    const char *table;
    const struct ckmy_column *columns; /* in the table's order; never reordered, see encode.h */
    size_t column_count;
    size_t record_size;
    size_t extra_offset; /* of the field `extra` */
    bool has_engine;     /* its key has an engine id */
    bool has_path;       /* its key has a path; the sort key, else the table name is */
    bool has_offset;     /* its key has an offset */
};

enum { CKMY_KIND_FIRST = CKPT_PUT_TASK, CKMY_KIND_LAST = CKPT_PUT_FAILURE };

/* The kind of that number; number must be CKMY_KIND_FIRST to CKMY_KIND_LAST. */
const struct ckmy_kind *ckmy_kind(unsigned number);

/* The columns of extra_v1, for the check of the layout. */
const struct ckmy_column *ckmy_extra_columns(size_t *count_out);

/* Any record's key, as extra_v1 has it: fields that the kind does not have are empty or 0. */
struct ckmy_key {
    struct ckpt_str table_name;
    int64_t engine_id; /* as stored: see CKMY_ENGINE */
    struct ckpt_str path;
    int64_t offset;
};

struct ckmy_key ckmy_key_of(const struct ckmy_kind *kind, const void *record);

bool ckmy_key_equal(const struct ckmy_key *a, const struct ckmy_key *b);

/* The string field at offset of a record. */
struct ckpt_str ckmy_field_str(const void *record, size_t offset);

#define CKMY_EXTRA_TABLE "extra_v1"

/* All tables of the store, in the order in which they are created. */
#define CKMY_TABLE_COUNT 7
extern const char *const ckmy_tables[CKMY_TABLE_COUNT];

#endif
