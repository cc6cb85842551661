/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's own options: what the user gave, checked against the driver's rows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/checkpoint/model.h"
#include "core/checkpoint/store_private.h"

static int refuse(const struct ckpt_driver *driver, const struct ckpt_option *row, const char *text,
                  const char *expected, struct tl_error *err)
{
    return tl_error_set(err, TL_ERR_USAGE, "checkpoint.%s.%s is '%s', expected %s", driver->name,
                        row->name, row->secret ? "***" : text, expected);
}

static int parse_int(int64_t *number_out, const struct ckpt_driver *driver,
                     const struct ckpt_option *row, const char *text, struct tl_error *err)
{
    char *end = NULL;
    long long number;
    char expected[96];

    errno = 0;
    number = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && number >= row->min && number <= row->max) {
        *number_out = number;
        return TL_OK;
    }
    snprintf(expected, sizeof(expected), "a number from %lld to %lld", (long long)row->min,
             (long long)row->max);
    return refuse(driver, row, text, expected, err);
}

static int parse(struct ckpt_option_value *value_out, const struct ckpt_driver *driver,
                 const struct ckpt_option *row, const char *text, struct tl_error *err)
{
    struct ckpt_option_value value = {.name = tl_ckpt_str(row->name), .text = tl_ckpt_str(text)};
    int rc = TL_OK;

    if (row->type == CKPT_OPTION_INT)
        rc = parse_int(&value.number, driver, row, text, err);
    else if (row->type == CKPT_OPTION_BOOL && strcmp(text, "true") == 0)
        value.number = 1;
    else if (row->type == CKPT_OPTION_BOOL && strcmp(text, "false") != 0)
        rc = refuse(driver, row, text, "true or false", err);
    if (rc == TL_OK)
        *value_out = value;
    return rc;
}

static const char *given(const struct tl_store_settings *settings, const struct ckpt_option *row)
{
    for (size_t i = settings->option_count; i-- > 0;)
        if (strcmp(settings->options[i].name, row->name) == 0)
            return settings->options[i].text;
    return row->default_text;
}

static int check_known(const struct ckpt_driver *driver, size_t rows, const char *name,
                       struct tl_error *err)
{
    char known[512] = "none";
    size_t used = 0;

    for (size_t i = 0; i < rows; i++) {
        int len;

        if (strcmp(driver->options[i].name, name) == 0)
            return TL_OK;
        len = snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "",
                       driver->options[i].name);
        if (len > 0 && (size_t)len < sizeof(known) - used)
            used += (size_t)len;
    }
    tl_error_set(err, TL_ERR_USAGE, "the checkpoint driver '%s' has no option '%s'", driver->name,
                 name);
    return tl_error_hint(err, "its options are: %s", known);
}

int tl_store_options(struct ckpt_option_value **values_out, size_t *count_out,
                     const struct ckpt_driver *driver, const struct tl_store_settings *settings,
                     struct tl_error *err)
{
    TL_CLEANUP_FREE struct ckpt_option_value *values = NULL;
    size_t rows = 0;
    int rc = TL_OK;

    while (driver->options && driver->options[rows].name)
        rows++;
    for (size_t i = 0; i < settings->option_count && rc == TL_OK; i++)
        rc = check_known(driver, rows, settings->options[i].name, err);
    if (rc != TL_OK)
        return rc;
    values = calloc(rows + 1, sizeof(*values));
    if (!values)
        return tl_error_nomem(err);
    for (size_t i = 0; i < rows && rc == TL_OK; i++)
        rc = parse(&values[i], driver, &driver->options[i], given(settings, &driver->options[i]),
                   err);
    if (rc != TL_OK)
        return rc;
    *values_out = values;
    *count_out = rows;
    values = NULL;
    return TL_OK;
}
