/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guarded call: lock, trace, repeat, judge. Nothing a driver returns is believed unseen.
 */
#include "core/checkpoint/store_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/log.h"

#define FIRST_WAIT (50 * TL_NS_PER_MS)
#define LONGEST_WAIT (2 * TL_NS_PER_SEC)
#define NOTED_WAIT (400 * TL_NS_PER_MS) /* the first one that people are told of */

void tl_store_violation(struct tl_store_call *call, const char *fmt, ...)
{
    va_list ap;

    if (call->violation[0])
        return;
    va_start(ap, fmt);
    vsnprintf(call->violation, sizeof(call->violation), fmt, ap);
    va_end(ap);
}

static bool wait_for(const struct tl_store *store, int64_t ns)
{
    struct timespec wait = {.tv_sec = (time_t)(ns / TL_NS_PER_SEC),
                            .tv_nsec = (long)(ns % TL_NS_PER_SEC)};

    if (store->cancel)
        return tl_cancel_sleep(store->cancel, ns);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
    return false;
}

static void trace(const struct tl_store *store, const struct tl_store_call *call, int rc,
                  int64_t begin)
{
    if (tl_log_enabled(TL_LOG_DEBUG))
        tl_log(TL_LOG_DEBUG, "checkpoint call", TL_STR("driver", store->driver->name),
               TL_STR("method", call->method), TL_INT("code", rc),
               TL_INT("us", (tl_clock_ns() - begin) / 1000), TL_END);
}

static int call_once(struct tl_store *store, struct tl_store_call *call, struct ckpt_error *ck)
{
    int64_t begin = tl_clock_ns();
    int rc;

    memset(ck, 0, sizeof(*ck));
    ck->struct_size = sizeof(*ck);
    rc = call->fn(store, call, ck);
    ck->message[sizeof(ck->message) - 1] = '\0';
    ck->hint[sizeof(ck->hint) - 1] = '\0';
    ck->sqlstate[sizeof(ck->sqlstate) - 1] = '\0';
    trace(store, call, rc, begin);
    return rc;
}

static bool may_repeat(const struct tl_store_call *call, int rc, const struct ckpt_error *ck)
{
    return rc < 0 && ck->retryable && !call->once && !call->stopped && !call->violation[0];
}

static int call_until(struct tl_store *store, struct tl_store_call *call, struct ckpt_error *ck,
                      bool *canceled_out)
{
    int64_t end = tl_clock_ns() + store->retry_ns;
    int64_t wait = FIRST_WAIT;
    int rc = call_once(store, call, ck);

    while (may_repeat(call, rc, ck) && tl_clock_ns() + wait <= end) {
        if (wait == NOTED_WAIT)
            tl_log(TL_LOG_WARN, "the checkpoint store does not answer, trying again",
                   TL_STR("driver", store->driver->name), TL_STR("method", call->method),
                   TL_STR("error", ck->message), TL_END);
        if (wait_for(store, wait)) {
            *canceled_out = true;
            break;
        }
        wait = 2 * wait < LONGEST_WAIT ? 2 * wait : LONGEST_WAIT;
        rc = call_once(store, call, ck);
    }
    return rc;
}

static int broken(const struct tl_store *store, const struct tl_store_call *call, const char *how,
                  struct tl_error *err)
{
    tl_error_set(err, TL_ERR_STORE, "the checkpoint driver '%s' broke its contract in %s: %s",
                 store->driver->name, call->method, how);
    return tl_error_hint(err, "report this to the driver's author; ckpt-conformance shows it");
}

/* SQLSTATE class 42 is "access rule violation"; a wrong password is 28. */
static bool lacks_rights(int rc, const struct ckpt_error *ck)
{
    return rc == CKPT_ERR_DENIED && strncmp(ck->sqlstate, "42", 2) == 0;
}

static int failed(const struct tl_store *store, const struct tl_store_call *call, int rc,
                  const struct ckpt_error *ck, bool canceled, struct tl_error *err)
{
    int code = rc == CKPT_ERR_CORRUPT || lacks_rights(rc, ck) ? TL_ERR_REFUSED
               : rc == CKPT_ERR_USAGE                         ? TL_ERR_USAGE
                                                              : TL_ERR_STORE;

    if (!ck->message[0])
        return broken(store, call, "it failed without a message", err);
    if (canceled)
        return tl_error_set(err, TL_ERR_CANCELED, "stopped while waiting for the checkpoint: %s",
                            ck->message);
    tl_error_set(err, code, "%s", ck->message);
    tl_error_hint(err, "%s", ck->hint);
    err->native = ck->native_code;
    err->retryable = ck->retryable != 0;
    snprintf(err->sqlstate, sizeof(err->sqlstate), "%.5s", ck->sqlstate);
    return code;
}

static int judge(const struct tl_store *store, const struct tl_store_call *call, int rc,
                 const struct ckpt_error *ck, bool canceled, struct tl_error *err)
{
    char how[80];

    if (call->violation[0])
        return broken(store, call, call->violation, err);
    if (call->stopped || rc == CKPT_OK)
        return TL_OK;
    if (rc == CKPT_NOT_FOUND && call->may_miss)
        return TL_NOT_FOUND;
    if (rc > 0 || rc < CKPT_ERR_DENIED) {
        snprintf(how, sizeof(how), "it returned the unknown code %d", rc);
        return broken(store, call, rc == CKPT_NOT_FOUND ? "it returned \"not found\"" : how, err);
    }
    return failed(store, call, rc, ck, canceled, err);
}

int tl_store_call(struct tl_store *store, struct tl_store_call *call, struct tl_error *err)
{
    struct ckpt_error ck;
    bool canceled = false;
    int rc;

    if (store->serial)
        pthread_mutex_lock(&store->lock);
    rc = call_until(store, call, &ck, &canceled);
    if (store->serial)
        pthread_mutex_unlock(&store->lock);
    return judge(store, call, rc, &ck, canceled, err);
}
