/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open checkpoint file: what the parts of this driver share. The file is an SQLite 3 database in
 * WAL mode with synchronous=FULL; see file.md for why.
 */
#ifndef TL_DRIVER_FILE_STORE_H
#define TL_DRIVER_FILE_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <tidb-lightning/checkpoint_driver.h>

enum {
    FILE_LAYOUT = 1,                  /* PRAGMA user_version */
    FILE_APPLICATION_ID = 0x544c434b, /* "TLCK", PRAGMA application_id */
    FILE_MAX_PATH = 4096,
    FILE_MAX_BASE = 200, /* of 255: room for ".<task id>.bak", ".new-journal" */
    FILE_BUSY_MS = 250   /* how long a statement waits for another process */
};

/* The prepared statements; their text stands in file_record.c, in this order. */
enum file_statement {
    FILE_BEGIN_READ,
    FILE_BEGIN_WRITE,
    FILE_COMMIT,
    FILE_ROLLBACK,
    FILE_PUT_TASK,
    FILE_PUT_TABLE,
    FILE_PUT_ENGINE,
    FILE_PUT_CHUNK,
    FILE_PUT_SOURCE,
    FILE_PUT_FAILURE,
    FILE_PUT_EXTRA,
    FILE_DELETE_EXTRA,
    FILE_DELETE_FAILURES,
    FILE_DELETE_FAILURE_EXTRAS,
    FILE_GET_TASK,
    FILE_GET_TABLE,
    FILE_GET_ENGINES,
    FILE_GET_CHUNKS,
    FILE_GET_SOURCES,
    FILE_GET_FAILURES,
    FILE_EACH_TABLE,
    FILE_STATEMENTS /* their number */
};

struct ckpt_store {
    sqlite3 *db; /* NULL: opened read-only and not there, or retired */
    sqlite3_stmt *statements[FILE_STATEMENTS];
    pid_t pid; /* of the opener: an SQLite handle must not be used across fork */
    bool read_only;
    bool retired;
    bool retired_unsynced;    /* the folder is still to be synced */
    char path[FILE_MAX_PATH]; /* absolute, its folder without symbolic links */
};

extern const char *const file_statement_sql[FILE_STATEMENTS];
extern const char file_layout_sql[]; /* sql/sqlite/checkpoint_v1.sql */
extern const char file_views_sql[];  /* sql/sqlite/checkpoint_views_v1.sql */

/* ---- file_error.c ---- */

/* Turns the SQLite result rc of `db` into a code and text: "cannot <doing> '<path>': …". */
int file_fail(sqlite3 *db, int rc, const char *path, const char *doing, struct ckpt_error *err);

/* The same for errno. */
int file_fail_errno(int errnum, const char *path, const char *doing, struct ckpt_error *err);

/* CKPT_ERR_CORRUPT, "the checkpoint file '<path>' is <what>", with a way out. */
int file_refuse(const char *path, const char *what, struct ckpt_error *err);

/* ---- file_place.c: the name and what stands there ---- */

/* Checks the DSN and makes the absolute path of it. CKPT_NOT_FOUND: the folder does not exist (then
   path_out is the DSN as it is). */
int file_place_resolve(char path_out[FILE_MAX_PATH], const struct ckpt_open_args *args,
                       struct ckpt_error *err);

/* Refuses what is not a safe checkpoint file at path: its type, owner and mode, those of the files
   beside it, and the folder. CKPT_NOT_FOUND: there is no file. */
int file_place_check(const char *path, struct ckpt_error *err);

/* Removes path-wal, path-shm and path-journal, if they are the user's. */
int file_place_clean(const char *path, struct ckpt_error *err);

/* Opens the folder of path, to lock or sync it; *fd_out is the caller's. */
int file_place_folder(int *fd_out, const char *path, struct ckpt_error *err);

/* Why no file can be made in the folder of path: errno; 0 = one can, or it is not known. */
int file_place_try(const char *path);

/* Size of path with this ending, -1 = not there. */
int64_t file_place_size(const char *path, const char *ending);

/* Renames `from` to `to`, which must not exist: CKPT_ERR_BUSY then. */
int file_place_rename(const char *from, const char *to, struct ckpt_error *err);

/* ---- file_create.c ---- */

/* Creates path with an empty layout, whole or not at all. CKPT_OK also if another process did. */
int file_create(const char *path, struct ckpt_error *err);

/* ---- file_open.c ---- */

/* CKPT_ERR_CORRUPT: a table of the open file is missing, or another one than this program makes. */
int file_layout_check(struct ckpt_store *store, struct ckpt_error *err);

/* Opens store->path, which exists, and checks that it is a checkpoint of this layout. */
int file_attach(struct ckpt_store *store, struct ckpt_error *err);

/* Closes the database handle, if this process may. */
void file_detach(struct ckpt_store *store);

/* ---- file_views.c ---- */

/* Makes the views that are missing or have another text. Never an error: they are for people. */
void file_views_refresh(struct ckpt_store *store);

/* ---- file_record.c: statements and values ---- */

/* The statement, prepared at its first use. */
int file_statement(sqlite3_stmt **out, struct ckpt_store *store, enum file_statement id,
                   struct ckpt_error *err);

/* Runs a statement without a result. */
int file_run(struct ckpt_store *store, enum file_statement id, struct ckpt_error *err);

/* Steps a bound statement to its end and resets it. */
int file_step_done(struct ckpt_store *store, sqlite3_stmt *statement, struct ckpt_error *err);

void file_bind_text(sqlite3_stmt *statement, int column, struct ckpt_str text);
void file_bind_blob(sqlite3_stmt *statement, int column, struct ckpt_str bytes);
void file_bind_time(sqlite3_stmt *statement, int column, int64_t ns);
struct ckpt_str file_get_bytes(sqlite3_stmt *statement, int column); /* borrowed until the step */
int64_t file_get_time(sqlite3_stmt *statement, int column);

/* CKPT_OK, or why the store cannot be used now: forked, retired. */
int file_usable(const struct ckpt_store *store, struct ckpt_error *err);

/* ---- Methods ---- */

int file_apply(struct ckpt_store *store, const struct ckpt_change *const *changes, size_t n,
               struct ckpt_error *err);
int file_load_task(struct ckpt_store *store, const struct ckpt_visitor *visitor,
                   struct ckpt_error *err);
int file_load_table(struct ckpt_store *store, struct ckpt_str name,
                    const struct ckpt_visitor *visitor, struct ckpt_error *err);
int file_each_table(struct ckpt_store *store, uint32_t filter, const struct ckpt_visitor *visitor,
                    struct ckpt_error *err);
int file_retire(struct ckpt_store *store, uint32_t how, int64_t task_id, struct ckpt_error *err);

#endif
