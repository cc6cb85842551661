/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at many bytes at once: 64 bytes become one bit set per question ("where is a quote?").
 * SSE2 where the compiler has it (every x86-64), plain loops elsewhere. Knows nothing of SQL or
 * CSV.
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

/* Four names and not an array: at -O2 the compiler would keep an array in memory. */
struct tl_block {
    __m128i a, b, c, d;
};

static inline struct tl_block tl_block_load(const char *p)
{
    const __m128i *v = (const __m128i *)(const void *)p;

    return (struct tl_block){_mm_loadu_si128(v), _mm_loadu_si128(v + 1), _mm_loadu_si128(v + 2),
                             _mm_loadu_si128(v + 3)};
}

static inline uint64_t tl_block_mask(__m128i a, __m128i b, __m128i c, __m128i d)
{
    uint32_t low = (uint32_t)_mm_movemask_epi8(a) | (uint32_t)_mm_movemask_epi8(b) << 16;
    uint32_t high = (uint32_t)_mm_movemask_epi8(c) | (uint32_t)_mm_movemask_epi8(d) << 16;

    return low | (uint64_t)high << 32;
}

static inline uint64_t tl_block_eq(const struct tl_block *block, unsigned char byte)
{
    __m128i x = _mm_set1_epi8((char)byte);

    return tl_block_mask(_mm_cmpeq_epi8(block->a, x), _mm_cmpeq_epi8(block->b, x),
                         _mm_cmpeq_epi8(block->c, x), _mm_cmpeq_epi8(block->d, x));
}

/* Bit i is set where byte i, with the bits of `keep` only, is `byte`. */
static inline uint64_t tl_block_class(const struct tl_block *block, unsigned char keep,
                                      unsigned char byte)
{
    __m128i k = _mm_set1_epi8((char)keep);
    struct tl_block kept = {_mm_and_si128(block->a, k), _mm_and_si128(block->b, k),
                            _mm_and_si128(block->c, k), _mm_and_si128(block->d, k)};

    return tl_block_eq(&kept, byte);
}

static inline __m128i tl_any_of_six(__m128i v, const unsigned char bytes[6])
{
    __m128i x = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)bytes[0])),
                             _mm_cmpeq_epi8(v, _mm_set1_epi8((char)bytes[1])));
    __m128i y = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)bytes[2])),
                             _mm_cmpeq_epi8(v, _mm_set1_epi8((char)bytes[3])));
    __m128i z = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)bytes[4])),
                             _mm_cmpeq_epi8(v, _mm_set1_epi8((char)bytes[5])));

    return _mm_or_si128(x, _mm_or_si128(y, z));
}

/* Where one of six bytes is. */
static inline uint64_t tl_block_any(const struct tl_block *block, const unsigned char bytes[6])
{
    return tl_block_mask(tl_any_of_six(block->a, bytes), tl_any_of_six(block->b, bytes),
                         tl_any_of_six(block->c, bytes), tl_any_of_six(block->d, bytes));
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

static inline uint64_t tl_block_class(const struct tl_block *block, unsigned char keep,
                                      unsigned char byte)
{
    uint64_t mask = 0;

    for (int i = 0; i < TL_BLOCK; i++)
        mask |= (uint64_t)((block->v[i] & keep) == byte) << i;
    return mask;
}

static inline uint64_t tl_block_eq(const struct tl_block *block, unsigned char byte)
{
    return tl_block_class(block, 0xFF, byte);
}

static inline uint64_t tl_block_any(const struct tl_block *block, const unsigned char bytes[6])
{
    uint64_t mask = 0;

    for (int k = 0; k < 6; k++)
        mask |= tl_block_eq(block, bytes[k]);
    return mask;
}

#endif

/* Bit i = parity of the bits 0..i: from an opening quote up to before its closing one. */
static inline uint64_t tl_mask_between(uint64_t quotes)
{
    quotes ^= quotes << 1;
    quotes ^= quotes << 2;
    quotes ^= quotes << 4;
    quotes ^= quotes << 8;
    quotes ^= quotes << 16;
    return quotes ^ quotes << 32;
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

/* The first a or b in [p, end), or end. Bytes up to `readable` (>= end) may be looked at. */
static inline const char *tl_find2(const char *p, const char *end, const char *readable, char a,
                                   char b)
{
#ifdef __SSE2__
    for (; p < end && readable - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i x =
            _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(a)), _mm_cmpeq_epi8(v, _mm_set1_epi8(b)));
        int mask = _mm_movemask_epi8(x);

        if (mask) {
            p += __builtin_ctz((unsigned)mask);
            return p < end ? p : end;
        }
    }
    if (p > end)
        return end;
#else
    (void)readable;
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
