/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 128-bit content digests (XXH3, https://xxhash.com). They recognise change, they do not protect
 * against somebody who wants to deceive.
 */
#ifndef TL_BASE_DIGEST_H
#define TL_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { TL_DIGEST_LEN = 16 };

struct tl_digest {
    unsigned char bytes[TL_DIGEST_LEN]; /* canonical (big-endian) form */
};

/* Digest of one piece of memory. */
struct tl_digest tl_digest_of(const void *data, size_t len);

/* 64-bit checksum of one piece of memory. */
uint64_t tl_checksum_of(const void *data, size_t len);

/* 32 lower-case hex digits and a NUL. */
void tl_digest_hex(const struct tl_digest *digest, char hex_out[2 * TL_DIGEST_LEN + 1]);

#endif
