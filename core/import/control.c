/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See control.h.
 */
#include "core/import/control.h"

#include "core/base/clock.h"
#include "core/base/log.h"

#define FIRST_PAUSE (50 * TL_NS_PER_MS)
#define LONGEST_PAUSE (2 * TL_NS_PER_SEC)

void tl_control_init(struct tl_control *control, const struct tl_options *options,
                     const struct tl_cancel *cancel)
{
    control->options = options;
    control->cancel = cancel;
    control->known = NULL;
    control->session = NULL;
    pthread_mutex_init(&control->lock, NULL);
}

void tl_control_done(struct tl_control *control)
{
    tl_session_close(control->session);
    control->session = NULL;
    pthread_mutex_destroy(&control->lock);
}

static int run_once(struct tl_control *control, tl_control_fn fn, void *payload,
                    struct tl_error *err)
{
    int rc = TL_OK;

    if (!control->session) {
        rc = tl_session_open(&control->session, control->options, err);
        if (rc == TL_OK && control->known)
            rc = tl_server_check(control->known, control->session, err);
    }
    if (rc == TL_OK)
        rc = fn(control->session, payload, err);
    if (rc < 0 && (tl_error_is_lost(err) || rc == TL_ERR_RESTARTED)) {
        tl_session_close(control->session);
        control->session = NULL;
    }
    return rc;
}

int tl_control_run(struct tl_control *control, tl_control_fn fn, void *payload,
                   struct tl_error *err)
{
    int64_t end = tl_clock_ns() + (int64_t)control->options->retry_timeout * TL_NS_PER_SEC;
    int64_t pause = FIRST_PAUSE;
    int rc;

    pthread_mutex_lock(&control->lock);
    for (;;) {
        rc = run_once(control, fn, payload, err);
        if (rc >= 0 || rc == TL_ERR_RESTARTED || !err->retryable || tl_clock_ns() >= end)
            break;
        tl_log_error(TL_LOG_DEBUG, "the control connection failed, trying again", err);
        if (tl_cancel_sleep(control->cancel, pause)) {
            rc = tl_error_set(err, TL_ERR_CANCELED, "stopped while waiting for the target server");
            break;
        }
        pause = pause * 2 > LONGEST_PAUSE ? LONGEST_PAUSE : pause * 2;
    }
    pthread_mutex_unlock(&control->lock);
    return rc;
}
