/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A full disk, made by a limit on the size of files (RLIMIT_FSIZE): writes get short and then fail.
 * Needs no tracer. Only for drivers that write to files.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/conformance/scene.h"
#include "plugins/conformance/trace.h"

enum { MAX_SIZES = 8 };

/* Sizes of the regular files that this process has open beyond its standard ones. */
static size_t open_sizes(rlim_t sizes_out[MAX_SIZES])
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    size_t count = 0;

    while (dir && (entry = readdir(dir)) != NULL && count < MAX_SIZES) {
        char name[300], target[256];
        struct stat st;
        ssize_t len;

        snprintf(name, sizeof(name), "/proc/self/fd/%s", entry->d_name);
        len = readlink(name, target, sizeof(target) - 1);
        target[len > 0 ? len : 0] = '\0';
        if (target[0] != '/' || strncmp(target, "/memfd:", 7) == 0)
            continue;
        if (stat(name, &st) == 0 && S_ISREG(st.st_mode) && strtol(entry->d_name, NULL, 10) > 2)
            sizes_out[count++] = (rlim_t)st.st_size;
    }
    if (dir)
        closedir(dir);
    return count;
}

static int set_limit(rlim_t size)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
        return -1;
    limit.rlim_cur = size > limit.rlim_max ? limit.rlim_max : size;
    return setrlimit(RLIMIT_FSIZE, &limit);
}

struct life {
    const struct kit_scene *scene;
    struct kit_scene_result *result;
    rlim_t room; /* beyond a file's size */
    size_t file; /* which of the open files */
    bool repeat;
};

/* In a child: 0, 1 the driver fails, 2 there is no such file. */
static int live(struct kit *kit, struct life *life)
{
    struct kit_store store = {0};
    rlim_t sizes[MAX_SIZES];
    size_t count;

    signal(SIGXFSZ, SIG_IGN);
    if (kit_open(kit, &store, 0) != KIT_PASS)
        return 1;
    count = open_sizes(sizes);
    if (life->file >= count)
        return 2;
    if (set_limit(sizes[life->file] + life->room) != 0)
        return 2;
    life->result->rc = kit_scene_apply(kit, &store, life->scene, &life->result->err);
    life->result->returned = true;
    (void)set_limit(RLIM_INFINITY);
    if (life->result->rc != CKPT_OK && life->repeat) {
        life->result->repeated_rc =
            kit_scene_apply(kit, &store, life->scene, &life->result->repeated_err);
        life->result->repeated = true;
    }
    kit_close(&store);
    return 0;
}

static int judge(struct kit *kit, struct life *life, int status)
{
    const struct kit_scene_result *result = life->result;
    char what[100];

    snprintf(what, sizeof(what), "a disk with room for %llu bytes more",
             (unsigned long long)life->room);
    KIT_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0 && result->returned,
              "with %s the driver ended its process, or did not open", what);
    KIT_TRY(kit_expect(kit, "apply on a full disk", result->rc, result->rc < 0 ? CKPT_ERR : CKPT_OK,
                       &result->err));
    if (result->repeated)
        KIT_TRY(kit_expect(kit, "apply after a full disk", result->repeated_rc,
                           result->repeated_rc < 0 ? CKPT_ERR : CKPT_OK, &result->repeated_err));
    return kit_scene_judge(kit, life->scene, what,
                           result->rc == CKPT_OK ||
                                   (result->repeated && result->repeated_rc == CKPT_OK)
                               ? KIT_WANT_CONFIRMED
                               : KIT_WANT_EITHER,
                           life->repeat);
}

/* *seen_out: there is such a file. */
static int one_limit(struct kit *kit, struct life *life, bool *seen_out)
{
    int status = 0;
    pid_t child;

    KIT_TRY(kit_scene_reset(kit, life->scene));
    *life->result = (struct kit_scene_result){0};
    child = fork();
    KIT_CHECK(child >= 0, "cannot start a process");
    if (child == 0)
        _exit(live(kit, life));
    waitpid(child, &status, 0);
    *seen_out = !(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    return *seen_out ? judge(kit, life, status) : KIT_PASS;
}

static int full_disk_is_borne(struct kit *kit)
{
    static const rlim_t rooms[] = {0, 1, 10, 40, 300, 1024, 2500, 4120, 5000, 20000, 100000};
    KIT_SCENE scene = {0};
    struct life life = {.scene = &scene, .result = kit_shared(sizeof(struct kit_scene_result))};
    bool any = false;

    KIT_CHECK(life.result, "out of memory");
    KIT_TRY(kit_scene_make(kit, &scene, KIT_SCENE_LARGE));
    for (life.file = 0; life.file < MAX_SIZES; life.file++) {
        bool seen = true;

        for (size_t i = 0; seen && i < sizeof(rooms) / sizeof(rooms[0]); i++) {
            life.room = rooms[i];
            life.repeat = i % 2;
            KIT_TRY(one_limit(kit, &life, &seen));
            any |= seen;
        }
        if (!seen)
            break;
    }
    return any ? KIT_PASS : kit_skip(kit, "this driver has no file open");
}

const struct kit_rule kit_rules_full[] = {
    {"full-disk", "on a full disk apply is whole or fails, and works again with room",
     full_disk_is_borne, 0},
    {NULL, NULL, NULL, 0},
};
