/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about what is borrowed: strings without a NUL, at the end of what may be read; nothing kept
 * after the call; records of a newer, larger host; deliveries that later calls do not need.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plugins/conformance/world.h"

#define T1 "`borrow`.`t`"

/* Memory whose end is the end of what may be read; given out from the end. */
struct fence {
    char *memory;
    size_t size; /* without the page behind it */
    size_t page;
};

static void fence_done(struct fence *fence)
{
    if (fence->memory)
        munmap(fence->memory, fence->size + fence->page);
}

#define FENCE TL_CLEANUP(fence_done) struct fence

static int fence_begin(struct kit *kit, struct fence *fence, size_t size)
{
    fence->page = (size_t)sysconf(_SC_PAGESIZE);
    fence->size = (size + fence->page - 1) / fence->page * fence->page;
    fence->memory = mmap(NULL, fence->size + fence->page, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fence->memory == MAP_FAILED)
        fence->memory = NULL;
    KIT_CHECK(fence->memory && mprotect(fence->memory + fence->size, fence->page, PROT_NONE) == 0,
              "out of memory");
    memset(fence->memory, '7', fence->size); /* what an over-read would find: never a NUL */
    return KIT_PASS;
}

/* A copy that ends where the memory ends. */
static struct ckpt_str at_the_end(struct fence *fence, struct ckpt_str text)
{
    char *at = fence->memory + fence->size - text.len;

    if (text.len)
        memcpy(at, text.data, text.len);
    return (struct ckpt_str){at, text.len};
}

struct samples {
    struct ckpt_task task;
    struct ckpt_table table;
    struct ckpt_engine engine;
    struct ckpt_chunk chunk;
    struct ckpt_source source;
    struct ckpt_failure failure;
    struct ckpt_change changes[6];
};

static void samples_begin(struct samples *s)
{
    s->task = kit_task();
    s->table = kit_table(T1, 30);
    s->engine = kit_engine(T1, 0);
    s->chunk = kit_chunk(T1, 0, "a.sql", 0);
    s->source = kit_source(T1, "a.sql");
    s->failure = kit_failure(T1, "a.sql", 0);
    s->changes[0] = kit_put(CKPT_PUT_TASK, &s->task);
    s->changes[1] = kit_put(CKPT_PUT_TABLE, &s->table);
    s->changes[2] = kit_put(CKPT_PUT_ENGINE, &s->engine);
    s->changes[3] = kit_put(CKPT_PUT_CHUNK, &s->chunk);
    s->changes[4] = kit_put(CKPT_PUT_SOURCE, &s->source);
    s->changes[5] = kit_put(CKPT_PUT_FAILURE, &s->failure);
}

/* One string of one record stands before the page that may not be read. */
static int put_fenced(struct kit *kit, struct kit_store *store, struct kit_world *world,
                      struct ckpt_change *change, const struct kit_field *field)
{
    FENCE fence = {0};
    void *record = (void *)(uintptr_t)change->record.any;
    struct ckpt_str *str = kit_field_str(record, field);
    struct ckpt_str original = *str;

    KIT_TRY(fence_begin(kit, &fence, 8192));
    *str = at_the_end(&fence, original);
    KIT_TRY(kit_world_apply(kit, store, world, change, 1));
    *str = original;
    return KIT_PASS;
}

/* A driver that reads past a length crashes here, or brings back too much. */
static int strings_have_no_nul(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    struct samples samples;
    FENCE fence = {0};
    struct ckpt_change drop = kit_delete(CKPT_DELETE_FAILURES, T1);
    struct ckpt_error err = kit_error();
    const struct ckpt_visitor visitor = {.struct_size = sizeof(visitor)};

    samples_begin(&samples);
    KIT_TRY(kit_fresh(kit, &store));
    for (size_t i = 0; i < 6; i++)
        for (const struct kit_field *field = kit_layout(samples.changes[i].kind)->fields;
             field->name; field++)
            if (field->type == KIT_STR || field->type == KIT_WORD)
                KIT_TRY(put_fenced(kit, &store, &world, &samples.changes[i], field));
    KIT_TRY(kit_world_expect(kit, &store, &world));
    KIT_TRY(fence_begin(kit, &fence, 4096));
    drop.name = at_the_end(&fence, drop.name);
    KIT_TRY(kit_expect(kit, "load_table with a name that has no NUL",
                       kit->driver->load_table(store.handle, drop.name, &visitor, &err), CKPT_OK,
                       &err));
    KIT_TRY(kit_world_apply(kit, &store, &world, &drop, 1));
    drop.kind = CKPT_DELETE_TABLE;
    KIT_TRY(kit_world_apply(kit, &store, &world, &drop, 1));
    return kit_world_expect(kit, &store, &world);
}

static int open_strings_have_no_nul(struct kit *kit)
{
    FENCE dsn = {0};
    FENCE schema = {0};
    FENCE target = {0};
    struct ckpt_open_args args = kit_args(kit, kit->dsn, 0);
    struct ckpt_error err = kit_error();
    const struct ckpt_table table = kit_table(T1, 30);
    const struct kit_image image = {.table = &table};
    KIT_STORE store = {0};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    kit_close(&store);
    KIT_TRY(fence_begin(kit, &dsn, 4096));
    KIT_TRY(fence_begin(kit, &schema, 4096));
    KIT_TRY(fence_begin(kit, &target, 4096));
    args.dsn = at_the_end(&dsn, args.dsn);
    args.schema = at_the_end(&schema, args.schema);
    args.target_dsn = at_the_end(&target, args.target_dsn);
    KIT_TRY(kit_expect(kit, "open with a DSN that has no NUL",
                       kit->driver->open(&store.handle, &args, &err), CKPT_OK, &err));
    memset(dsn.memory, 'x', dsn.size); /* borrowed for the call only */
    memset(schema.memory, 'x', schema.size);
    memset(target.memory, 'x', target.size);
    memset(&args, 0x55, sizeof(args));
    KIT_TRY(kit_expect_table(kit, &store, &image));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    return kit_expect_table(kit, &store, &image);
}

/* After apply all of the host's memory is overwritten. */
static int nothing_borrowed_is_kept(struct kit *kit)
{
    enum { BYTES = 100000 };
    TL_CLEANUP_FREE char *bytes = malloc(BYTES);
    TL_CLEANUP_FREE struct samples *samples = malloc(sizeof(*samples));
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    size_t used = 0;

    KIT_CHECK(bytes && samples, "out of memory");
    samples_begin(samples);
    for (size_t i = 0; i < 6; i++)
        for (const struct kit_field *field = kit_layout(samples->changes[i].kind)->fields;
             field->name; field++) {
            struct ckpt_str *str =
                kit_field_str((void *)(uintptr_t)samples->changes[i].record.any, field);

            if (field->type != KIT_STR && field->type != KIT_WORD)
                continue;
            memcpy(bytes + used, str->data, str->len);
            str->data = bytes + used;
            used += str->len;
        }
    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_world_apply(kit, &store, &world, samples->changes, 6));
    memset(bytes, 0x55, BYTES);
    memset(samples, 0x55, sizeof(*samples));
    KIT_TRY(kit_world_expect(kit, &store, &world));
    kit_close(&store);
    KIT_TRY(kit_open(kit, &store, 0));
    return kit_world_expect(kit, &store, &world);
}

/* A record of a newer host: longer, with a tail that the driver does not know. */
static int larger_records_are_taken(struct kit *kit)
{
    enum { TAIL = 64 };
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    struct samples samples;
    char larger[6][sizeof(struct ckpt_chunk) + TAIL];
    struct ckpt_change changes[6];

    samples_begin(&samples);
    KIT_TRY(kit_fresh(kit, &store));
    for (size_t i = 0; i < 6; i++) {
        const struct kit_layout *layout = kit_layout(samples.changes[i].kind);
        uint32_t size = (uint32_t)layout->size + TAIL;

        memset(larger[i], 0x77, sizeof(larger[i]));
        memcpy(larger[i], samples.changes[i].record.any, layout->size);
        memcpy(larger[i], &size, sizeof(size));
        changes[i] = kit_put((enum ckpt_change_kind)samples.changes[i].kind, larger[i]);
    }
    KIT_TRY(kit_world_apply(kit, &store, &world, changes, 6));
    return kit_world_expect(kit, &store, &world);
}

struct newer_change {
    struct ckpt_change change;
    char tail[64];
};

/* The same for changes, the visitor and open's arguments. */
static int larger_structs_are_taken(struct kit *kit)
{
    KIT_STORE store = {0};
    const struct ckpt_table table = kit_table(T1, 30);
    const struct kit_image image = {.table = &table};
    struct newer_change changes[2];
    const struct ckpt_change *list[2];
    struct {
        struct ckpt_visitor visitor;
        char tail[64];
    } visitor = {.visitor = {.struct_size = sizeof(visitor)}};
    struct {
        struct ckpt_open_args args;
        char tail[64];
    } args;
    struct ckpt_error err = kit_error();

    memset(&args, 0x77, sizeof(args));
    memset(visitor.tail, 0x77, sizeof(visitor.tail));
    memset(changes, 0x77, sizeof(changes));
    args.args = kit_args(kit, kit->dsn, 0);
    args.args.struct_size = sizeof(args);
    args.args.flags = UINT32_C(1) << 30; /* unknown ones are ignored */
    changes[0].change = kit_delete(CKPT_DELETE_ALL, NULL);
    changes[1].change = kit_put(CKPT_PUT_TABLE, &table);
    for (size_t i = 0; i < 2; i++) {
        changes[i].change.struct_size = sizeof(changes[i]);
        list[i] = &changes[i].change;
    }
    store.kit = kit;
    KIT_TRY(kit_expect(kit, "open with larger arguments",
                       kit->driver->open(&store.handle, &args.args, &err), CKPT_OK, &err));
    KIT_TRY(kit_expect(kit, "apply of larger changes",
                       kit->driver->apply(store.handle, list, 2, &err), CKPT_OK, &err));
    KIT_TRY(kit_expect(kit, "load_table with a larger visitor",
                       kit->driver->load_table(store.handle, table.name, &visitor.visitor, &err),
                       CKPT_OK, &err));
    return kit_expect_table(kit, &store, &image);
}

const struct kit_rule kit_rules_borrow[] = {
    {"no-nul", "strings are not read past their length", strings_have_no_nul, 0},
    {"no-nul-open", "open's strings are not read past their length, nor kept",
     open_strings_have_no_nul, 0},
    {"borrowed", "nothing of the host's memory is kept after a call", nothing_borrowed_is_kept, 0},
    {"larger-records", "larger records of a newer host are taken", larger_records_are_taken, 0},
    {"larger-structs", "larger changes, visitors and arguments of a newer host are taken",
     larger_structs_are_taken, 0},
    {NULL, NULL, NULL, 0},
};
