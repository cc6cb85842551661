/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about size: many chunks are written and read in bounded time and memory.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "plugins/conformance/kit.h"

#define T1 "`big`.`table`"

#ifdef __SANITIZE_ADDRESS__
enum { MAX_GROWTH_KIB = 1024 * 1024 }; /* its allocator keeps what is freed */
#else
enum { MAX_GROWTH_KIB = 32 * 1024 };
#endif

enum { CHUNKS = 20000, WRITE_SECONDS = 60, READ_SECONDS = 10 };

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long peak_kib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static int write_many(struct kit *kit, struct kit_store *store)
{
    struct ckpt_chunk chunks[CKPT_APPLY_MAX_CHANGES];
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];
    char paths[CKPT_APPLY_MAX_CHANGES][64];

    for (int begin = 0; begin < CHUNKS; begin += (int)CKPT_APPLY_MAX_CHANGES) {
        for (int i = 0; i < (int)CKPT_APPLY_MAX_CHANGES; i++) {
            snprintf(paths[i], sizeof(paths[i]), "dump/big.table.%09d.sql", begin + i);
            chunks[i] = kit_chunk(T1, 0, paths[i], begin + i);
            chunks[i].extra = (struct ckpt_str){NULL, 0};
            changes[i] = kit_put(CKPT_PUT_CHUNK, &chunks[i]);
        }
        KIT_TRY(kit_apply(kit, store, changes, CKPT_APPLY_MAX_CHANGES));
    }
    return KIT_PASS;
}

struct walk {
    int64_t next;
    bool wrong;
};

static int on_chunk(const struct ckpt_chunk *chunk, void *payload)
{
    struct walk *walk = payload;

    if (chunk->offset != walk->next)
        walk->wrong = true;
    walk->next++;
    return 0;
}

static int many_chunks_are_streamed(struct kit *kit)
{
    KIT_STORE store = {0};
    struct walk walk = {0};
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .chunk = on_chunk, .payload = &walk};
    const struct ckpt_table table = kit_table(T1, 30);
    struct ckpt_error err = kit_error();
    double begin = seconds();
    long peak = peak_kib();
    int rc;

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    KIT_TRY(write_many(kit, &store));
    KIT_CHECK(seconds() - begin < WRITE_SECONDS, "%d chunks took %.1f s to write", CHUNKS,
              seconds() - begin);
    begin = seconds();
    rc = kit->driver->load_table(store.handle, kit_str(T1), &visitor, &err);
    KIT_TRY(kit_expect(kit, "load_table", rc, CKPT_OK, &err));
    KIT_CHECK(walk.next == CHUNKS && !walk.wrong, "%lld chunks came, or in another order",
              (long long)walk.next);
    KIT_CHECK(seconds() - begin < READ_SECONDS, "%d chunks took %.1f s to read", CHUNKS,
              seconds() - begin);
    KIT_CHECK(peak_kib() - peak < MAX_GROWTH_KIB, "the driver took %ld KiB of memory",
              peak_kib() - peak);
    return KIT_PASS;
}

static int many_tables_are_listed(struct kit *kit)
{
    enum { TABLES = 2000 };
    KIT_STORE store = {0};
    struct ckpt_table tables[CKPT_APPLY_MAX_CHANGES];
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];
    char names[CKPT_APPLY_MAX_CHANGES][64];
    size_t count = 0;

    KIT_TRY(kit_fresh(kit, &store));
    for (size_t begin = 0; begin < TABLES; begin += CKPT_APPLY_MAX_CHANGES) {
        for (size_t i = 0; i < CKPT_APPLY_MAX_CHANGES; i++) {
            snprintf(names[i], sizeof(names[i]), "`many`.`t%zu`", begin + i);
            tables[i] = kit_table(names[i], 30);
            changes[i] = kit_put(CKPT_PUT_TABLE, &tables[i]);
        }
        KIT_TRY(kit_apply(kit, &store, changes, CKPT_APPLY_MAX_CHANGES));
    }
    KIT_TRY(kit_count_tables(kit, &store, CKPT_FILTER_UNFINISHED, &count));
    KIT_CHECK(count == TABLES, "%zu of %d tables are listed", count, TABLES);
    return KIT_PASS;
}

const struct kit_rule kit_rules_scale[] = {
    {"scale-chunks", "20000 chunks are streamed in bounded time and memory",
     many_chunks_are_streamed, 0},
    {"scale-tables", "2000 tables are listed", many_tables_are_listed, 0},
    {NULL, NULL, NULL, 0},
};
