/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of bytes that can be opened at an offset: plain files seek, compressed ones are read
 * from their beginning and dropped up to it. Positions are bytes of the uncompressed content.
 * One thread at a time.
 */
#ifndef TL_SOURCE_STREAM_H
#define TL_SOURCE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

/* Upstream's codes for the column `compression` of chunk_v6. */
enum tl_compression {
    TL_COMPRESSION_NONE = 0,
    TL_COMPRESSION_GZIP = 1,
    TL_COMPRESSION_LZ4 = 2,
    TL_COMPRESSION_ZSTD = 3,
    TL_COMPRESSION_XZ = 4,
    TL_COMPRESSION_LZO = 5,
    TL_COMPRESSION_SNAPPY = 6
};

struct tl_stream;

/* TL_OK if files with this compression can be read, else TL_ERR_USAGE naming path. Opens nothing.
 */
int tl_stream_supported(const char *path, enum tl_compression compression,
                        struct tl_error *err) TL_WARN_UNUSED;

/* Opens path (for messages: name) at uncompressed offset. Errors: TL_ERR_IO (cannot be opened or
   read), TL_ERR_DATA (damaged or cut compressed data, or offset past the end), TL_ERR_USAGE (a
   compression that is known but not readable). */
int tl_stream_open(struct tl_stream **stream_out, const char *path, enum tl_compression compression,
                   uint64_t offset, struct tl_error *err) TL_WARN_UNUSED;

/* Reads up to size bytes; *got_out = 0 at the end only. A compressed stream that ends before its
   end mark is TL_ERR_DATA, never an end. */
int tl_stream_read(struct tl_stream *stream, void *buffer, size_t size, size_t *got_out,
                   struct tl_error *err) TL_WARN_UNUSED;

/* Bytes of the file itself consumed so far, for progress of compressed files. Any thread. */
uint64_t tl_stream_raw_pos(const struct tl_stream *stream);

/* Accepts NULL. */
void tl_stream_close(struct tl_stream *stream);

TL_DEFINE_CLEANUP(struct tl_stream *, tl_stream_close)

#endif
