/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See suggest.h. Optimal string alignment with three rows of the matrix.
 */
#include "core/config/suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 64 }; /* bytes of a text, plus 1 */

static int fold(char c)
{
    return c == '_' ? '-' : tolower((unsigned char)c);
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

unsigned tl_edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned rows[3][LONGEST];

    if (a_len >= LONGEST || b_len >= LONGEST)
        return TL_DISTANCE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned *now = rows[i % 3];
        const unsigned *before = rows[(i + 2) % 3];
        const unsigned *before2 = rows[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            bool same = fold(a[i - 1]) == fold(b[j - 1]);

            now[j] = smallest(before[j] + 1, now[j - 1] + 1, before[j - 1] + !same);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]))
                now[j] = smallest(now[j], now[j], before2[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

/* The part behind the last dot. */
static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? dot + 1 : name;
}

/* The best candidate so far. */
struct best {
    const char *name; /* what is looked for */
    unsigned distance;
    char text[TL_OPTION_NAME_MAX];
};

static void consider(struct best *best, const char *candidate)
{
    const char *key = last_part(best->name);
    unsigned distance =
        tl_edit_distance(best->name, strlen(best->name), candidate, strlen(candidate));

    /* The right key in the wrong section is near, however the sections are called. */
    if (distance > 1 && strchr(candidate, '.') && strcmp(key, last_part(candidate)) == 0)
        distance = 1;
    if (distance < best->distance) {
        best->distance = distance;
        snprintf(best->text, sizeof(best->text), "%s", candidate);
    }
}

static void consider_lists(struct best *best)
{
    char name[TL_OPTION_NAME_MAX];

    for (size_t i = 0; i < tl_option_list_count; i++) {
        const struct tl_list *list = &tl_option_lists[i];
        const char *dot = list->section[0] ? "." : "";

        snprintf(name, sizeof(name), "%s%s%s", list->section, dot, list->key);
        consider(best, name);
        for (size_t f = 0; f < list->field_count; f++) {
            snprintf(name, sizeof(name), "%s%s%s.%s", list->section, dot, list->key,
                     list->fields[f].key);
            consider(best, name);
        }
    }
}

/* How far away a name may be, for a part of len bytes in which the mistake is looked for. */
static unsigned allowance(size_t len)
{
    return len < 6 ? 1 : (unsigned)(len / 3);
}

bool tl_suggest_key(char out[TL_OPTION_NAME_MAX], const char *name)
{
    struct best best = {.name = name, .distance = TL_DISTANCE_MAX};
    char candidate[TL_OPTION_NAME_MAX];

    for (size_t i = 0; i < tl_option_count; i++) {
        const struct tl_option *row = &tl_option_rows[i];

        if (!row->section)
            continue;
        consider(&best, row->section);
        consider(&best, tl_option_name(candidate, row));
    }
    consider_lists(&best);
    consider(&best, TL_SECTION_SESSION_VARS);
    if (best.distance > allowance(strlen(last_part(name))))
        return false;
    memcpy(out, best.text, sizeof(best.text));
    return true;
}

const char *tl_suggest_flag(const char *name, size_t len, enum tl_program program)
{
    uint8_t bit = program == TL_PROGRAM_CTL ? TL_FOR_CTL : TL_FOR_LOADER;
    unsigned least = allowance(len) + 1;
    const char *found = NULL;

    for (size_t i = 0; i < tl_option_count; i++) {
        const struct tl_option *row = &tl_option_rows[i];
        unsigned distance;

        if (!row->flag || !(row->programs & bit) || row->effect == TL_EFFECT_REFUSED)
            continue;
        distance = tl_edit_distance(name, len, row->flag, strlen(row->flag));
        if (distance < least) {
            least = distance;
            found = row->flag;
        }
    }
    return found;
}
