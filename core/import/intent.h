/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The intent in the ledger while a complete import comes to its end: "finish" and a digest of what
 * was imported, so that the next run knows whether this is the import that it was asked for.
 */
#ifndef TL_IMPORT_INTENT_H
#define TL_IMPORT_INTENT_H

#include <stdbool.h>

#include "core/import/plan.h"

enum { TL_INTENT_FINISH_SIZE = 48 };

/* Writes the intent into text (TL_INTENT_FINISH_SIZE bytes). */
int tl_intent_of_finish(char *text, const struct tl_plan *plan, const struct tl_options *options,
                        struct tl_error *err) TL_WARN_UNUSED;

/* True for an intent of tl_intent_of_finish, of any import. NULL: false. */
bool tl_intent_is_finish(const char *intent);

#endif
