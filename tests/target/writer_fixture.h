/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads a small file through reader and writer into `tl_test`.`t`, with a ledger of its own.
 */
#ifndef TL_TESTS_TARGET_WRITER_FIXTURE_H
#define TL_TESTS_TARGET_WRITER_FIXTURE_H

#include <fcntl.h>
#include <unistd.h>

#include "core/source/reader.h"
#include "core/target/writer.h"
#include "ledger_fixture.h"

struct load {
    struct tl_options options;
    struct tl_session *session; /* for looking */
    struct tl_ledger ledger;
    struct tl_ledger_chunk chunk;
    struct tl_write_stats stats;
    atomic_bool stop;
    struct tl_cancel *cancel;
    struct tl_writer_settings settings;
    struct tl_writer *writer;
    struct tl_table_info *table;
    struct tl_strings ignored;
    struct tl_csv_options csv;
    struct tl_reader_settings source;
    char path[64];
    struct tl_error err;
    uint32_t bad_row;
};

static inline void load_csv_defaults(struct load *load)
{
    static char comma[] = ",", quote[] = "\"", none[] = "", null[] = "\\N", escape[] = "\\";
    static char *nulls[] = {null};

    load->csv = (struct tl_csv_options){.separator = comma,
                                        .delimiter = quote,
                                        .terminator = none,
                                        .null_values = {nulls, 1},
                                        .header = true,
                                        .header_schema_match = true,
                                        .backslash_escape = true,
                                        .escaped_by = escape};
}

/* Claims the task and opens writer 1; the table must exist. */
static inline void load_begin(struct load *load, bool bulk)
{
    static char data_charset[] = "binary", replace[] = "\xef\xbf\xbd";

    tl_error_init(&load->err);
    load->ledger = test_ledger(1);
    load->chunk = test_chunk(1, "a.sql");
    ck_assert_msg(test_claim(&load->ledger, load->session, &load->err) == TL_OK, "%s",
                  load->err.message);
    load->ledger.server.bulk = load->ledger.server.bulk && bulk;
    ck_assert_int_eq(tl_cancel_new(&load->cancel, &load->err), TL_OK);
    load->settings = (struct tl_writer_settings){.options = &load->options,
                                                 .ledger = &load->ledger,
                                                 .cancel = load->cancel,
                                                 .stats = &load->stats,
                                                 .stop = &load->stop};
    ck_assert_msg(tl_writer_open(&load->writer, &load->settings, 1, &load->err) == TL_OK, "%s",
                  load->err.message);
    ck_assert_msg(tl_table_info_load(&load->table, load->session, "tl_test", "t", &load->err) ==
                      TL_OK,
                  "%s", load->err.message);
    load_csv_defaults(load);
    load->source = (struct tl_reader_settings){.path = load->path,
                                               .name = "a.sql",
                                               .type = TL_FILE_SQL,
                                               .csv = &load->csv,
                                               .data_character_set = data_charset,
                                               .invalid_char_replace = replace,
                                               .sql_mode = "",
                                               .batch_bytes = 1 << 20,
                                               .batch_rows = 100000,
                                               .max_row_bytes = 64 << 20,
                                               .read_block = 65536};
}

static inline void load_end(struct load *load)
{
    tl_writer_close(load->writer);
    tl_table_info_free(load->table);
    tl_cancel_free(load->cancel);
    load->writer = NULL;
    load->table = NULL;
    load->cancel = NULL;
    if (load->path[0])
        unlink(load->path);
}

static inline void load_write_file(struct load *load, const char *text, size_t len)
{
    int fd;

    if (!load->path[0])
        snprintf(load->path, sizeof(load->path), "/tmp/tl-writer-test-XXXXXX");
    fd = strstr(load->path, "XXXXXX") ? mkstemp(load->path) : open(load->path, O_WRONLY | O_TRUNC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
    close(fd);
}

static inline struct tl_reader *load_open(struct load *load)
{
    struct tl_reader_start start = {.line = 1};
    struct tl_reader *reader = NULL;

    ck_assert_msg(tl_reader_open(&reader, &load->source, &start, &load->err) == TL_OK, "%s",
                  load->err.message);
    return reader;
}

static inline struct tl_batch *load_next(struct load *load, struct tl_reader *reader)
{
    struct tl_batch *batch = NULL;

    ck_assert_msg(tl_reader_next(reader, UINT64_MAX, &batch, &load->err) == TL_OK, "%s",
                  load->err.message);
    return batch;
}

static inline int load_commit(struct load *load, struct tl_batch *batch)
{
    struct tl_write_target target = {
        .table = load->table,
        .key = &load->chunk.key,
        .source = &load->source,
        .ignore_columns = load->ignored.count ? &load->ignored : NULL,
    };

    load->bad_row = 12345;
    return tl_writer_commit(load->writer, &target, batch, &load->bad_row, &load->err);
}

/* All batches of the text; the first failure ends it. */
static inline int load_bytes(struct load *load, const char *text, size_t len)
{
    struct tl_reader *reader;
    struct tl_batch *batch;
    int rc = TL_OK;

    load_write_file(load, text, len);
    reader = load_open(load);
    while (rc == TL_OK && (batch = load_next(load, reader)) != NULL) {
        rc = load_commit(load, batch);
        tl_batch_free(batch);
    }
    tl_reader_close(reader);
    return rc;
}

static inline int load_text(struct load *load, const char *text)
{
    return load_bytes(load, text, strlen(text));
}

#endif
