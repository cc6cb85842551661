/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a whole store, and comparing it with the model. See world.h.
 */
#include <string.h>

#include "plugins/conformance/world.h"

struct reading {
    struct kit *kit;
    struct kit_world *world;
    struct ckpt_str table; /* that was asked for */
    unsigned last;         /* kind of the last record */
    bool tables_only;
};

static int check_record(struct reading *r, unsigned kind, const void *record)
{
    const struct kit_layout *layout = kit_layout(kind);
    struct kit_rows *rows = &r->world->rows[kind];
    struct kit *kit = r->kit;
    uint32_t size;

    memcpy(&size, record, sizeof(size));
    KIT_CHECK(size >= layout->size, "a %s is delivered with struct_size %u", layout->name, size);
    KIT_CHECK(!r->tables_only || kind == CKPT_PUT_TABLE, "each_table delivers a %s", layout->name);
    KIT_CHECK(kind >= r->last, "a %s comes after a %s", layout->name, kit_layout(r->last)->name);
    if (kind > CKPT_PUT_TASK && !r->tables_only)
        KIT_CHECK(kit_same_str(*kit_field_str_of(record, layout->fields), r->table),
                  "load_table delivers a %s of another table", layout->name);
    if (kind == CKPT_PUT_TASK)
        KIT_CHECK(rows->count == 0, "load_task delivers more than one task");
    else if (r->last == kind && rows->count)
        KIT_CHECK(kit_compare(kind, kit_world_row(r->world, kind, rows->count - 1), record) < 0,
                  "a %s comes out of order, or twice", layout->name);
    r->last = kind;
    KIT_CHECK(kit_world_append(r->world, kind, record) == 0, "out of memory");
    return KIT_PASS;
}

static int on_task(const struct ckpt_task *record, void *payload)
{
    (void)check_record(payload, CKPT_PUT_TASK, record);
    return 0;
}

static int on_table(const struct ckpt_table *record, void *payload)
{
    (void)check_record(payload, CKPT_PUT_TABLE, record);
    return 0;
}

static int on_engine(const struct ckpt_engine *record, void *payload)
{
    (void)check_record(payload, CKPT_PUT_ENGINE, record);
    return 0;
}

static int on_chunk(const struct ckpt_chunk *record, void *payload)
{
    (void)check_record(payload, CKPT_PUT_CHUNK, record);
    return 0;
}

static int on_source(const struct ckpt_source *record, void *payload)
{
    (void)check_record(payload, CKPT_PUT_SOURCE, record);
    return 0;
}

static int on_failure(const struct ckpt_failure *record, void *payload)
{
    (void)check_record(payload, CKPT_PUT_FAILURE, record);
    return 0;
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

static int read_task(struct kit *kit, struct kit_store *store, struct kit_world *world)
{
    struct reading r = {.kit = kit, .world = world};
    struct ckpt_visitor visitor = visitor_of(&r);
    struct ckpt_error err = kit_error();
    int rc = kit->driver->load_task(store->handle, &visitor, &err);

    if (rc == CKPT_NOT_FOUND) {
        KIT_CHECK(world->rows[CKPT_PUT_TASK].count == 0,
                  "load_task delivers a task and returns CKPT_NOT_FOUND");
        return KIT_PASS;
    }
    KIT_TRY(kit_expect(kit, "load_task", rc, CKPT_OK, &err));
    KIT_CHECK(world->rows[CKPT_PUT_TASK].count == 1, "load_task returns CKPT_OK without a task");
    return KIT_PASS;
}

static int read_table(struct kit *kit, struct kit_store *store, struct kit_world *world,
                      struct ckpt_str name)
{
    struct reading r = {.kit = kit, .world = world, .table = name};
    struct ckpt_visitor visitor = visitor_of(&r);
    struct ckpt_error err = kit_error();
    size_t before = world->rows[CKPT_PUT_TABLE].count;
    int rc = kit->driver->load_table(store->handle, name, &visitor, &err);

    KIT_TRY(kit_expect(kit, "load_table of a table that each_table lists", rc, CKPT_OK, &err));
    KIT_CHECK(world->rows[CKPT_PUT_TABLE].count == before + 1,
              "load_table delivers no table record");
    return KIT_PASS;
}

static int list_tables(struct kit *kit, struct kit_store *store, uint32_t filter,
                       struct kit_world *world)
{
    struct reading r = {.kit = kit, .world = world, .tables_only = true};
    struct ckpt_visitor visitor = visitor_of(&r);
    struct ckpt_error err = kit_error();
    int rc = kit->driver->each_table(store->handle, filter, &visitor, &err);

    KIT_TRY(kit_expect(kit, "each_table", rc, CKPT_OK, &err));
    return kit->reason[0] ? KIT_FAIL : KIT_PASS;
}

int kit_world_read(struct kit *kit, struct kit_store *store, struct kit_world *world_out)
{
    KIT_WORLD listed = {0};

    KIT_TRY(read_task(kit, store, world_out));
    KIT_TRY(list_tables(kit, store, CKPT_FILTER_ALL, &listed));
    for (size_t i = 0; i < listed.rows[CKPT_PUT_TABLE].count; i++) {
        const struct ckpt_table *table = kit_world_row(&listed, CKPT_PUT_TABLE, i);
        const char *field;

        KIT_TRY(read_table(kit, store, world_out, table->name));
        field = kit_difference(CKPT_PUT_TABLE, kit_world_row(world_out, CKPT_PUT_TABLE, i), table);
        KIT_CHECK(!field, "each_table and load_table deliver another %s of a table", field);
    }
    return kit->reason[0] ? KIT_FAIL : KIT_PASS;
}

static bool lets_through(uint32_t filter, uint32_t status)
{
    return filter == CKPT_FILTER_ALL || (filter == CKPT_FILTER_INVALID && status <= 25) ||
           (filter == CKPT_FILTER_UNFINISHED && status < 200);
}

static int expect_filtered(struct kit *kit, struct kit_store *store, const struct kit_world *want)
{
    for (uint32_t filter = CKPT_FILTER_INVALID; filter <= CKPT_FILTER_UNFINISHED; filter++) {
        KIT_WORLD listed = {0};
        size_t at = 0;

        KIT_TRY(list_tables(kit, store, filter, &listed));
        for (size_t i = 0; i < want->rows[CKPT_PUT_TABLE].count; i++) {
            const struct ckpt_table *table = kit_world_row(want, CKPT_PUT_TABLE, i);

            if (!lets_through(filter, table->status))
                continue;
            KIT_CHECK(at < listed.rows[CKPT_PUT_TABLE].count &&
                          !kit_difference(CKPT_PUT_TABLE,
                                          kit_world_row(&listed, CKPT_PUT_TABLE, at), table),
                      "each_table with filter %u leaves out a table of status %u, or changes it",
                      filter, table->status);
            at++;
        }
        KIT_CHECK(at == listed.rows[CKPT_PUT_TABLE].count,
                  "each_table with filter %u lists %zu tables instead of %zu", filter,
                  listed.rows[CKPT_PUT_TABLE].count, at);
    }
    return KIT_PASS;
}

int kit_world_expect(struct kit *kit, struct kit_store *store, const struct kit_world *want)
{
    KIT_WORLD got = {0};
    char why[256];

    KIT_TRY(kit_world_read(kit, store, &got));
    KIT_CHECK(kit_world_same(&got, want, why, sizeof(why)), "%s", why);
    return expect_filtered(kit, store, want);
}

int kit_world_expect_no_ghosts(struct kit *kit, struct kit_store *store, struct kit_world *want,
                               const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct ckpt_table table = kit_table(names[i], 30);
        const struct ckpt_change change = kit_put(CKPT_PUT_TABLE, &table);

        KIT_TRY(kit_world_apply(kit, store, want, &change, 1));
    }
    return kit_world_expect(kit, store, want);
}

int kit_world_apply(struct kit *kit, struct kit_store *store, struct kit_world *world,
                    const struct ckpt_change *changes, size_t n)
{
    KIT_TRY(kit_apply(kit, store, changes, n));
    for (size_t i = 0; i < n; i++)
        KIT_CHECK(kit_world_change(world, &changes[i]) == 0, "out of memory");
    return KIT_PASS;
}
