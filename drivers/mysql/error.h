/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's error numbers as codes of the driver interface: which are a lost connection, which
 * a missing right, which may be repeated.
 */
#ifndef CKPT_MYSQL_ERROR_H
#define CKPT_MYSQL_ERROR_H

#include <stdbool.h>
#include <tidb-lightning/checkpoint_driver.h>

#define CKMY_HINT_READ_ONLY                                                                       \
    "it may be a replica: let checkpoint.dsn name a server that takes changes, or make this one " \
    "writable"

/* Fills err ("<what> in <where>: <message>") for the server's error `number`; returns the code. */
int ckmy_error(struct ckpt_error *err, unsigned number, const char *sqlstate, const char *message,
               const char *what, const char *where);

/* Back to "no error", as the host gave it. */
void ckmy_error_clear(struct ckpt_error *err);

/* Copies message, hint and the rest, within the size of both. */
void ckmy_error_copy(struct ckpt_error *err, const struct ckpt_error *from);

/* True when the connection can not be used any more after this error. */
bool ckmy_is_lost(unsigned number);

/* True for "no such schema", "no database selected" and "no such table", which a server only says
   when it is sure and the user may know it. */
bool ckmy_is_missing(unsigned number);

#endif
