/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: the codecs on any bytes. The first byte chooses the compression and the size of the
 * reads, the second where reading begins. Output is limited: a few bytes can hold gigabytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/source/stream.h"

enum { MAX_OUTPUT = 4 * 1024 * 1024, BUFFER = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const char *path, uint8_t choice, uint8_t offset)
{
    static const enum tl_compression known[] = {TL_COMPRESSION_NONE, TL_COMPRESSION_GZIP,
                                                TL_COMPRESSION_ZSTD};
    TL_CLEANUP(tl_stream_close_p) struct tl_stream *stream = NULL;
    TL_CLEANUP_FREE char *buffer = malloc(BUFFER);
    size_t step = choice & 0x80 ? BUFFER : 1 + (choice & 0x7f);
    struct tl_error err;
    size_t got = 1;

    if (!buffer || tl_stream_open(&stream, path, known[choice % 3], offset, &err) != TL_OK)
        return;
    for (size_t total = 0; got > 0 && total < MAX_OUTPUT; total += got)
        if (tl_stream_read(stream, buffer, step, &got, &err) != TL_OK)
            return;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd;

    if (size < 2)
        return 0;
    fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0)
        return 0;
    if (write(fd, data + 2, size - 2) == (ssize_t)(size - 2)) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        read_all(path, data[0], data[1]);
    }
    (void)close(fd);
    return 0;
}
