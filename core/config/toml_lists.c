/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See toml_lists.h.
 */
#include "core/config/toml_lists.h"

#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/config/string_list.h"
#include "core/config/suggest.h"

int tl_unknown_add(struct tl_unknown *unknown, const char *name, unsigned line,
                   struct tl_error *err)
{
    unsigned *lines = realloc(unknown->lines, (unknown->names.count + 1) * sizeof(*lines));

    if (!lines)
        return tl_error_nomem(err);
    unknown->lines = lines;
    lines[unknown->names.count] = line;
    return tl_strings_add(&unknown->names, name, strlen(name), err);
}

void tl_unknown_done(struct tl_unknown *unknown)
{
    tl_strings_done(&unknown->names);
    free(unknown->lines);
    unknown->lines = NULL;
}

int tl_unknown_report(const struct tl_unknown *unknown, const char *file, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf names, lines, hints;
    char near[TL_OPTION_NAME_MAX];
    int rc = TL_OK;

    tl_buf_init(&names, sizeof(err->message));
    tl_buf_init(&lines, sizeof(err->message));
    tl_buf_init(&hints, sizeof(err->hint));
    for (size_t i = 0; i < unknown->names.count && rc == TL_OK; i++) {
        const char *name = unknown->names.items[i];

        rc = tl_buf_addf(&names, "%s%s", i > 0 ? ", " : "", name);
        if (rc == TL_OK)
            rc = tl_buf_addf(&lines, "%s%u", i > 0 ? ", " : "", unknown->lines[i]);
        if (rc == TL_OK && tl_suggest_key(near, name))
            rc = tl_buf_addf(&hints, "%sline %u: did you mean %s?", hints.len > 0 ? "; " : "",
                             unknown->lines[i], near);
    }
    /* What did not fit is left out: the first ones are what the user corrects first. */
    tl_error_set(err, TL_ERR_USAGE,
                 "config file contained unknown configuration options: %s (%s, line%s %s)",
                 tl_buf_text(&names), file, unknown->names.count > 1 ? "s" : "",
                 tl_buf_text(&lines));
    if (hints.len > 0)
        tl_error_hint(err, "%s", tl_buf_text(&hints));
    else
        tl_error_hint(err, "--help lists the keys");
    return err->code;
}

void *tl_list_entries(const struct tl_options *options, const struct tl_list *list,
                      size_t *count_out)
{
    void *items;

    memcpy(&items, (const char *)options + list->items_offset, sizeof(items));
    memcpy(count_out, (const char *)options + list->count_offset, sizeof(*count_out));
    return items;
}

static void set_entries(struct tl_options *options, const struct tl_list *list, void *items,
                        size_t count)
{
    memcpy((char *)options + list->items_offset, &items, sizeof(items));
    memcpy((char *)options + list->count_offset, &count, sizeof(count));
}

void tl_list_done(struct tl_options *options, const struct tl_list *list)
{
    size_t count;
    char *items = tl_list_entries(options, list, &count);

    for (size_t i = 0; i < count; i++) {
        for (size_t f = 0; f < list->field_count; f++) {
            const struct tl_list_field *field = &list->fields[f];
            void *place = items + i * list->entry_size + (field->refused ? 0 : field->offset);

            if (field->refused)
                continue;
            if (field->type == TL_TYPE_STRINGS)
                tl_strings_done(place);
            else
                free(*(char **)place);
        }
    }
    free(items);
    set_entries(options, list, NULL, 0);
}

static int take_strings(struct tl_strings *out, const char *file, const struct tl_toml *node,
                        const char *name, struct tl_error *err)
{
    int rc = TL_OK;

    if (node->kind != TL_TOML_ARRAY)
        return tl_toml_refuse_kind(file, node, name, "an array of strings", err);
    for (size_t i = 0; i < node->child_count && rc == TL_OK; i++) {
        const struct tl_toml *item = node->children[i];

        if (item->kind != TL_TOML_STRING)
            return tl_toml_refuse_kind(file, item, name, "an array of strings", err);
        rc = tl_strings_add(out, item->text, strlen(item->text), err);
    }
    return rc;
}

/* One key of one entry. */
static int take_field(struct tl_settings *settings, struct tl_unknown *unknown,
                      const struct tl_list *list, char *entry, const struct tl_toml *node,
                      struct tl_error *err)
{
    const struct tl_list_field *field = list->fields;
    const struct tl_list_field *end = list->fields + list->field_count;
    char name[2 * TL_OPTION_NAME_MAX];

    snprintf(name, sizeof(name), "%s%s%s.%s", list->section, list->section[0] ? "." : "", list->key,
             node->key);
    while (field < end && strcmp(field->key, node->key) != 0)
        field++;
    if (field == end)
        return tl_unknown_add(unknown, name, node->line, err);
    if (field->refused)
        return tl_error_set(err, TL_ERR_USAGE, "%s:%u: %s: %s", settings->file, node->line, name,
                            field->refused);
    if (field->type == TL_TYPE_STRINGS)
        return take_strings((void *)(entry + field->offset), settings->file, node, name, err);
    if (node->kind != TL_TOML_STRING)
        return tl_toml_refuse_kind(settings->file, node, name, "a string", err);
    return tl_string_replace((void *)(entry + field->offset), node->text, err);
}

int tl_toml_take_list(struct tl_settings *settings, struct tl_unknown *unknown,
                      const struct tl_list *list, const struct tl_toml *node, struct tl_error *err)
{
    size_t count = node->child_count;
    char *items;
    int rc = TL_OK;

    if (node->kind != TL_TOML_ARRAY)
        return tl_toml_refuse_kind(settings->file, node, list->key, "an array of tables", err);
    items = count > 0 ? calloc(count, list->entry_size) : NULL;
    if (count > 0 && !items)
        return tl_error_nomem(err);
    set_entries(settings->options, list, items, count);
    for (size_t i = 0; i < count && rc == TL_OK; i++) {
        const struct tl_toml *table = node->children[i];

        if (table->kind != TL_TOML_TABLE)
            return tl_toml_refuse_kind(settings->file, table, list->key, "an array of tables", err);
        for (size_t k = 0; k < table->child_count && rc == TL_OK; k++)
            rc = take_field(settings, unknown, list, items + i * list->entry_size,
                            table->children[k], err);
    }
    return rc;
}
