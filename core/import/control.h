/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection for everything that is not rows: one session, shared under a lock, opened again
 * when it was lost, and then compared with the server that this attempt knows.
 */
#ifndef TL_IMPORT_CONTROL_H
#define TL_IMPORT_CONTROL_H

#include <pthread.h>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/config/options.h"
#include "core/import/hangup.h"
#include "core/target/server.h"
#include "core/target/session.h"

struct tl_control {
    const struct tl_options *options;
    const struct tl_cancel *cancel;
    const struct tl_server *known; /* NULL: nothing to compare with yet */
    struct tl_session *session;    /* NULL when lost */
    struct tl_hangup *hangup;      /* borrowed; cuts the session after a stop; may be NULL */
    bool must_end;                 /* the last steps: a stop does not keep them from beginning */
    pthread_mutex_t lock;
};

/* What is done with the session, under the lock. */
typedef int (*tl_control_fn)(struct tl_session *session, void *payload, struct tl_error *err);

void tl_control_init(struct tl_control *control, const struct tl_options *options,
                     const struct tl_cancel *cancel);
void tl_control_done(struct tl_control *control);

/* Connects, without another try: a wrong password or port is to be told at once. */
int tl_control_connect(struct tl_control *control, struct tl_error *err) TL_WARN_UNUSED;

/* Runs fn; after a lost connection, deadlock or lock wait runs it again (so fn can be repeated)
   with a back-off until options->retry_timeout. TL_ERR_RESTARTED when the server restarted
   meanwhile, TL_ERR_CANCELED when a stop was asked for. */
int tl_control_run(struct tl_control *control, tl_control_fn fn, void *payload,
                   struct tl_error *err) TL_WARN_UNUSED;

#endif
