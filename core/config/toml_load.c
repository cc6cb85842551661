/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file: from TOML nodes to settings. Kinds of values are checked here (a string
 * where a number belongs), their contents in option_value.c. All unknown keys are reported at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/config/settings.h"
#include "core/config/string_list.h"
#include "core/config/suggest.h"
#include "core/config/toml_lists.h"

enum { FILE_MAX = 1024 * 1024, READ_STEP = 16384 };

/* The walk through one file. */
struct walk {
    struct tl_settings *settings;
    struct tl_unknown unknown;
};

static int walk_table(struct walk *walk, const struct tl_toml *table, const char *section,
                      struct tl_error *err);

int tl_toml_refuse_kind(const char *file, const struct tl_toml *node, const char *name,
                        const char *wanted, struct tl_error *err)
{
    return tl_error_set(err, TL_ERR_USAGE, "%s:%u: %s must be %s, not %s", file, node->line, name,
                        wanted, tl_toml_kind_name(node->kind));
}

bool tl_toml_to_text(char out[TL_TOML_NUMBER_MAX], const struct tl_toml *node,
                     const char **text_out)
{
    *text_out = out;
    switch (node->kind) {
    case TL_TOML_STRING:
        *text_out = node->text;
        return true;
    case TL_TOML_INTEGER:
        snprintf(out, TL_TOML_NUMBER_MAX, "%" PRId64, node->integer);
        return true;
    case TL_TOML_FLOAT:
        snprintf(out, TL_TOML_NUMBER_MAX, "%.17g", node->number);
        return true;
    case TL_TOML_BOOLEAN:
        *text_out = node->boolean ? "true" : "false";
        return true;
    default:
        return false;
    }
}

/* NULL if a value of this kind may stand there, else what may. */
static const char *objection(const struct tl_option *row, enum tl_toml_kind kind)
{
    switch ((enum tl_option_type)row->type) {
    case TL_TYPE_BOOL:
        return kind == TL_TOML_BOOLEAN ? NULL : "a boolean";
    case TL_TYPE_INT:
    case TL_TYPE_UINT:
        return kind == TL_TOML_INTEGER ? NULL : "an integer";
    case TL_TYPE_SIZE:
        return kind == TL_TOML_INTEGER || kind == TL_TOML_STRING ? NULL : "an integer or a string";
    case TL_TYPE_FLOAT:
        return kind == TL_TOML_INTEGER || kind == TL_TOML_FLOAT ? NULL : "a number";
    case TL_TYPE_STRINGS:
        return kind == TL_TOML_STRING || kind == TL_TOML_ARRAY ? NULL
                                                               : "a string or an array of strings";
    case TL_TYPE_DURATION:
        return kind == TL_TOML_STRING ? NULL : "a string such as \"5m\"";
    default:
        /* Some words had booleans as their old form. */
        if (kind == TL_TOML_BOOLEAN && row->aliases && strstr(row->aliases, "true="))
            return NULL;
        return kind == TL_TOML_STRING ? NULL : "a string";
    }
}

static int take_row(struct walk *walk, size_t index, const struct tl_toml *node,
                    struct tl_error *err)
{
    const struct tl_option *row = &tl_option_rows[index];
    struct tl_settings *settings = walk->settings;
    const char *wanted = objection(row, node->kind);
    char number[TL_TOML_NUMBER_MAX], name[TL_OPTION_NAME_MAX];
    const char *text;
    int rc;

    tl_option_name(name, row);
    if (wanted)
        return tl_toml_refuse_kind(settings->file, node, name, wanted, err);
    if (settings->rows[index].origin <= TL_FROM_FILE)
        settings->rows[index].line = node->line;
    if (node->kind != TL_TOML_ARRAY) {
        tl_toml_to_text(number, node, &text);
        return tl_settings_put(settings, index, TL_FROM_FILE, text, err);
    }
    rc = tl_settings_put(settings, index, TL_FROM_FILE, NULL, err);
    for (size_t i = 0; i < node->child_count && rc == TL_OK; i++) {
        if (node->children[i]->kind != TL_TOML_STRING)
            return tl_toml_refuse_kind(settings->file, node->children[i], name,
                                       "an array of strings", err);
        rc = tl_settings_put(settings, index, TL_FROM_FILE, node->children[i]->text, err);
    }
    return rc;
}

static bool is_driver_name(const char *name)
{
    return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* [tidb.session-vars] (scope NULL) or [checkpoint.<scope>]: any key, a plain value. */
static int take_pairs(struct walk *walk, const struct tl_toml *table, const char *section,
                      const char *scope, struct tl_error *err)
{
    struct tl_options *options = walk->settings->options;
    char number[TL_TOML_NUMBER_MAX];
    char name[2 * TL_OPTION_NAME_MAX];

    for (size_t i = 0; i < table->child_count; i++) {
        const struct tl_toml *node = table->children[i];
        const char *text;
        int rc;

        snprintf(name, sizeof(name), "%s.%s", section, node->key);
        if (!tl_toml_to_text(number, node, &text))
            return tl_toml_refuse_kind(walk->settings->file, node, name, "a plain value", err);
        if (scope)
            rc = tl_pairs_add(&options->driver_options, &options->driver_option_count, scope,
                              node->key, text, err);
        else
            rc = tl_pairs_add(&options->session_vars, &options->session_var_count, NULL, node->key,
                              text, err);
        if (rc != TL_OK)
            return rc;
    }
    return TL_OK;
}

static int take_node(struct walk *walk, const struct tl_toml *node, const char *section,
                     struct tl_error *err)
{
    const struct tl_list *list = tl_option_list_by_key(section, node->key);
    size_t index = tl_option_by_key(section, node->key);
    bool is_table = node->kind == TL_TOML_TABLE;
    char name[2 * TL_OPTION_NAME_MAX];

    snprintf(name, sizeof(name), "%s%s%s", section, section[0] ? "." : "", node->key);
    if (list)
        return tl_toml_take_list(walk->settings, &walk->unknown, list, node, err);
    if (is_table && strcmp(name, TL_SECTION_SESSION_VARS) == 0)
        return take_pairs(walk, node, name, NULL, err);
    if (is_table && tl_option_is_section(name))
        return walk_table(walk, node, name, err);
    if (index < tl_option_count)
        return take_row(walk, index, node, err);
    if (is_table && strcmp(section, TL_SECTION_CHECKPOINT) == 0 && is_driver_name(node->key))
        return take_pairs(walk, node, name, node->key, err);
    if (tl_option_is_section(name))
        return tl_toml_refuse_kind(walk->settings->file, node, name, "a table", err);
    return tl_unknown_add(&walk->unknown, name, node->line, err);
}

static int walk_table(struct walk *walk, const struct tl_toml *table, const char *section,
                      struct tl_error *err)
{
    int rc = TL_OK;

    for (size_t i = 0; i < table->child_count && rc == TL_OK; i++)
        rc = take_node(walk, table->children[i], section, err);
    return rc;
}

int tl_settings_read_toml(struct tl_settings *settings, const char *text, size_t len,
                          const char *name, struct tl_error *err)
{
    TL_CLEANUP(tl_toml_free_p) struct tl_toml *root = NULL;
    struct walk walk = {.settings = settings};
    int rc = tl_toml_parse(&root, text, len, name, err);

    settings->file = name;
    if (rc == TL_OK)
        rc = walk_table(&walk, root, "", err);
    if (rc == TL_OK && walk.unknown.names.count > 0)
        rc = tl_unknown_report(&walk.unknown, name, err);
    tl_unknown_done(&walk.unknown);
    return rc;
}

static int read_all(struct tl_buf *out, int fd, const char *path, struct tl_error *err)
{
    for (;;) {
        ssize_t got;

        if (out->len > FILE_MAX)
            return tl_error_set(err, TL_ERR_USAGE, "configuration file %s is larger than 1 MiB",
                                path);
        if (tl_buf_reserve(out, READ_STEP) != TL_OK)
            return tl_error_nomem(err);
        got = read(fd, out->data + out->len, READ_STEP);
        if (got == 0)
            return TL_OK;
        if (got > 0)
            out->len += (size_t)got;
        else if (errno != EINTR)
            return tl_error_errno(err, errno, "cannot read configuration file %s", path);
    }
}

int tl_settings_read_file(struct tl_settings *settings, const char *path, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf text;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int rc;

    tl_buf_init(&text, FILE_MAX + READ_STEP);
    if (fd < 0) {
        tl_error_errno(err, errno, "cannot open configuration file %s", path);
        return err->code = TL_ERR_USAGE;
    }
    rc = read_all(&text, fd, path, err);
    close(fd);
    if (rc == TL_OK)
        rc = tl_settings_read_toml(settings, tl_buf_text(&text), text.len, path, err);
    else if (rc != TL_ERR_NOMEM)
        rc = err->code = TL_ERR_USAGE;
    if (text.data)
        explicit_bzero(text.data, text.cap);
    return rc;
}
