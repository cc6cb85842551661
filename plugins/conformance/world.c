/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model of a store. See world.h.
 */
#include "plugins/conformance/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kit_text {
    struct kit_text *next;
    char bytes[];
};

void kit_world_done(struct kit_world *world)
{
    for (unsigned kind = 0; kind < KIT_KINDS; kind++)
        free(world->rows[kind].data);
    while (world->texts) {
        struct kit_text *next = world->texts->next;

        free(world->texts);
        world->texts = next;
    }
    *world = (struct kit_world){0};
}

void *kit_world_row(const struct kit_world *world, unsigned kind, size_t at)
{
    return world->rows[kind].data + at * kit_layout(kind)->size;
}

static int own_strings(struct kit_world *world, unsigned kind, void *record)
{
    for (const struct kit_field *field = kit_layout(kind)->fields; field->name; field++) {
        struct kit_text *text;
        struct ckpt_str *str;

        if (field->type != KIT_STR && field->type != KIT_WORD)
            continue;
        str = kit_field_str(record, field);
        text = malloc(sizeof(*text) + str->len + 1);
        if (!text)
            return -1;
        text->next = world->texts;
        world->texts = text;
        if (str->len)
            memcpy(text->bytes, str->data, str->len);
        str->data = text->bytes;
    }
    return 0;
}

/* Makes room for one more at `at`, and puts a copy there. */
static int insert(struct kit_world *world, unsigned kind, size_t at, const void *record)
{
    struct kit_rows *rows = &world->rows[kind];
    size_t size = kit_layout(kind)->size;

    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity ? rows->capacity * 2 : 16;
        char *data = realloc(rows->data, capacity * size);

        if (!data)
            return -1;
        rows->data = data;
        rows->capacity = capacity;
    }
    memmove(rows->data + (at + 1) * size, rows->data + at * size, (rows->count - at) * size);
    memcpy(rows->data + at * size, record, size);
    rows->count++;
    return own_strings(world, kind, rows->data + at * size);
}

int kit_world_append(struct kit_world *world, unsigned kind, const void *record)
{
    return insert(world, kind, world->rows[kind].count, record);
}

static int put(struct kit_world *world, unsigned kind, const void *record)
{
    size_t at = 0;

    while (at < world->rows[kind].count) {
        void *row = kit_world_row(world, kind, at);
        int order = kit_compare(kind, row, record);

        if (order == 0) {
            memcpy(row, record, kit_layout(kind)->size);
            return own_strings(world, kind, row);
        }
        if (order > 0)
            break;
        at++;
    }
    return insert(world, kind, at, record);
}

/* Without a name: all rows of that kind. */
static void drop(struct kit_world *world, unsigned kind, const struct ckpt_str *name)
{
    struct kit_rows *rows = &world->rows[kind];
    const struct kit_layout *layout = kit_layout(kind);
    size_t kept = 0;

    for (size_t i = 0; i < rows->count; i++) {
        char *row = rows->data + i * layout->size;

        if (!name || kit_same_str(*kit_field_str_of(row, layout->fields), *name))
            continue;
        memmove(rows->data + kept++ * layout->size, row, layout->size);
    }
    rows->count = kept;
}

int kit_world_change(struct kit_world *world, const struct ckpt_change *change)
{
    if (change->kind < KIT_KINDS)
        return put(world, change->kind, change->record.any);
    if (change->kind == CKPT_DELETE_FAILURES)
        drop(world, CKPT_PUT_FAILURE, &change->name);
    for (unsigned kind = CKPT_PUT_TABLE; kind < KIT_KINDS; kind++)
        if (change->kind == CKPT_DELETE_TABLE)
            drop(world, kind, &change->name);
    for (unsigned kind = CKPT_PUT_TASK; kind < KIT_KINDS; kind++)
        if (change->kind == CKPT_DELETE_ALL)
            drop(world, kind, NULL);
    return 0;
}

int kit_world_copy(struct kit_world *to, const struct kit_world *from)
{
    for (unsigned kind = CKPT_PUT_TASK; kind < KIT_KINDS; kind++)
        for (size_t i = 0; i < from->rows[kind].count; i++)
            if (kit_world_append(to, kind, kit_world_row(from, kind, i)) != 0)
                return -1;
    return 0;
}

/* Rows of `want` that a store without their table does not show. */
static bool is_visible(const struct kit_world *world, unsigned kind, const void *row)
{
    const struct ckpt_str *name;

    if (kind <= CKPT_PUT_TABLE)
        return true;
    name = kit_field_str_of(row, kit_layout(kind)->fields);
    for (size_t i = 0; i < world->rows[CKPT_PUT_TABLE].count; i++) {
        const struct ckpt_table *table = kit_world_row(world, CKPT_PUT_TABLE, i);

        if (kit_same_str(table->name, *name))
            return true;
    }
    return false;
}

static bool same_kind(const struct kit_world *got, const struct kit_world *want, unsigned kind,
                      char *why, size_t size)
{
    const char *name = kit_layout(kind)->name;
    size_t at = 0;

    for (size_t i = 0; i < want->rows[kind].count; i++) {
        const void *row = kit_world_row(want, kind, i);
        const char *field = "existence";

        if (!is_visible(want, kind, row))
            continue;
        if (at < got->rows[kind].count)
            field = kit_difference(kind, kit_world_row(got, kind, at), row);
        if (field) {
            snprintf(why, size, "%s %zu of %zu comes back with another %s", name, i,
                     want->rows[kind].count, field);
            return false;
        }
        at++;
    }
    if (at == got->rows[kind].count)
        return true;
    snprintf(why, size, "%zu records of kind %s instead of %zu", got->rows[kind].count, name, at);
    return false;
}

bool kit_world_same(const struct kit_world *got, const struct kit_world *want, char *why,
                    size_t size)
{
    for (unsigned kind = CKPT_PUT_TASK; kind < KIT_KINDS; kind++)
        if (!same_kind(got, want, kind, why, size))
            return false;
    return true;
}
