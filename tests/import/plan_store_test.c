/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan in a store: what is written comes back, through the driver "file"; what could not be
 * written is written later, and not what the store has already.
 */
#include "../checkpoint/fake_driver.h"
#include "core/import/plan_records.h"
#include "import_fixture.h"

#define IDENTITY "server 1"

static struct fixture f;

static void setup(void)
{
    char name[64];

    fixture_init(&f);
    fixture_file(&f, "d.a-schema.sql", "CREATE TABLE a (i INT);");
    fixture_file(&f, "d.e-schema.sql", "CREATE TABLE e (i INT);");
    for (int i = 0; i < 130; i++) {
        snprintf(name, sizeof(name), "d.a.%03d.sql", i);
        fixture_file(&f, name, "INSERT INTO a VALUES (1);\n");
    }
    fixture_plan(&f, 42);
}

static void teardown(void)
{
    fixture_done(&f);
}

static struct tl_store *saved(void)
{
    struct tl_store *store = fixture_store(&f);

    fixture_ok(&f, tl_plan_save(f.plan, store, f.options, IDENTITY, NULL, &f.err));
    return store;
}

static struct tl_plan *loaded(struct tl_store *store)
{
    struct tl_task_record task = {0};
    struct tl_plan *plan = NULL;

    fixture_ok(&f, tl_task_record_load(&task, store, &f.err));
    ck_assert(task.planned && !task.foreign);
    ck_assert_int_eq(task.task_id, 42);
    ck_assert_str_eq(task.target_identity, IDENTITY);
    fixture_ok(&f, tl_plan_load(&plan, store, &task, &f.err));
    tl_task_record_done(&task);
    return plan;
}

static void commit_whole(struct tl_plan_chunk *chunk)
{
    struct tl_range whole = {.end = 26, .rows = 1, .bytes = 26, .last = true};

    fixture_ok(&f, tl_plan_commit(f.plan, chunk, &whole, &f.err));
}

static void fail_table(void)
{
    struct tl_error why;

    tl_error_set(&why, TL_ERR_DATA, "the reason");
    tl_error_hint(&why, "the way out");
    tl_error_locate(&why, 12, 345);
    why.native = 1366;
    memcpy(why.sqlstate, "22007", 6);
    tl_plan_fail_table(f.plan, fixture_table(f.plan, "`d`.`a`"), TL_STATUS_ALL_WRITTEN,
                       "d.a.007.sql", &why);
}

START_TEST(a_saved_plan_reads_back)
{
    struct tl_store *store = saved();
    struct tl_plan *plan = loaded(store);
    struct tl_plan_table *now = fixture_table(plan, "`d`.`a`");
    const struct tl_plan_table *then = fixture_table(f.plan, "`d`.`a`");

    ck_assert_uint_eq(plan->table_count, 2);
    ck_assert_uint_eq(now->chunk_count, 130);
    for (size_t i = 0; i < now->chunk_count; i++) {
        const struct tl_plan_chunk *a = &now->chunks[i], *b = &then->chunks[i];

        ck_assert_str_eq(a->path, b->path);
        ck_assert_str_eq(a->sort_key, b->sort_key);
        ck_assert_int_eq(a->mtime, b->mtime);
        ck_assert_int_eq(a->file_size, b->file_size);
        ck_assert_int_eq(a->end_offset, b->end_offset);
        ck_assert_mem_eq(a->fingerprint.bytes, b->fingerprint.bytes, TL_DIGEST_LEN);
        ck_assert_mem_eq(a->key.digest.bytes, b->key.digest.bytes, TL_DIGEST_LEN);
        ck_assert(!a->dirty);
    }
    tl_plan_free(plan);
    tl_store_close(store);
}
END_TEST

START_TEST(progress_and_failure_read_back)
{
    struct tl_store *store = saved();
    struct tl_plan_table *table = fixture_table(f.plan, "`d`.`a`");
    struct tl_plan *plan;

    commit_whole(&table->chunks[5]);
    table->was_empty = true;
    fail_table();
    fixture_ok(&f, tl_plan_flush(f.plan, store, &f.err));
    plan = loaded(store);
    table = fixture_table(plan, "`d`.`a`");
    ck_assert_uint_eq(table->chunks[5].pos, 26);
    ck_assert_uint_eq(tl_plan_table_rows(table), 1);
    ck_assert(table->was_empty && table->failed);
    ck_assert_uint_eq(table->status, 6);
    ck_assert_uint_eq(table->engine_status, 6);
    ck_assert_uint_eq(table->index_status, 30);
    ck_assert_str_eq(table->failure->message, "the reason");
    ck_assert_str_eq(table->failure->hint, "the way out");
    ck_assert_str_eq(table->failure->sqlstate, "22007");
    ck_assert_int_eq(table->failure->line, 12);
    ck_assert_int_eq(table->failure->offset, 345);
    ck_assert_int_eq(table->failure->native, 1366);
    ck_assert_str_eq(table->failure_path, "d.a.007.sql");
    tl_plan_free(plan);
    tl_store_close(store);
}
END_TEST

START_TEST(saving_replaces_an_older_plan)
{
    struct tl_store *store = saved();
    struct tl_plan *plan;

    fixture_file(&f, "d.a.000.sql", "");
    fixture_plan(&f, 42);
    f.plan->table_count = 1; /* the empty one is not saved again */
    fixture_ok(&f, tl_plan_save(f.plan, store, f.options, IDENTITY, NULL, &f.err));
    f.plan->table_count = 2;
    plan = loaded(store);
    ck_assert_uint_eq(plan->table_count, 1);
    tl_plan_free(plan);
    tl_store_close(store);
}
END_TEST

START_TEST(a_table_that_was_not_added_to_its_end_is_unknown)
{
    struct tl_store *store;
    struct tl_plan *plan;

    fixture_table(f.plan, "`d`.`a`")->status = TL_STATUS_MISSING;
    store = saved();
    plan = loaded(store);
    ck_assert(tl_plan_find(plan, "`d`.`a`", 7) == NULL);
    ck_assert(tl_plan_find(plan, "`d`.`e`", 7) != NULL);
    tl_plan_free(plan);
    tl_store_close(store);
}
END_TEST

START_TEST(a_stop_leaves_the_task_unplanned)
{
    struct tl_store *store = fixture_store(&f);
    struct tl_task_record task = {0};
    struct tl_cancel *cancel;

    fixture_ok(&f, tl_cancel_new(&cancel, &f.err));
    tl_cancel_request(cancel);
    ck_assert_int_eq(tl_plan_save(f.plan, store, f.options, IDENTITY, cancel, &f.err),
                     TL_ERR_CANCELED);
    fixture_ok(&f, tl_task_record_load(&task, store, &f.err));
    ck_assert(!task.planned);
    tl_task_record_done(&task);
    tl_cancel_free(cancel);
    tl_store_close(store);
}
END_TEST

/* Applies of one flush into the fake. */
static int flush_applies(struct tl_store *store, int expected)
{
    int before = fake.applies;

    ck_assert_int_eq(tl_plan_flush(f.plan, store, &f.err), expected);
    return fake.applies - before;
}

START_TEST(a_flush_writes_only_what_changed)
{
    struct tl_store *store = fake_open();

    flush_applies(store, TL_OK);
    ck_assert_int_eq(flush_applies(store, TL_OK), 0);
    commit_whole(&fixture_table(f.plan, "`d`.`a`")->chunks[3]);
    ck_assert_int_eq(flush_applies(store, TL_OK), 1);
    ck_assert_uint_eq(fake.apply_sizes[(fake.applies - 1) % FAKE_APPLIES], 1);
    tl_store_close(store);
}
END_TEST

START_TEST(what_a_failed_flush_had_is_written_by_the_next_one)
{
    struct tl_store *store = fake_open();

    flush_applies(store, TL_OK);
    fail_table();
    fake.fail_times = 1;
    ck_assert_int_eq(flush_applies(store, TL_ERR_STORE), 1);
    ck_assert(flush_applies(store, TL_OK) > 0);
    ck_assert_int_eq(flush_applies(store, TL_OK), 0);
    tl_store_close(store);
}
END_TEST

/* The store fails at its n-th apply, for every n until it needs no fault. */
START_TEST(any_failing_apply_loses_nothing)
{
    for (int n = 0; n < 4; n++) {
        struct tl_store *store = fixture_store(&f);
        struct tl_plan *plan;

        fixture_plan(&f, 42);
        fixture_ok(&f, tl_plan_save(f.plan, store, f.options, IDENTITY, NULL, &f.err));
        for (int i = 0; i < 130; i++)
            commit_whole(&fixture_table(f.plan, "`d`.`a`")->chunks[i]);
        for (int i = 0; i < n; i++) { /* what a failed flush leaves: dirty marks are back */
            struct tl_store *failing = fake_open();

            fake.fail_times = 1;
            flush_applies(failing, TL_ERR_STORE);
            tl_store_close(failing);
        }
        fixture_ok(&f, tl_plan_flush(f.plan, store, &f.err));
        plan = loaded(store);
        ck_assert_uint_eq(tl_plan_table_rows(fixture_table(plan, "`d`.`a`")), 130);
        ck_assert_uint_eq(fixture_table(plan, "`d`.`a`")->engine_status, TL_STATUS_ALL_WRITTEN);
        tl_plan_free(plan);
        tl_store_close(store);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("plan_store");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_saved_plan_reads_back);
    tcase_add_test(tcase, progress_and_failure_read_back);
    tcase_add_test(tcase, saving_replaces_an_older_plan);
    tcase_add_test(tcase, a_table_that_was_not_added_to_its_end_is_unknown);
    tcase_add_test(tcase, a_stop_leaves_the_task_unplanned);
    tcase_add_test(tcase, a_flush_writes_only_what_changed);
    tcase_add_test(tcase, what_a_failed_flush_had_is_written_by_the_next_one);
    tcase_add_test(tcase, any_failing_apply_loses_nothing);
    return fixture_run(tcase, "plan_store");
}
