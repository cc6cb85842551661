/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of the driver interface seen alike: what their fields are called, copying one with
 * its strings, comparing two, and one visitor for all kinds. A kind is the CKPT_PUT_ of a record.
 */
#ifndef TL_CHECKPOINT_RECORD_H
#define TL_CHECKPOINT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tidb-lightning/checkpoint_driver.h>

#include "core/base/buf.h"
#include "core/base/digest.h"
#include "core/base/error.h"

enum { TL_RECORD_KINDS = CKPT_PUT_FAILURE + 1 }; /* size of an array by kind; 0 is none */

union tl_record {
    struct ckpt_task task;
    struct ckpt_table table;
    struct ckpt_engine engine;
    struct ckpt_chunk chunk;
    struct ckpt_source source;
    struct ckpt_failure failure;
};

/* Sum of the lengths of its strings. */
size_t tl_record_bytes(uint32_t kind, const void *record);

/* The fields that this program knows; the strings go to bytes, which has room for tl_record_bytes.
 */
void tl_record_copy(union tl_record *copy_out, uint32_t kind, const void *record, char *bytes);

/* Name of the first field in which two records differ, NULL = none. Times are compared to the
   second: a driver may round them down to it. */
const char *tl_record_diff(uint32_t kind, const void *a, const void *b);

/* True if both have the same key. */
bool tl_record_same_key(uint32_t kind, const void *a, const void *b);

/* Equal for two records exactly when tl_record_diff finds nothing (and they are of one kind).
   scratch is used and may be used again. */
int tl_record_digest(struct tl_digest *digest_out, uint32_t kind, const void *record,
                     struct tl_buf *scratch) TL_WARN_UNUSED;

/* The record within its table, for a message: "chunk 'd.t.sql' at offset 0 of engine 0". */
enum { TL_RECORD_TEXT = 512 };
void tl_record_describe(char out[TL_RECORD_TEXT], uint32_t kind, const void *record);

/* Receives records of all kinds; a non-zero answer stops the walk. */
struct tl_record_sink {
    int (*record)(uint32_t kind, const void *record, void *payload);
    void *payload;
};

/* A visitor that hands everything to the sink, which is borrowed. */
struct ckpt_visitor tl_record_visitor(struct tl_record_sink *sink);

#endif
