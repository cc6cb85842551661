/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One option's text to its typed value and back, by its row: kinds, units, bounds, allow-lists.
 */
#ifndef TL_CONFIG_OPTION_VALUE_H
#define TL_CONFIG_OPTION_VALUE_H

#include "core/base/buf.h"
#include "core/config/option_table.h"

/* Checks values (one, or any number for TL_TYPE_STRINGS) and stores them in the row's field, if it
   has one, in place of what was there. subject begins the message: "file:3: tidb.port". */
int tl_option_store(struct tl_options *options, const struct tl_option *row,
                    const struct tl_strings *values, const char *subject,
                    struct tl_error *err) TL_WARN_UNUSED;

/* Stores the row's default; a row without one keeps a zeroed field. */
int tl_option_store_default(struct tl_options *options, const struct tl_option *row,
                            struct tl_error *err) TL_WARN_UNUSED;

/* True if text, which tl_option_store took, means the same as the row's default. */
bool tl_option_is_default(const struct tl_option *row, const char *text);

/* Appends the field's value as TOML: 5, "text", ["a", "b"]. False: the field is NULL. */
bool tl_option_format(struct tl_buf *out, const struct tl_options *options,
                      const struct tl_option *row, int *rc_out);

/* Appends text as a TOML basic string. */
int tl_toml_add_string(struct tl_buf *out, const char *text) TL_WARN_UNUSED;
int tl_toml_add_strings(struct tl_buf *out, const struct tl_strings *list) TL_WARN_UNUSED;

/* "256MiB", "64 KB", "1.5g", "65536": units are powers of 1024, as upstream reads them. */
bool tl_parse_size(const char *text, uint64_t *bytes_out);

/* "5m", "1h30m", "500ms", "0": seconds, rounded up. */
bool tl_parse_duration(const char *text, uint64_t *seconds_out);

#endif
