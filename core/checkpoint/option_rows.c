/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See option_rows.h.
 */
#include "core/checkpoint/option_rows.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/checkpoint/model.h"
#include "core/checkpoint/registry_private.h"

enum { MAX_ROWS = 64 };

size_t tl_option_row_count(const struct ckpt_driver *driver)
{
    size_t count = 0;

    while (driver->options && driver->options[count].name)
        count++;
    return count;
}

static int refuse(const struct ckpt_driver *driver, const struct ckpt_option *row, const char *text,
                  const char *expected, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_USAGE, "checkpoint.%s.%s is '%s', expected %s", driver->name,
                 row->name, row->secret ? "***" : text, expected);
    return tl_error_hint(err, "%s", row->help);
}

static int parse_int(int64_t *number_out, const struct ckpt_driver *driver,
                     const struct ckpt_option *row, const char *text, struct tl_error *err)
{
    char *end = NULL;
    intmax_t number;
    char expected[96];

    errno = 0;
    number = strtoimax(text, &end, 10);
    if (errno == 0 && (isdigit((unsigned char)*text) || *text == '-') && end != text && !*end &&
        number >= row->min && number <= row->max) {
        *number_out = number;
        return TL_OK;
    }
    snprintf(expected, sizeof(expected), "a number from %" PRId64 " to %" PRId64, row->min,
             row->max);
    return refuse(driver, row, text, expected, err);
}

int tl_option_row_parse(struct ckpt_option_value *value_out, const struct ckpt_driver *driver,
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

int tl_option_row_known(const struct ckpt_driver *driver, const char *name, struct tl_error *err)
{
    char known[400] = "";
    size_t used = 0;

    for (size_t i = 0; i < tl_option_row_count(driver); i++) {
        int len;

        if (strcmp(driver->options[i].name, name) == 0)
            return TL_OK;
        len = snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "",
                       driver->options[i].name);
        if (len > 0 && (size_t)len < sizeof(known) - used)
            used += (size_t)len;
    }
    tl_error_set(err, TL_ERR_USAGE,
                 "the checkpoint driver '%s' has no option '%s' (checkpoint.%s.%s)", driver->name,
                 name, driver->name, name);
    if (!used)
        return tl_error_hint(err, "it has no options: remove the line");
    return tl_error_hint(err, "its options are: %s; --describe-driver %s explains them", known,
                         driver->name);
}

static int bad_row(const char *name, const char *what, struct tl_error *err)
{
    return tl_error_set(err, TL_ERR_USAGE, "the driver has an option '%s' %s", name, what);
}

static bool is_used_before(const struct ckpt_option *rows, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(rows[i].name, rows[at].name) == 0)
            return true;
    return false;
}

static int check_row(const struct ckpt_driver *driver, size_t at, struct tl_error *err)
{
    const struct ckpt_option *row = &driver->options[at];
    struct ckpt_option_value value;
    struct tl_error ignored;

    if (!tl_registry_name_ok(row->name))
        return tl_error_set(err, TL_ERR_USAGE,
                            "the driver has an option whose name is not made of a-z, 0-9 and '-'");
    if (is_used_before(driver->options, at))
        return bad_row(row->name, "twice", err);
    if (row->type > CKPT_OPTION_BOOL)
        return bad_row(row->name, "of an unknown type", err);
    if (!row->default_text || !row->help || !*row->help)
        return bad_row(row->name, "without a default or without help", err);
    if (row->type == CKPT_OPTION_INT && row->min > row->max)
        return bad_row(row->name, "whose lower bound is above the upper one", err);
    tl_error_init(&ignored);
    if (tl_option_row_parse(&value, driver, row, row->default_text, &ignored) != TL_OK)
        return bad_row(row->name, "whose default is no value of it", err);
    return TL_OK;
}

int tl_option_rows_check(const struct ckpt_driver *driver, struct tl_error *err)
{
    int rc = TL_OK;

    for (size_t i = 0; driver->options && driver->options[i].name && rc == TL_OK; i++)
        rc = i < MAX_ROWS
                 ? check_row(driver, i, err)
                 : tl_error_set(err, TL_ERR_USAGE, "the driver has an option table without an end");
    return rc;
}
