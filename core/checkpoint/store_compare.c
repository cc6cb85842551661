/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing two stores; see store_copy.h. A walk cannot be halted, so the records of a table are
 * kept as digests while the other store delivers its own in the same order; the first that differs
 * is then fetched from both, to say in what.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/checkpoint/store_copy.h"
#include "core/checkpoint/table_list.h"

enum { STOP = 2 }; /* of a visitor: it has seen enough */

struct comparison {
    struct tl_store *original;
    struct tl_store *copy;
    const struct tl_cancel *cancel;
    const char *table; /* the one at hand */
    struct tl_error *err;
    struct tl_buf scratch;
    struct tl_digest *digests; /* of the original's records of the table */
    size_t count;
    size_t capacity;
    size_t met; /* of them met in the copy */
    struct tl_record_counts counts;
};

static int differ(struct comparison *c, const char *what, const char *field)
{
    tl_error_set(c->err, TL_ERR_STORE, "the copy in %s differs from %s: table %s, %s%s%s",
                 tl_store_where(c->copy), tl_store_where(c->original), c->table, what,
                 field ? ": another " : "", field ? field : "");
    return TL_NOT_FOUND;
}

static int note(uint32_t kind, const void *record, void *payload)
{
    struct comparison *c = payload;

    if (c->count == c->capacity) {
        size_t capacity = 2 * c->capacity + 64;
        struct tl_digest *grown = realloc(c->digests, capacity * sizeof(*grown));

        if (!grown)
            return tl_error_nomem(c->err);
        c->digests = grown;
        c->capacity = capacity;
    }
    if (tl_record_digest(&c->digests[c->count], kind, record, &c->scratch) != TL_OK)
        return tl_error_nomem(c->err);
    c->count++;
    c->counts.of[kind]++;
    return 0;
}

static bool equal(const struct tl_digest *a, const struct tl_digest *b)
{
    return memcmp(a->bytes, b->bytes, TL_DIGEST_LEN) == 0;
}

static int meet(uint32_t kind, const void *record, void *payload)
{
    struct comparison *c = payload;
    struct tl_digest digest;

    if (tl_record_digest(&digest, kind, record, &c->scratch) != TL_OK)
        return tl_error_nomem(c->err);
    if (c->met == c->count || !equal(&digest, &c->digests[c->met]))
        return STOP;
    c->met++;
    return 0;
}

/* One record of a table by its place in the walk. */
struct fetching {
    size_t skip;
    uint32_t kind; /* 0: there are not so many */
    union tl_record record;
    char *bytes; /* owned */
    struct tl_error *err;
};

static int fetch_record(uint32_t kind, const void *record, void *payload)
{
    struct fetching *fetching = payload;

    if (fetching->skip-- > 0)
        return 0;
    fetching->bytes = malloc(tl_record_bytes(kind, record) + 1);
    if (!fetching->bytes)
        return tl_error_nomem(fetching->err);
    tl_record_copy(&fetching->record, kind, record, fetching->bytes);
    fetching->kind = kind;
    return STOP;
}

static int fetch(struct fetching *fetching, struct tl_store *store, const struct comparison *c)
{
    struct tl_record_sink sink = {fetch_record, fetching};
    const struct ckpt_visitor visitor = tl_record_visitor(&sink);
    int rc;

    fetching->skip = c->met;
    fetching->err = c->err;
    rc = tl_store_load_table(store, c->table, &visitor, c->err);
    return rc < 0 ? rc : TL_OK;
}

/* Says in what the records at c->met differ. */
static int judge(struct comparison *c, const struct fetching *wanted, const struct fetching *got)
{
    char want_text[TL_RECORD_TEXT], got_text[TL_RECORD_TEXT], what[2 * TL_RECORD_TEXT + 32];

    tl_record_describe(want_text, wanted->kind, &wanted->record);
    tl_record_describe(got_text, got->kind, &got->record);
    if (wanted->kind == 0 && got->kind == 0)
        return differ(c, "which changes while it is read", NULL);
    if (wanted->kind == got->kind && tl_record_same_key(got->kind, &wanted->record, &got->record))
        return differ(c, got_text, tl_record_diff(got->kind, &wanted->record, &got->record));
    if (wanted->kind == 0)
        snprintf(what, sizeof(what), "%s is too many", got_text);
    else if (got->kind == 0)
        snprintf(what, sizeof(what), "%s is missing", want_text);
    else
        snprintf(what, sizeof(what), "%s where %s should be", got_text, want_text);
    return differ(c, what, NULL);
}

static int explain(struct comparison *c)
{
    struct fetching wanted = {0}, got = {0};
    int rc = fetch(&wanted, c->original, c);

    if (rc == TL_OK)
        rc = fetch(&got, c->copy, c);
    if (rc == TL_OK)
        rc = judge(c, &wanted, &got);
    free(wanted.bytes);
    free(got.bytes);
    return rc;
}

static int compare_table(struct comparison *c)
{
    struct tl_record_sink noting = {note, c}, meeting = {meet, c};
    const struct ckpt_visitor noter = tl_record_visitor(&noting);
    const struct ckpt_visitor meeter = tl_record_visitor(&meeting);
    int rc;

    c->count = 0;
    c->met = 0;
    if (c->cancel && tl_cancel_requested(c->cancel))
        return tl_error_set(c->err, TL_ERR_CANCELED, "stopped on request");
    rc = tl_store_load_table(c->original, c->table, &noter, c->err);
    if (rc == TL_NOT_FOUND)
        return differ(c, "which the original has no more", NULL);
    if (rc == TL_OK)
        rc = tl_store_load_table(c->copy, c->table, &meeter, c->err);
    if (rc < 0)
        return rc;
    if (rc > 0 || c->met < c->count)
        return explain(c);
    return TL_OK;
}

/* The lists of tables, which each_table delivers. */
static int compare_lists(struct comparison *c, const struct tl_table_list *wanted,
                         const struct tl_table_list *got)
{
    for (size_t i = 0; i < wanted->count || i < got->count; i++) {
        int order = i == wanted->count ? 1
                    : i == got->count  ? -1
                                       : strcmp(wanted->names[i], got->names[i]);

        c->table = order > 0 ? got->names[i] : wanted->names[i];
        if (order != 0)
            return differ(c, order > 0 ? "which the original does not have" : "which is missing",
                          NULL);
        if (!equal(&wanted->records[i], &got->records[i]))
            return differ(c, "its record in the list of tables", NULL);
    }
    return TL_OK;
}

int tl_store_compare_tables(struct tl_store *original, struct tl_store *copy,
                            const struct tl_cancel *cancel, struct tl_record_counts *counts_out,
                            struct tl_error *err)
{
    struct comparison c = {.original = original, .copy = copy, .cancel = cancel, .err = err};
    TL_CLEANUP_TABLE_LIST struct tl_table_list wanted = {0};
    TL_CLEANUP_TABLE_LIST struct tl_table_list got = {0};
    int rc = tl_table_list_read(&wanted, original, err);

    tl_buf_init(&c.scratch, 2 * CKPT_APPLY_MAX_BYTES);
    if (rc == TL_OK)
        rc = tl_table_list_read(&got, copy, err);
    for (size_t i = 0; rc == TL_OK && i < wanted.count && i < got.count; i++) {
        c.table = wanted.names[i];
        if (strcmp(c.table, got.names[i]) == 0)
            rc = compare_table(&c);
        else
            break; /* compare_lists says it */
    }
    if (rc == TL_OK)
        rc = compare_lists(&c, &wanted, &got);
    tl_buf_done(&c.scratch);
    free(c.digests);
    if (rc == TL_OK && counts_out)
        *counts_out = c.counts;
    return rc;
}

int tl_store_compare_task(const struct ckpt_task *wanted, struct tl_store *copy,
                          struct tl_error *err)
{
    TL_CLEANUP_TASK_COPY struct tl_task_copy got = {0};
    int rc = tl_task_copy_read(&got, copy, err);
    const char *field = rc == TL_OK ? tl_record_diff(CKPT_PUT_TASK, &got.task, wanted) : NULL;

    if (rc < 0 || (rc == TL_OK && !field))
        return rc;
    tl_error_set(err, TL_ERR_STORE, "the copy in %s differs: task record%s%s", tl_store_where(copy),
                 field ? ": another " : " is missing", field ? field : "");
    return TL_NOT_FOUND;
}
