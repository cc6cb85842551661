/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of the mysql checkpoint driver on a real server: they come back as they were, in order,
 * whole or not at all. What the conformance kit tests for every driver is not repeated.
 */
#include "tests/checkpoint/mysql_fixture.h"

/* What a walk saw. */
struct seen {
    size_t count;
    char paths[16][CKPT_MAX_PATH + 1];
    int32_t engines[16];
    int64_t offsets[16];
    char extra[64];
    int stop_after; /* 0: never */
};

static int see_chunk(const struct ckpt_chunk *chunk, void *payload)
{
    struct seen *seen = payload;

    ck_assert_uint_lt(seen->count, 16);
    memcpy(seen->paths[seen->count], chunk->path.data, chunk->path.len);
    seen->paths[seen->count][chunk->path.len] = '\0';
    seen->engines[seen->count] = chunk->engine_id;
    seen->offsets[seen->count] = chunk->offset;
    (void)snprintf(seen->extra, sizeof(seen->extra), "%.*s", (int)chunk->extra.len,
                   chunk->extra.len ? chunk->extra.data : "");
    seen->count++;
    return seen->stop_after && seen->count == (size_t)seen->stop_after ? 77 : 0;
}

static int load_chunks(struct seen *seen)
{
    struct ckpt_visitor visitor = {
        .struct_size = (uint32_t)sizeof(visitor), .chunk = see_chunk, .payload = seen};

    seen->count = 0;
    return fx_driver->load_table(fx_store, fx_str(FX_TABLE), &visitor, fx_error());
}

static void put_table(void)
{
    struct ckpt_table table = fx_table(FX_TABLE);

    fx_ok(fx_put(CKPT_PUT_TABLE, &table));
}

/* Values that upstream's columns cannot hold as they are. */
static const int64_t times[] = {0,
                                1,
                                -1,
                                INT64_C(1700000000000000000),
                                INT64_C(2147483647000000000),
                                INT64_C(2147483648000000000),
                                INT64_MIN,
                                INT64_MAX};
static int64_t seen_time;

static int see_time(const struct ckpt_table *table, void *payload)
{
    (void)payload;
    ck_assert_int_eq(table->create_time, table->update_time);
    seen_time = table->create_time;
    return 0;
}

START_TEST(any_time_comes_back_to_the_second)
{
    struct ckpt_table table = fx_table(FX_TABLE);
    struct ckpt_visitor visitor = {.struct_size = (uint32_t)sizeof(visitor), .table = see_time};

    table.create_time = times[_i];
    table.update_time = times[_i];
    fx_ok(fx_put(CKPT_PUT_TABLE, &table));
    fx_ok(fx_driver->load_table(fx_store, fx_str(FX_TABLE), &visitor, fx_error()));
    ck_assert_int_le(seen_time, times[_i]);
    ck_assert(times[_i] - seen_time < INT64_C(1000000000));
}
END_TEST

static char big[70000];

static int see_task(const struct ckpt_task *task, void *payload)
{
    const struct ckpt_task *expected = payload;

    ck_assert_uint_eq(task->planned, expected->planned);
    ck_assert_int_eq(task->task_id, expected->task_id);
    ck_assert_int_eq(task->target_port, expected->target_port);
    ck_assert_uint_eq(task->source_dir.len, expected->source_dir.len);
    ck_assert_mem_eq(task->source_dir.data, expected->source_dir.data, task->source_dir.len);
    ck_assert_uint_eq(task->backend.len, expected->backend.len);
    ck_assert_mem_eq(task->backend.data, expected->backend.data, task->backend.len);
    ck_assert_uint_eq(task->version.len, expected->version.len);
    ck_assert_mem_eq(task->version.data, expected->version.data, task->version.len);
    ck_assert_uint_eq(task->extra.len, expected->extra.len);
    ck_assert_mem_eq(task->extra.data, expected->extra.data, task->extra.len);
    return 0;
}

START_TEST(strings_too_long_for_their_columns_come_back_whole)
{
    struct ckpt_task task = fx_task();
    struct ckpt_visitor visitor = {
        .struct_size = (uint32_t)sizeof(visitor), .task = see_task, .payload = &task};

    memset(big, '\xe9', sizeof(big));
    task.source_dir = fx_bytes(big, 5000);
    task.backend = fx_bytes(big, sizeof(big));
    task.version = fx_str("a version with a quote ' and a backslash \\ that is longer than 48");
    task.extra = fx_bytes("\0\1\2\xff", 4);
    fx_ok(fx_put(CKPT_PUT_TASK, &task));
    fx_reopen();
    fx_ok(fx_driver->load_task(fx_store, &visitor, fx_error()));
}
END_TEST

static int see_table(const struct ckpt_table *table, void *payload)
{
    const struct ckpt_table *expected = payload;

    ck_assert_uint_eq(table->status, expected->status);
    ck_assert_uint_eq(table->hash.len, expected->hash.len);
    if (table->hash.len)
        ck_assert_mem_eq(table->hash.data, expected->hash.data, table->hash.len);
    ck_assert_uint_eq(table->table_info.len, expected->table_info.len);
    ck_assert_mem_eq(table->table_info.data, expected->table_info.data, table->table_info.len);
    ck_assert_uint_eq(table->kv_checksum, expected->kv_checksum);
    ck_assert_int_eq(table->auto_rand_base, expected->auto_rand_base);
    return 0;
}

static const size_t hash_sizes[] = {0, 32, 5, 40};

START_TEST(table_with_odd_values_comes_back_whole)
{
    static const char zeros[40];
    struct ckpt_table table = fx_table(FX_TABLE);
    struct ckpt_visitor visitor = {
        .struct_size = (uint32_t)sizeof(visitor), .table = see_table, .payload = &table};

    table.status = 100000;
    table.hash = fx_bytes(zeros, hash_sizes[_i]);
    table.table_info = fx_bytes("{\"a\": \"\xff\0\"}", 11);
    table.kv_checksum = UINT64_MAX;
    table.auto_rand_base = INT64_MIN;
    fx_ok(fx_put(CKPT_PUT_TABLE, &table));
    fx_ok(fx_driver->load_table(fx_store, fx_str(FX_TABLE), &visitor, fx_error()));
}
END_TEST

START_TEST(chunks_come_in_the_order_of_bytes)
{
    static const char *const paths[] = {"",
                                        "\x01",
                                        " ",
                                        "a",
                                        "a\x01",
                                        "a ",
                                        "a  ",
                                        "a !",
                                        "a!",
                                        "a'\\",
                                        "\xc3z",
                                        "\xc3\xa4",
                                        "\xf4\x8f\xbf\xbf",
                                        "\xff"};
    size_t count = sizeof(paths) / sizeof(paths[0]), i;
    struct seen *seen = calloc(1, sizeof(*seen));

    put_table();
    for (i = 0; i < count; i++) {
        struct ckpt_chunk chunk = fx_chunk(paths[(i * 5) % count], 0);

        fx_ok(fx_put(CKPT_PUT_CHUNK, &chunk));
    }
    fx_ok(load_chunks(seen));
    ck_assert_uint_eq(seen->count, count);
    for (i = 0; i < count; i++)
        ck_assert_str_eq(seen->paths[i], paths[i]);
    free(seen);
}
END_TEST

START_TEST(chunks_come_in_the_order_of_engine_and_offset)
{
    static const int32_t engines[] = {-2, -1, -1, 0, 7};
    static const int64_t offsets[] = {5, -3, 4, 0, 0};
    struct seen *seen = calloc(1, sizeof(*seen));
    size_t i;

    put_table();
    for (i = 0; i < 5; i++) {
        struct ckpt_chunk chunk = fx_chunk("a", offsets[4 - i]);

        chunk.engine_id = engines[4 - i];
        fx_ok(fx_put(CKPT_PUT_CHUNK, &chunk));
    }
    fx_ok(load_chunks(seen));
    ck_assert_uint_eq(seen->count, 5);
    ck_assert_mem_eq(seen->engines, engines, sizeof(engines));
    ck_assert_mem_eq(seen->offsets, offsets, sizeof(offsets));
    free(seen);
}
END_TEST

START_TEST(long_paths_are_ordered_to_their_last_byte)
{
    char path[2][CKPT_MAX_PATH + 1];
    struct ckpt_chunk chunk;
    struct seen *seen = calloc(1, sizeof(*seen));
    int i;

    put_table();
    for (i = 0; i < 2; i++) {
        memset(path[i], 'p', CKPT_MAX_PATH);
        path[i][CKPT_MAX_PATH] = '\0';
        path[i][CKPT_MAX_PATH - 1] = (char)('b' - i);
        chunk = fx_chunk(path[i], 0);
        fx_ok(fx_put(CKPT_PUT_CHUNK, &chunk));
    }
    fx_ok(load_chunks(seen));
    ck_assert_uint_eq(seen->count, 2);
    ck_assert_str_eq(seen->paths[0], path[1]);
    ck_assert_str_eq(seen->paths[1], path[0]);
    free(seen);
}
END_TEST

/* Somebody's row has the same key for the server, and another path. */
START_TEST(path_that_meets_another_one_is_an_error_and_overwrites_nothing)
{
    char path[601];
    struct ckpt_chunk chunks[2];
    struct ckpt_change changes[2];

    put_table();
    memset(path, 'p', 600);
    path[600] = '\0';
    chunks[1] = fx_chunk(path, 0);
    fx_ok(fx_put(CKPT_PUT_CHUNK, &chunks[1]));
    fx_sql("UPDATE chunk_v6 SET path = CONCAT(path, 'x'), pos = 1");
    chunks[0] = fx_chunk("other", 0);
    changes[0] = fx_change(CKPT_PUT_CHUNK, &chunks[0]);
    changes[1] = fx_change(CKPT_PUT_CHUNK, &chunks[1]);
    fx_fails(fx_apply(changes, 2), CKPT_ERR);
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM chunk_v6"), 1);
    ck_assert_int_eq(fx_number("SELECT pos FROM chunk_v6 WHERE path LIKE '%%px'"), 1);
}
END_TEST

START_TEST(last_put_of_a_key_counts)
{
    struct ckpt_chunk chunks[3] = {fx_chunk("a", 0), fx_chunk("a", 0), fx_chunk("a", 0)};
    struct ckpt_change changes[3];
    struct seen *seen = calloc(1, sizeof(*seen));
    size_t i;

    put_table();
    chunks[0].extra = fx_str("old");
    chunks[2].extra = fx_str("new");
    for (i = 0; i < 3; i++)
        changes[i] = fx_change(CKPT_PUT_CHUNK, &chunks[i]);
    fx_ok(fx_apply(changes, 3));
    fx_ok(load_chunks(seen));
    ck_assert_str_eq(seen->extra, "new");
    fx_ok(fx_apply(changes, 2));
    fx_ok(load_chunks(seen));
    ck_assert_str_eq(seen->extra, "");
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM extra_v1 WHERE kind = 4"), 0);
    free(seen);
}
END_TEST

START_TEST(puts_around_a_delete_keep_their_order)
{
    struct ckpt_chunk chunks[2] = {fx_chunk("a", 0), fx_chunk("b", 0)};
    struct ckpt_table table = fx_table(FX_TABLE);
    struct ckpt_change changes[4];
    struct seen *seen = calloc(1, sizeof(*seen));

    chunks[0].extra = fx_str("gone");
    changes[0] = fx_change(CKPT_PUT_CHUNK, &chunks[0]);
    changes[1] = fx_change(CKPT_DELETE_TABLE, NULL);
    changes[1].name = fx_str(FX_TABLE);
    changes[2] = fx_change(CKPT_PUT_CHUNK, &chunks[1]);
    changes[3] = fx_change(CKPT_PUT_TABLE, &table);
    fx_ok(fx_apply(changes, 4));
    fx_ok(load_chunks(seen));
    ck_assert_uint_eq(seen->count, 1);
    ck_assert_str_eq(seen->paths[0], "b");
    ck_assert_int_eq(fx_number("SELECT COUNT(*) FROM extra_v1"), 0);
    free(seen);
}
END_TEST

START_TEST(visitor_stops_the_walk_and_the_store_goes_on)
{
    struct seen *seen = calloc(1, sizeof(*seen));
    struct ckpt_chunk chunk;
    int i;

    put_table();
    for (i = 0; i < 10; i++) {
        chunk = fx_chunk("a", i);
        fx_ok(fx_put(CKPT_PUT_CHUNK, &chunk));
    }
    seen->stop_after = 3;
    ck_assert_int_eq(load_chunks(seen), 77);
    ck_assert_uint_eq(seen->count, 3);
    ck_assert_str_eq(fx_err.message, "");
    seen->stop_after = 0;
    fx_ok(load_chunks(seen));
    ck_assert_uint_eq(seen->count, 10);
    free(seen);
}
END_TEST

START_TEST(name_of_more_than_261_characters_is_refused)
{
    char name[263];
    struct ckpt_table table;

    memset(name, 'n', 262);
    name[262] = '\0';
    table = fx_table(name);
    fx_fails(fx_put(CKPT_PUT_TABLE, &table), CKPT_ERR_USAGE);
    name[261] = '\0';
    table = fx_table(name);
    fx_ok(fx_put(CKPT_PUT_TABLE, &table));
}
END_TEST

START_TEST(apply_bigger_than_one_statement_is_saved_whole)
{
    struct ckpt_table tables[20];
    struct ckpt_change changes[20];
    char names[20][16];
    size_t i;

    memset(big, 'i', sizeof(big));
    for (i = 0; i < 20; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "t%d", (int)i);
        tables[i] = fx_table(names[i]);
        tables[i].table_info = fx_bytes(big, 50000);
        tables[i].extra = fx_bytes(big, CKPT_MAX_EXTRA);
        changes[i] = fx_change(CKPT_PUT_TABLE, &tables[i]);
    }
    fx_ok(fx_apply(changes, 20));
    ck_assert_int_eq(fx_number("SELECT SUM(LENGTH(table_info)) FROM table_v10"), 1000000);
    ck_assert_int_eq(fx_number("SELECT SUM(LENGTH(extra)) FROM extra_v1"), 20 * CKPT_MAX_EXTRA);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("mysql_driver");
    TCase *records = tcase_create("records"), *changes = tcase_create("changes");

    suite_add_tcase(suite, records);
    suite_add_tcase(suite, changes);
    if (!fx_has_server())
        return fx_run(suite);
    tcase_add_checked_fixture(records, fx_setup, fx_teardown);
    tcase_add_checked_fixture(changes, fx_setup, fx_teardown);
    tcase_add_loop_test(records, any_time_comes_back_to_the_second, 0, ROWS(times));
    tcase_add_test(records, strings_too_long_for_their_columns_come_back_whole);
    tcase_add_loop_test(records, table_with_odd_values_comes_back_whole, 0, ROWS(hash_sizes));
    tcase_add_test(records, chunks_come_in_the_order_of_bytes);
    tcase_add_test(records, chunks_come_in_the_order_of_engine_and_offset);
    tcase_add_test(records, long_paths_are_ordered_to_their_last_byte);
    tcase_add_test(changes, path_that_meets_another_one_is_an_error_and_overwrites_nothing);
    tcase_add_test(changes, last_put_of_a_key_counts);
    tcase_add_test(changes, puts_around_a_delete_keep_their_order);
    tcase_add_test(changes, visitor_stops_the_walk_and_the_store_goes_on);
    tcase_add_test(changes, name_of_more_than_261_characters_is_refused);
    tcase_add_test(changes, apply_bigger_than_one_statement_is_saved_whole);
    return fx_run(suite);
}
