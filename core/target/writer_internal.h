/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the writer share: its session and the session's state, and one batch made ready
 * to be sent (a job). Private to core/target.
 */
#ifndef TL_TARGET_WRITER_INTERNAL_H
#define TL_TARGET_WRITER_INTERNAL_H

#include <mysql.h>
#include <pthread.h>

#include "core/base/buf.h"
#include "core/source/decode.h"
#include "core/target/column_map.h"
#include "core/target/sql_mode.h"
#include "core/target/writer.h"

enum {
    TL_WRITER_STATEMENTS = 4,      /* prepared ones kept */
    TL_WRITER_KEEP = 8 << 20,      /* a larger buffer is freed after its batch */
    TL_WRITER_PACKET_SLACK = 4096, /* of max_allowed_packet, for what is not rows */
    TL_WRITER_TEXT_MAX = 4 << 20,  /* one multi-row INSERT, unless a single row is longer */
    TL_WRITER_BULK_MAX = 16 << 20  /* one array, likewise */
};

/* How the server reads what we send. */
struct tl_writer_mode {
    char charset[64];
    char collation[64];
    char time_zone[64];
    char sql_mode[TL_SQL_MODE_MAX];
};

struct tl_prepared {
    MYSQL_STMT *stmt; /* NULL = free */
    char *sql;        /* owned; the cache's key */
    uint64_t used;    /* for replacement of the oldest */
};

struct tl_writer {
    struct tl_writer_settings settings;
    uint32_t id;
    /* NULL = lost. Changed under the lock, so that tl_writer_abort finds it whole. */
    struct tl_session *session;
    pthread_mutex_t lock;
    bool aborted;               /* under the lock */
    struct tl_writer_mode mode; /* of the session now */
    char time_zone[64];         /* of the session when it was new */
    bool no_bulk;               /* the server refused array binding */
    struct tl_prepared prepared[TL_WRITER_STATEMENTS];
    uint64_t clock;        /* for tl_prepared.used */
    struct tl_buf sql;     /* the statement in work */
    struct tl_buf scratch; /* the copy of a batch that is decoded */
    uint64_t random;
};

/* How the rows of a job are sent. */
enum tl_way {
    TL_WAY_NOTHING, /* no rows */
    TL_WAY_BULK,    /* array binding of decoded values */
    TL_WAY_RAW,     /* multi-row INSERT of the tuples as they stand in the file */
    TL_WAY_VALUES   /* multi-row INSERT put together from values */
};

struct tl_job {
    const struct tl_write_target *target;
    const struct tl_batch *batch;
    enum tl_way way;
    struct tl_writer_mode mode;
    struct tl_column_map map;
    struct tl_rows rows;          /* decoded (CSV, bulk) or scanned (SQL, TL_WAY_VALUES) */
    enum enum_field_types *types; /* owned; TL_WAY_BULK: how each column is bound */
    struct tl_buf head;           /* "INSERT INTO `db`.`t` (...) VALUES " */
    struct tl_buf tail;           /* " ON DUPLICATE KEY UPDATE ..." */
    int64_t first_failure;        /* tl_clock_ns, 0 = none yet */
    unsigned failures;
    unsigned phantom_failures; /* errors that no row could be found for */
};

/* Makes a job of a batch: maps columns, decodes, decides the way. job->... are freed by _done, also
   after a failure. */
int tl_job_init(struct tl_job *job, struct tl_writer *writer, const struct tl_write_target *target,
                const struct tl_batch *batch, struct tl_error *err) TL_WARN_UNUSED;
void tl_job_done(struct tl_job *job);

/* Sends it as text from now on: the server cannot take the array. */
int tl_job_use_text(struct tl_job *job, struct tl_writer *writer,
                    struct tl_error *err) TL_WARN_UNUSED;

/* Inserts rows [from, to) within the transaction at hand; affected_out: as the server counts. */
int tl_insert_rows(struct tl_writer *writer, const struct tl_job *job, uint32_t from, uint32_t to,
                   uint64_t *affected_out, struct tl_error *err) TL_WARN_UNUSED;
int tl_insert_text(struct tl_writer *writer, const struct tl_job *job, uint32_t from, uint32_t to,
                   uint64_t *affected_out, struct tl_error *err) TL_WARN_UNUSED;
int tl_insert_bulk(struct tl_writer *writer, const struct tl_job *job, uint32_t from, uint32_t to,
                   uint64_t *affected_out, struct tl_error *err) TL_WARN_UNUSED;

/* Decides whether the decoded values can be bound so that the server stores what the text would
   give; fills job->types. Numbers for BIT columns are turned into bytes. */
int tl_bind_plan(struct tl_job *job, bool *bindable_out, struct tl_error *err) TL_WARN_UNUSED;

/* Bytes that one packet to the server may have. */
uint64_t tl_writer_packet_max(const struct tl_writer *writer);

/* TL_ERR_DATA: row is too long for max_allowed_packet. */
int tl_job_row_too_long(const struct tl_writer *writer, const struct tl_job *job, uint32_t row,
                        uint64_t bytes, struct tl_error *err);

/* Puts "file X line N (offset M)" in front of err's message. */
int tl_job_name_row(const struct tl_job *job, uint32_t row, struct tl_error *err);

/* Opens a session and gives it what every writer needs; not yet registered in the ledger. */
int tl_writer_connect(struct tl_writer *writer, struct tl_error *err) TL_WARN_UNUSED;
void tl_writer_disconnect(struct tl_writer *writer);

/* Switches the session to the mode if it is not there already. Outside of transactions. */
int tl_writer_use_mode(struct tl_writer *writer, const struct tl_writer_mode *mode,
                       struct tl_error *err) TL_WARN_UNUSED;

/* Begins a transaction with the fence; statements in `more` (may be NULL) go in the same round
   trip. failed_out (may be NULL): index of the statement that failed, 0 = BEGIN, 1 = the fence,
   2.. = more. */
int tl_writer_begin(struct tl_writer *writer, const struct tl_buf *more, unsigned *failed_out,
                    struct tl_error *err) TL_WARN_UNUSED;

/* ROLLBACK that keeps err; a connection that cannot even do that is dropped. */
void tl_writer_rollback(struct tl_writer *writer);

/* Gives back the memory of an unusually large batch. */
void tl_writer_free_large(struct tl_writer *writer);

/* Finds the first row that the server does not take, in transactions that are always rolled back.
   TL_OK: *row_out is it, and err has the server's words about it, with file and line. TL_NOT_FOUND:
   all rows went in (nothing is wrong any more). Else the error that got in the way. */
int tl_bisect(struct tl_writer *writer, const struct tl_job *job, uint32_t *row_out,
              struct tl_error *err) TL_WARN_UNUSED;

#endif
