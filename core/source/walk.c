/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See walk.h. No recursion: directories wait in a queue, those behind links until all real ones
 * are done, and only one is open at a time.
 */
#include "core/source/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

struct queue {
    char **paths; /* owned, those before next are NULL */
    size_t count;
    size_t room;
    size_t next;
};

struct walker {
    struct tl_walk walk;
    struct queue real;
    struct queue links;
    void *seen; /* tsearch tree of struct place */
    int dirfd;
    const char *dir;
};

struct place {
    dev_t dev;
    ino_t ino;
};

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;

    if (a->dev != b->dev)
        return a->dev < b->dev ? -1 : 1;
    return a->ino < b->ino ? -1 : a->ino > b->ino;
}

static int compare_files(const void *left, const void *right)
{
    const struct tl_walk_file *a = left;
    const struct tl_walk_file *b = right;

    return strcmp(a->path, b->path);
}

/* Room for one item more in an array that doubles. False: out of memory. */
static bool grow(void **items, size_t *room, size_t count, size_t size)
{
    size_t more = *room ? 2 * *room : 64;
    void *bigger;

    if (count < *room)
        return true;
    bigger = reallocarray(*items, more, size);
    if (!bigger)
        return false;
    *items = bigger;
    *room = more;
    return true;
}

/* Takes path over in any case. */
static int push_dir(struct queue *queue, char *path, struct tl_error *err)
{
    void *items = queue->paths;
    bool ok = path && grow(&items, &queue->room, queue->count, sizeof(*queue->paths));

    queue->paths = items;
    if (!ok) {
        free(path);
        return tl_error_nomem(err);
    }
    queue->paths[queue->count++] = path;
    return TL_OK;
}

/* Takes path over in any case. */
static int push_file(struct tl_walk *walk, char *path, const struct stat *st, int problem,
                     struct tl_error *err)
{
    struct tl_walk_file file = {.path = path, .problem = problem};
    void *items = walk->files;
    bool ok = path && grow(&items, &walk->room, walk->count, sizeof(*walk->files));

    walk->files = items;
    if (!ok) {
        free(path);
        return tl_error_nomem(err);
    }
    if (problem == 0) {
        file.size = (int64_t)st->st_size;
        file.mtime = (int64_t)st->st_mtim.tv_sec * TL_NS_PER_SEC + st->st_mtim.tv_nsec;
    }
    walk->files[walk->count++] = file;
    return TL_OK;
}

static char *join(const char *parent, const char *name)
{
    size_t size = strlen(parent) + strlen(name) + 2;
    char *path = malloc(size);

    if (path)
        snprintf(path, size, "%s%s%s", parent, *parent ? "/" : "", name);
    return path;
}

static bool is_link(int fd, const struct dirent *item)
{
    struct stat st;

    if (item->d_type != DT_UNKNOWN)
        return item->d_type == DT_LNK;
    return fstatat(fd, item->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* What cannot be looked at may still be no part of the dump: the caller decides. */
static int add_item(struct walker *w, int fd, const char *parent, const struct dirent *item,
                    struct tl_error *err)
{
    struct stat st;
    char *path = join(parent, item->d_name);

    if (fstatat(fd, item->d_name, &st, 0) != 0)
        return push_file(&w->walk, path, NULL, errno, err);
    if (S_ISDIR(st.st_mode))
        return push_dir(is_link(fd, item) ? &w->links : &w->real, path, err);
    return push_file(&w->walk, path, &st, S_ISREG(st.st_mode) ? 0 : TL_WALK_SPECIAL, err);
}

static int read_dir(struct walker *w, DIR *stream, const char *path, struct tl_error *err)
{
    for (;;) {
        struct dirent *item;
        int rc;

        errno = 0;
        item = readdir(stream);
        if (!item)
            break;
        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
            continue;
        rc = add_item(w, dirfd(stream), path, item, err);
        if (rc != TL_OK)
            return rc;
    }
    if (errno != 0)
        return tl_error_errno(err, errno, "cannot read directory '%s/%s'", w->dir, path);
    return TL_OK;
}

/* TL_NOT_FOUND: this directory was listed before. */
static int mark_seen(struct walker *w, int fd, const char *path, struct tl_error *err)
{
    struct place *place = malloc(sizeof(*place));
    struct place **node;
    struct stat st;

    if (!place)
        return tl_error_nomem(err);
    if (fstat(fd, &st) != 0) {
        free(place);
        return tl_error_errno(err, errno, "cannot examine directory '%s/%s'", w->dir, path);
    }
    place->dev = st.st_dev;
    place->ino = st.st_ino;
    node = tsearch(place, &w->seen, compare_places);
    if (node && *node == place)
        return TL_OK;
    free(place);
    return node ? TL_NOT_FOUND : tl_error_nomem(err);
}

static int visit(struct walker *w, const char *path, struct tl_error *err)
{
    int fd = openat(w->dirfd, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream;
    int rc;

    if (fd < 0)
        return tl_error_errno(err, errno, "cannot open directory '%s/%s'", w->dir, path);
    rc = mark_seen(w, fd, path, err);
    if (rc != TL_OK) {
        if (rc == TL_NOT_FOUND)
            tl_log(TL_LOG_DEBUG, "directory is reached twice, listed once", TL_STR("path", path),
                   TL_END);
        (void)close(fd);
        return rc == TL_NOT_FOUND ? TL_OK : rc;
    }
    stream = fdopendir(fd);
    if (!stream) {
        (void)close(fd);
        return tl_error_nomem(err);
    }
    rc = read_dir(w, stream, path, err);
    (void)closedir(stream);
    return rc;
}

static char *pop(struct queue *queue)
{
    char *path;

    if (queue->next == queue->count)
        return NULL;
    path = queue->paths[queue->next];
    queue->paths[queue->next++] = NULL;
    return path;
}

static void queue_done(struct queue *queue)
{
    for (size_t i = queue->next; i < queue->count; i++)
        free(queue->paths[i]);
    free(queue->paths);
}

static int walk_all(struct walker *w, struct tl_error *err)
{
    int rc = push_dir(&w->real, strdup(""), err);

    while (rc == TL_OK) {
        TL_CLEANUP_FREE char *path = pop(&w->real);

        if (!path)
            path = pop(&w->links);
        if (!path)
            break;
        rc = visit(w, path, err);
    }
    return rc;
}

int tl_walk_dir(struct tl_walk *walk_out, int dirfd, const char *dir, struct tl_error *err)
{
    struct walker w = {.dirfd = dirfd, .dir = dir};
    int rc = walk_all(&w, err);

    queue_done(&w.real);
    queue_done(&w.links);
    tdestroy(w.seen, free);
    if (rc != TL_OK) {
        tl_walk_done(&w.walk);
        return rc;
    }
    if (w.walk.count > 0)
        qsort(w.walk.files, w.walk.count, sizeof(*w.walk.files), compare_files);
    *walk_out = w.walk;
    return TL_OK;
}

void tl_walk_done(struct tl_walk *walk)
{
    for (size_t i = 0; i < walk->count; i++)
        free(walk->files[i].path);
    free(walk->files);
    memset(walk, 0, sizeof(*walk));
}
