/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sql_mode under which rows are written: strict unless the user says otherwise, and what the
 * dump needs to be understood. Private to core/target; no server needed.
 */
#ifndef TL_TARGET_SQL_MODE_H
#define TL_TARGET_SQL_MODE_H

#include <stddef.h>

#include "core/config/options.h"
#include "core/source/batch.h"

enum { TL_SQL_MODE_MAX = 1024 };

/*
 * state == NULL: rows of a CSV file, whose text we quote ourselves: no mode that changes quoting.
 * Else the dump's own modes count, with NO_BACKSLASH_ESCAPES and ANSI_QUOTES exactly as it says
 * them (as tidb.sql-mode says them when the dump is silent). tidb.sql-mode, or STRICT_ALL_TABLES
 * without it, is added, and always NO_AUTO_VALUE_ON_ZERO: a row with the id 0 keeps it.
 */
void tl_sql_mode_make(char mode_out[TL_SQL_MODE_MAX], const struct tl_options *options,
                      const struct tl_session_state *state);

/* Takes one mode out of the list. False if it is not there. */
bool tl_sql_mode_drop(char mode[TL_SQL_MODE_MAX], const char *name, size_t len);

#endif
