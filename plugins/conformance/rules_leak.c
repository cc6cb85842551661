/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about leaks: memory, descriptors, threads and mappings, over many repetitions of a call.
 * What grows in each of several series of calls leaks; what grows once is a cache.
 */
#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "plugins/conformance/kit.h"

#define T1 "`leak`.`t`"

enum { SERIES = 4, CALLS = 40, BYTES_A_CALL = 12 };

/* Of a sanitizer's allocator, where there is one. */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

static size_t memory_in_use(void)
{
    struct mallinfo2 info;

    if (__sanitizer_get_current_allocated_bytes)
        return __sanitizer_get_current_allocated_bytes();
    info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static size_t count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;

    while (dir && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count;
}

static size_t count_mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    size_t count = 0;
    int c;

    while (maps && (c = getc(maps)) != EOF)
        count += c == '\n';
    if (maps)
        fclose(maps);
    return count;
}

struct usage {
    size_t memory, descriptors, threads, mappings;
};

static struct usage usage_now(void)
{
    return (struct usage){memory_in_use(), count_entries("/proc/self/fd"),
                          count_entries("/proc/self/task"), count_mappings()};
}

typedef int (*call_fn)(struct kit *kit, struct kit_store *store);

/* Memory is allowed a few bytes a call: the least that malloc gives is more. */
static int repeat(struct kit *kit, struct kit_store *store, const char *what, call_fn call)
{
    bool memory = true, descriptors = true, threads = true, mappings = true;

    for (int series = 0; series < SERIES; series++) {
        struct usage before = usage_now(), after;

        for (int i = 0; i < CALLS; i++)
            KIT_TRY(call(kit, store));
        after = usage_now();
        if (series == 0) /* caches fill */
            continue;
        memory &= after.memory > before.memory + (size_t)CALLS * BYTES_A_CALL;
        descriptors &= after.descriptors > before.descriptors;
        threads &= after.threads > before.threads;
        mappings &= after.mappings >= before.mappings + CALLS / 2;
    }
    KIT_CHECK(!descriptors, "%s leaks file descriptors", what);
    KIT_CHECK(!threads, "%s leaks threads", what);
    KIT_CHECK(!memory, "%s leaks memory", what);
    KIT_CHECK(!mappings, "%s leaks mappings", what);
    return KIT_PASS;
}

static int open_and_close(struct kit *kit, struct kit_store *store)
{
    (void)store;
    {
        KIT_STORE own = {0};

        return kit_open(kit, &own, 0);
    }
}

static int read_only_open(struct kit *kit, struct kit_store *store)
{
    KIT_STORE own = {0};

    (void)store;
    return kit_open(kit, &own, CKPT_OPEN_READ_ONLY);
}

static int open_of(struct kit *kit, const char *dsn)
{
    struct ckpt_open_args args = kit_args(kit, dsn, 0);
    struct ckpt_error err = kit_error();
    struct ckpt_store *none = NULL;

    if (kit->driver->open(&none, &args, &err) == CKPT_OK)
        kit->driver->close(none);
    return KIT_PASS;
}

static int failed_open(struct kit *kit, struct kit_store *store)
{
    (void)store;
    KIT_TRY(open_of(kit, "nobody:x@tcp(/no such folder/:-1"));
    return open_of(kit, "/no/such/folder/checkpoint");
}

static int busy_open(struct kit *kit, struct kit_store *store)
{
    (void)store;
    return open_of(kit, kit->dsn);
}

static int same_changes(struct kit *kit, struct kit_store *store)
{
    const struct ckpt_task task = kit_task();
    const struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_engine engine = kit_engine(T1, 0);
    const struct ckpt_chunk chunk = kit_chunk(T1, 0, "a", 0);
    const struct ckpt_source source = kit_source(T1, "a");
    const struct ckpt_failure failure = kit_failure(T1, "a", 1);
    const struct ckpt_change changes[] = {
        kit_put(CKPT_PUT_TASK, &task),        kit_put(CKPT_PUT_TABLE, &table),
        kit_put(CKPT_PUT_ENGINE, &engine),    kit_put(CKPT_PUT_CHUNK, &chunk),
        kit_put(CKPT_PUT_SOURCE, &source),    kit_put(CKPT_PUT_FAILURE, &failure),
        kit_delete(CKPT_DELETE_FAILURES, T1), kit_delete(CKPT_DELETE_TABLE, "`no`.`t`"),
        kit_put(CKPT_PUT_FAILURE, &failure)};

    return kit_apply(kit, store, changes, sizeof(changes) / sizeof(changes[0]));
}

static int put_and_delete(struct kit *kit, struct kit_store *store)
{
    KIT_TRY(same_changes(kit, store));
    KIT_TRY(kit_apply_one(kit, store, kit_delete(CKPT_DELETE_TABLE, T1)));
    KIT_TRY(same_changes(kit, store));
    return kit_apply_one(kit, store, kit_delete(CKPT_DELETE_ALL, NULL));
}

static int refused_changes(struct kit *kit, struct kit_store *store)
{
    const struct ckpt_chunk chunk = kit_chunk(T1, 0, "other", 0);
    const struct ckpt_change put = kit_put(CKPT_PUT_CHUNK, &chunk);
    const struct ckpt_change unknown = kit_delete((enum ckpt_change_kind)999, T1);
    const struct ckpt_change *const list[] = {&put, &unknown};
    struct ckpt_error err = kit_error();

    (void)kit->driver->apply(store->handle, list, 2, &err);
    return KIT_PASS;
}

static int stop(const struct ckpt_table *table, void *payload)
{
    (void)table, (void)payload;
    return -77;
}

static int reads(struct kit *kit, struct kit_store *store)
{
    const struct ckpt_visitor all = {.struct_size = sizeof(all)};
    const struct ckpt_visitor stopper = {.struct_size = sizeof(stopper), .table = stop};
    const struct ckpt_driver *driver = kit->driver;
    struct ckpt_error err = kit_error();

    (void)driver->load_task(store->handle, &all, &err);
    (void)driver->load_table(store->handle, kit_str(T1), &all, &err);
    (void)driver->load_table(store->handle, kit_str("`not`.`there`"), &all, &err);
    (void)driver->load_table(store->handle, kit_str(T1), &stopper, &err);
    (void)driver->each_table(store->handle, CKPT_FILTER_ALL, &all, &err);
    (void)driver->each_table(store->handle, CKPT_FILTER_ALL, &stopper, &err);
    return KIT_PASS;
}

static int opens_leak_nothing(struct kit *kit)
{
    KIT_STORE store = {0};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(same_changes(kit, &store));
    if (!(kit->driver->capabilities & CKPT_CAP_SHARED))
        KIT_TRY(repeat(kit, &store, "an open that is refused as busy", busy_open));
    kit_close(&store);
    KIT_TRY(repeat(kit, &store, "open and close", open_and_close));
    KIT_TRY(repeat(kit, &store, "open read-only and close", read_only_open));
    return repeat(kit, &store, "a failed open", failed_open);
}

static int calls_leak_nothing(struct kit *kit)
{
    KIT_STORE store = {0};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(repeat(kit, &store, "apply of the same records", same_changes));
    KIT_TRY(repeat(kit, &store, "a load", reads));
    KIT_TRY(repeat(kit, &store, "an apply that is refused", refused_changes));
    return repeat(kit, &store, "putting and deleting", put_and_delete);
}

const struct kit_rule kit_rules_leak[] = {
    {"leak-open", "open and close leak nothing, failed ones too", opens_leak_nothing, 60},
    {"leak-calls", "applies and loads leak nothing", calls_leak_nothing, 60},
    {NULL, NULL, NULL, 0},
};
