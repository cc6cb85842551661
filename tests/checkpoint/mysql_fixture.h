/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A schema of its own on the server of TL_TEST_SOCKET for each test of the mysql driver, a second
 * connection to look behind it, and records to put.
 */
#ifndef TL_TESTS_MYSQL_FIXTURE_H
#define TL_TESTS_MYSQL_FIXTURE_H

#include <check.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tidb-lightning/checkpoint_driver.h>
#include <unistd.h>

#define FX_TABLE "`db`.`t`"

extern const struct ckpt_driver *fx_driver;
extern struct ckpt_store *fx_store; /* open for writing between fx_setup and fx_teardown */
extern struct ckpt_error fx_err;
extern MYSQL *fx_admin;     /* connected as root, the test's schema selected */
extern char fx_schema[64];  /* of this test */
extern char fx_socket[108]; /* "" without a server */

/* Reads TL_TEST_SOCKET; false without it. */
int fx_has_server(void);

/* Checked fixtures: a fresh store. */
void fx_setup(void);
void fx_teardown(void);

/* Opens schema with dsn (NULL: root on the socket) and flags; returns the driver's code. */
int fx_open(struct ckpt_store **store_out, const char *schema, const char *dsn, uint32_t flags);

/* Closes and opens fx_store again. */
void fx_reopen(void);

/* Runs a statement as root; the test fails if it fails. */
void fx_sql(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs several statements, divided by "; ", each as fx_sql. */
void fx_script(const char *statements);

/* First field of the first row, as a number; -1 without a row. */
long fx_number(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct ckpt_str fx_str(const char *text);
struct ckpt_str fx_bytes(const void *data, size_t len);

/* A change; the record is borrowed. */
struct ckpt_change fx_change(uint32_t kind, const void *record);

/* Applies one put, or several changes, to fx_store; returns the driver's code. */
int fx_put(uint32_t kind, const void *record);
int fx_apply(const struct ckpt_change *changes, size_t n);
int fx_delete(uint32_t kind, const char *name);

/* Records of table "`db`.`t`" with every field set. */
struct ckpt_task fx_task(void);
struct ckpt_table fx_table(const char *name);
struct ckpt_chunk fx_chunk(const char *path, int64_t offset);

/* Puts a task, the table FX_TABLE and a chunk; the test fails if that fails. */
void fx_put_records(void);

/* These return the driver's code. */
int fx_load_task(struct ckpt_store *store);
int fx_count_tables(struct ckpt_store *store, int *count_out);

/* Codes come from the driver with a one-line message. */
#define fx_ok(call) ck_assert_msg((call) == CKPT_OK, "%s", fx_err.message)
#define fx_fails(call, code)                              \
    do {                                                  \
        ck_assert_int_eq((call), (code));                 \
        ck_assert_str_ne(fx_err.message, "");             \
        ck_assert_ptr_null(strchr(fx_err.message, '\n')); \
    } while (0)

/* Clears fx_err and returns it. */
struct ckpt_error *fx_error(void);

/* Runs a suite; the exit code of a test program. */
int fx_run(Suite *suite);

#endif
