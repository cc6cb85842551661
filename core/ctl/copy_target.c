/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See copy_target.h.
 */
#include "core/ctl/copy_target.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/secret.h"
#include "core/import/import_internal.h"

enum { MAX_DSN = 4096 };

#define FLAG "--checkpoint-copy-to"

/* The length of the driver's part; 0 = there is none. */
static size_t driver_length(const char *argument)
{
    static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    const char *so = argument;
    size_t len;

    if (argument[0] != '/') {
        len = strspn(argument, name_bytes);
        return argument[len] == ':' || argument[len] == '\0' ? len : 0;
    }
    while ((so = strstr(so, ".so")) != NULL) {
        so += 3;
        if (*so == ':' || *so == '\0')
            return (size_t)(so - argument);
    }
    return 0;
}

/* One byte of standard input, unbuffered, so that no copy of a secret is left behind. 1, 0 at the
   end, or a negative code. A poll comes first because a signal ends it, and does not end a read. */
static int read_byte(char *byte_out, const struct tl_cancel *cancel, struct tl_error *err)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t got;

    do
        if (cancel && tl_cancel_requested(cancel))
            return tl_error_set(err, TL_ERR_CANCELED, "stopped on request");
    while (poll(&input, 1, -1) < 0 && errno == EINTR);
    got = read(STDIN_FILENO, byte_out, 1);
    if (got < 0)
        return tl_error_errno(err, errno, "cannot read the DSN from standard input");
    return got > 0;
}

/* One line of standard input, without its end. */
static int read_line(char **line_out, const struct tl_cancel *cancel, struct tl_error *err)
{
    TL_CLEANUP_SECRET char *line = calloc(1, MAX_DSN + 1);
    size_t len = 0;
    int rc;

    if (!line)
        return tl_error_nomem(err);
    while ((rc = read_byte(line + len, cancel, err)) > 0 && line[len] != '\n' && len < MAX_DSN)
        len++;
    if (rc < 0)
        return rc;
    line[len] = '\0';
    line[strcspn(line, "\r")] = '\0';
    if (line[0] == '\0' || len == MAX_DSN) {
        tl_error_set(err, TL_ERR_USAGE, "standard input has no line with a DSN for " FLAG);
        return tl_error_hint(err, "write it as one line, as in: " FLAG "=mysql:- < FILE");
    }
    *line_out = line;
    line = NULL;
    return TL_OK;
}

int tl_copy_target_init(struct tl_copy_target *target, const char *argument,
                        const struct tl_options *options, const struct tl_cancel *cancel,
                        struct tl_error *err)
{
    size_t len = driver_length(argument);
    const char *dsn = argument[len] == ':' ? argument + len + 1 : "";
    int rc = TL_OK;

    memset(target, 0, sizeof(*target));
    if (len == 0) {
        tl_error_set(err, TL_ERR_USAGE, FLAG " must be DRIVER:DSN");
        return tl_error_hint(err, "DRIVER is a name as --list-drivers shows it, or the absolute "
                                  "path of a .so; an empty DSN is the driver's default, \"-\" is a "
                                  "line of standard input");
    }
    target->driver = strndup(argument, len);
    target->dsn_read = strcmp(dsn, "-") == 0;
    if (target->dsn_read)
        rc = read_line(&target->dsn, cancel, err);
    else
        target->dsn = tl_secret_dup(dsn);
    if (rc == TL_OK && (!target->driver || !target->dsn))
        rc = tl_error_nomem(err);
    target->options = *options;
    target->options.checkpoint_driver = target->driver;
    target->options.checkpoint_dsn = target->dsn;
    return rc;
}

static void close_store(struct tl_copy_target *target)
{
    tl_store_close(target->store);
    tl_ckpt_module_free(target->module);
    target->store = NULL;
    target->module = NULL;
}

void tl_copy_target_done(struct tl_copy_target *target)
{
    close_store(target);
    free(target->driver);
    tl_secret_free(target->dsn);
    memset(target, 0, sizeof(*target));
}

int tl_copy_target_open(struct tl_copy_target *target, bool read_only,
                        const struct tl_cancel *cancel, struct tl_error *err)
{
    int rc;

    close_store(target);
    rc = tl_import_open_store_for(&target->store, &target->module, &target->options, read_only,
                                  cancel, err);
    return rc == TL_OK ? rc : tl_error_context(err, FLAG); /* "checkpoint.dsn" may be in it */
}

int tl_copy_target_hint(const struct tl_copy_target *target, struct tl_error *err)
{
    return tl_error_hint(err, "copy to another place, or, if nobody needs it any more, delete %s",
                         tl_store_where(target->store));
}

static int count_table(const struct ckpt_table *table, void *payload)
{
    (void)table;
    ++*(uint64_t *)payload;
    return 0;
}

static int refuse_tables(const struct tl_copy_target *target, struct tl_error *err)
{
    uint64_t count = 0;
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .table = count_table, .payload = &count};
    int rc = tl_store_each_table(target->store, CKPT_FILTER_ALL, &visitor, err);

    if (rc != TL_OK || count == 0)
        return rc;
    tl_error_set(err, TL_ERR_REFUSED,
                 "the store to copy to, %s, is not empty: %" PRIu64 " tables and no task",
                 tl_store_where(target->store), count);
    return tl_copy_target_hint(target, err);
}

int tl_copy_target_look(const struct tl_copy_target *target, int64_t task_id,
                        enum tl_copy_state *state_out, struct tl_error *err)
{
    TL_CLEANUP_TASK_COPY struct tl_task_copy found = {0};
    int rc = tl_task_copy_read(&found, target->store, err);

    if (rc < 0)
        return rc;
    if (rc == TL_NOT_FOUND) {
        *state_out = TL_COPY_EMPTY;
        return refuse_tables(target, err);
    }
    if (found.task.task_id == task_id) {
        *state_out = found.task.planned ? TL_COPY_COMPLETE : TL_COPY_PARTIAL;
        return TL_OK;
    }
    tl_error_set(err, TL_ERR_REFUSED,
                 "the store to copy to, %s, has the checkpoint of another import: task %" PRId64
                 ", source %.*s",
                 tl_store_where(target->store), found.task.task_id, (int)found.task.source_dir.len,
                 found.task.source_dir.data);
    return tl_copy_target_hint(target, err);
}
