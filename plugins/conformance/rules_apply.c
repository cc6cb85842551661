/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about changes: what is put comes back, puts repeat, deletes delete their own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/conformance/scene.h"

#define T1 "`shop`.`item`"
#define T2 "`shop`.`item2`"

static int empty_fields_come_back(struct kit *kit)
{
    static const struct ckpt_str none = {NULL, 0};
    KIT_STORE store = {0};
    struct ckpt_table table = kit_table(T1, 30);
    struct ckpt_chunk chunk = kit_chunk(T1, 0, "", 0);
    struct ckpt_task task = kit_task();
    const struct kit_image image = {.table = &table, .chunks = &chunk, .chunk_count = 1};
    struct ckpt_change changes[] = {kit_put(CKPT_PUT_TABLE, &table),
                                    kit_put(CKPT_PUT_CHUNK, &chunk), kit_put(CKPT_PUT_TASK, &task)};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply(kit, &store, changes, 3)); /* first with all of them, then without */
    table.hash = table.table_info = table.extra = none;
    chunk.sort_key = chunk.columns = chunk.extra = none;
    task.importer_addr = task.pd_addr = task.sorted_kv_dir = task.extra = none;
    task.planned = 0;
    KIT_TRY(kit_apply(kit, &store, changes, 3));
    KIT_TRY(kit_expect_task(kit, &store, &task));
    return kit_expect_table(kit, &store, &image);
}

static int put_twice_replaces(struct kit *kit)
{
    KIT_STORE store = {0};
    struct ckpt_table table = kit_table(T1, 30);
    struct ckpt_engine engine = kit_engine(T1, 0);
    struct ckpt_chunk chunk = kit_chunk(T1, 0, "a", 0);
    struct ckpt_source source = kit_source(T1, "a");
    struct ckpt_failure failure = kit_failure(T1, "a", 1);
    const struct kit_image image = {&table, &engine, 1, &chunk, 1, &source, 1, &failure, 1};
    const struct ckpt_change changes[] = {
        kit_put(CKPT_PUT_TABLE, &table), kit_put(CKPT_PUT_ENGINE, &engine),
        kit_put(CKPT_PUT_CHUNK, &chunk), kit_put(CKPT_PUT_SOURCE, &source),
        kit_put(CKPT_PUT_FAILURE, &failure)};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply(kit, &store, changes, 5));
    KIT_TRY(kit_apply(kit, &store, changes, 5)); /* the same again is fine */
    KIT_TRY(kit_expect_table(kit, &store, &image));
    table.status = engine.status = failure.status = 60;
    table.auto_incr_base = chunk.pos = source.size = failure.line = 1;
    table.extra = engine.extra = chunk.extra = source.extra = failure.extra = kit_str("other");
    KIT_TRY(kit_apply(kit, &store, changes, 5));
    return kit_expect_table(kit, &store, &image);
}

static int changes_keep_their_order(struct kit *kit)
{
    KIT_STORE store = {0};
    const struct ckpt_table first = kit_table(T1, 30);
    const struct ckpt_table last = kit_table(T1, 60);
    const struct ckpt_chunk gone = kit_chunk(T1, 0, "gone", 0);
    const struct kit_image image = {.table = &last};
    const struct ckpt_change changes[] = {
        kit_put(CKPT_PUT_TABLE, &first), kit_put(CKPT_PUT_CHUNK, &gone),
        kit_delete(CKPT_DELETE_TABLE, T1), kit_put(CKPT_PUT_TABLE, &first),
        kit_put(CKPT_PUT_TABLE, &last)};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply(kit, &store, changes, 5));
    return kit_expect_table(kit, &store, &image);
}

/* One table with one record of each kind below it. */
static int put_table_with_all(struct kit *kit, struct kit_store *store, const char *name)
{
    const struct ckpt_table table = kit_table(name, 30);
    const struct ckpt_engine engine = kit_engine(name, 0);
    const struct ckpt_chunk chunk = kit_chunk(name, 0, "a", 0);
    const struct ckpt_source source = kit_source(name, "a");
    const struct ckpt_failure failure = kit_failure(name, "a", 1);
    const struct ckpt_change changes[] = {
        kit_put(CKPT_PUT_TABLE, &table), kit_put(CKPT_PUT_ENGINE, &engine),
        kit_put(CKPT_PUT_CHUNK, &chunk), kit_put(CKPT_PUT_SOURCE, &source),
        kit_put(CKPT_PUT_FAILURE, &failure)};

    return kit_apply(kit, store, changes, 5);
}

static int expect_table_with(struct kit *kit, struct kit_store *store, const char *name,
                             bool children, bool failures)
{
    const struct ckpt_table table = kit_table(name, 30);
    const struct ckpt_engine engine = kit_engine(name, 0);
    const struct ckpt_chunk chunk = kit_chunk(name, 0, "a", 0);
    const struct ckpt_source source = kit_source(name, "a");
    const struct ckpt_failure failure = kit_failure(name, "a", 1);
    const size_t n = children;
    const struct kit_image image = {&table, &engine, n, &chunk, n, &source, n, &failure, failures};

    return kit_expect_table(kit, store, &image);
}

static int failures_are_deleted_alone(struct kit *kit)
{
    KIT_STORE store = {0};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(put_table_with_all(kit, &store, T1));
    KIT_TRY(put_table_with_all(kit, &store, T2));
    KIT_TRY(kit_apply_one(kit, &store, kit_delete(CKPT_DELETE_FAILURES, T1)));
    KIT_TRY(kit_apply_one(kit, &store, kit_delete(CKPT_DELETE_FAILURES, T1)));
    KIT_TRY(expect_table_with(kit, &store, T1, true, false));
    return expect_table_with(kit, &store, T2, true, true);
}

static int table_is_deleted_with_all(struct kit *kit)
{
    KIT_STORE store = {0};
    const struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_task task = kit_task();

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(put_table_with_all(kit, &store, T1));
    KIT_TRY(put_table_with_all(kit, &store, T2));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TASK, &task)));
    KIT_TRY(kit_apply_one(kit, &store, kit_delete(CKPT_DELETE_TABLE, T1)));
    KIT_TRY(kit_apply_one(kit, &store, kit_delete(CKPT_DELETE_TABLE, "`not`.`there`")));
    KIT_TRY(kit_expect_missing(kit, &store, T1));
    KIT_TRY(expect_table_with(kit, &store, T2, true, true));
    KIT_TRY(kit_expect_task(kit, &store, &task));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    return expect_table_with(kit, &store, T1, false, false); /* nothing of the old one is left */
}

static int all_is_deleted(struct kit *kit)
{
    KIT_STORE store = {0};
    const struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_task task = kit_task();
    size_t count = 1;

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(put_table_with_all(kit, &store, T1));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TASK, &task)));
    KIT_TRY(kit_apply_one(kit, &store, kit_delete(CKPT_DELETE_ALL, NULL)));
    KIT_TRY(kit_expect_missing(kit, &store, NULL));
    KIT_TRY(kit_expect_missing(kit, &store, T1));
    KIT_TRY(kit_count_tables(kit, &store, CKPT_FILTER_ALL, &count));
    KIT_CHECK(count == 0, "%zu tables are left", count);
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    return expect_table_with(kit, &store, T1, false, false);
}

static size_t bytes_of(unsigned kind, const void *record)
{
    size_t bytes = 0;

    for (const struct kit_field *field = kit_layout(kind)->fields; field->name; field++)
        if (field->type == KIT_STR || field->type == KIT_WORD)
            bytes += kit_field_str_of(record, field)->len;
    return bytes;
}

/* Makes a text longer, by at most `room` and `most` bytes; returns by how many. */
static size_t lengthen(struct ckpt_str *text, const char *filler, size_t room, size_t most)
{
    size_t more = room < most ? room : most;

    *text = (struct ckpt_str){filler, text->len + more};
    return more;
}

/* As many changes and bytes as an apply may have, exactly: `each` but the last has the same. */
static int apply_largest(struct kit *kit, size_t n)
{
    TL_CLEANUP_FREE struct ckpt_failure *failures = calloc(n, sizeof(*failures));
    TL_CLEANUP_FREE char *filler = malloc(CKPT_APPLY_MAX_BYTES);
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];
    const struct ckpt_table table = kit_table(T1, 30);
    size_t left = CKPT_APPLY_MAX_BYTES;
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    struct ckpt_change parent = kit_put(CKPT_PUT_TABLE, &table);

    KIT_CHECK(failures && filler, "out of memory");
    memset(filler, '[', CKPT_APPLY_MAX_BYTES);
    for (size_t i = 0; i < n; i++) {
        size_t room;

        failures[i] = kit_failure(T1, "a", (int64_t)i);
        room = left / (n - i) - bytes_of(CKPT_PUT_FAILURE, &failures[i]);
        room -= lengthen(&failures[i].path, filler, room, 2000);
        room -= lengthen(&failures[i].message, filler, room, 4000);
        room -= lengthen(&failures[i].hint, filler, room, 2000);
        (void)lengthen(&failures[i].extra, filler, room, 4000);
        left -= bytes_of(CKPT_PUT_FAILURE, &failures[i]);
        changes[i] = kit_put(CKPT_PUT_FAILURE, &failures[i]);
    }
    KIT_CHECK(n < 100 || left == 0, "the kit is wrong: %zu bytes are left", left);
    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_world_apply(kit, &store, &world, changes, n));
    KIT_TRY(kit_world_apply(kit, &store, &world, &parent, 1));
    return kit_world_expect(kit, &store, &world);
}

static int largest_apply_is_taken(struct kit *kit)
{
    KIT_TRY(apply_largest(kit, 1));
    return apply_largest(kit, CKPT_APPLY_MAX_CHANGES);
}

/* One long string, as the columns of a table can be. */
static int longest_string_is_taken(struct kit *kit)
{
    enum { LENGTH = 1000000 };
    TL_CLEANUP_FREE char *text = malloc(LENGTH);
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_change change = kit_put(CKPT_PUT_TABLE, &table);

    KIT_CHECK(text, "out of memory");
    memset(text, '7', LENGTH);
    table.table_info = (struct ckpt_str){text, LENGTH};
    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_world_apply(kit, &store, &world, &change, 1));
    return kit_world_expect(kit, &store, &world);
}

/* A second time the same, for every kind of change, leads to the same. */
static int applies_may_be_repeated(struct kit *kit)
{
    for (int kind = 0; kind < KIT_SCENES; kind++) {
        KIT_SCENE scene = {0};
        KIT_STORE store = {0};

        KIT_TRY(kit_scene_make(kit, &scene, (enum kit_scene_kind)kind));
        KIT_TRY(kit_scene_reset(kit, &scene));
        KIT_TRY(kit_open(kit, &store, 0));
        for (int i = 0; i < 3; i++) {
            KIT_TRY(kit_apply(kit, &store, scene.changes, scene.count));
            KIT_TRY(kit_world_expect(kit, &store, &scene.after));
        }
    }
    return KIT_PASS;
}

/* A newer host may know more kinds than the driver. Nothing of that apply may stay. */
static int unknown_change_is_refused_whole(struct kit *kit)
{
    static const uint32_t kinds[] = {0, 10, 999, UINT32_MAX};
    KIT_SCENE scene = {0};
    KIT_STORE store = {0};

    KIT_TRY(kit_scene_make(kit, &scene, KIT_SCENE_ANEW));
    KIT_TRY(kit_scene_reset(kit, &scene));
    KIT_TRY(kit_open(kit, &store, 0));
    for (size_t i = 0; i < 8; i++) {
        const struct ckpt_change unknown = kit_delete((enum ckpt_change_kind)kinds[i / 2], T1);
        const struct ckpt_change *list[3] = {&scene.changes[0], &unknown, &scene.changes[1]};
        struct ckpt_error err = kit_error();
        int rc = kit->driver->apply(store.handle, list, 2 + i % 2, &err);

        KIT_TRY(kit_expect(kit, "apply of an unknown kind", rc, CKPT_ERR, &err));
        KIT_TRY(kit_world_expect(kit, &store, &scene.before));
    }
    kit_close(&store);
    KIT_TRY(kit_open(kit, &store, 0));
    KIT_TRY(kit_world_expect(kit, &store, &scene.before));
    KIT_TRY(kit_apply(kit, &store, scene.changes, scene.count)); /* and it still works */
    return kit_world_expect(kit, &store, &scene.after);
}

const struct kit_rule kit_rules_apply[] = {
    {"empty-fields", "empty fields come back, also after full ones", empty_fields_come_back, 0},
    {"put-replaces", "a record put twice is there once, as put last", put_twice_replaces, 0},
    {"change-order", "changes of one apply happen in their order", changes_keep_their_order, 0},
    {"delete-failures", "delete failures leaves everything else", failures_are_deleted_alone, 0},
    {"delete-table", "delete table takes what is below it, and nothing else",
     table_is_deleted_with_all, 0},
    {"delete-all", "delete all leaves an empty store that works", all_is_deleted, 0},
    {"largest-apply", "the largest apply is taken", largest_apply_is_taken, 0},
    {"unknown-change", "an unknown kind of change is refused with its whole apply",
     unknown_change_is_refused_whole, 0},
    {"longest-string", "a string of a million bytes comes back", longest_string_is_taken, 0},
    {"apply-repeats", "an apply of each kind of change may be repeated", applies_may_be_repeated,
     0},
    {NULL, NULL, NULL, 0},
};
