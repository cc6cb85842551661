/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One log line as bytes, in the form of upstream's text log or as a JSON object. Internal to the
 * log (log.c), a module of its own so that it can be tested without a sink.
 */
#ifndef TL_BASE_LOG_LINE_H
#define TL_BASE_LOG_LINE_H

#include "core/base/buf.h"
#include "core/base/log.h"

/* A line may have this many bytes; what is longer is cut, in the text form also the end of a line.
 */
enum { TL_LOG_LINE_MAX = 1024 * 1024 };

/* Append the line with its line feed. wall_ns is shown in the local time zone. TL_ERR_NOMEM leaves
   in out what fitted. */
int tl_log_line_text(struct tl_buf *out, int64_t wall_ns, enum tl_log_level level,
                     const char *message, const struct tl_field *fields) TL_WARN_UNUSED;
int tl_log_line_json(struct tl_buf *out, int64_t wall_ns, enum tl_log_level level,
                     const char *message, const struct tl_field *fields) TL_WARN_UNUSED;

/* The length of the well-formed UTF-8 sequence at text (1-4), 0 if there is none. */
size_t tl_utf8_length(const char *text);

#endif
