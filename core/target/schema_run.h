/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes one object out of its schema file, with one session. Private to the schema module.
 */
#ifndef TL_TARGET_SCHEMA_RUN_H
#define TL_TARGET_SCHEMA_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/config/options.h"
#include "core/target/schema.h"
#include "core/target/session.h"

/* One thread's way to the target. Zero it, then set the first three. */
struct tl_schema_worker {
    const struct tl_options *options;
    const struct tl_cancel *cancel;
    struct tl_session *session; /* borrowed */
    bool dirty;                 /* a file has changed the session's variables */
    uint64_t line;              /* of the statement that is being run; 0 = none of a file */
    uint64_t offset;
    unsigned attempt; /* of the item, from 0 */
};

/* Makes the object, which is not there as far as is known; one that is there all the same is kept.
   *created_out: whether this call made it. Transient errors are repeated with a back-off for
   options->retry_timeout seconds. Errors name the file and the line. */
int tl_schema_run(struct tl_schema_worker *worker, const struct tl_schema_item *item,
                  bool *created_out, struct tl_error *err) TL_WARN_UNUSED;

/* The repeating of one thing. Zero it before the first failure. */
struct tl_schema_retry {
    int64_t deadline; /* tl_clock_ns; 0 = nothing has failed yet */
    int64_t pause_ms;
};

/* After a failure with err: true when it is worth another try, after a pause and with the session
   connected again if it was lost. False: err is final (TL_ERR_CANCELED when asked to stop). */
bool tl_schema_try_again(struct tl_schema_worker *worker, struct tl_schema_retry *retry,
                         struct tl_error *err);

/* True if the error says that another object is missing, which may be made later. */
bool tl_schema_error_is_missing(const struct tl_error *err);

#endif
