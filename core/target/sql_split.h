/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splits the text of a schema file into statements at ';' or what DELIMITER says, and knows the
 * line of each. Strings, names and comments are kept together. The text is borrowed and not
 * changed.
 */
#ifndef TL_TARGET_SQL_SPLIT_H
#define TL_TARGET_SQL_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

struct tl_statement {
    const char *text; /* without the delimiter; begins at the first token or executable comment */
    size_t len;       /* never 0 */
    uint64_t line;    /* where text begins, from 1 */
    uint64_t offset;  /* the same in bytes */
};

struct tl_splitter {
    const char *text;
    const char *at;
    const char *end;
    const char *counted; /* lines are counted up to here */
    uint64_t line;
    char delimiter[16];
    bool backslash; /* \ escapes in strings; the caller may change it between two statements */
};

/* A byte order mark at the beginning is skipped. */
void tl_splitter_init(struct tl_splitter *splitter, const char *text, size_t len, bool backslash);

/* The next statement that is not empty. TL_NOT_FOUND: there is none. TL_ERR_DATA with the line:
   a string, name or comment has no end, or DELIMITER no usable argument. */
int tl_splitter_next(struct tl_splitter *splitter, struct tl_statement *statement_out,
                     struct tl_error *err) TL_WARN_UNUSED;

#endif
