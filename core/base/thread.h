/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed group of threads that run one function and are joined together.
 */
#ifndef TL_BASE_THREAD_H
#define TL_BASE_THREAD_H

#include <stddef.h>

#include "core/base/error.h"

struct tl_threads;

/* What each thread runs; index = 0 .. count - 1. It owns its index's work until it returns. */
typedef void (*tl_thread_fn)(size_t index, void *payload);

/* Begins count threads with signals blocked (main alone handles them) and the given name (at most
   15 bytes) for debuggers. payload is borrowed until tl_threads_join. On failure *threads_out holds
   those that had begun: tell them to end, and join them. */
int tl_threads_begin(struct tl_threads **threads_out, const char *name, size_t count,
                     tl_thread_fn fn, void *payload, struct tl_error *err) TL_WARN_UNUSED;

/* Waits for all and frees the group. Accepts NULL. */
void tl_threads_join(struct tl_threads *threads);

#endif
