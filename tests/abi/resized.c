/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The template driver, built from the headers that the include path gives it; with RESIZED its
 * struct claims another size, as that of an earlier or later minor version would.
 */
#include <tidb-lightning/checkpoint_driver.h>

#ifdef RESIZED
#undef CKPT_DRIVER_HEADER
#define CKPT_DRIVER_HEADER (uint32_t)(RESIZED), CKPT_ABI_VERSION
#endif

#include "plugins/template/ckpt_log.c"
