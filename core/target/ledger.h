/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: four tables on the target that say which batches are committed, and who may commit.
 * Every function that changes something runs in a transaction of its own unless it says otherwise.
 *
 *   task_v1    one row a task: owner token, host, pid, since, server identity, intent
 *   writer_v1  one row a writer connection: token, connection id, seq
 *   chunk_v1   one row a chunk: 128-bit key, and what it stands for
 *   batch_v1   one row a committed byte range
 */
#ifndef TL_TARGET_LEDGER_H
#define TL_TARGET_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/cancel.h"
#include "core/base/digest.h"
#include "core/base/error.h"
#include "core/source/batch.h"
#include "core/target/rights.h"
#include "core/target/server.h"
#include "core/target/session.h"

struct tl_chunk_key {
    struct tl_digest digest; /* of task id, table, engine, path, offset */
};

struct tl_chunk_key tl_chunk_key_of(int64_t task_id, const char *table, int32_t engine,
                                    const char *path, int64_t offset);

/* Who we are: written into task_v1, compared by a second loader. */
struct tl_owner {
    char token[33]; /* 128 random bits, hex; new at every start and takeover */
    char host[256];
    int64_t pid;
    uint64_t pid_start; /* of the process, in clock ticks since boot: /proc/self/stat */
    char boot_id[64];   /* boot and pid namespace, within which pid and start time hold */
};

int tl_owner_init(struct tl_owner *owner, struct tl_error *err) TL_WARN_UNUSED;

struct tl_ledger {
    int64_t task_id;
    const char *schema; /* borrowed */
    struct tl_owner owner;
    struct tl_server server; /* as probed at the takeover */
};

/* Creates schema and tables where missing (sql/mysql/ledger_v1.sql), ENGINE=InnoDB. */
int tl_ledger_create(struct tl_session *session, const char *schema,
                     struct tl_error *err) TL_WARN_UNUSED;

/* What the ledger's tables need once they are there. */
#define TL_LEDGER_RIGHTS \
    ((unsigned)(TL_RIGHT_SELECT | TL_RIGHT_INSERT | TL_RIGHT_UPDATE | TL_RIGHT_DELETE))
int tl_ledger_rights_on(struct tl_rights *rights, const char *schema, unsigned mask,
                        struct tl_error *err) TL_WARN_UNUSED;

/* Adds what an import needs for the ledger; CREATE only where its tables are missing. */
int tl_ledger_rights(struct tl_rights *rights, struct tl_session *session, const char *schema,
                     struct tl_error *err) TL_WARN_UNUSED;

/* True if the ledger's tables exist. */
int tl_ledger_exists(struct tl_session *session, const char *schema, bool *exists_out,
                     struct tl_error *err) TL_WARN_UNUSED;

/* One chunk to register at the begin of a task. */
struct tl_ledger_chunk {
    struct tl_chunk_key key;
    const char *table; /* unique name of the target table */
    int32_t engine;
    const char *path;
    int64_t offset;
};

/* Begins a new task: in ONE transaction that holds the lock of the sentinel row (task_id 0),
   refuses when another task has rows for one of these tables, then inserts the task row and all
   chunks. Another task without any committed batch whose owner is dead is deleted on the way.
   Refusals (TL_ERR_REFUSED) name the task, the tables, the committed rows, the living owner, and
   both ways out (--checkpoint-rebuild, --checkpoint-error-destroy=all / --checkpoint-remove=all).
 */
int tl_ledger_claim(struct tl_ledger *ledger, struct tl_session *session, const char *source_dir,
                    const struct tl_ledger_chunk *chunks, size_t count,
                    const struct tl_cancel *cancel, struct tl_error *err) TL_WARN_UNUSED;

/* Takes an existing task over (start, resume, control operation, after a server restart): locks its
   row, makes sure that no other owner lives (rule 8), puts our token into the task row and all its
   writer rows (which waits for or, by KILL, defeats every older attempt). The token is a new one,
   put into ledger->owner: no writer of this ledger may run meanwhile. *intent_out (may be NULL to
   ignore): NULL, or the intent of an interrupted control operation as a new string; the task is
   ours then too, and the caller has that operation finished first. TL_NOT_FOUND: the ledger has no
   such task. TL_ERR_REFUSED: a living owner, named. */
int tl_ledger_take_over(struct tl_ledger *ledger, struct tl_session *session, char **intent_out,
                        const struct tl_cancel *cancel, struct tl_error *err) TL_WARN_UNUSED;

/* Adds or replaces the row of writer `id` (0 = recorder, 1.. = writers) with our token and the
   session's connection id; locks and checks the task row first. TL_ERR_FENCED if not ours any more.
   Meets 1205 or an old connection that still holds the row: kills that connection. */
int tl_ledger_add_writer(const struct tl_ledger *ledger, struct tl_session *session, uint32_t id,
                         struct tl_error *err) TL_WARN_UNUSED;

struct tl_range;

/* As tl_ledger_add_writer, for a writer that has lost its connection at a batch: in the same
   transaction it looks for the range that covers position begin of the chunk. TL_OK: found, the
   batch is committed. TL_NOT_FOUND: it is not, and cannot become so any more except by this
   session. */
int tl_ledger_rejoin(const struct tl_ledger *ledger, struct tl_session *session, uint32_t id,
                     const struct tl_chunk_key *key, uint64_t begin, struct tl_range *range_out,
                     struct tl_error *err) TL_WARN_UNUSED;

/* One committed byte range, with the reader state at its end. */
struct tl_range {
    uint64_t begin, end;
    uint64_t rows, bytes;
    uint64_t checksum;
    uint64_t end_line;
    bool last; /* end is the end of the chunk */
    bool in_statement;
    uint64_t head_offset;
    struct tl_session_state state;
};

/* A range that another program has loaded. Small: there is one for each file. */
struct tl_ledger_loaded {
    struct tl_chunk_key key;
    uint64_t begin, end;
    uint64_t rows, bytes;
    const struct tl_range
        *stop; /* with the reader's state at end; NULL: end is that of the chunk */
};

/* Enters ranges as committed, all in one transaction, or does nothing when the task has ranges
   already: what is there was entered by an earlier try, or committed since. The task must be ours
   and its chunks registered. */
int tl_ledger_add_loaded(const struct tl_ledger *ledger, struct tl_session *session,
                         const struct tl_ledger_loaded *items, size_t count,
                         const struct tl_cancel *cancel, struct tl_error *err) TL_WARN_UNUSED;

typedef int (*tl_range_fn)(const struct tl_chunk_key *key, const struct tl_range *range,
                           void *payload);

/* All ranges of the task, ordered by chunk key and begin. */
int tl_ledger_ranges(const struct tl_ledger *ledger, struct tl_session *session, tl_range_fn fn,
                     void *payload, struct tl_error *err) TL_WARN_UNUSED;

/* The range that covers position begin of a chunk. TL_NOT_FOUND: none. For use inside a fenced
   transaction. */
int tl_ledger_find(struct tl_session *session, const char *schema, const struct tl_chunk_key *key,
                   uint64_t begin, struct tl_range *range_out, struct tl_error *err) TL_WARN_UNUSED;

/* Begins a transaction that holds writer row `id` with our token (seq + 1). TL_ERR_FENCED when the
   row is not ours. End it with COMMIT or ROLLBACK through tl_session_exec. */
int tl_ledger_fence(const struct tl_ledger *ledger, struct tl_session *session, uint32_t id,
                    struct tl_error *err) TL_WARN_UNUSED;

/* Within a fenced transaction: merges the contiguous ranges of a chunk as read there. */
int tl_ledger_compact(const struct tl_ledger *ledger, struct tl_session *session,
                      const struct tl_chunk_key *key, struct tl_error *err) TL_WARN_UNUSED;

/* Intent of a control operation, NULL = none; then deletes. All need the task to be ours. */
int tl_ledger_set_intent(const struct tl_ledger *ledger, struct tl_session *session,
                         const char *intent, struct tl_error *err) TL_WARN_UNUSED;
int tl_ledger_delete_table(const struct tl_ledger *ledger, struct tl_session *session,
                           const char *table, struct tl_error *err) TL_WARN_UNUSED;
int tl_ledger_delete_task(const struct tl_ledger *ledger, struct tl_session *session,
                          struct tl_error *err) TL_WARN_UNUSED;

/* Committed rows of a table of the task. */
int tl_ledger_table_rows(const struct tl_ledger *ledger, struct tl_session *session,
                         const char *table, uint64_t *rows_out,
                         struct tl_error *err) TL_WARN_UNUSED;

/* One task of the ledger, for messages, rebuild and list. Strings are borrowed. */
struct tl_ledger_task {
    int64_t task_id;
    const char *source_dir;
    const char *host;
    int64_t pid;
    const char *intent; /* NULL = none */
    uint64_t batches;
    uint64_t rows;
    bool owner_alive;
};
typedef int (*tl_ledger_task_fn)(const struct tl_ledger_task *task, void *payload);
int tl_ledger_each_task(struct tl_session *session, const char *schema, tl_ledger_task_fn fn,
                        void *payload, struct tl_error *err) TL_WARN_UNUSED;

#endif
