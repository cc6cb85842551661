/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of statuses and of tables. See model.h.
 */
#include "core/checkpoint/model.h"

#include <stdlib.h>

struct status_name {
    uint32_t status;
    const char *name;
    const char *failed; /* name of status / 10: this one was not reached */
};

static const struct status_name names[] = {
    {TL_STATUS_MISSING, "missing", "failed"},
    {TL_STATUS_LOADED, "pending", "failed at pending"},
    {TL_STATUS_ALL_WRITTEN, "written", "failed at written"},
    {70, "duplicates detected", "failed at duplicates detected"},
    {TL_STATUS_INDEX_DROPPED, "index dropped", "failed at index dropped"},
    {TL_STATUS_CLOSED, "closed", "failed at closed"},
    {TL_STATUS_IMPORTED, "imported", "failed at imported"},
    {TL_STATUS_INDEX_IMPORTED, "index imported", "failed at index imported"},
    {TL_STATUS_ALTERED_AUTO_INC, "auto increment set", "failed at auto increment set"},
    {TL_STATUS_CHECKSUM_SKIPPED, "checksum skipped", "failed at checksum skipped"},
    {TL_STATUS_CHECKSUMMED, "checksummed", "failed at checksummed"},
    {TL_STATUS_INDEX_ADDED, "index added", "failed at index added"},
    {TL_STATUS_ANALYZE_SKIPPED, "done", "failed at done"},
    {TL_STATUS_ANALYZED, "analyzed", "failed at analyzed"},
};

bool tl_status_is_invalid(uint32_t status)
{
    return status > TL_STATUS_MISSING && status <= TL_STATUS_MAX_INVALID;
}

const char *tl_status_name(uint32_t status)
{
    bool invalid = tl_status_is_invalid(status);
    uint32_t wanted = invalid ? status * 10 : status;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].status == wanted)
            return invalid ? names[i].failed : names[i].name;
    return invalid ? "failed" : "unknown";
}

static char *quote(char *to, const char *text)
{
    *to++ = '`';
    for (; *text; text++) {
        if (*text == '`')
            *to++ = '`';
        *to++ = *text;
    }
    *to++ = '`';
    return to;
}

char *tl_unique_name(const char *db, const char *table)
{
    size_t db_len = strlen(db);
    size_t table_len = strlen(table);
    char *name, *end;

    if (db_len > SIZE_MAX / 8 || table_len > SIZE_MAX / 8)
        return NULL;
    name = malloc(2 * db_len + 2 * table_len + sizeof("``.``"));
    if (!name)
        return NULL;
    end = quote(name, db);
    *end++ = '.';
    end = quote(end, table);
    *end = '\0';
    return name;
}

static int refuse_name(const char *name, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_USAGE, "'%s' is not a table name", name);
    return tl_error_hint(err, "write it as `schema`.`table`, with the backquotes, inside single "
                              "quotes on a command line");
}

/* Reads one quoted identifier at *at into `to` and moves *at behind it; false = malformed. */
static bool unquote(const char **at, char *to)
{
    const char *begin = to;
    const char *p = *at;

    if (*p != '`')
        return false;
    for (p++; *p && !(p[0] == '`' && p[1] != '`'); p++) {
        if (*p == '`')
            p++;
        *to++ = *p;
    }
    *to = '\0';
    *at = p + 1;
    return *p == '`' && to != begin;
}

int tl_unique_name_split(const char *name, char **db_out, char **table_out, struct tl_error *err)
{
    TL_CLEANUP_FREE char *db = malloc(strlen(name) + 1);
    TL_CLEANUP_FREE char *table = malloc(strlen(name) + 1);
    const char *at = name;

    if (!db || !table)
        return tl_error_nomem(err);
    if (!unquote(&at, db) || *at++ != '.' || !unquote(&at, table) || *at != '\0')
        return refuse_name(name, err);
    *db_out = db;
    *table_out = table;
    db = NULL;
    table = NULL;
    return TL_OK;
}
