/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vocabulary of checkpoints: upstream's status codes, their names, and the unique table name.
 * The records themselves are the structs of the driver interface.
 */
#ifndef TL_CHECKPOINT_MODEL_H
#define TL_CHECKPOINT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <tidb-lightning/checkpoint_driver.h>

#include "core/base/error.h"

/* Upstream's codes (release 8.5). A failed table has (the status it was about to reach) / 10. */
enum tl_status {
    TL_STATUS_MISSING = 0,
    TL_STATUS_MAX_INVALID = 25,
    TL_STATUS_LOADED = 30,
    TL_STATUS_ALL_WRITTEN = 60,
    TL_STATUS_INDEX_DROPPED = 80,
    TL_STATUS_CLOSED = 90,
    TL_STATUS_IMPORTED = 120,
    TL_STATUS_INDEX_IMPORTED = 140,
    TL_STATUS_ALTERED_AUTO_INC = 150,
    TL_STATUS_CHECKSUM_SKIPPED = 170,
    TL_STATUS_CHECKSUMMED = 180,
    TL_STATUS_INDEX_ADDED = 190,
    TL_STATUS_ANALYZE_SKIPPED = 200,
    TL_STATUS_ANALYZED = 210
};

/* The engine ids of every table here: one data engine, one (empty) index engine. */
enum { TL_ENGINE_DATA = 0, TL_ENGINE_INDEX = -1 };

/* True for the statuses of a failed table or engine: 0 < status <= 25. */
bool tl_status_is_invalid(uint32_t status);

/* Name for people: "pending", "written", ..., "failed at written"; static text, never NULL. */
const char *tl_status_name(uint32_t status);

/* Unique table name "`db`.`tbl`", backquotes doubled, into a new string (free()); NULL: no
   memory. */
char *tl_unique_name(const char *db, const char *table);

/* Splits a unique name into db and table (each a new string, free()). TL_ERR_USAGE when it is
   malformed. */
int tl_unique_name_split(const char *name, char **db_out, char **table_out,
                         struct tl_error *err) TL_WARN_UNUSED;

/* Borrowing views. */
static inline struct ckpt_str tl_ckpt_str(const char *text)
{
    struct ckpt_str str = {text, text ? strlen(text) : 0};

    return str;
}

static inline struct ckpt_str tl_ckpt_bytes(const void *data, size_t len)
{
    struct ckpt_str str = {data, len};

    return str;
}

static inline bool tl_ckpt_str_eq(struct ckpt_str a, struct ckpt_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

#endif
