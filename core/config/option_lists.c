/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arrays of tables, and the look-ups over all rows. Linear searches: there are about 130 rows,
 * and they are searched once at the start.
 */
#include "core/config/option_table.h"

#include <stdio.h>
#include <string.h>

#define LIST(in, name, entry, items, count, rows, ...)                        \
    {                                                                         \
        .section = (in), .key = (name), .entry_size = sizeof(struct entry),   \
        .items_offset = offsetof(struct tl_options, items),                   \
        .count_offset = offsetof(struct tl_options, count), .fields = (rows), \
        .field_count = sizeof(rows) / sizeof((rows)[0]), .help = __VA_ARGS__  \
    }
#define TEXT(entry, name, field, ...)                                                   \
    {                                                                                   \
        .key = (name), .type = TL_TYPE_STRING, .offset = offsetof(struct entry, field), \
        .help = __VA_ARGS__                                                             \
    }
#define TEXTS(entry, name, field, ...)                                                   \
    {                                                                                    \
        .key = (name), .type = TL_TYPE_STRINGS, .offset = offsetof(struct entry, field), \
        .help = __VA_ARGS__                                                              \
    }
#define NOT_SUPPORTED(name, why)                                              \
    {                                                                         \
        .key = (name), .offset = TL_NO_FIELD, .refused = (why), .help = (why) \
    }

static const char no_extract[] = "columns made from the file's place are not supported yet";

static const struct tl_list_field file_fields[] = {
    TEXT(tl_file_rule, "pattern", pattern, "regular expression for the path"),
    TEXT(tl_file_rule, "path", path, "the path itself"),
    TEXT(tl_file_rule, "schema", schema, "template of the schema's name"),
    TEXT(tl_file_rule, "table", table, "template of the table's name"),
    TEXT(tl_file_rule, "type", type, "template of the file's kind"),
    TEXT(tl_file_rule, "key", key, "template of the sort key"),
    TEXT(tl_file_rule, "compression", compression, "template of the compression"),
};

static const struct tl_list_field ignore_fields[] = {
    TEXT(tl_ignore_columns, "db", db, "schema"),
    TEXT(tl_ignore_columns, "table", table, "table"),
    TEXTS(tl_ignore_columns, "table-filter", table_filter, "tables, as patterns"),
    TEXTS(tl_ignore_columns, "columns", columns, "columns that are not imported"),
};

static const struct tl_list_field route_fields[] = {
    TEXT(tl_route, "schema-pattern", schema_pattern, "schemas in the source"),
    TEXT(tl_route, "table-pattern", table_pattern, "tables in the source"),
    TEXT(tl_route, "target-schema", target_schema, "schema on the target"),
    TEXT(tl_route, "target-table", target_table, "table on the target"),
    NOT_SUPPORTED("extract-table", no_extract),
    NOT_SUPPORTED("extract-schema", no_extract),
    NOT_SUPPORTED("extract-source", no_extract),
};

const struct tl_list tl_option_lists[] = {
    LIST("mydumper", "files", tl_file_rule, file_rules, file_rule_count, file_fields,
         "rules that give files a kind, schema and table"),
    LIST("mydumper", "ignore-data-columns", tl_ignore_columns, ignore_columns, ignore_columns_count,
         ignore_fields, "columns of the source that are left out"),
    LIST("", "routes", tl_route, routes, route_count, route_fields,
         "other names for schemas and tables on the target"),
};

const size_t tl_option_list_count = sizeof(tl_option_lists) / sizeof(tl_option_lists[0]);

size_t tl_option_by_key(const char *section, const char *key)
{
    size_t i;

    for (i = 0; i < tl_option_count; i++) {
        const struct tl_option *row = &tl_option_rows[i];

        if (row->section && strcmp(row->section, section) == 0 && strcmp(row->key, key) == 0)
            break;
    }
    return i;
}

size_t tl_option_by_flag(const char *flag, size_t len)
{
    size_t i;

    for (i = 0; i < tl_option_count; i++) {
        const struct tl_option *row = &tl_option_rows[i];

        if (row->flag && strlen(row->flag) == len && memcmp(row->flag, flag, len) == 0)
            break;
        if (len == 1 && row->short_flag && row->short_flag == flag[0])
            break;
    }
    return i;
}

bool tl_option_is_section(const char *section)
{
    size_t len = strlen(section);

    if (strcmp(section, TL_SECTION_SESSION_VARS) == 0)
        return true;
    for (size_t i = 0; i < tl_option_count; i++) {
        const char *in = tl_option_rows[i].section;

        if (in && strncmp(in, section, len) == 0 && (in[len] == '\0' || in[len] == '.'))
            return true;
    }
    return false;
}

const struct tl_list *tl_option_list_by_key(const char *section, const char *key)
{
    for (size_t i = 0; i < tl_option_list_count; i++) {
        const struct tl_list *list = &tl_option_lists[i];

        if (strcmp(list->section, section) == 0 && strcmp(list->key, key) == 0)
            return list;
    }
    return NULL;
}

const char *tl_option_name(char out[TL_OPTION_NAME_MAX], const struct tl_option *row)
{
    if (row->section)
        snprintf(out, TL_OPTION_NAME_MAX, "%s.%s", row->section, row->key);
    else
        snprintf(out, TL_OPTION_NAME_MAX, "--%s", row->flag);
    return out;
}
