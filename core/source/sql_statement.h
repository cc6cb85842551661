/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements of a data file as far as they matter: the head of an INSERT, SET with what it does
 * to the session state, and the few that are ignored. Everything else is refused, never skipped.
 */
#ifndef TL_SOURCE_SQL_STATEMENT_H
#define TL_SOURCE_SQL_STATEMENT_H

#include "core/base/error.h"
#include "core/source/batch.h"
#include "core/source/sql_lex.h"

enum tl_sql_parse {
    TL_PARSE_OK,   /* the lexer stands behind what was read */
    TL_PARSE_MORE, /* the text ends within it: read more, begin anew at its start */
    TL_PARSE_CUT,  /* the file ends within it */
    TL_PARSE_BAD,  /* see the complaint */
    TL_PARSE_NOMEM
};

/* What is wrong with a statement. */
struct tl_sql_complaint {
    size_t at; /* offset in the lexer's text */
    char text[192];
    const char *hint; /* static, or NULL */
};

/* Values that the file put aside: SET @OLD_TIME_ZONE=@@TIME_ZONE. All zero = none. */
enum { TL_SQL_SAVED_MAX = 16 };

struct tl_sql_saved {
    char name[64];
    struct tl_session_state state; /* as it was then */
};

struct tl_sql_session {
    struct tl_session_state state;
    struct tl_sql_saved saved[TL_SQL_SAVED_MAX];
    unsigned saved_count; /* ever; the oldest is overwritten */
};

/* NO_BACKSLASH_ESCAPES and ANSI_QUOTES, from the dump's sql_mode if it says one, else from
   `fallback` (may be NULL). */
struct tl_sql_mode {
    bool no_escapes;
    bool ansi_quotes;
};
struct tl_sql_mode tl_sql_mode_of(const struct tl_session_state *state, const char *fallback);

/* INSERT or REPLACE at the lexer up to behind VALUES; *head_out is the caller's. */
enum tl_sql_parse tl_sql_parse_insert(struct tl_sql_lexer *lexer, struct tl_head **head_out,
                                      const struct tl_session_state *state, uint64_t offset,
                                      struct tl_sql_complaint *complaint);

/* Any other statement at the lexer, up to behind its ';'. */
enum tl_sql_parse tl_sql_parse_other(struct tl_sql_lexer *lexer, struct tl_sql_session *session,
                                     struct tl_sql_complaint *complaint);

/* A SET statement that is complete in the text (for tl_sql_parse_other); the lexer stands behind
   the word SET. */
enum tl_sql_parse tl_sql_parse_set(struct tl_sql_lexer *lexer, struct tl_sql_session *session,
                                   struct tl_sql_complaint *complaint);

/* Fills the complaint in; returns TL_PARSE_BAD. */
enum tl_sql_parse tl_sql_complain(struct tl_sql_complaint *complaint, size_t at, const char *hint,
                                  const char *fmt, ...) TL_PRINTF(4, 5);

#endif
