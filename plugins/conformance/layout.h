/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of the contract as tables of fields, so that a rule can go through every field of
 * every kind. Kinds are numbered as their puts: CKPT_PUT_TASK ... CKPT_PUT_FAILURE.
 */
#ifndef TL_CONFORMANCE_LAYOUT_H
#define TL_CONFORMANCE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tidb-lightning/checkpoint_driver.h>

enum kit_type {
    KIT_STR,  /* any bytes, at most `max` */
    KIT_WORD, /* a text of a form, which a rule keeps plausible */
    KIT_I32,
    KIT_U32,
    KIT_FLAG, /* uint32_t: 0 or 1 */
    KIT_I64,
    KIT_U64,
    KIT_TIME /* int64_t, may come back rounded down to whole seconds */
};

struct kit_field {
    const char *name;
    enum kit_type type;
    bool key;
    size_t offset;
    size_t max;
};

struct kit_layout {
    const char *name; /* of the kind */
    size_t size;
    size_t extra;                   /* offset of the field `extra` */
    const struct kit_field *fields; /* the key's first, in its order; ended by one without a name */
};

/* kind: CKPT_PUT_TASK to CKPT_PUT_FAILURE. */
enum { KIT_KINDS = CKPT_PUT_FAILURE + 1 };
const struct kit_layout *kit_layout(unsigned kind);

struct ckpt_str *kit_field_str(void *record, const struct kit_field *field);
const struct ckpt_str *kit_field_str_of(const void *record, const struct kit_field *field);

/* A number of any width as 64 bits, sign-extended where it has a sign. */
int64_t kit_field_number(const void *record, const struct kit_field *field);
void kit_field_set(void *record, const struct kit_field *field, int64_t number);

bool kit_same_str(struct ckpt_str a, struct ckpt_str b);

/* By bytes, as the contract orders names and paths. */
int kit_compare_str(struct ckpt_str a, struct ckpt_str b);

/* By key. */
int kit_compare(unsigned kind, const void *a, const void *b);

/* Name of the first field that came back otherwise than it was put; NULL = none. */
const char *kit_difference(unsigned kind, const void *got, const void *want);

#endif
