/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of a CSV file for tests, given as differences from upstream's defaults.
 */
#ifndef TL_TESTS_SOURCE_CSV_CASE_H
#define TL_TESTS_SOURCE_CSV_CASE_H

#include "tests/source/reading.h"

/* How a dialect differs from upstream's defaults (here without a header). */
struct dialect {
    const char *separator, *delimiter, *terminator, *escaped_by, *character_set;
    const char *nulls[3];
    bool empty_nulls, header, no_match, not_null, trim;
};

/* Settings and what they borrow. */
struct csv_case {
    char text[8][32];
    char *nulls[3];
    struct tl_csv_options options;
    struct tl_reader_settings settings;
};

static inline char *csv_case_text(struct csv_case *c, size_t i, const char *given,
                                  const char *otherwise)
{
    snprintf(c->text[i], sizeof(c->text[i]), "%s", given ? given : otherwise);
    return c->text[i];
}

static inline void set_up(struct csv_case *c, const struct dialect *d)
{
    struct memfile unused = {0};

    memset(c, 0, sizeof(*c));
    c->settings = sql_settings(&unused);
    c->settings.name = "db.t.csv";
    c->settings.type = TL_FILE_CSV;
    c->settings.csv = &c->options;
    c->settings.data_character_set = d->character_set ? d->character_set : "binary";
    c->settings.invalid_char_replace = "?!";
    c->options.separator = csv_case_text(c, 0, d->separator, ",");
    c->options.delimiter = csv_case_text(c, 1, d->delimiter, "\"");
    c->options.terminator = csv_case_text(c, 2, d->terminator, "");
    c->options.escaped_by = csv_case_text(c, 3, d->escaped_by, "\\");
    c->options.header = d->header;
    c->options.header_schema_match = !d->no_match;
    c->options.not_null = d->not_null;
    c->options.trim_last_separator = d->trim;
    c->options.null_values.items = c->nulls;
    for (size_t i = 0; i < 3 && (d->nulls[i] || (i == 0 && !d->empty_nulls)); i++) {
        c->nulls[i] = csv_case_text(c, 4 + i, d->nulls[i], "\\N");
        c->options.null_values.count = i + 1;
    }
}

#endif
