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
    *control = (struct tl_control){.options = options, .cancel = cancel};
    pthread_mutex_init(&control->lock, NULL);
}

static void disconnect(struct tl_control *control)
{
    tl_hangup_watch(control->hangup, TL_HANGUP_CONTROL, NULL);
    tl_session_close(control->session);
    control->session = NULL;
}

void tl_control_done(struct tl_control *control)
{
    disconnect(control);
    pthread_mutex_destroy(&control->lock);
}

static int connect_once(struct tl_control *control, struct tl_error *err)
{
    int rc = tl_session_open(&control->session, control->options, err);

    if (rc != TL_OK)
        return rc;
    tl_hangup_watch(control->hangup, TL_HANGUP_CONTROL, control->session);
    if (control->known)
        rc = tl_server_check(control->known, control->session, err);
    if (rc != TL_OK)
        disconnect(control); /* nobody may use a session to another server */
    return rc;
}

int tl_control_connect(struct tl_control *control, struct tl_error *err)
{
    int rc;

    pthread_mutex_lock(&control->lock);
    rc = control->session ? TL_OK : connect_once(control, err);
    pthread_mutex_unlock(&control->lock);
    return rc;
}

static int run_once(struct tl_control *control, tl_control_fn fn, void *payload,
                    struct tl_error *err)
{
    int rc = control->session ? TL_OK : connect_once(control, err);

    if (rc == TL_OK)
        rc = fn(control->session, payload, err);
    if (rc < 0 && (tl_error_is_lost(err) || rc == TL_ERR_RESTARTED || rc == TL_ERR_NOMEM))
        disconnect(control);
    return rc;
}

static int stopped(struct tl_error *err)
{
    return tl_error_set(err, TL_ERR_CANCELED, "stopped on request");
}

/* fn until it succeeds, fails for good, or the time is over. */
static int run_until(struct tl_control *control, tl_control_fn fn, void *payload,
                     struct tl_error *err)
{
    int64_t end = tl_clock_ns() + (int64_t)control->options->retry_timeout * TL_NS_PER_SEC;
    int64_t pause = FIRST_PAUSE;

    for (;;) {
        int rc = run_once(control, fn, payload, err);

        if (rc < 0 && tl_error_is_lost(err) && tl_cancel_requested(control->cancel))
            return stopped(err);
        if (rc >= 0 || rc == TL_ERR_RESTARTED || !err->retryable || tl_clock_ns() >= end)
            return rc;
        tl_log_error(TL_LOG_DEBUG, "the control connection failed, trying again", err);
        if (tl_cancel_sleep(control->cancel, pause))
            return stopped(err);
        pause = pause * 2 > LONGEST_PAUSE ? LONGEST_PAUSE : pause * 2;
    }
}

int tl_control_run(struct tl_control *control, tl_control_fn fn, void *payload,
                   struct tl_error *err)
{
    int rc;

    pthread_mutex_lock(&control->lock);
    if (tl_cancel_requested(control->cancel) && !control->must_end)
        rc = stopped(err);
    else
        rc = run_until(control, fn, payload, err);
    pthread_mutex_unlock(&control->lock);
    return rc;
}
