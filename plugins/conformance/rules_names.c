/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about keys: any bytes, compared as bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "plugins/conformance/world.h"

static const char *const nasty[] = {
    "`a`.`b`",
    "`A`.`b`",
    "`a`.`B`",
    "`a``.``b`.`c`",
    "`a.b`.`c`",
    "`a`.`b.c`",
    "`it's`.`t'--`",
    "`q\"`.`t\"`",
    "`x\\`.`\\'`",
    "`%`.`_`",
    "`a`.`b `",
    "`a`.` b`",
    "`a\n`.`b`",
    "`a\r\n`.`b\t`",
    "`caf\xc3\xa9`.`t`",  /* composed */
    "`cafe\xcc\x81`.`t`", /* the same to the eye, decomposed */
    "`cafe`.`t`",
    "`\xe8\xa1\xa8`.`\xf0\x9f\x98\x80`",
    "`stra\303\237e`.`t`",
    "`strasse`.`t`",
    "`; DROP TABLE t; --`.`t`",
};

enum { NASTY = sizeof(nasty) / sizeof(nasty[0]) };

static int table_names_are_bytes(struct kit *kit)
{
    KIT_STORE store = {0};
    size_t count = 0;

    KIT_TRY(kit_fresh(kit, &store));
    for (size_t i = 0; i < NASTY; i++) {
        struct ckpt_table table = kit_table(nasty[i], 30);

        table.table_id = (int64_t)i;
        KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    }
    KIT_TRY(kit_count_tables(kit, &store, CKPT_FILTER_ALL, &count));
    KIT_CHECK(count == NASTY, "%d names became %zu tables", NASTY, count);
    for (size_t i = 0; i < NASTY; i++) {
        struct ckpt_table table = kit_table(nasty[i], 30);
        const struct kit_image image = {.table = &table};

        table.table_id = (int64_t)i;
        KIT_TRY(kit_expect_table(kit, &store, &image));
    }
    KIT_TRY(kit_apply_one(kit, &store, kit_delete(CKPT_DELETE_TABLE, nasty[0])));
    KIT_TRY(kit_expect_missing(kit, &store, nasty[0]));
    KIT_TRY(kit_count_tables(kit, &store, CKPT_FILTER_ALL, &count));
    KIT_CHECK(count == NASTY - 1, "deleting one of %d tables left %zu", NASTY, count);
    return KIT_PASS;
}

static int by_path(const void *a, const void *b)
{
    const struct ckpt_chunk *left = a;
    const struct ckpt_chunk *right = b;
    size_t len = left->path.len < right->path.len ? left->path.len : right->path.len;
    int order = memcmp(left->path.data, right->path.data, len);

    return order ? order : (left->path.len > right->path.len) - (left->path.len < right->path.len);
}

static int paths_are_bytes(struct kit *kit)
{
    static const char name[] = "`a`.`b`";
    KIT_STORE store = {0};
    const struct ckpt_table table = kit_table(name, 30);
    struct ckpt_chunk chunks[NASTY];
    const struct kit_image image = {.table = &table, .chunks = chunks, .chunk_count = NASTY};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    for (size_t i = 0; i < NASTY; i++) {
        chunks[i] = kit_chunk(name, 0, nasty[i], 0);
        chunks[i].pos = (int64_t)i;
        KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_CHUNK, &chunks[i])));
    }
    qsort(chunks, NASTY, sizeof(chunks[0]), by_path);
    return kit_expect_table(kit, &store, &image);
}

/* Two paths of the greatest length that differ in the last byte only, as chunk, source, failure. */
static int long_paths_are_whole(struct kit *kit)
{
    static const char name[] = "`a`.`b`";
    KIT_STORE store = {0};
    char paths[2][CKPT_MAX_PATH + 1];
    const struct ckpt_table table = kit_table(name, 30);
    struct ckpt_chunk chunks[2];
    struct ckpt_source sources[2];
    struct ckpt_failure failures[2];
    const struct kit_image image = {.table = &table,
                                    .chunks = chunks,
                                    .chunk_count = 2,
                                    .sources = sources,
                                    .source_count = 2,
                                    .failures = failures,
                                    .failure_count = 2};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    for (size_t i = 0; i < 2; i++) {
        memset(paths[i], 'p', CKPT_MAX_PATH);
        paths[i][CKPT_MAX_PATH - 1] = i ? 'b' : 'a';
        paths[i][CKPT_MAX_PATH] = '\0';
        chunks[i] = kit_chunk(name, 0, paths[i], 0);
        sources[i] = kit_source(name, paths[i]);
        failures[i] = kit_failure(name, paths[i], 0);
        KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_CHUNK, &chunks[i])));
        KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_SOURCE, &sources[i])));
        KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_FAILURE, &failures[i])));
    }
    return kit_expect_table(kit, &store, &image);
}

/* 64 characters of four bytes for each half: the longest name that a server accepts. */
static int longest_name_is_whole(struct kit *kit)
{
    KIT_STORE store = {0};
    char name[600] = "`";
    struct ckpt_table table;
    struct ckpt_chunk chunk;
    const struct kit_image image = {.table = &table, .chunks = &chunk, .chunk_count = 1};

    for (size_t half = 0; half < 2; half++) {
        for (size_t i = 0; i < 64; i++)
            strncat(name, "\xf0\x9f\x98\x80", 5);
        strncat(name, half ? "`" : "`.`", 4);
    }
    table = kit_table(name, 30);
    chunk = kit_chunk(name, 0, "a", 0);
    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_CHUNK, &chunk)));
    return kit_expect_table(kit, &store, &image);
}

/* One name for each byte but NUL, and pairs that differ by it only. */
static int every_byte_makes_another_name(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};

    KIT_TRY(kit_fresh(kit, &store));
    for (unsigned byte = 1; byte < 256; byte++) {
        char name[] = "`a?b`.`t`";
        char path[] = "x?y";
        struct ckpt_table table;
        struct ckpt_source source;
        struct ckpt_change changes[2];

        name[2] = (char)byte;
        path[1] = (char)byte;
        table = kit_table(name, 30);
        table.table_id = (int64_t)byte;
        source = kit_source("`a\x01"
                            "b`.`t`",
                            path);
        changes[0] = kit_put(CKPT_PUT_TABLE, &table);
        changes[1] = kit_put(CKPT_PUT_SOURCE, &source);
        KIT_TRY(kit_world_apply(kit, &store, &world, changes, 2));
    }
    KIT_TRY(kit_world_expect(kit, &store, &world));
    kit_close(&store);
    KIT_TRY(kit_open(kit, &store, 0));
    return kit_world_expect(kit, &store, &world);
}

/* Prefixes, and splits that a separator between the parts of a key would confuse. */
static int keys_do_not_run_together(struct kit *kit)
{
    static const char *const names[] = {"t",     "t1", "t:1", "t/1", "t|",  "t\t", "t\n",
                                        "t\x01", "",   "t ",  "t.",  "t,1", "t;"};
    static const char *const paths[] = {"p", "1p", "1:p", "1/p", "|p", "", "1", "p1", "p:1", "p/1"};
    KIT_STORE store = {0};
    KIT_WORLD world = {0};

    KIT_TRY(kit_fresh(kit, &store));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        for (size_t j = 0; j < sizeof(paths) / sizeof(paths[0]); j++) {
            const struct ckpt_table table = kit_table(names[i], 30);
            const struct ckpt_chunk chunk = kit_chunk(names[i], (int32_t)(j % 3), paths[j], 1);
            const struct ckpt_chunk other = kit_chunk(names[i], 11, paths[j], (int64_t)j);
            const struct ckpt_source source = kit_source(names[i], paths[j]);
            const struct ckpt_failure failure = kit_failure(names[i], paths[j], 1);
            const struct ckpt_change changes[] = {
                kit_put(CKPT_PUT_TABLE, &table), kit_put(CKPT_PUT_CHUNK, &chunk),
                kit_put(CKPT_PUT_CHUNK, &other), kit_put(CKPT_PUT_SOURCE, &source),
                kit_put(CKPT_PUT_FAILURE, &failure)};

            KIT_TRY(kit_world_apply(kit, &store, &world, changes, 5));
        }
    KIT_TRY(kit_world_expect(kit, &store, &world));
    {
        const struct ckpt_change drops[] = {kit_delete(CKPT_DELETE_FAILURES, "t1"),
                                            kit_delete(CKPT_DELETE_TABLE, "t")};

        KIT_TRY(kit_world_apply(kit, &store, &world, drops, 2));
    }
    return kit_world_expect_no_ghosts(kit, &store, &world, names, 2);
}

/* Names and paths of the same length that differ behind a NUL. */
static int keys_go_on_behind_nul(struct kit *kit)
{
    static const struct ckpt_str keys[] = {
        {"`n\0a`", 5}, {"`n\0b`", 5}, {"`n\0\0`", 5}, {"`n\0", 3}, {"`n", 2}};
    KIT_STORE store = {0};
    KIT_WORLD world = {0};

    KIT_TRY(kit_fresh(kit, &store));
    for (size_t i = 0; i < 25; i++) {
        struct ckpt_table table = kit_table("", 30);
        struct ckpt_source source = kit_source("", "");
        struct ckpt_chunk chunk = kit_chunk("", 0, "", 0);
        const struct ckpt_change changes[] = {kit_put(CKPT_PUT_TABLE, &table),
                                              kit_put(CKPT_PUT_SOURCE, &source),
                                              kit_put(CKPT_PUT_CHUNK, &chunk)};

        table.name = source.table_name = chunk.table_name = keys[i / 5];
        source.path = chunk.path = keys[i % 5];
        chunk.pos = source.size = (int64_t)i;
        KIT_TRY(kit_world_apply(kit, &store, &world, changes, 3));
    }
    KIT_TRY(kit_world_expect(kit, &store, &world));
    kit_close(&store);
    KIT_TRY(kit_open(kit, &store, 0));
    return kit_world_expect(kit, &store, &world);
}

const struct kit_rule kit_rules_names[] = {
    {"name-bytes", "table names are compared byte by byte", table_names_are_bytes, 0},
    {"path-bytes", "paths are compared and ordered byte by byte", paths_are_bytes, 0},
    {"path-2048", "paths of 2048 bytes are kept whole", long_paths_are_whole, 0},
    {"name-longest", "the longest table name is kept whole", longest_name_is_whole, 0},
    {"every-byte", "every byte makes another name and another path", every_byte_makes_another_name,
     0},
    {"key-parts", "the parts of a key do not run together", keys_do_not_run_together, 0},
    {"key-nul", "names and paths go on behind a NUL", keys_go_on_behind_nul, 0},
    {NULL, NULL, NULL, 0},
};
