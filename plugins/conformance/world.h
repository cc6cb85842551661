/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a store must hold: a model in memory that takes the same changes, and the comparison of a
 * whole store with it. Rows own copies of their strings. The model is small and slow: for thousands
 * of records, not more.
 */
#ifndef TL_CONFORMANCE_WORLD_H
#define TL_CONFORMANCE_WORLD_H

#include "plugins/conformance/kit.h"
#include "plugins/conformance/layout.h"

struct kit_rows {
    char *data; /* `count` records, sorted by key */
    size_t count;
    size_t capacity;
};

struct kit_world {
    struct kit_rows rows[KIT_KINDS];
    struct kit_text *texts; /* owns all strings */
};

void kit_world_done(struct kit_world *world);
#define KIT_WORLD TL_CLEANUP(kit_world_done) struct kit_world

void *kit_world_row(const struct kit_world *world, unsigned kind, size_t at);

/* 0, or -1 out of memory. */
int kit_world_change(struct kit_world *world, const struct ckpt_change *change);
int kit_world_copy(struct kit_world *to, const struct kit_world *from);

/* Appends a copy of a record as it came, without looking for its place. */
int kit_world_append(struct kit_world *world, unsigned kind, const void *record);

/* True if both hold the same; else *why says in a few words what differs in `got`. */
bool kit_world_same(const struct kit_world *got, const struct kit_world *want, char *why,
                    size_t size);

/* Applies to the store, then to the model. */
int kit_world_apply(struct kit *kit, struct kit_store *store, struct kit_world *world,
                    const struct ckpt_change *changes, size_t n);

/* Reads a whole store, each table by its name, and checks order and sequence of what comes. */
int kit_world_read(struct kit *kit, struct kit_store *store, struct kit_world *world_out);

/* The store must hold the tables, and what is below them, and the task of `want`. */
int kit_world_expect(struct kit *kit, struct kit_store *store, const struct kit_world *want);

/* Gives each table name a table record, so that what a delete left behind comes to light, and
   compares again. Changes store and model. */
int kit_world_expect_no_ghosts(struct kit *kit, struct kit_store *store, struct kit_world *want,
                               const char *const *names, size_t count);

#endif
