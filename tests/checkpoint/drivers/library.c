/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library that a driver needs and that is not where the loader looks.
 */
__attribute__((visibility("default"))) int ckpt_variant_library(void);
int ckpt_variant_library(void)
{
    return 1;
}
