/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A checkpoint file of the upstream program in a store of the driver "file": which records it
 * becomes, and that a takeover that did not come to its end is not gone on with.
 */
#include "core/checkpoint/model.h"
#include "core/ctl/ctl.h"
#include "core/ctl/upstream_file.h"
#include "import_fixture.h"

static struct fixture f;
static struct tl_cancel *cancel;

static void setup(void)
{
    ck_assert(freopen("/dev/null", "w", stdout) != NULL);
    fixture_init(&f);
    fixture_ok(&f, tl_cancel_new(&cancel, &f.err));
}

static void teardown(void)
{
    tl_cancel_free(cancel);
    fixture_done(&f);
}

static enum tl_exit take(const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/upstream-8.5/%s", TL_TEST_DATA, name);
    tl_error_init(&f.err);
    fixture_options(&f, TL_PROGRAM_CTL, "--checkpoint-import", path, NULL);
    return tl_ctl_run(f.options, cancel, &f.err);
}

static int look_at_task(const struct ckpt_task *task, void *payload)
{
    (void)payload;
    ck_assert_int_eq(task->task_id, 633139435140667096);
    ck_assert_uint_eq(task->planned, 1);
    ck_assert_int_eq(task->target_port, 4000);
    ck_assert(tl_ckpt_str_eq(task->backend, tl_ckpt_str("tidb")));
    ck_assert(tl_ckpt_str_eq(task->version, tl_ckpt_str("nightly-dirty")));
    ck_assert(tl_ckpt_str_eq(task->source_dir, tl_ckpt_str(f.dump.path)));
    return 0;
}

static int look_at_chunk(const struct ckpt_chunk *chunk, void *payload)
{
    int *seen = payload;

    if (!tl_ckpt_str_eq(chunk->path, tl_ckpt_str("web.hit.0000.sql")))
        return 0;
    ++*seen;
    ck_assert_int_eq(chunk->offset, 0);
    ck_assert_int_eq(chunk->end_offset, 6973907);
    ck_assert_int_eq(chunk->pos, 6785931);
    ck_assert_int_eq(chunk->file_size, 6973907);
    ck_assert_int_eq(chunk->type, 3);
    ck_assert_uint_eq(chunk->kvc_kvs, 97308);
    ck_assert_uint_eq(chunk->kvc_bytes, 6588867);
    ck_assert(tl_ckpt_str_eq(chunk->columns, tl_ckpt_str("[0,1,2]")));
    ck_assert(tl_ckpt_str_eq(chunk->sort_key, tl_ckpt_str("0000")));
    return 0;
}

START_TEST(a_file_becomes_the_records_of_a_task)
{
    int seen = 0;
    struct ckpt_visitor visitor = {.struct_size = sizeof(visitor),
                                   .task = look_at_task,
                                   .chunk = look_at_chunk,
                                   .payload = &seen};
    struct tl_store *store;

    ck_assert_msg(take("killed.pb") == TL_EXIT_DONE, "%s", f.err.message);
    ck_assert_int_eq(take("failed.pb"), TL_EXIT_REFUSED);
    store = fixture_store(&f);
    fixture_ok(&f, tl_store_load_task(store, &visitor, &f.err));
    fixture_ok(&f, tl_store_load_table(store, "`web`.`hit`", &visitor, &f.err));
    ck_assert_int_eq(seen, 1);
    tl_store_close(store);
}
END_TEST

START_TEST(a_failed_table_has_a_failure)
{
    struct tl_task_record task = {0};
    struct tl_store *store;
    const struct tl_plan_table *broken;

    ck_assert_msg(take("failed.pb") == TL_EXIT_DONE, "%s", f.err.message);
    store = fixture_store(&f);
    fixture_ok(&f, tl_task_record_load(&task, store, &f.err));
    ck_assert(task.adopt && !task.foreign);
    fixture_ok(&f, tl_plan_load(&f.plan, store, &task, &f.err));
    broken = fixture_table(f.plan, "`shop`.`broken`");
    ck_assert(broken->failed && broken->status == 6 && broken->failure);
    ck_assert_ptr_nonnull(strstr(broken->failure->message, "upstream program"));
    tl_task_record_done(&task);
    tl_store_close(store);
}
END_TEST

/* As a kill leaves it: some records, and a task that is not planned. */
START_TEST(an_interrupted_takeover_is_not_gone_on_with)
{
    struct tl_store *store = fixture_store(&f);
    enum tl_exit got;

    fixture_ok(&f, tl_plan_new(&f.plan, 5, "/dump", &f.err));
    f.plan->upstream = strdup("v8.5.1");
    fixture_ok(&f, tl_task_record_save_upstream(store, f.plan, "h", 1, false, &f.err));
    tl_store_close(store);
    fixture_file(&f, "d.t-schema.sql", "CREATE TABLE t (i INT);");
    fixture_options(&f, TL_PROGRAM_LOADER, NULL);
    got = tl_import_run(f.options, cancel, &f.err);
    ck_assert_msg(got == TL_EXIT_REFUSED && strstr(f.err.message, "was interrupted"), "%d: %s",
                  (int)got, f.err.message);
    ck_assert_msg(take("killed.pb") == TL_EXIT_DONE, "%s", f.err.message);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("take_upstream");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_file_becomes_the_records_of_a_task);
    tcase_add_test(tcase, a_failed_table_has_a_failure);
    tcase_add_test(tcase, an_interrupted_takeover_is_not_gone_on_with);
    return fixture_run(tcase, "take_upstream");
}
