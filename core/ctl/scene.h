/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that an operation looks at: the store, the plan in it, the target, the ledger. Opened
 * in the order in which it is needed; one thread.
 */
#ifndef TL_CTL_SCENE_H
#define TL_CTL_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/checkpoint/registry.h"
#include "core/checkpoint/store.h"
#include "core/config/options.h"
#include "core/import/import_internal.h"

struct tl_scene {
    const struct tl_options *options;
    const struct tl_cancel *cancel;
    struct tl_ckpt_module *module;
    struct tl_store *store;
    struct tl_task_record task;
    struct tl_plan *plan;       /* NULL: the store has no task */
    struct tl_session *session; /* NULL until tl_scene_connect */
    struct tl_hangup *hangup;   /* cuts the session after a stop */
    struct tl_ledger ledger;
    bool has_ledger; /* the target's ledger has this task, and it is ours now */
    char *intent;    /* of an interrupted operation; owned */
};

/* Opens the store, for reading, which never creates one, and reads its plan (none is fine, and one
   that was not completed counts as none: nothing was begun with it). */
int tl_scene_open(struct tl_scene *scene, const struct tl_options *options,
                  const struct tl_cancel *cancel, struct tl_error *err) TL_WARN_UNUSED;

/* Opens the store anew, for writing, and reads its plan again: once the task is ours, nobody else
   changes it any more. Pointers into the plan are no longer valid. A plan that is not of the store
   stays. */
int tl_scene_make_writable(struct tl_scene *scene, struct tl_error *err) TL_WARN_UNUSED;

void tl_scene_close(struct tl_scene *scene);

/* Ends the connection to the target, if there is one. */
void tl_scene_disconnect(struct tl_scene *scene);

/* Connects to the target; refuses one that is not the checkpoint's (unless
   lightning.check-requirements is off). Without a task in the store, looks for the ledger's task of
   this source (or the only one there is), and makes a plan of its tables (names only) for it. */
int tl_scene_connect(struct tl_scene *scene, struct tl_error *err) TL_WARN_UNUSED;

/* Takes the task over (a living loader is refused by name) and sets has_ledger and intent. */
int tl_scene_take_over(struct tl_scene *scene, struct tl_error *err) TL_WARN_UNUSED;

/* For an operation that cannot finish another one: TL_ERR_REFUSED when one was interrupted. The end
   of an import is none. */
int tl_scene_refuse_intent(const struct tl_scene *scene, struct tl_error *err) TL_WARN_UNUSED;

/* Marks tables that `argument` names: "all", a unique name, or schema.table when that is
   unambiguous. marks_out: one flag for each table of the plan, new array, free(). An unknown name
   is TL_ERR_USAGE that shows the known ones. */
int tl_scene_select(const struct tl_scene *scene, const char *argument, bool **marks_out,
                    struct tl_error *err) TL_WARN_UNUSED;

#endif
