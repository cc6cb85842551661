/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about opening, several stores, messages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/conformance/place.h"
#include "plugins/conformance/world.h"

#define T1 "`shop`.`item`"

static int null_closes(struct kit *kit)
{
    kit->driver->close(NULL);
    return KIT_PASS;
}

static int reopens_with_everything(struct kit *kit)
{
    const struct ckpt_task task = kit_task();
    const struct ckpt_table table = kit_table(T1, 30);
    const struct kit_image image = {.table = &table};
    const struct ckpt_change changes[] = {kit_put(CKPT_PUT_TASK, &task),
                                          kit_put(CKPT_PUT_TABLE, &table)};

    for (int i = 0; i < 3; i++) {
        KIT_STORE store = {0};

        if (i == 0) {
            KIT_TRY(kit_fresh(kit, &store));
            KIT_TRY(kit_apply(kit, &store, changes, 2));
        } else {
            KIT_TRY(kit_open(kit, &store, i == 1 ? 0 : CKPT_OPEN_READ_ONLY));
        }
        KIT_TRY(kit_expect_task(kit, &store, &task));
        KIT_TRY(kit_expect_table(kit, &store, &image));
    }
    return KIT_PASS;
}

static int read_only_refuses_changes(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_STORE reader = {0};
    const struct ckpt_task task = kit_task();
    const struct ckpt_change change = kit_put(CKPT_PUT_TASK, &task);
    const struct ckpt_change *const list[] = {&change};
    struct ckpt_error err = kit_error();
    int rc;

    KIT_TRY(kit_fresh(kit, &store));
    kit_close(&store);
    KIT_TRY(kit_open(kit, &reader, CKPT_OPEN_READ_ONLY));
    rc = kit->driver->apply(reader.handle, list, 1, &err);
    KIT_TRY(kit_expect(kit, "apply on a store opened read-only", rc, CKPT_ERR_READ_ONLY, &err));
    KIT_TRY(kit_expect_missing(kit, &reader, NULL));
    if (!kit->driver->retire)
        return KIT_PASS;
    err = kit_error();
    rc = kit->driver->retire(reader.handle, CKPT_RETIRE_REMOVE, 1, &err);
    return kit_expect(kit, "retire on a store opened read-only", rc, CKPT_ERR_READ_ONLY, &err);
}

/* What a reader may not touch: every file of the store. */
static int read_only_changes_nothing(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD world = {0};
    const struct ckpt_task task = kit_task();
    const struct ckpt_change change = kit_put(CKPT_PUT_TASK, &task);
    struct kit_names before, after;
    struct ckpt_error err = kit_error();
    const char *path;
    uint64_t digest;

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_world_apply(kit, &store, &world, &change, 1));
    path = kit_place(kit);
    if (!path)
        return kit_skip(kit, "the DSN is not the path of a file");
    kit_close(&store);
    digest = kit_digest_file(path);
    kit_list_names(&before, path);
    KIT_TRY(kit_open(kit, &store, CKPT_OPEN_READ_ONLY));
    KIT_TRY(kit_world_expect(kit, &store, &world));
    {
        const struct ckpt_change *const list[] = {&change};

        (void)kit->driver->apply(store.handle, list, 1, &err);
    }
    kit_close(&store);
    kit_list_names(&after, path);
    KIT_CHECK(kit_digest_file(path) == digest, "a reader changed the file '%s'", path);
    KIT_CHECK(before.count == after.count, "a reader leaves %zu files instead of %zu", after.count,
              before.count);
    return KIT_PASS;
}

static int read_only_creates_nothing(struct kit *kit)
{
    KIT_STORE store = {0};
    KIT_WORLD empty = {0};
    struct kit_names names;
    char dsn[KIT_PATH];
    size_t count = 0;

    KIT_TRY(kit_open(kit, &store, 0));
    if (!kit_new_dsn(kit, "-ckpt-third", dsn, sizeof(dsn)))
        return kit_skip(kit, "the DSN is not the path of a file");
    kit_close(&store);
    kit_remove_files(dsn);
    KIT_TRY(kit_open_at(kit, &store, dsn, NULL, CKPT_OPEN_READ_ONLY));
    KIT_TRY(kit_world_expect(kit, &store, &empty));
    KIT_TRY(kit_expect_missing(kit, &store, T1));
    kit_list_names(&names, dsn);
    count = names.count;
    kit_close(&store);
    kit_list_names(&names, dsn);
    kit_remove_files(dsn);
    KIT_CHECK(count == 0 && names.count == 0, "opening read-only what is not there makes '%s'",
              names.count ? names.names[0] : "a file for a while");
    return KIT_PASS;
}

/* A store that was removed under a reader, or made under it, is seen as it is. */
static int reader_of_nothing_sees_a_store_made_later(struct kit *kit)
{
    KIT_STORE reader = {0};
    KIT_STORE writer = {0};
    KIT_WORLD world = {0};
    const struct ckpt_task task = kit_task();
    const struct ckpt_change change = kit_put(CKPT_PUT_TASK, &task);

    KIT_TRY(kit_fresh(kit, &writer));
    KIT_TRY(kit_open(kit, &reader, CKPT_OPEN_READ_ONLY));
    KIT_TRY(kit_world_expect(kit, &reader, &world));
    KIT_TRY(kit_world_apply(kit, &writer, &world, &change, 1));
    return kit_world_expect(kit, &reader, &world);
}

/* Texts of every size stay within it. */
static int describe_within(struct kit *kit, struct kit_store *store, size_t size)
{
    struct ckpt_error err = kit_error();
    char text[600];
    int rc;

    memset(text, 'x', sizeof(text));
    rc = kit->driver->describe(store->handle, text, size, &err);
    for (size_t i = size; i < sizeof(text); i++)
        KIT_CHECK(text[i] == 'x', "describe writes past the %zu bytes that it was given", size);
    if (rc < 0) {
        for (size_t i = 0; i < size; i++)
            KIT_CHECK(text[i] == 'x', "describe fails and changes its output");
        return size < 500 ? kit_expect(kit, "describe", rc, CKPT_ERR, &err)
                          : kit_expect(kit, "describe", rc, CKPT_OK, &err);
    }
    KIT_TRY(kit_expect(kit, "describe", rc, CKPT_OK, &err));
    KIT_CHECK(memchr(text, '\0', size), "describe gave no NUL within %zu bytes", size);
    KIT_CHECK(size < 500 || text[0], "describe gave no text");
    KIT_CHECK(!strpbrk(text, "\r\n"), "describe gave more than one line");
    KIT_CHECK(!kit_secret(kit) || !strstr(text, kit_secret(kit)), "describe shows the password");
    return KIT_PASS;
}

static int describes_itself(struct kit *kit)
{
    static const size_t sizes[] = {512, 1, 2, 9, 20};

    if (!kit->driver->describe)
        return kit_skip(kit, "the driver has no describe");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        KIT_STORE store = {0};

        KIT_TRY(kit_open(kit, &store, i % 2 ? CKPT_OPEN_READ_ONLY : 0));
        KIT_TRY(describe_within(kit, &store, sizes[i]));
    }
    return KIT_PASS;
}

static int default_dsn_is_text(struct kit *kit)
{
    static const size_t sizes[] = {4000, 1, 8};
    struct ckpt_open_args args = kit_args(kit, "", 0);
    char text[4096];

    if (!kit->driver->default_dsn)
        return kit_skip(kit, "the driver has no default_dsn");
    for (size_t i = 0; i < 3; i++) {
        struct ckpt_error err = kit_error();
        int rc;

        memset(text, 'x', sizeof(text));
        rc = kit->driver->default_dsn(&args, text, sizes[i], &err);
        KIT_TRY(kit_expect(kit, "default_dsn", rc, rc < 0 ? CKPT_ERR : CKPT_OK, &err));
        KIT_CHECK(rc < 0 || memchr(text, '\0', sizes[i]), "default_dsn gave no NUL");
        KIT_CHECK(rc < 0 || text[0] || sizes[i] == 1, "default_dsn gave no text");
        for (size_t at = rc < 0 ? 0 : sizes[i]; at < sizeof(text); at++)
            KIT_CHECK(text[at] == 'x', rc < 0
                                           ? "default_dsn fails and changes its output"
                                           : "default_dsn writes past the size that it was given");
    }
    return KIT_PASS;
}

/* What the host relies on before it has called anything. */
static int declares_itself(struct kit *kit)
{
    const struct ckpt_driver *driver = kit->driver;
    const struct ckpt_option *row = driver->options;

    KIT_CHECK(!(driver->capabilities & ~(CKPT_CAP_PARALLEL | CKPT_CAP_SHARED)),
              "capabilities that do not exist are claimed: %#llx",
              (unsigned long long)driver->capabilities);
    for (; row && row->name; row++) {
        KIT_CHECK(row->name[0] && strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
                                      strlen(row->name),
                  "the option '%s' has a name of other letters than [a-z0-9-]", row->name);
        KIT_CHECK(row->type <= CKPT_OPTION_BOOL, "the option '%s' has the unknown type %u",
                  row->name, row->type);
        KIT_CHECK(row->default_text, "the option '%s' has no default_text", row->name);
        KIT_CHECK(row->help && row->help[0], "the option '%s' has no help", row->name);
        KIT_CHECK(row->type != CKPT_OPTION_INT ||
                      (row->min <= row->max && strtoll(row->default_text, NULL, 10) >= row->min &&
                       strtoll(row->default_text, NULL, 10) <= row->max),
                  "the option '%s' has a default out of its bounds", row->name);
    }
    return KIT_PASS;
}

static int dumps_into_a_folder(struct kit *kit)
{
    KIT_STORE store = {0};
    char folder[] = "/tmp/ckpt-dump.XXXXXX";
    char missing[64];
    const struct ckpt_table table = kit_table(T1, 30);
    struct ckpt_error err = kit_error();
    int rc;

    if (!kit->driver->dump)
        return kit_skip(kit, "the driver has no dump");
    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    KIT_CHECK(mkdtemp(folder), "cannot make a folder");
    rc = kit->driver->dump(store.handle, kit_str(folder), &err);
    snprintf(missing, sizeof(missing), "rm -rf '%s'", folder);
    (void)!system(missing);
    KIT_TRY(kit_expect(kit, "dump", rc, CKPT_OK, &err));
    snprintf(missing, sizeof(missing), "%s/no/such", folder);
    err = kit_error();
    rc = kit->driver->dump(store.handle, kit_str(missing), &err);
    return kit_expect(kit, "dump into a folder that is not there", rc, CKPT_ERR, &err);
}

const struct kit_rule kit_rules_open[] = {
    {"declared", "options and capabilities are declared as the contract says", declares_itself, 0},
    {"close-null", "close accepts NULL", null_closes, 0},
    {"reopen", "a store opened again holds everything", reopens_with_everything, 0},
    {"read-only-refuses", "a store opened read-only refuses changes", read_only_refuses_changes, 0},
    {"describe", "describe gives one line", describes_itself, 0},
    {"default-dsn", "default_dsn gives a text or an error", default_dsn_is_text, 0},
    {"read-only-unchanged", "a store opened read-only leaves its files as they are",
     read_only_changes_nothing, 0},
    {"read-only-creates", "a read-only open of what is not there is empty and makes nothing",
     read_only_creates_nothing, 0},
    {"read-only-later", "a reader sees the first records of an empty store",
     reader_of_nothing_sees_a_store_made_later, 0},
    {"dump", "dump writes into a folder that is there", dumps_into_a_folder, 0},
    {NULL, NULL, NULL, 0},
};
