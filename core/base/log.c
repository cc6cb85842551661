/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sink: one file descriptor behind one mutex. A line is built without the lock and written with
 * one write(), so lines never mix. When the log cannot be written the program goes on; that is said
 * once on stderr.
 */
#include "core/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log_file.h"
#include "core/base/log_line.h"

/* The one sink of the process. lock guards fd, size, path and the flags; level and format change
   only in open and close. */
static struct {
    pthread_mutex_t lock;
    atomic_int level;
    atomic_int format;
    atomic_bool to_stdout;
    atomic_bool open;
    int fd;
    char *path; /* owned; NULL = not a file */
    uint64_t size;
    uint64_t max_bytes;
    uint32_t max_backups;
    bool complained;
} sink = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = TL_LOG_WARN, .fd = STDERR_FILENO};

int tl_log_open(const struct tl_log_settings *settings, struct tl_error *err)
{
    bool to_stdout = !settings->path || strcmp(settings->path, "-") == 0;
    char *path = NULL;
    int fd = STDOUT_FILENO;
    uint64_t size = 0;
    bool rotates = false;

    if (!to_stdout) {
        int rc = tl_log_file_open(&fd, &size, &rotates, settings->path, err);

        if (rc != TL_OK)
            return rc;
        path = strdup(settings->path);
        if (!path) {
            close(fd);
            return tl_error_nomem(err);
        }
    }
    tl_log_close();
    pthread_mutex_lock(&sink.lock);
    sink.fd = fd;
    sink.path = path;
    sink.size = size;
    sink.max_bytes = rotates ? settings->max_bytes : 0;
    sink.max_backups = settings->max_backups;
    atomic_store(&sink.level, settings->level);
    atomic_store(&sink.format, settings->format);
    atomic_store(&sink.to_stdout, to_stdout);
    atomic_store(&sink.open, true);
    pthread_mutex_unlock(&sink.lock);
    return TL_OK;
}

void tl_log_close(void)
{
    pthread_mutex_lock(&sink.lock);
    if (sink.path)
        close(sink.fd);
    free(sink.path);
    sink.path = NULL;
    sink.fd = STDERR_FILENO;
    sink.complained = false;
    atomic_store(&sink.level, TL_LOG_WARN);
    atomic_store(&sink.format, TL_LOG_TEXT);
    atomic_store(&sink.to_stdout, false);
    atomic_store(&sink.open, false);
    pthread_mutex_unlock(&sink.lock);
}

bool tl_log_enabled(enum tl_log_level level)
{
    return (int)level >= atomic_load(&sink.level);
}

bool tl_log_is_open(void)
{
    return atomic_load(&sink.open);
}

bool tl_log_to_stdout(void)
{
    return atomic_load(&sink.to_stdout);
}

/* Called with the lock. */
static void complain(const char *why)
{
    if (!sink.complained)
        fprintf(stderr, "cannot write the log: %s\n", why);
    sink.complained = true;
}

/* Called with the lock. If it fails the old file goes on, past its limit. */
static void rotate(void)
{
    struct tl_error err;
    bool rotates;
    int fd;

    tl_error_init(&err);
    if (tl_log_file_rotate(sink.path, sink.max_backups, &err) != TL_OK ||
        tl_log_file_open(&fd, &sink.size, &rotates, sink.path, &err) != TL_OK) {
        complain(err.message);
        sink.size = 0; /* not again at every line */
        return;
    }
    close(sink.fd);
    sink.fd = fd;
}

static void emit(const char *line, size_t len)
{
    pthread_mutex_lock(&sink.lock);
    if (sink.path && sink.max_bytes > 0 && sink.size > 0 && sink.size + len > sink.max_bytes)
        rotate();
    sink.size += len;
    while (len > 0) {
        ssize_t written = write(sink.fd, line, len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            complain(strerror(errno));
            break;
        }
        line += written;
        len -= (size_t)written;
    }
    pthread_mutex_unlock(&sink.lock);
}

void tl_log_write(enum tl_log_level level, const char *message, const struct tl_field *fields)
{
    TL_CLEANUP_BUF struct tl_buf line;
    int saved = errno;
    int64_t now = tl_wall_ns();
    int rc = TL_ERR_NOMEM;

    tl_buf_init(&line, TL_LOG_LINE_MAX);
    if (!tl_log_enabled(level))
        return;
    if (atomic_load(&sink.format) == TL_LOG_JSON)
        rc = tl_log_line_json(&line, now, level, message, fields);
    if (rc != TL_OK) {
        tl_buf_clear(&line);
        rc = tl_log_line_text(&line, now, level, message, fields);
    }
    if (rc != TL_OK && line.len > 0)
        line.data[line.len - 1] = '\n'; /* cut, but still one line */
    emit(tl_buf_text(&line), line.len);
    errno = saved;
}

void tl_log_error(enum tl_log_level level, const char *message, const struct tl_error *err)
{
    struct tl_field fields[10];
    size_t n = 0;

    fields[n++] = TL_STR("error", err->message);
    fields[n++] = TL_INT("code", err->code);
    if (err->native != 0)
        fields[n++] = TL_INT(err->code == TL_ERR_IO ? "errno" : "native", err->native);
    if (err->sqlstate[0])
        fields[n++] = TL_STR("sqlstate", err->sqlstate);
    if (err->line > 0) {
        fields[n++] = TL_INT("line", err->line);
        fields[n++] = TL_INT("offset", err->offset);
    }
    fields[n++] = TL_BOOL("retryable", err->retryable);
    if (err->hint[0])
        fields[n++] = TL_STR("hint", err->hint);
    fields[n] = TL_END;
    tl_log_write(level, message, fields);
}
