/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd: frames one behind the other, skippable ones between. The window, and with it the memory of
 * one stream, is limited; frames made with a larger one are refused with the reason. An empty file
 * is a cut one.
 */
#include "core/source/stream_codec.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { WINDOW_LOG_MAX = 27 }; /* 128 MiB: `zstd --long=27`, and all levels without --long */

struct zstd_state {
    ZSTD_DStream *decoder;
    bool complete; /* the last frame is complete: the file may end here */
};

static void zstd_end(struct tl_stream *stream)
{
    struct zstd_state *state = stream->state;

    if (!state)
        return;
    (void)ZSTD_freeDStream(state->decoder);
    free(state);
}

static int zstd_begin(struct tl_stream *stream, struct tl_error *err)
{
    struct zstd_state *state = calloc(1, sizeof(*state));

    if (!state)
        return tl_error_nomem(err);
    stream->state = state;
    state->decoder = ZSTD_createDStream();
    if (!state->decoder)
        return tl_error_nomem(err);
    if (ZSTD_isError(ZSTD_DCtx_setParameter(state->decoder, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        return tl_error_set(err, TL_ERR, "the zstd library refuses a window of 2^%d bytes",
                            WINDOW_LOG_MAX);
    return TL_OK;
}

static int zstd_failed(const struct tl_stream *stream, size_t result, struct tl_error *err)
{
    switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_memory_allocation:
        return tl_error_nomem(err);
    case ZSTD_error_frameParameter_windowTooLarge:
        tl_error_set(err, TL_ERR_DATA,
                     "file '%s' needs a zstd window of more than 128 MiB to be read, which is the "
                     "limit",
                     stream->path);
        return tl_error_hint(err, "compress it again with zstd --long=27 or less");
    default:
        return tl_stream_damaged(stream, ZSTD_getErrorName(result), err);
    }
}

static int zstd_step(struct tl_stream *stream, void *buffer, size_t size, size_t *made_out,
                     struct tl_error *err)
{
    struct zstd_state *state = stream->state;
    ZSTD_inBuffer in = {stream->input, stream->input_len, stream->input_pos};
    ZSTD_outBuffer out = {buffer, size, 0};
    size_t result = ZSTD_decompressStream(state->decoder, &out, &in);

    stream->input_pos = in.pos;
    if (ZSTD_isError(result))
        return zstd_failed(stream, result, err);
    state->complete = result == 0;
    *made_out = out.pos;
    return TL_OK;
}

static int zstd_read(struct tl_stream *stream, void *buffer, size_t size, size_t *got_out,
                     struct tl_error *err)
{
    struct zstd_state *state = stream->state;

    return tl_stream_decode(stream, zstd_step, &state->complete, "zstd frame", buffer, size,
                            got_out, err);
}

const struct tl_stream_codec tl_stream_zstd = {"zstd", zstd_begin, zstd_read, zstd_end};
