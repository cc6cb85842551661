/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scenes of an apply. See scene.h.
 */
#include "plugins/conformance/scene.h"

#include <stdio.h>
#include <string.h>

#define T1 "`scene`.`one`"
#define T2 "`scene`.`two`"
#define T3 "`scene`.`three`"
#define OTHER "`scene`.`other`"

static const char *const names[] = {T1, T2, T3};

enum { CHILDREN = 6, LARGE_EXTRA = 3000 };

/* Adds a put of a copy of the record, with contents of this generation. */
static int add_put(struct kit_scene *scene, unsigned kind, const void *record)
{
    struct kit_rows *rows = &scene->texts.rows[kind];

    if (kit_world_append(&scene->texts, kind, record) != 0)
        return -1;
    scene->changes[scene->count++] =
        (struct ckpt_change){.struct_size = sizeof(struct ckpt_change),
                             .kind = kind,
                             /* the index; rows still move */
                             .record = {.any = (const void *)(uintptr_t)(rows->count - 1)}};
    return 0;
}

static int add_delete(struct kit_scene *scene, enum ckpt_change_kind kind, const char *name)
{
    scene->changes[scene->count++] = kit_delete(kind, name);
    return 0;
}

/* Now that no row moves any more. */
static void settle(struct kit_scene *scene)
{
    for (size_t i = 0; i < scene->count; i++) {
        struct ckpt_change *change = &scene->changes[i];

        if (change->kind < KIT_KINDS)
            change->record.any =
                kit_world_row(&scene->texts, change->kind, (uintptr_t)change->record.any);
    }
}

static int add_task(struct kit_scene *scene, int64_t generation)
{
    struct ckpt_task task = kit_task();

    task.task_id += generation;
    task.planned = (uint32_t)generation & 1;
    return add_put(scene, CKPT_PUT_TASK, &task);
}

/* A table with CHILDREN of each kind below it. */
static int add_family(struct kit_scene *scene, const char *name, int64_t generation, size_t extra)
{
    static const char filler[LARGE_EXTRA] = "filler";
    struct ckpt_table table = kit_table(name, 30 + (uint32_t)generation);
    int rc;

    table.table_id = generation;
    rc = add_put(scene, CKPT_PUT_TABLE, &table);
    for (int64_t i = 0; i < CHILDREN; i++) {
        struct ckpt_engine engine = kit_engine(name, (int32_t)i - 1);
        struct ckpt_chunk chunk = kit_chunk(name, (int32_t)(i % 2), "a/b.sql", i * 1000);
        struct ckpt_source source = kit_source(name, i % 2 ? "a/b.sql" : "a/c.sql");
        struct ckpt_failure failure = kit_failure(name, "a/b.sql", i);

        engine.status = (uint32_t)generation + 1;
        chunk.pos = source.size = failure.line = generation + 1;
        chunk.extra = failure.extra = (struct ckpt_str){filler, extra};
        rc |= add_put(scene, CKPT_PUT_ENGINE, &engine);
        rc |= add_put(scene, CKPT_PUT_CHUNK, &chunk);
        rc |= add_put(scene, CKPT_PUT_SOURCE, &source);
        rc |= add_put(scene, CKPT_PUT_FAILURE, &failure);
    }
    return rc;
}

static int add_large(struct kit_scene *scene)
{
    static const char filler[LARGE_EXTRA] = "large";
    int rc = 0;

    for (int64_t i = 0; scene->count < CKPT_APPLY_MAX_CHANGES; i++) {
        struct ckpt_chunk chunk = kit_chunk(T1, 0, "a/b.sql", i * 100);

        chunk.pos = i;
        chunk.extra = (struct ckpt_str){filler, LARGE_EXTRA};
        rc |= add_put(scene, CKPT_PUT_CHUNK, &chunk);
    }
    return rc;
}

/* The state from which every scene begins, as changes. */
static int add_before(struct kit_scene *scene)
{
    int rc = add_task(scene, 1);

    rc |= add_family(scene, T1, 1, 100);
    rc |= add_family(scene, T2, 1, 0);
    return rc;
}

static int add_apply(struct kit_scene *scene)
{
    const struct ckpt_table touched = kit_table(T2, 99);

    switch (scene->kind) {
    case KIT_SCENE_PUT:
        return add_task(scene, 2) | add_family(scene, T3, 2, 700);
    case KIT_SCENE_REPLACE:
        return add_task(scene, 2) | add_family(scene, T1, 2, 300) | add_family(scene, T2, 2, 0);
    case KIT_SCENE_DELETE_FAILURES:
        return add_delete(scene, CKPT_DELETE_FAILURES, T1) |
               add_put(scene, CKPT_PUT_TABLE, &touched);
    case KIT_SCENE_DELETE_TABLE:
        return add_delete(scene, CKPT_DELETE_TABLE, T1) | add_put(scene, CKPT_PUT_TABLE, &touched);
    case KIT_SCENE_DELETE_ALL:
        return add_delete(scene, CKPT_DELETE_ALL, NULL);
    case KIT_SCENE_ANEW:
        return add_delete(scene, CKPT_DELETE_ALL, NULL) | add_family(scene, T3, 3, 50) |
               add_task(scene, 4);
    default:
        return add_large(scene);
    }
}

static int model(struct kit_world *world, const struct kit_scene *scene)
{
    int rc = 0;

    for (size_t i = 0; i < scene->count; i++)
        rc |= kit_world_change(world, &scene->changes[i]);
    return rc;
}

int kit_scene_make(struct kit *kit, struct kit_scene *scene, enum kit_scene_kind kind)
{
    int rc;

    *scene = (struct kit_scene){.kind = kind};
    rc = add_before(scene);
    settle(scene);
    rc |= model(&scene->before, scene);
    scene->count = 0;
    kit_world_done(&scene->texts);
    rc |= add_apply(scene);
    settle(scene);
    rc |= kit_world_copy(&scene->after, &scene->before);
    rc |= model(&scene->after, scene);
    KIT_CHECK(rc == 0, "out of memory");
    return KIT_PASS;
}

void kit_scene_done(struct kit_scene *scene)
{
    kit_world_done(&scene->before);
    kit_world_done(&scene->after);
    kit_world_done(&scene->texts);
}

int kit_scene_reset(struct kit *kit, const struct kit_scene *scene)
{
    KIT_STORE store = {0};
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES];
    size_t count = 0;

    KIT_TRY(kit_fresh(kit, &store));
    for (unsigned kind = CKPT_PUT_TASK; kind < KIT_KINDS; kind++)
        for (size_t i = 0; i < scene->before.rows[kind].count; i++)
            changes[count++] =
                kit_put((enum ckpt_change_kind)kind, kit_world_row(&scene->before, kind, i));
    return kit_apply(kit, &store, changes, count);
}

int kit_scene_apply(struct kit *kit, struct kit_store *store, const struct kit_scene *scene,
                    struct ckpt_error *err_out)
{
    const struct ckpt_change *list[CKPT_APPLY_MAX_CHANGES];
    struct ckpt_error err = kit_error();
    int rc;

    for (size_t i = 0; i < scene->count; i++)
        list[i] = &scene->changes[i];
    rc = kit->driver->apply(store->handle, list, scene->count, &err);
    if (err_out)
        *err_out = err;
    return rc;
}

int kit_scene_apply_other(struct kit *kit, struct kit_store *store, struct ckpt_error *err_out)
{
    const struct ckpt_table other = kit_table(OTHER, 42);
    const struct ckpt_change change = kit_put(CKPT_PUT_TABLE, &other);
    const struct ckpt_change *const list[] = {&change};

    *err_out = kit_error();
    return kit->driver->apply(store->handle, list, 1, err_out);
}

int kit_scene_add_other(struct kit *kit, struct kit_scene *scene)
{
    const struct ckpt_table other = kit_table(OTHER, 42);
    const struct ckpt_change change = kit_put(CKPT_PUT_TABLE, &other);

    KIT_CHECK(kit_world_change(&scene->before, &change) == 0 &&
                  kit_world_change(&scene->after, &change) == 0,
              "out of memory");
    return KIT_PASS;
}

enum kit_scene_state kit_scene_look(struct kit *kit, struct kit_store *store,
                                    const struct kit_scene *scene, char *why_out, size_t size)
{
    KIT_WORLD got = {0};
    char not_after[200], not_before[200];

    if (kit_world_read(kit, store, &got) != KIT_PASS)
        return KIT_SCENE_UNREAD;
    if (kit_world_same(&got, &scene->after, not_after, sizeof(not_after)))
        return KIT_SCENE_AFTER;
    if (kit_world_same(&got, &scene->before, not_before, sizeof(not_before)))
        return KIT_SCENE_BEFORE;
    snprintf(why_out, size, "it is not as before (%s), and not as after (%s)", not_before,
             not_after);
    return KIT_SCENE_TORN;
}

/* Which of both states is there. */
static int which(struct kit *kit, struct kit_store *store, const struct kit_scene *scene,
                 const char *what, enum kit_scene_want want, bool *after_out)
{
    char why[480];
    enum kit_scene_state state = kit_scene_look(kit, store, scene, why, sizeof(why));

    if (state == KIT_SCENE_UNREAD)
        return KIT_FAIL;
    KIT_CHECK(state != KIT_SCENE_TORN, "after %s the apply is there in part: %s", what, why);
    *after_out = state == KIT_SCENE_AFTER;
    KIT_CHECK(*after_out || want != KIT_WANT_CONFIRMED,
              "after %s the apply is lost, though it had returned CKPT_OK", what);
    KIT_CHECK(*after_out || want != KIT_WANT_SHOWN,
              "after %s a read in the same handle showed what the store does not have", what);
    KIT_CHECK(!*after_out || want != KIT_WANT_HIDDEN,
              "after %s a read in the same handle did not show what the store has", what);
    return KIT_PASS;
}

/* A reader may come first, before a writer has repaired anything: it fails, or sees a whole state.
 */
static int look_first(struct kit *kit, const struct kit_scene *scene, const char *what,
                      enum kit_scene_want want)
{
    struct ckpt_open_args args = kit_args(kit, kit->dsn, CKPT_OPEN_READ_ONLY);
    struct ckpt_error err = kit_error();
    const struct ckpt_visitor visitor = {.struct_size = sizeof(visitor)};
    KIT_STORE store = {.kit = kit};
    bool after = false;
    int rc = kit->driver->open(&store.handle, &args, &err);

    if (rc == CKPT_OK)
        rc = kit->driver->load_task(store.handle, &visitor, &err);
    if (rc < 0)
        return kit_expect(kit, "a read-only open after a crash", rc, CKPT_ERR, &err);
    if (which(kit, &store, scene, what, want, &after) != KIT_PASS)
        return kit_prefix(kit, "opened read-only");
    return KIT_PASS;
}

int kit_scene_judge(struct kit *kit, const struct kit_scene *scene, const char *what,
                    enum kit_scene_want want, bool repeat)
{
    KIT_STORE store = {0};
    KIT_WORLD there = {0};
    bool after = false;

    if (!repeat)
        KIT_TRY(look_first(kit, scene, what, want));
    if (kit_open(kit, &store, 0) != KIT_PASS)
        return kit_prefix(kit, "after %s the store does not open", what);
    KIT_TRY(which(kit, &store, scene, what, want, &after));
    if (repeat) {
        KIT_TRY(kit_apply(kit, &store, scene->changes, scene->count));
        return which(kit, &store, scene, "a repetition", KIT_WANT_CONFIRMED, &after);
    }
    KIT_CHECK(kit_world_copy(&there, after ? &scene->after : &scene->before) == 0, "out of memory");
    return kit_world_expect_no_ghosts(kit, &store, &there, names, sizeof(names) / sizeof(names[0]));
}
