/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about size: many chunks are written and read in bounded time and memory, and many of
 * everything else come back, all of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/conformance/place.h"
#include "plugins/conformance/runner.h"
#include "plugins/conformance/world.h"

#define T1 "`big`.`table`"
#define T2 "`big`.`tables`"

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

/* More than any limit that a driver may have set itself. */
enum { MANY = 3000, FEW = 7 };

union child {
    struct ckpt_engine engine;
    struct ckpt_source source;
    struct ckpt_failure failure;
};

/* The number `at` of its kind. */
static struct ckpt_change child_of(union child *child, char path[32], const char *table,
                                   enum ckpt_change_kind kind, int at)
{
    snprintf(path, 32, "dump/%d.sql", at / 3);
    if (kind == CKPT_PUT_ENGINE) {
        child->engine = kit_engine(table, at - 1);
    } else if (kind == CKPT_PUT_SOURCE) {
        snprintf(path, 32, "dump/%d.sql", at);
        child->source = kit_source(table, path);
    } else {
        child->failure = kit_failure(table, path, at);
        child->failure.engine_id = at % 3 - 1;
    }
    return kit_put(kind, child);
}

/* All of one kind below one table, in an order that is none. */
static int put_children(struct kit *kit, struct kit_store *store, struct kit_world *world,
                        const char *table, enum ckpt_change_kind kind, int count)
{
    enum { STEP = 1009 }; /* prime: each number comes once */
    union child children[CKPT_APPLY_MAX_CHANGES];
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];
    char paths[CKPT_APPLY_MAX_CHANGES][32];
    size_t n = 0;

    for (int i = 0; i < count; i++) {
        changes[n] = child_of(&children[n], paths[n], table, kind, i * STEP % count);
        n++;
        if (n < CKPT_APPLY_MAX_CHANGES && i + 1 < count)
            continue;
        KIT_TRY(kit_world_apply(kit, store, world, changes, n));
        n = 0;
    }
    return KIT_PASS;
}

static int many_children_come_back(struct kit *kit)
{
    static const enum ckpt_change_kind kinds[] = {CKPT_PUT_ENGINE, CKPT_PUT_SOURCE,
                                                  CKPT_PUT_FAILURE};
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    const struct ckpt_table tables[] = {kit_table(T1, 30), kit_table(T2, 30)};
    const struct ckpt_change parents[] = {kit_put(CKPT_PUT_TABLE, &tables[0]),
                                          kit_put(CKPT_PUT_TABLE, &tables[1])};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_world_apply(kit, &store, &world, parents, 2));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        KIT_TRY(put_children(kit, &store, &world, T2, kinds[i], FEW));
        KIT_TRY(put_children(kit, &store, &world, T1, kinds[i], MANY));
    }
    KIT_TRY(kit_world_expect(kit, &store, &world));
    kit_close(&store);
    KIT_TRY(kit_open(kit, &store, CKPT_OPEN_READ_ONLY));
    return kit_world_expect(kit, &store, &world);
}

struct list {
    char name[64]; /* of the table before */
    int count;
    bool wrong;
};

static int on_listed(const struct ckpt_table *table, void *payload)
{
    struct list *list = payload;
    struct ckpt_str before = kit_str(list->name);

    if (list->count && kit_compare_str(before, table->name) >= 0)
        list->wrong = true;
    snprintf(list->name, sizeof(list->name), "%.*s", (int)table->name.len, table->name.data);
    list->count++;
    return 0;
}

/* Every third is invalid, every third done. */
static int expect_listed(struct kit *kit, struct kit_store *store, uint32_t filter, int count)
{
    struct list list = {0};
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .table = on_listed, .payload = &list};
    struct ckpt_error err = kit_error();
    int rc = kit->driver->each_table(store->handle, filter, &visitor, &err);

    KIT_TRY(kit_expect(kit, "each_table", rc, CKPT_OK, &err));
    KIT_CHECK(list.count == count, "with filter %u %d of %d tables are listed", filter, list.count,
              count);
    KIT_CHECK(!list.wrong, "with filter %u tables are listed out of order, or twice", filter);
    return KIT_PASS;
}

static int many_tables_are_listed(struct kit *kit)
{
    static const uint32_t status[] = {25, 30, 200};
    KIT_STORE store = {0};
    struct ckpt_table tables[CKPT_APPLY_MAX_CHANGES];
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];
    char names[CKPT_APPLY_MAX_CHANGES][64];

    KIT_TRY(kit_fresh(kit, &store));
    for (size_t begin = 0; begin < 2 * MANY; begin += CKPT_APPLY_MAX_CHANGES) {
        for (size_t i = 0; i < CKPT_APPLY_MAX_CHANGES; i++) {
            snprintf(names[i], sizeof(names[i]), "`many`.`t%zu`", begin + i);
            tables[i] = kit_table(names[i], status[(begin + i) % 3]);
            changes[i] = kit_put(CKPT_PUT_TABLE, &tables[i]);
        }
        KIT_TRY(kit_apply(kit, &store, changes, CKPT_APPLY_MAX_CHANGES));
    }
    KIT_TRY(expect_listed(kit, &store, CKPT_FILTER_ALL, 2 * MANY));
    KIT_TRY(expect_listed(kit, &store, CKPT_FILTER_INVALID, 2 * MANY / 3));
    return expect_listed(kit, &store, CKPT_FILTER_UNFINISHED, 2 * MANY * 2 / 3);
}

const struct kit_rule kit_rules_scale[] = {
    {"scale-chunks", "100000 chunks are written and streamed in bounded time and memory",
     many_chunks_are_streamed, 240},
    {"scale-children", "3000 engines, sources and failures of one table come back in order",
     many_children_come_back, 0},
    {"scale-tables", "6000 tables are listed in order, through each filter", many_tables_are_listed,
     0},
    {NULL, NULL, NULL, 0},
};
