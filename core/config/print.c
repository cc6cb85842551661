/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --print-config: the effective options as TOML that can be used as a configuration file, but for
 * the secrets.
 */
#include <string.h>

#include "core/base/buf.h"
#include "core/base/secret.h"
#include "core/config/option_value.h"
#include "core/config/toml_lists.h"

enum { TEXT_MAX = 16 * 1024 * 1024 };

/* A default that only counts when it is written down is shown as a comment. */
static bool is_comment(const struct tl_options *options, const struct tl_option *row)
{
    return (row->offset == offsetof(struct tl_options, sql_mode) && !options->sql_mode_given) ||
           (row->offset == offsetof(struct tl_options, checksum) && !options->checksum_given);
}

static int print_rows(struct tl_buf *out, const struct tl_options *options)
{
    const char *section = "";
    int rc = TL_OK;

    for (size_t i = 0; i < tl_option_count && rc == TL_OK; i++) {
        const struct tl_option *row = &tl_option_rows[i];
        size_t before = out->len;

        if (!row->section || row->offset == TL_NO_FIELD)
            continue;
        if (strcmp(section, row->section) != 0)
            rc = tl_buf_addf(out, "\n[%s]\n", row->section);
        section = row->section;
        before = out->len;
        if (rc == TL_OK)
            rc = tl_buf_addf(out, "%s%s = ", is_comment(options, row) ? "# " : "", row->key);
        if (rc == TL_OK && !tl_option_format(out, options, row, &rc)) {
            out->len = before; /* no value: no line */
            out->data[before] = '\0';
        } else if (rc == TL_OK) {
            rc = tl_buf_adds(out, "\n");
        }
    }
    return rc;
}

/* A key that any text may be: always quoted. */
static int print_pair(struct tl_buf *out, const struct tl_pair *pair)
{
    bool hidden = tl_secret_is_name(pair->name, strlen(pair->name)) && *pair->value;
    int rc = tl_toml_add_string(out, pair->name);

    if (rc == TL_OK)
        rc = tl_buf_adds(out, " = ");
    if (rc == TL_OK)
        rc = tl_toml_add_string(out, hidden ? "***" : pair->value);
    return rc == TL_OK ? tl_buf_adds(out, "\n") : rc;
}

static int print_pairs(struct tl_buf *out, const struct tl_options *options)
{
    const char *scope = "";
    int rc = TL_OK;

    for (size_t i = 0; i < options->driver_option_count && rc == TL_OK; i++) {
        const struct tl_pair *pair = &options->driver_options[i];

        if (strcmp(scope, pair->scope) != 0)
            rc = tl_buf_addf(out, "\n[" TL_SECTION_CHECKPOINT ".%s]\n", pair->scope);
        scope = pair->scope;
        if (rc == TL_OK)
            rc = print_pair(out, pair);
    }
    if (options->session_var_count > 0 && rc == TL_OK)
        rc = tl_buf_adds(out, "\n[" TL_SECTION_SESSION_VARS "]\n");
    for (size_t i = 0; i < options->session_var_count && rc == TL_OK; i++)
        rc = print_pair(out, &options->session_vars[i]);
    return rc;
}

static int print_field(struct tl_buf *out, const struct tl_list_field *field, const char *entry)
{
    const void *place = entry + field->offset;
    const struct tl_strings *texts = place;
    const char *const *text = place;
    int rc = TL_OK;

    if (field->type == TL_TYPE_STRINGS ? texts->count == 0 : *text == NULL)
        return TL_OK;
    rc = tl_buf_addf(out, "%s = ", field->key);
    if (rc == TL_OK && field->type == TL_TYPE_STRINGS)
        rc = tl_toml_add_strings(out, texts);
    else if (rc == TL_OK)
        rc = tl_toml_add_string(out, *text);
    return rc == TL_OK ? tl_buf_adds(out, "\n") : rc;
}

static int print_list(struct tl_buf *out, const struct tl_options *options,
                      const struct tl_list *list)
{
    size_t count;
    const char *entries = tl_list_entries(options, list, &count);
    int rc = TL_OK;

    for (size_t i = 0; i < count && rc == TL_OK; i++) {
        rc = tl_buf_addf(out, "\n[[%s%s%s]]\n", list->section, list->section[0] ? "." : "",
                         list->key);
        for (size_t f = 0; f < list->field_count && rc == TL_OK; f++)
            if (!list->fields[f].refused)
                rc = print_field(out, &list->fields[f], entries + i * list->entry_size);
    }
    return rc;
}

char *tl_options_print(const struct tl_options *options)
{
    TL_CLEANUP_BUF struct tl_buf out;
    int rc;

    tl_buf_init(&out, TEXT_MAX);
    rc = tl_buf_adds(&out, "# The effective configuration. Secrets are shown as \"***\".\n");
    if (rc == TL_OK)
        rc = print_rows(&out, options);
    if (rc == TL_OK)
        rc = print_pairs(&out, options);
    for (size_t i = 0; i < tl_option_list_count && rc == TL_OK; i++)
        rc = print_list(&out, options, &tl_option_lists[i]);
    return rc == TL_OK ? tl_buf_steal(&out) : NULL;
}
