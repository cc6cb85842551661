/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Character sets of schema files (mydumper.character-set). Private to the schema module.
 */
#ifndef TL_TARGET_SCHEMA_CHARSET_H
#define TL_TARGET_SCHEMA_CHARSET_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/error.h"

/* Makes text UTF-8 as `charset` (auto, utf8mb4, gb18030, latin1, binary) says; own is the file's
   own SET NAMES in lower case, "" = none. *utf8_out: text is UTF-8 now, so send it as utf8mb4;
   false: send the bytes as they are, under the file's own SET NAMES. TL_ERR_DATA: the encoding
   cannot be guessed, or a byte does not belong to it. TL_ERR_USAGE: unknown charset. */
int tl_schema_decode(struct tl_buf *text, const char *charset, const char *own, bool *utf8_out,
                     struct tl_error *err) TL_WARN_UNUSED;

#endif
