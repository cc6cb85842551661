/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the file and parsing it. A protobuf message that was cut between two fields parses as
 * well as a whole one, and so does one whose last table is gone. Upstream writes the task record
 * last; so it must be there, once, and end the file: then nothing behind it can be missing. What
 * was parsed must need as many bytes as the file has, so that no field came twice, and no field may
 * be unknown.
 */
#include "core/ctl/upstream_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <upstream_checkpoint.pb-c.h>

#include "core/base/buf.h"
#include "core/ctl/upstream_private.h"

#define FILE_MAX ((size_t)1 << 30)

static const char damaged_hint[] =
    "nothing was taken over; copy the file anew from where the upstream program wrote it, while it "
    "does not run";

/* What else people name: said instead of "damaged". NULL: none of these. */
static const char *other_kind(const uint8_t *bytes, size_t len)
{
    static const char sqlite[] = "SQLite format 3"; /* with its NUL */

    if (len == 0)
        return "is empty";
    if (len >= sizeof(sqlite) && memcmp(bytes, sqlite, sizeof(sqlite)) == 0)
        return "is an SQLite database, perhaps a checkpoint of this program (driver \"file\"), not "
               "a checkpoint file of the upstream program";
    if (len >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b)
        return "is compressed with gzip: decompress it first";
    if (bytes[0] == '{')
        return "is JSON, perhaps a checkpoint of upstream's backend 'import-into', of which "
               "nothing "
               "can be taken over";
    /* A table's entry or the task record. */
    if (bytes[0] != 0x0a && bytes[0] != 0x12)
        return "is not a checkpoint file of the upstream program";
    return NULL;
}

static int refuse_file(const char *what, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_DATA, "%s", what);
    return tl_error_hint(err,
                         "name the file that the upstream program wrote (its checkpoint.dsn, by "
                         "default /tmp/tidb_lightning_checkpoint.pb)");
}

static int damaged(struct tl_error *err, const char *what)
{
    tl_error_set(err, TL_ERR_DATA, "the checkpoint file is damaged or cut off: %s", what);
    return tl_error_hint(err, "%s", damaged_hint);
}

static bool is_known(const ProtobufCMessage *message)
{
    return message && message->n_unknown_fields == 0;
}

static bool chunk_is_known(const Tl__Upstream__ChunkEntry *entry)
{
    return is_known(&entry->base) && entry->value && is_known(&entry->value->base);
}

static bool engine_is_known(const Tl__Upstream__EngineEntry *entry)
{
    if (!is_known(&entry->base) || !entry->value || !is_known(&entry->value->base))
        return false;
    for (size_t i = 0; i < entry->value->n_chunks; i++)
        if (!chunk_is_known(entry->value->chunks[i]))
            return false;
    return true;
}

static bool table_is_known(const Tl__Upstream__TableEntry *entry)
{
    if (!is_known(&entry->base) || !entry->value || !is_known(&entry->value->base))
        return false;
    for (size_t i = 0; i < entry->value->n_engines; i++)
        if (!engine_is_known(entry->value->engines[i]))
            return false;
    return true;
}

/* Every field is one that we know, and every entry has its value. */
static bool all_known(const Tl__Upstream__Checkpoints *message)
{
    if (!is_known(&message->base))
        return false;
    for (size_t i = 0; i < message->n_tables; i++)
        if (!table_is_known(message->tables[i]))
            return false;
    for (size_t i = 0; i < message->n_task; i++)
        if (!is_known(&message->task[i]->base))
            return false;
    return true;
}

static size_t varint_size(size_t value)
{
    size_t size = 1;

    for (; value >= 0x80; value >>= 7)
        size++;
    return size;
}

/* Whether the bytes in front of the task record are all the tables. */
static bool task_is_last(const Tl__Upstream__Checkpoints *message, const uint8_t *bytes, size_t len)
{
    size_t size = protobuf_c_message_get_packed_size(&message->task[0]->base);
    size_t before = len - (1 + varint_size(size) + size);
    Tl__Upstream__Checkpoints *tables =
        before < len ? tl__upstream__checkpoints__unpack(NULL, before, bytes) : NULL;
    bool last = tables && tables->n_task == 0 && tables->n_tables == message->n_tables;

    if (tables)
        tl__upstream__checkpoints__free_unpacked(tables, NULL);
    return last;
}

static int check_whole(const Tl__Upstream__Checkpoints *message, const uint8_t *bytes, size_t len,
                       struct tl_error *err)
{
    if (!all_known(message)) {
        tl_error_set(err, TL_ERR_DATA,
                     "the checkpoint file has fields that are not known: it is "
                     "damaged, or a newer release of the upstream program wrote "
                     "it");
        return tl_error_hint(err, "%s", damaged_hint);
    }
    if (message->n_task == 0)
        return damaged(err, "it has no task record, which ends such a file");
    if (message->n_task > 1)
        return damaged(err, "it has more than one task record");
    if (protobuf_c_message_get_packed_size(&message->base) != len)
        return damaged(err, "something in it is written twice");
    if (!task_is_last(message, bytes, len))
        return damaged(err, "its task record is not the last one, so that tables behind it may be "
                            "missing");
    return TL_OK;
}

static int parse(struct tl_upstream *upstream, const uint8_t *bytes, size_t len,
                 struct tl_error *err)
{
    const char *kind = other_kind(bytes, len);
    Tl__Upstream__Checkpoints *message;
    int rc;

    if (kind)
        return refuse_file(kind, err);
    message = tl__upstream__checkpoints__unpack(NULL, len, bytes);
    if (!message)
        return damaged(err, "it cannot be parsed as a whole");
    rc = check_whole(message, bytes, len, err);
    if (rc == TL_OK)
        rc = tl_upstream_take(upstream, message, err);
    tl__upstream__checkpoints__free_unpacked(message, NULL);
    if (rc == TL_ERR_DATA && err->hint[0] == '\0')
        tl_error_hint(err, "%s", damaged_hint);
    return rc;
}

int tl_upstream_parse(struct tl_upstream *upstream_out, const void *bytes, size_t len,
                      const char *name, struct tl_error *err)
{
    int rc;

    memset(upstream_out, 0, sizeof(*upstream_out));
    rc = parse(upstream_out, bytes, len, err);
    return rc == TL_OK ? rc : tl_error_context(err, "file '%s'", name);
}

static int read_all(int fd, const char *path, struct tl_buf *bytes, struct tl_error *err)
{
    struct stat st;
    ssize_t got = 1;

    if (fstat(fd, &st) != 0)
        return tl_error_errno(err, errno, "cannot examine file '%s'", path);
    if (!S_ISREG(st.st_mode))
        return tl_error_set(err, TL_ERR_IO, "'%s' is not a regular file", path);
    if ((uint64_t)st.st_size > FILE_MAX)
        return tl_error_set(err, TL_ERR_DATA,
                            "file '%s' has %" PRId64 " bytes: too large for a "
                            "checkpoint file of the upstream program",
                            path, (int64_t)st.st_size);
    if (tl_buf_reserve(bytes, (size_t)st.st_size + 1) != TL_OK)
        return tl_error_nomem(err);
    while (got != 0) {
        got = read(fd, bytes->data + bytes->len, bytes->cap - bytes->len);
        if (got < 0 && errno != EINTR)
            return tl_error_errno(err, errno, "cannot read file '%s'", path);
        bytes->len += got > 0 ? (size_t)got : 0;
        if (bytes->len > (size_t)st.st_size)
            return tl_error_set(err, TL_ERR_IO, "file '%s' grows while it is read", path);
    }
    return TL_OK;
}

int tl_upstream_read(struct tl_upstream *upstream_out, const char *path, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf bytes;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int rc;

    memset(upstream_out, 0, sizeof(*upstream_out));
    tl_buf_init(&bytes, FILE_MAX + 1);
    if (fd < 0)
        return tl_error_errno(err, errno, "cannot open file '%s'", path);
    rc = read_all(fd, path, &bytes, err);
    (void)close(fd);
    return rc == TL_OK ? tl_upstream_parse(upstream_out, tl_buf_text(&bytes), bytes.len, path, err)
                       : rc;
}

void tl_upstream_done(struct tl_upstream *upstream)
{
    tl_plan_free(upstream->plan);
    free(upstream->host);
    memset(upstream, 0, sizeof(*upstream));
}
