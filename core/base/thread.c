/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See thread.h.
 */
#include "core/base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct thread {
    pthread_t id;
    size_t index;
    struct tl_threads *group;
};

struct tl_threads {
    tl_thread_fn fn;
    void *payload;
    char name[16];
    size_t running;
    struct thread threads[];
};

static void *run(void *argument)
{
    const struct thread *self = argument;

    pthread_setname_np(pthread_self(), self->group->name);
    self->group->fn(self->index, self->group->payload);
    return NULL;
}

int tl_threads_begin(struct tl_threads **threads_out, const char *name, size_t count,
                     tl_thread_fn fn, void *payload, struct tl_error *err)
{
    struct tl_threads *group = calloc(1, sizeof(*group) + count * sizeof(group->threads[0]));
    static const int own_faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    sigset_t all, saved;
    int rc = 0;

    if (!group)
        return tl_error_nomem(err);
    group->fn = fn;
    group->payload = payload;
    snprintf(group->name, sizeof(group->name), "%s", name);
    sigfillset(&all);
    for (size_t i = 0; i < sizeof(own_faults) / sizeof(own_faults[0]); i++)
        sigdelset(&all, own_faults[i]); /* the kernel would end the process without a word */
    pthread_sigmask(SIG_SETMASK, &all, &saved);
    for (; group->running < count && rc == 0; group->running += rc == 0) {
        struct thread *thread = &group->threads[group->running];

        thread->index = group->running;
        thread->group = group;
        rc = pthread_create(&thread->id, NULL, run, thread);
    }
    pthread_sigmask(SIG_SETMASK, &saved, NULL);
    *threads_out = group;
    return rc == 0 ? TL_OK : tl_error_errno(err, rc, "cannot begin thread %s", name);
}

void tl_threads_join(struct tl_threads *threads)
{
    if (!threads)
        return;
    for (size_t i = 0; i < threads->running; i++)
        pthread_join(threads->threads[i].id, NULL);
    free(threads);
}
