/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one call, a message and key-value fields, written as text or as one JSON object a line.
 * Libraries and drivers do not log above debug; whoever decides logs, once. Thread-safe; errno is
 * preserved. Values are escaped, so a field can hold any bytes.
 *
 *     tl_log(TL_LOG_INFO, "table is done", TL_STR("table", name), TL_INT("rows", rows), TL_END);
 */
#ifndef TL_BASE_LOG_H
#define TL_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"

enum tl_log_level { TL_LOG_DEBUG, TL_LOG_INFO, TL_LOG_WARN, TL_LOG_ERROR, TL_LOG_FATAL };
enum tl_log_format { TL_LOG_TEXT, TL_LOG_JSON };
enum tl_field_kind { TL_FIELD_END, TL_FIELD_STR, TL_FIELD_INT, TL_FIELD_DBL, TL_FIELD_BOOL };

struct tl_field {
    const char *key;
    const char *text; /* TL_FIELD_STR, borrowed; NULL is written as "" */
    double number;
    int64_t integer; /* TL_FIELD_INT and TL_FIELD_BOOL */
    enum tl_field_kind kind;
};

#define TL_STR(k, v) ((struct tl_field){.key = (k), .text = (v), .kind = TL_FIELD_STR})
#define TL_INT(k, v) ((struct tl_field){.key = (k), .integer = (int64_t)(v), .kind = TL_FIELD_INT})
#define TL_DBL(k, v) ((struct tl_field){.key = (k), .number = (v), .kind = TL_FIELD_DBL})
#define TL_BOOL(k, v) ((struct tl_field){.key = (k), .integer = (v), .kind = TL_FIELD_BOOL})
#define TL_END ((struct tl_field){.kind = TL_FIELD_END})

#define tl_log(level, message, ...) \
    tl_log_write((level), (message), (const struct tl_field[]){__VA_ARGS__})

struct tl_log_settings {
    enum tl_log_level level; /* lines below it are dropped */
    enum tl_log_format format;
    const char *path;     /* NULL or "-" = stdout; else appended to, created with mode 0600 */
    uint64_t max_bytes;   /* the file is rotated when larger; 0 = never */
    uint32_t max_backups; /* rotated files kept; 0 = all */
};

/* Opens the sink. Call once, before threads; until then lines from TL_LOG_WARN go to stderr. */
int tl_log_open(const struct tl_log_settings *settings, struct tl_error *err) TL_WARN_UNUSED;
void tl_log_close(void);

/* True if lines of this level are written: to skip costly preparations. */
bool tl_log_enabled(enum tl_log_level level);

/* True between tl_log_open and tl_log_close. */
bool tl_log_is_open(void);

/* True if the log goes to stdout (then a progress display must not). */
bool tl_log_to_stdout(void);

/* Fields end with TL_END. Use the macro tl_log. */
void tl_log_write(enum tl_log_level level, const char *message, const struct tl_field *fields);

/* Logs err: its message with the fields code, errno or native, sqlstate, retryable, hint. */
void tl_log_error(enum tl_log_level level, const char *message, const struct tl_error *err);

#endif
