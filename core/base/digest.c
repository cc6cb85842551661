/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See digest.h.
 */
#include "core/base/digest.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

struct tl_digest tl_digest_of(const void *data, size_t len)
{
    XXH128_canonical_t canonical;
    struct tl_digest digest;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, len));
    memcpy(digest.bytes, canonical.digest, sizeof(digest.bytes));
    return digest;
}

uint64_t tl_checksum_of(const void *data, size_t len)
{
    return XXH3_64bits(data, len);
}

void tl_digest_hex(const struct tl_digest *digest, char hex_out[2 * TL_DIGEST_LEN + 1])
{
    for (size_t i = 0; i < TL_DIGEST_LEN; i++)
        snprintf(hex_out + 2 * i, 3, "%02x", digest->bytes[i]);
}
