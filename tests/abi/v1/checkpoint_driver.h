/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface between tidb-lightning and a checkpoint driver: the contract. A driver is a shared
 * object `ckpt-<name>.so` that exports one function, ckpt_driver_entry(), and keeps the records of
 * an import somewhere. It includes this header and links nothing of the host.
 *
 * Rules that hold for every method:
 *  - Returns: CKPT_OK (0), CKPT_NOT_FOUND (1, only where stated), or a negative enum ckpt_code.
 *    On a negative return `err` holds one non-empty line without the secret of the DSN, and every
 *    output is untouched. No failure may ever be returned as CKPT_NOT_FOUND: the host would start
 *    an import from zero. The secret is what stands before an '@'; a driver whose DSN is a path
 *    may be given the address of a server by mistake ("user:password@..."), and shows no such DSN.
 *  - `err` is never NULL; the host clears it before the call. A driver fills it with
 *    ckpt_error_set() or by hand, never past err->struct_size bytes.
 *  - Strings are borrowed for the duration of the call, have a length and are NOT NUL-terminated;
 *    they may hold any byte. A driver copies what it keeps. Integers are in host byte order.
 *  - Calls on one store come one at a time, from any thread (not always the same), unless the
 *    driver claims CKPT_CAP_PARALLEL. open, default_dsn and close may run in several threads at
 *    once, for different stores.
 *  - Stores with different DSNs (or the same DSN and another schema, in a driver that uses the
 *    schema) have nothing in common: calls on them may run at the same time. Two handles on the
 *    same store may be open at once, in one process or in two, within what CKPT_CAP_SHARED says.
 *  - A load delivers one snapshot, while other handles go on writing: every apply() that had
 *    returned CKPT_OK before the load began, on whatever handle, and no apply in part.
 *  - A driver never sleeps in a retry loop, never forks, never exits, installs no signal handler,
 *    keeps no per-store state outside of its struct ckpt_store, and does not write to stdout or
 *    stderr. The host repeats a call whose error is retryable (a load only while no record of it
 *    was delivered).
 *  - After SIGKILL at any moment, in open() and retire() too, the store holds each apply() whole or
 *    not at all, and every one that returned CKPT_OK whole. The next open() needs nobody's help;
 *    while the dead process is still being cleared away it may return CKPT_ERR_BUSY, retryable.
 *
 * Growth: fields and methods are appended, never moved; a struct says its size first. A host
 * accepts every driver of its major version. A driver never reads a field of the host's struct that
 * lies beyond its struct_size, fills struct_size with its own size in what it delivers, ignores
 * flags that it does not know, and refuses kinds of change that it does not know.
 */
#ifndef TIDB_LIGHTNING_CHECKPOINT_DRIVER_H
#define TIDB_LIGHTNING_CHECKPOINT_DRIVER_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CKPT_ABI_MAJOR 1u
#define CKPT_ABI_MINOR 0u
#define CKPT_ABI_VERSION ((CKPT_ABI_MAJOR << 16) | CKPT_ABI_MINOR)

/* ---- Codes ------------------------------------------------------------------------------- */

enum ckpt_code {
    CKPT_OK = 0,
    CKPT_NOT_FOUND = 1,    /* a lookup found nothing, and that is certain */
    CKPT_ERR = -1,         /* failed */
    CKPT_ERR_NOMEM = -2,   /* out of memory */
    CKPT_ERR_USAGE = -3,   /* the DSN or an option is wrong */
    CKPT_ERR_CORRUPT = -4, /* the data is there and cannot be trusted: damaged, foreign, too new */
    CKPT_ERR_READ_ONLY = -5, /* a change on a store opened read-only, or on a read-only medium */
    CKPT_ERR_FULL = -6,  /* no space, quota; never told as CKPT_ERR_CORRUPT, nor is an I/O error */
    CKPT_ERR_LOST = -7,  /* connection lost or not to be had */
    CKPT_ERR_BUSY = -8,  /* somebody else holds the store */
    CKPT_ERR_DENIED = -9 /* missing permission or privilege, wrong password */
};

/* ---- Limits -------------------------------------------------------------------------------- */

#define CKPT_APPLY_MAX_CHANGES 100u          /* changes in one apply */
#define CKPT_APPLY_MAX_BYTES (1024u * 1024u) /* sum of all their strings */
#define CKPT_MAX_EXTRA 4096u                 /* bytes of `extra` */
#define CKPT_MAX_TABLE_NAME 1044u            /* bytes of a table name: 261 characters */
#define CKPT_MAX_PATH 2048u                  /* bytes of a path */

/* ---- Values -------------------------------------------------------------------------------- */

/* Borrowed bytes; data may be NULL when len is 0. */
struct ckpt_str {
    const char *data;
    size_t len;
};

/* Size-first, caller-owned; zero-filled by the host except for struct_size. */
struct ckpt_error {
    uint32_t struct_size;
    int32_t native_code; /* errno, SQLite result, server error number; 0 = none */
    uint32_t retryable;  /* 1: the same call may succeed in a while without anybody's help */
    char sqlstate[8];    /* NUL-terminated, may be empty */
    char message[1024];  /* NUL-terminated: one line, what failed and on which object */
    char hint[512];      /* NUL-terminated: what to do about it; may be empty */
};

/* What the host offers a driver. Size-first. The struct and what it points to stay valid until
   close() returns (or open() failed). */
struct ckpt_host {
    uint32_t struct_size;
    uint32_t reserved;
    /* Writes a debug line; any thread. */
    void (*log_debug)(const char *message, void *payload);
    /* Non-zero when the user asked to stop at once: a method may then return CKPT_ERR early. Any
       thread. */
    int (*canceled)(void *payload);
    void *payload; /* for the two above */
};

/* ---- Records ------------------------------------------------------------------------------- */
/*
 * Sized first; a driver stores the fields that it knows. Each record has `extra`, at most
 * CKPT_MAX_EXTRA bytes that the driver stores and returns untouched. Table names are unique names,
 * "`schema`.`table`" with backquotes doubled, compared byte by byte; so are paths. Times are
 * nanoseconds since 1970 UTC, given by the host; a driver may round the create_time, update_time
 * and time of a record down to whole seconds. The mtime of a source is exact. A status is 0 to 255,
 * planned 0 or 1, a time not before 1970; of all other numbers every value of their type comes
 * back.
 */

struct ckpt_task {
    uint32_t struct_size;
    uint32_t planned; /* 1 when all tables and chunks are recorded; 0: nothing was begun */
    int64_t task_id;
    struct ckpt_str source_dir;
    struct ckpt_str backend;
    struct ckpt_str importer_addr;
    struct ckpt_str target_host;
    int32_t target_port;
    uint32_t reserved;
    struct ckpt_str pd_addr;
    struct ckpt_str sorted_kv_dir;
    struct ckpt_str version; /* of the program that planned the task */
    struct ckpt_str extra;
};

struct ckpt_table {
    uint32_t struct_size;
    uint32_t status; /* upstream's code: 30 loaded ... 200 done; <= 25 invalid */
    int64_t task_id;
    struct ckpt_str name; /* key */
    struct ckpt_str hash; /* 32 bytes or empty */
    int64_t table_id;
    struct ckpt_str table_info;
    uint64_t kv_bytes;
    uint64_t kv_kvs;
    uint64_t kv_checksum;
    int64_t auto_rand_base;
    int64_t auto_incr_base;
    int64_t auto_row_id_base;
    int64_t create_time;
    int64_t update_time;
    struct ckpt_str extra;
};

struct ckpt_engine {
    uint32_t struct_size;
    uint32_t status;
    struct ckpt_str table_name; /* key: table_name, engine_id */
    int32_t engine_id;          /* 0 and up: data; -1: index */
    uint32_t reserved;
    int64_t create_time;
    int64_t update_time;
    struct ckpt_str extra;
};

struct ckpt_chunk {
    uint32_t struct_size;
    int32_t engine_id;
    struct ckpt_str table_name; /* key: table_name, engine_id, path, offset */
    struct ckpt_str path;       /* relative to the source directory */
    int64_t offset;
    int32_t type;        /* 3 SQL, 4 CSV, 5 Parquet */
    int32_t compression; /* 0 none, 1 gzip, 3 zstd, ... */
    struct ckpt_str sort_key;
    int64_t file_size;
    struct ckpt_str columns; /* JSON array of integers, or empty */
    int64_t end_offset;
    int64_t pos; /* everything before it is committed on the target */
    int64_t real_pos;
    int64_t prev_rowid_max;
    int64_t rowid_max;
    uint64_t kvc_bytes; /* bytes committed */
    uint64_t kvc_kvs;   /* rows committed */
    uint64_t kvc_checksum;
    int64_t create_time;
    int64_t update_time;
    struct ckpt_str extra;
};

struct ckpt_source {
    uint32_t struct_size;
    uint32_t reserved;
    struct ckpt_str table_name; /* key: table_name, path */
    struct ckpt_str path;
    int64_t size;
    int64_t mtime;               /* nanoseconds */
    struct ckpt_str fingerprint; /* at most 64 bytes, binary */
    struct ckpt_str extra;
};

struct ckpt_failure {
    uint32_t struct_size;
    int32_t engine_id;
    struct ckpt_str table_name; /* key: table_name, engine_id, path, offset */
    struct ckpt_str path;       /* may be empty: the failure belongs to the whole table */
    int64_t offset;             /* byte of the row, -1 = unknown */
    int64_t line;               /* 1 and up, 0 = unknown */
    int32_t native_code;
    uint32_t status; /* the table's status before it became invalid */
    struct ckpt_str sqlstate;
    struct ckpt_str message; /* at most 4096 bytes */
    struct ckpt_str hint;    /* at most 2048 bytes */
    int64_t time;
    struct ckpt_str extra;
};

/* ---- Changes ------------------------------------------------------------------------------- */

enum ckpt_change_kind {
    CKPT_PUT_TASK = 1,
    CKPT_PUT_TABLE = 2,
    CKPT_PUT_ENGINE = 3,
    CKPT_PUT_CHUNK = 4,
    CKPT_PUT_SOURCE = 5,
    CKPT_PUT_FAILURE = 6,
    CKPT_DELETE_FAILURES = 7, /* of the table `name` */
    CKPT_DELETE_TABLE = 8,    /* table `name` with its engines, chunks, sources and failures */
    CKPT_DELETE_ALL = 9       /* every record, the task too; all open handles stay usable */
};

/* A put replaces the whole record of that key or creates it. Deleting what is not there is fine.
   Nothing is relative, so that every change may be repeated. A put does not need its parent. A kind
   that the driver does not know fails the whole apply. */
struct ckpt_change {
    uint32_t struct_size;
    uint32_t kind;        /* enum ckpt_change_kind */
    struct ckpt_str name; /* for the deletes of one table */
    union {
        const struct ckpt_task *task;
        const struct ckpt_table *table;
        const struct ckpt_engine *engine;
        const struct ckpt_chunk *chunk;
        const struct ckpt_source *source;
        const struct ckpt_failure *failure;
        const void *any;
    } record; /* borrowed; by kind */
};

/* ---- Reading ------------------------------------------------------------------------------- */

/*
 * Receives records while a load method runs, in that thread. Every callback may be NULL (skip).
 * The records are borrowed until the callback returns. A non-zero return stops the walk and becomes
 * the method's return value. A visitor never calls a method of the store that it visits.
 */
struct ckpt_visitor {
    uint32_t struct_size;
    uint32_t reserved;
    int (*task)(const struct ckpt_task *task, void *payload);
    int (*table)(const struct ckpt_table *table, void *payload);
    int (*engine)(const struct ckpt_engine *engine, void *payload);
    int (*chunk)(const struct ckpt_chunk *chunk, void *payload);
    int (*source)(const struct ckpt_source *source, void *payload);
    int (*failure)(const struct ckpt_failure *failure, void *payload);
    void *payload;
};

enum ckpt_filter {
    CKPT_FILTER_ALL = 0,
    CKPT_FILTER_INVALID = 1,   /* status <= 25 */
    CKPT_FILTER_UNFINISHED = 2 /* status < 200, the invalid ones too */
};

/* ---- Open ---------------------------------------------------------------------------------- */

/* Never creates or changes anything, also not beside the store. A missing store opens empty, and is
   seen once somebody has made it. It always works while other handles, of this process or another,
   have the store open for writing, with or without CKPT_CAP_SHARED. apply and retire return
   CKPT_ERR_READ_ONLY. */
#define CKPT_OPEN_READ_ONLY 1u
/* What the host means to do; a driver may ignore both, or use them to tell missing privileges at
   once (CKPT_ERR_DENIED, SQLSTATE 42000, the way out in the hint) instead of hours later. */
#define CKPT_OPEN_CHECK_WRITE 2u /* with READ_ONLY: an open for writing follows, may that be? */
#define CKPT_OPEN_WILL_RENAME 4u /* the store is to be retired with CKPT_RETIRE_RENAME */

/* One option of the driver's own table, as the host parsed it. */
struct ckpt_option_value {
    struct ckpt_str name; /* as in the option row */
    struct ckpt_str text; /* the value as text, bounds already checked */
    int64_t number;       /* for integers and booleans (0, 1) */
};

enum ckpt_option_type { CKPT_OPTION_STRING = 0, CKPT_OPTION_INT = 1, CKPT_OPTION_BOOL = 2 };

/* One row of the driver's option table; its key in the configuration is
   checkpoint.<driver>.<name>. */
struct ckpt_option {
    const char *name;         /* [a-z0-9-]+; NULL ends the table */
    uint32_t type;            /* enum ckpt_option_type */
    uint32_t secret;          /* 1: never printed */
    const char *default_text; /* never NULL */
    int64_t min;
    int64_t max;      /* both inclusive, for integers */
    const char *help; /* one sentence */
};

/* All texts are valid during open() only, and may hold any byte. */
struct ckpt_open_args {
    uint32_t struct_size;
    uint32_t flags;         /* CKPT_OPEN_...; a driver ignores bits that it does not know */
    struct ckpt_str dsn;    /* never empty: the host has put in the driver's default */
    struct ckpt_str schema; /* checkpoint.schema */
    const struct ckpt_option_value *options; /* one for each option row, in that order */
    size_t option_count;
    const struct ckpt_host *host; /* never NULL */
    /* The target's connection, for a driver that lives beside it: "USER:PASS@tcp(HOST:PORT)/" or
       "USER:PASS@unix(PATH)/", a secret; empty when there is none. The tls_ fields belong to it. */
    struct ckpt_str target_dsn;
    struct ckpt_str tls_mode; /* "", "false", "skip-verify", "preferred", "true" */
    struct ckpt_str tls_ca;
    struct ckpt_str tls_cert;
    struct ckpt_str tls_key;
};

enum ckpt_retire_how {
    CKPT_RETIRE_REMOVE = 0, /* delete what this driver made, and nothing else */
    CKPT_RETIRE_RENAME = 1, /* keep it under "<name>.<task id>.bak" */
    CKPT_RETIRE_KEEP = 2    /* leave it as it is */
};

/* ---- Driver -------------------------------------------------------------------------------- */

/* Capabilities: promises with a consequence; each is tested by the conformance kit. */
/* Calls on one store may come from several threads at once; else the host serialises them. */
#define CKPT_CAP_PARALLEL (UINT64_C(1) << 0)
/* Several processes may have the same store open for writing; else a second open for writing
   returns CKPT_ERR_BUSY. */
#define CKPT_CAP_SHARED (UINT64_C(1) << 1)

struct ckpt_store; /* the driver's own; opaque for the host */

struct ckpt_driver {      /* ABI 1: append only, never reorder */
    uint32_t struct_size; /* by CKPT_DRIVER_HEADER */
    uint32_t abi_version; /* by CKPT_DRIVER_HEADER */
    uint64_t capabilities;
    const char *name;    /* [a-z0-9-]+, the <name> of ckpt-<name>.so */
    const char *version; /* of the driver; may be NULL */
    /* Option rows, ended by one with name NULL; may be NULL. */
    const struct ckpt_option *options;

    /* Opens or creates the store that args name. *store_out is set on CKPT_OK only; it is the
       driver's, given back by close. A read-only open creates nothing. Data of a foreign kind, of a
       newer layout or damaged is CKPT_ERR_CORRUPT, untouched. Without CKPT_CAP_SHARED a second open
       for writing is CKPT_ERR_BUSY. */
    int (*open)(struct ckpt_store **store_out, const struct ckpt_open_args *args,
                struct ckpt_error *err);

    /* Frees everything, also after a failed method. Accepts NULL. Data that apply() confirmed is
       durable without it. */
    void (*close)(struct ckpt_store *store);

    /* All changes in this order, or none; durable (survives power loss) on CKPT_OK. n is 1 to
       CKPT_APPLY_MAX_CHANGES, their strings together at most CKPT_APPLY_MAX_BYTES. The time of a
       put follows from the apply, not from what the store holds, which may be 100,000 chunks: a
       driver that writes its whole store each time fails the conformance kit. After an error
       the store may hold all or none of them, a load in this handle shows the same of both as one
       after close and open, and the handle stays usable: the host repeats the same call, perhaps
       with other changes, perhaps after reopening. */
    int (*apply)(struct ckpt_store *store, const struct ckpt_change *const *changes, size_t n,
                 struct ckpt_error *err);

    /* Calls visitor->task once. CKPT_NOT_FOUND: there is no task record, for certain. */
    int (*load_task)(struct ckpt_store *store, const struct ckpt_visitor *visitor,
                     struct ckpt_error *err);

    /* The table of that name, then its engines (by id), chunks (by engine id, path bytes, offset),
       sources (by path bytes) and failures (by engine id, path, offset), all from one snapshot,
       streamed. CKPT_NOT_FOUND: no such table record, for certain; no callback was called. */
    int (*load_table)(struct ckpt_store *store, struct ckpt_str name,
                      const struct ckpt_visitor *visitor, struct ckpt_error *err);

    /* Calls visitor->table for each table that the filter (enum ckpt_filter) lets through, ordered
       by name bytes, from one snapshot. No table: CKPT_OK. */
    int (*each_table)(struct ckpt_store *store, uint32_t filter, const struct ckpt_visitor *visitor,
                      struct ckpt_error *err);

    /* Optional (may be NULL) from here on. */

    /* After success. how: enum ckpt_retire_how. On CKPT_OK with remove and rename there is no store
       under its name any more: a read-only open finds it empty, one for writing begins anew. Rename
       never replaces what is there (CKPT_ERR_BUSY or another error; nothing has changed). CKPT_OK
       is durable as that of apply: after a power loss the store does not come back. After an error
       the store is there whole or gone, and the call may be repeated, in the same handle or (where
       the error was retryable, too) in a new one. A handle
       that was retired may be described, asked to retire again (CKPT_OK), and closed; apply on it
       is an error, and a load is an error or finds nothing. Other handles see an empty store or an
       error. No handle sees old records. NULL: the host applies CKPT_DELETE_ALL for remove and
       refuses rename. */
    int (*retire)(struct ckpt_store *store, uint32_t how, int64_t task_id, struct ckpt_error *err);

    /* Writes where the data is, for messages ("the file '/tmp/x.pb'"), without secrets: at most
       size bytes with the NUL. Returns CKPT_OK or negative. */
    int (*describe)(struct ckpt_store *store, char *text_out, size_t size, struct ckpt_error *err);

    /* Writes its own form of tables.csv, engines.csv and chunks.csv (or others) into an existing
       directory. NULL: the host writes them with the load methods. */
    int (*dump)(struct ckpt_store *store, struct ckpt_str directory, struct ckpt_error *err);

    /* The DSN used when the configuration has none, made from args (schema, target):
       NUL-terminated, at most size bytes with the NUL. NULL: a DSN is required. */
    int (*default_dsn)(const struct ckpt_open_args *args, char *dsn_out, size_t size,
                       struct ckpt_error *err);
};

/* First fields of every driver struct. */
#define CKPT_DRIVER_HEADER (uint32_t)sizeof(struct ckpt_driver), CKPT_ABI_VERSION

#define CKPT_DRIVER_ENTRY "ckpt_driver_entry"

typedef const struct ckpt_driver *(*ckpt_driver_entry_fn)(void);

/* Put once, at the end of the driver: CKPT_DRIVER_EXPORT(my_driver); */
#ifdef __cplusplus
#define CKPT_C_LINKAGE extern "C"
#else
#define CKPT_C_LINKAGE extern
#endif

#ifdef CKPT_DRIVER_STATIC /* linked into the host's program: a pointer `<driver>_static` instead \
                           */
#define CKPT_DRIVER_EXPORT(driver)                                  \
    CKPT_C_LINKAGE const struct ckpt_driver *const driver##_static; \
    const struct ckpt_driver *const driver##_static = &(driver)
#else
#define CKPT_DRIVER_EXPORT(driver)                                                   \
    CKPT_C_LINKAGE __attribute__((visibility("default"))) const struct ckpt_driver * \
    ckpt_driver_entry(void);                                                         \
    const struct ckpt_driver *ckpt_driver_entry(void)                                \
    {                                                                                \
        return &(driver);                                                            \
    }                                                                                \
    struct ckpt_driver_export_needs_a_semicolon
#endif

/* Control characters become spaces: one line, whatever a file name holds. */
static inline void ckpt_error_flatten(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text == 0x7f)
            *text = ' ';
}

/* Fills native_code and message within the struct's size and returns code. For drivers. */
__attribute__((format(printf, 4, 5))) static inline int
ckpt_error_set(struct ckpt_error *err, int code, int32_t native_code, const char *format, ...)
{
    va_list ap;

    if (err->struct_size < offsetof(struct ckpt_error, message) + sizeof(err->message))
        return code;
    err->native_code = native_code;
    va_start(ap, format);
    (void)vsnprintf(err->message, sizeof(err->message), format, ap);
    va_end(ap);
    ckpt_error_flatten(err->message);
    return code;
}

/* Fills the hint within the struct's size and returns code. For drivers. */
__attribute__((format(printf, 3, 4))) static inline int
ckpt_error_hint(struct ckpt_error *err, int code, const char *format, ...)
{
    va_list ap;

    if (err->struct_size < offsetof(struct ckpt_error, hint) + sizeof(err->hint))
        return code;
    va_start(ap, format);
    (void)vsnprintf(err->hint, sizeof(err->hint), format, ap);
    va_end(ap);
    ckpt_error_flatten(err->hint);
    return code;
}

#ifdef __cplusplus
}
#endif

#endif
