/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the ends of rows in the tuple list of an INSERT: the reader's innermost loop, so it works
 * on 64 bytes at a time. It understands quotes, escapes, parentheses and comments, nothing else.
 */
#ifndef TL_SOURCE_SQL_SCAN_H
#define TL_SOURCE_SQL_SCAN_H

#include <stdbool.h>

#include "core/source/charset.h"
#include "core/source/reader_impl.h"

/* What the byte at `at` is part of. */
enum tl_sql_inside {
    TL_IN_ROW,    /* between tokens of a row */
    TL_IN_STRING, /* behind the opening `quote` */
    TL_IN_NAME,   /* behind an opening `name_quote` */
    TL_IN_LINE_COMMENT,
    TL_IN_BLOCK_COMMENT
};

struct tl_sql_scan {
    size_t at;        /* offset in the reader's buffer */
    size_t row_start; /* of the row in work: its '(' */
    uint32_t depth;   /* open parentheses; 0 = not in a row */
    enum tl_sql_inside inside;
    char quote;       /* of the last string: ' or " */
    char name_quote;  /* of the last name: a backtick or, with ansi_quotes, " */
    bool no_escapes;  /* NO_BACKSLASH_ESCAPES */
    bool ansi_quotes; /* "x" is a name */
    enum tl_multibyte multibyte;
};

enum tl_sql_scan_result {
    TL_SCAN_MORE,    /* the buffer ends within a row; go on at `at` when it has more */
    TL_SCAN_ROW_END, /* behind a row that something else than the next row follows */
    TL_SCAN_FULL,    /* behind the row that closes the batch */
    TL_SCAN_BAD,     /* at a byte that cannot stand there */
    TL_SCAN_LONG,    /* the row at row_start is longer than allowed */
    TL_SCAN_NOMEM
};

/* Goes on from scan->at, which is behind the '(' of a row (depth >= 1), and pushes complete rows to
   the reader. */
enum tl_sql_scan_result tl_sql_scan_rows(struct tl_sql_scan *scan, struct tl_reader *reader);

#endif
