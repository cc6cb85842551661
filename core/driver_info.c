/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See driver_info.h.
 */
#include "core/driver_info.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/checkpoint/option_rows.h"
#include "core/checkpoint/registry.h"

enum { MAX_SEEN = 64 * 1024, MAX_CAPABILITIES = 64, MAX_TEXT = 1024 };

static const char *const option_types[] = {"text", "number", "true or false"};

static const char *capabilities_of(const struct ckpt_driver *driver, char text[MAX_CAPABILITIES])
{
    bool parallel = driver->capabilities & CKPT_CAP_PARALLEL;
    bool shared = driver->capabilities & CKPT_CAP_SHARED;

    snprintf(text, MAX_CAPABILITIES, "%s%s%s%s", parallel ? "parallel" : "",
             parallel && shared ? "," : "", shared ? "shared" : "",
             parallel || shared ? "" : "none");
    return text;
}

/* A driver's own text on one line of a terminal. */
static const char *one_line(const char *text, char line[MAX_TEXT])
{
    snprintf(line, MAX_TEXT, "%s", text ? text : "-");
    ckpt_error_flatten(line);
    return line;
}

/* ---- --list-drivers ---- */

/* A name that was printed before: an earlier folder has that driver. */
static bool is_seen(struct tl_buf *seen, const char *name)
{
    char word[128];

    snprintf(word, sizeof(word), " %s ", name);
    if (seen->len > 0 && strstr(seen->data, word))
        return true;
    return tl_buf_adds(seen, word) != TL_OK; /* at worst a driver looks hidden */
}

static int print_found(const char *path, const struct tl_ckpt_module *module,
                       const struct tl_error *why_refused, void *payload)
{
    char capabilities[MAX_CAPABILITIES], version[MAX_TEXT];

    if (!module) {
        printf("refused    %s: %s\n", path, why_refused->message);
        if (why_refused->hint[0])
            printf("           HINT: %s\n", why_refused->hint);
        return TL_OK;
    }
    printf("%-10s %-8s abi %u.%u  %-15s %s%s\n", module->driver.name,
           one_line(module->driver.version, version), module->driver.abi_version >> 16,
           module->driver.abi_version & 0xffffu, capabilities_of(&module->driver, capabilities),
           path, is_seen(payload, module->driver.name) ? " (not used: see the one above)" : "");
    return TL_OK;
}

int tl_driver_list(const struct tl_options *options, struct tl_error *err)
{
    struct tl_registry_path path = {.configured = options->driver_path};
    TL_CLEANUP_BUF struct tl_buf seen;

    tl_buf_init(&seen, MAX_SEEN);
    return tl_registry_each(&path, print_found, &seen, err);
}

/* ---- --describe-driver ---- */

static void print_row(const struct ckpt_driver *driver, const struct ckpt_option *row)
{
    char text[MAX_TEXT], help[MAX_TEXT];

    printf("option       checkpoint.%s.%s: %s", driver->name, row->name, option_types[row->type]);
    if (row->type == CKPT_OPTION_INT)
        printf(" from %" PRId64 " to %" PRId64, row->min, row->max);
    if (row->secret)
        printf(", secret");
    printf(" (default \"%s\")\n             %s\n",
           row->secret && *row->default_text ? "***" : one_line(row->default_text, text),
           one_line(row->help, help));
}

static void print_method(const char *name, bool has)
{
    printf("%-12s %s\n", name, has ? "yes" : "no");
}

static void print_driver(const struct tl_ckpt_module *module)
{
    const struct ckpt_driver *driver = &module->driver;
    char capabilities[MAX_CAPABILITIES], version[MAX_TEXT];

    printf("name         %s\nfile         %s\nversion      %s\nabi          %u.%u\n", driver->name,
           module->path, one_line(driver->version, version), driver->abi_version >> 16,
           driver->abi_version & 0xffffu);
    printf("size         %u\ncapabilities %s\n", driver->struct_size,
           capabilities_of(driver, capabilities));
    print_method("has_retire", driver->retire != NULL);
    print_method("has_describe", driver->describe != NULL);
    print_method("has_dump", driver->dump != NULL);
    print_method("has_default_dsn", driver->default_dsn != NULL);
    for (size_t i = 0; i < tl_option_row_count(driver); i++)
        print_row(driver, &driver->options[i]);
}

int tl_driver_describe(const struct tl_options *options, struct tl_error *err)
{
    struct tl_registry_path path = {.configured = options->driver_path};
    TL_CLEANUP(tl_ckpt_module_free_p) struct tl_ckpt_module *module = NULL;
    int rc = tl_registry_load(&module, options->action_argument, &path, err);

    if (rc == TL_OK)
        print_driver(module);
    return rc;
}

/* ---- --print-config ---- */

/* What the user gave for a row: the last one counts. NULL: nothing. */
static const char *given(const struct tl_options *options, const char *driver, const char *name)
{
    for (size_t i = options->driver_option_count; i-- > 0;)
        if (strcmp(options->driver_options[i].scope, driver) == 0 &&
            strcmp(options->driver_options[i].name, name) == 0)
            return options->driver_options[i].value;
    return NULL;
}

/* One pair for each row of the driver, then those of other drivers; the texts are borrowed. */
static int complete(struct tl_pair *pairs, size_t *count_out, const struct tl_options *options,
                    const struct ckpt_driver *driver, struct tl_error *err)
{
    struct ckpt_option_value value;
    size_t count = 0;
    int rc = TL_OK;

    for (size_t i = 0; i < tl_option_row_count(driver) && rc == TL_OK; i++) {
        const struct ckpt_option *row = &driver->options[i];
        const char *text = given(options, driver->name, row->name);

        rc = tl_option_row_parse(&value, driver, row, text ? text : row->default_text, err);
        if (!text)
            text = row->default_text;
        pairs[count++] = (struct tl_pair){.scope = (char *)driver->name,
                                          .name = (char *)row->name,
                                          .value = (char *)(row->secret && *text ? "***" : text)};
    }
    for (size_t i = 0; i < options->driver_option_count && rc == TL_OK; i++) {
        const struct tl_pair *pair = &options->driver_options[i];

        if (strcmp(pair->scope, driver->name) == 0)
            rc = tl_option_row_known(driver, pair->name, err);
        else
            pairs[count++] = *pair;
    }
    *count_out = count;
    return rc;
}

int tl_driver_print_config(const struct tl_options *options, struct tl_error *err)
{
    struct tl_registry_path path = {.configured = options->driver_path};
    TL_CLEANUP(tl_ckpt_module_free_p) struct tl_ckpt_module *module = NULL;
    TL_CLEANUP_FREE struct tl_pair *pairs = NULL;
    struct tl_options shown = *options;
    struct tl_error why;
    int rc;

    tl_error_init(&why);
    if (tl_registry_load(&module, options->checkpoint_driver, &path, &why) != TL_OK) {
        printf("# checkpoint.driver: %s\n", why.message);
        return tl_options_show(tl_options_print(options), err);
    }
    pairs = calloc(tl_option_row_count(&module->driver) + options->driver_option_count + 1,
                   sizeof(*pairs));
    if (!pairs)
        return tl_error_nomem(err);
    rc = complete(pairs, &shown.driver_option_count, options, &module->driver, err);
    shown.driver_options = pairs;
    return rc == TL_OK ? tl_options_show(tl_options_print(&shown), err) : rc;
}
