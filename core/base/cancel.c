/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flag is an atomic counter, the wake-up an eventfd that stays readable after the first
 * request.
 */
#include "core/base/cancel.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/clock.h"

struct tl_cancel {
    atomic_int requests;
    int event;
};

static struct tl_cancel *signal_target;

int tl_cancel_new(struct tl_cancel **cancel_out, struct tl_error *err)
{
    struct tl_cancel *cancel = calloc(1, sizeof(*cancel));

    if (!cancel)
        return tl_error_nomem(err);
    cancel->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (cancel->event < 0) {
        int rc = tl_error_errno(err, errno, "cannot create an event descriptor");
        free(cancel);
        return rc;
    }
    *cancel_out = cancel;
    return TL_OK;
}

void tl_cancel_free(struct tl_cancel *cancel)
{
    if (!cancel)
        return;
    if (signal_target == cancel)
        signal_target = NULL;
    close(cancel->event);
    free(cancel);
}

void tl_cancel_request(struct tl_cancel *cancel)
{
    uint64_t one = 1;
    int saved = errno;

    atomic_fetch_add(&cancel->requests, 1);
    if (write(cancel->event, &one, sizeof(one)) < 0)
        errno = saved; /* the counter is full: it is readable, which is all that counts */
    errno = saved;
}

bool tl_cancel_requested(const struct tl_cancel *cancel)
{
    return atomic_load(&cancel->requests) > 0;
}

bool tl_cancel_urgent(const struct tl_cancel *cancel)
{
    return atomic_load(&cancel->requests) > 1;
}

static bool any_requested(const struct tl_cancel *cancel, const struct tl_cancel *other)
{
    return tl_cancel_requested(cancel) || (other && tl_cancel_requested(other));
}

bool tl_cancel_sleep_either(const struct tl_cancel *cancel, const struct tl_cancel *other,
                            int64_t ns)
{
    int64_t end = tl_clock_ns() + ns;
    struct pollfd fds[2] = {{.fd = cancel->event, .events = POLLIN},
                            {.fd = other ? other->event : -1, .events = POLLIN}};

    while (!any_requested(cancel, other)) {
        int64_t left = end - tl_clock_ns();
        struct timespec wait;

        if (left <= 0)
            break;
        wait.tv_sec = (time_t)(left / TL_NS_PER_SEC);
        wait.tv_nsec = (long)(left % TL_NS_PER_SEC);
        if (ppoll(fds, 2, &wait, NULL) < 0 && errno != EINTR)
            break;
    }
    return any_requested(cancel, other);
}

bool tl_cancel_sleep(const struct tl_cancel *cancel, int64_t ns)
{
    return tl_cancel_sleep_either(cancel, NULL, ns);
}

static void on_signal(int number)
{
    (void)number;
    if (signal_target)
        tl_cancel_request(signal_target);
}

void tl_cancel_on_signals(struct tl_cancel *cancel)
{
    static const int stop[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    signal_target = cancel;
    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    for (size_t i = 0; i < sizeof(stop) / sizeof(stop[0]); i++)
        sigaction(stop[i], &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL); /* a write past the limit fails with EFBIG instead */
}
