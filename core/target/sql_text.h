/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of SQL statements: whether bytes are UTF-8. (Quoting, tl_sql_add_name and tl_sql_add_text,
 * is declared in session.h.)
 */
#ifndef TL_TARGET_SQL_TEXT_H
#define TL_TARGET_SQL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* True if the bytes are well-formed UTF-8 (an empty text is). */
bool tl_utf8_valid(const char *text, size_t len);

#endif
