/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open store of this driver: where its server is, and the one connection, which is made again
 * when a call finds it gone.
 */
#ifndef CKPT_MYSQL_STORE_H
#define CKPT_MYSQL_STORE_H

#include <mysql.h>
#include <stdbool.h>
#include <tidb-lightning/checkpoint_driver.h>

#include "dsn.h"
#include "text.h"

#define CKMY_MAX_SCHEMA 64u /* characters of a schema name, the servers' limit */

struct ckpt_store {
    struct ckmy_dsn dsn; /* tls is never unset */
    char *tls_ca;        /* these may be NULL */
    char *tls_cert;
    char *tls_key;
    char *schema;
    char *where; /* for messages: "the schema `x` on 127.0.0.1:3306" */
    bool read_only;
    MYSQL *connection;    /* NULL until the next call needs it */
    bool schema_selected; /* on this connection */
    bool layout_seen;     /* all tables were there, as they should be */
    struct ckmy_buf sql;  /* reused by the statements of a call */
    const struct ckpt_host *host;
};

static inline struct ckpt_str ckmy_str(const char *text, size_t len)
{
    struct ckpt_str str = {text, len};

    return str;
}

#endif
