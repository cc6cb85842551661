/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See hangup.h. Knows sockets, not sessions: those belong to other threads.
 */
#include "core/import/hangup.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/base/clock.h"
#include "core/base/thread.h"

#define FOREVER (INT64_C(86400) * 365 * TL_NS_PER_SEC)
#define PATIENCE (1500 * TL_NS_PER_MS)
#define AGAIN (100 * TL_NS_PER_MS)

struct tl_hangup {
    const struct tl_cancel *cancel;
    struct tl_cancel *over;
    struct tl_threads *thread;
    pthread_mutex_t lock;         /* guards sockets; nothing is taken behind it */
    int sockets[TL_HANGUP_SLOTS]; /* -1: none */
};

static void cut_all(struct tl_hangup *hangup)
{
    pthread_mutex_lock(&hangup->lock);
    for (int i = 0; i < TL_HANGUP_SLOTS; i++)
        if (hangup->sockets[i] >= 0)
            shutdown(hangup->sockets[i], SHUT_RDWR);
    pthread_mutex_unlock(&hangup->lock);
}

/* Again and again: somebody may connect anew behind the first cut. */
static void wait_and_cut(size_t index, void *payload)
{
    struct tl_hangup *hangup = payload;

    (void)index;
    tl_cancel_sleep_either(hangup->cancel, hangup->over, FOREVER);
    if (!tl_cancel_sleep(hangup->over, tl_cancel_urgent(hangup->cancel) ? 0 : PATIENCE))
        do
            cut_all(hangup);
        while (!tl_cancel_sleep(hangup->over, AGAIN));
}

int tl_hangup_begin(struct tl_hangup **hangup_out, const struct tl_cancel *cancel,
                    struct tl_error *err)
{
    struct tl_hangup *hangup = calloc(1, sizeof(*hangup));
    int rc;

    if (!hangup)
        return tl_error_nomem(err);
    hangup->cancel = cancel;
    pthread_mutex_init(&hangup->lock, NULL);
    for (int i = 0; i < TL_HANGUP_SLOTS; i++)
        hangup->sockets[i] = -1;
    rc = tl_cancel_new(&hangup->over, err);
    if (rc == TL_OK)
        rc = tl_threads_begin(&hangup->thread, "tl-hangup", 1, wait_and_cut, hangup, err);
    if (rc != TL_OK) {
        tl_hangup_end(hangup);
        return rc;
    }
    *hangup_out = hangup;
    return TL_OK;
}

void tl_hangup_end(struct tl_hangup *hangup)
{
    if (!hangup)
        return;
    if (hangup->over)
        tl_cancel_request(hangup->over);
    tl_threads_join(hangup->thread);
    tl_cancel_free(hangup->over);
    pthread_mutex_destroy(&hangup->lock);
    free(hangup);
}

void tl_hangup_watch(struct tl_hangup *hangup, enum tl_hangup_slot slot, struct tl_session *session)
{
    if (!hangup)
        return;
    pthread_mutex_lock(&hangup->lock);
    hangup->sockets[slot] = session ? (int)mysql_get_socket(tl_session_mysql(session)) : -1;
    pthread_mutex_unlock(&hangup->lock);
}
