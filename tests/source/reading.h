/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of readers and decoders: a file in memory, settings as an import has them, and a whole
 * file as text, one line a row, so that two ways of reading it can be compared.
 */
#ifndef TL_TESTS_SOURCE_READING_H
#define TL_TESTS_SOURCE_READING_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/source/decode.h"
#include "core/source/reader.h"

struct memfile {
    int fd;
    char path[48];
};

static inline void memfile_init(struct memfile *file, const void *bytes, size_t len)
{
    file->fd = memfd_create("tl-test", 0);
    ck_assert_int_ge(file->fd, 0);
    snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
    ck_assert_int_eq(write(file->fd, bytes, len), (ssize_t)len);
}

static inline void memfile_done(struct memfile *file)
{
    close(file->fd);
}

static inline struct tl_reader_settings sql_settings(const struct memfile *file)
{
    return (struct tl_reader_settings){.path = file->path,
                                       .name = "db.t.sql",
                                       .type = TL_FILE_SQL,
                                       .sql_mode = "",
                                       .batch_bytes = 1 << 20,
                                       .batch_rows = 65536,
                                       .max_row_bytes = 64 << 20,
                                       .read_block = 65536};
}

/* As ck_assert_int_eq(rc, TL_OK), without its cost: for what is called for every byte. */
static inline void must(int rc)
{
    if (rc != TL_OK)
        ck_abort_msg("failed: %d", rc);
}

/* Printable: what is not becomes \xx. */
static inline void add_text(struct tl_buf *out, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];

        if (c >= ' ' && c < 0x7F && c != '\\' && c != '|')
            must(tl_buf_add(out, &c, 1));
        else
            must(tl_buf_addf(out, "\\%02x", c));
    }
}

static inline void add_value(struct tl_buf *out, const struct tl_value *value)
{
    static const char *const kinds[] = {"NULL", "", "#", "x:", "b:", "?"};

    must(tl_buf_adds(out, kinds[value->type]));
    if (value->type != TL_VALUE_NULL)
        add_text(out, value->data, value->len);
}

/* The batch's rows as "a|b|c\n"; with `places` each begins "offset:line:charset:sql_mode:first
 * column ". */
static inline int add_batch(struct tl_buf *out, struct tl_batch *batch,
                            const struct tl_reader_settings *settings, bool places,
                            struct tl_error *err)
{
    struct tl_rows rows = {0};
    uint32_t columns;

    if (batch->row_count == 0)
        return TL_OK;
    if (tl_decode_columns(batch, settings, &columns, err) != TL_OK ||
        tl_decode(&rows, batch, settings, columns, false, err) != TL_OK)
        return err->code;
    for (uint32_t r = 0; r < rows.row_count; r++) {
        if (places)
            must(tl_buf_addf(out, "%llu:%llu:%s:%s:%s ",
                             (unsigned long long)tl_batch_row_pos(batch, r),
                             (unsigned long long)tl_batch_row_line(batch, r),
                             batch->head->state.charset, batch->head->state.sql_mode,
                             batch->head->column_count > 0 ? batch->head->columns[0] : "-"));
        for (uint32_t c = 0; c < columns; c++) {
            must(tl_buf_adds(out, c > 0 ? "|" : ""));
            add_value(out, &rows.values[r * columns + c]);
        }
        must(tl_buf_adds(out, "\n"));
    }
    tl_rows_done(&rows);
    return TL_OK;
}

/* Where a reader that goes on behind the batch begins. */
static inline struct tl_reader_start start_behind(const struct tl_batch *batch)
{
    return (struct tl_reader_start){.pos = batch->end_pos,
                                    .line = batch->end_line,
                                    .in_statement = batch->in_statement,
                                    .head_offset = batch->resume_head,
                                    .state = batch->resume_state};
}

/* Reads on from start (NULL = the beginning) to the end of the file. */
static inline int read_all(const struct tl_reader_settings *settings,
                           const struct tl_reader_start *start, bool places, struct tl_buf *out,
                           struct tl_error *err)
{
    const struct tl_reader_start top = {.line = 1};
    TL_CLEANUP(tl_reader_close_p) struct tl_reader *reader = NULL;
    uint64_t pos = start ? start->pos : 0;
    bool last = false;
    int rc = tl_reader_open(&reader, settings, start ? start : &top, err);

    while (rc == TL_OK && !last) {
        TL_CLEANUP(tl_batch_free_p) struct tl_batch *batch = NULL;

        rc = tl_reader_next(reader, UINT64_MAX, &batch, err);
        if (rc != TL_OK)
            break;
        if (!batch || batch->begin_pos != pos)
            ck_abort_msg("no batch, or a gap at %llu", (unsigned long long)pos);
        pos = batch->end_pos;
        last = batch->last;
        rc = add_batch(out, batch, settings, places, err);
    }
    return rc;
}

/* Reads text of a file of the settings' type and compares its rows. */
static inline void check_rows(struct tl_reader_settings settings, const char *text, size_t len,
                              const char *rows)
{
    struct memfile file;
    struct tl_buf out;
    struct tl_error err;

    memfile_init(&file, text, len);
    settings.path = file.path;
    tl_buf_init(&out, SIZE_MAX);
    tl_error_init(&err);
    if (read_all(&settings, NULL, false, &out, &err) != TL_OK)
        ck_abort_msg("%s: %s", text, err.message);
    ck_assert_str_eq(tl_buf_text(&out), rows);
    tl_buf_done(&out);
    memfile_done(&file);
}

/* Reads a file that must fail with TL_ERR_DATA; the message must contain `words`. */
static inline void check_error(struct tl_reader_settings settings, const char *text, size_t len,
                               const char *words)
{
    struct memfile file;
    struct tl_buf out;
    struct tl_error err;

    memfile_init(&file, text, len);
    settings.path = file.path;
    tl_buf_init(&out, SIZE_MAX);
    tl_error_init(&err);
    ck_assert_msg(read_all(&settings, NULL, false, &out, &err) == TL_ERR_DATA, "no error: %s",
                  text);
    ck_assert_msg(strstr(err.message, words) != NULL, "%s: %s", text, err.message);
    ck_assert_int_gt(err.line, 0);
    ck_assert_int_ge(err.offset, 0);
    tl_buf_done(&out);
    memfile_done(&file);
}

/* A small generator: the same numbers on every run. */
static inline uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
