/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about size: many chunks are written and read in bounded time and memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/conformance/place.h"
#include "plugins/conformance/runner.h"

#define T1 "`big`.`table`"

/* For the load; an open may build an index in memory, which is allowed more. */
enum { LOAD_KIB = 64 * 1024, OPEN_KIB = 256 * 1024 };

enum { CHUNKS = 100000, WRITE_SECONDS = 100, READ_SECONDS = 20 };

/* Seconds that the quickest of the first applies took, and that of the latest ones. */
struct pace {
    double first;
    double latest;
};

enum { PACE = 50, APPLIES = CHUNKS / (int)CKPT_APPLY_MAX_CHANGES };

static long resident_kib(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[128];
    long kib = 0;

    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (file)
        fclose(file);
    return kib;
}

static int write_hundred(struct kit *kit, struct kit_store *store, int begin)
{
    struct ckpt_chunk chunks[CKPT_APPLY_MAX_CHANGES];
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];
    char paths[CKPT_APPLY_MAX_CHANGES][64];

    for (int i = 0; i < (int)CKPT_APPLY_MAX_CHANGES; i++) {
        snprintf(paths[i], sizeof(paths[i]), "dump/big.table.%09d.sql", begin + i);
        chunks[i] = kit_chunk(T1, 0, paths[i], begin + i);
        chunks[i].extra = (struct ckpt_str){NULL, 0};
        changes[i] = kit_put(CKPT_PUT_CHUNK, &chunks[i]);
    }
    return kit_apply(kit, store, changes, CKPT_APPLY_MAX_CHANGES);
}

/* Far apart, and not only in the noise: the whole store is written again each time. */
static int judge_pace(struct kit *kit, const struct pace *pace, int applies)
{
    KIT_CHECK(pace->latest < 8 * pace->first || pace->latest < 0.01 * kit_slowness(),
              "an apply takes %.1f ms in an empty store and %.1f ms in one of %d chunks",
              pace->first * 1000, pace->latest * 1000, applies * (int)CKPT_APPLY_MAX_CHANGES);
    return KIT_PASS;
}

static int write_many(struct kit *kit, struct kit_store *store)
{
    double begin = kit_clock();
    double before = begin;
    double quickest = WRITE_SECONDS;
    struct pace pace = {0};

    for (int i = 1; i <= APPLIES; i++) {
        KIT_TRY(write_hundred(kit, store, (i - 1) * (int)CKPT_APPLY_MAX_CHANGES));
        KIT_CHECK(kit_clock() - begin < WRITE_SECONDS * kit_slowness(),
                  "writing %d chunks takes more than %d s", CHUNKS, WRITE_SECONDS);
        if (kit_clock() - before < quickest)
            quickest = kit_clock() - before;
        before = kit_clock();
        if (i % PACE)
            continue;
        pace.latest = quickest;
        quickest = WRITE_SECONDS;
        if (i == PACE)
            pace.first = pace.latest;
        KIT_TRY(judge_pace(kit, &pace, i));
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

/* In a process of its own, whose memory has seen nothing yet. */
static int read_many(struct kit *kit, void *payload)
{
    KIT_STORE store = {0};
    struct walk walk = {0};
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .chunk = on_chunk, .payload = &walk};
    struct ckpt_error err = kit_error();
    long before = resident_kib();
    long opened;
    double begin = kit_clock();
    int rc;

    (void)payload;
    KIT_TRY(kit_open(kit, &store, CKPT_OPEN_READ_ONLY));
    opened = resident_kib();
    rc = kit->driver->load_table(store.handle, kit_str(T1), &visitor, &err);
    KIT_TRY(kit_expect(kit, "load_table", rc, CKPT_OK, &err));
    KIT_CHECK(walk.next == CHUNKS && !walk.wrong, "%lld chunks came, or in another order",
              (long long)walk.next);
    KIT_CHECK(kit_clock() - begin < READ_SECONDS * kit_slowness(),
              "%d chunks took %.1f s to open and read", CHUNKS, kit_clock() - begin);
    if (kit_slowness() > 1) /* a sanitizer's allocator keeps what is freed */
        return KIT_PASS;
    KIT_CHECK(resident_kib() - opened < LOAD_KIB, "load_table of %d chunks took %ld KiB of memory",
              CHUNKS, resident_kib() - opened);
    KIT_CHECK(resident_kib() - before < OPEN_KIB, "open with %d chunks took %ld KiB of memory",
              CHUNKS, opened - before);
    return KIT_PASS;
}

static int many_chunks_are_streamed(struct kit *kit)
{
    KIT_STORE store = {0};
    const struct ckpt_table table = kit_table(T1, 30);
    long before = resident_kib();

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    KIT_TRY(write_many(kit, &store));
    KIT_CHECK(kit_slowness() > 1 || resident_kib() - before < OPEN_KIB,
              "writing %d chunks took %ld KiB of memory", CHUNKS, resident_kib() - before);
    kit_close(&store);
    KIT_TRY(kit_elsewhere(kit, read_many, NULL));
    KIT_TRY(kit_open(kit, &store, 0));
    KIT_TRY(kit_apply_one(kit, &store, kit_delete(CKPT_DELETE_TABLE, T1)));
    return kit_expect_missing(kit, &store, T1);
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
    {"scale-chunks", "100000 chunks are written and streamed in bounded time and memory",
     many_chunks_are_streamed, 240},
    {"scale-tables", "2000 tables are listed", many_tables_are_listed, 0},
    {NULL, NULL, NULL, 0},
};
