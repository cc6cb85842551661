/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about SIGKILL: a writer that may die at any moment leaves whole applies, and every one that
 * it was told of. The writer applies generation after generation, 100 changes each, and reports
 * each that returned; the reader then wants one generation everywhere, and no older one.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/conformance/kit.h"

#define T1 "`kill`.`me`"

enum { ROUNDS = 24, CHUNKS = CKPT_APPLY_MAX_CHANGES - 1, LONGEST_US = 30000 };

static int apply_generation(struct kit *kit, struct kit_store *store, int64_t generation)
{
    struct ckpt_table table = kit_table(T1, 30);
    struct ckpt_chunk chunks[CHUNKS];
    struct ckpt_change changes[CHUNKS + 1];

    for (size_t i = 0; i < CHUNKS; i++) {
        chunks[i] = kit_chunk(T1, 0, "a.sql", (int64_t)i);
        chunks[i].pos = generation;
        if (generation % 2)
            chunks[i].extra = (struct ckpt_str){NULL, 0};
        changes[i] = kit_put(CKPT_PUT_CHUNK, &chunks[i]);
    }
    table.table_id = generation;
    changes[CHUNKS] = kit_put(CKPT_PUT_TABLE, &table);
    return kit_apply(kit, store, changes, CHUNKS + 1);
}

/* The life of the writer; ends by SIGKILL. */
static void write_forever(struct kit *kit, int64_t generation, int report)
{
    struct kit_store store = {0};

    if (kit_open(kit, &store, 0) != KIT_PASS)
        _exit(1);
    for (;;) {
        generation++;
        if (apply_generation(kit, &store, generation) != KIT_PASS)
            _exit(1);
        if (write(report, &generation, sizeof(generation)) != sizeof(generation))
            _exit(1);
    }
}

/* Lets a writer live for a while; *acknowledged: the last generation that it reported. */
static int one_life(struct kit *kit, int64_t *acknowledged)
{
    useconds_t life = kit_random(kit, LONGEST_US);
    int64_t value;
    int ends[2];
    int status = 0;
    pid_t child;

    KIT_CHECK(pipe(ends) == 0, "cannot make a pipe: %s", strerror(errno));
    child = fork();
    KIT_CHECK(child >= 0, "cannot start a process: %s", strerror(errno));
    if (child == 0) {
        close(ends[0]);
        write_forever(kit, *acknowledged, ends[1]);
    }
    close(ends[1]);
    /* Every fourth writer may die at any time, also in open; the others after their first apply. */
    if (kit_random(kit, 4) > 0 && read(ends[0], &value, sizeof(value)) == sizeof(value))
        *acknowledged = value;
    usleep(life);
    kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    while (read(ends[0], &value, sizeof(value)) == sizeof(value))
        *acknowledged = value;
    close(ends[0]);
    KIT_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the writer failed by itself");
    return KIT_PASS;
}

struct found {
    int64_t generation;
    size_t chunks;
    bool mixed;
};

static int on_table(const struct ckpt_table *table, void *payload)
{
    ((struct found *)payload)->generation = table->table_id;
    return 0;
}

static int on_chunk(const struct ckpt_chunk *chunk, void *payload)
{
    struct found *found = payload;
    bool without = chunk->extra.len == 0;

    found->chunks++;
    if (chunk->pos != found->generation || without != (found->generation % 2 != 0))
        found->mixed = true;
    return 0;
}

/* Reads the generation that survived. */
static int survey(struct kit *kit, int64_t acknowledged, int64_t *generation_out)
{
    KIT_STORE store = {0};
    struct found found = {0};
    const struct ckpt_visitor visitor = {
        .struct_size = sizeof(visitor), .table = on_table, .chunk = on_chunk, .payload = &found};
    struct ckpt_error err = kit_error();
    int rc;

    KIT_TRY(kit_open(kit, &store, 0));
    rc = kit->driver->load_table(store.handle, kit_str(T1), &visitor, &err);
    KIT_TRY(kit_expect(kit, "load_table after SIGKILL", rc, CKPT_OK, &err));
    KIT_CHECK(found.chunks == CHUNKS && !found.mixed,
              "after SIGKILL an apply is there in part: %zu of %d chunks", found.chunks, CHUNKS);
    KIT_CHECK(found.generation >= acknowledged,
              "after SIGKILL apply %lld is lost, which had returned; %lld is there",
              (long long)acknowledged, (long long)found.generation);
    KIT_CHECK(found.generation <= acknowledged + 1, "apply %lld is there, only %lld had returned",
              (long long)found.generation, (long long)acknowledged);
    *generation_out = found.generation;
    return KIT_PASS;
}

static int kill_leaves_whole_applies(struct kit *kit)
{
    int64_t generation = 0;

    {
        KIT_STORE store = {0};

        KIT_TRY(kit_fresh(kit, &store));
        KIT_TRY(apply_generation(kit, &store, 0));
    }
    for (int i = 0; i < ROUNDS; i++) {
        KIT_TRY(one_life(kit, &generation));
        KIT_TRY(survey(kit, generation, &generation));
    }
    return KIT_PASS;
}

/* A reader that is in the middle of a walk when it dies leaves nothing locked. */
static int pause_in_walk(const struct ckpt_chunk *chunk, void *payload)
{
    const int *report = payload;

    (void)chunk;
    if (write(*report, "x", 1) != 1)
        _exit(1);
    pause();
    return 0;
}

static int killed_reader_blocks_nobody(struct kit *kit)
{
    struct kit_store store = {0};
    int ends[2];
    char byte;
    pid_t child;

    KIT_TRY(kit_fresh(kit, &store));
    KIT_TRY(apply_generation(kit, &store, 0));
    kit_close(&store);
    KIT_CHECK(pipe(ends) == 0, "cannot make a pipe: %s", strerror(errno));
    child = fork();
    KIT_CHECK(child >= 0, "cannot start a process: %s", strerror(errno));
    if (child == 0) {
        const struct ckpt_visitor visitor = {
            .struct_size = sizeof(visitor), .chunk = pause_in_walk, .payload = &ends[1]};
        struct ckpt_error err = kit_error();

        if (kit_open(kit, &store, CKPT_OPEN_READ_ONLY) == KIT_PASS)
            (void)kit->driver->load_table(store.handle, kit_str(T1), &visitor, &err);
        _exit(1);
    }
    close(ends[1]);
    KIT_CHECK(read(ends[0], &byte, 1) == 1, "the reader failed by itself");
    close(ends[0]);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    KIT_TRY(kit_open(kit, &store, 0));
    KIT_TRY(apply_generation(kit, &store, 1));
    kit_close(&store);
    return KIT_PASS;
}

const struct kit_rule kit_rules_kill[] = {
    {"kill-random", "SIGKILL leaves each apply whole, and all that returned",
     kill_leaves_whole_applies, 0},
    {"kill-reader", "a reader that was killed blocks nobody", killed_reader_blocks_nobody, 0},
    {NULL, NULL, NULL, 0},
};
