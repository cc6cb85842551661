/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checkpoint driver "log": a template to copy, and a store to use. checkpoint.dsn is the path
 * of a file: a mark, then one frame for each apply, which is on the disk when apply returns.
 *
 *   frame = length, ~length, checksum (of all frames up to this one), changes (`length` bytes)
 *
 * A log that ends inside a frame ends before it: a crash; all else that is wrong is damage. A grown
 * log is replaced by a snapshot, by rename. A writer holds a lock on the file. A load reads it
 * again if it has changed: memory for the log and 100 bytes a change, n log n steps.
 */
#include <tidb-lightning/checkpoint_file.h>
#include <tidb-lightning/checkpoint_index.h>

enum { HEAD = 24 };

static const char mark[HEAD] = "ckpt-log 1\n"; /* how each log begins */

struct ckpt_store {
    char path[PATH_MAX];
    char fresh_path[PATH_MAX + 8]; /* of a snapshot while it is written */
    int read_only;
    int retired;             /* the file is put away */
    int folder;              /* descriptor, to sync renames; -1 in a reader */
    int fd;                  /* of the log, holds the lock; -1 in a reader and after a failure */
    uint64_t end;            /* of the last whole frame */
    uint64_t checksum;       /* of all frames up to the end */
    uint64_t snapshot_min;   /* option snapshot-kib, in bytes */
    uint64_t snapshot_at;    /* the end at which the next snapshot is tried */
    struct stat seen;        /* the file when it was read; st_ino 0: it was not */
    char *bytes;             /* its bytes */
    struct ckpt_index index; /* its records */
};

/* The last system call failed. */
static int fail(const struct ckpt_store *store, struct ckpt_error *err, const char *doing)
{
    err->retryable = errno == EWOULDBLOCK; /* whoever holds the lock may be about to end */
    ckpt_error_hint(err, 0, "free space there, or set checkpoint.dsn to another file");
    return ckpt_error_errno(err, errno, "cannot %s the checkpoint log '%s'", doing, store->path);
}

static int refuse(const struct ckpt_store *store, struct ckpt_error *err, int code, const char *why)
{
    ckpt_error_hint(err, 0, "move the file away, or set checkpoint.dsn to another file");
    return ckpt_error_set(err, code, 0, "the checkpoint log '%s' %s", store->path, why);
}

static int parse(struct ckpt_store *store, struct ckpt_str log, struct ckpt_error *err)
{
    struct ckpt_str frame;
    uint64_t len, inverse, sum;
    int rc = CKPT_OK;

    ckpt_index_clear(&store->index);
    store->end = HEAD;
    store->checksum = 0;
    if (ckpt_read_bytes(&log, &frame, HEAD) != 0 || memcmp(frame.data, mark, HEAD) != 0)
        return refuse(store, err, CKPT_ERR_CORRUPT, "is cut off, of another kind, or too new");
    while (log.len >= HEAD) {
        ckpt_read_number(&log, &len, 8);
        ckpt_read_number(&log, &inverse, 8);
        ckpt_read_number(&log, &sum, 8);
        if (len != ~inverse)
            return refuse(store, err, CKPT_ERR_CORRUPT, "is damaged: a length is wrong");
        if (ckpt_read_bytes(&log, &frame, len) != 0)
            break; /* the frame was cut off by a crash */
        if (ckpt_checksum(store->checksum, frame.data, frame.len) != sum)
            return refuse(store, err, CKPT_ERR_CORRUPT, "is damaged: a checksum is wrong");
        while (frame.len > 0 && rc == CKPT_OK)
            rc = ckpt_index_add(&store->index, &frame);
        if (rc != CKPT_OK)
            return refuse(store, err, rc, "has a record that cannot be read");
        store->end += HEAD + len;
        store->checksum = sum;
    }
    if (store->end == HEAD) /* the first frame is synced before the file gets its name */
        return refuse(store, err, CKPT_ERR_CORRUPT, "is damaged: it was cut off");
    ckpt_index_settle(&store->index);
    return CKPT_OK;
}

static int read_file(struct ckpt_store *store, int fd, struct ckpt_error *err)
{
    size_t size = (size_t)store->seen.st_size;
    char *bytes = realloc(store->bytes, size + 1);
    ssize_t n;

    if (!bytes)
        return fail(store, err, "read");
    store->bytes = bytes;
    for (size_t len = 0; len < size; len += (size_t)n) {
        n = pread(fd, bytes + len, size - len, (off_t)len);
        if (n < 0)
            return fail(store, err, "read");
        err->retryable = n == 0;
        if (n == 0)
            return refuse(store, err, CKPT_ERR, "was cut while it was read");
    }
    return parse(store, (struct ckpt_str){bytes, size}, err);
}

/* What is known of the file may be wrong: the next call opens it again. */
static void detach(struct ckpt_store *store)
{
    if (store->fd >= 0)
        close(store->fd);
    store->fd = -1;
    store->seen.st_ino = 0;
}

/* The index becomes that of the file as it is now. */
static int refresh(struct ckpt_store *store, struct ckpt_error *err)
{
    int fd = ckpt_file_open(store->path, O_RDONLY);
    struct stat before = store->seen;
    int rc = CKPT_OK;

    store->seen.st_ino = 0;
    if (fd < 0 && errno == ENOENT && store->read_only) {
        ckpt_index_clear(&store->index); /* there is no store */
        return CKPT_OK;
    }
    if (fd < 0 || fstat(fd, &store->seen) != 0)
        rc = fail(store, err, "open");
    else if (!S_ISREG(store->seen.st_mode))
        rc = refuse(store, err, CKPT_ERR_CORRUPT, "is not a regular file");
    else if ((store->seen.st_mode & (S_IWGRP | S_IWOTH)) || store->seen.st_uid != geteuid())
        rc = refuse(store, err, CKPT_ERR_DENIED, "can be changed by other users");
    else if (store->seen.st_ino != before.st_ino || store->seen.st_size != before.st_size ||
             memcmp(&store->seen.st_mtim, &before.st_mtim, sizeof(before.st_mtim)) != 0)
        rc = read_file(store, fd, err);
    if (rc != CKPT_OK)
        detach(store);
    if (fd >= 0)
        close(fd);
    return rc;
}

static int write_all(int fd, const char *data, size_t len, uint64_t at)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, data, len, (off_t)at);

        if (n < 0)
            return -1;
        data += n;
        len -= (size_t)n;
        at += (uint64_t)n;
    }
    return 0;
}

/* Completes a frame, whose changes stand behind HEAD bytes, and puts it on the disk. */
static int write_frame(int fd, uint64_t at, uint64_t *sum, struct ckpt_writer *frame)
{
    struct ckpt_writer head = {frame->data, 0, HEAD, 0};
    uint64_t len = frame->len - HEAD;

    if (frame->failed) {
        errno = ENOMEM;
        return -1;
    }
    *sum = ckpt_checksum(*sum, frame->data + HEAD, (size_t)len);
    ckpt_write_number(&head, len, 8);
    ckpt_write_number(&head, ~len, 8);
    ckpt_write_number(&head, *sum, 8);
    if (write_all(fd, frame->data, frame->len, at) != 0)
        return -1;
    return fsync(fd);
}

/* Writes the records to a new file, which takes the place of the log. */
static int snapshot(struct ckpt_store *store, struct ckpt_error *err)
{
    unsigned how = store->fd < 0 ? (unsigned)RENAME_NOREPLACE : 0; /* a new one replaces nothing */
    struct ckpt_writer frame = {NULL, 0, 0, 0};
    uint64_t sum = 0;
    int fd = ckpt_file_open(store->fresh_path, O_RDWR | O_CREAT);
    int rc = CKPT_OK;

    if (fd < 0)
        return fail(store, err, "create the snapshot of");
    ckpt_write_bytes(&frame, mark, HEAD);
    for (size_t i = 0; i < store->index.count; i++)
        ckpt_write_bytes(&frame, store->index.entries[i].change.data,
                         store->index.entries[i].change.len);
    if (ftruncate(fd, 0) != 0 || write_all(fd, mark, HEAD, 0) != 0 ||
        write_frame(fd, HEAD, &sum, &frame) != 0 ||
        renameat2(AT_FDCWD, store->fresh_path, AT_FDCWD, store->path, how) != 0) {
        rc = fail(store, err, "write");
        unlink(store->fresh_path);
        close(fd);
    } else {
        detach(store);
        store->fd = fd;
        store->end = HEAD + frame.len;
        store->checksum = sum;
    }
    free(frame.data);
    if (rc != CKPT_OK || fsync(store->folder) == 0)
        return rc;
    rc = fail(store, err, "sync the folder of");
    detach(store);
    return rc;
}

/* A writer opens and locks its file, and cuts off what a crash left behind the last frame. */
static int attach(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc;

    store->fd = ckpt_file_open(store->path, O_RDWR);
    if (store->fd < 0)
        return fail(store, err, "open");
    rc = refresh(store, err);
    if (rc != CKPT_OK)
        return rc;
    if (ftruncate(store->fd, (off_t)store->end) == 0 && fsync(store->fd) == 0 &&
        fsync(store->folder) == 0)
        return CKPT_OK;
    rc = fail(store, err, "repair");
    detach(store);
    return rc;
}

/* Every method but close and describe begins here. For a load, the index is made up to date. */
static int begin(struct ckpt_store *store, int is_change, struct ckpt_error *err)
{
    int rc = CKPT_OK;

    if (store->retired)
        return refuse(store, err, CKPT_ERR, "is put away");
    if (is_change && store->read_only)
        return refuse(store, err, CKPT_ERR_READ_ONLY, "was opened for reading only");
    if (!store->read_only && store->fd < 0)
        rc = attach(store, err);
    else if (!store->read_only && !ckpt_file_is_at(store->fd, store->path))
        rc = refuse(store, err, CKPT_ERR, "was removed or replaced while it was in use");
    return rc == CKPT_OK && !is_change ? refresh(store, err) : rc;
}

static int log_apply(struct ckpt_store *store, const struct ckpt_change *const *changes, size_t n,
                     struct ckpt_error *err)
{
    struct ckpt_error ignored = {.struct_size = sizeof(ignored)};
    struct ckpt_writer frame = {NULL, 0, 0, 0};
    int rc = begin(store, 1, err);
    uint64_t sum = store->checksum;

    ckpt_write_bytes(&frame, mark, HEAD); /* room for the head */
    for (size_t i = 0; rc == CKPT_OK && i < n; i++)
        if (ckpt_write_change(&frame, changes[i]) != 0)
            rc = refuse(store, err, CKPT_ERR_USAGE, "cannot hold a change of that kind");
    if (rc == CKPT_OK && write_frame(store->fd, store->end, &sum, &frame) != 0) {
        rc = fail(store, err, "write");
        if (ftruncate(store->fd, (off_t)store->end) != 0 || fsync(store->fd) != 0)
            detach(store);
    }
    free(frame.data);
    if (rc != CKPT_OK)
        return rc;
    store->end += frame.len;
    store->checksum = sum;
    if (store->end < store->snapshot_at)
        return CKPT_OK;
    if (refresh(store, &ignored) == CKPT_OK) /* the apply has succeeded, whatever comes of this */
        snapshot(store, &ignored);
    store->snapshot_at = 2 * store->end + store->snapshot_min;
    return CKPT_OK;
}

static int log_load_task(struct ckpt_store *store, const struct ckpt_visitor *visitor,
                         struct ckpt_error *err)
{
    static const struct ckpt_str no_table = {NULL, 0};
    int rc = begin(store, 0, err);

    return rc == CKPT_OK ? ckpt_index_load(&store->index, no_table, CKPT_PUT_TASK, visitor) : rc;
}

static int log_load_table(struct ckpt_store *store, struct ckpt_str name,
                          const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    int rc = begin(store, 0, err);

    return rc == CKPT_OK ? ckpt_index_load(&store->index, name, CKPT_PUT_TABLE, visitor) : rc;
}

static int log_each_table(struct ckpt_store *store, uint32_t filter,
                          const struct ckpt_visitor *visitor, struct ckpt_error *err)
{
    int rc = begin(store, 0, err);

    return rc == CKPT_OK ? ckpt_index_each_table(&store->index, filter, visitor) : rc;
}

static int log_retire(struct ckpt_store *store, uint32_t how, int64_t task_id,
                      struct ckpt_error *err)
{
    char target[PATH_MAX + 32];
    int rc = CKPT_OK;

    if (how >= CKPT_RETIRE_KEEP)
        return how == CKPT_RETIRE_KEEP ? CKPT_OK : refuse(store, err, CKPT_ERR_USAGE, "stays");
    if (!store->retired) {
        rc = begin(store, 1, err);
        if (rc != CKPT_OK)
            return rc;
        unlink(store->fresh_path); /* a snapshot that a crash cut off */
        snprintf(target, sizeof(target), "%s.%lld.bak", store->path, (long long)task_id);
        if (how == CKPT_RETIRE_REMOVE)
            rc = unlink(store->path);
        else
            rc = renameat2(AT_FDCWD, store->path, AT_FDCWD, target, RENAME_NOREPLACE);
        store->retired = rc == 0;
    }
    return rc == 0 && fsync(store->folder) == 0 ? CKPT_OK : fail(store, err, "put away");
}

static int log_describe(struct ckpt_store *store, char *text_out, size_t size,
                        struct ckpt_error *err)
{
    (void)err;
    snprintf(text_out, size, "the log '%s'", store->path);
    return CKPT_OK;
}

static void log_close(struct ckpt_store *store)
{
    if (!store)
        return;
    detach(store);
    if (store->folder >= 0)
        close(store->folder);
    ckpt_index_free(&store->index);
    free(store->bytes);
    free(store);
}

/* No message shows a DSN that is no path: it may be the address of a server, with a password. */
static int set_path(struct ckpt_store *store, struct ckpt_str dsn, struct ckpt_error *err)
{
    int is_address = *dsn.data != '/' && *dsn.data != '.' && memchr(dsn.data, '@', dsn.len);

    if (is_address || dsn.len >= PATH_MAX || memchr(dsn.data, '\0', dsn.len))
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "checkpoint.dsn is not the path of a file");
    memcpy(store->path, dsn.data, dsn.len);
    snprintf(store->fresh_path, sizeof(store->fresh_path), "%s.new", store->path);
    store->folder = ckpt_file_open_folder(store->path);
    if (store->folder >= 0 || store->read_only)
        return CKPT_OK;
    return ckpt_error_errno(err, errno, "cannot open the folder of checkpoint.dsn");
}

static int log_open(struct ckpt_store **store_out, const struct ckpt_open_args *args,
                    struct ckpt_error *err)
{
    struct ckpt_store *store = calloc(1, sizeof(*store));
    int rc;

    if (!store)
        return ckpt_error_set(err, CKPT_ERR_NOMEM, 0, "out of memory");
    store->read_only = (args->flags & CKPT_OPEN_READ_ONLY) != 0;
    store->fd = store->folder = -1;
    store->snapshot_min = store->snapshot_at = (uint64_t)args->options[0].number * 1024;
    rc = set_path(store, args->dsn, err);
    if (rc == CKPT_OK && !store->read_only && access(store->path, F_OK) != 0 && errno == ENOENT)
        rc = snapshot(store, err); /* of nothing: a new store */
    if (rc == CKPT_OK)
        rc = begin(store, 0, err);
    if (rc == CKPT_OK)
        *store_out = store;
    else
        log_close(store);
    return rc;
}

static const struct ckpt_option log_options[] = {
    {"snapshot-kib", CKPT_OPTION_INT, 0, "1024", 1, 1048576,
     "The log is written anew when it has this many KiB and twice those of the records."},
    {NULL, 0, 0, NULL, 0, 0, NULL}};

static const struct ckpt_driver log_driver = {
    CKPT_DRIVER_HEADER,
    .name = "log",
    .version = "1.0",
    .options = log_options,
    .open = log_open,
    .close = log_close,
    .apply = log_apply,
    .load_task = log_load_task,
    .load_table = log_load_table,
    .each_table = log_each_table,
    .retire = log_retire,
    .describe = log_describe,
};

CKPT_DRIVER_EXPORT(log_driver);
