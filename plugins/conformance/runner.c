/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes of rules. See runner.h. The answer comes back through shared memory, because an exit
 * status could also be the driver's.
 */
#include "plugins/conformance/runner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct answer {
    volatile bool given;
    enum kit_answer answer;
    char reason[1024];
};

unsigned kit_slowness(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 3;
#else
    return 1;
#endif
}

double kit_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The life of the rule's process. */
static void live(const struct kit *kit, const struct kit_rule *rule, struct answer *answer,
                 int output, const sigset_t *signals)
{
    struct kit own = *kit;
    int result;

    setpgid(0, 0);
    sigprocmask(SIG_SETMASK, signals, NULL);
    own.user_fd = dup(STDERR_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    own.reason[0] = '\0';
    result = rule->run(&own);
    memcpy(answer->reason, own.reason, sizeof(answer->reason));
    answer->answer = (enum kit_answer)result;
    answer->given = true;
    fflush(NULL);
    _exit(0);
}

/* Waits for the child until the clock says `until`; false = it still runs. */
static bool wait_until(pid_t child, int *status_out, const sigset_t *signals, double until)
{
    for (;;) {
        double left = until - kit_clock();
        struct timespec pause = {.tv_sec = left > 0 ? (time_t)left : 0,
                                 .tv_nsec = left > 0 ? 1000000 : 0};
        pid_t ended = waitpid(child, status_out, WNOHANG);

        if (ended == child || (ended < 0 && errno != EINTR))
            return true;
        if (left <= 0)
            return false;
        (void)sigtimedwait(signals, NULL, &pause);
    }
}

static void read_noise(struct kit_outcome *outcome, int output)
{
    ssize_t len = pread(output, outcome->noise, sizeof(outcome->noise) - 1, 0);

    outcome->noise[len > 0 ? len : 0] = '\0';
    ckpt_error_flatten(outcome->noise);
    close(output);
}

static void judge(struct kit_outcome *outcome, const struct answer *answer, int status,
                  unsigned seconds)
{
    outcome->answer = KIT_FAIL;
    if (answer->given && !outcome->hung) {
        outcome->answer = answer->answer;
        memcpy(outcome->reason, answer->reason, sizeof(outcome->reason));
        outcome->reason[sizeof(outcome->reason) - 1] = '\0';
        return;
    }
    if (outcome->hung)
        snprintf(outcome->reason, sizeof(outcome->reason),
                 "the driver hangs: the rule was not over after %u s", seconds);
    else if (WIFSIGNALED(status))
        snprintf(outcome->reason, sizeof(outcome->reason), "the driver crashed: signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(outcome->reason, sizeof(outcome->reason),
                 "the driver ended the process with exit status %d", WEXITSTATUS(status));
    if (outcome->noise[0]) {
        size_t used = strlen(outcome->reason);

        snprintf(outcome->reason + used, sizeof(outcome->reason) - used, "; it printed: %s",
                 outcome->noise);
    }
}

void kit_run_forked(struct kit_outcome *outcome_out, const struct kit *kit,
                    const struct kit_rule *rule, unsigned seconds)
{
    struct kit_outcome outcome = {.answer = KIT_FAIL};
    struct answer *answer =
        mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int output = memfd_create("output", MFD_CLOEXEC);
    double begin = kit_clock();
    sigset_t child_ends, signals;
    int status = 0;
    pid_t child;

    sigemptyset(&child_ends);
    sigaddset(&child_ends, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child_ends, &signals);
    fflush(NULL);
    child = answer == MAP_FAILED || output < 0 ? -1 : fork();
    if (child == 0)
        live(kit, rule, answer, output, &signals);
    if (child < 0) {
        snprintf(outcome.reason, sizeof(outcome.reason), "the kit cannot start a process: %s",
                 strerror(errno));
    } else {
        setpgid(child, child);
        outcome.hung = !wait_until(child, &status, &child_ends, begin + seconds);
        kill(-child, SIGKILL);
        if (outcome.hung)
            (void)wait_until(child, &status, &child_ends, kit_clock() + 5);
        read_noise(&outcome, output);
        judge(&outcome, answer, status, seconds);
    }
    sigprocmask(SIG_SETMASK, &signals, NULL);
    if (answer != MAP_FAILED)
        munmap(answer, sizeof(*answer));
    outcome.seconds = kit_clock() - begin;
    *outcome_out = outcome;
}

void kit_run_here(struct kit_outcome *outcome_out, const struct kit *kit,
                  const struct kit_rule *rule)
{
    struct kit own = *kit;
    double begin = kit_clock();

    own.user_fd = STDERR_FILENO;
    own.reason[0] = '\0';
    *outcome_out = (struct kit_outcome){.answer = (enum kit_answer)rule->run(&own)};
    outcome_out->seconds = kit_clock() - begin;
    memcpy(outcome_out->reason, own.reason, sizeof(own.reason));
}
