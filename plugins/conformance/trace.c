/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tracer. See trace.h. A window is marked by close() of a descriptor that nobody has.
 */
#include "plugins/conformance/trace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/conformance/trace_sync.h"

enum { MARK_BEGIN = 0x7ffe4711, MARK_END = 0x7ffe4712, MAX_THREADS = 64, NO_TRACING = 97 };

struct thread {
    pid_t id;
    bool inside; /* between the entry and the exit of `call` */
    struct kit_call call;
    struct kit_sync_call sync;
    int fail_with; /* at the exit; 0 = nothing */
    bool kill;     /* at the exit */
};

struct tracer {
    struct kit_trace *trace;
    pid_t child;
    bool window;
    struct thread threads[MAX_THREADS];
    size_t thread_count;
    bool renamed; /* the effect before was a rename */
    bool blind;   /* a call could not be looked at */
    struct kit_sync sync;
};

void kit_window_begin(void)
{
    syscall(SYS_close, MARK_BEGIN, 0L);
}

void kit_window_end(int rc)
{
    syscall(SYS_close, MARK_END, (long)rc);
}

void *kit_shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static struct thread *thread_of(struct tracer *tracer, pid_t id)
{
    for (size_t i = 0; i < tracer->thread_count; i++)
        if (tracer->threads[i].id == id)
            return &tracer->threads[i];
    if (tracer->thread_count == MAX_THREADS)
        return NULL;
    tracer->threads[tracer->thread_count] = (struct thread){.id = id};
    return &tracer->threads[tracer->thread_count++];
}

/* The connection behind a descriptor of the child is gone. */
static void cut(const struct tracer *tracer, const struct kit_call *call)
{
    int process = (int)syscall(SYS_pidfd_open, tracer->child, 0);
    int fd = process < 0 ? -1
                         : (int)syscall(SYS_pidfd_getfd, process,
                                        (int)call->args[kit_call_fd_index(call)], 0);

    if (fd >= 0) {
        shutdown(fd, SHUT_RDWR);
        close(fd);
    }
    if (process >= 0)
        close(process);
}

/* A write of which half can be left out. */
static bool shorten(const struct thread *thread, enum kit_effect effect)
{
    if ((effect != KIT_EFFECT_WRITE && effect != KIT_EFFECT_READ) ||
        kit_call_fd_index(&thread->call) < 0 || thread->call.args[2] < 2)
        return false;
    return kit_call_set_length(thread->id, thread->call.args[2] / 2) == 0;
}

static void act(struct tracer *tracer, struct thread *thread, enum kit_effect effect)
{
    struct kit_trace *trace = tracer->trace;

    trace->acted = true;
    snprintf(trace->last_name, sizeof(trace->last_name), "%s", kit_call_name(&thread->call));
    if (trace->what == KIT_TRACE_TEAR && shorten(thread, effect))
        thread->kill = true;
    else if (trace->what == KIT_TRACE_KILL || trace->what == KIT_TRACE_TEAR)
        kill(tracer->child, SIGKILL);
    else if (trace->what == KIT_TRACE_SHORT || trace->what == KIT_TRACE_SHORT_READ)
        (void)shorten(thread, effect);
    else if (trace->what == KIT_TRACE_CUT)
        cut(tracer, &thread->call);
    else if (kit_call_suppress(thread->id) == 0)
        thread->fail_with = trace->error;
}

static bool counts(const struct kit_trace *trace, enum kit_effect effect)
{
    switch (trace->what) {
    case KIT_TRACE_CUT:
        return effect == KIT_EFFECT_SEND || effect == KIT_EFFECT_RECEIVE;
    case KIT_TRACE_FAIL:
        return effect == KIT_EFFECT_WRITE || effect == KIT_EFFECT_FILE || effect == KIT_EFFECT_SYNC;
    case KIT_TRACE_FAIL_READ:
    case KIT_TRACE_SHORT_READ:
        return effect == KIT_EFFECT_READ;
    case KIT_TRACE_SHORT:
        return effect == KIT_EFFECT_WRITE;
    default:
        return effect != KIT_EFFECT_NONE && effect != KIT_EFFECT_RECEIVE &&
               effect != KIT_EFFECT_READ;
    }
}

static void on_mark(struct tracer *tracer, const struct kit_call *call)
{
    struct kit_trace *trace = tracer->trace;

    tracer->window = call->args[0] == MARK_BEGIN;
    if (tracer->window || (int)call->args[1] != CKPT_OK || trace->unsynced[0])
        return;
    (void)kit_sync_missing(&tracer->sync, tracer->child, trace->removals, trace->unsynced,
                           sizeof(trace->unsynced));
}

/* A rename, or the effect after one. */
static bool is_about_rename(struct tracer *tracer, const struct kit_call *call)
{
    bool before = tracer->renamed;

    tracer->renamed = kit_call_is_rename(call);
    return before || tracer->renamed;
}

static void on_entry(struct tracer *tracer, struct thread *thread)
{
    struct kit_trace *trace = tracer->trace;
    enum kit_effect effect;

    if (thread->call.number == SYS_close &&
        (thread->call.args[0] == MARK_BEGIN || thread->call.args[0] == MARK_END)) {
        on_mark(tracer, &thread->call);
        return;
    }
    kit_sync_entry(&thread->call, &thread->sync);
    effect = tracer->window ? kit_call_effect(&thread->call) : KIT_EFFECT_NONE;
    if (!counts(trace, effect) || (trace->renames_only && !is_about_rename(tracer, &thread->call)))
        return;
    trace->effects++;
    if (trace->what != KIT_TRACE_WATCH &&
        (trace->effects == trace->at || (trace->sticky && trace->effects > trace->at)))
        act(tracer, thread, effect);
}

static void on_return(struct tracer *tracer, struct thread *thread, bool failed)
{
    if (thread->kill)
        kill(tracer->child, SIGKILL);
    if (thread->fail_with)
        (void)kit_call_set_result(thread->id, -thread->fail_with);
    else if (!failed)
        kit_sync_exit(&tracer->sync, &thread->call, &thread->sync);
    thread->fail_with = 0;
}

static void on_syscall(struct tracer *tracer, struct thread *thread)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->id, (void *)sizeof(info), &info) <= 0) {
        tracer->blind |= errno != ESRCH; /* unless it was killed */
        return;
    }
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        thread->inside = true;
        thread->call.thread = thread->id;
        thread->call.number = info.entry.nr;
        memcpy(thread->call.args, info.entry.args, sizeof(thread->call.args));
        on_entry(tracer, thread);
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && thread->inside) {
        thread->inside = false;
        on_return(tracer, thread, info.exit.is_error != 0);
    }
}

/* What to deliver to a thread that stopped for another reason than a system call. */
static int signal_of(struct tracer *tracer, int status)
{
    int event = status >> 16;

    if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK)
        tracer->trace->forks++;
    if (event || WSTOPSIG(status) == SIGSTOP || WSTOPSIG(status) == SIGTRAP)
        return 0;
    return WSTOPSIG(status);
}

static void follow(struct tracer *tracer)
{
    for (;;) {
        int status = 0;
        pid_t id = waitpid(-1, &status, __WALL);
        struct thread *thread;
        int signal = 0;

        if (id < 0 && errno == EINTR)
            continue;
        if (id < 0)
            return;
        if (!WIFSTOPPED(status)) {
            if (id == tracer->child)
                tracer->trace->status = status;
            continue;
        }
        thread = thread_of(tracer, id);
        if (thread && WSTOPSIG(status) == (SIGTRAP | 0x80))
            on_syscall(tracer, thread);
        else
            signal = signal_of(tracer, status);
        ptrace(PTRACE_SYSCALL, id, NULL, (void *)(intptr_t)signal);
    }
}

static void live(struct kit *kit, kit_life_fn life, void *payload)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(NO_TRACING);
    raise(SIGSTOP);
    life(kit, payload);
    _exit(0);
}

int kit_trace_run(struct kit *kit, struct kit_trace *trace, kit_life_fn life, void *payload)
{
    static const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE |
                                PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
    struct tracer tracer = {.trace = trace};
    int status = 0;

    if (!kit_call_known_here())
        return kit_blind(kit, "the kit cannot trace on this architecture");
    trace->effects = trace->forks = 0;
    trace->acted = false;
    trace->unsynced[0] = trace->last_name[0] = '\0';
    tracer.child = fork();
    KIT_CHECK(tracer.child >= 0, "cannot start a process: %s", strerror(errno));
    if (tracer.child == 0)
        live(kit, life, payload);
    waitpid(tracer.child, &status, 0);
    if (!WIFSTOPPED(status))
        return kit_blind(kit, "this system does not permit tracing (ptrace)");
    if (ptrace(PTRACE_SETOPTIONS, tracer.child, NULL, (void *)options) != 0) {
        kill(tracer.child, SIGKILL);
        waitpid(tracer.child, &status, 0);
        return kit_blind(kit, "this system does not permit tracing (ptrace)");
    }
    ptrace(PTRACE_SYSCALL, tracer.child, NULL, NULL);
    follow(&tracer);
    if (tracer.blind)
        return kit_blind(kit, "this system does not show system calls (ptrace)");
    return KIT_PASS;
}
