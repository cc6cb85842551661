/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See utf8.h.
 */
#include "core/base/utf8.h"

/* Bytes of the UTF-8 sequence at text, 0 = not one. Overlong forms and surrogates are refused. */
static size_t sequence_length(const unsigned char *text, size_t len)
{
    size_t need = text[0] < 0x80                       ? 1
                  : text[0] >= 0xc2 && text[0] <= 0xdf ? 2
                  : text[0] >= 0xe0 && text[0] <= 0xef ? 3
                  : text[0] >= 0xf0 && text[0] <= 0xf4 ? 4
                                                       : 0;

    if (need == 0 || need > len)
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
        (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
        return 0;
    return need;
}

bool tl_utf8_valid(const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;

    while (at < len) {
        size_t step = sequence_length(bytes + at, len - at);

        if (step == 0)
            return false;
        at += step;
    }
    return true;
}
