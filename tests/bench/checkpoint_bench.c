/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast a checkpoint driver is, called as the importer calls it:
 *
 *     checkpoint_bench [--repeat N] [--chunks N] [--tables N] [--schema NAME] DRIVER.so DSN
 *
 * Prints for each figure the median and the least of the repeats. Everything in that store is
 * deleted, before and after.
 */
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/checkpoint/model.h"
#include "core/checkpoint/registry.h"
#include "core/checkpoint/store.h"

#define TABLE "`bench`.`large table`"
#define NOW (INT64_C(1750000000) * TL_NS_PER_SEC)

enum { GROUP = CKPT_APPLY_MAX_CHANGES, CHANGED = 1000, MAX_REPEAT = 1000, NAME_SIZE = 64 };

struct bench {
    struct tl_ckpt_module *module;
    struct tl_store *store;
    const char *dsn;
    const char *schema;
    long repeat;
    long chunks;
    long tables;
    double values[MAX_REPEAT];
    struct tl_error err;
};

static void must(struct bench *bench, int rc)
{
    if (rc == TL_OK)
        return;
    fprintf(stderr, "checkpoint_bench: %s\n", bench->err.message);
    exit(1);
}

static double milliseconds(int64_t begin)
{
    return (double)(tl_clock_ns() - begin) / 1e6;
}

static int by_value(const void *a, const void *b)
{
    const double *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static void show(struct bench *bench, const char *what, const char *unit)
{
    size_t count = (size_t)bench->repeat;

    qsort(bench->values, count, sizeof(bench->values[0]), by_value);
    printf("%-44s median %9.2f  least %9.2f %s\n", what, bench->values[count / 2], bench->values[0],
           unit);
    fflush(stdout);
}

static void open_store(struct bench *bench)
{
    const struct tl_store_settings settings = {
        .module = bench->module, .dsn = bench->dsn, .schema = bench->schema};

    tl_store_close(bench->store);
    bench->store = NULL;
    must(bench, tl_store_open(&bench->store, &settings, &bench->err));
}

/* Records and the changes that put them, one apply's worth. */
struct group {
    struct ckpt_change changes[GROUP];
    const struct ckpt_change *pointers[GROUP];
    union {
        struct ckpt_table table;
        struct ckpt_chunk chunk;
        struct ckpt_source source;
    } records[GROUP];
    char names[GROUP][NAME_SIZE];
};

static void add(struct group *group, size_t i, enum ckpt_change_kind kind)
{
    group->changes[i] = (struct ckpt_change){.struct_size = sizeof(struct ckpt_change),
                                             .kind = (uint32_t)kind,
                                             .record = {.any = &group->records[i]}};
    group->pointers[i] = &group->changes[i];
}

static void apply(struct bench *bench, const struct group *group, size_t n)
{
    must(bench, tl_store_apply(bench->store, group->pointers, n, &bench->err));
}

/* As an import writes them: a path, sizes, progress. */
static void make_chunk(struct group *group, size_t i, long number, int64_t pos)
{
    snprintf(group->names[i], NAME_SIZE, "bench.large table.%09ld.sql", number);
    group->records[i].chunk = (struct ckpt_chunk){.struct_size = sizeof(struct ckpt_chunk),
                                                  .table_name = tl_ckpt_str(TABLE),
                                                  .path = tl_ckpt_str(group->names[i]),
                                                  .type = 3,
                                                  .file_size = 268435456,
                                                  .end_offset = 268435456,
                                                  .pos = pos,
                                                  .real_pos = pos,
                                                  .rowid_max = pos / 100,
                                                  .kvc_bytes = (uint64_t)pos,
                                                  .kvc_kvs = (uint64_t)pos / 100,
                                                  .create_time = NOW,
                                                  .update_time = NOW + pos};
    add(group, i, CKPT_PUT_CHUNK);
}

static void make_source(struct group *group, size_t i, long number)
{
    snprintf(group->names[i], NAME_SIZE, "bench.large table.%09ld.sql", number);
    group->records[i].source = (struct ckpt_source){.struct_size = sizeof(struct ckpt_source),
                                                    .table_name = tl_ckpt_str(TABLE),
                                                    .path = tl_ckpt_str(group->names[i]),
                                                    .size = 268435456,
                                                    .mtime = NOW + number,
                                                    .fingerprint = tl_ckpt_str("0123456789abcdef")};
    add(group, i, CKPT_PUT_SOURCE);
}

static void make_table(struct group *group, size_t i, const char *name)
{
    group->records[i].table = (struct ckpt_table){.struct_size = sizeof(struct ckpt_table),
                                                  .status = 30,
                                                  .name = tl_ckpt_str(name),
                                                  .create_time = NOW,
                                                  .update_time = NOW};
    add(group, i, CKPT_PUT_TABLE);
}

static void write_chunks(struct bench *bench, struct group *group, long count, int64_t pos)
{
    for (long begin = 0; begin < count; begin += GROUP) {
        size_t n = 0;

        for (; n < GROUP && begin + (long)n < count; n++)
            make_chunk(group, n, begin + (long)n, pos);
        apply(bench, group, n);
    }
}

static void write_sources(struct bench *bench, struct group *group, long count)
{
    for (long begin = 0; begin < count; begin += GROUP) {
        size_t n = 0;

        for (; n < GROUP && begin + (long)n < count; n++)
            make_source(group, n, begin + (long)n);
        apply(bench, group, n);
    }
}

static void measure_changes(struct bench *bench, struct group *group)
{
    for (long r = 0; r < bench->repeat; r++) {
        int64_t begin = tl_clock_ns();

        write_chunks(bench, group, CHANGED, 4194304 * (r + 1));
        bench->values[r] = milliseconds(begin);
    }
    show(bench, "1000 chunk changes in applies of 100", "ms");
}

/* A line "name: N kB" of /proc/self/status in MiB. */
static double memory(const char *name)
{
    char line[256];
    double value = 0;
    FILE *file = fopen("/proc/self/status", "r");

    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtod(line + strlen(name) + 1, NULL) / 1024;
    if (file)
        fclose(file);
    return value;
}

/* From now on VmHWM is the peak of what comes. */
static void reset_peak(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, "5", 1) != 1)
        fprintf(stderr, "checkpoint_bench: the peak of memory cannot be reset\n");
    if (fd >= 0)
        close(fd);
}

static int count_chunk(const struct ckpt_chunk *chunk, void *payload)
{
    (void)chunk;
    ++*(long *)payload;
    return 0;
}

static int count_source(const struct ckpt_source *source, void *payload)
{
    (void)source;
    ++*(long *)payload;
    return 0;
}

static int count_table(const struct ckpt_table *table, void *payload)
{
    (void)table;
    ++*(long *)payload;
    return 0;
}

static void expect(long count, long expected)
{
    if (count == expected)
        return;
    fprintf(stderr, "checkpoint_bench: %ld records instead of %ld\n", count, expected);
    exit(1);
}

static void measure_load(struct bench *bench, bool with_sources)
{
    double grown[MAX_REPEAT];
    char what[80];

    for (long r = 0; r < bench->repeat; r++) {
        long count = 0;
        const struct ckpt_visitor visitor = {.struct_size = sizeof(visitor),
                                             .chunk = count_chunk,
                                             .source = with_sources ? count_source : NULL,
                                             .payload = &count};
        double before;
        int64_t begin;

        tl_store_close(bench->store);
        bench->store = NULL;
        malloc_trim(0); /* what was freed must not hide what the load takes */
        before = memory("VmRSS");
        open_store(bench); /* what it holds in memory is part of the figure */
        reset_peak();
        begin = tl_clock_ns();
        must(bench, tl_store_load_table(bench->store, TABLE, &visitor, &bench->err));
        bench->values[r] = milliseconds(begin);
        grown[r] = memory("VmHWM") - before;
        expect(count, with_sources ? 2 * bench->chunks : bench->chunks);
    }
    snprintf(what, sizeof(what), "load of %ld chunks%s", bench->chunks,
             with_sources ? " and sources" : "");
    show(bench, what, "ms");
    memcpy(bench->values, grown, sizeof(grown));
    snprintf(what, sizeof(what), "memory of the load%s", with_sources ? ", sources too" : "");
    show(bench, what, "MiB");
}

static void measure_tables(struct bench *bench, struct group *group)
{
    char what[80];

    for (long begin = 0; begin < bench->tables; begin += GROUP) {
        size_t n = 0;

        for (; n < GROUP && begin + (long)n < bench->tables; n++) {
            snprintf(group->names[n], NAME_SIZE, "`many`.`table %09ld`", begin + (long)n);
            make_table(group, n, group->names[n]);
        }
        apply(bench, group, n);
    }
    for (long r = 0; r < bench->repeat; r++) {
        long count = 0;
        const struct ckpt_visitor visitor = {
            .struct_size = sizeof(visitor), .table = count_table, .payload = &count};
        int64_t begin = tl_clock_ns();

        must(bench, tl_store_each_table(bench->store, CKPT_FILTER_ALL, &visitor, &bench->err));
        bench->values[r] = milliseconds(begin);
        expect(count, bench->tables + 1);
    }
    snprintf(what, sizeof(what), "each_table of %ld tables", bench->tables);
    show(bench, what, "ms");
}

static void run(struct bench *bench)
{
    TL_CLEANUP_FREE struct group *group = calloc(1, sizeof(*group));
    int64_t begin;

    if (!group)
        exit(1);
    open_store(bench);
    must(bench, tl_store_delete(bench->store, CKPT_DELETE_ALL, NULL, &bench->err));
    make_table(group, 0, TABLE);
    apply(bench, group, 1);
    write_chunks(bench, group, CHANGED, 0);
    measure_changes(bench, group);
    begin = tl_clock_ns();
    write_chunks(bench, group, bench->chunks, 0);
    printf("%-44s        %9.2f ms\n", "writing that many chunks, once", milliseconds(begin));
    write_sources(bench, group, bench->chunks);
    measure_load(bench, false);
    measure_load(bench, true);
    measure_tables(bench, group);
    must(bench, tl_store_retire(bench->store, CKPT_RETIRE_REMOVE, 0, &bench->err));
    tl_store_close(bench->store);
}

static int usage(const char *why)
{
    fprintf(stderr,
            "checkpoint_bench: %s\nusage: checkpoint_bench [--repeat N] [--chunks N] [--tables N] "
            "[--schema NAME] DRIVER.so DSN\nEverything in that store is deleted.\n",
            why);
    return 2;
}

static bool parse(struct bench *bench, int argc, char **argv)
{
    static const struct option longs[] = {{"repeat", required_argument, NULL, 'r'},
                                          {"chunks", required_argument, NULL, 'c'},
                                          {"tables", required_argument, NULL, 't'},
                                          {"schema", required_argument, NULL, 's'},
                                          {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 's')
            bench->schema = optarg;
        else if (c == 'r')
            bench->repeat = strtol(optarg, NULL, 10);
        else if (c == 'c')
            bench->chunks = strtol(optarg, NULL, 10);
        else if (c == 't')
            bench->tables = strtol(optarg, NULL, 10);
        else
            return false;
    }
    return argc - optind == 2 && bench->repeat > 0 && bench->repeat <= MAX_REPEAT &&
           bench->chunks >= CHANGED && bench->tables > 0;
}

int main(int argc, char **argv)
{
    struct bench bench = {
        .schema = "tidb_lightning_bench", .repeat = 9, .chunks = 100000, .tables = 10000};
    char *path;

    tl_error_init(&bench.err);
    if (!parse(&bench, argc, argv))
        return usage("a driver and a DSN are needed, and 1000 chunks at least");
    bench.dsn = argv[optind + 1];
    path = realpath(argv[optind], NULL);
    if (!path || tl_registry_load(&bench.module, path, NULL, &bench.err) != TL_OK)
        return usage(path ? bench.err.message : "there is no such driver file");
    free(path);
    run(&bench);
    tl_ckpt_module_free(bench.module);
    return 0;
}
