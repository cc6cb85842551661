/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about failing: outputs stay, the error struct is not overrun, messages are one line without
 * a secret, and a read that fails is an error, never "not found".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/conformance/runner.h"
#include "plugins/conformance/trace.h"
#include "plugins/conformance/world.h"

#define SECRET "S3cr3tPassw0rd"
#define T1 "`error`.`t`"

/* DSNs that no driver can open; most with a password where servers have it. */
static const char *const wrong[] = {
    "nobody:" SECRET "@tcp(/no such folder/:-1",
    "nobody:" SECRET "@unix(/no/such/socket)/",
    "nobody:" SECRET "@tcp(127.0.0.1:1)/",
    "nobody:" SECRET "@tcp(127.0.0.1:1)/?tls=nonsense",
    "x://nobody:" SECRET "@127.0.0.1:1/no/such/thing",
    "/no/such/folder/checkpoint",
    "/dev/null/checkpoint",
};

enum { WRONG = sizeof(wrong) / sizeof(wrong[0]) };

static bool shows_secret(const struct ckpt_error *err)
{
    return strstr(err->message, SECRET) || strstr(err->hint, SECRET) ||
           strstr(err->sqlstate, SECRET);
}

/* Opens with a DSN; KIT_NOT_CLAIMED if the driver takes it. */
static int open_wrong(struct kit *kit, const char *dsn, uint32_t flags)
{
    struct ckpt_open_args args = kit_args(kit, dsn, flags);
    struct ckpt_error err = kit_error();
    struct ckpt_store *mark = (struct ckpt_store *)(void *)&err;
    struct ckpt_store *store = mark;
    int rc;

    args.target_dsn = kit_str("nobody:" SECRET "@tcp(127.0.0.1:1)/");
    rc = kit->driver->open(&store, &args, &err);
    if (rc == CKPT_OK) {
        KIT_CHECK(store != mark, "open succeeded and set no store");
        kit->driver->close(store);
        return KIT_NOT_CLAIMED;
    }
    KIT_TRY(kit_expect(kit, "open with a wrong DSN", rc, CKPT_ERR, &err));
    KIT_CHECK(store == mark, "a failed open changed its output");
    KIT_CHECK(!shows_secret(&err), "the message or hint shows the password of the DSN: %s",
              err.message);
    return KIT_PASS;
}

/* The DSN under test with a password that is wrong, and has the right one in it. */
static int wrong_password_is_hidden(struct kit *kit)
{
    const char *secret = kit_secret(kit);
    const char *at = secret ? strstr(kit->dsn, secret) : NULL;
    char dsn[4096];
    int answer;

    if (!at)
        return kit_skip(kit, "the DSN under test has no password");
    snprintf(dsn, sizeof(dsn), "%.*s" SECRET "%s", (int)(at - kit->dsn), kit->dsn, at);
    answer = open_wrong(kit, dsn, 0);
    return answer == KIT_NOT_CLAIMED ? kit_skip(kit, "any password is taken") : answer;
}

static int failed_open_is_clean(struct kit *kit)
{
    bool any = false;

    for (size_t i = 0; i < WRONG; i++) {
        int answer = open_wrong(kit, wrong[i], 0);

        if (answer == KIT_FAIL)
            return answer;
        any |= answer == KIT_PASS;
        answer = open_wrong(kit, wrong[i], CKPT_OPEN_READ_ONLY); /* may open empty */
        if (answer == KIT_FAIL)
            return answer;
    }
    return any ? KIT_PASS : kit_skip(kit, "this driver takes any DSN");
}

/* An error struct of `size` bytes whose end is the end of what may be written. */
struct fence {
    char *page;
    struct ckpt_error *err;
    size_t size;
};

static int fence_begin(struct kit *kit, struct fence *fence, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    KIT_CHECK(memory != MAP_FAILED && mprotect(memory + page, page, PROT_NONE) == 0,
              "out of memory");
    size = (size + 7) / 8 * 8;
    fence->page = memory;
    fence->size = size;
    fence->err = (struct ckpt_error *)(void *)(memory + page - size);
    fence->err->struct_size = (uint32_t)size;
    return KIT_PASS;
}

/* Failing calls with an error struct of that size; one that is written past it crashes. */
static int fail_within(struct kit *kit, struct kit_store *reader, size_t size)
{
    const struct ckpt_change unknown = kit_delete((enum ckpt_change_kind)999, T1);
    const struct ckpt_change *const list[] = {&unknown};
    struct ckpt_open_args args;
    struct ckpt_store *store = NULL;
    struct fence fence;
    int rc;

    for (size_t i = 0; i < WRONG; i++) {
        KIT_TRY(fence_begin(kit, &fence, size));
        args = kit_args(kit, wrong[i], 0);
        rc = kit->driver->open(&store, &args, fence.err);
        if (rc == CKPT_OK)
            kit->driver->close(store);
        KIT_CHECK(fence.err->struct_size == fence.size, "open changed err->struct_size");
    }
    KIT_TRY(fence_begin(kit, &fence, size));
    rc = kit->driver->apply(reader->handle, list, 1, fence.err);
    KIT_CHECK(rc < 0, "apply on a store opened read-only returned %d", rc);
    KIT_CHECK(fence.err->struct_size == fence.size, "apply changed err->struct_size");
    return KIT_PASS;
}

static int errors_stay_within_their_struct(struct kit *kit)
{
    static const size_t sizes[] = {sizeof(struct ckpt_error), offsetof(struct ckpt_error, hint),
                                   offsetof(struct ckpt_error, message) + 4, 8};
    KIT_STORE store = {0};
    KIT_STORE reader = {0};

    KIT_TRY(kit_fresh(kit, &store));
    kit_close(&store);
    KIT_TRY(kit_open(kit, &reader, CKPT_OPEN_READ_ONLY));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        KIT_TRY(fail_within(kit, &reader, sizes[i]));
    return KIT_PASS;
}

/* A newer host's struct is longer: what the driver does not know stays as it is. */
static int newer_error_is_left_alone(struct kit *kit)
{
    struct {
        struct ckpt_error err;
        char tail[64];
    } newer;
    KIT_STORE store = {0};
    KIT_STORE reader = {0};
    const struct ckpt_change change = kit_delete(CKPT_DELETE_ALL, NULL);
    const struct ckpt_change *const list[] = {&change};
    int rc;

    KIT_TRY(kit_fresh(kit, &store));
    kit_close(&store);
    KIT_TRY(kit_open(kit, &reader, CKPT_OPEN_READ_ONLY));
    memset(&newer, 0, sizeof(newer));
    memset(newer.tail, 0x5a, sizeof(newer.tail));
    newer.err.struct_size = sizeof(newer);
    rc = kit->driver->apply(reader.handle, list, 1, &newer.err);
    KIT_TRY(
        kit_expect(kit, "apply on a store opened read-only", rc, CKPT_ERR_READ_ONLY, &newer.err));
    for (size_t i = 0; i < sizeof(newer.tail); i++)
        KIT_CHECK(newer.tail[i] == 0x5a, "an error struct is written beyond what the driver knows");
    return KIT_PASS;
}

/* ---- Reads that fail ---- */

/* Of a large store a driver cannot have kept all in memory since open. */
enum { CHUNKS = 60, SMALL = 1, LARGE = 40 };

/* What the calls of a traced reader returned. */
struct reads {
    int open_rc, task_rc, table_rc, each_rc;
    unsigned tasks, tables, chunks, listed;
    bool complete;
    struct ckpt_error err;
    bool opened; /* in: only what comes after open fails */
};

static int count_task(const struct ckpt_task *record, void *payload)
{
    (void)record;
    ((struct reads *)payload)->tasks++;
    return 0;
}

static int count_table(const struct ckpt_table *record, void *payload)
{
    (void)record;
    ((struct reads *)payload)->tables++;
    return 0;
}

static int count_chunk(const struct ckpt_chunk *record, void *payload)
{
    (void)record;
    ((struct reads *)payload)->chunks++;
    return 0;
}

static int count_listed(const struct ckpt_table *record, void *payload)
{
    (void)record;
    ((struct reads *)payload)->listed++;
    return 0;
}

static void live_reading(struct kit *kit, void *payload)
{
    struct reads *reads = payload;
    const struct ckpt_visitor visitor = {.struct_size = sizeof(visitor),
                                         .task = count_task,
                                         .table = count_table,
                                         .chunk = count_chunk,
                                         .payload = reads};
    const struct ckpt_visitor lister = {
        .struct_size = sizeof(lister), .table = count_listed, .payload = reads};
    struct ckpt_open_args args = kit_args(kit, kit->dsn, CKPT_OPEN_READ_ONLY);
    const struct ckpt_driver *driver = kit->driver;
    struct ckpt_store *store = NULL;
    struct ckpt_error err = kit_error();

    if (!reads->opened)
        kit_window_begin();
    reads->open_rc = driver->open(&store, &args, &err);
    reads->err = err;
    if (reads->opened)
        kit_window_begin();
    if (reads->open_rc == CKPT_OK) {
        err = kit_error();
        reads->task_rc = driver->load_task(store, &visitor, &err);
        err = kit_error();
        reads->table_rc = driver->load_table(store, kit_str(T1), &visitor, &err);
        err = kit_error();
        reads->each_rc = driver->each_table(store, CKPT_FILTER_ALL, &lister, &err);
    }
    reads->complete = true;
    _exit(0);
}

/* What a fault of the disk is not: damage of the data. */
static int judge_codes(struct kit *kit, const struct reads *reads, const char *what)
{
    KIT_CHECK(reads->open_rc != CKPT_ERR_CORRUPT && reads->task_rc != CKPT_ERR_CORRUPT &&
                  reads->table_rc != CKPT_ERR_CORRUPT && reads->each_rc != CKPT_ERR_CORRUPT,
              "with %s the driver returned CKPT_ERR_CORRUPT, though the data is as it was: %s",
              what, reads->err.message);
    return KIT_PASS;
}

/* Each call told an error, or everything. */
static int judge_reads(struct kit *kit, const struct reads *reads, unsigned chunks,
                       const char *what)
{
    KIT_CHECK(reads->complete, "with %s the process ended", what);
    if (reads->open_rc != CKPT_OK)
        return kit_expect(kit, "open that cannot read", reads->open_rc, CKPT_ERR, &reads->err);
    KIT_CHECK(reads->task_rc < 0 || (reads->task_rc == CKPT_OK && reads->tasks == 1),
              "with %s load_task returned %d with %u tasks, for one that is there", what,
              reads->task_rc, reads->tasks);
    KIT_CHECK(reads->table_rc < 0 ||
                  (reads->table_rc == CKPT_OK && reads->tables == 1 && reads->chunks == chunks),
              "with %s load_table returned %d with %u of %u chunks of a table that is there", what,
              reads->table_rc, reads->chunks, chunks);
    KIT_CHECK(reads->each_rc < 0 || (reads->each_rc == CKPT_OK && reads->listed == 1),
              "with %s each_table returned %d with %u tables instead of 1", what, reads->each_rc,
              reads->listed);
    return KIT_PASS;
}

static int fill(struct kit *kit, unsigned applies)
{
    static const char filler[1500] = "filler";
    KIT_STORE store = {0};
    const struct ckpt_task task = kit_task();
    const struct ckpt_table table = kit_table(T1, 30);
    struct ckpt_chunk chunks[CHUNKS];
    struct ckpt_change changes[CHUNKS + 2] = {kit_put(CKPT_PUT_TASK, &task),
                                              kit_put(CKPT_PUT_TABLE, &table)};

    KIT_TRY(kit_fresh(kit, &store));
    for (unsigned round = 0; round < applies; round++) {
        for (unsigned i = 0; i < CHUNKS; i++) {
            chunks[i] = kit_chunk(T1, 0, "a", round * CHUNKS + i);
            chunks[i].extra = (struct ckpt_str){filler, sizeof(filler)};
            changes[i + 2] = kit_put(CKPT_PUT_CHUNK, &chunks[i]);
        }
        KIT_TRY(kit_apply(kit, &store, changes, CHUNKS + 2));
    }
    return KIT_PASS;
}

/* Each read in turn; of a large store, whose reads are many, ever fewer of them. */
static int fail_reads(struct kit *kit, enum kit_trace_what what, int error, unsigned applies,
                      const char *name)
{
    struct reads *reads = kit_shared(sizeof(*reads));
    double begin = kit_clock();
    bool opened = applies != SMALL;

    KIT_CHECK(reads, "out of memory");
    KIT_TRY(fill(kit, applies));
    for (unsigned at = 1;; at += 1 + (opened ? at / 4 : 0)) {
        struct kit_trace trace = {.what = what, .at = at / 2 + 1, .sticky = at % 2, .error = error};
        char text[100];

        memset(reads, 0, sizeof(*reads));
        reads->opened = opened;
        KIT_TRY(kit_trace_run(kit, &trace, live_reading, reads));
        snprintf(text, sizeof(text), "%s at read %u (%s)", name, trace.at, trace.last_name);
        KIT_TRY(judge_reads(kit, reads, applies * CHUNKS, text));
        if (error)
            KIT_TRY(judge_codes(kit, reads, text));
        if (!trace.acted && opened)
            return KIT_PASS; /* open has read all of it */
        if (!trace.acted)
            return at == 1 ? kit_skip(kit, "this driver reads no file") : KIT_PASS;
        if (kit_clock() - begin > 2.5 * kit_slowness())
            return KIT_PASS;
    }
}

static int failed_read_is_not_absence(struct kit *kit)
{
    KIT_TRY(fail_reads(kit, KIT_TRACE_FAIL_READ, EIO, SMALL, "an I/O error"));
    KIT_TRY(fail_reads(kit, KIT_TRACE_FAIL_READ, EIO, LARGE, "an I/O error behind open"));
    return fail_reads(kit, KIT_TRACE_FAIL_READ, EACCES, SMALL, "a denied access");
}

static int short_read_is_borne(struct kit *kit)
{
    return fail_reads(kit, KIT_TRACE_SHORT_READ, 0, SMALL, "half a read");
}

const struct kit_rule kit_rules_error[] = {
    {"open-failure", "a failed open leaves its output alone and shows no password",
     failed_open_is_clean, 90},
    {"wrong-password", "a wrong password is refused and not shown", wrong_password_is_hidden, 0},
    {"error-size", "an error is never written past its struct_size",
     errors_stay_within_their_struct, 90},
    {"error-newer", "a newer host's error struct is left alone beyond its known part",
     newer_error_is_left_alone, 0},
    {"fault-read", "a read that fails is an error, never \"not found\"", failed_read_is_not_absence,
     0},
    {"fault-short-read", "a read that gives half loses nothing", short_read_is_borne, 0},
    {NULL, NULL, NULL, 0},
};
