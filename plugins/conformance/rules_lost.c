/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about a lost connection, for drivers that have sockets: each of them is shut down, between
 * calls and, under a tracer, before each message. The driver connects again at a later call by
 * itself, and nothing is lost or doubled.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/conformance/runner.h"
#include "plugins/conformance/scene.h"
#include "plugins/conformance/trace.h"

static const double BUDGET_SECONDS = 4.0;

/* Shuts every socket of this process down; returns how many. */
static int cut_sockets(void)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    int count = 0;

    while (dir && (entry = readdir(dir)) != NULL) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        struct stat st;

        if (entry->d_name[0] != '.' && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) &&
            shutdown(fd, SHUT_RDWR) == 0)
            count++;
    }
    if (dir)
        closedir(dir);
    return count;
}

/* A call on a cut connection: it works, or fails and says that it may be repeated. */
static int expect_lost(struct kit *kit, const char *what, int rc, const struct ckpt_error *err)
{
    if (rc == CKPT_OK)
        return KIT_PASS;
    KIT_TRY(kit_expect(kit, what, rc, CKPT_ERR_LOST, err));
    KIT_CHECK(err->retryable, "%s fails, and is not marked as retryable: %s", what, err->message);
    return KIT_PASS;
}

static int lost_between_calls(struct kit *kit)
{
    KIT_SCENE scene = {0};
    const struct ckpt_visitor visitor = {.struct_size = sizeof(visitor)};

    KIT_TRY(kit_scene_make(kit, &scene, KIT_SCENE_REPLACE));
    for (int i = 0; i < 4; i++) {
        KIT_STORE store = {0};
        struct ckpt_error err = kit_error();

        KIT_TRY(kit_scene_reset(kit, &scene));
        KIT_TRY(kit_open(kit, &store, 0));
        if (cut_sockets() == 0)
            return kit_skip(kit, "this driver has no connection");
        if (i == 0)
            KIT_TRY(expect_lost(kit, "load_task on a lost connection",
                                kit->driver->load_task(store.handle, &visitor, &err), &err));
        else if (i == 1)
            KIT_TRY(expect_lost(
                kit, "load_table on a lost connection",
                kit->driver->load_table(store.handle, kit_str("`scene`.`one`"), &visitor, &err),
                &err));
        else if (i == 2)
            KIT_TRY(expect_lost(
                kit, "each_table on a lost connection",
                kit->driver->each_table(store.handle, CKPT_FILTER_ALL, &visitor, &err), &err));
        else
            KIT_TRY(expect_lost(kit, "apply on a lost connection",
                                kit_scene_apply(kit, &store, &scene, &err), &err));
        KIT_TRY(kit_apply(kit, &store, scene.changes, scene.count)); /* the same store goes on */
        KIT_TRY(kit_world_expect(kit, &store, &scene.after));
    }
    return KIT_PASS;
}

struct life {
    const struct kit_scene *scene;
    struct kit_scene_result *result;
    bool repeat;
};

static void live(struct kit *kit, void *payload)
{
    const struct life *life = payload;
    struct kit_store store = {0};

    if (kit_open(kit, &store, 0) != KIT_PASS)
        _exit(1);
    kit_window_begin();
    life->result->rc = kit_scene_apply(kit, &store, life->scene, &life->result->err);
    life->result->returned = true;
    kit_window_end(CKPT_ERR); /* no judgement about syncing */
    if (life->repeat && life->result->rc != CKPT_OK) {
        life->result->repeated_rc =
            kit_apply(kit, &store, life->scene->changes, life->scene->count);
        memcpy(life->result->repeated_err.message, kit->reason, sizeof(kit->reason));
        life->result->repeated = true;
    }
    kit_close(&store);
    _exit(0);
}

static int one_cut(struct kit *kit, struct life *life, unsigned at, bool *acted_out)
{
    struct kit_scene_result *result = life->result;
    struct kit_trace trace = {.what = KIT_TRACE_CUT, .at = at};
    char what[100];

    KIT_TRY(kit_scene_reset(kit, life->scene));
    *result = (struct kit_scene_result){0};
    life->repeat = at % 2;
    KIT_TRY(kit_trace_run(kit, &trace, live, life));
    *acted_out = trace.acted;
    snprintf(what, sizeof(what), "a connection lost at message %u", at);
    KIT_CHECK(WIFEXITED(trace.status) && WEXITSTATUS(trace.status) == 0 && result->returned,
              "after %s the process ended", what);
    KIT_TRY(
        expect_lost(kit, "apply on a connection that is lost meanwhile", result->rc, &result->err));
    KIT_CHECK(!result->repeated || result->repeated_rc == KIT_PASS,
              "after %s the same store does not work again: %s", what,
              result->repeated_err.message);
    return kit_scene_judge(kit, life->scene, what,
                           result->rc == CKPT_OK || result->repeated ? KIT_WANT_CONFIRMED
                                                                     : KIT_WANT_EITHER,
                           (at / 2) % 2);
}

static int lost_at_each_message(struct kit *kit)
{
    static const enum kit_scene_kind kinds[] = {KIT_SCENE_REPLACE, KIT_SCENE_ANEW};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        KIT_SCENE scene = {0};
        struct life life = {.scene = &scene, .result = kit_shared(sizeof(struct kit_scene_result))};
        double begin = kit_clock();
        bool acted = true;

        KIT_CHECK(life.result, "out of memory");
        KIT_TRY(kit_scene_make(kit, &scene, kinds[i]));
        for (unsigned at = 1; acted && kit_clock() - begin < BUDGET_SECONDS / 2; at++) {
            KIT_TRY(one_cut(kit, &life, at, &acted));
            if (at == 1 && !acted)
                return kit_skip(kit, "this driver has no connection");
        }
    }
    return KIT_PASS;
}

const struct kit_rule kit_rules_lost[] = {
    {"lost-between", "after a lost connection the store goes on, and says so", lost_between_calls,
     0},
    {"lost-at-message", "a connection lost in the middle of apply loses and doubles nothing",
     lost_at_each_message, 0},
    {NULL, NULL, NULL, 0},
};
