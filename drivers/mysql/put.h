/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The puts of one kind of record on their way to the server: rows are collected into statements of
 * bounded size. The keys of one collection are all different, so the order does not matter.
 */
#ifndef CKPT_MYSQL_PUT_H
#define CKPT_MYSQL_PUT_H

#include "encode.h"
#include "store.h"

#define CKMY_SAVING "cannot save the checkpoint"

/* Set store and kind, zero the rest; free with ckmy_puts_done. */
struct ckmy_puts_of {
    struct ckpt_store *store;
    const struct ckmy_kind *kind;
    struct ckmy_buf lost;     /* of one record */
    struct ckmy_buf row;      /* INSERT into the kind's table */
    struct ckmy_buf extra;    /* INSERT into extra_v1 */
    struct ckmy_buf no_extra; /* DELETE from extra_v1 */
};

/* Adds a host's record; sends what has become big. */
int ckmy_put_record(struct ckmy_puts_of *put, const void *host_record, struct ckpt_error *err);

/* Sends the rest. */
int ckmy_puts_end(struct ckmy_puts_of *put, struct ckpt_error *err);

void ckmy_puts_done(struct ckmy_puts_of *put);

#endif
