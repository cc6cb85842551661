/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at many bytes at once: 64 bytes become one bit set per question ("where is a quote?").
 * SSE2 where the compiler has it (every x86-64), plain loops elsewhere. Knows nothing of SQL or CSV.
 */
#ifndef TL_SOURCE_BYTES_H
#define TL_SOURCE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "core/source/batch.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { TL_BLOCK = 64 };

#ifdef __SSE2__

struct tl_block {
    __m128i v[4];
};

static inline struct tl_block tl_block_load(const char *p)
{
    struct tl_block b;

    for (int i = 0; i < 4; i++)
        b.v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    return b;
}

static inline uint64_t tl_block_mask(const struct tl_block *hits)
{
    uint64_t mask = 0;

    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(hits->v[i]) << (16 * i);
    return mask;
}

/* Bit i is set where byte i, with the bits of `keep` only, is c. */
static inline uint64_t tl_block_class(const struct tl_block *b, unsigned char keep, unsigned char c)
{
    struct tl_block hits;

    for (int i = 0; i < 4; i++)
        hits.v[i] = _mm_cmpeq_epi8(_mm_and_si128(b->v[i], _mm_set1_epi8((char)keep)),
                                   _mm_set1_epi8((char)c));
    return tl_block_mask(&hits);
}

static inline uint64_t tl_block_eq(const struct tl_block *b, unsigned char c)
{
    struct tl_block hits;

    for (int i = 0; i < 4; i++)
        hits.v[i] = _mm_cmpeq_epi8(b->v[i], _mm_set1_epi8((char)c));
    return tl_block_mask(&hits);
}

/* Where one of six bytes is. */
static inline uint64_t tl_block_any(const struct tl_block *b, const unsigned char c[6])
{
    struct tl_block hits;

    for (int i = 0; i < 4; i++) {
        __m128i x = _mm_cmpeq_epi8(b->v[i], _mm_set1_epi8((char)c[0]));

        for (int k = 1; k < 6; k++)
            x = _mm_or_si128(x, _mm_cmpeq_epi8(b->v[i], _mm_set1_epi8((char)c[k])));
        hits.v[i] = x;
    }
    return tl_block_mask(&hits);
}

#else

struct tl_block {
    unsigned char v[TL_BLOCK];
};

static inline struct tl_block tl_block_load(const char *p)
{
    struct tl_block b;

    for (int i = 0; i < TL_BLOCK; i++)
        b.v[i] = (unsigned char)p[i];
    return b;
}

static inline uint64_t tl_block_class(const struct tl_block *b, unsigned char keep, unsigned char c)
{
    uint64_t mask = 0;

    for (int i = 0; i < TL_BLOCK; i++)
        mask |= (uint64_t)((b->v[i] & keep) == c) << i;
    return mask;
}

static inline uint64_t tl_block_eq(const struct tl_block *b, unsigned char c)
{
    return tl_block_class(b, 0xFF, c);
}

static inline uint64_t tl_block_any(const struct tl_block *b, const unsigned char c[6])
{
    uint64_t mask = 0;

    for (int k = 0; k < 6; k++)
        mask |= tl_block_eq(b, c[k]);
    return mask;
}

#endif

/* Bit i = parity of the bits 0..i: from an opening quote up to before its closing one. */
static inline uint64_t tl_mask_between(uint64_t quotes)
{
    for (int shift = 1; shift < 64; shift *= 2)
        quotes ^= quotes << shift;
    return quotes;
}

/* The bytes that follow an escape character which is not escaped itself. *carry: 1 when the first
   byte of this block is escaped by the last one of the block before; set for the next block. */
static inline uint64_t tl_mask_escaped(uint64_t escapes, uint64_t *carry)
{
    uint64_t escaped = *carry;

    escapes &= ~escaped;
    *carry = 0;
    while (escapes) {
        uint64_t first = escapes & (0 - escapes);

        escaped |= first << 1;
        *carry = first >> 63;
        escapes &= ~(first | first << 1);
    }
    return escaped;
}

/* The bits below bit n (0..64). */
static inline uint64_t tl_mask_below(unsigned n)
{
    return n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

/* The first a or b in [p, end), or end. */
static inline const char *tl_find2(const char *p, const char *end, char a, char b)
{
#ifdef __SSE2__
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i x = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(a)),
                                 _mm_cmpeq_epi8(v, _mm_set1_epi8(b)));
        int mask = _mm_movemask_epi8(x);

        if (mask)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && *p != a && *p != b)
        p++;
    return p;
}

/* The number of '\n' in len bytes. */
uint64_t tl_count_lines(const char *data, size_t len);

/* lines_out[i] = number of '\n' in front of rows[i].start; returns the number in all of data. */
uint64_t tl_count_row_lines(const char *data, size_t len, const struct tl_row_span *rows,
                            uint32_t row_count, uint32_t *lines_out);

#endif
