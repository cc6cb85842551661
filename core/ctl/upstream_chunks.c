/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a table in upstream's checkpoint. Upstream cuts a large CSV file into slices with a
 * record each; here a file is one chunk, and the slices become ranges of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <upstream_checkpoint.pb-c.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/ctl/upstream_private.h"
#include "core/import/adopt_marks.h"

enum { TYPE_PARQUET = 5, MAX_SORT_KEY = 256, MAX_COLUMNS = 4097, MAX_COLUMN_TEXT = 64 * 1024 };

struct slice {
    const Tl__Upstream__Chunk *chunk;
    bool written; /* its engine's or table's status says that all of it is loaded */
};

static int compare_bytes(ProtobufCBinaryData a, ProtobufCBinaryData b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_slices(const void *a, const void *b)
{
    const struct slice *left = a, *right = b;
    int order = compare_bytes(left->chunk->path, right->chunk->path);

    return order ? order
                 : (left->chunk->offset > right->chunk->offset) -
                       (left->chunk->offset < right->chunk->offset);
}

/* The record's key is "<path>:<offset>". */
static bool is_key_of(ProtobufCBinaryData key, const Tl__Upstream__Chunk *chunk)
{
    char offset[32];
    size_t len = (size_t)snprintf(offset, sizeof(offset), ":%" PRId64, chunk->offset);

    return key.len == chunk->path.len + len && chunk->path.len > 0 &&
           memcmp(key.data, chunk->path.data, chunk->path.len) == 0 &&
           memcmp(key.data + chunk->path.len, offset, len) == 0;
}

/* It will be opened below the source directory. */
static bool leads_away(const char *path)
{
    size_t len = strlen(path);

    return path[0] == '/' || strncmp(path, "../", 3) == 0 || strstr(path, "/../") != NULL ||
           (len >= 3 && strcmp(path + len - 3, "/..") == 0) || strcmp(path, "..") == 0;
}

static bool is_compressed(const Tl__Upstream__Chunk *chunk)
{
    return chunk->compression != TL_COMPRESSION_NONE;
}

static const char *check_positions(const Tl__Upstream__Chunk *c)
{
    if (c->offset < 0 || c->pos < c->offset || c->end_offset < c->pos || c->file_size < 0 ||
        c->real_pos < 0 || c->prev_rowid_max < 0 || c->rowid_max < 0)
        return "has positions that cannot be";
    if (c->pos == c->offset && (c->kvc_kvs > 0 || c->kvc_bytes > 0))
        return "has rows, but no byte of it is loaded";
    if (c->type == TYPE_PARQUET)
        return NULL; /* its positions are rows */
    if (is_compressed(c) ? c->offset != 0 || c->end_offset != TL_END_UNKNOWN
                         : c->end_offset > c->file_size)
        return "has positions that do not fit its size";
    if (c->offset > 0 && c->type != TL_FILE_CSV)
        return "is cut into slices, but is no CSV";
    if (!is_compressed(c) && c->kvc_kvs > (uint64_t)(c->pos - c->offset))
        return "has more rows than bytes";
    return NULL;
}

static const char *check_record(const Tl__Upstream__Chunk *c)
{
    if (c->type < TL_FILE_SQL || c->type > TYPE_PARQUET)
        return "is of a type that is not known";
    if (c->compression < TL_COMPRESSION_NONE || c->compression > TL_COMPRESSION_SNAPPY)
        return "has a compression that is not known";
    if (c->n_column_permutation > MAX_COLUMNS)
        return "has too many columns";
    for (size_t i = 0; i < c->n_column_permutation; i++)
        if (c->column_permutation[i] < -1 || c->column_permutation[i] >= MAX_COLUMNS)
            return "has a column that cannot be";
    return check_positions(c);
}

/* Upstream leaves a loaded file with its position at the end. */
static bool is_loaded(const struct slice *slice)
{
    return slice->chunk->pos == slice->chunk->end_offset ||
           (slice->written && is_compressed(slice->chunk));
}

static int check_slice(const struct slice *slice, ProtobufCBinaryData key, struct tl_error *err)
{
    TL_CLEANUP_FREE char *path = NULL;
    const Tl__Upstream__Chunk *chunk = slice->chunk;
    const char *wrong = NULL;
    int rc = tl_upstream_text(&path, chunk->path.data, chunk->path.len, CKPT_MAX_PATH, "path", err);

    if (rc != TL_OK)
        return rc;
    if (!is_key_of(key, chunk))
        wrong = "does not have its path and offset as its key";
    else if (leads_away(path))
        wrong = "is not in the source directory";
    else
        wrong = check_record(chunk);
    if (!wrong && slice->written && !is_loaded(slice))
        wrong = "is not loaded to its end, but the table's or engine's status says so";
    return wrong ? tl_error_set(err, TL_ERR_DATA, "its file '%.300s' %s", path, wrong) : TL_OK;
}

/* All chunk records of the data engines. */
static int collect(struct slice *slices, size_t *count_out, const Tl__Upstream__Table *table,
                   bool table_done, struct tl_error *err)
{
    *count_out = 0;
    for (size_t e = 0; e < table->n_engines; e++) {
        const Tl__Upstream__Engine *engine = table->engines[e]->value;

        for (size_t c = 0; c < engine->n_chunks; c++) {
            struct slice slice = {engine->chunks[c]->value,
                                  table_done || engine->status >= TL_STATUS_ALL_WRITTEN};
            int rc = check_slice(&slice, engine->chunks[c]->key, err);

            if (rc != TL_OK)
                return rc;
            slices[(*count_out)++] = slice;
        }
    }
    qsort(slices, *count_out, sizeof(*slices), compare_slices);
    return TL_OK;
}

/* A CSV header is in front of the first slice. No slice may be missing. */
static int check_run(const struct slice *slices, size_t count, const char *path,
                     struct tl_error *err)
{
    const Tl__Upstream__Chunk *first = slices[0].chunk, *last = slices[count - 1].chunk;
    bool whole =
        is_compressed(first) || first->type == TYPE_PARQUET || last->end_offset == first->file_size;

    for (size_t i = 1; i < count; i++) {
        const Tl__Upstream__Chunk *before = slices[i - 1].chunk, *now = slices[i].chunk;

        whole = whole && before->end_offset == now->offset && before->type == now->type &&
                before->compression == now->compression && before->file_size == now->file_size &&
                now->offset > before->offset;
    }
    return whole ? TL_OK
                 : tl_error_set(err, TL_ERR_DATA,
                                "the records of its file '%.300s' do not cover it", path);
}

static int add_columns(struct tl_plan_chunk *chunk, const Tl__Upstream__Chunk *record,
                       struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf text;
    int rc = TL_OK;

    tl_buf_init(&text, MAX_COLUMN_TEXT);
    if (chunk->columns || record->n_column_permutation == 0)
        return TL_OK;
    for (size_t i = 0; rc == TL_OK && i < record->n_column_permutation; i++)
        rc = tl_buf_addf(&text, "%s%" PRId32, i ? "," : "[", record->column_permutation[i]);
    rc = rc == TL_OK ? tl_buf_adds(&text, "]") : rc;
    chunk->columns = rc == TL_OK ? tl_buf_steal(&text) : NULL;
    return chunk->columns ? TL_OK : tl_error_nomem(err);
}

/* What is loaded of the file, in its parts. */
static int add_range(struct tl_plan_chunk *chunk, const Tl__Upstream__Chunk *record,
                     struct tl_error *err)
{
    struct tl_range range = {.begin = (uint64_t)record->offset,
                             .end = (uint64_t)record->pos,
                             .rows = record->kvc_kvs,
                             .bytes = record->kvc_bytes,
                             .last = record->pos == chunk->end_offset};

    if (chunk->rows + range.rows < chunk->rows || chunk->bytes + range.bytes < chunk->bytes ||
        chunk->rows + range.rows > INT64_MAX)
        return tl_error_set(err, TL_ERR_DATA, "its file '%.300s' has too many rows", chunk->path);
    chunk->rows += range.rows;
    chunk->bytes += range.bytes;
    if (record->real_pos > chunk->real_pos)
        chunk->real_pos = record->real_pos;
    return record->pos > record->offset ? tl_ranges_add(&chunk->ranges, &range, err) : TL_OK;
}

/* Where the file as a whole is: at its end, or behind what is loaded without a gap; what lies
   behind a gap is in the marks. */
static int set_position(struct tl_plan_chunk *chunk, bool loaded, struct tl_error *err)
{
    bool plain = loaded || chunk->ranges.count == 0 ||
                 (chunk->ranges.count == 1 && chunk->ranges.items[0].begin == 0);
    int rc = plain ? TL_OK : tl_marks_print(&chunk->marks, &chunk->ranges, err);

    chunk->pos = loaded ? (uint64_t)chunk->end_offset : tl_ranges_low_water(&chunk->ranges, 0);
    tl_ranges_done(&chunk->ranges);
    return rc == TL_ERR_DATA ? tl_error_context(err, "its file '%.300s'", chunk->path) : rc;
}

static int add_file(struct tl_plan_table *table, const struct slice *slices, size_t count,
                    bool *complete_io, struct tl_error *err)
{
    const Tl__Upstream__Chunk *first = slices[0].chunk;
    TL_CLEANUP_FREE char *path = NULL;
    TL_CLEANUP_FREE char *sort_key = NULL;
    struct tl_plan_chunk *chunk;
    bool loaded = true;
    int rc = tl_upstream_text(&path, first->path.data, first->path.len, CKPT_MAX_PATH, "path", err);

    if (rc == TL_OK)
        rc = tl_upstream_text(&sort_key, first->sort_key.data, first->sort_key.len, MAX_SORT_KEY,
                              "sort key", err);
    rc = rc == TL_OK ? check_run(slices, count, path, err) : rc;
    rc = rc == TL_OK ? tl_plan_add_chunk(table, path, sort_key, &chunk, err) : rc;
    if (rc != TL_OK)
        return rc;
    chunk->type = (enum tl_file_type)first->type;
    chunk->compression = (enum tl_compression)first->compression;
    chunk->file_size = first->file_size;
    chunk->end_offset = slices[count - 1].chunk->end_offset;
    if (first->timestamp > 0 && first->timestamp < INT64_MAX / TL_NS_PER_SEC)
        chunk->create_time = first->timestamp * TL_NS_PER_SEC;
    for (size_t i = 0; rc == TL_OK && i < count; i++) {
        loaded = loaded && is_loaded(&slices[i]);
        rc = add_columns(chunk, slices[i].chunk, err);
        rc = rc == TL_OK ? add_range(chunk, slices[i].chunk, err) : rc;
    }
    *complete_io = *complete_io && loaded;
    return rc == TL_OK ? set_position(chunk, loaded, err) : rc;
}

int tl_upstream_take_chunks(struct tl_plan_table *table, const Tl__Upstream__Table *message,
                            bool table_done, bool *complete_out, struct tl_error *err)
{
    TL_CLEANUP_FREE struct slice *slices = NULL;
    size_t count = 0, first = 0;
    bool complete = true;
    int rc;

    for (size_t e = 0; e < message->n_engines; e++)
        count += message->engines[e]->value->n_chunks;
    slices = calloc(count + 1, sizeof(*slices));
    if (!slices)
        return tl_error_nomem(err);
    rc = collect(slices, &count, message, table_done, err);
    while (rc == TL_OK && first < count) {
        size_t end = first + 1;

        while (end < count &&
               compare_bytes(slices[first].chunk->path, slices[end].chunk->path) == 0)
            end++;
        rc = add_file(table, slices + first, end - first, &complete, err);
        first = end;
    }
    if (rc == TL_OK)
        *complete_out = complete;
    return rc;
}
