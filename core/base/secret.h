/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings that must not outlive their use or show up in a message: passwords and DSNs. They are
 * ordinary C strings; what makes them secrets is that they are freed here.
 */
#ifndef TL_BASE_SECRET_H
#define TL_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/cleanup.h"

/* Overwrites the text up to its NUL. Accepts NULL. */
void tl_secret_wipe(char *secret);

/* Overwrites and frees. Accepts NULL. */
void tl_secret_free(char *secret);

/* A copy for tl_secret_free; NULL when out of memory or if text is NULL. */
char *tl_secret_dup(const char *text);

/* A copy of a DSN that may be shown: the password in "USER:PASS@..." or "scheme://USER:PASS@...",
   and the value of a parameter whose name says password, secret, token or key, become "***". Other
   text stays as it is. free(); NULL when out of memory. */
char *tl_secret_redact_dsn(const char *dsn);

/* True if an option called name (len bytes) holds a secret by the look of its name. */
bool tl_secret_is_name(const char *name, size_t len);

TL_DEFINE_CLEANUP(char *, tl_secret_free)

#define TL_CLEANUP_SECRET TL_CLEANUP(tl_secret_free_p)

#endif
