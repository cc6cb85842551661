/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See column_map.h.
 */
#include "core/target/column_map.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/source/decode.h"

#define NO_COLUMN UINT32_MAX

enum { NAMES_MAX = 1 << 20 };

static uint32_t find_column(const struct tl_table_info *table, const char *name)
{
    for (uint32_t i = 0; i < table->column_count; i++)
        if (strcasecmp(table->columns[i].name, name) == 0)
            return i;
    return NO_COLUMN;
}

static bool is_ignored(const struct tl_write_target *target, const char *name)
{
    const struct tl_strings *ignored = target->ignore_columns;

    for (size_t i = 0; ignored && i < ignored->count; i++)
        if (strcasecmp(ignored->items[i], name) == 0)
            return true;
    return false;
}

static void put(struct tl_column_map *map, uint32_t column, uint32_t field)
{
    map->columns[map->count] = column;
    map->from[map->count] = field;
    map->count++;
}

static int unknown_columns(const struct tl_write_target *target, const struct tl_head *head,
                           struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf names;

    tl_buf_init(&names, NAMES_MAX);
    for (uint32_t i = 0; i < head->column_count; i++)
        if (!is_ignored(target, head->columns[i]) &&
            find_column(target->table, head->columns[i]) == NO_COLUMN &&
            tl_buf_addf(&names, "%s%s", names.len > 0 ? "," : "", head->columns[i]))
            return tl_error_nomem(err);
    tl_error_set(err, TL_ERR_DATA, "file %s: unknown columns in header (%s) for table `%s`.`%s`",
                 target->source->name, tl_buf_text(&names), target->table->db, target->table->name);
    return tl_error_hint(err, "add them to the table, or list them in "
                              "[[mydumper.ignore-data-columns]]");
}

static int map_by_name(struct tl_column_map *map, const struct tl_write_target *target,
                       const struct tl_head *head, struct tl_error *err)
{
    for (uint32_t i = 0; i < head->column_count; i++) {
        uint32_t column = find_column(target->table, head->columns[i]);

        if (is_ignored(target, head->columns[i]))
            continue;
        if (column == NO_COLUMN)
            return unknown_columns(target, head, err);
        for (uint32_t j = 0; j < map->count; j++)
            if (map->columns[j] == column)
                return tl_error_set(err, TL_ERR_DATA,
                                    "file %s: column %s is twice in the list of columns",
                                    target->source->name, head->columns[i]);
        /* mariadb-dump --complete-insert names them; the server refuses their values. */
        if (!target->table->columns[column].generated)
            put(map, column, i);
    }
    return TL_OK;
}

static int map_by_position(struct tl_column_map *map, const struct tl_write_target *target,
                           const struct tl_batch *batch, struct tl_error *err)
{
    const struct tl_table_info *table = target->table;
    uint32_t visible = 0, plain = 0, field = 0;
    bool with_generated;

    for (uint32_t i = 0; i < table->column_count; i++) {
        visible += !table->columns[i].invisible;
        plain += !table->columns[i].invisible && !table->columns[i].generated;
    }
    if (map->fields != plain && map->fields != visible)
        return tl_error_set(err, TL_ERR_DATA,
                            "file %s line %" PRIu64 " (offset %" PRIu64 "): column count mismatch, "
                            "expected %" PRIu32 ", got %" PRIu32 " for table `%s`.`%s`",
                            target->source->name, tl_batch_row_line(batch, 0),
                            tl_batch_row_pos(batch, 0), plain, map->fields, table->db, table->name);
    with_generated = map->fields != plain;
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct tl_column *column = &table->columns[i];

        if (column->invisible || (column->generated && !with_generated))
            continue;
        if (!column->generated && !is_ignored(target, column->name))
            put(map, i, field);
        field++;
    }
    return TL_OK;
}

static int fill(struct tl_column_map *map, const struct tl_write_target *target,
                const struct tl_batch *batch, struct tl_error *err)
{
    const struct tl_head *head = batch->head;
    int rc;

    map->columns = calloc(map->fields + 1u, sizeof(*map->columns));
    map->from = calloc(map->fields + 1u, sizeof(*map->from));
    if (!map->columns || !map->from)
        return tl_error_nomem(err);
    rc = head->has_columns ? map_by_name(map, target, head, err)
                           : map_by_position(map, target, batch, err);
    if (rc == TL_OK && map->count == 0)
        rc = tl_error_set(err, TL_ERR_DATA, "file %s: no column of it goes into table `%s`.`%s`",
                          target->source->name, target->table->db, target->table->name);
    map->whole = map->count == map->fields;
    return rc;
}

int tl_column_map_make(struct tl_column_map *map_out, const struct tl_write_target *target,
                       const struct tl_batch *batch, struct tl_error *err)
{
    struct tl_column_map map = {.fields = batch->head->column_count};
    int rc = TL_OK;

    if (!batch->head->has_columns)
        rc = tl_decode_columns(batch, target->source, &map.fields, err);
    if (rc == TL_OK)
        rc = fill(&map, target, batch, err);
    if (rc != TL_OK) {
        tl_column_map_done(&map);
        return rc;
    }
    *map_out = map;
    return TL_OK;
}

void tl_column_map_done(struct tl_column_map *map)
{
    free(map->columns);
    free(map->from);
    map->columns = NULL;
    map->from = NULL;
}
