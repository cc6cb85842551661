/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See store_sweep.h. What runs under a fault asserts nothing, since Check would need memory.
 */
#include "store_sweep.h"

#define TABLE "`d`.`t`"

int64_t sweep_confirmed, sweep_tried;

static char dsn[512];

void sweep_setup(struct fixture *f)
{
    fixture_init(f);
    fixture_file(f, "d-schema-create.sql", "CREATE DATABASE d;");
    fixture_file(f, "d.a-schema.sql", "CREATE TABLE a (i INT);");
    fixture_file(f, "d.a.1.sql", "INSERT INTO a VALUES (1);\n");
    fixture_file(f, "d.a.2.sql", "INSERT INTO a VALUES (2);\n");
    fixture_file(f, "d.b-schema.sql", "CREATE TABLE b (i INT);");
    fixture_file(f, "d.b.csv", "i\n1\n");
    fixture_options(f, TL_PROGRAM_LOADER, NULL);
    tempdir_path(&f->other, "sweep.pb", dsn);
    sweep_confirmed = sweep_tried = 0;
}

static const char *inner_path(void)
{
    return TL_TEST_DRIVER_DIR "/ckpt-file.so";
}

struct tl_store_settings sweep_settings(struct fixture *f, const struct tl_ckpt_module *module)
{
    static struct tl_store_option option = {.name = "inner"};

    (void)f;
    option.text = inner_path();
    return (struct tl_store_settings){.module = module,
                                      .dsn = dsn,
                                      .schema = "s",
                                      .options = &option,
                                      .option_count = 1,
                                      .retry_ns = 1000000};
}

static int open_store(struct tl_ckpt_module **module_out, struct tl_store **store_out,
                      struct fixture *f, struct tl_error *err)
{
    const struct tl_registry_path path = {.configured = TL_TEST_DRIVER_DIR "/tests"};
    struct tl_store_settings settings;
    int rc = tl_registry_load(module_out, "fault", &path, err);

    settings = sweep_settings(f, *module_out);
    return rc == TL_OK ? tl_store_open(store_out, &settings, err) : rc;
}

static struct ckpt_chunk chunk_at(const char *path, int64_t pos)
{
    return (struct ckpt_chunk){.struct_size = sizeof(struct ckpt_chunk),
                               .table_name = tl_ckpt_str(TABLE),
                               .path = tl_ckpt_str(path),
                               .sort_key = tl_ckpt_str("k"),
                               .file_size = 1000000,
                               .end_offset = 1000000,
                               .pos = pos,
                               .type = 3};
}

/* One apply of every kind of record; both chunks get this pos. */
static int put_all(struct tl_store *store, int64_t pos, struct tl_error *err)
{
    const struct ckpt_task task = {.struct_size = sizeof(task),
                                   .planned = 1,
                                   .task_id = 7,
                                   .source_dir = tl_ckpt_str("/dump"),
                                   .backend = tl_ckpt_str("tidb"),
                                   .version = tl_ckpt_str("1")};
    const struct ckpt_table table = {
        .struct_size = sizeof(table), .status = 30, .task_id = 7, .name = tl_ckpt_str(TABLE)};
    const struct ckpt_engine engine = {
        .struct_size = sizeof(engine), .status = 30, .table_name = tl_ckpt_str(TABLE)};
    const struct ckpt_chunk a = chunk_at("a", pos), b = chunk_at("b", pos);
    const struct ckpt_source source = {.struct_size = sizeof(source),
                                       .table_name = tl_ckpt_str(TABLE),
                                       .path = tl_ckpt_str("a"),
                                       .fingerprint = tl_ckpt_str("f")};
    const struct ckpt_failure failure = {.struct_size = sizeof(failure),
                                         .table_name = tl_ckpt_str(TABLE),
                                         .path = tl_ckpt_str("a"),
                                         .message = tl_ckpt_str("why")};
    const void *const records[] = {&task, &table, &engine, &a, &b, &source, &failure};
    const uint32_t kinds[] = {CKPT_PUT_TASK,  CKPT_PUT_TABLE,  CKPT_PUT_ENGINE, CKPT_PUT_CHUNK,
                              CKPT_PUT_CHUNK, CKPT_PUT_SOURCE, CKPT_PUT_FAILURE};
    struct ckpt_change changes[7];
    const struct ckpt_change *list[7];

    for (size_t i = 0; i < 7; i++) {
        changes[i] = (struct ckpt_change){
            .struct_size = sizeof(changes[i]), .kind = kinds[i], .record = {.any = records[i]}};
        list[i] = &changes[i];
    }
    return tl_store_apply(store, list, 7, err);
}

struct seen {
    unsigned tables, chunks, others;
    int64_t pos[2];
};

static int see_table(const struct ckpt_table *table, void *payload)
{
    (void)table;
    ((struct seen *)payload)->tables++;
    return 0;
}

static int see_chunk(const struct ckpt_chunk *chunk, void *payload)
{
    struct seen *seen = payload;

    if (seen->chunks < 2)
        seen->pos[seen->chunks] = chunk->pos;
    seen->chunks++;
    return 0;
}

static int see_source(const struct ckpt_source *source, void *payload)
{
    (void)source;
    ((struct seen *)payload)->others++;
    return 0;
}

static int see_failure(const struct ckpt_failure *failure, void *payload)
{
    (void)failure;
    ((struct seen *)payload)->others++;
    return 0;
}

/* TL_NOT_FOUND where there is no task yet. */
static int read_all(struct tl_store *store, struct seen *seen, struct tl_error *err)
{
    const struct ckpt_visitor nothing = {.struct_size = sizeof(nothing)};
    const struct ckpt_visitor all = {.struct_size = sizeof(all),
                                     .table = see_table,
                                     .chunk = see_chunk,
                                     .source = see_source,
                                     .failure = see_failure,
                                     .payload = seen};
    int rc = tl_store_load_task(store, &nothing, err);

    if (rc == TL_OK)
        rc = tl_store_each_table(store, CKPT_FILTER_UNFINISHED, &nothing, err);
    return rc == TL_OK ? tl_store_load_table(store, TABLE, &all, err) : rc;
}

int sweep_store(struct fixture *f, unsigned round, struct tl_error *err)
{
    TL_CLEANUP(tl_ckpt_module_free_p) struct tl_ckpt_module *module = NULL;
    TL_CLEANUP(tl_store_close_p) struct tl_store *store = NULL;
    struct seen seen = {0};
    int rc = open_store(&module, &store, f, err);

    for (int i = 0; rc == TL_OK && i < 2; i++) {
        sweep_tried = (int64_t)round * 10 + i;
        rc = put_all(store, sweep_tried, err);
        if (rc == TL_OK)
            sweep_confirmed = sweep_tried;
    }
    if (rc == TL_OK)
        rc = read_all(store, &seen, err);
    return rc == TL_NOT_FOUND ? -100 : rc; /* it was confirmed: no fault reads as absence */
}

void sweep_store_check(struct fixture *f, unsigned round, int rc)
{
    struct tl_ckpt_module *module = NULL;
    struct tl_store *store = NULL;
    struct seen seen = {0};

    (void)rc;
    fixture_ok(f, open_store(&module, &store, f, &f->err));
    if (read_all(store, &seen, &f->err) == TL_NOT_FOUND) {
        ck_assert_int_eq(sweep_confirmed, 0);
    } else {
        ck_assert_msg(seen.tables == 1 && seen.chunks == 2 && seen.others == 2, "round %u", round);
        ck_assert_msg(seen.pos[0] == seen.pos[1], "round %u: half of an apply", round);
        ck_assert_msg(seen.pos[0] == sweep_confirmed || seen.pos[0] == sweep_tried,
                      "round %u: pos %lld, confirmed %lld", round, (long long)seen.pos[0],
                      (long long)sweep_confirmed);
        sweep_confirmed = seen.pos[0];
    }
    tl_store_close(store);
    tl_ckpt_module_free(module);
}

static int load_again(struct tl_store *store, struct tl_error *err)
{
    struct tl_task_record task = {0};
    struct tl_plan *plan = NULL;
    int rc = tl_task_record_load(&task, store, err);

    if (rc == TL_OK && task.planned)
        rc = tl_plan_load(&plan, store, &task, err);
    tl_plan_free(plan);
    tl_task_record_done(&task);
    return rc;
}

static int save_plan(struct fixture *f, struct tl_store *store, struct tl_plan *plan,
                     struct tl_error *err)
{
    struct tl_error why;
    int rc = tl_plan_save(plan, store, f->options, "server", NULL, err);

    tl_error_init(&why);
    tl_error_set(&why, TL_ERR_DATA, "the reason");
    if (rc == TL_OK)
        tl_plan_fail_table(plan, &plan->tables[0], TL_STATUS_ALL_WRITTEN, "d.a.1.sql", &why);
    return rc == TL_OK ? tl_plan_flush(plan, store, err) : rc;
}

int sweep_plan(struct fixture *f, unsigned round, struct tl_error *err)
{
    TL_CLEANUP(tl_ckpt_module_free_p) struct tl_ckpt_module *module = NULL;
    TL_CLEANUP(tl_store_close_p) struct tl_store *store = NULL;
    struct tl_catalog *catalog = NULL;
    struct tl_plan *plan = NULL;
    int rc = tl_catalog_scan(&catalog, f->options, err);

    if (rc == TL_OK)
        rc = tl_plan_build(&plan, f->options, catalog, round, NULL, NULL, err);
    if (rc == TL_OK)
        rc = open_store(&module, &store, f, err);
    if (rc == TL_OK)
        rc = tl_store_delete(store, CKPT_DELETE_ALL, NULL, err);
    if (rc == TL_OK)
        rc = save_plan(f, store, plan, err);
    if (rc == TL_OK)
        rc = load_again(store, err);
    tl_plan_free(plan);
    tl_catalog_free(catalog);
    return rc == TL_NOT_FOUND ? -100 : rc;
}

void sweep_plan_check(struct fixture *f, unsigned round, int rc)
{
    struct tl_ckpt_module *module = NULL;
    struct tl_store *store = NULL;
    struct tl_task_record task = {0};
    struct tl_plan *plan = NULL;

    (void)rc;
    fixture_ok(f, open_store(&module, &store, f, &f->err));
    if (tl_task_record_load(&task, store, &f->err) == TL_OK && task.planned) {
        fixture_ok(f, tl_plan_load(&plan, store, &task, &f->err));
        ck_assert_msg(plan->table_count == 2, "round %u", round);
        ck_assert_uint_eq(fixture_table(plan, "`d`.`a`")->chunk_count, 2);
        ck_assert_uint_eq(fixture_table(plan, "`d`.`b`")->chunk_count, 1);
    }
    tl_plan_free(plan);
    tl_task_record_done(&task);
    tl_store_close(store);
    tl_ckpt_module_free(module);
}
