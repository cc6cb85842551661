/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's own options: what the user gave, checked against the driver's rows.
 */
#include <stdlib.h>
#include <string.h>

#include "core/checkpoint/option_rows.h"
#include "core/checkpoint/store_private.h"

static const char *given(const struct tl_store_settings *settings, const struct ckpt_option *row)
{
    for (size_t i = settings->option_count; i-- > 0;)
        if (strcmp(settings->options[i].name, row->name) == 0)
            return settings->options[i].text;
    return row->default_text;
}

int tl_store_options(struct ckpt_option_value **values_out, size_t *count_out,
                     const struct ckpt_driver *driver, const struct tl_store_settings *settings,
                     struct tl_error *err)
{
    TL_CLEANUP_FREE struct ckpt_option_value *values = NULL;
    size_t rows = tl_option_row_count(driver);
    int rc = TL_OK;

    for (size_t i = 0; i < settings->option_count && rc == TL_OK; i++)
        rc = tl_option_row_known(driver, settings->options[i].name, err);
    if (rc != TL_OK)
        return rc;
    values = calloc(rows + 1, sizeof(*values));
    if (!values)
        return tl_error_nomem(err);
    for (size_t i = 0; i < rows && rc == TL_OK; i++)
        rc = tl_option_row_parse(&values[i], driver, &driver->options[i],
                                 given(settings, &driver->options[i]), err);
    if (rc != TL_OK)
        return rc;
    *values_out = values;
    *count_out = rows;
    values = NULL;
    return TL_OK;
}
