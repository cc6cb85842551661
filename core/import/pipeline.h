/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt to load everything that the plan has open: readers cut chunks into batches, writers
 * commit them, the recorder writes progress to the store. An attempt ends when all tables are done
 * or failed, or with a reason for which the ledger has to be read again.
 */
#ifndef TL_IMPORT_PIPELINE_H
#define TL_IMPORT_PIPELINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/checkpoint/store.h"
#include "core/config/options.h"
#include "core/import/control.h"
#include "core/import/hangup.h"
#include "core/import/plan.h"
#include "core/target/ledger.h"
#include "core/target/writer.h"

struct tl_pipeline_settings {
    const struct tl_options *options;
    struct tl_plan *plan;
    const struct tl_ledger *ledger; /* taken over */
    struct tl_store *store;         /* NULL: checkpoints are off */
    struct tl_control *control;
    struct tl_hangup *hangup; /* for the recorder's connection; may be NULL */
    struct tl_cancel *cancel;
    struct tl_write_stats *stats;
};

/* TL_OK: every table is done or failed, and the store knows. TL_ERR_RESTARTED: read the ledger and
   begin another attempt. TL_ERR_CANCELED, TL_ERR_FENCED, TL_ERR_STORE, TL_ERR_IO, TL_ERR_DB
   (retried for too long): stopped; what is committed is in the ledger. */
int tl_pipeline_run(const struct tl_pipeline_settings *settings,
                    struct tl_error *err) TL_WARN_UNUSED;

/* After a pipeline that ended well: makes the commits of all settled tables durable and gives them
   their final status. No thread of the pipeline runs. */
int tl_settle_tables(const struct tl_pipeline_settings *settings,
                     struct tl_error *err) TL_WARN_UNUSED;

/* How a chunk's file is read; path is left to the caller. packet: the server's max_allowed_packet.
   Borrows from options and chunk. */
struct tl_reader_settings tl_chunk_reader_settings(const struct tl_options *options,
                                                   uint64_t packet,
                                                   const struct tl_plan_chunk *chunk);

/* How many bytes of data files a batch may have: options->batch_size, less when many writers share
   the memory. */
uint64_t tl_pipeline_batch_bytes(const struct tl_options *options);

/* Number of writers: region-concurrency, 0 = CPUs. */
uint32_t tl_pipeline_writers(const struct tl_options *options);

#endif
