/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about the process that the driver lives in: its signals, folder, mask, locale, standard
 * output and children are not the driver's.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/conformance/trace.h"
#include "plugins/conformance/world.h"

#define T1 "`process`.`t`"

/* Every method once, failures too. */
static int exercise(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_STORE reader = {0};
    KIT_WORLD world = {0};
    const struct ckpt_task task = kit_task();
    const struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_change changes[] = {kit_put(CKPT_PUT_TASK, &task),
                                          kit_put(CKPT_PUT_TABLE, &table)};
    const struct ckpt_change unknown = kit_delete((enum ckpt_change_kind)999, T1);
    const struct ckpt_change *const list[] = {&unknown};
    struct ckpt_open_args args = kit_args(kit, "/no such folder/:-1/x", 0);
    struct ckpt_store *none = NULL;
    struct ckpt_error err = kit_error();
    char text[512];

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_world_apply(kit, &store, &world, changes, 2));
    KIT_TRY(kit_world_expect(kit, &store, &world));
    KIT_TRY(kit_open(kit, &reader, CKPT_OPEN_READ_ONLY));
    KIT_TRY(kit_world_expect(kit, &reader, &world));
    (void)kit->driver->apply(store.handle, list, 1, &err);
    (void)kit->driver->apply(reader.handle, list, 1, &err);
    if (kit->driver->open(&none, &args, &err) == CKPT_OK)
        kit->driver->close(none);
    if (kit->driver->describe)
        (void)kit->driver->describe(store.handle, text, sizeof(text), &err);
    kit_close(&reader);
    if (kit->driver->retire)
        (void)kit->driver->retire(store.handle, CKPT_RETIRE_REMOVE, 1, &err);
    return KIT_PASS;
}

/* What a process has that is not the driver's. */
struct surroundings {
    struct sigaction actions[32];
    sigset_t mask;
    char folder[4096];
    char locale[256];
    mode_t umask;
    unsigned alarm;
};

static void look_around(struct surroundings *around)
{
    memset(around, 0, sizeof(*around));
    for (int i = 1; i < 32; i++)
        (void)sigaction(i, NULL, &around->actions[i]);
    sigprocmask(SIG_SETMASK, NULL, &around->mask);
    if (!getcwd(around->folder, sizeof(around->folder)))
        around->folder[0] = '\0';
    snprintf(around->locale, sizeof(around->locale), "%s", setlocale(LC_ALL, NULL));
    around->umask = umask(0);
    umask(around->umask);
    around->alarm = alarm(0);
}

static int surroundings_stay(struct kit *kit)
{
    struct surroundings before, after;

    look_around(&before);
    KIT_TRY(exercise(kit));
    look_around(&after);
    for (int i = 1; i < 32; i++) {
        /* Client libraries of servers ignore SIGPIPE; that is no handler. */
        bool ignored = i == SIGPIPE && after.actions[i].sa_handler == SIG_IGN;

        KIT_CHECK(ignored || before.actions[i].sa_handler == after.actions[i].sa_handler,
                  "the handler of signal %d (%s) was changed", i, strsignal(i));
        KIT_CHECK(sigismember(&before.mask, i) == sigismember(&after.mask, i),
                  "signal %d is blocked or unblocked after the calls", i);
    }
    KIT_CHECK(strcmp(before.folder, after.folder) == 0, "the working folder was changed");
    KIT_CHECK(strcmp(before.locale, after.locale) == 0, "the locale was changed");
    KIT_CHECK(before.umask == after.umask, "the umask was changed");
    KIT_CHECK(after.alarm == 0, "an alarm was set");
    return KIT_PASS;
}

/* Where others set a locale with a decimal comma and other letters, nothing changes. */
static int locale_does_not_matter(struct kit *kit)
{
    static const char *const names[] = {"de_DE.UTF-8", "tr_TR.UTF-8", "C.UTF-8"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (setlocale(LC_ALL, names[i]))
            KIT_TRY(exercise(kit));
    return KIT_PASS;
}

static void live(struct kit *kit, void *payload)
{
    int *answer = payload;

    *answer = exercise(kit);
    _exit(0);
}

static int no_process_is_started(struct kit *kit)
{
    struct kit_trace trace = {.what = KIT_TRACE_WATCH};
    int *answer = kit_shared(sizeof(*answer));

    KIT_CHECK(answer, "out of memory");
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    KIT_TRY(exercise(kit));
    KIT_CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "the driver left a process");
    KIT_TRY(kit_trace_run(kit, &trace, live, answer));
    KIT_CHECK(trace.forks == 0, "the driver started %u processes", trace.forks);
    return KIT_PASS;
}

/* The kit has put a file in the place of standard output and error. */
static int nothing_is_printed(struct kit *kit)
{
    struct stat st;

    KIT_TRY(exercise(kit));
    fflush(NULL);
    KIT_CHECK(!kit->noise[0], "the driver wrote to stdout or stderr: %.200s", kit->noise);
    KIT_CHECK(kit->user_fd == STDERR_FILENO || fstat(STDOUT_FILENO, &st) != 0 || st.st_size == 0,
              "the driver wrote %lld bytes to stdout or stderr", (long long)st.st_size);
    return KIT_PASS;
}

const struct kit_rule kit_rules_process[] = {
    {"process-state", "signals, folder, umask and locale of the process stay", surroundings_stay,
     0},
    {"locale", "the process may have any locale", locale_does_not_matter, 0},
    {"no-process", "no process is started", no_process_is_started, 0},
    {"silent", "nothing is written to stdout or stderr", nothing_is_printed, 0},
    {NULL, NULL, NULL, 0},
};
