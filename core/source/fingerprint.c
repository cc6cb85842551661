/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See fingerprint.h.
 */
#include "core/source/fingerprint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

static int changed(const char *path, int64_t expected, int64_t found, struct tl_error *err)
{
    return tl_error_set(err, TL_ERR_DATA,
                        "file '%s' has %" PRId64 " bytes, and had %" PRId64 " when it was listed",
                        path, found, expected);
}

static int read_part(int fd, const char *path, int64_t size, unsigned char *to, size_t want,
                     int64_t offset, struct tl_error *err)
{
    size_t got = 0;

    while (got < want) {
        ssize_t n = pread(fd, to + got, want - got, (off_t)(offset + (int64_t)got));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tl_error_errno(err, errno, "cannot read file '%s'", path);
        if (n == 0)
            return changed(path, size, offset + (int64_t)got, err);
        got += (size_t)n;
    }
    return TL_OK;
}

/* Head, tail and size in one piece of memory; they overlap in a small file. */
static int digest_open(int fd, const char *path, int64_t size, struct tl_digest *digest_out,
                       struct tl_error *err)
{
    size_t part = size < TL_FINGERPRINT_PART ? (size_t)size : TL_FINGERPRINT_PART;
    size_t len = 2 * part + sizeof(uint64_t);
    TL_CLEANUP_FREE unsigned char *bytes = malloc(len);
    int rc;

    if (!bytes)
        return tl_error_nomem(err);
    rc = read_part(fd, path, size, bytes, part, 0, err);
    if (rc == TL_OK)
        rc = read_part(fd, path, size, bytes + part, part, size - (int64_t)part, err);
    if (rc != TL_OK)
        return rc;
    for (size_t i = 0; i < sizeof(uint64_t); i++)
        bytes[2 * part + i] = (unsigned char)((uint64_t)size >> (8 * i));
    *digest_out = tl_digest_of(bytes, len);
    return TL_OK;
}

int tl_fingerprint_file(const char *path, int64_t size, struct tl_digest *digest_out,
                        struct tl_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;
    int rc;

    if (fd < 0)
        return tl_error_errno(err, errno, "cannot open file '%s'", path);
    if (fstat(fd, &st) != 0)
        rc = tl_error_errno(err, errno, "cannot examine file '%s'", path);
    else if (!S_ISREG(st.st_mode))
        rc = tl_error_set(err, TL_ERR_IO, "'%s' is not a regular file", path);
    else if (st.st_size != size)
        rc = changed(path, size, st.st_size, err);
    else
        rc = digest_open(fd, path, size, digest_out, err);
    (void)close(fd);
    return rc;
}
