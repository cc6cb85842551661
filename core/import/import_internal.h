/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the phases of an import share. One thread (main) runs the phases.
 */
#ifndef TL_IMPORT_IMPORT_INTERNAL_H
#define TL_IMPORT_IMPORT_INTERNAL_H

#include <stdbool.h>

#include "core/checkpoint/registry.h"
#include "core/checkpoint/store.h"
#include "core/import/control.h"
#include "core/import/import.h"
#include "core/import/pipeline.h"
#include "core/import/plan.h"
#include "core/import/plan_store.h"
#include "core/source/scan.h"
#include "core/target/ledger.h"

struct tl_import {
    const struct tl_options *options;
    struct tl_cancel *cancel;
    struct tl_catalog *catalog;
    struct tl_ckpt_module *module; /* NULL: checkpoints are off */
    struct tl_store *store;
    struct tl_task_record task;
    struct tl_control control;
    struct tl_hangup *hangup;
    char identity[160]; /* of the target, as it was at the first contact */
    struct tl_ledger ledger;
    struct tl_plan *plan;
    struct tl_write_stats stats;
    bool resumed;
    bool begun;    /* the task is claimed: a later stop can be resumed */
    bool all_done; /* the store says that every table of it is done */
    bool complete; /* and the ledger that the end of the import had begun: only that is left */
    bool retired;  /* everything is loaded and the store put away: only ledger rows are left */
    bool
        nothing_to_do; /* finished by an earlier run: its checkpoint was kept, or its end is done */
    uint64_t rows_before;
    uint64_t bytes_before;
    int64_t begun_at; /* clock */
};

/* Loads the driver that the options name and opens its store. */
int tl_import_open_store_for(struct tl_store **store_out, struct tl_ckpt_module **module_out,
                             const struct tl_options *options, bool read_only,
                             const struct tl_cancel *cancel, struct tl_error *err) TL_WARN_UNUSED;

/* Whether the store could be opened for writing; changes nothing. TL_ERR_REFUSED: its account lacks
   privileges. */
int tl_import_check_store(const struct tl_options *options, const struct tl_cancel *cancel,
                          struct tl_error *err) TL_WARN_UNUSED;

/* The same for this import, which will also retire it, and whether it has a task to resume. */
int tl_import_peek_store(struct tl_import *import, struct tl_error *err) TL_WARN_UNUSED;

/* Opens the store and reads the task's record. */
int tl_import_open_store(struct tl_import *import, struct tl_error *err) TL_WARN_UNUSED;

/* First contact with the target: what it is, whether it can be written to. */
int tl_import_check_target(struct tl_import *import, struct tl_error *err) TL_WARN_UNUSED;

/* tl_import_check_target, and refuses when the target's account lacks privileges; then tells what
   the store's lacks too. Nothing is changed, and the store is not open for writing yet. */
int tl_import_check_first(struct tl_import *import, struct tl_error *err) TL_WARN_UNUSED;

/* Registers the plan's chunks under our task in the ledger, which begins the task when it is not
   there. May be repeated. */
int tl_import_claim(struct tl_import *import, const struct tl_plan *plan,
                    struct tl_error *err) TL_WARN_UNUSED;

/* A first run: plan, claim, save. */
int tl_import_plan_task(struct tl_import *import, struct tl_error *err) TL_WARN_UNUSED;

/* A later run: load the plan, compare, refuse what needs a decision. Changes nothing. */
int tl_import_load_task(struct tl_import *import, struct tl_error *err) TL_WARN_UNUSED;

/* Each attempt: take the task over (not on the first attempt of a first run), read the ledger,
   compare it with the target's tables. */
int tl_import_take_over(struct tl_import *import, struct tl_error *err) TL_WARN_UNUSED;

/* Plans and claims tables of the source that the plan does not know. */
int tl_import_add_tables(struct tl_import *import, struct tl_error *err) TL_WARN_UNUSED;

/* Makes databases, tables and views exist; notes which tables were empty. */
int tl_import_apply_schema(struct tl_import *import, struct tl_error *err) TL_WARN_UNUSED;

/* Notes what the plan has as loaded by earlier runs, for the report. */
void tl_import_count_before(struct tl_import *import);

/* Where the checkpoint is, for messages. */
const char *tl_import_where(const struct tl_import *import);

/* The end of a complete import: intent, store retired, ledger rows last. The summary is printed
   before the last step. */
int tl_import_finish(struct tl_import *import, struct tl_error *err) TL_WARN_UNUSED;

/* One summary on stdout and in the log. failed: err says why the import stopped, or NULL. */
void tl_import_report(struct tl_import *import, const struct tl_error *failed);

#endif
