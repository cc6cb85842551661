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

/* A DSN that no driver can use, with a password in it. */
static int failed_open_is_clean(struct kit *kit)
{
    static const char secret[] = "S3cr3tPassw0rd";
    char dsn[128];
    struct ckpt_open_args args;
    struct ckpt_error err = kit_error();
    struct ckpt_store *mark = (struct ckpt_store *)(void *)&err;
    struct ckpt_store *store = mark;
    int rc;

    snprintf(dsn, sizeof(dsn), "nobody:%s@tcp(/no such folder/:-1", secret);
    args = kit_args(kit, dsn, 0);
    rc = kit->driver->open(&store, &args, &err);
    if (rc == CKPT_OK) {
        kit->driver->close(store);
        return KIT_NOT_CLAIMED; /* a driver that takes any DSN */
    }
    KIT_TRY(kit_expect(kit, "open with a wrong DSN", rc, CKPT_ERR, &err));
    KIT_CHECK(store == mark, "a failed open changed its output");
    KIT_CHECK(!strstr(err.message, secret) && !strstr(err.hint, secret),
              "the message shows the password of the DSN: %s", err.message);
    return KIT_PASS;
}

static int two_stores_work(struct kit *kit)
{
    KIT_STORE first = {0};
    KIT_STORE second = {0};
    const struct ckpt_table a = kit_table(T1, 30);
    const struct ckpt_table b = kit_table("`shop`.`other`", 60);
    const struct kit_image image_a = {.table = &a};
    const struct kit_image image_b = {.table = &b};

    if (!(kit->driver->capabilities & CKPT_CAP_SHARED))
        return KIT_NOT_CLAIMED;
    KIT_TRY(kit_fresh(kit, &first));
    KIT_TRY(kit_open(kit, &second, 0));
    KIT_TRY(kit_apply_one(kit, &first, kit_put(CKPT_PUT_TABLE, &a)));
    KIT_TRY(kit_apply_one(kit, &second, kit_put(CKPT_PUT_TABLE, &b)));
    KIT_TRY(kit_expect_table(kit, &first, &image_b));
    KIT_TRY(kit_expect_table(kit, &second, &image_a));
    kit_close(&first);
    KIT_TRY(kit_apply_one(kit, &second, kit_delete(CKPT_DELETE_TABLE, T1)));
    return kit_expect_missing(kit, &second, T1);
}

static int second_writer_is_refused(struct kit *kit)
{
    KIT_STORE first = {0};
    struct ckpt_open_args args = kit_args(kit, kit->dsn, 0);
    struct ckpt_error err = kit_error();
    struct ckpt_store *store = NULL;
    int rc;

    if (kit->driver->capabilities & CKPT_CAP_SHARED)
        return KIT_NOT_CLAIMED;
    KIT_TRY(kit_fresh(kit, &first));
    rc = kit->driver->open(&store, &args, &err);
    if (rc == CKPT_OK)
        kit->driver->close(store);
    return kit_expect(kit, "a second open for writing", rc, CKPT_ERR_BUSY, &err);
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
    {"close accepts NULL", null_closes},
    {"a store opened again holds everything", reopens_with_everything},
    {"a store opened read-only refuses changes", read_only_refuses_changes},
    {"a failed open leaves its output alone and shows no password", failed_open_is_clean},
    {"two stores are open at once and see each other's changes", two_stores_work},
    {"a second open for writing is refused without CKPT_CAP_SHARED", second_writer_is_refused},
    {"describe gives one line", describes_itself},
    {"default_dsn gives a text or an error", default_dsn_is_text},
    {NULL, NULL},
};
