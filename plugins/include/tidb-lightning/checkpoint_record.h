/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help for drivers that keep records as bytes, in a file or as the values of a key-value store:
 * changes to bytes and back, errno as an error, a checksum. All of it is compiled into the driver;
 * a driver may do without.
 *
 *   change = kind, length (4 bytes each), then the fields of the record in the order of the table
 *            below, or the name of the table that a delete is about
 *   number = as wide as in the struct, little-endian;  text = length (4 bytes), then its bytes
 *
 * These bytes are stable: the table only grows at the end of a record. What an older driver did not
 * write reads as 0 or empty, what a newer one wrote is passed over.
 */
#ifndef TIDB_LIGHTNING_CHECKPOINT_RECORD_H
#define TIDB_LIGHTNING_CHECKPOINT_RECORD_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

union ckpt_record {
    uint32_t struct_size;
    struct ckpt_task task;
    struct ckpt_table table;
    struct ckpt_engine engine;
    struct ckpt_chunk chunk;
    struct ckpt_source source;
    struct ckpt_failure failure;
};

/* ---- Fields -------------------------------------------------------------------------------- */

struct ckpt_field {
    size_t offset; /* 0 ends the list */
    size_t size;
    int is_text;
};

/* clang-format off */
#define CKPT_FIELD_(kind, name) \
    offsetof(struct ckpt_##kind, name), sizeof(((struct ckpt_##kind *)0)->name)
#define CKPT_NUMBER_(kind, name) {CKPT_FIELD_(kind, name), 0}
#define CKPT_TEXT_(kind, name) {CKPT_FIELD_(kind, name), 1}
#define CKPT_END_ {0, 0, 0}

static inline const struct ckpt_field *ckpt_task_fields(void)
{
    static const struct ckpt_field fields[] = {
        CKPT_NUMBER_(task, planned), CKPT_NUMBER_(task, task_id), CKPT_TEXT_(task, source_dir),
        CKPT_TEXT_(task, backend), CKPT_TEXT_(task, importer_addr), CKPT_TEXT_(task, target_host),
        CKPT_NUMBER_(task, target_port), CKPT_TEXT_(task, pd_addr),
        CKPT_TEXT_(task, sorted_kv_dir), CKPT_TEXT_(task, version), CKPT_TEXT_(task, extra),
        CKPT_END_};

    return fields;
}

static inline const struct ckpt_field *ckpt_table_fields(void)
{
    static const struct ckpt_field fields[] = {
        CKPT_NUMBER_(table, status), CKPT_NUMBER_(table, task_id), CKPT_TEXT_(table, name),
        CKPT_TEXT_(table, hash), CKPT_NUMBER_(table, table_id), CKPT_TEXT_(table, table_info),
        CKPT_NUMBER_(table, kv_bytes), CKPT_NUMBER_(table, kv_kvs),
        CKPT_NUMBER_(table, kv_checksum), CKPT_NUMBER_(table, auto_rand_base),
        CKPT_NUMBER_(table, auto_incr_base), CKPT_NUMBER_(table, auto_row_id_base),
        CKPT_NUMBER_(table, create_time), CKPT_NUMBER_(table, update_time),
        CKPT_TEXT_(table, extra), CKPT_END_};

    return fields;
}

static inline const struct ckpt_field *ckpt_engine_fields(void)
{
    static const struct ckpt_field fields[] = {
        CKPT_NUMBER_(engine, status), CKPT_TEXT_(engine, table_name),
        CKPT_NUMBER_(engine, engine_id), CKPT_NUMBER_(engine, create_time),
        CKPT_NUMBER_(engine, update_time), CKPT_TEXT_(engine, extra), CKPT_END_};

    return fields;
}

static inline const struct ckpt_field *ckpt_chunk_fields(void)
{
    static const struct ckpt_field fields[] = {
        CKPT_NUMBER_(chunk, engine_id), CKPT_TEXT_(chunk, table_name), CKPT_TEXT_(chunk, path),
        CKPT_NUMBER_(chunk, offset), CKPT_NUMBER_(chunk, type), CKPT_NUMBER_(chunk, compression),
        CKPT_TEXT_(chunk, sort_key), CKPT_NUMBER_(chunk, file_size), CKPT_TEXT_(chunk, columns),
        CKPT_NUMBER_(chunk, end_offset), CKPT_NUMBER_(chunk, pos), CKPT_NUMBER_(chunk, real_pos),
        CKPT_NUMBER_(chunk, prev_rowid_max), CKPT_NUMBER_(chunk, rowid_max),
        CKPT_NUMBER_(chunk, kvc_bytes), CKPT_NUMBER_(chunk, kvc_kvs),
        CKPT_NUMBER_(chunk, kvc_checksum), CKPT_NUMBER_(chunk, create_time),
        CKPT_NUMBER_(chunk, update_time), CKPT_TEXT_(chunk, extra), CKPT_END_};

    return fields;
}

static inline const struct ckpt_field *ckpt_source_fields(void)
{
    static const struct ckpt_field fields[] = {
        CKPT_TEXT_(source, table_name), CKPT_TEXT_(source, path), CKPT_NUMBER_(source, size),
        CKPT_NUMBER_(source, mtime), CKPT_TEXT_(source, fingerprint), CKPT_TEXT_(source, extra),
        CKPT_END_};

    return fields;
}

static inline const struct ckpt_field *ckpt_failure_fields(void)
{
    static const struct ckpt_field fields[] = {
        CKPT_NUMBER_(failure, engine_id), CKPT_TEXT_(failure, table_name),
        CKPT_TEXT_(failure, path), CKPT_NUMBER_(failure, offset), CKPT_NUMBER_(failure, line),
        CKPT_NUMBER_(failure, native_code), CKPT_NUMBER_(failure, status),
        CKPT_TEXT_(failure, sqlstate), CKPT_TEXT_(failure, message), CKPT_TEXT_(failure, hint),
        CKPT_NUMBER_(failure, time), CKPT_TEXT_(failure, extra), CKPT_END_};

    return fields;
}

/* The fields of a kind of record; NULL for what is no record. */
static inline const struct ckpt_field *ckpt_fields_of(uint32_t kind)
{
    switch (kind) {
    case CKPT_PUT_TASK:
        return ckpt_task_fields();
    case CKPT_PUT_TABLE:
        return ckpt_table_fields();
    case CKPT_PUT_ENGINE:
        return ckpt_engine_fields();
    case CKPT_PUT_CHUNK:
        return ckpt_chunk_fields();
    case CKPT_PUT_SOURCE:
        return ckpt_source_fields();
    case CKPT_PUT_FAILURE:
        return ckpt_failure_fields();
    default:
        return NULL;
    }
}
/* clang-format on */

#undef CKPT_FIELD_
#undef CKPT_NUMBER_
#undef CKPT_TEXT_
#undef CKPT_END_

/* ---- Bytes --------------------------------------------------------------------------------- */

/* Bytes in memory that grow; begin with {NULL, 0, 0, 0} and free(data) in the end. */
struct ckpt_writer {
    char *data;
    size_t len;
    size_t size;
    int failed; /* out of memory: something is missing; asked once, when all is written */
};

static inline void ckpt_write_bytes(struct ckpt_writer *w, const char *data, size_t len)
{
    if (len > w->size - w->len && !w->failed) {
        size_t size = w->size + w->size / 2 + len;
        void *larger = realloc(w->data, size);

        w->failed = !larger;
        if (larger) {
            w->data = (char *)larger;
            w->size = size;
        }
    }
    if (len == 0 || w->failed)
        return;
    memcpy(w->data + w->len, data, len);
    w->len += len;
}

/* The lowest `width` bytes. */
static inline void ckpt_write_number(struct ckpt_writer *w, uint64_t number, size_t width)
{
    char bytes[8];

    for (size_t i = 0; i < width; i++)
        bytes[i] = (char)(unsigned char)(number >> (8 * i));
    ckpt_write_bytes(w, bytes, width);
}

/* Takes `width` bytes from the front; -1: there are fewer. */
static inline int ckpt_read_number(struct ckpt_str *from, uint64_t *number_out, size_t width)
{
    uint64_t number = 0;

    if (from->len < width)
        return -1;
    for (size_t i = 0; i < width; i++)
        number |= (uint64_t)(unsigned char)from->data[i] << (8 * i);
    from->data += width;
    from->len -= width;
    *number_out = number;
    return 0;
}

/* Takes `len` bytes from the front, borrowed; -1: there are fewer. */
static inline int ckpt_read_bytes(struct ckpt_str *from, struct ckpt_str *bytes_out, uint64_t len)
{
    if (len > from->len)
        return -1;
    bytes_out->data = from->data;
    bytes_out->len = (size_t)len;
    from->data += bytes_out->len;
    from->len -= bytes_out->len;
    return 0;
}

/* The fields that the host's record has: that of an older host ends earlier. */
static inline void ckpt_write_record(struct ckpt_writer *w, uint32_t kind, const void *record)
{
    const struct ckpt_field *field = ckpt_fields_of(kind);
    uint32_t record_size;

    memcpy(&record_size, record, sizeof(record_size));
    for (; field->offset > 0 && field->offset + field->size <= record_size; field++) {
        const char *at = (const char *)record + field->offset;
        struct ckpt_str text;
        uint64_t whole;
        uint32_t half;

        if (field->is_text) {
            memcpy(&text, at, sizeof(text));
            ckpt_write_number(w, text.len, 4);
            ckpt_write_bytes(w, text.data, text.len);
        } else if (field->size == 4) {
            memcpy(&half, at, sizeof(half));
            ckpt_write_number(w, half, 4);
        } else {
            memcpy(&whole, at, sizeof(whole));
            ckpt_write_number(w, whole, 8);
        }
    }
}

/* Texts are borrowed from `bytes`. -1: it is no record of that kind. */
static inline int ckpt_read_record(union ckpt_record *record_out, uint32_t kind,
                                   struct ckpt_str bytes)
{
    const struct ckpt_field *field = ckpt_fields_of(kind);

    memset(record_out, 0, sizeof(*record_out));
    for (; field->offset > 0 && bytes.len > 0; field++) {
        char *at = (char *)record_out + field->offset;
        struct ckpt_str text;
        uint64_t whole;
        uint32_t half;

        if (ckpt_read_number(&bytes, &whole, field->is_text ? 4 : field->size) != 0)
            return -1;
        half = (uint32_t)whole;
        if (field->is_text && ckpt_read_bytes(&bytes, &text, whole) != 0)
            return -1;
        if (field->is_text)
            memcpy(at, &text, sizeof(text));
        else if (field->size == 4)
            memcpy(at, &half, sizeof(half));
        else
            memcpy(at, &whole, sizeof(whole));
    }
    record_out->struct_size = (uint32_t)(kind == CKPT_PUT_TASK     ? sizeof(record_out->task)
                                         : kind == CKPT_PUT_TABLE  ? sizeof(record_out->table)
                                         : kind == CKPT_PUT_ENGINE ? sizeof(record_out->engine)
                                         : kind == CKPT_PUT_CHUNK  ? sizeof(record_out->chunk)
                                         : kind == CKPT_PUT_SOURCE ? sizeof(record_out->source)
                                                                   : sizeof(record_out->failure));
    return 0;
}

/* ---- Changes ------------------------------------------------------------------------------- */

/* Writes a change; -1: its kind is not known, and nothing was written. */
static inline int ckpt_write_change(struct ckpt_writer *w, const struct ckpt_change *change)
{
    struct ckpt_writer length;
    size_t begin = w->len;

    if (change->kind < CKPT_PUT_TASK || change->kind > CKPT_DELETE_ALL)
        return -1;
    ckpt_write_number(w, change->kind, 4);
    ckpt_write_number(w, 0, 4);
    if (ckpt_fields_of(change->kind))
        ckpt_write_record(w, change->kind, change->record.any);
    else
        ckpt_write_bytes(w, change->name.data, change->name.len);
    if (w->failed)
        return 0;
    length.data = w->data + begin + 4;
    length.len = 0;
    length.size = 4;
    length.failed = 0;
    ckpt_write_number(&length, w->len - begin - 8, 4);
    return 0;
}

/* Takes a change from the front. Its record is *record_out; texts are borrowed from `from`. -1: it
   is no change, or of a kind that is not known. */
static inline int ckpt_read_change(struct ckpt_str *from, struct ckpt_change *change_out,
                                   union ckpt_record *record_out)
{
    struct ckpt_str rest = *from;
    struct ckpt_str body;
    uint64_t kind;
    uint64_t len;

    if (ckpt_read_number(&rest, &kind, 4) != 0 || ckpt_read_number(&rest, &len, 4) != 0 ||
        ckpt_read_bytes(&rest, &body, len) != 0)
        return -1;
    if (kind < CKPT_PUT_TASK || kind > CKPT_DELETE_ALL)
        return -1;
    memset(change_out, 0, sizeof(*change_out));
    change_out->struct_size = (uint32_t)sizeof(*change_out);
    change_out->kind = (uint32_t)kind;
    if (!ckpt_fields_of(change_out->kind))
        change_out->name = body;
    else if (ckpt_read_record(record_out, change_out->kind, body) == 0)
        change_out->record.any = record_out;
    else
        return -1;
    *from = rest;
    return 0;
}

/* ---- Errors and checksums ------------------------------------------------------------------ */

static inline int ckpt_code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: /* a limit of the process */
        return CKPT_ERR_FULL;
    case EACCES:
    case EPERM:
        return CKPT_ERR_DENIED;
    case EROFS:
        return CKPT_ERR_READ_ONLY;
    case EWOULDBLOCK:
    case EBUSY:
    case EEXIST:
        return CKPT_ERR_BUSY;
    case ENOMEM:
        return CKPT_ERR_NOMEM;
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return CKPT_ERR_USAGE;
    default:
        return CKPT_ERR;
    }
}

/* As ckpt_error_set, with ": " and the text of errnum behind the message; returns its code. */
__attribute__((format(printf, 3, 4))) static inline int
ckpt_error_errno(struct ckpt_error *err, int errnum, const char *format, ...)
{
    char what[sizeof(err->message)];
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(what, sizeof(what), format, ap);
    va_end(ap);
    return ckpt_error_set(err, ckpt_code_of_errno(errnum), errnum, "%s: %s", what,
                          strerror(errnum));
}

/* FNV-1a, 64 bits, going on from `sum`: finds damage, not malice. */
static inline uint64_t ckpt_checksum(uint64_t sum, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ (unsigned char)data[i]) * UINT64_C(0x100000001b3);
    return sum;
}

#ifdef __cplusplus
}
#endif

#endif
