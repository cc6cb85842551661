/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading around what is committed: whatever set of batches an earlier run has committed, the next
 * one reads exactly the rest. With the real readers; what would be written is taken from the queue.
 */
#include "core/import/pipeline_internal.h"
#include "import_fixture.h"

enum { ROUNDS = 200, MAX_BATCHES = 400, ROWS = 120 };

static struct fixture f;
static struct tl_ledger ledger;
static struct tl_pipeline pipeline;
static unsigned seed;

struct part {
    struct tl_range range;
};

static void setup(void)
{
    fixture_init(&f);
    ledger.server.max_allowed_packet = 1 << 20;
}

static void teardown(void)
{
    fixture_done(&f);
}

static unsigned pick(unsigned below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % below;
}

static void make_sql(struct tl_buf *text)
{
    unsigned tail = pick(3);

    for (unsigned i = 0; i < ROWS; i++)
        ck_assert_int_eq(tl_buf_addf(text, "%s(%u, 'it''s; %u')%s",
                                     i % 10 ? "" : "INSERT INTO `t` VALUES\n", i, pick(1000),
                                     i % 10 == 9 ? ";\n/* so; */\n" : ",\n"),
                         TL_OK);
    if (tail > 0)
        ck_assert_int_eq(tl_buf_adds(text, tail == 1 ? "-- end" : "\n\n\n"), TL_OK);
}

static void make_csv(struct tl_buf *text)
{
    ck_assert_int_eq(tl_buf_adds(text, "id,v\n"), TL_OK);
    for (unsigned i = 0; i < ROWS; i++)
        ck_assert_int_eq(tl_buf_addf(text, "%u,\"a\n%u\"\n", i, pick(1000)), TL_OK);
    if (pick(2))
        text->data[--text->len] = '\0';
}

/* Reads the only chunk of the plan around its committed ranges; the parts that are to be written.
 */
static size_t read_rest(struct part *parts, uint64_t batch_size, struct tl_plan_chunk *chunk)
{
    struct tl_work *work;
    size_t count = 0;

    f.options->batch_size = batch_size;
    memset(&pipeline, 0, sizeof(pipeline));
    pipeline.settings =
        (struct tl_pipeline_settings){.options = f.options, .plan = f.plan, .ledger = &ledger};
    pthread_cond_init(&pipeline.changed, NULL);
    pthread_mutex_init(&pipeline.outcome_lock, NULL);
    fixture_ok(&f, tl_queue_new(&pipeline.queue, 1 << 30, &f.err));
    chunk->table->readers = 1;
    tl_read_chunk(&pipeline, chunk);
    tl_queue_close(pipeline.queue);
    while ((work = tl_queue_pop(pipeline.queue)) != NULL) {
        const struct tl_batch *batch = work->batch;

        ck_assert_uint_lt(count, MAX_BATCHES);
        parts[count++].range = (struct tl_range){.begin = batch->begin_pos,
                                                 .end = batch->end_pos,
                                                 .rows = batch->row_count,
                                                 .end_line = batch->end_line,
                                                 .last = batch->last,
                                                 .in_statement = batch->in_statement,
                                                 .head_offset = batch->resume_head,
                                                 .state = batch->resume_state};
        tl_queue_done(pipeline.queue, work);
    }
    tl_queue_free(pipeline.queue);
    return count;
}

/* A plan of one table whose layout is known. */
static struct tl_plan_chunk *plan_file(const char *name, void (*make)(struct tl_buf *))
{
    static struct tl_table_info info;
    struct tl_buf text;

    tl_buf_init(&text, 1 << 20);
    make(&text);
    fixture_file(&f, "d.t-schema.sql", "CREATE TABLE t (id INT, v TEXT);");
    tempdir_write(&f.dump, name, text.data, text.len);
    tl_buf_done(&text);
    fixture_plan(&f, 1);
    f.plan->tables[0].info = &info;
    return &f.plan->tables[0].chunks[0];
}

static void commit_parts(struct tl_plan_chunk *chunk, const struct part *parts, size_t count,
                         unsigned percent)
{
    for (size_t i = count; i-- > 0;)
        if (pick(100) < percent)
            fixture_ok(&f, tl_plan_commit(f.plan, chunk, &parts[i].range, &f.err));
}

static void check_round(const char *name, void (*make)(struct tl_buf *))
{
    struct part parts[MAX_BATCHES];
    struct tl_plan_chunk *chunk = plan_file(name, make);
    size_t count = read_rest(parts, 20 + pick(300), chunk);

    commit_parts(chunk, parts, count, pick(101));
    /* An interrupted run, and another one behind it. */
    for (int run = 0; run < 2 && !chunk->done; run++) {
        count = read_rest(parts, 20 + pick(300), chunk);
        commit_parts(chunk, parts, count, run == 1 ? 100 : pick(101));
    }
    ck_assert_msg(chunk->done && !chunk->table->failed, "seed %u: not complete", seed);
    ck_assert_uint_eq(chunk->rows, ROWS);
    f.plan->tables[0].info = NULL;
}

START_TEST(sql_is_read_exactly_once_around_any_gaps)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        seed = i;
        check_round("d.t.sql", make_sql);
    }
}
END_TEST

START_TEST(csv_is_read_exactly_once_around_any_gaps)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        seed = i;
        check_round("d.t.csv", make_csv);
    }
}
END_TEST

START_TEST(an_empty_last_batch_is_not_read_again)
{
    struct part parts[MAX_BATCHES];
    struct tl_plan_chunk *chunk = plan_file("d.t.sql", make_sql);
    struct tl_range end = {
        .begin = (uint64_t)chunk->file_size, .end = (uint64_t)chunk->file_size, .last = true};
    size_t count;

    fixture_ok(&f, tl_plan_commit(f.plan, chunk, &end, &f.err));
    count = read_rest(parts, 100, chunk);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(!parts[i].range.last || parts[i].range.begin < end.begin, "read again");
    commit_parts(chunk, parts, count, 100);
    ck_assert(chunk->done);
    f.plan->tables[0].info = NULL;
}
END_TEST

/* Progress views divide by the time since then. */
START_TEST(a_chunk_begins_when_it_is_first_read)
{
    struct tl_plan_chunk *chunk = plan_file("d.t.sql", make_sql);
    struct tl_range part = {.begin = 0, .end = 10, .rows = 1};

    memset(&pipeline, 0, sizeof(pipeline));
    pipeline.settings.plan = f.plan;
    chunk->create_time = 1;
    ck_assert_int_eq(tl_next_job(&pipeline).kind, TL_JOB_READ);
    ck_assert_int_gt(chunk->create_time, 1);
    fixture_ok(&f, tl_plan_commit(f.plan, chunk, &part, &f.err));
    chunk->taken = false;
    chunk->create_time = 1;
    ck_assert_int_eq(tl_next_job(&pipeline).kind, TL_JOB_READ);
    ck_assert_int_eq(chunk->create_time, 1);
    f.plan->tables[0].info = NULL;
}
END_TEST

START_TEST(a_file_that_was_cut_off_fails_its_table)
{
    struct part parts[MAX_BATCHES];
    struct tl_plan_chunk *chunk = plan_file("d.t.csv", make_csv);

    fixture_file(&f, "d.t.csv", "id,v\n1,a\n");
    read_rest(parts, 100, chunk);
    ck_assert(chunk->table->failed);
    ck_assert_msg(strstr(chunk->table->failure->message, "d.t.csv"), "%s",
                  chunk->table->failure->message);
    f.plan->tables[0].info = NULL;
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("read");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, sql_is_read_exactly_once_around_any_gaps);
    tcase_add_test(tcase, csv_is_read_exactly_once_around_any_gaps);
    tcase_add_test(tcase, an_empty_last_batch_is_not_read_again);
    tcase_add_test(tcase, a_chunk_begins_when_it_is_first_read);
    tcase_add_test(tcase, a_file_that_was_cut_off_fails_its_table);
    return fixture_run(tcase, "read");
}
