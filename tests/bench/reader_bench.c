/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast files are cut into batches and decoded, in one thread each: run it on a file
 * (reader_bench x.sql, reader_bench x.csv), or without one on generated data of several kinds.
 * Prints MB per second of CPU time, and rows as a check.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/source/decode.h"
#include "core/source/reader.h"

enum { GENERATED = 128 << 20 };

struct result {
    uint64_t bytes;
    uint64_t rows;
    int64_t read_ns;
    int64_t decode_ns;
};

static char null_text[] = "\\N";
static char *null_items[] = {null_text};
static char comma[] = ",", quote[] = "\"", nothing[] = "", backslash[] = "\\";
static struct tl_csv_options csv = {.separator = comma,
                                    .delimiter = quote,
                                    .terminator = nothing,
                                    .null_values = {null_items, 1},
                                    .escaped_by = backslash,
                                    .backslash_escape = true};

static struct tl_reader_settings settings_for(const char *path, enum tl_file_type type)
{
    return (struct tl_reader_settings){.path = path,
                                       .name = path,
                                       .type = type,
                                       .csv = &csv,
                                       .data_character_set = "binary",
                                       .sql_mode = "",
                                       .batch_bytes = 1 << 20,
                                       .batch_rows = 65536,
                                       .max_row_bytes = 64 << 20,
                                       .read_block = 65536};
}

/* CPU time, so that a busy machine does not count. */
static int64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int take_batch(struct tl_reader *reader, const struct tl_reader_settings *settings,
                      struct result *result, bool *last, struct tl_error *err)
{
    struct tl_batch *batch = NULL;
    struct tl_rows rows = {0};
    uint32_t columns;
    int64_t begin = cpu_ns();
    int rc = tl_reader_next(reader, UINT64_MAX, &batch, err);

    result->read_ns += cpu_ns() - begin;
    if (rc != TL_OK)
        return rc;
    *last = batch->last;
    result->bytes = batch->end_pos;
    result->rows += batch->row_count;
    begin = cpu_ns();
    if (batch->row_count > 0)
        rc = tl_decode_columns(batch, settings, &columns, err);
    if (rc == TL_OK && batch->row_count > 0)
        rc = tl_decode(&rows, batch, settings, columns, false, err);
    result->decode_ns += cpu_ns() - begin;
    tl_rows_done(&rows);
    tl_batch_free(batch);
    return rc;
}

static int bench(const char *title, const char *path, enum tl_file_type type)
{
    const struct tl_reader_start top = {.line = 1};
    const struct tl_reader_settings settings = settings_for(path, type);
    struct tl_reader *reader = NULL;
    struct result result = {0};
    struct tl_error err;
    bool last = false;
    int rc = tl_reader_open(&reader, &settings, &top, &err);

    while (rc == TL_OK && !last)
        rc = take_batch(reader, &settings, &result, &last, &err);
    tl_reader_close(reader);
    if (rc != TL_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    printf("%-28s %9llu rows  %5.0f bytes/row  read %6.0f MB/s  decode %6.0f MB/s\n", title,
           (unsigned long long)result.rows,
           (double)result.bytes / (double)(result.rows ? result.rows : 1),
           (double)result.bytes * 1e3 / (double)result.read_ns,
           (double)result.bytes * 1e3 / (double)result.decode_ns);
    return 0;
}

/* One row of each kind; %1$u is its number. */
static const struct sample {
    const char *title;
    enum tl_file_type type;
    const char *row;
} samples[] = {
    {"SQL, sysbench ('')", TL_FILE_SQL,
     "(%1$u,%1$u,'68487932199-96439406143-93774651418-41631865787-96406072701-20604855487-"
     "25459966574-"
     "28203206787-41238978918-19503783441','22195207048-70116052123-74140395089-76317954521-"
     "98694025897')"},
    {"SQL, sysbench (\"\")", TL_FILE_SQL,
     "(%1$u,%1$u,\"68487932199-96439406143-93774651418-41631865787-96406072701-20604855487-"
     "25459966574-"
     "28203206787-41238978918-19503783441\",\"22195207048-70116052123-74140395089-76317954521-"
     "98694025897\")"},
    {"SQL, small values", TL_FILE_SQL, "(%1$u,'abc',-5,NULL,1.25,'2024-01-01 00:00:00',0,'x')"},
    {"SQL, integers", TL_FILE_SQL, "(%1$u,%1$u,17,3)"},
    {"SQL, JSON with escapes", TL_FILE_SQL,
     "(%1$u,'{\\\"a\\\": \\\"it''s\\\", \\\"list\\\": [1, 2, 3], \\\"path\\\": "
     "\\\"/usr/bin\\\"}','\\n')"},
    {"SQL, 1 KiB of text", TL_FILE_SQL, "(%1$u,'%2$s')"},
    {"SQL, hex", TL_FILE_SQL, "(%1$u,0x0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF,x'00FF')"},
    {"CSV, quoted", TL_FILE_CSV,
     "%1$u,%1$u,\"68487932199-96439406143-93774651418-41631865787-96406072701-20604855487\","
     "\"22195207048\""},
    {"CSV, small values", TL_FILE_CSV, "%1$u,abc,-5,\\N,1.25,2024-01-01 00:00:00,0,x"},
};

static int generate(const struct sample *sample)
{
    char path[64], filler[1025];
    int fd = memfd_create("bench", 0);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    bool sql = sample->type == TL_FILE_SQL;
    int rc;

    if (!out)
        return 1;
    memset(filler, 'y', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    for (unsigned i = 0; ftell(out) < GENERATED; i++) {
        if (sql)
            fputs(i % 1000 ? ",\n"
                  : i      ? ";\nINSERT INTO `t` VALUES\n"
                           : "INSERT INTO `t` VALUES\n",
                  out);
        fprintf(out, sample->row, i, filler);
        fputs(sql ? "" : "\n", out);
    }
    fputs(sql ? ";\n" : "", out);
    fflush(out);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    rc = bench(sample->title, path, sample->type);
    fclose(out);
    return rc;
}

int main(int argc, char **argv)
{
    size_t len = argc > 1 ? strlen(argv[1]) : 0;
    int rc = 0;

    if (argc > 1)
        return bench(argv[1], argv[1],
                     len > 4 && strcmp(argv[1] + len - 4, ".csv") == 0 ? TL_FILE_CSV : TL_FILE_SQL);
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        rc |= generate(&samples[i]);
    return rc;
}
