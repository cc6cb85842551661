/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether bytes are UTF-8, as servers and users expect of names.
 */
#ifndef TL_BASE_UTF8_H
#define TL_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* True if the bytes are well-formed UTF-8 (an empty text is). */
bool tl_utf8_valid(const char *text, size_t len);

#endif
