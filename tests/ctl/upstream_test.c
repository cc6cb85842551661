/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoint files of the upstream program: the ones that its release 8.5 wrote are read, and
 * everything that is not as it writes them is refused as a whole. A file is changed by parsing it
 * with the generated code, changing one thing and packing it again.
 */
#include "core/ctl/upstream_file.h"

#include <upstream_checkpoint.pb-c.h>

#include "core/checkpoint/model.h"
#include "import_fixture.h"

enum { MAX_FILE = 4096 };

struct bytes {
    uint8_t data[MAX_FILE];
    size_t len;
};

static struct tl_upstream upstream;
static struct tl_error err;

static struct bytes read_file(const char *name)
{
    struct bytes bytes;
    char path[512];
    FILE *in;

    snprintf(path, sizeof(path), "%s/upstream-8.5/%s", TL_TEST_DATA, name);
    in = fopen(path, "rb");
    ck_assert_msg(in != NULL, "%s", path);
    bytes.len = fread(bytes.data, 1, sizeof(bytes.data), in);
    fclose(in);
    return bytes;
}

static int parse(const void *data, size_t len)
{
    TL_CLEANUP_FREE void *exact = malloc(len ? len : 1); /* so that reading past it is noticed */

    tl_error_init(&err);
    memcpy(exact, data, len);
    tl_upstream_done(&upstream);
    return tl_upstream_parse(&upstream, exact, len, "u.pb", &err);
}

static void expect_ok(const struct bytes *bytes)
{
    int rc = parse(bytes->data, bytes->len);

    ck_assert_msg(rc == TL_OK, "%s", err.message);
}

static void expect_refused(const void *data, size_t len, int code, const char *words)
{
    int rc = parse(data, len);

    ck_assert_msg(rc == code && strstr(err.message, words) && strstr(err.message, "u.pb") &&
                      err.hint[0],
                  "%d, not %d with '%s': %s", rc, code, words, err.message);
}

START_TEST(a_killed_import_is_read)
{
    struct bytes bytes = read_file("killed.pb");
    const struct tl_plan_table *hit, *log;

    expect_ok(&bytes);
    ck_assert_int_eq(upstream.plan->task_id, 633139435140667096);
    ck_assert_str_eq(upstream.plan->source_dir, "file:///data/shop2");
    ck_assert_str_eq(upstream.plan->upstream, "nightly-dirty");
    ck_assert_str_eq(upstream.host, "127.0.0.1");
    ck_assert_int_eq(upstream.port, 4000);
    hit = fixture_table(upstream.plan, "`web`.`hit`");
    log = fixture_table(upstream.plan, "`web`.`log`");
    ck_assert(hit->taken_over && hit->status == TL_STATUS_LOADED && hit->chunk_count == 2);
    ck_assert_str_eq(hit->chunks[1].path, "web.hit.0001.sql");
    ck_assert_uint_eq(hit->chunks[1].pos, 6884149);
    ck_assert_uint_eq(hit->chunks[1].rows, 97169);
    ck_assert_str_eq(hit->chunks[1].columns, "[0,1,2]");
    ck_assert_int_eq(hit->chunks[1].create_time, INT64_C(0x6b0327ad) * 1000000000);
    ck_assert_int_eq(log->chunks[0].end_offset, TL_END_UNKNOWN);
    ck_assert_uint_eq(log->chunks[0].pos, 0);
    ck_assert_int_eq(log->chunks[0].compression, TL_COMPRESSION_GZIP);
}
END_TEST

START_TEST(a_failed_import_is_read)
{
    struct bytes bytes = read_file("failed.pb");
    const struct tl_plan_table *item, *broken;

    expect_ok(&bytes);
    ck_assert_uint_eq(upstream.plan->table_count, 3);
    item = fixture_table(upstream.plan, "`shop`.`item`");
    ck_assert(item->status == 200 && !item->taken_over && !item->failed);
    ck_assert_uint_eq(tl_plan_table_rows(item), 30000);
    broken = fixture_table(upstream.plan, "`shop`.`broken`");
    ck_assert(broken->failed && broken->status == 6 && broken->engine_status == 6);
    ck_assert_ptr_nonnull(strstr(broken->failure->message, "upstream program"));
    ck_assert_str_eq(fixture_table(upstream.plan, "`shop`.`event`")->chunks[0].columns,
                     "[0,1,2,-1]");
}
END_TEST

START_TEST(cut_off_at_any_byte_is_refused)
{
    static const char *const names[] = {"killed.pb", "failed.pb"};

    for (size_t i = 0; i < 2; i++) {
        struct bytes bytes = read_file(names[i]);

        for (size_t len = 1; len < bytes.len; len++)
            expect_refused(bytes.data, len, TL_ERR_DATA, "damaged or cut off");
        expect_refused(bytes.data, 0, TL_ERR_DATA, "is empty");
    }
}
END_TEST

/* A changed bit can leave a file that is as sound as before; it must be read or refused. */
START_TEST(any_changed_bit_is_survived)
{
    struct bytes bytes = read_file("failed.pb");

    for (size_t at = 0; at < bytes.len; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes.data[at] ^= (uint8_t)(1u << bit);
            if (parse(bytes.data, bytes.len) != TL_OK)
                ck_assert(err.message[0] && !strchr(err.message, '\n'));
            bytes.data[at] ^= (uint8_t)(1u << bit);
        }
}
END_TEST

START_TEST(something_more_or_in_another_order_is_refused)
{
    struct bytes bytes = read_file("killed.pb"), twice = bytes, turned = bytes;
    size_t task = bytes.len;

    memcpy(twice.data + bytes.len, bytes.data, bytes.len);
    expect_refused(twice.data, 2 * bytes.len, TL_ERR_DATA, "more than one task record");
    memcpy(twice.data + bytes.len, "\x18\x01", 2);
    expect_refused(twice.data, bytes.len + 2, TL_ERR_DATA, "not known");
    while (memcmp(bytes.data + task - 4, "file", 4) != 0)
        task--;
    for (task -= 4; bytes.data[task] != 0x12 || bytes.data[task + 1] != bytes.len - task - 2;)
        task--;
    memcpy(turned.data, bytes.data + task, bytes.len - task);
    memcpy(turned.data + (bytes.len - task), bytes.data, task);
    expect_refused(turned.data, bytes.len, TL_ERR_DATA, "not the last one");
    memcpy(twice.data + task, bytes.data, bytes.len);
    expect_refused(twice.data, task + bytes.len, TL_ERR_DATA, "twice");
}
END_TEST

START_TEST(other_files_are_called_by_their_name)
{
    expect_refused("SQLite format 3\0", 17, TL_ERR_DATA, "SQLite database");
    expect_refused("\x1f\x8b\x08", 3, TL_ERR_DATA, "gzip");
    expect_refused("{\"a\":1}", 7, TL_ERR_DATA, "JSON");
    expect_refused("-- a dump\n", 10, TL_ERR_DATA, "is not a checkpoint file");
    expect_refused("\n\n\n\n", 4, TL_ERR_DATA, "damaged or cut off");
}
END_TEST

/* ---- One thing changed ---------------------------------------------------------------------- */

struct parts {
    Tl__Upstream__Checkpoints *all;
    Tl__Upstream__Task *task;
    Tl__Upstream__Table *table; /* `web`.`hit` */
    Tl__Upstream__EngineEntry *engine;
    Tl__Upstream__ChunkEntry *entry; /* web.hit.0001.sql:0 */
    Tl__Upstream__Chunk *chunk;
    Tl__Upstream__Chunk *gzip; /* of `web`.`log` */
};

static ProtobufCBinaryData text(const char *value)
{
    return (ProtobufCBinaryData){strlen(value), (uint8_t *)(uintptr_t)value};
}

struct change {
    void (*make)(struct parts *p);
    int code;
    const char *words;
};

#define CHANGE(name, statement)       \
    static void name(struct parts *p) \
    {                                 \
        statement;                    \
    }

CHANGE(backend, p->task->backend = text("local"))
CHANGE(no_backend, p->task->has_backend = 0)
CHANGE(no_source, p->task->has_source_dir = 0)
CHANGE(bad_task_id, p->task->task_id = -5)
CHANGE(bad_port, p->task->tidb_port = 70000)
CHANGE(bad_name, p->all->tables[0]->key = text("web.hit"))
CHANGE(bad_utf8, p->all->tables[0]->key = text("`web`.`\xff`"))
CHANGE(same_name, p->all->tables[0]->key = p->all->tables[1]->key)
CHANGE(no_table_status, p->table->has_status = 0)
CHANGE(strange_status, p->table->status = 31)
CHANGE(large_status, p->table->status = 1000)
CHANGE(done_too_early, p->table->status = 200)
CHANGE(engine_too_early, p->engine->value->status = 120)
CHANGE(engine_status, p->engine->value->status = 0)
CHANGE(engine_id, p->engine->key = -2)
CHANGE(whole_table, p->engine->key = INT32_MAX)
CHANGE(engine_twice, p->engine->key = -1)
CHANGE(index_gone, p->table->n_engines = 1; p->table->engines[0] = p->engine)
CHANGE(chunk_key, p->entry->key = text("web.hit.0001.sql:1"))
CHANGE(chunk_key_other, p->entry->key = text("web.hit.0000.sql:0"))
CHANGE(absolute_path, p->chunk->path = text("/etc/x"); p->entry->key = text("/etc/x:0"))
CHANGE(path_up, p->chunk->path = text("a/../../x"); p->entry->key = text("a/../../x:0"))
CHANGE(no_path, p->chunk->has_path = 0; p->entry->key = text(":0"))
CHANGE(pos_behind_end, p->chunk->pos = p->chunk->end_offset + 1)
CHANGE(pos_negative, p->chunk->pos = -1)
CHANGE(offset_negative, p->chunk->has_offset = 1; p->chunk->offset = -1;
       p->entry->key = text("web.hit.0001.sql:-1"))
CHANGE(end_behind_file, p->chunk->end_offset = p->chunk->file_size + 1)
CHANGE(end_before_file, p->chunk->end_offset = p->chunk->file_size - 1)
CHANGE(rows_without_bytes, p->chunk->has_pos = 0)
CHANGE(rows_above_bytes, p->chunk->kvc_kvs = UINT64_MAX)
CHANGE(slice_of_sql, p->chunk->has_offset = 1; p->chunk->offset = 5;
       p->entry->key = text("web.hit.0001.sql:5"))
CHANGE(no_type, p->chunk->type = 0)
CHANGE(view_type, p->chunk->type = 6)
CHANGE(strange_compression, p->gzip->compression = 7)
CHANGE(gzip_end, p->gzip->end_offset = 1000)
CHANGE(strange_column, p->chunk->column_permutation[0] = -2)
CHANGE(size_negative, p->chunk->file_size = -1)

static const struct change changes[] = {
    {backend, TL_ERR_REFUSED, "backend = \"local\""},
    {no_backend, TL_ERR_DATA, "names no backend"},
    {no_source, TL_ERR_DATA, "names no source directory"},
    {bad_task_id, TL_ERR_DATA, "task id is -5"},
    {bad_port, TL_ERR_DATA, "tidb.port is 70000"},
    {bad_name, TL_ERR_DATA, "web.hit: that is no table name"},
    {bad_utf8, TL_ERR_DATA, "not UTF-8"},
    {same_name, TL_ERR_DATA, "is in it twice"},
    {no_table_status, TL_ERR_DATA, "`web`.`hit`: it has the status 0"},
    {strange_status, TL_ERR_DATA, "status 31"},
    {large_status, TL_ERR_DATA, "status 1000"},
    {done_too_early, TL_ERR_DATA, "is not loaded to its end"},
    {engine_too_early, TL_ERR_DATA, "is not loaded to its end"},
    {engine_status, TL_ERR_DATA, "engine 0 has the status 0"},
    {engine_id, TL_ERR_DATA, "engine -2"},
    {whole_table, TL_ERR_DATA, "engine 2147483647"},
    {engine_twice, TL_ERR_DATA, "engine -1"},
    {index_gone, TL_ERR_DATA, "no index engine"},
    {chunk_key, TL_ERR_DATA, "web.hit.0001.sql' does not have its path"},
    {chunk_key_other, TL_ERR_DATA, "does not have its path"},
    {absolute_path, TL_ERR_DATA, "not in the source directory"},
    {path_up, TL_ERR_DATA, "not in the source directory"},
    {no_path, TL_ERR_DATA, "does not have its path"},
    {pos_behind_end, TL_ERR_DATA, "positions that cannot be"},
    {pos_negative, TL_ERR_DATA, "positions that cannot be"},
    {offset_negative, TL_ERR_DATA, "positions that cannot be"},
    {end_behind_file, TL_ERR_DATA, "do not fit its size"},
    {end_before_file, TL_ERR_DATA, "do not cover it"},
    {rows_without_bytes, TL_ERR_DATA, "no byte of it is loaded"},
    {rows_above_bytes, TL_ERR_DATA, "more rows than bytes"},
    {slice_of_sql, TL_ERR_DATA, "is no CSV"},
    {no_type, TL_ERR_DATA, "type that is not known"},
    {view_type, TL_ERR_DATA, "type that is not known"},
    {strange_compression, TL_ERR_DATA, "compression that is not known"},
    {gzip_end, TL_ERR_DATA, "do not fit its size"},
    {strange_column, TL_ERR_DATA, "column that cannot be"},
    {size_negative, TL_ERR_DATA, "positions that cannot be"},
};

static struct parts parts_of(Tl__Upstream__Checkpoints *all)
{
    struct parts p = {.all = all, .task = all->task[0], .table = all->tables[0]->value};

    p.engine = p.table->engines[1];
    p.entry = p.engine->value->chunks[0];
    p.chunk = p.entry->value;
    p.gzip = all->tables[1]->value->engines[0]->value->chunks[0]->value;
    return p;
}

static size_t used;

/* Memory that is never given back: of a changed message some parts are not its own. */
static void *take_memory(void *payload, size_t size)
{
    static _Alignas(16) unsigned char memory[16 * MAX_FILE];
    size_t at = used;

    (void)payload;
    used += (size + 15) / 16 * 16;
    ck_assert_uint_le(used, sizeof(memory));
    return memory + at;
}

static void keep_memory(void *payload, void *memory)
{
    (void)payload;
    (void)memory;
}

static ProtobufCAllocator allocator = {.alloc = take_memory, .free = keep_memory};

START_TEST(what_cannot_be_is_refused_with_its_place)
{
    const struct change *change = &changes[_i];
    struct bytes bytes = read_file("killed.pb");
    Tl__Upstream__Checkpoints *all =
        tl__upstream__checkpoints__unpack(&allocator, bytes.len, bytes.data);
    struct parts p = parts_of(all);

    used = 0;
    change->make(&p);
    bytes.len = tl__upstream__checkpoints__pack(all, bytes.data);
    expect_refused(bytes.data, bytes.len, change->code, change->words);
}
END_TEST

static void teardown(void)
{
    tl_upstream_done(&upstream);
}

int main(void)
{
    TCase *tcase = tcase_create("upstream");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, a_killed_import_is_read);
    tcase_add_test(tcase, a_failed_import_is_read);
    tcase_add_test(tcase, cut_off_at_any_byte_is_refused);
    tcase_add_test(tcase, any_changed_bit_is_survived);
    tcase_add_test(tcase, something_more_or_in_another_order_is_refused);
    tcase_add_test(tcase, other_files_are_called_by_their_name);
    tcase_add_loop_test(tcase, what_cannot_be_is_refused_with_its_place, 0,
                        (int)(sizeof(changes) / sizeof(changes[0])));
    return fixture_run(tcase, "upstream");
}
