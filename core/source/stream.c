/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening, plain files, and the way to the codecs. See stream.h. Only regular files are read: a
 * FIFO or a device cannot be read again on resume.
 */
#include "core/source/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/source/stream_codec.h"

enum { INPUT_SIZE = 128 * 1024 };

static int plain_begin(struct tl_stream *stream, struct tl_error *err)
{
    (void)stream;
    (void)err;
    return TL_OK;
}

/* A file that shrinks while it is read must not look like one that ends. */
static int plain_read(struct tl_stream *stream, void *buffer, size_t size, size_t *got_out,
                      struct tl_error *err)
{
    size_t got;
    int rc = tl_stream_raw_read(stream, buffer, size, &got, err);

    if (rc != TL_OK)
        return rc;
    if (got == 0 && atomic_load(&stream->raw_pos) < stream->size)
        return tl_error_set(err, TL_ERR_DATA,
                            "file '%s' got shorter while it was read: it ends at byte %" PRIu64
                            " and had %" PRIu64,
                            stream->path, tl_stream_raw_pos(stream), stream->size);
    *got_out = got;
    return TL_OK;
}

static void plain_end(struct tl_stream *stream)
{
    (void)stream;
}

static const struct tl_stream_codec plain = {"none", plain_begin, plain_read, plain_end};

int tl_stream_raw_read(struct tl_stream *stream, void *buffer, size_t size, size_t *got_out,
                       struct tl_error *err)
{
    ssize_t got;

    do
        got = read(stream->fd, buffer, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return tl_error_errno(err, errno, "cannot read file '%s' at byte %" PRIu64, stream->path,
                              tl_stream_raw_pos(stream));
    atomic_fetch_add(&stream->raw_pos, (uint_least64_t)got);
    *got_out = (size_t)got;
    return TL_OK;
}

int tl_stream_fill(struct tl_stream *stream, bool *end_out, struct tl_error *err)
{
    size_t got;
    int rc = tl_stream_raw_read(stream, stream->input, INPUT_SIZE, &got, err);

    if (rc != TL_OK)
        return rc;
    stream->input_len = got;
    stream->input_pos = 0;
    *end_out = got == 0;
    return TL_OK;
}

int tl_stream_cut(const struct tl_stream *stream, const char *what, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_DATA, "file '%s' ends in the middle of a %s, at byte %" PRIu64,
                 stream->path, what, tl_stream_raw_pos(stream));
    return tl_error_hint(err, "the file was cut short: copy it again, or write the dump again");
}

int tl_stream_damaged(const struct tl_stream *stream, const char *reason, struct tl_error *err)
{
    uint64_t pos = tl_stream_raw_pos(stream) - (stream->input_len - stream->input_pos);

    tl_error_set(err, TL_ERR_DATA, "file '%s' is damaged: %s, near byte %" PRIu64 " of its %s data",
                 stream->path, reason, pos, stream->codec->name);
    return tl_error_hint(err, "copy the file again, or write the dump again");
}

/* Known names whose data nothing here can read. */
static int unreadable(const char *path, enum tl_compression compression, struct tl_error *err)
{
    static const char *const names[] = {[TL_COMPRESSION_LZ4] = "lz4",
                                        [TL_COMPRESSION_XZ] = "xz",
                                        [TL_COMPRESSION_LZO] = "lzo",
                                        [TL_COMPRESSION_SNAPPY] = "snappy"};

    if (compression == TL_COMPRESSION_SNAPPY)
        tl_error_set(err, TL_ERR_USAGE, "file '%s': compression snappy is not readable yet", path);
    else if (compression < TL_COMPRESSION_SNAPPY && names[compression])
        tl_error_set(err, TL_ERR_USAGE,
                     "file '%s': compression %d doesn't have related storage compressType (%s)",
                     path, (int)compression, names[compression]);
    else
        return tl_error_set(err, TL_ERR_USAGE, "file '%s': unknown compression %d", path,
                            (int)compression);
    return tl_error_hint(err, "files can be plain, gzip or zstd: compress this one again");
}

static int choose_codec(const struct tl_stream_codec **codec_out, const char *path,
                        enum tl_compression compression, struct tl_error *err)
{
    switch (compression) {
    case TL_COMPRESSION_NONE:
        *codec_out = &plain;
        return TL_OK;
    case TL_COMPRESSION_GZIP:
        *codec_out = &tl_stream_gzip;
        return TL_OK;
    case TL_COMPRESSION_ZSTD:
        *codec_out = &tl_stream_zstd;
        return TL_OK;
    default:
        return unreadable(path, compression, err);
    }
}

int tl_stream_supported(const char *path, enum tl_compression compression, struct tl_error *err)
{
    const struct tl_stream_codec *codec;

    return choose_codec(&codec, path, compression, err);
}

static int past_end(const struct tl_stream *stream, uint64_t offset, uint64_t size,
                    struct tl_error *err)
{
    tl_error_set(err, TL_ERR_DATA,
                 "file '%s' has %" PRIu64 " bytes, reading was to begin at %" PRIu64
                 ": it got shorter",
                 stream->path, size, offset);
    return tl_error_hint(err, "the file is not the one that the import began with");
}

/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
static int open_file(struct tl_stream *stream, struct tl_error *err)
{
    struct stat st;

    stream->fd = open(stream->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (stream->fd < 0)
        return tl_error_errno(err, errno, "cannot open file '%s'", stream->path);
    if (fstat(stream->fd, &st) != 0)
        return tl_error_errno(err, errno, "cannot examine file '%s'", stream->path);
    if (!S_ISREG(st.st_mode))
        return tl_error_set(err, TL_ERR_IO, "'%s' is not a regular file", stream->path);
    stream->size = (uint64_t)st.st_size;
    (void)posix_fadvise(stream->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return TL_OK;
}

static int seek_plain(struct tl_stream *stream, uint64_t offset, struct tl_error *err)
{
    if (offset > stream->size)
        return past_end(stream, offset, stream->size, err);
    if (lseek(stream->fd, (off_t)offset, SEEK_SET) < 0)
        return tl_error_errno(err, errno, "cannot seek in file '%s'", stream->path);
    atomic_store(&stream->raw_pos, offset);
    return TL_OK;
}

static int skip(struct tl_stream *stream, uint64_t offset, struct tl_error *err)
{
    TL_CLEANUP_FREE char *scratch = NULL;
    uint64_t pos = 0;

    if (offset == 0)
        return TL_OK;
    scratch = malloc(INPUT_SIZE);
    if (!scratch)
        return tl_error_nomem(err);
    while (pos < offset) {
        size_t want = offset - pos < INPUT_SIZE ? (size_t)(offset - pos) : INPUT_SIZE;
        size_t got;
        int rc = tl_stream_read(stream, scratch, want, &got, err);

        if (rc != TL_OK)
            return rc;
        if (got == 0)
            return past_end(stream, offset, pos, err);
        pos += got;
    }
    return TL_OK;
}

static int start(struct tl_stream *stream, uint64_t offset, struct tl_error *err)
{
    int rc = open_file(stream, err);

    if (rc != TL_OK)
        return rc;
    if (stream->codec == &plain)
        return seek_plain(stream, offset, err);
    stream->input = malloc(INPUT_SIZE);
    if (!stream->input)
        return tl_error_nomem(err);
    rc = stream->codec->begin(stream, err);
    return rc == TL_OK ? skip(stream, offset, err) : rc;
}

int tl_stream_open(struct tl_stream **stream_out, const char *path, enum tl_compression compression,
                   uint64_t offset, struct tl_error *err)
{
    TL_CLEANUP(tl_stream_close_p) struct tl_stream *stream = calloc(1, sizeof(*stream));
    int rc;

    if (!stream)
        return tl_error_nomem(err);
    stream->fd = -1;
    stream->codec = &plain;
    rc = choose_codec(&stream->codec, path, compression, err);
    if (rc != TL_OK)
        return rc;
    stream->path = strdup(path);
    if (!stream->path)
        return tl_error_nomem(err);
    rc = start(stream, offset, err);
    if (rc != TL_OK)
        return rc;
    *stream_out = stream;
    stream = NULL;
    return TL_OK;
}

int tl_stream_decode(struct tl_stream *stream, tl_stream_step_fn step, const bool *complete,
                     const char *unit, void *buffer, size_t size, size_t *got_out,
                     struct tl_error *err)
{
    size_t made = 0;

    while (made == 0) {
        bool end = false;
        int rc = TL_OK;

        if (stream->input_pos == stream->input_len)
            rc = tl_stream_fill(stream, &end, err);
        if (rc != TL_OK)
            return rc;
        if (end && *complete)
            break;
        rc = step(stream, buffer, size, &made, err);
        if (rc != TL_OK)
            return rc;
        if (end && made == 0 && !*complete)
            return tl_stream_cut(stream, unit, err);
    }
    *got_out = made;
    return TL_OK;
}

int tl_stream_read(struct tl_stream *stream, void *buffer, size_t size, size_t *got_out,
                   struct tl_error *err)
{
    if (size == 0) {
        *got_out = 0;
        return TL_OK;
    }
    return stream->codec->read(stream, buffer, size, got_out, err);
}

uint64_t tl_stream_raw_pos(const struct tl_stream *stream)
{
    return atomic_load(&stream->raw_pos);
}

void tl_stream_close(struct tl_stream *stream)
{
    if (!stream)
        return;
    stream->codec->end(stream);
    if (stream->fd >= 0)
        (void)close(stream->fd);
    free(stream->input);
    free(stream->path);
    free(stream);
}
