/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store that a checkpoint is copied to: what names it, opening it, and what is in it.
 */
#ifndef TL_CTL_COPY_TARGET_H
#define TL_CTL_COPY_TARGET_H

#include <stdbool.h>

#include "core/checkpoint/registry.h"
#include "core/checkpoint/store.h"
#include "core/checkpoint/store_copy.h"
#include "core/config/options.h"

struct tl_copy_target {
    char *driver;              /* owned: a name, or the absolute path of a .so */
    char *dsn;                 /* owned, a secret; "" = the driver's default */
    bool dsn_read;             /* it came from standard input */
    struct tl_options options; /* the configuration with this driver and DSN; owns nothing */
    struct tl_ckpt_module *module;
    struct tl_store *store; /* NULL until it is opened */
};

/* Splits "DRIVER[:DSN]": a name ends at the first ':', a path at the ".so" in front of one. DSN "-"
   stands for a line of standard input. TL_ERR_USAGE does not repeat the text: a secret may be in
   it. A request on cancel ends the wait for the line. */
int tl_copy_target_init(struct tl_copy_target *target, const char *argument,
                        const struct tl_options *options, const struct tl_cancel *cancel,
                        struct tl_error *err) TL_WARN_UNUSED;
void tl_copy_target_done(struct tl_copy_target *target);

/* Opens the store, again if it was open: all that was read before is read anew. */
int tl_copy_target_open(struct tl_copy_target *target, bool read_only,
                        const struct tl_cancel *cancel, struct tl_error *err) TL_WARN_UNUSED;

enum tl_copy_state {
    TL_COPY_EMPTY,
    TL_COPY_PARTIAL, /* of this task: an earlier copy was interrupted */
    TL_COPY_COMPLETE /* of this task: it counts as planned */
};

/* What the open store holds. TL_ERR_REFUSED: something else. */
int tl_copy_target_look(const struct tl_copy_target *target, int64_t task_id,
                        enum tl_copy_state *state_out, struct tl_error *err) TL_WARN_UNUSED;

/* The way out for a store that is not free. Returns err->code. */
int tl_copy_target_hint(const struct tl_copy_target *target, struct tl_error *err);

#define TL_CLEANUP_COPY_TARGET TL_CLEANUP(tl_copy_target_done)

#endif
