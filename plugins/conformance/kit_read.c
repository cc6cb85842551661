/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading back: compares what a driver delivers, record by record and field by field, with what the
 * rule expects.
 */
#include <stdio.h>
#include <string.h>

#include "plugins/conformance/kit.h"
#include "plugins/conformance/layout.h"

struct reading {
    struct kit *kit;
    const struct kit_image *image; /* NULL: nothing may be delivered */
    const struct ckpt_task *task;
    size_t tasks;
    size_t tables;
    size_t engines;
    size_t chunks;
    size_t sources;
    size_t failures;
};

static int report(struct reading *r, const char *kind, size_t at, const char *field)
{
    if (field)
        kit_fail(r->kit, "%s %zu comes back with another %s", kind, at, field);
    return 0; /* the walk goes on: the first reason stays */
}

static int too_many(struct reading *r, const char *kind)
{
    kit_fail(r->kit, "more records of kind %s than expected", kind);
    return 0;
}

static int on_task(const struct ckpt_task *got, void *payload)
{
    struct reading *r = payload;

    if (!r->task || r->tasks++ > 0)
        return too_many(r, "task");
    return report(r, "task", 0, kit_difference(CKPT_PUT_TASK, got, r->task));
}

static int on_table(const struct ckpt_table *got, void *payload)
{
    struct reading *r = payload;

    if (!r->image || r->tables++ > 0)
        return too_many(r, "table");
    return report(r, "table", 0, kit_difference(CKPT_PUT_TABLE, got, r->image->table));
}

/* Checks the sequence: the table is first, then kind after kind. */
static void follows(struct reading *r, const char *kind, size_t later)
{
    if (r->tables != 1 || later > 0)
        kit_fail(r->kit, "a record of kind %s comes at the wrong time", kind);
}

static int on_engine(const struct ckpt_engine *got, void *payload)
{
    struct reading *r = payload;

    follows(r, "engine", r->chunks + r->sources + r->failures);
    if (!r->image || r->engines >= r->image->engine_count)
        return too_many(r, "engine");
    r->engines++;
    return report(r, "engine", r->engines - 1,
                  kit_difference(CKPT_PUT_ENGINE, got, &r->image->engines[r->engines - 1]));
}

static int on_chunk(const struct ckpt_chunk *got, void *payload)
{
    struct reading *r = payload;

    follows(r, "chunk", r->sources + r->failures);
    if (!r->image || r->chunks >= r->image->chunk_count)
        return too_many(r, "chunk");
    r->chunks++;
    return report(r, "chunk", r->chunks - 1,
                  kit_difference(CKPT_PUT_CHUNK, got, &r->image->chunks[r->chunks - 1]));
}

static int on_source(const struct ckpt_source *got, void *payload)
{
    struct reading *r = payload;

    follows(r, "source", r->failures);
    if (!r->image || r->sources >= r->image->source_count)
        return too_many(r, "source");
    r->sources++;
    return report(r, "source", r->sources - 1,
                  kit_difference(CKPT_PUT_SOURCE, got, &r->image->sources[r->sources - 1]));
}

static int on_failure(const struct ckpt_failure *got, void *payload)
{
    struct reading *r = payload;

    follows(r, "failure", 0);
    if (!r->image || r->failures >= r->image->failure_count)
        return too_many(r, "failure");
    r->failures++;
    return report(r, "failure", r->failures - 1,
                  kit_difference(CKPT_PUT_FAILURE, got, &r->image->failures[r->failures - 1]));
}

static struct ckpt_visitor visitor_of(struct reading *r)
{
    return (struct ckpt_visitor){.struct_size = sizeof(struct ckpt_visitor),
                                 .task = on_task,
                                 .table = on_table,
                                 .engine = on_engine,
                                 .chunk = on_chunk,
                                 .source = on_source,
                                 .failure = on_failure,
                                 .payload = r};
}

int kit_expect_table(struct kit *kit, struct kit_store *store, const struct kit_image *image)
{
    struct reading r = {.kit = kit, .image = image};
    struct ckpt_visitor visitor = visitor_of(&r);
    struct ckpt_error err = kit_error();
    int rc = kit->driver->load_table(store->handle, image->table->name, &visitor, &err);

    KIT_TRY(kit_expect(kit, "load_table", rc, CKPT_OK, &err));
    if (kit->reason[0])
        return KIT_FAIL;
    KIT_CHECK(r.tables == 1, "load_table delivered no table");
    KIT_CHECK(r.engines == image->engine_count, "%zu engines instead of %zu", r.engines,
              image->engine_count);
    KIT_CHECK(r.chunks == image->chunk_count, "%zu chunks instead of %zu", r.chunks,
              image->chunk_count);
    KIT_CHECK(r.sources == image->source_count, "%zu sources instead of %zu", r.sources,
              image->source_count);
    KIT_CHECK(r.failures == image->failure_count, "%zu failures instead of %zu", r.failures,
              image->failure_count);
    return KIT_PASS;
}

int kit_expect_task(struct kit *kit, struct kit_store *store, const struct ckpt_task *task)
{
    struct reading r = {.kit = kit, .task = task};
    struct ckpt_visitor visitor = visitor_of(&r);
    struct ckpt_error err = kit_error();
    int rc = kit->driver->load_task(store->handle, &visitor, &err);

    KIT_TRY(kit_expect(kit, "load_task", rc, CKPT_OK, &err));
    KIT_CHECK(r.tasks == 1, "load_task delivered %zu tasks", r.tasks);
    return kit->reason[0] ? KIT_FAIL : KIT_PASS;
}

int kit_expect_missing(struct kit *kit, struct kit_store *store, const char *name)
{
    struct reading r = {.kit = kit};
    struct ckpt_visitor visitor = visitor_of(&r);
    struct ckpt_error err = kit_error();
    int rc = name ? kit->driver->load_table(store->handle, kit_str(name), &visitor, &err)
                  : kit->driver->load_task(store->handle, &visitor, &err);

    KIT_TRY(kit_expect(kit,
                       name ? "load_table of a table that is not there"
                            : "load_task of a task that is not there",
                       rc, CKPT_NOT_FOUND, &err));
    return kit->reason[0] ? KIT_FAIL : KIT_PASS;
}

static int count_table(const struct ckpt_table *table, void *payload)
{
    size_t *count = payload;

    (void)table;
    ++*count;
    return 0;
}

int kit_count_tables(struct kit *kit, struct kit_store *store, uint32_t filter, size_t *count_out)
{
    size_t count = 0;
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .table = count_table, .payload = &count};
    struct ckpt_error err = kit_error();
    int rc = kit->driver->each_table(store->handle, filter, &visitor, &err);

    KIT_TRY(kit_expect(kit, "each_table", rc, CKPT_OK, &err));
    *count_out = count;
    return KIT_PASS;
}
