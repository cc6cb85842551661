/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of stream.c and its codecs: the file with its input buffer, and what a codec must offer.
 * A further way of compression is one more struct tl_stream_codec.
 */
#ifndef TL_SOURCE_STREAM_CODEC_H
#define TL_SOURCE_STREAM_CODEC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

struct tl_stream;

struct tl_stream_codec {
    const char *name;
    /* Allocates stream->state. */
    int (*begin)(struct tl_stream *stream, struct tl_error *err);
    /* As tl_stream_read; size is never 0. */
    int (*read)(struct tl_stream *stream, void *buffer, size_t size, size_t *got_out,
                struct tl_error *err);
    /* Frees stream->state, which may be NULL. */
    void (*end)(struct tl_stream *stream);
};

struct tl_stream {
    const struct tl_stream_codec *codec;
    char *path; /* owned */
    int fd;
    uint64_t size;                 /* of the file when it was opened */
    atomic_uint_least64_t raw_pos; /* bytes read from fd */
    unsigned char *input;          /* owned; compressed bytes, NULL for plain files */
    size_t input_len;
    size_t input_pos; /* consumed by the codec */
    void *state;      /* the codec's */
};

/* The codecs; gzip: members one behind the other; zstd: frames, also skippable ones. */
extern const struct tl_stream_codec tl_stream_gzip;
extern const struct tl_stream_codec tl_stream_zstd;

/* Reads from the file and moves raw_pos. *got_out = 0 at the end of the file. */
int tl_stream_raw_read(struct tl_stream *stream, void *buffer, size_t size, size_t *got_out,
                       struct tl_error *err) TL_WARN_UNUSED;

/* Fills the empty input buffer; *end_out says that the file has no more. */
int tl_stream_fill(struct tl_stream *stream, bool *end_out, struct tl_error *err) TL_WARN_UNUSED;

/* One call of a decoder: takes from the input buffer, gives at most room bytes; *made_out may be 0.
 */
typedef int (*tl_stream_step_fn)(struct tl_stream *stream, void *buffer, size_t room,
                                 size_t *made_out, struct tl_error *err);

/* The read of a codec: steps until there is output or the end. The step comes even without new
   input, as the decoder may hold output back. *complete is the codec's own: its last `unit` has
   ended. */
int tl_stream_decode(struct tl_stream *stream, tl_stream_step_fn step, const bool *complete,
                     const char *unit, void *buffer, size_t size, size_t *got_out,
                     struct tl_error *err) TL_WARN_UNUSED;

/* TL_ERR_DATA: the file ends in the middle of compressed data; what names the piece. */
int tl_stream_cut(const struct tl_stream *stream, const char *what, struct tl_error *err);

/* TL_ERR_DATA: damaged; reason is the library's text. */
int tl_stream_damaged(const struct tl_stream *stream, const char *reason, struct tl_error *err);

#endif
