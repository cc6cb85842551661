/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recording progress outside of the recorder thread: before the threads begin, and at the end.
 */
#ifndef TL_IMPORT_RECORD_H
#define TL_IMPORT_RECORD_H

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/import/pipeline.h"

/* Compacts and writes everything that changed, once, through a connection of its own. */
int tl_record_now(const struct tl_pipeline_settings *settings, struct tl_error *err) TL_WARN_UNUSED;

#endif
