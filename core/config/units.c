/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes and durations with units (see option_value.h).
 */
#include "core/config/option_value.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* 2^53: beyond it a double skips integers. */
#define EXACT_MAX 9007199254740992.0

/* Reads digits with at most one '.', moves *text behind them. */
static bool read_number(const char **text, double *number_out)
{
    const char *at = *text;
    double value = 0, place = 1;
    bool digits = false, dot = false;

    for (; isdigit((unsigned char)*at) || (*at == '.' && !dot); at++) {
        if (*at == '.') {
            dot = true;
            continue;
        }
        digits = true;
        value = value * 10 + (*at - '0');
        place = dot ? place * 10 : place;
        if (value > EXACT_MAX)
            return false;
    }
    *text = at;
    *number_out = value / place;
    return digits;
}

bool tl_parse_size(const char *text, uint64_t *bytes_out)
{
    static const char units[] = "kmgtp";
    double value, factor = 1;
    const char *unit;

    if (!read_number(&text, &value))
        return false;
    while (*text == ' ')
        text++;
    unit = *text ? strchr(units, tolower((unsigned char)*text)) : NULL;
    if (unit) {
        factor = ldexp(1, (int)(unit - units + 1) * 10);
        text += text[1] == 'i' || text[1] == 'I' ? 2 : 1;
    }
    if (*text == 'b' || *text == 'B')
        text++;
    if (*text || value * factor > EXACT_MAX)
        return false;
    *bytes_out = (uint64_t)(value * factor);
    return true;
}

/* The seconds of a unit; moves *text behind it. 0 = none. */
static double read_time_unit(const char **text)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"\xc2\xb5s", 1e-6}, {"\xce\xbcs", 1e-6},
                 {"ms", 1e-3}, {"s", 1},     {"m", 60},           {"h", 3600}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t len = strlen(units[i].name);

        if (strncmp(*text, units[i].name, len) == 0) {
            *text += len;
            return units[i].seconds;
        }
    }
    return 0;
}

bool tl_parse_duration(const char *text, uint64_t *seconds_out)
{
    double total = 0, value, unit;

    if (strcmp(text, "0") == 0) {
        *seconds_out = 0;
        return true;
    }
    do {
        if (!read_number(&text, &value))
            return false;
        unit = read_time_unit(&text);
        if (unit <= 0)
            return false;
        total += value * unit;
    } while (*text && total < EXACT_MAX);
    if (total >= EXACT_MAX)
        return false;
    *seconds_out = (uint64_t)ceil(total - 1e-9);
    return true;
}
