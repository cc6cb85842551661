/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of [mydumper.csv]; upstream's words where upstream has the same rule.
 */
#include "core/config/resolve.h"

#include <string.h>

#include "core/config/string_list.h"

static bool is_prefix(const char *prefix, const char *text)
{
    return *prefix && strncmp(prefix, text, strlen(prefix)) == 0;
}

static int check_separators(const struct tl_csv_options *csv, struct tl_error *err)
{
    if (!*csv->separator)
        return tl_error_set(err, TL_ERR_USAGE, "mydumper.csv.separator must not be empty");
    if (is_prefix(csv->separator, csv->delimiter) || is_prefix(csv->delimiter, csv->separator))
        return tl_error_set(err, TL_ERR_USAGE,
                            "mydumper.csv.separator and mydumper.csv.delimiter must not be prefix "
                            "of each other");
    if (strcmp(csv->terminator, csv->separator) == 0 ||
        (*csv->terminator && strcmp(csv->terminator, csv->delimiter) == 0))
        return tl_error_set(err, TL_ERR_USAGE,
                            "mydumper.csv.terminator must differ from separator and delimiter");
    return TL_OK;
}

/* backslash-escape is the old form: it only ever spoke about the backslash. */
static int derive_escape(struct tl_settings *settings, struct tl_error *err)
{
    struct tl_csv_options *csv = &settings->options->csv;

    if (csv->backslash_escape || !*csv->escaped_by)
        return TL_OK;
    if (strcmp(csv->escaped_by, "\\") == 0)
        return tl_string_replace(&csv->escaped_by, "", err);
    tl_error_set(err, TL_ERR_USAGE,
                 "mydumper.csv.escaped-by = '%s' contradicts mydumper.csv.backslash-escape = false",
                 csv->escaped_by);
    return tl_error_hint(err, "remove backslash-escape: escaped-by replaces it");
}

static int check_escape(const struct tl_csv_options *csv, struct tl_error *err)
{
    const char *const others[] = {csv->separator, csv->delimiter, csv->terminator};
    static const char *const names[] = {"separator", "delimiter", "terminator"};

    if (strlen(csv->escaped_by) > 1)
        return tl_error_set(err, TL_ERR_USAGE,
                            "mydumper.csv.escaped-by must be empty or one character, not '%s'",
                            csv->escaped_by);
    for (size_t i = 0; i < 3; i++)
        if (*csv->escaped_by && strcmp(csv->escaped_by, others[i]) == 0)
            return tl_error_set(err, TL_ERR_USAGE,
                                "mydumper.csv.escaped-by must differ from mydumper.csv.%s, both "
                                "are '%s'",
                                names[i], others[i]);
    return TL_OK;
}

int tl_resolve_csv(struct tl_settings *settings, struct tl_error *err)
{
    const struct tl_options *options = settings->options;
    int rc = check_separators(&options->csv, err);

    if (rc == TL_OK)
        rc = derive_escape(settings, err);
    if (rc == TL_OK)
        rc = check_escape(&options->csv, err);
    if (rc == TL_OK && options->strict_format && !*options->csv.terminator) {
        tl_error_set(err, TL_ERR_USAGE,
                     "mydumper.strict-format can not be used with empty mydumper.csv.terminator");
        return tl_error_hint(err, "set mydumper.csv.terminator to what ends the rows, for "
                                  "instance \"\\r\\n\"");
    }
    return rc;
}
