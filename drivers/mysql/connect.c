/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connecting and running statements. No option file is read, the library never reconnects by
 * itself, and the server cannot ask for a local file.
 */
#include "connect.h"

#include <errmsg.h>
#include <string.h>

#include "error.h"

enum { CONNECT_SECONDS = 10, IO_SECONDS = 60 };

#define WHAT_CONNECT "cannot open the checkpoint"

/* Must succeed. The rest of this driver relies on backslash escapes, strictness and UTC. */
static const char *const session_required[] = {
    "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'",
    "SET SESSION time_zone = '+00:00', autocommit = 1",
    "SET NAMES utf8mb4",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
};

/* Not every server has them. A visitor may take its time while rows stream; a path has up to 2048
   bytes to sort by; a lock must be given up before this side stops waiting for the answer. */
static const char *const session_wanted[] = {
    "SET SESSION net_write_timeout = 3600",
    "SET SESSION wait_timeout = 28800",
    "SET SESSION max_sort_length = 2056",
    "SET SESSION innodb_lock_wait_timeout = 10",
    "SET SESSION lock_wait_timeout = 10",
    "SET SESSION sql_safe_updates = 0",
    "SET SESSION sql_select_limit = 18446744073709551615",
    "SET SESSION foreign_key_checks = 1, unique_checks = 1, sql_big_selects = 1",
    "SET SESSION completion_type = 0",
    "SET SESSION max_statement_time = 0",
    "SET SESSION max_execution_time = 0",
};

int ckmy_no_memory(struct ckpt_error *err)
{
    return ckpt_error_set(err, CKPT_ERR_NOMEM, 0, "out of memory");
}

void ckmy_disconnect(struct ckpt_store *store)
{
    if (store->connection)
        mysql_close(store->connection);
    store->connection = NULL;
    store->schema_selected = false;
}

/* After a failed allocation (0: the library often does not say so) part of an answer is unread: the
   next statement would wait for what does not come. */
static bool is_unclear(unsigned number)
{
    return number == 0 || number == CR_OUT_OF_MEMORY;
}

int ckmy_fail(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    unsigned number = mysql_errno(store->connection);
    int code = ckmy_error(err, number, mysql_sqlstate(store->connection),
                          mysql_error(store->connection), what, store->where);

    if (ckmy_is_lost(number) || is_unclear(number))
        ckmy_disconnect(store);
    return code;
}

int ckmy_run(struct ckpt_store *store, const char *sql, size_t len, const char *what,
             struct ckpt_error *err)
{
    if (!store->connection)
        return ckpt_error_set(err, CKPT_ERR_LOST, 0, "%s in %s: not connected", what, store->where);
    if (mysql_real_query(store->connection, sql, (unsigned long)len) != 0)
        return ckmy_fail(store, what, err);
    return CKPT_OK;
}

int ckmy_run_buf(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    if (store->sql.failed)
        return ckmy_no_memory(err);
    return ckmy_run(store, store->sql.data, store->sql.len, what, err);
}

int ckmy_query_buf(struct ckpt_store *store, MYSQL_RES **result_out, const char *what,
                   struct ckpt_error *err)
{
    int rc = ckmy_run_buf(store, what, err);
    MYSQL_RES *result;

    if (rc != CKPT_OK)
        return rc;
    result = mysql_use_result(store->connection);
    if (!result)
        return ckmy_fail(store, what, err);
    *result_out = result;
    return CKPT_OK;
}

static void set_text(MYSQL *mysql, enum mysql_option option, const char *text)
{
    if (text && *text)
        mysql_optionsv(mysql, option, text);
}

static void set_options(MYSQL *mysql, const struct ckpt_store *store)
{
    unsigned connect_seconds = CONNECT_SECONDS, io_seconds = IO_SECONDS, local_infile = 0;
    unsigned protocol = store->dsn.socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    enum ckmy_tls tls = store->dsn.tls;
    my_bool no = 0, enforce = tls != CKMY_TLS_OFF, verify = tls == CKMY_TLS_VERIFY;

    mysql_optionsv(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
    mysql_optionsv(mysql, MYSQL_OPT_READ_TIMEOUT, &io_seconds);
    mysql_optionsv(mysql, MYSQL_OPT_WRITE_TIMEOUT, &io_seconds);
    mysql_optionsv(mysql, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_optionsv(mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile);
    mysql_optionsv(mysql, MYSQL_OPT_RECONNECT, &no);
    mysql_optionsv(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "tidb-lightning checkpoint");
    mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &enforce);
    mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    if (!enforce)
        return;
    mysql_optionsv(mysql, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
    if (verify)
        set_text(mysql, MYSQL_OPT_SSL_CA, store->tls_ca);
    set_text(mysql, MYSQL_OPT_SSL_CERT, store->tls_cert);
    set_text(mysql, MYSQL_OPT_SSL_KEY, store->tls_key);
}

/* The library goes on in plain text when the server does not offer TLS. */
static int check_tls(struct ckpt_store *store, struct ckpt_error *err)
{
    if (store->dsn.tls == CKMY_TLS_OFF || store->dsn.tls == CKMY_TLS_PREFERRED ||
        mysql_get_ssl_cipher(store->connection))
        return CKPT_OK;
    (void)ckpt_error_set(err, CKPT_ERR_LOST, CR_SSL_CONNECTION_ERROR,
                         WHAT_CONNECT " in %s: the server does not offer TLS", store->where);
    return ckpt_error_hint(err, CKPT_ERR_LOST,
                           "switch TLS on at the server, or ask for tls \"preferred\" or "
                           "\"false\"");
}

static int set_session(struct ckpt_store *store, struct ckpt_error *err)
{
    size_t i;

    for (i = 0; i < sizeof(session_required) / sizeof(session_required[0]); i++) {
        const char *sql = session_required[i];
        int rc = ckmy_run(store, sql, strlen(sql), WHAT_CONNECT, err);

        if (rc != CKPT_OK)
            return rc;
    }
    for (i = 0; i < sizeof(session_wanted) / sizeof(session_wanted[0]); i++) {
        const char *sql = session_wanted[i];

        if (mysql_real_query(store->connection, sql, (unsigned long)strlen(sql)) != 0 &&
            (ckmy_is_lost(mysql_errno(store->connection)) ||
             is_unclear(mysql_errno(store->connection))))
            return ckmy_fail(store, WHAT_CONNECT, err);
    }
    return CKPT_OK;
}

int ckmy_connect(struct ckpt_store *store, struct ckpt_error *err)
{
    const struct ckmy_dsn *dsn = &store->dsn;
    MYSQL *mysql;
    int rc;

    if (store->connection)
        return CKPT_OK;
    mysql = mysql_init(NULL);
    if (!mysql)
        return ckmy_no_memory(err);
    store->connection = mysql;
    set_options(mysql, store);
    if (!mysql_real_connect(mysql, dsn->socket ? "localhost" : dsn->host, dsn->user, dsn->password,
                            NULL, dsn->socket ? 0 : dsn->port, dsn->socket, 0))
        rc = ckmy_fail(store, WHAT_CONNECT, err);
    else
        rc = check_tls(store, err);
    if (rc == CKPT_OK)
        rc = set_session(store, err);
    if (rc != CKPT_OK)
        ckmy_disconnect(store);
    return rc;
}

int ckmy_select_schema(struct ckpt_store *store, struct ckpt_error *err)
{
    bool missing;
    int rc;

    if (store->schema_selected)
        return CKPT_OK;
    if (mysql_select_db(store->connection, store->schema) == 0) {
        store->schema_selected = true;
        return CKPT_OK;
    }
    missing = ckmy_is_missing(mysql_errno(store->connection));
    rc = ckmy_fail(store, "cannot use the checkpoint", err);
    return missing ? CKPT_NOT_FOUND : rc;
}

static int start(struct ckpt_store *store, bool snapshot, const char *what, struct ckpt_error *err)
{
    const char *sql = snapshot ? "START TRANSACTION WITH CONSISTENT SNAPSHOT" : "START TRANSACTION";
    int rc = ckmy_connect(store, err);

    if (rc == CKPT_OK)
        rc = ckmy_select_schema(store, err);
    if (rc != CKPT_OK)
        return rc;
    return ckmy_run(store, sql, strlen(sql), what, err);
}

int ckmy_begin(struct ckpt_store *store, bool snapshot, const char *what, struct ckpt_error *err)
{
    bool was_connected = store->connection != NULL;
    int rc = start(store, snapshot, what, err);

    /* The connection died since the last call: nothing of this one was done, so once more. */
    if (rc == CKPT_ERR_LOST && was_connected) {
        ckmy_error_clear(err);
        rc = start(store, snapshot, what, err);
    }
    return rc;
}

int ckmy_commit(struct ckpt_store *store, const char *what, struct ckpt_error *err)
{
    return ckmy_run(store, "COMMIT", 6, what, err);
}

void ckmy_end(struct ckpt_store *store)
{
    if (store->connection && mysql_rollback(store->connection) != 0)
        ckmy_disconnect(store);
}
