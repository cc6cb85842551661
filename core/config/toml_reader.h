/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TOML text as a tree of plain C nodes, each with its line. The parser behind it is toml++; no C++
 * type and no exception passes this header.
 */
#ifndef TL_CONFIG_TOML_READER_H
#define TL_CONFIG_TOML_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
#define TL_NOEXCEPT noexcept
extern "C" {
#else
#define TL_NOEXCEPT
#endif

#include "core/base/error.h"  /* has no linkage marks of its own */
#include "core/base/secret.h" /* likewise */

enum tl_toml_kind {
    TL_TOML_STRING,
    TL_TOML_INTEGER,
    TL_TOML_FLOAT,
    TL_TOML_BOOLEAN,
    TL_TOML_TIME, /* dates and times: no option takes one, so the value is not kept */
    TL_TOML_ARRAY,
    TL_TOML_TABLE
};

struct tl_toml {
    char *key;                 /* in its table; NULL for the root and in arrays */
    char *text;                /* TL_TOML_STRING, without NUL bytes inside */
    struct tl_toml **children; /* of an array in order, of a table in the order of the lines */
    size_t child_count;
    int64_t integer;
    double number;
    unsigned line; /* from 1 */
    enum tl_toml_kind kind;
    bool boolean;
};

/* Parses len bytes. On TL_OK *root_out is the caller's (tl_toml_free) and a table. TL_ERR_USAGE
   names file (name), line, column and the reason. */
int tl_toml_parse(struct tl_toml **root_out, const char *text, size_t len, const char *name,
                  struct tl_error *err) TL_NOEXCEPT TL_WARN_UNUSED;

/* Wipes the strings, frees everything. Accepts NULL. */
void tl_toml_free(struct tl_toml *node) TL_NOEXCEPT;

/* "a string", "an integer", ...: for messages. */
const char *tl_toml_kind_name(enum tl_toml_kind kind) TL_NOEXCEPT;

#ifdef __cplusplus
}
#else
TL_DEFINE_CLEANUP(struct tl_toml *, tl_toml_free)
#endif

#endif
