/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small text tools of file rules: templates ($1, ${1}, $name, $$), URL escapes, and the names
 * of file types and compressions.
 */
#ifndef TL_SOURCE_FILE_TEMPLATE_H
#define TL_SOURCE_FILE_TEMPLATE_H

#include <stdbool.h>

#include "core/base/error.h"
#include "core/source/file_rules.h"
#include "core/source/regex.h"

/* TL_ERR_USAGE if a $ names a group that regex does not have. */
int tl_template_check(const char *text, const struct tl_regex *regex,
                      struct tl_error *err) TL_WARN_UNUSED;

/* The text with its groups filled in, in a new string. */
int tl_template_expand(char **text_out, const char *text, const struct tl_regex *regex,
                       const char *subject, const struct tl_captures *captures,
                       struct tl_error *err) TL_WARN_UNUSED;

/* %XX becomes the byte, in place. False, and text unchanged, if an escape is not complete or is
   %00. */
bool tl_url_unescape(char *text);

/* Case and blanks around do not matter. TL_ERR_DATA for a name that is not known. */
int tl_file_kind_parse(enum tl_file_kind *kind_out, const char *name,
                       struct tl_error *err) TL_WARN_UNUSED;
int tl_compression_parse(enum tl_compression *compression_out, const char *name,
                         struct tl_error *err) TL_WARN_UNUSED;

/* By the last extension of path; none if that is not a known one. */
enum tl_compression tl_compression_of(const char *path);

#endif
