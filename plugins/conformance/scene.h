/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scenes: a store in a known state and one apply that leads to another known state, for each kind
 * of change. Rules that disturb the apply ask afterwards which of both states is there.
 */
#ifndef TL_CONFORMANCE_SCENE_H
#define TL_CONFORMANCE_SCENE_H

#include "plugins/conformance/world.h"

enum kit_scene_kind {
    KIT_SCENE_PUT,             /* new records of every kind */
    KIT_SCENE_REPLACE,         /* the same keys with other contents */
    KIT_SCENE_DELETE_FAILURES, /* and a put */
    KIT_SCENE_DELETE_TABLE,    /* and a put elsewhere */
    KIT_SCENE_DELETE_ALL,
    KIT_SCENE_ANEW,  /* delete all, then puts */
    KIT_SCENE_LARGE, /* 100 changes, some hundred KiB */
    KIT_SCENES
};

struct kit_scene {
    enum kit_scene_kind kind;
    struct kit_world before;
    struct kit_world after;
    struct ckpt_change changes[CKPT_APPLY_MAX_CHANGES]; /* the apply under test */
    size_t count;
    struct kit_world texts; /* owns the records of `changes` */
};

/* What a read of the store shows. */
enum kit_scene_state {
    KIT_SCENE_UNREAD, /* an error */
    KIT_SCENE_BEFORE,
    KIT_SCENE_AFTER,
    KIT_SCENE_TORN /* neither */
};

/* What the store must hold now. */
enum kit_scene_want {
    KIT_WANT_EITHER,    /* all of the apply or nothing */
    KIT_WANT_CONFIRMED, /* all: it had returned CKPT_OK */
    KIT_WANT_SHOWN,     /* all: a read after the error showed it */
    KIT_WANT_HIDDEN     /* nothing: a read after the error did not show it */
};

/* How a call of the disturbed apply ended; shared with the process that made it. */
struct kit_scene_result {
    volatile bool returned;
    int rc;
    volatile bool repeated; /* in the same handle, undisturbed */
    int repeated_rc;
    enum kit_scene_state seen; /* afterwards, in the same handle */
    char seen_why[256];        /* what is wrong with a torn one */
    struct ckpt_error err;
    struct ckpt_error repeated_err;
};

int kit_scene_make(struct kit *kit, struct kit_scene *scene, enum kit_scene_kind kind);
void kit_scene_done(struct kit_scene *scene);
#define KIT_SCENE TL_CLEANUP(kit_scene_done) struct kit_scene

/* Puts the store into the state before the apply, and closes it. */
int kit_scene_reset(struct kit *kit, const struct kit_scene *scene);

/* One apply, without repeating; err_out may be NULL. */
int kit_scene_apply(struct kit *kit, struct kit_store *store, const struct kit_scene *scene,
                    struct ckpt_error *err_out);

/* An apply of another, small record, as a host may send it after a failed one. */
int kit_scene_apply_other(struct kit *kit, struct kit_store *store, struct ckpt_error *err_out);

/* The scene becomes one in which that apply has also happened. */
int kit_scene_add_other(struct kit *kit, struct kit_scene *scene);

/* Reads it; why_out tells in which way it is torn. */
enum kit_scene_state kit_scene_look(struct kit *kit, struct kit_store *store,
                                    const struct kit_scene *scene, char *why_out, size_t size);

/* Opens the store, and judges: it holds the state before or the one after, whole, as `want` says.
   `what` is what happened ("SIGKILL at write 3"). With `repeat` the apply is then repeated, and
   must lead to the state after; else it is looked whether deletes left something behind. */
int kit_scene_judge(struct kit *kit, const struct kit_scene *scene, const char *what,
                    enum kit_scene_want want, bool repeat);

#endif
