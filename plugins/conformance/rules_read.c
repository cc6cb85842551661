/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about reading: not found, order, filters, visitors.
 */
#include <stdio.h>
#include <string.h>

#include "plugins/conformance/kit.h"

#define T1 "`shop`.`item`"

static int empty_store_has_nothing(struct kit *kit)
{
    KIT_STORE store = {0};
    size_t count = 1;

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_expect_missing(kit, &store, NULL));
    KIT_TRY(kit_expect_missing(kit, &store, T1));
    KIT_TRY(kit_count_tables(kit, &store, CKPT_FILTER_ALL, &count));
    KIT_CHECK(count == 0, "an empty store has %zu tables", count);
    return KIT_PASS;
}

static int similar_names_are_not_found(struct kit *kit)
{
    static const char *const others[] = {"`shop`.`ite`",  "`shop`.`items`", "`shop`.`ITEM`",
                                         "`Shop`.`item`", "`shop`.`item` ", "`shop`.`i_em`",
                                         "`shop`.`%`",    "shop.item"};
    KIT_STORE store = {0};
    const struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_task task = kit_task();
    const struct ckpt_change changes[] = {kit_put(CKPT_PUT_TASK, &task),
                                          kit_put(CKPT_PUT_TABLE, &table)};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply(kit, &store, changes, 2));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        KIT_TRY(kit_expect_missing(kit, &store, others[i]));
    return KIT_PASS;
}

static int children_do_not_make_a_table(struct kit *kit)
{
    KIT_STORE store = {0};
    const struct ckpt_engine engine = kit_engine(T1, 0);
    const struct ckpt_chunk chunk = kit_chunk(T1, 0, "a.sql", 0);
    const struct ckpt_table table = kit_table(T1, 30);
    const struct kit_image image = {
        .table = &table, .engines = &engine, .engine_count = 1, .chunks = &chunk, .chunk_count = 1};
    const struct ckpt_change changes[] = {kit_put(CKPT_PUT_CHUNK, &chunk),
                                          kit_put(CKPT_PUT_ENGINE, &engine)};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply(kit, &store, changes, 2));
    KIT_TRY(kit_expect_missing(kit, &store, T1));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    return kit_expect_table(kit, &store, &image);
}

/* Every list in the order of the contract, put in another one. */
static int records_are_in_order(struct kit *kit)
{
    KIT_STORE store = {0};
    const struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_engine engines[] = {kit_engine(T1, -1), kit_engine(T1, 0), kit_engine(T1, 1),
                                          kit_engine(T1, 10)};
    const struct ckpt_chunk chunks[] = {
        kit_chunk(T1, 0, "A.sql", 5),    kit_chunk(T1, 0, "Z.sql", 0),
        kit_chunk(T1, 0, "a.sql", 0),    kit_chunk(T1, 0, "a.sql", 9),
        kit_chunk(T1, 0, "a.sql", 10),   kit_chunk(T1, 0, "a.sql.1", 0),
        kit_chunk(T1, 0, "\xc3\xa4", 0), kit_chunk(T1, 1, "a.sql", 0),
        kit_chunk(T1, 2, "a.sql", 0),    kit_chunk(T1, 10, "A.sql", 0)};
    const struct ckpt_source sources[] = {kit_source(T1, "A.sql"), kit_source(T1, "a.sql"),
                                          kit_source(T1, "a.sql.1"), kit_source(T1, "b")};
    const struct ckpt_failure failures[] = {kit_failure(T1, "", -1), kit_failure(T1, "a.sql", -1),
                                            kit_failure(T1, "a.sql", 7),
                                            kit_failure(T1, "a.sql", 70)};
    const struct kit_image image = {&table, engines, 4, chunks, 10, sources, 4, failures, 4};
    struct ckpt_change changes[23];
    size_t n = 0;

    for (size_t i = 0; i < 4; i++) {
        changes[n++] = kit_put(CKPT_PUT_ENGINE, &engines[(i * 3 + 1) % 4]);
        changes[n++] = kit_put(CKPT_PUT_SOURCE, &sources[(i * 3 + 2) % 4]);
        changes[n++] = kit_put(CKPT_PUT_FAILURE, &failures[3 - i]);
    }
    for (size_t i = 0; i < 10; i++)
        changes[n++] = kit_put(CKPT_PUT_CHUNK, &chunks[(i * 7 + 3) % 10]);
    changes[n++] = kit_put(CKPT_PUT_TABLE, &table);
    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply(kit, &store, changes, n));
    return kit_expect_table(kit, &store, &image);
}

struct names {
    const char *const *wanted;
    size_t count;
    size_t at;
    bool wrong;
};

static int on_name(const struct ckpt_table *table, void *payload)
{
    struct names *names = payload;

    if (names->at >= names->count || table->name.len != strlen(names->wanted[names->at]) ||
        memcmp(table->name.data, names->wanted[names->at], table->name.len) != 0)
        names->wrong = true;
    names->at++;
    return 0;
}

static int tables_are_in_order(struct kit *kit)
{
    static const char *const wanted[] = {"`A`.`t`", "`a`.`T`",    "`a`.`t2`",
                                         "`a`.`t`", "`a``b`.`c`", "`b`.`a`"};
    KIT_STORE store = {0};
    struct names names = {.wanted = wanted, .count = 6};
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .table = on_name, .payload = &names};
    struct ckpt_error err = kit_error();

    KIT_TRY(kit_fresh(kit, &store));
    for (size_t i = 0; i < 6; i++) {
        const struct ckpt_table table = kit_table(wanted[(i * 5 + 2) % 6], 30);

        KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    }
    KIT_TRY(kit_expect(kit, "each_table",
                       kit->driver->each_table(store.handle, CKPT_FILTER_ALL, &visitor, &err),
                       CKPT_OK, &err));
    KIT_CHECK(!names.wrong && names.at == 6, "each_table delivers other names or another order");
    return KIT_PASS;
}

static int filters_select(struct kit *kit)
{
    static const uint32_t statuses[] = {0, 3, 25, 26, 30, 199, 200, 210};
    static const size_t wanted[] = {8, 3, 6}; /* all, invalid (<= 25), unfinished (< 200) */
    KIT_STORE store = {0};
    char name[32];

    KIT_TRY(kit_fresh(kit, &store));
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct ckpt_table table;

        snprintf(name, sizeof(name), "`db`.`t%zu`", i);
        table = kit_table(name, statuses[i]);
        KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TABLE, &table)));
    }
    for (uint32_t filter = CKPT_FILTER_ALL; filter <= CKPT_FILTER_UNFINISHED; filter++) {
        size_t count = 0;

        KIT_TRY(kit_count_tables(kit, &store, filter, &count));
        KIT_CHECK(count == wanted[filter], "filter %u lets %zu tables through, expected %zu",
                  filter, count, wanted[filter]);
    }
    return KIT_PASS;
}

/* A visitor that answers `answer` to the kind `at` and counts what comes after. */
struct stopper {
    int at;
    int answer;
    int after;
    bool stopped;
};

static int stop_at(struct stopper *stopper, int kind)
{
    if (stopper->stopped)
        stopper->after++;
    if (kind != stopper->at)
        return 0;
    stopper->stopped = true;
    return stopper->answer;
}

static int stop_table(const struct ckpt_table *record, void *payload)
{
    (void)record;
    return stop_at(payload, 0);
}

static int stop_engine(const struct ckpt_engine *record, void *payload)
{
    (void)record;
    return stop_at(payload, 1);
}

static int stop_chunk(const struct ckpt_chunk *record, void *payload)
{
    (void)record;
    return stop_at(payload, 2);
}

static int stop_source(const struct ckpt_source *record, void *payload)
{
    (void)record;
    return stop_at(payload, 3);
}

static int stop_failure(const struct ckpt_failure *record, void *payload)
{
    (void)record;
    return stop_at(payload, 4);
}

static int put_two_of_each(struct kit *kit, struct kit_store *store)
{
    const struct ckpt_table table = kit_table(T1, 30);
    const struct ckpt_engine engines[] = {kit_engine(T1, 0), kit_engine(T1, -1)};
    const struct ckpt_chunk chunks[] = {kit_chunk(T1, 0, "a", 0), kit_chunk(T1, 0, "b", 0)};
    const struct ckpt_source sources[] = {kit_source(T1, "a"), kit_source(T1, "b")};
    const struct ckpt_failure failures[] = {kit_failure(T1, "a", 0), kit_failure(T1, "b", 0)};
    const struct ckpt_change changes[] = {
        kit_put(CKPT_PUT_TABLE, &table),        kit_put(CKPT_PUT_ENGINE, &engines[0]),
        kit_put(CKPT_PUT_ENGINE, &engines[1]),  kit_put(CKPT_PUT_CHUNK, &chunks[0]),
        kit_put(CKPT_PUT_CHUNK, &chunks[1]),    kit_put(CKPT_PUT_SOURCE, &sources[0]),
        kit_put(CKPT_PUT_SOURCE, &sources[1]),  kit_put(CKPT_PUT_FAILURE, &failures[0]),
        kit_put(CKPT_PUT_FAILURE, &failures[1])};

    return kit_apply(kit, store, changes, sizeof(changes) / sizeof(changes[0]));
}

static int stop_is_passed_on(struct kit *kit)
{
    static const int answers[] = {7, CKPT_NOT_FOUND, -77};
    KIT_STORE store = {0};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(put_two_of_each(kit, &store));
    for (int i = 0; i < 5 * 3; i++) {
        struct stopper stopper = {.at = i / 3, .answer = answers[i % 3]};
        const struct ckpt_visitor visitor = {.struct_size = sizeof(visitor),
                                             .table = stop_table,
                                             .engine = stop_engine,
                                             .chunk = stop_chunk,
                                             .source = stop_source,
                                             .failure = stop_failure,
                                             .payload = &stopper};
        struct ckpt_error err = kit_error();
        int rc = kit->driver->load_table(store.handle, kit_str(T1), &visitor, &err);

        KIT_CHECK(rc == stopper.answer, "load_table returned %d, the visitor %d", rc,
                  stopper.answer);
        KIT_CHECK(stopper.after == 0, "load_table went on after the visitor stopped it");
    }
    return kit_apply_one(kit, &store, kit_delete(CKPT_DELETE_TABLE, T1)); /* and it still works */
}

static int stop_task(const struct ckpt_task *record, void *payload)
{
    (void)record;
    return stop_at(payload, 0);
}

static int stop_is_passed_on_by_lists(struct kit *kit)
{
    static const int answers[] = {7, CKPT_NOT_FOUND, -77};
    KIT_STORE store = {0};
    const struct ckpt_task task = kit_task();
    const struct ckpt_table tables[] = {kit_table(T1, 30), kit_table("`shop`.`other`", 30)};
    const struct ckpt_change changes[] = {kit_put(CKPT_PUT_TASK, &task),
                                          kit_put(CKPT_PUT_TABLE, &tables[0]),
                                          kit_put(CKPT_PUT_TABLE, &tables[1])};

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(kit_apply(kit, &store, changes, 3));
    for (int i = 0; i < 6; i++) {
        struct stopper stopper = {.at = 0, .answer = answers[i % 3]};
        const struct ckpt_visitor visitor = {.struct_size = sizeof(visitor),
                                             .task = stop_task,
                                             .table = stop_table,
                                             .payload = &stopper};
        struct ckpt_error err = kit_error();
        int rc = i < 3 ? kit->driver->load_task(store.handle, &visitor, &err)
                       : kit->driver->each_table(store.handle, CKPT_FILTER_ALL, &visitor, &err);

        KIT_CHECK(rc == stopper.answer, "%s returned %d, the visitor %d",
                  i < 3 ? "load_task" : "each_table", rc, stopper.answer);
        KIT_CHECK(stopper.after == 0, "each_table went on after the visitor stopped it");
    }
    return kit_expect_task(kit, &store, &task); /* and it still works */
}

static int null_callbacks_are_skipped(struct kit *kit)
{
    KIT_STORE store = {0};
    const struct ckpt_visitor visitor = {.struct_size = sizeof(visitor)};
    const struct ckpt_task task = kit_task();
    struct ckpt_error err = kit_error();

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(put_two_of_each(kit, &store));
    KIT_TRY(kit_apply_one(kit, &store, kit_put(CKPT_PUT_TASK, &task)));
    KIT_TRY(kit_expect(kit, "load_table without callbacks",
                       kit->driver->load_table(store.handle, kit_str(T1), &visitor, &err), CKPT_OK,
                       &err));
    KIT_TRY(kit_expect(kit, "load_task without callbacks",
                       kit->driver->load_task(store.handle, &visitor, &err), CKPT_OK, &err));
    return kit_expect(kit, "each_table without callbacks",
                      kit->driver->each_table(store.handle, CKPT_FILTER_ALL, &visitor, &err),
                      CKPT_OK, &err);
}

const struct kit_rule kit_rules_read[] = {
    {"empty-not-found", "an empty store has no task and no table", empty_store_has_nothing, 0},
    {"similar-not-found", "a similar name is not found", similar_names_are_not_found, 0},
    {"children-no-table", "engines and chunks without their table are no table",
     children_do_not_make_a_table, 0},
    {"order-records", "records of a table come in order", records_are_in_order, 0},
    {"order-tables", "tables come in order of their bytes", tables_are_in_order, 0},
    {"filters", "filters select by status", filters_select, 0},
    {"visitor-stop", "a visitor's answer ends the walk and is passed on", stop_is_passed_on, 0},
    {"visitor-stop-lists", "a visitor's answer ends load_task and each_table, too",
     stop_is_passed_on_by_lists, 0},
    {"visitor-null", "callbacks that are NULL are skipped", null_callbacks_are_skipped, 0},
    {NULL, NULL, NULL, 0},
};
