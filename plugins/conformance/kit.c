/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers of the rules: reasons, stores, changes. See kit.h.
 */
#include "plugins/conformance/kit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 60, PAUSE_US = 50000 };

int kit_fail(struct kit *kit, const char *fmt, ...)
{
    va_list ap;

    if (kit->reason[0])
        return KIT_FAIL;
    va_start(ap, fmt);
    vsnprintf(kit->reason, sizeof(kit->reason), fmt, ap);
    va_end(ap);
    return KIT_FAIL;
}

int kit_prefix(struct kit *kit, const char *fmt, ...)
{
    char reason[sizeof(kit->reason)];
    size_t used;
    va_list ap;

    memcpy(reason, kit->reason, sizeof(reason));
    va_start(ap, fmt);
    vsnprintf(kit->reason, sizeof(kit->reason), fmt, ap);
    va_end(ap);
    used = strlen(kit->reason);
    snprintf(kit->reason + used, sizeof(kit->reason) - used, ": %.700s", reason);
    return KIT_FAIL;
}

int kit_skip(struct kit *kit, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(kit->reason, sizeof(kit->reason), fmt, ap);
    va_end(ap);
    return KIT_NOT_CLAIMED;
}

int kit_blind(struct kit *kit, const char *why)
{
    snprintf(kit->reason, sizeof(kit->reason), "%s", why);
    return KIT_NOT_JUDGED;
}

uint32_t kit_random(struct kit *kit, uint32_t below)
{
    kit->random = kit->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(kit->random >> 33) % below;
}

struct ckpt_str kit_str(const char *text)
{
    return (struct ckpt_str){text, strlen(text)};
}

struct ckpt_error kit_error(void)
{
    return (struct ckpt_error){.struct_size = sizeof(struct ckpt_error)};
}

static void ignore_log(const char *message, void *payload)
{
    (void)message;
    (void)payload;
}

static int never_canceled(void *payload)
{
    (void)payload;
    return 0;
}

struct ckpt_open_args kit_args(const struct kit *kit, const char *dsn, uint32_t flags)
{
    static const struct ckpt_host host = {
        .struct_size = sizeof(host), .log_debug = ignore_log, .canceled = never_canceled};

    return (struct ckpt_open_args){.struct_size = sizeof(struct ckpt_open_args),
                                   .flags = flags,
                                   .dsn = kit_str(dsn),
                                   .schema = kit_str(kit->schema),
                                   .options = kit->options,
                                   .option_count = kit->option_count,
                                   .host = &host,
                                   .target_dsn = kit_str(kit->target_dsn)};
}

static int check_line(struct kit *kit, const char *what, const char *kind, const char *text,
                      size_t size)
{
    KIT_CHECK(memchr(text, '\0', size), "%s: the %s has no NUL", what, kind);
    KIT_CHECK(!strpbrk(text, "\r\n"), "%s: the %s is not one line: %s", what, kind, text);
    return KIT_PASS;
}

const char *kit_secret(const struct kit *kit)
{
    return kit->secret[0] ? kit->secret : NULL;
}

static int check_secret(struct kit *kit, const char *what, const struct ckpt_error *err)
{
    const char *secret = kit_secret(kit);

    KIT_CHECK(!secret || (!strstr(err->message, secret) && !strstr(err->hint, secret)),
              "%s: the message or hint shows the password of the DSN", what);
    return KIT_PASS;
}

int kit_expect(struct kit *kit, const char *what, int rc, int expected,
               const struct ckpt_error *err)
{
    if (rc < 0) {
        KIT_CHECK(err->message[0], "%s failed with code %d and without a message", what, rc);
        KIT_TRY(check_line(kit, what, "message", err->message, sizeof(err->message)));
        KIT_TRY(check_line(kit, what, "hint", err->hint, sizeof(err->hint)));
        KIT_TRY(check_secret(kit, what, err));
    }
    if (rc == expected || (rc < 0 && expected == CKPT_ERR))
        return KIT_PASS;
    return kit_fail(kit, "%s returned %d, expected %d%s%s", what, rc, expected, rc < 0 ? ": " : "",
                    rc < 0 ? err->message : "");
}

static bool again(int rc, const struct ckpt_error *err, int tries)
{
    if (rc >= 0 || !err->retryable || tries >= TRIES)
        return false;
    usleep(PAUSE_US);
    return true;
}

int kit_open(struct kit *kit, struct kit_store *store, uint32_t flags)
{
    struct ckpt_open_args args = kit_args(kit, kit->dsn, flags);
    struct ckpt_error err;
    int tries = 0;
    int rc;

    store->kit = kit;
    store->handle = NULL;
    do {
        err = kit_error();
        rc = kit->driver->open(&store->handle, &args, &err);
    } while (again(rc, &err, tries++));
    KIT_TRY(kit_expect(kit, "open", rc, CKPT_OK, &err));
    KIT_CHECK(store->handle, "open succeeded and set no store");
    return KIT_PASS;
}

void kit_close(struct kit_store *store)
{
    if (store->handle)
        store->kit->driver->close(store->handle);
    store->handle = NULL;
}

int kit_fresh(struct kit *kit, struct kit_store *store)
{
    KIT_TRY(kit_open(kit, store, 0));
    return kit_apply_one(kit, store, kit_delete(CKPT_DELETE_ALL, NULL));
}

struct ckpt_change kit_put(enum ckpt_change_kind kind, const void *record)
{
    return (struct ckpt_change){.struct_size = sizeof(struct ckpt_change),
                                .kind = (uint32_t)kind,
                                .record = {.any = record}};
}

struct ckpt_change kit_delete(enum ckpt_change_kind kind, const char *table)
{
    struct ckpt_change change = {.struct_size = sizeof(change), .kind = (uint32_t)kind};

    if (table)
        change.name = kit_str(table);
    return change;
}

int kit_apply(struct kit *kit, struct kit_store *store, const struct ckpt_change *changes, size_t n)
{
    const struct ckpt_change *list[CKPT_APPLY_MAX_CHANGES];
    struct ckpt_error err;
    int tries = 0;
    int rc;

    KIT_CHECK(n >= 1 && n <= CKPT_APPLY_MAX_CHANGES, "the kit applies %zu changes at once", n);
    for (size_t i = 0; i < n; i++)
        list[i] = &changes[i];
    do {
        err = kit_error();
        rc = kit->driver->apply(store->handle, list, n, &err);
    } while (again(rc, &err, tries++));
    return kit_expect(kit, "apply", rc, CKPT_OK, &err);
}

int kit_apply_one(struct kit *kit, struct kit_store *store, struct ckpt_change change)
{
    return kit_apply(kit, store, &change, 1);
}
