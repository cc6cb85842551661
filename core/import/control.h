/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection for everything that is not rows: one session, shared under a lock, opened again when
 * it was lost, and then compared with the server that this attempt knows.
 */
#ifndef TL_IMPORT_CONTROL_H
#define TL_IMPORT_CONTROL_H

#include <pthread.h>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/config/options.h"
#include "core/target/server.h"
#include "core/target/session.h"

struct tl_control {
    const struct tl_options *options;
    const struct tl_cancel *cancel;
    const struct tl_server *known; /* NULL: nothing to compare with yet */
    struct tl_session *session;    /* NULL when lost */
    pthread_mutex_t lock;
};

/* What is done with the session, under the lock. */
typedef int (*tl_control_fn)(struct tl_session *session, void *payload, struct tl_error *err);

void tl_control_init(struct tl_control *control, const struct tl_options *options,
                     const struct tl_cancel *cancel);
void tl_control_done(struct tl_control *control);

/* Runs fn; after a lost connection, deadlock or lock wait runs it again (so fn can be repeated) with
   a back-off until options->retry_timeout. TL_ERR_RESTARTED when the server restarted meanwhile. */
int tl_control_run(struct tl_control *control, tl_control_fn fn, void *payload,
                   struct tl_error *err) TL_WARN_UNUSED;

#endif
