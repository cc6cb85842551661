/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wish to stop, as one object that waits can be woken by. Created in main, passed down;
 * any thread may ask or wait; tl_cancel_request is also safe in a signal handler.
 */
#ifndef TL_BASE_CANCEL_H
#define TL_BASE_CANCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"

struct tl_cancel;

/* Heap object, freed with tl_cancel_free once no thread uses it. */
int tl_cancel_new(struct tl_cancel **cancel_out, struct tl_error *err) TL_WARN_UNUSED;
void tl_cancel_free(struct tl_cancel *cancel);

/* Async-signal-safe. The second call sets "urgent": do not wait for anything. */
void tl_cancel_request(struct tl_cancel *cancel);
bool tl_cancel_requested(const struct tl_cancel *cancel);
bool tl_cancel_urgent(const struct tl_cancel *cancel);

/* Sleeps for ns nanoseconds or until a request; true if a stop was requested. */
bool tl_cancel_sleep(const struct tl_cancel *cancel, int64_t ns);

/* As tl_cancel_sleep, but a request on `other` ends the sleep too; true if either was requested. */
bool tl_cancel_sleep_either(const struct tl_cancel *cancel, const struct tl_cancel *other,
                            int64_t ns);

/* SIGINT, SIGTERM, SIGHUP and SIGQUIT call tl_cancel_request from now on; SIGPIPE and SIGXFSZ are
 * ignored. */
void tl_cancel_on_signals(struct tl_cancel *cancel);

TL_DEFINE_CLEANUP(struct tl_cancel *, tl_cancel_free)

#endif
