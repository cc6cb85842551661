/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a filter of one rule and a name. The first line is the rule, the second the
 * database, the rest the table.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/source/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts text at its first newline and returns what follows. */
static char *cut_line(char *text)
{
    char *end = strchr(text, '\n');

    if (!end)
        return text + strlen(text);
    *end = '\0';
    return end + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TL_CLEANUP(tl_filter_free_p) struct tl_filter *filter = NULL;
    TL_CLEANUP_FREE char *text = malloc(size + 1);
    struct tl_strings rules = {&text, 1};
    struct tl_error err;
    char *db, *table;

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    db = cut_line(text);
    table = cut_line(db);
    /* A rule that names a file would read what lies on this machine. */
    if (text[strspn(text, " \t\r\n")] == '@')
        return 0;
    if (tl_filter_new(&filter, &rules, false, &err) != TL_OK)
        return 0;
    if (tl_filter_table(filter, db, table, &err) < 0 || tl_filter_db(filter, db, &err) < 0)
        return 0;
    return 0;
}
