/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reader hands to a writer: consecutive rows of one chunk as raw bytes, with all that is
 * needed to understand them. The reader only finds row boundaries; decoding happens in the writer's
 * thread (decode.h), so that several writers share the work of one file.
 */
#ifndef TL_SOURCE_BATCH_H
#define TL_SOURCE_BATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/error.h"

/*
 * How the bytes of SQL text are to be read, as the dump's own SET lines say: part of the head.
 * Empty string = not said by the dump. Values are what stood there, without quotes.
 */
struct tl_session_state {
    char charset[64];    /* SET NAMES x / character_set_client = x: "utf8mb4", "binary", ... */
    char collation[64];  /* SET NAMES x COLLATE y */
    char time_zone[64];  /* "+00:00" */
    char sql_mode[512];  /* "NO_AUTO_VALUE_ON_ZERO" */
    bool sql_mode_given; /* sql_mode may be set to '' */
};

/*
 * What governs the rows of a batch: session state, and the statement head (INSERT INTO t (a,b)
 * VALUES) or the CSV header. Immutable, reference-counted, shared between batches and threads.
 */
struct tl_head {
    atomic_uint refs;
    struct tl_session_state state;
    uint64_t offset;  /* of the first byte of the statement (SQL) or of the header (CSV: 0) */
    uint64_t serial;  /* unique within the process: equal serial = equal columns and state */
    char *table;      /* as the statement names it, without quotes and schema; NULL: CSV. Owned */
    bool has_columns; /* a column list was given */
    uint32_t column_count;
    char **columns; /* names as in the file, without quotes; owned */
};

/* A head without columns, with one reference and a new serial. NULL when out of memory. */
struct tl_head *tl_head_new(const struct tl_session_state *state, uint64_t offset);
/* Appends a column to a head that nobody shares yet: TL_OK or TL_ERR_NOMEM. */
int tl_head_add_column(struct tl_head *head, const char *name, size_t len) TL_WARN_UNUSED;

/* True if state and columns are equal: rows of both can share a batch. */
bool tl_head_equal(const struct tl_head *a, const struct tl_head *b);
bool tl_session_state_equal(const struct tl_session_state *a, const struct tl_session_state *b);

struct tl_head *tl_head_ref(struct tl_head *head);
void tl_head_unref(struct tl_head *head); /* accepts NULL */

/* Where one row lies in raw. SQL: from '(' to behind ')'. CSV: without its terminator. */
struct tl_row_span {
    uint32_t start;
    uint32_t len;
};

struct tl_batch {
    uint64_t begin_pos;       /* bytes of the uncompressed file; = end_pos of the batch before */
    uint64_t end_pos;         /* behind the last row; at the end of the chunk: the file's end */
    uint64_t begin_line;      /* line number (from 1) at begin_pos */
    uint64_t end_line;        /* line number at end_pos */
    bool last;                /* ends the chunk; rows may be 0 */
    struct tl_head *head;     /* owned reference; NULL when rows == 0 */
    struct tl_buf raw;        /* the bytes [begin_pos, end_pos), or none when rows == 0 */
    struct tl_row_span *rows; /* owned; rows[i] within raw, ascending */
    uint32_t *row_lines;      /* owned; number of '\n' in raw, as read, in front of rows[i] */
    uint32_t row_count;
    uint64_t checksum; /* tl_checksum_of(raw) as read, before any decoding in place */
    /* The reader's state at end_pos, for one that starts there. */
    bool in_statement;    /* end_pos lies within the tuple list of the statement at resume_head */
    uint64_t resume_head; /* offset of the statement head that governs what follows end_pos */
    struct tl_session_state resume_state;
};

/* Frees the batch and all that it owns. Accepts NULL. */
void tl_batch_free(struct tl_batch *batch);

/* Line and byte position of row i (from 0) in the file. At any time, also after decoding. */
uint64_t tl_batch_row_line(const struct tl_batch *batch, uint32_t row);
uint64_t tl_batch_row_pos(const struct tl_batch *batch, uint32_t row);

TL_DEFINE_CLEANUP(struct tl_batch *, tl_batch_free)

#endif
