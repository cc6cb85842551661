/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The DSN of the checkpoint server, in the form of Go's MySQL driver, as upstream has it:
 * USER[:PASSWORD]@[tcp(HOST[:PORT])|unix(PATH)]/[?name=value&...]. Nothing is unescaped in USER and
 * PASSWORD: the last '@' before the last '/' ends them, the first ':' divides them. No database:
 * the schema is a setting of its own.
 */
#ifndef CKPT_MYSQL_DSN_H
#define CKPT_MYSQL_DSN_H

#include <stdint.h>
#include <tidb-lightning/checkpoint_driver.h>

enum ckmy_tls {
    CKMY_TLS_UNSET = 0, /* the DSN does not say */
    CKMY_TLS_OFF,
    CKMY_TLS_PREFERRED,   /* encrypted if the server can */
    CKMY_TLS_SKIP_VERIFY, /* encrypted, whoever the server is */
    CKMY_TLS_VERIFY
};

/* Strings are owned; free with ckmy_dsn_done. */
struct ckmy_dsn {
    char *user;
    char *password; /* secret; may be empty */
    char *host;     /* NULL with a socket */
    char *socket;   /* NULL with a host */
    unsigned port;
    enum ckmy_tls tls;
};

/* Parses text into a zeroed dsn_out. A DSN that does not parse is CKPT_ERR_USAGE; the message says
   what is missing and repeats nothing of the DSN. */
int ckmy_dsn_parse(struct ckmy_dsn *dsn_out, struct ckpt_str text, struct ckpt_error *err);

/* "", "false", "skip-verify", "preferred", "true" -> tls_out. CKPT_ERR_USAGE for anything else. */
int ckmy_tls_parse(enum ckmy_tls *tls_out, struct ckpt_str text, struct ckpt_error *err);

/* Wipes the password and frees everything. */
void ckmy_dsn_done(struct ckmy_dsn *dsn);

#endif
