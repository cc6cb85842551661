/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions for file rules, filters and routes: PCRE2, which reads the syntax of Go's
 * regexp. Names are matched as UTF-8 where they are, else as bytes. A match takes bounded time and
 * memory. Immutable after tl_regex_new: any thread may match.
 */
#ifndef TL_SOURCE_REGEX_H
#define TL_SOURCE_REGEX_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

struct tl_regex;

enum tl_regex_flags {
    TL_REGEX_CASELESS = 1,
    TL_REGEX_LITERAL = 2, /* the pattern is plain text */
    TL_REGEX_WHOLE = 4,   /* must match all of the subject, not only a part */
    TL_REGEX_DOTALL = 8   /* '.' matches a newline too */
};

enum { TL_REGEX_MAX_GROUPS = 63 };

/* Group 0 is the whole match; a group that took no part has length 0. */
struct tl_captures {
    struct {
        size_t start;
        size_t len;
    } groups[TL_REGEX_MAX_GROUPS + 1];
};

/* TL_ERR_USAGE with the position for a pattern that does not compile. */
int tl_regex_new(struct tl_regex **regex_out, const char *pattern, size_t len, unsigned flags,
                 struct tl_error *err) TL_WARN_UNUSED;
void tl_regex_free(struct tl_regex *regex); /* accepts NULL */

/* TL_OK, TL_NOT_FOUND, or TL_ERR_USAGE when the limits were reached: that is never "no match".
   captures_out may be NULL. */
int tl_regex_match(const struct tl_regex *regex, const char *subject, size_t len,
                   struct tl_captures *captures_out, struct tl_error *err) TL_WARN_UNUSED;

/* How many groups the pattern has, without group 0. */
uint32_t tl_regex_groups(const struct tl_regex *regex);

/* The number of the group of that name, -1 = there is none. */
int tl_regex_group(const struct tl_regex *regex, const char *name);

TL_DEFINE_CLEANUP(struct tl_regex *, tl_regex_free)

#endif
