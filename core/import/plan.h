/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a task in memory: tables, their chunks, and how far each is. Made from the catalogue
 * on a first run (plan_build.c), from the checkpoint store afterwards (plan_load.c); it is never
 * cut again. The committed state comes from the ledger alone.
 *
 * Locking: `lock` guards every field below the line "state" of tables and chunks; what stands above
 * is constant once the threads run.
 */
#ifndef TL_IMPORT_PLAN_H
#define TL_IMPORT_PLAN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/checkpoint/model.h"
#include "core/config/options.h"
#include "core/import/ranges.h"
#include "core/source/reader.h"
#include "core/source/scan.h"
#include "core/target/writer.h"

struct tl_plan_table;

struct tl_plan_chunk {
    struct tl_plan_table *table;
    char *path; /* relative to the source directory */
    int64_t offset;
    enum tl_file_type type;
    enum tl_compression compression;
    char *sort_key;
    int64_t file_size;
    int64_t mtime;
    struct tl_digest fingerprint;
    struct tl_chunk_key key;
    int64_t create_time; /* when it was planned; from then on, when it was first read */
    char
        *columns; /* upstream's column permutation, kept for whoever reads the store; may be NULL */
    char *marks;  /* adopt_marks.h; owned; NULL: none, or adopted */
    /* state */
    struct tl_ranges ranges; /* empty again when done: 100,000 chunks must stay small */
    uint64_t pos;            /* everything before it is committed */
    uint64_t rows;
    uint64_t bytes;
    int64_t end_offset; /* of the uncompressed content; compressed: TL_END_UNKNOWN until known */
    int64_t real_pos;
    uint64_t recorded_pos; /* pos, rows and end_offset as the store has them */
    uint64_t recorded_rows;
    int64_t recorded_end;
    bool taken; /* a reader has it */
    bool done;
    bool dirty;   /* differs from the store */
    bool compact; /* has ledger rows to merge */
};

/* Upstream's "infinity" for compressed files: 10 TiB. */
#define TL_END_UNKNOWN (INT64_C(10) << 40)

struct tl_plan_table {
    char *name; /* unique name of the target table */
    char *db;
    char *table;
    struct tl_plan_chunk *chunks;
    size_t chunk_count;
    struct tl_strings ignore_columns; /* lower-case; owned */
    int64_t create_time;
    bool was_empty;  /* the target table was empty before the first run: rows can be counted */
    bool taken_over; /* upstream was in the middle of it: rows may be there that nobody recorded */
    /* state */
    uint32_t status;
    uint32_t engine_status;
    uint32_t index_status;
    uint32_t recorded[3]; /* status, engine_status, index_status as the store has them */
    size_t chunks_done;
    size_t next_free;      /* chunks before it are taken or done */
    size_t readers;        /* chunks in work */
    bool finishing;        /* somebody does the steps behind the last chunk */
    bool settled;          /* only durability is missing from the final status */
    size_t settled_behind; /* as many tables behind it are done or failed; for the pipeline alone */
    bool analyzed;
    bool dirty;
    bool was_dirty; /* when the ledger was read; for tl_plan_apply_ledger alone */
    size_t writers; /* batches being written; guarded by the queue, not by the plan */
    struct tl_table_info
        *info; /* read from the target when the table begins, until it is settled; owned */
    bool failed;
    struct tl_error *failure; /* owned; set with failed */
    char *failure_path;       /* owned; may be NULL */
};

struct tl_plan {
    int64_t task_id;
    char *source_dir;
    char *upstream; /* release of the upstream program that began the task; NULL: ours. Owned */
    struct tl_plan_table *tables;
    size_t table_count;
    struct tl_plan_table **by_name; /* sorted; NULL: not made */
    pthread_mutex_t lock;
};

/* An empty plan. */
int tl_plan_new(struct tl_plan **plan_out, int64_t task_id, const char *source_dir,
                struct tl_error *err) TL_WARN_UNUSED;
void tl_plan_free(struct tl_plan *plan); /* accepts NULL */

/* Adds an empty table, in the caller's order; pointers into tables move, so add all tables first.
 */
int tl_plan_add_table(struct tl_plan *plan, const char *db, const char *table,
                      struct tl_error *err) TL_WARN_UNUSED;

/* Takes tables without a chunk, of which nothing is loaded and none failed, out of the plan. */
void tl_plan_drop_empty(struct tl_plan *plan);

/* Adds a chunk to a table; *chunk_out is valid until the next one is added to it. */
int tl_plan_add_chunk(struct tl_plan_table *table, const char *path, const char *sort_key,
                      struct tl_plan_chunk **chunk_out, struct tl_error *err) TL_WARN_UNUSED;

/* Orders the tables, large ones first (the longest work must not begin last), and the chunks of
   each by sort key, then path. */
void tl_plan_sort(struct tl_plan *plan);

/* Fills the keys of all chunks (needs the final task id) and the index by name. */
void tl_plan_set_keys(struct tl_plan *plan);

/* Makes the plan of a first run: one table for each target, one chunk for each data file, with the
   fingerprints of the files. Leaves out the tables that `known` (may be NULL) has. Refuses paths
   that would collide in upstream's key (500 characters). TL_ERR_CANCELED on request (cancel may be
   NULL): it reads a little of every file. */
int tl_plan_build(struct tl_plan **plan_out, const struct tl_options *options,
                  const struct tl_catalog *catalog, int64_t task_id, const struct tl_plan *known,
                  const struct tl_cancel *cancel, struct tl_error *err) TL_WARN_UNUSED;

/* Moves all tables of `more` behind those of plan; more is empty afterwards. Call before
   tl_plan_set_keys and tl_plan_apply_ledger. */
int tl_plan_append(struct tl_plan *plan, struct tl_plan *more, struct tl_error *err) TL_WARN_UNUSED;

/* Adds the columns that [[mydumper.ignore-data-columns]] names for the source tables of `table`. */
int tl_plan_ignore_columns(struct tl_plan_table *table, const struct tl_options *options,
                           const struct tl_catalog *catalog, struct tl_error *err) TL_WARN_UNUSED;

/* Forgets all committed state and takes it from the ledger's ranges: pos, rows, done, statuses.
   A position of the store that lies above the ledger is lowered and counted. Marks dirty what the
   store has otherwise. No thread runs. */
int tl_plan_apply_ledger(struct tl_plan *plan, const struct tl_ledger *ledger,
                         struct tl_session *session, size_t *lowered_out,
                         struct tl_error *err) TL_WARN_UNUSED;

/* All chunks as the ledger registers them: new array, free(); its strings are the plan's. NULL: no
   memory. */
struct tl_ledger_chunk *tl_plan_ledger_chunks(const struct tl_plan *plan, size_t *count_out);

/* Under the lock: marks [begin, end) of a chunk committed, and the chunk done when it is. */
int tl_plan_commit(struct tl_plan *plan, struct tl_plan_chunk *chunk, const struct tl_range *range,
                   struct tl_error *err) TL_WARN_UNUSED;

/* Notes that the store has the chunk's or the table's state as it is now. Lock held, or no thread.
 */
void tl_plan_chunk_recorded(struct tl_plan_chunk *chunk);
void tl_plan_table_recorded(struct tl_plan_table *table);

/* What tl_plan_commit does, without the lock and the dirty mark. */
int tl_plan_add_range(struct tl_plan_chunk *chunk, const struct tl_range *range,
                      struct tl_error *err) TL_WARN_UNUSED;

/* Rows that are committed, or that the store says are. Lock held, or no thread. */
uint64_t tl_plan_table_rows(const struct tl_plan_table *table);

/* Under the lock: the status of a table in a good state, from its chunks and steps; marks it dirty.
 */
void tl_plan_set_status(struct tl_plan_table *table, uint32_t status);

/* Takes the lock and marks the table failed at the step that would have given it `intended`. Keeps
   the first failure. path: the data file or NULL. */
void tl_plan_fail_table(struct tl_plan *plan, struct tl_plan_table *table, uint32_t intended,
                        const char *path, const struct tl_error *why);

/* True when every table has status 200 or more. No thread runs. */
bool tl_plan_all_done(const struct tl_plan *plan);

/* The table of a unique name, or NULL. */
struct tl_plan_table *tl_plan_find(const struct tl_plan *plan, const char *name, size_t len);

TL_DEFINE_CLEANUP(struct tl_plan *, tl_plan_free)

#endif
