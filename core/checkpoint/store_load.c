/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading: a visitor between the driver and the caller's visitor checks keys, sizes and order, so
 * that whatever reads a checkpoint may rely on them.
 */
#include <string.h>

#include "core/checkpoint/model.h"
#include "core/checkpoint/registry.h"
#include "core/checkpoint/store_private.h"

/* What a visitor's stop is to the driver: no code of the interface, so it cannot be mistaken. */
enum { STOP = -4711 };

enum stage { AT_BEGIN, AT_TASK, AT_TABLE, AT_ENGINES, AT_CHUNKS, AT_SOURCES, AT_FAILURES };

struct walk {
    const struct ckpt_visitor *user;
    struct tl_store_call *call;
    struct ckpt_str wanted; /* load_table: the table's name; else empty */
    uint32_t filter;
    enum stage stage;
    int answer;    /* of the user's visitor, when it stopped */
    bool has_last; /* the three below are set in this stage */
    int32_t last_engine;
    int64_t last_offset;
    size_t last_len;
    char last[CKPT_MAX_PATH]; /* path or table name */
};

static int stop(struct walk *walk, const char *violation)
{
    if (violation)
        tl_store_violation(walk->call, "%s", violation);
    walk->call->stopped = true;
    return STOP;
}

/* Passes on the answer of the user's visitor. */
static int pass(struct walk *walk, int answer)
{
    if (answer == 0)
        return 0;
    walk->answer = answer;
    return stop(walk, NULL);
}

static int compare(struct ckpt_str a, const char *b, size_t b_len)
{
    size_t len = a.len < b_len ? a.len : b_len;
    int order = len ? memcmp(a.data, b, len) : 0;

    return order ? order : (a.len > b_len) - (a.len < b_len);
}

/* True if this key comes after the one before it; remembers it. */
static bool ascends(struct walk *walk, int32_t engine, struct ckpt_str text, int64_t offset)
{
    bool fine = true;

    if (walk->has_last) {
        int order = (engine > walk->last_engine) - (engine < walk->last_engine);

        if (order == 0)
            order = compare(text, walk->last, walk->last_len);
        if (order == 0)
            order = (offset > walk->last_offset) - (offset < walk->last_offset);
        fine = order > 0;
    }
    walk->has_last = true;
    walk->last_engine = engine;
    walk->last_offset = offset;
    walk->last_len = text.len;
    if (text.len > 0)
        memcpy(walk->last, text.data, text.len);
    return fine;
}

/* Checks what all records below a table share. NULL = fine, else what is wrong. */
static const char *check(struct walk *walk, enum stage stage, bool sized, struct ckpt_str table,
                         struct ckpt_str text)
{
    walk->call->once = true;
    if (walk->call->stopped)
        return "it went on after the visitor stopped it";
    if (!sized)
        return "a record is smaller than in ABI 1.0";
    if (stage < walk->stage || (stage > AT_TABLE && walk->stage == AT_BEGIN))
        return "it delivered records in the wrong order";
    if (walk->wanted.len > 0 && !tl_ckpt_str_eq(table, walk->wanted))
        return "it delivered a record of another table";
    if (text.len > CKPT_MAX_PATH || (text.len > 0 && !text.data))
        return "it delivered a key that is too long";
    if (stage != walk->stage)
        walk->has_last = false;
    walk->stage = stage;
    return NULL;
}

static int on_task(const struct ckpt_task *task, void *payload)
{
    struct walk *walk = payload;
    bool again = walk->stage == AT_TASK;
    const char *wrong = check(walk, AT_TASK, task->struct_size >= sizeof(*task),
                              (struct ckpt_str){0}, (struct ckpt_str){0});

    if (!wrong && again)
        wrong = "it delivered two tasks";
    if (wrong)
        return stop(walk, wrong);
    return walk->user->task ? pass(walk, walk->user->task(task, walk->user->payload)) : 0;
}

static int on_table(const struct ckpt_table *table, void *payload)
{
    struct walk *walk = payload;
    const char *wrong =
        check(walk, AT_TABLE, table->struct_size >= sizeof(*table), table->name, table->name);

    if (!wrong && !ascends(walk, 0, table->name, 0))
        wrong = "it delivered tables out of order";
    if (!wrong && walk->filter == CKPT_FILTER_INVALID && table->status > TL_STATUS_MAX_INVALID)
        wrong = "it delivered a table that the filter excludes";
    if (!wrong && walk->filter == CKPT_FILTER_UNFINISHED &&
        table->status >= TL_STATUS_ANALYZE_SKIPPED)
        wrong = "it delivered a table that the filter excludes";
    if (wrong)
        return stop(walk, wrong);
    return walk->user->table ? pass(walk, walk->user->table(table, walk->user->payload)) : 0;
}

static int on_engine(const struct ckpt_engine *engine, void *payload)
{
    struct walk *walk = payload;
    const char *wrong = check(walk, AT_ENGINES, engine->struct_size >= sizeof(*engine),
                              engine->table_name, (struct ckpt_str){0});

    if (!wrong && !ascends(walk, engine->engine_id, (struct ckpt_str){0}, 0))
        wrong = "it delivered engines out of order";
    if (wrong)
        return stop(walk, wrong);
    return walk->user->engine ? pass(walk, walk->user->engine(engine, walk->user->payload)) : 0;
}

static int on_chunk(const struct ckpt_chunk *chunk, void *payload)
{
    struct walk *walk = payload;
    const char *wrong = check(walk, AT_CHUNKS, chunk->struct_size >= sizeof(*chunk),
                              chunk->table_name, chunk->path);

    if (!wrong && !ascends(walk, chunk->engine_id, chunk->path, chunk->offset))
        wrong = "it delivered chunks out of order";
    if (wrong)
        return stop(walk, wrong);
    return walk->user->chunk ? pass(walk, walk->user->chunk(chunk, walk->user->payload)) : 0;
}

static int on_source(const struct ckpt_source *source, void *payload)
{
    struct walk *walk = payload;
    const char *wrong = check(walk, AT_SOURCES, source->struct_size >= sizeof(*source),
                              source->table_name, source->path);

    if (!wrong && !ascends(walk, 0, source->path, 0))
        wrong = "it delivered sources out of order";
    if (wrong)
        return stop(walk, wrong);
    return walk->user->source ? pass(walk, walk->user->source(source, walk->user->payload)) : 0;
}

static int on_failure(const struct ckpt_failure *failure, void *payload)
{
    struct walk *walk = payload;
    const char *wrong = check(walk, AT_FAILURES, failure->struct_size >= sizeof(*failure),
                              failure->table_name, failure->path);

    if (!wrong && !ascends(walk, failure->engine_id, failure->path, failure->offset))
        wrong = "it delivered failures out of order";
    if (wrong)
        return stop(walk, wrong);
    return walk->user->failure ? pass(walk, walk->user->failure(failure, walk->user->payload)) : 0;
}

/* The visitor that the driver sees: a callback only where it is needed, except for the records that
   tell whether something was found at all. */
static struct ckpt_visitor guard(struct walk *walk)
{
    const struct ckpt_visitor *user = walk->user;

    return (struct ckpt_visitor){.struct_size = sizeof(struct ckpt_visitor),
                                 .task = on_task,
                                 .table = on_table,
                                 .engine = user->engine ? on_engine : NULL,
                                 .chunk = user->chunk ? on_chunk : NULL,
                                 .source = user->source ? on_source : NULL,
                                 .failure = user->failure ? on_failure : NULL,
                                 .payload = walk};
}

/* The answers that need a look at what was delivered. */
static int checked(struct walk *walk, int rc, bool must_deliver)
{
    if (walk->call->stopped && rc != STOP)
        tl_store_violation(walk->call, "it did not pass on the visitor's answer");
    else if (!walk->call->stopped && rc == CKPT_NOT_FOUND && walk->stage != AT_BEGIN)
        tl_store_violation(walk->call, "it delivered records and then found nothing");
    else if (rc == CKPT_OK && must_deliver && walk->stage == AT_BEGIN)
        tl_store_violation(walk->call, "it found something and delivered nothing");
    return rc;
}

static int call_load_task(struct tl_store *store, struct tl_store_call *call,
                          struct ckpt_error *err)
{
    struct walk *walk = call->payload;
    const struct ckpt_visitor visitor = guard(walk);

    return checked(walk, store->driver->load_task(store->handle, &visitor, err), true);
}

static int call_load_table(struct tl_store *store, struct tl_store_call *call,
                           struct ckpt_error *err)
{
    struct walk *walk = call->payload;
    const struct ckpt_visitor visitor = guard(walk);

    return checked(walk, store->driver->load_table(store->handle, walk->wanted, &visitor, err),
                   true);
}

static int call_each_table(struct tl_store *store, struct tl_store_call *call,
                           struct ckpt_error *err)
{
    struct walk *walk = call->payload;
    const struct ckpt_visitor visitor = guard(walk);

    return checked(walk, store->driver->each_table(store->handle, walk->filter, &visitor, err),
                   false);
}

static int walk_with(struct tl_store *store, struct tl_store_call call, struct walk *walk,
                     struct tl_error *err)
{
    int rc;

    call.payload = walk;
    walk->call = &call;
    rc = tl_store_call(store, &call, err);
    return rc == TL_OK && call.stopped ? walk->answer : rc;
}

int tl_store_load_task(struct tl_store *store, const struct ckpt_visitor *visitor,
                       struct tl_error *err)
{
    struct walk walk = {.user = visitor};

    return walk_with(
        store,
        (struct tl_store_call){.method = "load_task", .fn = call_load_task, .may_miss = true},
        &walk, err);
}

int tl_store_load_table(struct tl_store *store, const char *name,
                        const struct ckpt_visitor *visitor, struct tl_error *err)
{
    struct walk walk = {.user = visitor, .wanted = tl_ckpt_str(name)};
    int rc = tl_store_check_name(walk.wanted, err);

    if (rc != TL_OK)
        return rc;
    return walk_with(
        store,
        (struct tl_store_call){.method = "load_table", .fn = call_load_table, .may_miss = true},
        &walk, err);
}

int tl_store_each_table(struct tl_store *store, enum ckpt_filter filter,
                        const struct ckpt_visitor *visitor, struct tl_error *err)
{
    struct walk walk = {.user = visitor, .filter = (uint32_t)filter};

    return walk_with(store, (struct tl_store_call){.method = "each_table", .fn = call_each_table},
                     &walk, err);
}
