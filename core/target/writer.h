/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One writer: a connection that commits batches, each in one transaction with its ledger row:
 *
 *   START TRANSACTION; UPDATE writer_v1 ...; INSERT batch_v1 ...   one round trip
 *   the rows: array binding (MariaDB bulk protocol) or multi-row INSERT
 *   COMMIT
 *
 * On a retryable error the whole batch is done again after a back-off with jitter; on a lost
 * connection the writer reconnects, checks the server's incarnation, replaces its token and reads
 * the ledger in the same transaction before it decides whether the batch is committed. One thread.
 */
#ifndef TL_TARGET_WRITER_H
#define TL_TARGET_WRITER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/config/options.h"
#include "core/source/batch.h"
#include "core/source/reader.h"
#include "core/target/ledger.h"

/* How a column of the target takes values. */
enum tl_column_kind {
    TL_COLUMN_TEXT,   /* CHAR, VARCHAR, TEXT, JSON, ENUM, SET, dates: bound as string */
    TL_COLUMN_BINARY, /* BINARY, VARBINARY, BLOB: bound as blob */
    TL_COLUMN_NUMBER, /* integers, DECIMAL, FLOAT, DOUBLE, YEAR: bound as string */
    TL_COLUMN_BIT,    /* BIT: bound as blob, numbers converted to big-endian bytes */
    TL_COLUMN_OTHER   /* geometry, vector, ...: bound as blob */
};

struct tl_column {
    char *name;
    uint8_t kind;     /* enum tl_column_kind */
    bool enumerated;  /* ENUM, SET, dates, YEAR: an unquoted number is not the same as its text */
    bool approximate; /* FLOAT, DOUBLE */
    bool generated;
    bool invisible;
    bool nullable;
    bool auto_increment;
};

/* A target table as it is on the server. Immutable while writers run. */
struct tl_table_info {
    char *db;
    char *name;
    struct tl_column *columns;
    uint32_t column_count;
    bool has_key;    /* a PRIMARY KEY or UNIQUE index */
    char engine[64]; /* "InnoDB" */
};

/* Reads the table from information_schema. TL_NOT_FOUND: no such table. */
int tl_table_info_load(struct tl_table_info **info_out, struct tl_session *session, const char *db,
                       const char *name, struct tl_error *err) TL_WARN_UNUSED;
void tl_table_info_free(struct tl_table_info *info);

/* Makes the commits up to now durable where the server defers that. *durable_out = false: the
   server cannot be made to, or our user may not. */
int tl_target_make_durable(struct tl_session *session, const struct tl_server *server,
                           bool *durable_out, struct tl_error *err) TL_WARN_UNUSED;

/* Counters of all writers, for progress and the summary. */
struct tl_write_stats {
    atomic_uint_fast64_t batches; /* whose commit was confirmed */
    atomic_uint_fast64_t retries;
    atomic_uint_fast64_t reconnects;
    atomic_uint_fast64_t duplicates; /* rows replaced or ignored */
    atomic_uint_fast64_t replaced;   /* CSV fields whose invalid characters were replaced */
};

/* What all writers share; borrowed for their life. */
struct tl_writer_settings {
    const struct tl_options *options;
    const struct tl_ledger *ledger;
    const struct tl_cancel *cancel;
    struct tl_write_stats *stats;
    /* Set (by anyone) when the attempt is over: writers return TL_ERR_RESTARTED or TL_ERR_CANCELED
       at the next occasion. */
    const atomic_bool *stop;
};

struct tl_writer;

/* Connects and registers as writer `id` (1..). */
int tl_writer_open(struct tl_writer **writer_out, const struct tl_writer_settings *settings,
                   uint32_t id, struct tl_error *err) TL_WARN_UNUSED;
void tl_writer_close(struct tl_writer *writer); /* accepts NULL */

/* From any thread, while the writer is not closed: cuts its connection, so that a tl_writer_commit
   at work returns TL_ERR_CANCELED soon, as do all later ones. */
void tl_writer_abort(struct tl_writer *writer);

/* Where a batch goes; all borrowed. */
struct tl_write_target {
    const struct tl_table_info *table;
    const struct tl_chunk_key *key;
    const struct tl_reader_settings *source; /* how the batch's bytes are read; path for messages */
    const struct tl_strings *ignore_columns; /* names of columns that are dropped, or NULL */
};

/* Commits one batch exactly once. TL_OK: committed, durable as the server promises. Errors:
   TL_ERR_DATA / TL_ERR_DB: the batch can never be committed; the message names file, line (of the
   first bad row, found by bisecting in rolled-back transactions), offset and reason, and
   *bad_row_out is that row (UINT32_MAX unknown). TL_ERR_RESTARTED, TL_ERR_FENCED, TL_ERR_CANCELED:
   nothing is known about the batch; the ledger knows. A TL_ERR_DB with retryable set: given up
   after retry-timeout, the table is not to blame. The batch's raw bytes are not changed. */
int tl_writer_commit(struct tl_writer *writer, const struct tl_write_target *target,
                     struct tl_batch *batch, uint32_t *bad_row_out,
                     struct tl_error *err) TL_WARN_UNUSED;

TL_DEFINE_CLEANUP(struct tl_writer *, tl_writer_close)
TL_DEFINE_CLEANUP(struct tl_table_info *, tl_table_info_free)

#endif
