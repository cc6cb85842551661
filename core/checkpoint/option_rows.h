/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The option rows of a driver: values as text, checked against their row.
 */
#ifndef TL_CHECKPOINT_OPTION_ROWS_H
#define TL_CHECKPOINT_OPTION_ROWS_H

#include <tidb-lightning/checkpoint_driver.h>

#include "core/base/error.h"

/* The number of rows. */
size_t tl_option_row_count(const struct ckpt_driver *driver);

/* The value of a row; value_out borrows both texts. TL_ERR_USAGE names key, value and what is
   expected; a secret value is not shown. */
int tl_option_row_parse(struct ckpt_option_value *value_out, const struct ckpt_driver *driver,
                        const struct ckpt_option *row, const char *text,
                        struct tl_error *err) TL_WARN_UNUSED;

/* TL_ERR_USAGE with the list of its options if the driver has none of that name. */
int tl_option_row_known(const struct ckpt_driver *driver, const char *name,
                        struct tl_error *err) TL_WARN_UNUSED;

/* Whether the host can use the driver's table: names, types, bounds, defaults. TL_ERR_USAGE says
   what is wrong with it, beginning with "the driver". */
int tl_option_rows_check(const struct ckpt_driver *driver, struct tl_error *err) TL_WARN_UNUSED;

#endif
