/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Did you mean": the known name that is nearest to an unknown one.
 */
#ifndef TL_CONFIG_SUGGEST_H
#define TL_CONFIG_SUGGEST_H

#include "core/config/option_table.h"

/* The number of insertions, deletions, replacements and swaps of neighbours between two texts,
   without case, '_' equal to '-'. Texts above 63 bytes: TL_DISTANCE_MAX. */
enum { TL_DISTANCE_MAX = 1000 };
unsigned tl_edit_distance(const char *a, size_t a_len, const char *b, size_t b_len);

/* The full key ("tidb.port") or section nearest to name; false: none is near. */
bool tl_suggest_key(char out[TL_OPTION_NAME_MAX], const char *name);

/* The long flag (no dashes) of the program nearest to name (len bytes), or NULL. */
const char *tl_suggest_flag(const char *name, size_t len, enum tl_program program);

#endif
