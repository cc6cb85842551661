/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tl-fault-malloc.so (LD_PRELOAD): an allocator that fails the Nth allocation. What is below it
 * (libc's, or that of a sanitizer) does the work; strdup, getline, operator new and the others
 * come by here too.
 *
 *     TL_FAULT_MALLOC="nth=70,sticky,report=FILE"   fails the 70th allocation, and all later ones
 *     TL_FAULT_MALLOC="stacks=FILE"                 fails nothing; FILE gets one 64-bit number for
 *                                                   each allocation, equal for equal call stacks
 *
 * Counting begins with main(): what the loader and the constructors of libraries do with a failed
 * allocation is not ours. The report holds the call stack of the first fault, so no file means that
 * no fault was needed; if the program crashes, a line "crash" and the stack of that follow. A test
 * in the same process uses the two functions below instead.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT void tl_fault_malloc_arm(uint64_t nth, int sticky);
EXPORT uint64_t tl_fault_malloc_faults(void);

enum { FRAMES = 24, HASHED_FRAMES = 8, BOOT_BYTES = 16384 };

typedef int (*main_fn)(int, char **, char **);

static _Atomic bool armed;
static _Atomic uint64_t allocations, faults;
static uint64_t planned;
static bool sticky_plan;
static char report_path[512];
static int stacks_fd = -1;
static __thread bool inside; /* what the wrapper itself allocates does not count */

/* ---- Below ----------------------------------------------------------------------------------- */

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void *(*memalign)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
} below;

/* For an allocation while dlsym() itself looks for the functions below; never given back. */
static _Alignas(16) char boot[BOOT_BYTES];
static size_t boot_used;

static void *boot_alloc(size_t size)
{
    void *p = boot + boot_used;

    if (size > sizeof(boot) - boot_used - 16)
        return NULL;
    boot_used += (size + 15) / 16 * 16;
    return p;
}

static bool look_up(void)
{
    static bool busy;

    if (below.posix_memalign)
        return true;
    if (busy)
        return false;
    busy = true;
    *(void **)&below.malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&below.calloc = dlsym(RTLD_NEXT, "calloc");
    *(void **)&below.realloc = dlsym(RTLD_NEXT, "realloc");
    *(void **)&below.aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
    *(void **)&below.memalign = dlsym(RTLD_NEXT, "memalign");
    *(void **)&below.posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
    busy = false;
    return true;
}

/* ---- The plan -------------------------------------------------------------------------------- */

static void write_report(void)
{
    void *frames[FRAMES];
    int fd;

    if (!report_path[0])
        return;
    fd = open(report_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    backtrace_symbols_fd(frames, backtrace(frames, FRAMES), fd);
    close(fd);
}

static void write_stack(void)
{
    void *frames[HASHED_FRAMES];
    int count = backtrace(frames, HASHED_FRAMES);
    uint64_t hash = UINT64_C(1469598103934665603);

    for (int i = 0; i < count; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)frames[i]) * UINT64_C(1099511628211);
    if (write(stacks_fd, &hash, sizeof(hash)) != (ssize_t)sizeof(hash))
        abort();
}

/* Adds where it crashed to the report; the instruction is then done again, and ends the process. */
static void on_crash(int number)
{
    void *frames[FRAMES];
    int fd = open(report_path, O_WRONLY | O_APPEND | O_CLOEXEC);

    (void)number;
    inside = true;
    if (fd >= 0 && write(fd, "crash\n", 6) == 6)
        backtrace_symbols_fd(frames, backtrace(frames, FRAMES), fd);
}

/* Counts an allocation; true = it fails. */
static bool is_due(void)
{
    int saved = errno;
    uint64_t number;
    bool due;

    if (!atomic_load(&armed) || inside)
        return false;
    inside = true;
    number = atomic_fetch_add(&allocations, 1) + 1;
    due = planned != 0 && (sticky_plan ? number >= planned : number == planned);
    if (due && atomic_fetch_add(&faults, 1) == 0)
        write_report();
    if (stacks_fd >= 0)
        write_stack();
    inside = false;
    errno = due ? ENOMEM : saved;
    return due;
}

void tl_fault_malloc_arm(uint64_t nth, int sticky)
{
    void *frames[2];

    atomic_store(&armed, false);
    inside = true;
    (void)backtrace(frames, 2); /* loads what it needs now, not in the middle of a fault */
    inside = false;
    planned = nth;
    sticky_plan = sticky != 0;
    atomic_store(&allocations, 0);
    atomic_store(&faults, 0);
    atomic_store(&armed, nth != 0 || stacks_fd >= 0);
}

uint64_t tl_fault_malloc_faults(void)
{
    return atomic_load(&faults);
}

static void arm_from_environment(void)
{
    const char *text = getenv("TL_FAULT_MALLOC");
    const char *nth = text ? strstr(text, "nth=") : NULL;
    const char *report = text ? strstr(text, "report=") : NULL;
    const char *stacks = text ? strstr(text, "stacks=") : NULL;

    if (report) {
        struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND};
        size_t len = strcspn(report + 7, ",");

        if (len < sizeof(report_path))
            memcpy(report_path, report + 7, len);
        if (!dlsym(RTLD_DEFAULT, "__asan_init"))
            /* a sanitizer says more than we do */
            (void)(sigaction(SIGSEGV, &action, NULL) | sigaction(SIGABRT, &action, NULL));
    }
    if (stacks)
        stacks_fd = open(stacks + 7, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (nth || stacks_fd >= 0)
        tl_fault_malloc_arm(nth ? strtoull(nth + 4, NULL, 10) : 0,
                            text && strstr(text, "sticky") != NULL);
}

static main_fn program_main;

static int armed_main(int argc, char **argv, char **envp)
{
    arm_from_environment();
    return program_main(argc, argv, envp);
}

EXPORT int __libc_start_main(main_fn, int, char **, void (*)(void), void (*)(void), void (*)(void),
                             void *);
int __libc_start_main(main_fn program, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    int (*next)(main_fn, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

    *(void **)&next = dlsym(RTLD_NEXT, "__libc_start_main");
    program_main = program;
    return next(armed_main, argc, argv, init, fini, rtld_fini, stack_end);
}

/* ---- The allocator --------------------------------------------------------------------------- */

EXPORT void *malloc(size_t size)
{
    if (!look_up())
        return boot_alloc(size);
    return is_due() ? NULL : below.malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
    if (!look_up())
        return boot_alloc(count * size);
    return is_due() ? NULL : below.calloc(count, size);
}

EXPORT void *realloc(void *p, size_t size)
{
    return !look_up() || is_due() ? NULL : below.realloc(p, size);
}

EXPORT void *reallocarray(void *p, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, bytes);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return !look_up() || is_due() ? NULL : below.aligned_alloc(alignment, size);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    return !look_up() || is_due() ? NULL : below.memalign(alignment, size);
}

EXPORT int posix_memalign(void **p_out, size_t alignment, size_t size)
{
    return !look_up() || is_due() ? ENOMEM : below.posix_memalign(p_out, alignment, size);
}
