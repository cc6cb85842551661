/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection of a store and what runs on it. Every call that changes or reads records goes
 * ckmy_begin ... ckmy_commit or ckmy_end; a lost connection is dropped and made again by the next
 * ckmy_begin, once, without waiting.
 */
#ifndef CKPT_MYSQL_CONNECT_H
#define CKPT_MYSQL_CONNECT_H

#include "store.h"

/* Connects if there is no connection; the schema is not selected. */
int ckmy_connect(struct ckpt_store *store, struct ckpt_error *err);

/* Makes the schema the default one. CKPT_NOT_FOUND: the server says that there is none, which
   leaves a message in err for those to whom that is an error (CKPT_ERR_CORRUPT). */
int ckmy_select_schema(struct ckpt_store *store, struct ckpt_error *err);

/* Begins a transaction: for changes, or one snapshot for reading. Connects and selects the schema
   first where needed. CKPT_NOT_FOUND as ckmy_select_schema. */
int ckmy_begin(struct ckpt_store *store, bool snapshot, const char *what, struct ckpt_error *err);

int ckmy_commit(struct ckpt_store *store, const char *what, struct ckpt_error *err);

/* Ends a transaction without a change, after an error too; drops a connection that cannot. */
void ckmy_end(struct ckpt_store *store);

/* Runs a statement without a result. `what` begins the message: "cannot save the checkpoint". */
int ckmy_run(struct ckpt_store *store, const char *sql, size_t len, const char *what,
             struct ckpt_error *err);

/* Runs store->sql; CKPT_ERR_NOMEM if it could not be built. */
int ckmy_run_buf(struct ckpt_store *store, const char *what, struct ckpt_error *err);

/* Runs store->sql and streams its result into *result_out (mysql_free_result). */
int ckmy_query_buf(struct ckpt_store *store, MYSQL_RES **result_out, const char *what,
                   struct ckpt_error *err);

/* Fills err from the connection's last error; drops the connection if it is lost. */
int ckmy_fail(struct ckpt_store *store, const char *what, struct ckpt_error *err);

int ckmy_no_memory(struct ckpt_error *err);

void ckmy_disconnect(struct ckpt_store *store);

#endif
