/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts one data file into batches at row boundaries. Two kinds behind one interface: SQL
 * (sql_reader.c) and CSV (csv_reader.c). One thread at a time; memory is bounded by the batch in
 * work plus one read block.
 */
#ifndef TL_SOURCE_READER_H
#define TL_SOURCE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config/options.h"
#include "core/source/batch.h"
#include "core/source/stream.h"

struct tl_reader;

enum tl_file_type { TL_FILE_SQL = 3, TL_FILE_CSV = 4 }; /* upstream's codes of chunk_v6.type */

/* Where to begin: all zero (line 1) for the beginning of the file, else what the ledger kept of the
   batch that ends at pos. */
struct tl_reader_start {
    uint64_t pos;
    uint64_t line; /* from 1 */
    bool in_statement;
    uint64_t head_offset;
    struct tl_session_state state;
};

/* All strings and csv are borrowed until tl_reader_close. */
struct tl_reader_settings {
    const char *path; /* to open */
    const char *name; /* for messages: relative to the source directory */
    enum tl_file_type type;
    enum tl_compression compression;
    const struct tl_csv_options *csv; /* borrowed; for CSV */
    const char *data_character_set;   /* mydumper.data-character-set; CSV */
    const char *invalid_char_replace;
    const char *sql_mode;   /* tidb.sql-mode: NO_BACKSLASH_ESCAPES, ANSI_QUOTES; SQL */
    uint64_t batch_bytes;   /* a batch is closed at the first row end past it */
    uint32_t batch_rows;    /* or with this many rows */
    uint64_t max_row_bytes; /* a longer row is TL_ERR_DATA */
    uint32_t read_block;
};

int tl_reader_open(struct tl_reader **reader_out, const struct tl_reader_settings *settings,
                   const struct tl_reader_start *start, struct tl_error *err) TL_WARN_UNUSED;

/* The next batch, never past stop_pos (UINT64_MAX = none), which is a row end known from the
   ledger: a batch that reaches it ends exactly there, and a row that would cross it is TL_ERR_DATA
   ("the file changed"). *batch_out is the caller's; NULL behind the last batch. Errors name file,
   line, offset. */
int tl_reader_next(struct tl_reader *reader, uint64_t stop_pos, struct tl_batch **batch_out,
                   struct tl_error *err) TL_WARN_UNUSED;

/* Bytes of the file itself consumed so far (compressed size), for progress. Any thread. */
uint64_t tl_reader_raw_pos(const struct tl_reader *reader);

/* Accepts NULL. */
void tl_reader_close(struct tl_reader *reader);

TL_DEFINE_CLEANUP(struct tl_reader *, tl_reader_close)

#endif
