/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See session_connect.h. No option file is read, nothing reconnects by itself, and the server
 * cannot ask for a local file.
 */
#include "core/target/session_connect.h"

#include <errmsg.h>
#include <ma_pvio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/secret.h"

enum {
    CONNECT_SECONDS = 10,
    HANDSHAKE_SECONDS = 60, /* a server that accepts and then says nothing */
    KEEPALIVE_IDLE = 30,
    KEEPALIVE_INTERVAL = 10,
    KEEPALIVE_COUNT = 6,
    UNACKNOWLEDGED_MS = 120000,
    UPSTREAM_PORT = 4000
};

/* What tidb.tls asks for. */
enum tls_wish { TLS_NONE, TLS_IF_OFFERED, TLS_UNVERIFIED, TLS_VERIFIED };

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static int tls_wish(const struct tl_options *options, enum tls_wish *wish_out, struct tl_error *err)
{
    const char *mode = text_of(options->tls.mode);
    bool local = *text_of(options->socket) != '\0';

    if (!*mode)
        *wish_out = *text_of(options->tls.ca) ? TLS_VERIFIED : TLS_NONE;
    else if (strcmp(mode, "false") == 0)
        *wish_out = TLS_NONE;
    else if (strcmp(mode, "preferred") == 0)
        *wish_out = TLS_IF_OFFERED;
    else if (strcmp(mode, "skip-verify") == 0)
        *wish_out = TLS_UNVERIFIED;
    else if (strcmp(mode, "true") == 0 || strcmp(mode, "cluster") == 0)
        *wish_out = TLS_VERIFIED;
    else
        return tl_error_set(err, TL_ERR_USAGE, "tidb.tls: unknown mode '%s'", mode);
    /* A Unix socket has no host name to verify, and nobody in between: TLS is only for accounts
       that require it. */
    if (local && *wish_out != TLS_NONE)
        *wish_out = TLS_IF_OFFERED;
    return TL_OK;
}

static void set_text(MYSQL *mysql, enum mysql_option option, const char *text)
{
    if (text && *text)
        mysql_optionsv(mysql, option, text);
}

static void set_tls(MYSQL *mysql, const struct tl_options *options, enum tls_wish wish)
{
    my_bool enforce = wish != TLS_NONE;
    my_bool verify = wish == TLS_VERIFIED;

    mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &enforce);
    mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    if (wish == TLS_NONE)
        return;
    mysql_optionsv(mysql, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
    if (wish == TLS_VERIFIED)
        set_text(mysql, MYSQL_OPT_SSL_CA, options->tls.ca);
    set_text(mysql, MYSQL_OPT_SSL_CERT, options->tls.cert);
    set_text(mysql, MYSQL_OPT_SSL_KEY, options->tls.key);
}

static void set_options(MYSQL *mysql, const struct tl_options *options, enum tls_wish wish)
{
    unsigned int connect_seconds = CONNECT_SECONDS;
    unsigned int io_seconds = HANDSHAKE_SECONDS;
    unsigned int protocol = *text_of(options->socket) ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    unsigned int local_infile = 0;
    size_t packet = (size_t)1 << 30;
    my_bool reconnect = 0;

    mysql_optionsv(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
    mysql_optionsv(mysql, MYSQL_OPT_READ_TIMEOUT, &io_seconds);
    mysql_optionsv(mysql, MYSQL_OPT_WRITE_TIMEOUT, &io_seconds);
    mysql_optionsv(mysql, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_optionsv(mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile);
    mysql_optionsv(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
    mysql_optionsv(mysql, MYSQL_OPT_RECONNECT, &reconnect);
    mysql_optionsv(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "tidb-lightning");
    set_tls(mysql, options, wish);
}

/* The library goes on in plain text when the server does not offer TLS. */
static int check_tls(MYSQL *mysql, enum tls_wish wish, struct tl_error *err)
{
    if (wish == TLS_NONE || wish == TLS_IF_OFFERED || mysql_get_ssl_cipher(mysql))
        return TL_OK;
    tl_error_set(err, TL_ERR_DB, "the server does not offer TLS");
    err->native = CR_SSL_CONNECTION_ERROR;
    return tl_error_hint(err, "switch TLS on at the server, or set tidb.tls to \"preferred\" or "
                              "\"false\"");
}

static void set_socket(MYSQL *mysql)
{
    int fd = mysql_get_socket(mysql);
    int on = 1, idle = KEEPALIVE_IDLE, interval = KEEPALIVE_INTERVAL, count = KEEPALIVE_COUNT;
    unsigned unacknowledged = UNACKNOWLEDGED_MS;

    /* A peer that vanished without a word is noticed after a minute or two, however long a
       statement may take. Best effort: a Unix socket refuses these. */
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged, sizeof(unacknowledged));
}

static void hint_for(const struct tl_options *options, struct tl_error *err)
{
    bool tcp = !*text_of(options->socket);

    switch (err->native) {
    case 1045: /* ER_ACCESS_DENIED_ERROR */
    case 1698: /* ER_ACCESS_DENIED_NO_PASSWORD_ERROR */
    case 1130: /* ER_HOST_NOT_PRIVILEGED */
        tl_error_hint(err, "check tidb.user and tidb.password, and that this account may connect "
                           "from this host");
        break;
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
        if (tcp && options->port == UPSTREAM_PORT)
            tl_error_hint(err, "4000 is the port of TiDB; MariaDB and MySQL listen at 3306: "
                               "--tidb-port 3306 (tidb.port)");
        else
            tl_error_hint(err, "is the server running, and are tidb.host, tidb.port or "
                               "tidb.socket right?");
        break;
    case CR_SSL_CONNECTION_ERROR:
        if (!err->hint[0])
            tl_error_hint(err, "check tidb.tls and [tidb.security]: ca-path must hold the "
                               "authority that signed the server's certificate for this host");
        break;
    default:
        break;
    }
}

/* A handshake that breaks off is a server that goes down; a wrong certificate does not mend itself.
 */
static bool handshake_broke(const struct tl_error *err)
{
    static const char *const signs[] = {"reset", "eof", "EOF", "closed", "timed out", "pipe"};

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (strstr(err->message, signs[i]))
            return true;
    return false;
}

static int connect_failed(const struct tl_options *options, struct tl_error *err)
{
    if (err->native == CR_SSL_CONNECTION_ERROR)
        err->retryable = handshake_broke(err);
    hint_for(options, err);
    if (*text_of(options->socket))
        return tl_error_context(err, "cannot connect to '%s' as '%s'", options->socket,
                                text_of(options->user));
    return tl_error_context(err, "cannot connect to %s:%u as '%s'", text_of(options->host),
                            (unsigned)options->port, text_of(options->user));
}

void tl_session_apply_timeout(MYSQL *mysql, unsigned seconds)
{
    MARIADB_PVIO *pvio = mysql->net.pvio;

    mysql_optionsv(mysql, MYSQL_OPT_READ_TIMEOUT, &seconds);
    mysql_optionsv(mysql, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    /* The options only count for the next connect, so the connection is told as well. */
    if (pvio && pvio->methods->set_timeout) {
        pvio->methods->set_timeout(pvio, PVIO_READ_TIMEOUT, (int)seconds);
        pvio->methods->set_timeout(pvio, PVIO_WRITE_TIMEOUT, (int)seconds);
    }
}

int tl_session_connect(MYSQL *mysql, const struct tl_options *options, struct tl_error *err)
{
    const char *socket = text_of(options->socket);
    enum tls_wish wish;
    int rc = tls_wish(options, &wish, err);

    if (rc != TL_OK)
        return rc;
    set_options(mysql, options, wish);
    if (!mysql_real_connect(mysql, *socket ? NULL : text_of(options->host), text_of(options->user),
                            text_of(options->password), NULL, (unsigned)options->port,
                            *socket ? socket : NULL, CLIENT_MULTI_STATEMENTS)) {
        tl_mysql_error(mysql, err);
        return connect_failed(options, err);
    }
    if (check_tls(mysql, wish, err) != TL_OK)
        return connect_failed(options, err);
    /* Needed for one handshake only: there is no automatic reconnect. */
    tl_secret_wipe(mysql->passwd);
    set_socket(mysql);
    tl_session_apply_timeout(mysql, 0);
    return TL_OK;
}
