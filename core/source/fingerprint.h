/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fingerprint of a source file: cheap for files of any size, made of its size, its first and its
 * last 16 KiB as stored. It recognises a file that was replaced or written on between two runs; it
 * does not see a change in the middle that keeps the size.
 */
#ifndef TL_SOURCE_FINGERPRINT_H
#define TL_SOURCE_FINGERPRINT_H

#include <stdint.h>

#include "core/base/digest.h"
#include "core/base/error.h"

enum { TL_FINGERPRINT_PART = 16 * 1024 };

/* TL_ERR_IO if the file cannot be read, TL_ERR_DATA if it does not have size bytes (any more). */
int tl_fingerprint_file(const char *path, int64_t size, struct tl_digest *digest_out,
                        struct tl_error *err) TL_WARN_UNUSED;

#endif
