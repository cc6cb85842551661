/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random applies of every kind of change, on few keys that are easily confused, against a model;
 * and every field of every record with values of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/conformance/runner.h"
#include "plugins/conformance/world.h"

static const char *const tables[] = {"`a`.`b`",  "`A`.`b`",   "`a`.`b `",
                                     "`a`.`bc`", "`a.b`.`c`", "`a`.`b.c`"};
static const struct ckpt_str paths[] = {
    {"", 0},     {"a", 1},        {"A", 1},         {"a ", 2},          {"a\0", 2},  {"a\0b", 3},
    {"a\0c", 3}, {"a/b", 3},      {"a.b", 3},       {"ab", 2},          {"\x7f", 1}, {"\x80", 1},
    {"\xff", 1}, {"\xc3\xa9", 2}, {"e\xcc\x81", 3}, {"\xff\xfe\0x", 4}, {"a\\", 2}};
static const int32_t engines[] = {-1, 0, 1, 2, 9, 10, 11, 100, INT32_MAX};
static const int64_t offsets[] = {-1,  0,   1,   2,          9,          10,
                                  100, 255, 256, 4294967295, 4294967296, INT64_MAX};

#define PICK(kit, list) ((list)[kit_random(kit, sizeof(list) / sizeof((list)[0]))])

/* Records whose strings live in `bytes`. */
struct maker {
    struct kit *kit;
    char *bytes;
    size_t used;
    size_t size;
};

static struct ckpt_str random_str(struct maker *maker, size_t max)
{
    size_t left = maker->size - maker->used;
    size_t len = kit_random(maker->kit, 4) ? kit_random(maker->kit, 24) : 0;
    char *data = maker->bytes + maker->used;

    if (kit_random(maker->kit, 20) == 0)
        len = kit_random(maker->kit, (uint32_t)max + 1);
    len = len > max ? max : len;
    len = len > left ? left : len;
    for (size_t i = 0; i < len; i++)
        data[i] = (char)kit_random(maker->kit, 256);
    maker->used += len;
    return (struct ckpt_str){data, len};
}

static int64_t random_number(struct kit *kit, enum kit_type type)
{
    uint64_t wide = (uint64_t)kit_random(kit, INT32_MAX) << 33 ^
                    (uint64_t)kit_random(kit, INT32_MAX) << 8 ^ kit_random(kit, 256);

    if (type == KIT_FLAG)
        return (int64_t)(wide & 1);
    if (type == KIT_U32) /* status codes */
        return (int64_t)(wide % 256);
    if (type == KIT_TIME) /* 1970 to 2037 */
        return (int64_t)(wide % UINT64_C(2114380800)) * 1000000000 + (int64_t)(wide % 1000000000);
    return (int64_t)wide >> kit_random(kit, 63);
}

static void fill(struct maker *maker, unsigned kind, void *record)
{
    const struct kit_layout *layout = kit_layout(kind);
    uint32_t size = (uint32_t)layout->size;

    memset(record, 0, layout->size);
    memcpy(record, &size, sizeof(size));
    for (const struct kit_field *field = layout->fields; field->name; field++) {
        if (field->type == KIT_STR)
            *kit_field_str(record, field) = random_str(maker, field->max);
        else if (field->type != KIT_WORD)
            kit_field_set(record, field, random_number(maker->kit, field->type));
    }
}

/* Keys from the short lists. */
static void set_key(struct kit *kit, unsigned kind, void *record)
{
    for (const struct kit_field *field = kit_layout(kind)->fields; field->key; field++) {
        if (field->type == KIT_STR && field->max == CKPT_MAX_PATH)
            *kit_field_str(record, field) = PICK(kit, paths);
        else if (field->type == KIT_STR)
            *kit_field_str(record, field) = kit_str(PICK(kit, tables));
        else if (field->type == KIT_I32)
            kit_field_set(record, field, PICK(kit, engines));
        else
            kit_field_set(record, field, PICK(kit, offsets));
    }
}

union record {
    struct ckpt_task task;
    struct ckpt_table table;
    struct ckpt_engine engine;
    struct ckpt_chunk chunk;
    struct ckpt_source source;
    struct ckpt_failure failure;
};

/* Fields whose form is given. */
static void set_words(struct kit *kit, unsigned kind, union record *record)
{
    static const char hash[33] = "0123456789abcdef\0\1\2\xff\xfe'\"\\`%_;56789";
    static const char *const columns[] = {"", "[0,1,-1]", "[]"};

    if (kind == CKPT_PUT_TABLE)
        record->table.hash = (struct ckpt_str){hash, kit_random(kit, 3) ? 32 : 0};
    else if (kind == CKPT_PUT_CHUNK)
        record->chunk.columns = kit_str(PICK(kit, columns));
    else if (kind == CKPT_PUT_FAILURE)
        record->failure.sqlstate = kit_str(kit_random(kit, 2) ? "23000" : "");
}

static struct ckpt_change random_change(struct maker *maker, union record *record)
{
    struct kit *kit = maker->kit;
    uint32_t dice = kit_random(kit, 200);
    unsigned kind;

    if (dice == 0)
        return kit_delete(CKPT_DELETE_ALL, NULL);
    if (dice < 8)
        return kit_delete(CKPT_DELETE_TABLE, PICK(kit, tables));
    if (dice < 16)
        return kit_delete(CKPT_DELETE_FAILURES, PICK(kit, tables));
    kind = dice < 24 ? CKPT_PUT_TASK : CKPT_PUT_TABLE + kit_random(kit, 5);
    fill(maker, kind, record);
    set_key(kit, kind, record);
    set_words(kit, kind, record);
    return kit_put((enum ckpt_change_kind)kind, record);
}

static int random_apply(struct kit *kit, struct kit_store *store, struct kit_world *world)
{
    enum { BYTES = 600000 };
    TL_CLEANUP_FREE char *bytes = malloc(BYTES);
    TL_CLEANUP_FREE union record *records = calloc(CKPT_APPLY_MAX_CHANGES, sizeof(*records));
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];
    struct maker maker = {.kit = kit, .bytes = bytes, .size = BYTES};
    size_t n = kit_random(kit, 4) ? 1 + kit_random(kit, 12) : 1 + kit_random(kit, 100);

    KIT_CHECK(bytes && records, "out of memory");
    for (size_t i = 0; i < n; i++)
        changes[i] = random_change(&maker, &records[i]);
    return kit_world_apply(kit, store, world, changes, n);
}

static int random_changes_follow_the_model(struct kit *kit)
{
    enum { ROUNDS = 120, LOOK = 8, REOPEN = 24 };
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    double begin = kit_clock();

    KIT_TRY(kit_fresh(kit, &store));
    for (int i = 1; i <= ROUNDS && kit_clock() - begin < 4 * kit_slowness(); i++) {
        KIT_TRY(random_apply(kit, &store, &world));
        if (i % REOPEN == 0) {
            kit_close(&store);
            KIT_TRY(kit_open(kit, &store, 0));
        }
        if (i % LOOK == 0)
            KIT_TRY(kit_world_expect(kit, &store, &world));
    }
    KIT_TRY(kit_world_expect(kit, &store, &world));
    return kit_world_expect_no_ghosts(kit, &store, &world, tables,
                                      sizeof(tables) / sizeof(tables[0]));
}

/* Each field in turn is the only one that changes: it must come back, and the others stay. */
static int each_field_changes_alone(struct kit *kit)
{
    enum { BYTES = 100000 };
    TL_CLEANUP_FREE char *bytes = malloc(BYTES);
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    struct maker maker = {.kit = kit, .bytes = bytes, .size = BYTES};
    union record parent, record, other;
    struct ckpt_change change;

    KIT_CHECK(bytes, "out of memory");
    KIT_TRY(kit_fresh(kit, &store));
    fill(&maker, CKPT_PUT_TABLE, &parent);
    parent.table.name = kit_str(tables[0]);
    change = kit_put(CKPT_PUT_TABLE, &parent);
    KIT_TRY(kit_world_apply(kit, &store, &world, &change, 1));
    for (unsigned kind = CKPT_PUT_TASK; kind < KIT_KINDS; kind++) {
        fill(&maker, kind, &record);
        set_key(kit, kind, &record);
        if (kind > CKPT_PUT_TASK)
            *kit_field_str(&record, kit_layout(kind)->fields) = kit_str(tables[0]);
        for (const struct kit_field *field = kit_layout(kind)->fields; field->name; field++) {
            if (field->key || field->type == KIT_WORD)
                continue;
            fill(&maker, kind, &other);
            memcpy((char *)&record + field->offset, (char *)&other + field->offset,
                   field->type == KIT_STR ? sizeof(struct ckpt_str)
                   : field->type == KIT_I64 || field->type == KIT_U64 || field->type == KIT_TIME
                       ? sizeof(int64_t)
                       : sizeof(int32_t));
            change = kit_put((enum ckpt_change_kind)kind, &record);
            KIT_TRY(kit_world_apply(kit, &store, &world, &change, 1));
            KIT_TRY(kit_world_expect(kit, &store, &world));
        }
    }
    return KIT_PASS;
}

const struct kit_rule kit_rules_random[] = {
    {"random-changes", "random applies lead where the contract says",
     random_changes_follow_the_model, 0},
    {"each-field", "each field of each record is kept by itself", each_field_changes_alone, 0},
    {NULL, NULL, NULL, 0},
};
