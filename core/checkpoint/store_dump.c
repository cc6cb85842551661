/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A checkpoint as three CSV files, for people and spreadsheets: upstream's columns, and the engine
 * of each chunk. Written under temporary names and renamed, so that no half file is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/checkpoint/model.h"
#include "core/checkpoint/registry.h"
#include "core/checkpoint/store_private.h"
#include "core/checkpoint/table_list.h"

static const char table_head[] = "task_id,table_name,hash,status,create_time,update_time,"
                                 "auto_rand_base,auto_incr_base,auto_row_id_base\n";
static const char engine_head[] = "table_name,engine_id,status,create_time,update_time\n";
static const char chunk_head[] =
    "table_name,engine_id,path,offset,type,compression,sort_key,file_size,columns,pos,real_pos,"
    "end_offset,prev_rowid_max,rowid_max,kvc_bytes,kvc_kvs,kvc_checksum,create_time,update_time\n";

struct csv {
    FILE *file;
    char path[PATH_MAX];
    char part[PATH_MAX];
};

struct dump {
    struct csv tables;
    struct csv engines;
    struct csv chunks;
    struct tl_table_list list;
};

static void put_text(FILE *file, struct ckpt_str text)
{
    bool quote = text.len > 0 && (text.data[0] == ' ' || text.data[text.len - 1] == ' ');

    for (size_t i = 0; i < text.len && !quote; i++)
        quote = strchr(",\"\r\n", text.data[i]) != NULL; /* a NUL is quoted too */
    if (quote)
        fputc('"', file);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            fputc('"', file);
        fputc(text.data[i], file);
    }
    if (quote)
        fputc('"', file);
}

static void put_hex(FILE *file, struct ckpt_str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        fprintf(file, "%02X", (unsigned)(unsigned char)bytes.data[i]);
}

static void put_time(FILE *file, int64_t ns)
{
    time_t seconds = (time_t)(ns / TL_NS_PER_SEC);
    struct tm tm;
    char text[64];

    if (gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) > 0)
        fputs(text, file);
}

static void put_times(FILE *file, int64_t created, int64_t updated, const char *end)
{
    put_time(file, created);
    fputc(',', file);
    put_time(file, updated);
    fputs(end, file);
}

static int put_table(const struct ckpt_table *t, void *payload)
{
    FILE *file = ((struct dump *)payload)->tables.file;

    fprintf(file, "%" PRId64 ",", t->task_id);
    put_text(file, t->name);
    fputc(',', file);
    put_hex(file, t->hash);
    fprintf(file, ",%" PRIu32 ",", t->status);
    put_times(file, t->create_time, t->update_time, ",");
    fprintf(file, "%" PRId64 ",%" PRId64 ",%" PRId64 "\n", t->auto_rand_base, t->auto_incr_base,
            t->auto_row_id_base);
    return 0;
}

static int put_engine(const struct ckpt_engine *e, void *payload)
{
    FILE *file = ((struct dump *)payload)->engines.file;

    put_text(file, e->table_name);
    fprintf(file, ",%" PRId32 ",%" PRIu32 ",", e->engine_id, e->status);
    put_times(file, e->create_time, e->update_time, "\n");
    return 0;
}

static int put_chunk(const struct ckpt_chunk *c, void *payload)
{
    FILE *file = ((struct dump *)payload)->chunks.file;

    put_text(file, c->table_name);
    fprintf(file, ",%" PRId32 ",", c->engine_id);
    put_text(file, c->path);
    fprintf(file, ",%" PRId64 ",%" PRId32 ",%" PRId32 ",", c->offset, c->type, c->compression);
    put_text(file, c->sort_key);
    fprintf(file, ",%" PRId64 ",", c->file_size);
    put_text(file, c->columns);
    fprintf(file, ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",", c->pos,
            c->real_pos, c->end_offset, c->prev_rowid_max, c->rowid_max);
    fprintf(file, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", c->kvc_bytes, c->kvc_kvs,
            c->kvc_checksum);
    put_times(file, c->create_time, c->update_time, "\n");
    return 0;
}

static int csv_open(struct csv *csv, const char *directory, const char *name, const char *head,
                    struct tl_error *err)
{
    int len = snprintf(csv->path, sizeof(csv->path), "%s/%s.csv", directory, name);
    int fd;

    if (len < 0 || (size_t)len + sizeof(".part") > sizeof(csv->path))
        return tl_error_set(err, TL_ERR_USAGE, "the folder name '%s' is too long", directory);
    memcpy(csv->part, csv->path, (size_t)len);
    memcpy(csv->part + len, ".part", sizeof(".part"));
    unlink(csv->part); /* of an earlier run that was killed */
    fd = open(csv->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        tl_error_errno(err, errno, "cannot create '%s'", csv->part);
        csv->part[0] = '\0';
        return err->code;
    }
    csv->file = fdopen(fd, "w");
    if (!csv->file) {
        close(fd);
        return tl_error_nomem(err);
    }
    fputs(head, csv->file);
    return TL_OK;
}

static int csv_finish(struct csv *csv, struct tl_error *err)
{
    FILE *file = csv->file;
    bool failed = ferror(file) != 0;

    csv->file = NULL;
    if (fclose(file) != 0 || failed)
        return tl_error_errno(err, errno, "cannot write '%s'", csv->part);
    if (rename(csv->part, csv->path) != 0)
        return tl_error_errno(err, errno, "cannot rename '%s' to '%s'", csv->part, csv->path);
    csv->part[0] = '\0';
    return TL_OK;
}

static void csv_done(struct csv *csv)
{
    if (csv->file)
        fclose(csv->file);
    if (csv->part[0])
        unlink(csv->part);
}

static void dump_free(struct dump *dump)
{
    csv_done(&dump->tables);
    csv_done(&dump->engines);
    csv_done(&dump->chunks);
    tl_table_list_done(&dump->list);
    free(dump);
}

TL_DEFINE_CLEANUP(struct dump *, dump_free)

static int write_records(struct tl_store *store, struct dump *dump, struct tl_error *err)
{
    const struct ckpt_visitor writer = {.struct_size = sizeof(writer),
                                        .table = put_table,
                                        .engine = put_engine,
                                        .chunk = put_chunk,
                                        .payload = dump};
    int rc = tl_table_list_read(&dump->list, store, err);

    for (size_t i = 0; i < dump->list.count && rc == TL_OK; i++) {
        rc = tl_store_load_table(store, dump->list.names[i], &writer, err);
        if (rc == TL_NOT_FOUND)
            rc = TL_OK; /* deleted meanwhile by another process */
    }
    return rc;
}

static int host_dump(struct tl_store *store, const char *directory, struct tl_error *err)
{
    TL_CLEANUP(dump_free_p) struct dump *dump = calloc(1, sizeof(*dump));
    int rc;

    if (!dump)
        return tl_error_nomem(err);
    rc = csv_open(&dump->tables, directory, "tables", table_head, err);
    if (rc == TL_OK)
        rc = csv_open(&dump->engines, directory, "engines", engine_head, err);
    if (rc == TL_OK)
        rc = csv_open(&dump->chunks, directory, "chunks", chunk_head, err);
    if (rc == TL_OK)
        rc = write_records(store, dump, err);
    if (rc == TL_OK)
        rc = csv_finish(&dump->tables, err);
    if (rc == TL_OK)
        rc = csv_finish(&dump->engines, err);
    if (rc == TL_OK)
        rc = csv_finish(&dump->chunks, err);
    return rc;
}

static int call_dump(struct tl_store *store, struct tl_store_call *call, struct ckpt_error *err)
{
    return store->driver->dump(store->handle, tl_ckpt_str(call->payload), err);
}

int tl_store_dump(struct tl_store *store, const char *directory, struct tl_error *err)
{
    char copy[PATH_MAX];
    struct tl_store_call call = {.method = "dump", .fn = call_dump, .payload = copy};

    if (strlen(directory) >= sizeof(copy))
        return tl_error_set(err, TL_ERR_USAGE, "the folder name '%s' is too long", directory);
    memcpy(copy, directory, strlen(directory) + 1);
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return tl_error_errno(err, errno, "cannot create the folder '%s'", directory);
    return store->driver->dump ? tl_store_call(store, &call, err)
                               : host_dump(store, directory, err);
}
