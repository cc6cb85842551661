/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls of a traced thread. See trace_call.h.
 */
#include "plugins/conformance/trace_call.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#if defined(__x86_64__)

bool kit_call_known_here(void)
{
    return true;
}

static int poke(pid_t thread, size_t offset, uint64_t value)
{
    return (int)ptrace(PTRACE_POKEUSER, thread, (void *)offset, (void *)value);
}

int kit_call_suppress(pid_t thread)
{
    return poke(thread, offsetof(struct user_regs_struct, orig_rax), UINT64_MAX);
}

int kit_call_set_length(pid_t thread, uint64_t length)
{
    return poke(thread, offsetof(struct user_regs_struct, rdx), length);
}

int kit_call_set_result(pid_t thread, int64_t result)
{
    return poke(thread, offsetof(struct user_regs_struct, rax), (uint64_t)result);
}

#elif defined(__aarch64__)

bool kit_call_known_here(void)
{
    return true;
}

static int set_register(pid_t thread, int index, uint64_t value)
{
    struct user_regs_struct regs;
    struct iovec io = {&regs, sizeof(regs)};

    if (ptrace(PTRACE_GETREGSET, thread, (void *)(uintptr_t)NT_PRSTATUS, &io) != 0)
        return -1;
    regs.regs[index] = value;
    return (int)ptrace(PTRACE_SETREGSET, thread, (void *)(uintptr_t)NT_PRSTATUS, &io);
}

int kit_call_suppress(pid_t thread)
{
    int none = -1;
    struct iovec io = {&none, sizeof(none)};

    return (int)ptrace(PTRACE_SETREGSET, thread, (void *)(uintptr_t)NT_ARM_SYSTEM_CALL, &io);
}

int kit_call_set_length(pid_t thread, uint64_t length)
{
    return set_register(thread, 2, length);
}

int kit_call_set_result(pid_t thread, int64_t result)
{
    return set_register(thread, 0, (uint64_t)result);
}

#else

bool kit_call_known_here(void)
{
    return false;
}

int kit_call_suppress(pid_t thread)
{
    (void)thread;
    return -1;
}

int kit_call_set_length(pid_t thread, uint64_t length)
{
    (void)thread, (void)length;
    return -1;
}

int kit_call_set_result(pid_t thread, int64_t result)
{
    (void)thread, (void)result;
    return -1;
}

#endif

bool kit_call_is_rename(const struct kit_call *call)
{
#ifdef SYS_rename
    if (call->number == SYS_rename || call->number == SYS_link)
        return true;
#endif
    return call->number == SYS_renameat || call->number == SYS_renameat2 ||
           call->number == SYS_linkat;
}

/* What a call does, before its descriptor is looked at. */
struct known {
    long number;
    const char *name;
    enum kit_effect effect;
    int fd;    /* index of the descriptor, -1 = none */
    int flags; /* index of open's flags, -1 = none: an effect only with O_CREAT or O_TRUNC */
};

#define KNOWN(name, effect, fd)           \
    {                                     \
        SYS_##name, #name, effect, fd, -1 \
    }

static const struct known known[] = {
    KNOWN(write, KIT_EFFECT_WRITE, 0),
    KNOWN(pwrite64, KIT_EFFECT_WRITE, 0),
    KNOWN(writev, KIT_EFFECT_WRITE, 0),
    KNOWN(pwritev, KIT_EFFECT_WRITE, 0),
    KNOWN(pwritev2, KIT_EFFECT_WRITE, 0),
    KNOWN(sendfile, KIT_EFFECT_FILE, 0),
    KNOWN(copy_file_range, KIT_EFFECT_FILE, 2),
    KNOWN(ftruncate, KIT_EFFECT_FILE, 0),
    KNOWN(fallocate, KIT_EFFECT_FILE, 0),
    KNOWN(fsync, KIT_EFFECT_SYNC, 0),
    KNOWN(fdatasync, KIT_EFFECT_SYNC, 0),
    KNOWN(sync_file_range, KIT_EFFECT_SYNC, 0),
    KNOWN(msync, KIT_EFFECT_SYNC, -1),
    KNOWN(truncate, KIT_EFFECT_FILE, -1),
    KNOWN(renameat, KIT_EFFECT_FILE, -1),
    KNOWN(renameat2, KIT_EFFECT_FILE, -1),
    KNOWN(linkat, KIT_EFFECT_FILE, -1),
    KNOWN(unlinkat, KIT_EFFECT_FILE, -1),
    KNOWN(mkdirat, KIT_EFFECT_FILE, -1),
    KNOWN(sendto, KIT_EFFECT_SEND, 0),
    KNOWN(sendmsg, KIT_EFFECT_SEND, 0),
    KNOWN(sendmmsg, KIT_EFFECT_SEND, 0),
    KNOWN(read, KIT_EFFECT_RECEIVE, 0),
    KNOWN(readv, KIT_EFFECT_RECEIVE, 0),
    KNOWN(pread64, KIT_EFFECT_READ, 0),
    KNOWN(preadv, KIT_EFFECT_READ, 0),
    KNOWN(recvfrom, KIT_EFFECT_RECEIVE, 0),
    KNOWN(recvmsg, KIT_EFFECT_RECEIVE, 0),
    {SYS_openat, "openat", KIT_EFFECT_FILE, -1, 2},
#ifdef SYS_rename
    KNOWN(rename, KIT_EFFECT_FILE, -1),
    KNOWN(link, KIT_EFFECT_FILE, -1),
    KNOWN(unlink, KIT_EFFECT_FILE, -1),
    KNOWN(mkdir, KIT_EFFECT_FILE, -1),
    KNOWN(rmdir, KIT_EFFECT_FILE, -1),
    KNOWN(creat, KIT_EFFECT_FILE, -1),
    {SYS_open, "open", KIT_EFFECT_FILE, -1, 1},
#endif
};

static const struct known *find(const struct kit_call *call)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if ((uint64_t)known[i].number == call->number)
            return &known[i];
    return NULL;
}

const char *kit_call_name(const struct kit_call *call)
{
    const struct known *row = find(call);

    return row ? row->name : "?";
}

int kit_call_fd_index(const struct kit_call *call)
{
    const struct known *row = find(call);

    return row ? row->fd : -1;
}

/* Flags of an open that changes something. */
enum { MAKES = O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY) };

static enum kit_effect on_socket(enum kit_effect effect)
{
    if (effect == KIT_EFFECT_WRITE || effect == KIT_EFFECT_SEND)
        return KIT_EFFECT_SEND;
    return effect == KIT_EFFECT_RECEIVE ? effect : KIT_EFFECT_NONE;
}

/* A write to a file, to a socket, or to something that does not matter. */
static enum kit_effect by_descriptor(const struct kit_call *call, const struct known *row)
{
    char name[64], target[256];
    struct stat st;
    ssize_t len;

    snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)call->thread, (int)call->args[row->fd]);
    if (stat(name, &st) != 0)
        return KIT_EFFECT_NONE;
    if (S_ISSOCK(st.st_mode))
        return on_socket(row->effect);
    if (row->effect == KIT_EFFECT_SEND || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return KIT_EFFECT_NONE;
    len = readlink(name, target, sizeof(target) - 1);
    target[len > 0 ? len : 0] = '\0';
    if (strncmp(target, "/memfd:", 7) == 0 || strncmp(target, "/proc/", 6) == 0)
        return KIT_EFFECT_NONE;
    return row->effect == KIT_EFFECT_RECEIVE ? KIT_EFFECT_READ : row->effect;
}

enum kit_effect kit_call_effect(const struct kit_call *call)
{
    const struct known *row = find(call);

    if (!row)
        return KIT_EFFECT_NONE;
    if (row->flags >= 0)
        return call->args[row->flags] & MAKES ? KIT_EFFECT_FILE : KIT_EFFECT_READ;
    return row->fd >= 0 ? by_descriptor(call, row) : row->effect;
}

bool kit_call_path(const struct kit_call *call, int dir_index, int index, char *path_out,
                   size_t size)
{
    char name[64], text[4096];
    ssize_t len;
    int memory;

    snprintf(name, sizeof(name), "/proc/%d/mem", (int)call->thread);
    memory = open(name, O_RDONLY | O_CLOEXEC);
    if (memory < 0)
        return false;
    len = pread(memory, text, sizeof(text), (off_t)call->args[index]);
    close(memory);
    if (len <= 0 || !memchr(text, '\0', (size_t)len))
        return false;
    if (text[0] == '/')
        len = snprintf(path_out, size, "%s", text);
    else if (dir_index < 0 || (int)call->args[dir_index] == AT_FDCWD)
        len = snprintf(path_out, size, "/proc/%d/cwd/%s", (int)call->thread, text);
    else
        len = snprintf(path_out, size, "/proc/%d/fd/%d/%s", (int)call->thread,
                       (int)call->args[dir_index], text);
    return len > 0 && (size_t)len < size;
}
