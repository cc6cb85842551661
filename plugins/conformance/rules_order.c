/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about the order in which records come, under keys that another order would mix up: numbers
 * as text, signed bytes, prefixes, negative and large offsets.
 */
#include <stdlib.h>
#include <string.h>

#include "plugins/conformance/world.h"

#define T1 "`order`.`t`"

static const int32_t engines[] = {100, -1, 9, 0, 10, 2, INT32_MAX, 1, 11};
static const int64_t offsets[] = {10,
                                  9,
                                  -1,
                                  INT64_MAX,
                                  256,
                                  0,
                                  255,
                                  100,
                                  1,
                                  2,
                                  4294967296,
                                  4294967295,
                                  INT64_C(1) << 53,
                                  (INT64_C(1) << 53) + 1};
static const char *const paths[] = {"b",    "a/b",   "a",     "\xff",     "a.b", "\x80", "Z",
                                    "\x7f", "ab",    "a b",   "\xc3\xa9", "e",   "a0",   "a!",
                                    "\x01", "a\x01", "a\xff", "10",       "9",   "a//b", "a-b"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Puts in the order of the lists above, which is none. */
static int put(struct kit *kit, struct kit_store *store, struct kit_world *world, unsigned kind,
               const void *record)
{
    const struct ckpt_change change = kit_put((enum ckpt_change_kind)kind, record);

    return kit_world_apply(kit, store, world, &change, 1);
}

static int put_numbers(struct kit *kit, struct kit_store *store, struct kit_world *world)
{
    for (size_t i = 0; i < COUNT(engines); i++) {
        const struct ckpt_engine engine = kit_engine(T1, engines[i]);
        const struct ckpt_chunk chunk = kit_chunk(T1, engines[i], "p", 1);
        const struct ckpt_failure failure = kit_failure(T1, "p", 7);
        struct ckpt_failure own = failure;

        own.engine_id = engines[i];
        KIT_TRY(put(kit, store, world, CKPT_PUT_ENGINE, &engine));
        KIT_TRY(put(kit, store, world, CKPT_PUT_CHUNK, &chunk));
        KIT_TRY(put(kit, store, world, CKPT_PUT_FAILURE, &own));
    }
    for (size_t i = 0; i < COUNT(offsets); i++) {
        const struct ckpt_chunk chunk = kit_chunk(T1, 0, "p", offsets[i]);
        const struct ckpt_failure failure = kit_failure(T1, "p", offsets[i]);

        KIT_TRY(put(kit, store, world, CKPT_PUT_CHUNK, &chunk));
        KIT_TRY(put(kit, store, world, CKPT_PUT_FAILURE, &failure));
    }
    return KIT_PASS;
}

static int numbers_order_as_numbers(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    const struct ckpt_table table = kit_table(T1, 30);

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(put(kit, &store, &world, CKPT_PUT_TABLE, &table));
    KIT_TRY(put_numbers(kit, &store, &world));
    KIT_TRY(kit_world_expect(kit, &store, &world));
    kit_close(&store);
    KIT_TRY(kit_open(kit, &store, CKPT_OPEN_READ_ONLY)); /* also as it is stored */
    return kit_world_expect(kit, &store, &world);
}

static int paths_order_as_bytes(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    const struct ckpt_table table = kit_table(T1, 30);

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(put(kit, &store, &world, CKPT_PUT_TABLE, &table));
    for (size_t i = 0; i < COUNT(paths); i++) {
        const struct ckpt_source source = kit_source(T1, paths[i]);
        const struct ckpt_failure failure = kit_failure(T1, paths[i], 3);

        KIT_TRY(put(kit, &store, &world, CKPT_PUT_SOURCE, &source));
        KIT_TRY(put(kit, &store, &world, CKPT_PUT_FAILURE, &failure));
        for (int32_t engine = 2; engine >= -1; engine -= 3) {
            for (int64_t offset = 10; offset > 0; offset -= 8) {
                const struct ckpt_chunk chunk = kit_chunk(T1, engine, paths[i], offset);

                KIT_TRY(put(kit, &store, &world, CKPT_PUT_CHUNK, &chunk));
            }
        }
    }
    KIT_TRY(kit_world_expect(kit, &store, &world));
    kit_close(&store);
    KIT_TRY(kit_open(kit, &store, CKPT_OPEN_READ_ONLY));
    return kit_world_expect(kit, &store, &world);
}

static int tables_order_as_bytes(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};

    KIT_TRY(kit_fresh(kit, &store));
    for (size_t i = 0; i < COUNT(paths); i++) {
        const struct ckpt_table table = kit_table(paths[i], i % 2 ? 200 : 25);

        KIT_TRY(put(kit, &store, &world, CKPT_PUT_TABLE, &table));
    }
    KIT_TRY(kit_world_expect(kit, &store, &world));
    kit_close(&store);
    KIT_TRY(kit_open(kit, &store, CKPT_OPEN_READ_ONLY));
    return kit_world_expect(kit, &store, &world);
}

const struct kit_rule kit_rules_order[] = {
    {"order-numbers", "engine ids and offsets order as numbers", numbers_order_as_numbers, 0},
    {"order-paths", "paths order as unsigned bytes", paths_order_as_bytes, 0},
    {"order-names", "table names order as unsigned bytes", tables_order_as_bytes, 0},
    {NULL, NULL, NULL, 0},
};
