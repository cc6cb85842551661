/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who we are, and whether a process of this machine still runs. See ledger.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/target/ledger_internal.h"

static bool read_line(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    bool ok = file && fgets(text, (int)size, file);

    if (file)
        fclose(file);
    if (ok)
        text[strcspn(text, "\n")] = '\0';
    return ok;
}

/* Field 22 of /proc/<pid>/stat; the command in field 2 may hold anything, also ')'. */
static bool process_start(int64_t pid, uint64_t *start_out)
{
    char path[64], text[1024];
    const char *at;

    snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
    if (!read_line(path, text, sizeof(text)))
        return false;
    at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (!at)
        return false;
    *start_out = strtoull(at + 1, NULL, 10);
    return true;
}

bool tl_process_alive(int64_t pid, uint64_t pid_start)
{
    uint64_t start;

    return process_start(pid, &start) && start == pid_start;
}

/* Two containers share a boot, but not their pids: the namespace is part of the id. */
static void read_boot_id(char *text, size_t size)
{
    char boot[40] = "";
    char space[24] = "";
    ssize_t len = readlink("/proc/self/ns/pid", space, sizeof(space) - 1);

    if (!read_line("/proc/sys/kernel/random/boot_id", boot, sizeof(boot)))
        boot[0] = '\0';
    space[len > 0 ? len : 0] = '\0';
    snprintf(text, size, "%s/%s", boot, space);
}

int tl_owner_init(struct tl_owner *owner, struct tl_error *err)
{
    unsigned char random[16];
    struct tl_owner made;

    memset(&made, 0, sizeof(made));
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return tl_error_errno(err, errno, "cannot get random bytes");
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(made.token + 2 * i, 3, "%02x", random[i]);
    if (gethostname(made.host, sizeof(made.host) - 1) != 0)
        snprintf(made.host, sizeof(made.host), "unknown");
    made.pid = getpid();
    if (!process_start(made.pid, &made.pid_start))
        made.pid_start = 0;
    read_boot_id(made.boot_id, sizeof(made.boot_id));
    *owner = made;
    return TL_OK;
}
