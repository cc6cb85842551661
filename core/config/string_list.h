/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building and freeing struct tl_strings and arrays of struct tl_pair. Every text is wiped before
 * it is freed, since any of them may be a secret.
 */
#ifndef TL_CONFIG_STRING_LIST_H
#define TL_CONFIG_STRING_LIST_H

#include "core/config/options.h"

/* Appends a copy of text (len bytes). Nothing changes on failure. */
int tl_strings_add(struct tl_strings *list, const char *text, size_t len,
                   struct tl_error *err) TL_WARN_UNUSED;

/* Appends a formatted text. */
int tl_strings_addf(struct tl_strings *list, struct tl_error *err, const char *fmt, ...)
    TL_PRINTF(3, 4) TL_WARN_UNUSED;

/* Frees all; the list is empty and usable afterwards. */
void tl_strings_done(struct tl_strings *list);

/* Appends copies; scope may be NULL. */
int tl_pairs_add(struct tl_pair **pairs, size_t *count, const char *scope, const char *name,
                 const char *value, struct tl_error *err) TL_WARN_UNUSED;
void tl_pairs_free(struct tl_pair *pairs, size_t count);

/* Replaces the string in *place (wiped) by a copy of text. */
int tl_string_replace(char **place, const char *text, struct tl_error *err) TL_WARN_UNUSED;

#endif
