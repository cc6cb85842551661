/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQL reader's way through a dump, step by step: statement, row, separator. Only for
 * sql_reader.c.
 */
#ifndef TL_SOURCE_SQL_STEP_H
#define TL_SOURCE_SQL_STEP_H

#include "core/source/reader_impl.h"
#include "core/source/sql_scan.h"
#include "core/source/sql_statement.h"

/* What comes next at scan.at. */
enum tl_sql_phase {
    TL_SQL_AT_STATEMENT, /* space, ';' or a statement */
    TL_SQL_AT_ROW,       /* behind VALUES or a ',': a row must follow */
    TL_SQL_IN_ROW,
    TL_SQL_BEHIND_ROW /* ',' or ';' */
};

struct tl_sql_reader {
    struct tl_reader base; /* its head: that of the rows in work */
    struct tl_sql_scan scan;
    struct tl_sql_session session;
    enum tl_sql_phase phase;
    struct tl_head *head; /* of the statement in work; owned reference */
    uint64_t head_offset; /* where that statement begins in the file */
    uint64_t rows_offset; /* where the statement of the last row begins */
    char *head_text;      /* the statement's text up to behind VALUES; owned */
    size_t head_len;
};

/* One step on from scan.at, reading more where needed. *ends_out: the rows so far are a batch;
 *last_out: it is the last one, since the file ends. */
int tl_sql_step(struct tl_sql_reader *sql, bool *ends_out, bool *last_out,
                struct tl_error *err) TL_WARN_UNUSED;

/* To be called after every change of the session state. */
void tl_sql_apply_state(struct tl_sql_reader *sql);

/* A new statement begins at `offset` of the file: its head (the reference is taken, also on
   failure) and its text up to behind VALUES. */
int tl_sql_set_head(struct tl_sql_reader *sql, struct tl_head *head, const char *text, size_t len,
                    uint64_t offset, struct tl_error *err) TL_WARN_UNUSED;

#endif
