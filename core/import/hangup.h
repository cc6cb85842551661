/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts the connections that keep a stop waiting: a COUNT(*) of a large table, a lock that is not
 * given, a server that hangs. The thread behind the connection then sees that it is lost, and that
 * a stop was asked for. Writers have tl_writer_abort instead, which lets them finish their batch.
 */
#ifndef TL_IMPORT_HANGUP_H
#define TL_IMPORT_HANGUP_H

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/target/session.h"

struct tl_hangup;

enum tl_hangup_slot { TL_HANGUP_CONTROL, TL_HANGUP_RECORDER, TL_HANGUP_SLOTS };

/* Begins to wait, in a thread of its own, for a request on cancel (borrowed). */
int tl_hangup_begin(struct tl_hangup **hangup_out, const struct tl_cancel *cancel,
                    struct tl_error *err) TL_WARN_UNUSED;
void tl_hangup_end(struct tl_hangup *hangup); /* accepts NULL */

/* From now on this session is the one of the slot; NULL: none. Call it with NULL before the session
   is closed. hangup may be NULL. */
void tl_hangup_watch(struct tl_hangup *hangup, enum tl_hangup_slot slot,
                     struct tl_session *session);

#endif
