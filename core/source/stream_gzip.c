/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip by zlib: one or more members, each with its checksum and length verified. An empty file is
 * a cut one: gzip writes at least 20 bytes.
 */
#include "core/source/stream_codec.h"

#include <stdlib.h>
#include <zlib.h>

enum { WINDOW_BITS = 15, GZIP_ONLY = 16, MAX_PIECE = 1 << 30 };

struct gzip_state {
    z_stream z;
    bool complete; /* the last member is complete: the file may end here */
};

static int gzip_begin(struct tl_stream *stream, struct tl_error *err)
{
    struct gzip_state *state = calloc(1, sizeof(*state));

    if (!state)
        return tl_error_nomem(err);
    if (inflateInit2(&state->z, WINDOW_BITS + GZIP_ONLY) != Z_OK) {
        free(state);
        return tl_error_nomem(err);
    }
    stream->state = state;
    return TL_OK;
}

static void gzip_end(struct tl_stream *stream)
{
    struct gzip_state *state = stream->state;

    if (!state)
        return;
    (void)inflateEnd(&state->z);
    free(state);
}

/* One call of inflate between the two buffers; *made_out = bytes written. */
static int gzip_step(struct tl_stream *stream, void *buffer, size_t size, size_t *made_out,
                     struct tl_error *err)
{
    struct gzip_state *state = stream->state;
    size_t room = size < MAX_PIECE ? size : MAX_PIECE;
    int rc;

    if (state->complete && inflateReset(&state->z) != Z_OK)
        return tl_stream_damaged(stream, "the decoder cannot be reset", err);
    state->complete = false;
    state->z.next_in = stream->input + stream->input_pos;
    state->z.avail_in = (uInt)(stream->input_len - stream->input_pos);
    state->z.next_out = buffer;
    state->z.avail_out = (uInt)room;
    rc = inflate(&state->z, Z_NO_FLUSH);
    stream->input_pos = stream->input_len - state->z.avail_in;
    *made_out = room - state->z.avail_out;
    if (rc == Z_STREAM_END)
        state->complete = true;
    else if (rc == Z_MEM_ERROR)
        return tl_error_nomem(err);
    else if (rc != Z_OK && rc != Z_BUF_ERROR)
        return tl_stream_damaged(stream, state->z.msg ? state->z.msg : zError(rc), err);
    return TL_OK;
}

static int gzip_read(struct tl_stream *stream, void *buffer, size_t size, size_t *got_out,
                     struct tl_error *err)
{
    struct gzip_state *state = stream->state;

    return tl_stream_decode(stream, gzip_step, &state->complete, "gzip member", buffer, size,
                            got_out, err);
}

const struct tl_stream_codec tl_stream_gzip = {"gzip", gzip_begin, gzip_read, gzip_end};
