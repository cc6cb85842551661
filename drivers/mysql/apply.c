/* SPDX-License-Identifier: Apache-2.0 */
/* Applying changes. */
#include "apply.h"

#include <string.h>

#include "connect.h"
#include "put.h"

/* True if a later change of the segment puts the same record. */
static bool is_superseded(const struct ckpt_change *const *changes, const struct ckmy_key *keys,
                          size_t i, size_t n)
{
    size_t later;

    for (later = i + 1; later < n; later++)
        if (changes[later]->kind == changes[i]->kind && ckmy_key_equal(&keys[later], &keys[i]))
            return true;
    return false;
}

static bool is_put(const struct ckpt_change *change)
{
    return change->kind >= CKMY_KIND_FIRST && change->kind <= CKMY_KIND_LAST;
}

static int apply_puts(struct ckpt_store *store, const struct ckpt_change *const *changes, size_t n,
                      struct ckpt_error *err)
{
    struct ckmy_key keys[CKPT_APPLY_MAX_CHANGES];
    unsigned number;
    int rc = CKPT_OK;
    size_t i;

    for (i = 0; i < n; i++)
        keys[i] = ckmy_key_of(ckmy_kind(changes[i]->kind), changes[i]->record.any);
    for (number = CKMY_KIND_FIRST; rc == CKPT_OK && number <= CKMY_KIND_LAST; number++) {
        struct ckmy_puts_of put = {.store = store, .kind = ckmy_kind(number)};

        for (i = 0; rc == CKPT_OK && i < n; i++)
            if (changes[i]->kind == number && !is_superseded(changes, keys, i, n))
                rc = ckmy_put_record(&put, changes[i]->record.any, err);
        if (rc == CKPT_OK)
            rc = ckmy_puts_end(&put, err);
        ckmy_puts_done(&put);
    }
    return rc;
}

static int delete_from(struct ckpt_store *store, const char *table, const char *condition,
                       const struct ckpt_str *name, const char *what, struct ckpt_error *err)
{
    struct ckmy_buf *sql = &store->sql;

    ckmy_buf_clear(sql);
    ckmy_puts(sql, "DELETE FROM ");
    ckmy_puts(sql, table);
    ckmy_puts(sql, condition);
    if (name)
        (void)ckmy_put_key(sql, *name);
    return ckmy_run_buf(store, what, err);
}

static int delete_failures(struct ckpt_store *store, const struct ckpt_str *name,
                           struct ckpt_error *err)
{
    int rc = delete_from(store, "failure_v1", " WHERE table_name=", name, CKMY_SAVING, err);

    if (rc == CKPT_OK)
        rc = delete_from(store, CKMY_EXTRA_TABLE, " WHERE kind=6 AND table_name=", name,
                         CKMY_SAVING, err);
    return rc;
}

static int delete_table(struct ckpt_store *store, const struct ckpt_str *name,
                        struct ckpt_error *err)
{
    unsigned number;
    int rc = CKPT_OK;

    for (number = CKPT_PUT_TABLE; rc == CKPT_OK && number <= CKMY_KIND_LAST; number++)
        rc = delete_from(store, ckmy_kind(number)->table, " WHERE table_name=", name, CKMY_SAVING,
                         err);
    if (rc == CKPT_OK)
        rc = delete_from(store, CKMY_EXTRA_TABLE,
                         " WHERE kind IN (2,3,4,5,6) AND table_name=", name, CKMY_SAVING, err);
    return rc;
}

int ckmy_delete_all(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    int rc = CKPT_OK;
    size_t i;

    for (i = 0; rc == CKPT_OK && i < CKMY_TABLE_COUNT; i++)
        rc = delete_from(store, ckmy_tables[i], "", NULL, what, err);
    return rc;
}

static int apply_delete(struct ckpt_store *store, const struct ckpt_change *change,
                        struct ckpt_error *err)
{
    if (change->kind == CKPT_DELETE_FAILURES)
        return delete_failures(store, &change->name, err);
    if (change->kind == CKPT_DELETE_TABLE)
        return delete_table(store, &change->name, err);
    return ckmy_delete_all(store, CKMY_SAVING, err);
}

static int apply_in_order(struct ckpt_store *store, const struct ckpt_change *const *changes,
                          size_t n, struct ckpt_error *err)
{
    size_t i = 0;
    int rc = CKPT_OK;

    while (rc == CKPT_OK && i < n) {
        size_t end = i;

        while (end < n && is_put(changes[end]))
            end++;
        if (end > i)
            rc = apply_puts(store, changes + i, end - i, err);
        else
            rc = apply_delete(store, changes[end++], err);
        i = end;
    }
    return rc;
}

/* What the columns can never hold is refused before anything is sent. */
static int check(const struct ckpt_change *change, struct ckpt_error *err)
{
    struct ckmy_key key = {.table_name = change->name};
    size_t extra = 0;

    if (is_put(change)) {
        const struct ckmy_kind *kind = ckmy_kind(change->kind);
        union ckmy_record record;

        if (!change->record.any)
            return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "a change without a record");
        ckmy_record_copy(&record, kind, change->record.any);
        key = ckmy_key_of(kind, &record);
        extra = ckmy_field_str(&record, kind->extra_offset).len;
    } else if (change->kind < CKPT_DELETE_FAILURES || change->kind > CKPT_DELETE_ALL) {
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "a change of the unknown kind %u",
                              (unsigned)change->kind);
    }
    if (ckmy_key_chars(key.table_name) > 261)
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "table name %.*s: more than 261 characters",
                              (int)(key.table_name.len < 300 ? key.table_name.len : 300),
                              key.table_name.data);
    if (key.path.len > CKPT_MAX_PATH)
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "path %.300s...: more than %u bytes",
                              key.path.data, CKPT_MAX_PATH);
    if (extra > CKPT_MAX_EXTRA)
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "a record with more than %u bytes of extra",
                              CKPT_MAX_EXTRA);
    return CKPT_OK;
}

int ckmy_apply(struct ckpt_store *store, const struct ckpt_change *const *changes, size_t n,
               struct ckpt_error *err)
{
    int rc = CKPT_OK;
    size_t i;

    if (store->read_only)
        return ckpt_error_set(err, CKPT_ERR_READ_ONLY, 0,
                              CKMY_SAVING " in %s: it is open read-only", store->where);
    if (n > CKPT_APPLY_MAX_CHANGES)
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, CKMY_SAVING ": more than %u changes at once",
                              CKPT_APPLY_MAX_CHANGES);
    for (i = 0; rc == CKPT_OK && i < n; i++)
        rc = check(changes[i], err);
    if (rc != CKPT_OK)
        return rc;
    rc = ckmy_begin(store, false, CKMY_SAVING, err);
    if (rc != CKPT_OK)
        return rc == CKPT_NOT_FOUND ? CKPT_ERR_CORRUPT : rc;
    rc = apply_in_order(store, changes, n, err);
    if (rc == CKPT_OK)
        rc = ckmy_commit(store, CKMY_SAVING, err);
    if (rc != CKPT_OK)
        ckmy_end(store);
    return rc;
}
