/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about the end of a checkpoint: keep, remove, rename; and what else stands in the folder of
 * a store that is a file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plugins/conformance/place.h"
#include "plugins/conformance/world.h"

#define T1 "`shop`.`item`"

static int fill(struct kit *kit, struct kit_store *store, struct kit_world *world)
{
    const struct ckpt_task task = kit_task();
    const struct ckpt_table table = kit_table(T1, 200);
    const struct ckpt_engine engine = kit_engine(T1, 0);
    const struct ckpt_chunk chunk = kit_chunk(T1, 0, "a", 0);
    const struct ckpt_source source = kit_source(T1, "a");
    const struct ckpt_failure failure = kit_failure(T1, "a", 0);
    const struct ckpt_change changes[] = {
        kit_put(CKPT_PUT_TASK, &task),     kit_put(CKPT_PUT_TABLE, &table),
        kit_put(CKPT_PUT_ENGINE, &engine), kit_put(CKPT_PUT_CHUNK, &chunk),
        kit_put(CKPT_PUT_SOURCE, &source), kit_put(CKPT_PUT_FAILURE, &failure)};

    KIT_TRY(kit_apply_one(kit, store, kit_delete(CKPT_DELETE_ALL, NULL)));
    return kit_world_apply(kit, store, world, changes, 6);
}

static int retire_once(struct kit *kit, struct kit_store *store, uint32_t how, int64_t task_id,
                       struct ckpt_error *err)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    int rc = 0;

    for (int tries = 0; tries < 60; tries++) {
        *err = kit_error();
        rc = kit->driver->retire(store->handle, how, task_id, err);
        if (rc >= 0 || !err->retryable)
            break;
        nanosleep(&pause, NULL);
    }
    return rc;
}

/* Three times: it may be repeated. Closes the store. */
static int retire(struct kit *kit, struct kit_store *store, uint32_t how, int64_t task_id)
{
    for (int i = 0; i < 3; i++) {
        struct ckpt_error err;
        int rc = retire_once(kit, store, how, task_id, &err);

        KIT_TRY(kit_expect(kit, i ? "retire, repeated" : "retire", rc, CKPT_OK, &err));
    }
    kit_close(store);
    return KIT_PASS;
}

/* A read-only open of what is gone opens empty, and a writing one begins anew. */
static int expect_gone(struct kit *kit, const char *dsn)
{
    for (int i = 0; i < 2; i++) {
        KIT_STORE store = {0};
        KIT_WORLD world = {0};
        const char *const names[] = {T1};

        KIT_TRY(kit_open_at(kit, &store, dsn, NULL, i == 0 ? CKPT_OPEN_READ_ONLY : 0));
        KIT_TRY(kit_expect_missing(kit, &store, NULL));
        KIT_TRY(kit_expect_missing(kit, &store, T1));
        KIT_TRY(kit_world_expect(kit, &store, &world));
        if (i == 1)
            KIT_TRY(kit_world_expect_no_ghosts(kit, &store, &world, names, 1));
    }
    return KIT_PASS;
}

static int keep_keeps(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};

    if (!kit->driver->retire)
        return kit_skip(kit, "the driver has no retire");
    KIT_TRY(kit_open(kit, &store, 0));
    KIT_TRY(fill(kit, &store, &world));
    KIT_TRY(retire(kit, &store, CKPT_RETIRE_KEEP, 1));
    KIT_TRY(kit_open(kit, &store, CKPT_OPEN_READ_ONLY));
    return kit_world_expect(kit, &store, &world);
}

static int remove_removes(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};

    if (!kit->driver->retire)
        return kit_skip(kit, "the driver has no retire");
    KIT_TRY(kit_open(kit, &store, 0));
    KIT_TRY(fill(kit, &store, &world));
    KIT_TRY(retire(kit, &store, CKPT_RETIRE_REMOVE, 1));
    return expect_gone(kit, NULL);
}

static int64_t new_task_id(void)
{
    return (int64_t)time(NULL) * 100000 + getpid();
}

/* A DSN without its scheme, as a file name. */
static const char *file_of(const char *dsn)
{
    const char *scheme = strstr(dsn, "://");

    return scheme ? scheme + 3 : dsn;
}

/* Backups that the rule below made of a store that is a file or a folder. */
static void remove_backups(const struct kit *kit, int64_t task_id)
{
    char path[KIT_PATH + 64];

    for (int64_t id = task_id; id <= task_id + 1; id++) {
        snprintf(path, sizeof(path), "%s.%lld.bak", file_of(kit->dsn), (long long)id);
        kit_remove_path(path);
    }
}

static int rename_makes_room(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    struct ckpt_error err;
    int64_t task_id = new_task_id();

    if (!kit->driver->retire)
        return kit_skip(kit, "the driver has no retire");
    KIT_TRY(kit_open(kit, &store, 0));
    KIT_TRY(fill(kit, &store, &world));
    KIT_TRY(retire(kit, &store, CKPT_RETIRE_RENAME, task_id));
    KIT_TRY(expect_gone(kit, NULL));
    /* The name of the copy is taken now: the next one of that name must not replace it. */
    KIT_TRY(kit_open(kit, &store, 0));
    kit_world_done(&world);
    KIT_TRY(fill(kit, &store, &world));
    KIT_TRY(kit_expect(kit, "retire to a name that is taken",
                       retire_once(kit, &store, CKPT_RETIRE_RENAME, task_id, &err), CKPT_ERR,
                       &err));
    KIT_TRY(kit_world_expect(kit, &store, &world)); /* nothing was lost by trying */
    KIT_TRY(retire(kit, &store, CKPT_RETIRE_RENAME, task_id + 1));
    remove_backups(kit, task_id);
    return KIT_PASS;
}

static int unknown_way_is_refused(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    struct ckpt_error err = kit_error();

    if (!kit->driver->retire)
        return kit_skip(kit, "the driver has no retire");
    KIT_TRY(kit_open(kit, &store, 0));
    KIT_TRY(fill(kit, &store, &world));
    KIT_TRY(kit_expect(kit, "retire in an unknown way",
                       kit->driver->retire(store.handle, 99, 1, &err), CKPT_ERR, &err));
    kit_close(&store);
    KIT_TRY(kit_open(kit, &store, CKPT_OPEN_READ_ONLY));
    return kit_world_expect(kit, &store, &world);
}

/* ---- Files beside the store ---- */

static int write_file(struct kit *kit, const char *path)
{
    FILE *file = fopen(path, "we");

    KIT_CHECK(file, "cannot write '%s'", path);
    fputs("a file of somebody else\n", file);
    KIT_CHECK(fclose(file) == 0, "cannot write '%s'", path);
    return KIT_PASS;
}

/* Files whose names begin as the store's does, but are not its own. */
static int with_neighbours(struct kit *kit, const char *dsn, uint32_t how)
{
    static const char *const endings[] = {"x", ".17.bak", ".old", "-copy"};
    enum { ENDINGS = sizeof(endings) / sizeof(endings[0]) };
    char paths[ENDINGS][KIT_PATH + 16];
    uint64_t digest = 0;
    KIT_STORE store = {0};
    KIT_WORLD world = {0};

    for (size_t i = 0; i < ENDINGS; i++) {
        snprintf(paths[i], sizeof(paths[i]), "%s%s", dsn, endings[i]);
        KIT_TRY(write_file(kit, paths[i]));
        digest = kit_digest_file(paths[i]);
    }
    KIT_TRY(kit_open_at(kit, &store, dsn, NULL, 0));
    KIT_TRY(fill(kit, &store, &world));
    KIT_TRY(retire(kit, &store, how, 99));
    for (size_t i = 0; i < ENDINGS; i++) {
        KIT_CHECK(kit_digest_file(paths[i]) == digest,
                  "retire changed or removed '%s', which is not of the driver", paths[i]);
        (void)remove(paths[i]);
    }
    return KIT_PASS;
}

static int neighbours_stay(struct kit *kit)
{
    KIT_STORE store = {0};
    char dsn[KIT_PATH];
    struct kit_names names;
    int answer;

    if (!kit->driver->retire)
        return kit_skip(kit, "the driver has no retire");
    KIT_TRY(kit_open(kit, &store, 0));
    if (!kit_new_dsn(kit, "-ckpt-third", dsn, sizeof(dsn)))
        return kit_skip(kit, "the DSN is not the path of a file");
    kit_close(&store);
    kit_remove_files(dsn);
    answer = with_neighbours(kit, file_of(dsn), CKPT_RETIRE_REMOVE);
    kit_list_names(&names, file_of(dsn));
    if (answer == KIT_PASS && names.count > 0)
        answer = kit_fail(kit, "retire with remove leaves the file '%s'", names.names[0]);
    if (answer == KIT_PASS)
        answer = with_neighbours(kit, file_of(dsn), CKPT_RETIRE_RENAME);
    kit_list_names(&names, file_of(dsn));
    if (answer == KIT_PASS && (names.count != 1 || !strstr(names.names[0], ".99.bak")))
        answer = kit_fail(kit, "retire with rename leaves %zu files, of which the first is '%s'",
                          names.count, names.count ? names.names[0] : "");
    kit_remove_files(dsn);
    return answer;
}

/* The backup of a path is a store like any other. */
static int backup_opens(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    char dsn[KIT_PATH], backup[KIT_PATH + 16];
    int answer;

    if (!kit->driver->retire)
        return kit_skip(kit, "the driver has no retire");
    KIT_TRY(kit_open(kit, &store, 0));
    if (!kit_new_dsn(kit, "-ckpt-third", dsn, sizeof(dsn)))
        return kit_skip(kit, "the DSN is not the path of a file");
    kit_close(&store);
    kit_remove_files(dsn);
    KIT_TRY(kit_open_at(kit, &store, dsn, NULL, 0));
    KIT_TRY(fill(kit, &store, &world));
    KIT_TRY(retire(kit, &store, CKPT_RETIRE_RENAME, -5));
    snprintf(backup, sizeof(backup), "%s.-5.bak", dsn);
    answer = kit_open_at(kit, &store, backup, NULL, CKPT_OPEN_READ_ONLY);
    if (answer == KIT_PASS)
        answer = kit_world_expect(kit, &store, &world);
    kit_close(&store);
    kit_remove_files(dsn);
    return answer == KIT_PASS ? KIT_PASS : kit_prefix(kit, "the backup '%.300s'", backup);
}

const struct kit_rule kit_rules_retire[] = {
    {"retire-keep", "retire with keep leaves the store", keep_keeps, 0},
    {"retire-remove", "retire with remove leaves nothing", remove_removes, 0},
    {"retire-rename", "retire with rename leaves nothing and replaces nothing", rename_makes_room,
     0},
    {"retire-unknown", "retire in an unknown way is refused and does nothing",
     unknown_way_is_refused, 0},
    {"retire-neighbours", "retire leaves files of others, and none of its own", neighbours_stay, 0},
    {"retire-backup", "what retire renamed is a whole store", backup_opens, 0},
    {NULL, NULL, NULL, 0},
};
