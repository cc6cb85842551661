/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unsynced files of a traced process. See trace_sync.h.
 */
#include "plugins/conformance/trace_sync.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static struct kit_sync_file *find(struct kit_sync *sync, const struct stat *st)
{
    for (size_t i = 0; i < sync->count; i++)
        if (sync->files[i].ino == st->st_ino && sync->files[i].dev == st->st_dev)
            return &sync->files[i];
    return NULL;
}

/* The entry of a file, made when there is none; NULL = too many. */
static struct kit_sync_file *entry(struct kit_sync *sync, const struct stat *st)
{
    struct kit_sync_file *file = find(sync, st);

    if (file || sync->count == KIT_SYNC_FILES)
        return file;
    file = &sync->files[sync->count++];
    *file = (struct kit_sync_file){
        .dev = st->st_dev, .ino = st->st_ino, .folder = S_ISDIR(st->st_mode)};
    return file;
}

static void descriptor_name(const struct kit_call *call, char name_out[64])
{
    snprintf(name_out, 64, "/proc/%d/fd/%d", (int)call->thread,
             (int)call->args[kit_call_fd_index(call)]);
}

/* O_SYNC or O_DSYNC: each write is synced by itself. */
static bool writes_through(const struct kit_call *call)
{
    char name[64], line[128];
    bool through = false;
    FILE *info;

    snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", (int)call->thread,
             (int)call->args[kit_call_fd_index(call)]);
    info = fopen(name, "re");
    while (info && fgets(line, sizeof(line), info))
        if (strncmp(line, "flags:", 6) == 0)
            through = (strtoul(line + 6, NULL, 8) & O_DSYNC) != 0;
    if (info)
        fclose(info);
    return through;
}

static void written(struct kit_sync *sync, const struct kit_call *call)
{
    char name[64];
    struct kit_sync_file *file;
    struct stat st;
    ssize_t len;

    descriptor_name(call, name);
    if (stat(name, &st) != 0 || !S_ISREG(st.st_mode) || writes_through(call))
        return;
    file = entry(sync, &st);
    if (!file)
        return;
    file->dirty = true;
    len = readlink(name, file->path, sizeof(file->path) - 1);
    file->path[len > 0 ? len : 0] = '\0';
}

static void synced(struct kit_sync *sync, const struct kit_call *call)
{
    char name[64];
    struct kit_sync_file *file;
    struct stat st;

    descriptor_name(call, name);
    if (stat(name, &st) != 0)
        return;
    file = find(sync, &st);
    if (file)
        file->dirty = (file->gone[0] = '\0');
}

static struct kit_sync_file *folder_of(struct kit_sync *sync, const char *path)
{
    char folder[KIT_SYNC_PATH];
    struct stat st;
    char *slash;

    if (snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder))
        return NULL;
    for (size_t len = strlen(folder); len > 1 && folder[len - 1] == '/'; len--)
        folder[len - 1] = '\0';
    slash = strrchr(folder, '/');
    if (!slash)
        return NULL;
    slash[slash == folder] = '\0';
    return stat(folder, &st) == 0 ? entry(sync, &st) : NULL;
}

/* A name came into a folder. */
static void arrived(struct kit_sync *sync, const char *path)
{
    struct kit_sync_file *file = folder_of(sync, path);

    if (!file)
        return;
    file->dirty = true;
    snprintf(file->path, sizeof(file->path), "%s", path);
}

static bool is_removal(const struct kit_call *call)
{
#ifdef SYS_unlink
    if (call->number == SYS_unlink || call->number == SYS_rmdir)
        return true;
#endif
    return call->number == SYS_unlinkat;
}

/* A name left a folder: by a removal, or by a rename. */
static void departed(struct kit_sync *sync, const struct kit_call *call)
{
    bool at = call->number == SYS_unlinkat || call->number == SYS_renameat ||
              call->number == SYS_renameat2 || call->number == SYS_linkat;
    char path[KIT_SYNC_PATH];
    struct kit_sync_file *file;
    struct stat st;

    if (!kit_call_path(call, at ? 0 : -1, at ? 1 : 0, path, sizeof(path)) || lstat(path, &st) == 0)
        return;
    file = folder_of(sync, path);
    if (file)
        snprintf(file->gone, sizeof(file->gone), "%s", path);
}

static void renamed(struct kit_sync *sync, const struct kit_call *call)
{
    bool old_form = true;
    char path[KIT_SYNC_PATH];
    struct kit_sync_file *file;
    struct stat st;

#ifdef SYS_rename
    old_form = call->number == SYS_rename || call->number == SYS_link;
#else
    old_form = false;
#endif
    if (!kit_call_path(call, old_form ? -1 : 2, old_form ? 1 : 3, path, sizeof(path)))
        return;
    arrived(sync, path);
    if (lstat(path, &st) == 0 && (file = find(sync, &st)) != NULL)
        snprintf(file->path, sizeof(file->path), "%s", path);
}

static bool is_open(const struct kit_call *call)
{
#ifdef SYS_open
    if (call->number == SYS_open || call->number == SYS_creat)
        return true;
#endif
    return call->number == SYS_openat;
}

/* A folder that was made is a name in its own folder, as a file is. */
static bool is_mkdir(const struct kit_call *call)
{
#ifdef SYS_mkdir
    if (call->number == SYS_mkdir)
        return true;
#endif
    return call->number == SYS_mkdirat;
}

static bool made_path(const struct kit_call *call, char path_out[KIT_SYNC_PATH])
{
    bool at = call->number == SYS_openat || call->number == SYS_mkdirat;

    return kit_call_path(call, at ? 0 : -1, at ? 1 : 0, path_out, KIT_SYNC_PATH);
}

void kit_sync_entry(const struct kit_call *call, struct kit_sync_call *pending)
{
    char path[KIT_SYNC_PATH];
    struct stat st;

    bool makes = is_mkdir(call) || (is_open(call) && kit_call_effect(call) == KIT_EFFECT_FILE);

    pending->creates = makes && made_path(call, path) && lstat(path, &st) != 0;
}

void kit_sync_exit(struct kit_sync *sync, const struct kit_call *call,
                   const struct kit_sync_call *pending)
{
    char path[KIT_SYNC_PATH];
    enum kit_effect effect;

    if (call->number == SYS_sync || call->number == SYS_syncfs) {
        for (size_t i = 0; i < sync->count; i++)
            sync->files[i].dirty = (sync->files[i].gone[0] = '\0');
    } else if (pending->creates) {
        if (made_path(call, path))
            arrived(sync, path);
    } else if (kit_call_is_rename(call)) {
        renamed(sync, call);
        departed(sync, call);
    } else if (is_removal(call)) {
        departed(sync, call);
    } else {
        effect = kit_call_effect(call);
        if (effect == KIT_EFFECT_SYNC && call->number != SYS_msync &&
            call->number != SYS_sync_file_range)
            synced(sync, call);
        else if (effect == KIT_EFFECT_WRITE || call->number == SYS_copy_file_range ||
                 (effect == KIT_EFFECT_FILE && call->number == SYS_sendfile))
            written(sync, call);
    }
}

/* Mapped shared and writable by that process. */
static bool is_mapped(const struct stat *st, pid_t process)
{
    char name[64], line[1024];
    bool mapped = false;
    FILE *maps;

    snprintf(name, sizeof(name), "/proc/%d/maps", (int)process);
    maps = fopen(name, "re");
    while (maps && fgets(line, sizeof(line), maps)) {
        unsigned major_number, minor_number;
        unsigned long ino;
        char rights[8];

        if (sscanf(line, "%*s %7s %*s %x:%x %lu", rights, &major_number, &minor_number, &ino) ==
                4 &&
            rights[1] == 'w' && rights[3] == 's' && ino == st->st_ino)
            mapped = true;
    }
    if (maps)
        fclose(maps);
    return mapped;
}

bool kit_sync_missing(const struct kit_sync *sync, pid_t process, bool removals, char *text_out,
                      size_t size)
{
    for (size_t i = 0; i < sync->count; i++) {
        const struct kit_sync_file *file = &sync->files[i];
        struct stat st;

        if (removals && file->gone[0] && lstat(file->gone, &st) != 0) {
            snprintf(text_out, size, "the folder from which '%s' went", file->gone);
            return true;
        }
        if (!file->dirty || stat(file->path, &st) != 0)
            continue;
        if (!file->folder && (st.st_ino != file->ino || st.st_dev != file->dev))
            continue;
        if (is_mapped(&st, process))
            continue;
        snprintf(text_out, size, file->folder ? "the folder into which '%s' came" : "the file '%s'",
                 file->path);
        return true;
    }
    return false;
}
