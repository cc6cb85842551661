/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about opening, several stores, messages.
 */
#include <stdio.h>
#include <string.h>

#include "plugins/conformance/kit.h"

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

static int describes_itself(struct kit *kit)
{
    KIT_STORE store = {0};
    struct ckpt_error err = kit_error();
    char text[512];
    int rc;

    if (!kit->driver->describe)
        return KIT_NOT_CLAIMED;
    memset(text, 'x', sizeof(text));
    KIT_TRY(kit_open(kit, &store, 0));
    rc = kit->driver->describe(store.handle, text, sizeof(text), &err);
    KIT_TRY(kit_expect(kit, "describe", rc, CKPT_OK, &err));
    KIT_CHECK(memchr(text, '\0', sizeof(text)) && text[0], "describe gave no text with a NUL");
    KIT_CHECK(!strpbrk(text, "\r\n"), "describe gave more than one line");
    return KIT_PASS;
}

static int default_dsn_is_text(struct kit *kit)
{
    struct ckpt_open_args args = kit_args(kit, "", 0);
    struct ckpt_error err = kit_error();
    char text[4096];
    int rc;

    if (!kit->driver->default_dsn)
        return KIT_NOT_CLAIMED;
    memset(text, 'x', sizeof(text));
    rc = kit->driver->default_dsn(&args, text, sizeof(text), &err);
    KIT_TRY(kit_expect(kit, "default_dsn", rc, rc < 0 ? CKPT_ERR : CKPT_OK, &err));
    KIT_CHECK(rc < 0 || (memchr(text, '\0', sizeof(text)) && text[0]),
              "default_dsn gave no text with a NUL");
    return KIT_PASS;
}

const struct kit_rule kit_rules_open[] = {
    {"close-null", "close accepts NULL", null_closes, 0},
    {"reopen", "a store opened again holds everything", reopens_with_everything, 0},
    {"read-only-refuses", "a store opened read-only refuses changes", read_only_refuses_changes, 0},
    {"describe", "describe gives one line", describes_itself, 0},
    {"default-dsn", "default_dsn gives a text or an error", default_dsn_is_text, 0},
    {NULL, NULL, NULL, 0},
};
