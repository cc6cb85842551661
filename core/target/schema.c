/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See schema.h. What exists is asked first; then databases, tables (by a few sessions at once, as a
 * dump may have tens of thousands) and views, each kind in passes: what misses another object is
 * tried again until a pass makes nothing.
 */
#include "core/target/schema.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/thread.h"
#include "core/target/schema_objects.h"
#include "core/target/schema_run.h"

enum { SESSIONS = 4, ITEMS_FOR_MORE_SESSIONS = 32 };

/* One call of tl_schema_apply. */
struct apply {
    const struct tl_options *options;
    struct tl_session *session;
    const struct tl_schema_item *items;
    size_t count;
    const struct tl_cancel *cancel;
    bool *created; /* owned; by item */
    size_t *todo;  /* owned; indexes of the items of the running pass */
    size_t todo_count;
    bool applied; /* all is made, only the look at it is left */
    bool final;   /* an object failed, after retries of its own */
};

/* One pass over apply->todo. */
struct pass {
    struct apply *apply;
    pthread_mutex_t lock; /* guards everything below */
    size_t next;
    size_t put_off; /* the first so many of todo miss something */
    int rc;
    struct tl_error err;     /* rc's */
    struct tl_error missing; /* of the first that was put off */
};

static int refuse_without_file(const struct tl_schema_item *item, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_REFUSED, "table `%s`.`%s` is not on the target and has no schema file",
                 item->db, item->name);
    return tl_error_hint(err,
                         "create the table, or put a file %s.%s-schema.sql with its CREATE TABLE "
                         "into the source directory",
                         item->db, item->name);
}

static int refuse_table_as_view(const struct tl_schema_item *item, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_REFUSED, "`%s`.`%s` is a view in the dump and a table on the target",
                 item->db, item->name);
    return tl_error_hint(err,
                         "if it is a placeholder that another loader left, drop it; else leave "
                         "the view out with mydumper.filter");
}

/* Whether the item has to be made; refuses what cannot be. */
static int look_at(const struct tl_schema_item *item, const struct tl_objects *objects,
                   bool *wanted_out, struct tl_error *err)
{
    enum tl_object_kind kind =
        tl_objects_find(objects, item->db, item->kind == TL_SCHEMA_DATABASE ? NULL : item->name);

    if (item->kind == TL_SCHEMA_VIEW && kind == TL_OBJECT_TABLE)
        return refuse_table_as_view(item, err);
    if (item->kind == TL_SCHEMA_TABLE && kind == TL_OBJECT_NONE && !item->path)
        return refuse_without_file(item, err);
    *wanted_out = kind == TL_OBJECT_NONE && (item->kind != TL_SCHEMA_VIEW || item->path);
    return TL_OK;
}

/* Takes the next item of the pass; false: none is left, or the pass has failed. */
static bool take_item(struct pass *pass, size_t *index_out)
{
    struct apply *apply = pass->apply;
    bool taken = false;

    pthread_mutex_lock(&pass->lock);
    if (pass->rc == TL_OK && apply->cancel && tl_cancel_requested(apply->cancel))
        pass->rc =
            tl_error_set(&pass->err, TL_ERR_CANCELED, "stopped while the schema was created");
    if (pass->rc == TL_OK && pass->next < apply->todo_count) {
        *index_out = apply->todo[pass->next++];
        taken = true;
    }
    pthread_mutex_unlock(&pass->lock);
    return taken;
}

static void give_result(struct pass *pass, size_t index, int rc, bool created,
                        const struct tl_error *err)
{
    struct apply *apply = pass->apply;

    pthread_mutex_lock(&pass->lock);
    if (rc == TL_OK) {
        apply->created[index] = created;
    } else if (tl_schema_error_is_missing(err)) {
        if (pass->put_off == 0)
            pass->missing = *err;
        /* Never catches up with next: each item was taken before it is put off. */
        apply->todo[pass->put_off++] = index;
    } else if (pass->rc == TL_OK) {
        pass->rc = rc;
        pass->err = *err;
    }
    pthread_mutex_unlock(&pass->lock);
}

static void work(struct pass *pass, struct tl_session *session)
{
    struct tl_schema_worker worker = {
        .options = pass->apply->options,
        .cancel = pass->apply->cancel,
        .session = session,
        .dirty = true,
    };
    size_t index;

    while (take_item(pass, &index)) {
        struct tl_error err;
        bool created = false;
        int rc;

        tl_error_init(&err);
        rc = tl_schema_run(&worker, &pass->apply->items[index], &created, &err);
        give_result(pass, index, rc, created, &err);
    }
}

/* Thread 0 has the caller's session. The others are only there for speed: one that gets no
   connection leaves its share to them. */
static void work_in_thread(size_t thread, void *payload)
{
    TL_CLEANUP(tl_session_close_p) struct tl_session *own = NULL;
    struct pass *pass = payload;
    struct tl_error err;

    if (thread == 0)
        work(pass, pass->apply->session);
    else if (tl_session_open(&own, pass->apply->options, &err) == TL_OK)
        work(pass, own);
    else
        tl_log_error(TL_LOG_DEBUG, "no further session for the schema", &err);
}

/* Runs one pass; afterwards todo holds what was put off. */
static int run_pass(struct pass *pass, bool parallel, struct tl_error *err)
{
    struct apply *apply = pass->apply;
    struct tl_threads *threads = NULL;

    pass->next = 0;
    pass->put_off = 0;
    if (!parallel || apply->todo_count < ITEMS_FOR_MORE_SESSIONS) {
        work(pass, apply->session);
    } else {
        int rc = tl_threads_begin(&threads, "schema", SESSIONS, work_in_thread, pass, err);

        if (rc != TL_OK)
            return rc;
        tl_threads_join(threads);
    }
    apply->todo_count = pass->put_off;
    if (pass->rc != TL_OK)
        *err = pass->err;
    return pass->rc;
}

/* Makes the items of todo. */
static int run_passes(struct apply *apply, bool parallel, struct tl_error *err)
{
    struct pass pass = {.apply = apply, .lock = PTHREAD_MUTEX_INITIALIZER, .rc = TL_OK};
    size_t before;
    int rc = TL_OK;

    while (rc == TL_OK && apply->todo_count > 0) {
        before = apply->todo_count;
        rc = run_pass(&pass, parallel, err);
        if (rc == TL_OK && apply->todo_count == before) {
            *err = pass.missing;
            rc = err->code;
        }
    }
    pthread_mutex_destroy(&pass.lock);
    return rc;
}

/* Who may not create may still use what is there, under a name that the snapshot does not fold. */
static int ask_again(const struct apply *apply, const struct tl_schema_item *item, bool *wanted,
                     struct tl_error *err)
{
    enum tl_object_kind kind = TL_OBJECT_NONE;
    bool ascii = true;
    int rc;

    for (const char *at = item->db; *at; at++)
        ascii = ascii && !((unsigned char)*at & 0x80);
    if (ascii || item->kind != TL_SCHEMA_DATABASE)
        return TL_OK;
    rc = tl_object_ask(apply->session, item->db, NULL, &kind, err);
    *wanted = kind == TL_OBJECT_NONE;
    return rc;
}

static int apply_kind(struct apply *apply, enum tl_schema_kind kind,
                      const struct tl_objects *objects, struct tl_error *err)
{
    int rc = TL_OK;

    apply->todo_count = 0;
    for (size_t i = 0; rc == TL_OK && i < apply->count; i++) {
        bool wanted = false;

        if (apply->items[i].kind != kind)
            continue;
        rc = look_at(&apply->items[i], objects, &wanted, err);
        if (rc == TL_OK && wanted)
            rc = ask_again(apply, &apply->items[i], &wanted, err);
        if (rc == TL_OK && wanted)
            apply->todo[apply->todo_count++] = i;
    }
    return rc == TL_OK ? run_passes(apply, kind == TL_SCHEMA_TABLE, err) : rc;
}

/* Refuses before anything is changed. */
static int look_at_all(const struct apply *apply, const struct tl_objects *objects,
                       struct tl_error *err)
{
    int rc = TL_OK;
    bool wanted;

    for (size_t i = 0; rc == TL_OK && i < apply->count; i++)
        rc = look_at(&apply->items[i], objects, &wanted, err);
    return rc;
}

/* After all is done, every table must be there. The snapshot does not fold names as the server
   does beyond ASCII, so what it misses is asked for. */
static int verify(const struct apply *apply, struct tl_error *err)
{
    TL_CLEANUP(tl_objects_free_p) struct tl_objects *objects = NULL;
    int rc = tl_objects_load(&objects, apply->session, apply->items, apply->count, err);

    for (size_t i = 0; rc == TL_OK && i < apply->count; i++) {
        const struct tl_schema_item *item = &apply->items[i];
        enum tl_object_kind kind = TL_OBJECT_NONE;

        if (item->kind != TL_SCHEMA_TABLE ||
            tl_objects_find(objects, item->db, item->name) != TL_OBJECT_NONE)
            continue;
        rc = tl_object_ask(apply->session, item->db, item->name, &kind, err);
        if (rc == TL_OK && kind == TL_OBJECT_NONE)
            rc = tl_error_set(err, TL_ERR_DATA, "'%s' has run, but there is no table `%s`.`%s`",
                              item->shown_path ? item->shown_path : "", item->db, item->name);
    }
    return rc;
}

static int apply_once(struct apply *apply, struct tl_error *err)
{
    static const enum tl_schema_kind order[] = {TL_SCHEMA_DATABASE, TL_SCHEMA_TABLE,
                                                TL_SCHEMA_VIEW};
    TL_CLEANUP(tl_objects_free_p) struct tl_objects *objects = NULL;
    int rc = tl_objects_load(&objects, apply->session, apply->items, apply->count, err);

    if (rc == TL_OK)
        rc = look_at_all(apply, objects, err);
    if (rc != TL_OK)
        return rc;
    for (size_t i = 0; rc == TL_OK && i < sizeof(order) / sizeof(order[0]); i++)
        rc = apply_kind(apply, order[i], objects, err);
    apply->applied = rc == TL_OK;
    apply->final = rc != TL_OK;
    return rc;
}

/* Each object has its own retries; these are for the questions before and after. */
static int apply_all(struct apply *apply, struct tl_error *err)
{
    struct tl_schema_worker worker = {
        .options = apply->options, .cancel = apply->cancel, .session = apply->session};
    struct tl_schema_retry retry = {0, 0};
    int rc;

    do {
        rc = apply->applied ? TL_OK : apply_once(apply, err);
        if (rc == TL_OK)
            rc = verify(apply, err);
    } while (rc != TL_OK && !apply->final && tl_schema_try_again(&worker, &retry, err));
    return rc == TL_OK ? TL_OK : err->code;
}

int tl_schema_apply(const struct tl_options *options, struct tl_session *session,
                    const struct tl_schema_item *items, size_t count, bool *created_out,
                    const struct tl_cancel *cancel, struct tl_error *err)
{
    TL_CLEANUP_FREE bool *created = calloc(count + 1, sizeof(*created));
    TL_CLEANUP_FREE size_t *todo = calloc(count + 1, sizeof(*todo));
    struct apply apply = {.options = options,
                          .session = session,
                          .items = items,
                          .count = count,
                          .cancel = cancel,
                          .created = created,
                          .todo = todo};
    struct tl_error ignored;
    int rc;

    if (!created || !todo)
        return tl_error_nomem(err);
    rc = apply_all(&apply, err);
    /* A session that is lost is seen by the next who uses it. */
    (void)!tl_session_reset(session, &ignored);
    if (rc == TL_OK && created_out)
        memcpy(created_out, created, count * sizeof(*created));
    return rc;
}
