/* SPDX-License-Identifier: Apache-2.0 */
/* Parser of the checkpoint server's DSN. No message repeats a part of it: it may be the secret. */
#include "dsn.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_HOST "127.0.0.1"
#define DEFAULT_PORT 3306u

/* Parameters of Go's MySQL driver that mean nothing here, or that this driver always sets itself.
 */
static const char *const ignored[] = {"allowAllFiles",
                                      "allowCleartextPasswords",
                                      "allowFallbackToPlaintext",
                                      "allowNativePasswords",
                                      "allowOldPasswords",
                                      "charset",
                                      "checkConnLiveness",
                                      "clientFoundRows",
                                      "collation",
                                      "columnsWithAlias",
                                      "connectionAttributes",
                                      "interpolateParams",
                                      "loc",
                                      "maxAllowedPacket",
                                      "multiStatements",
                                      "parseTime",
                                      "readTimeout",
                                      "rejectReadOnly",
                                      "sql_mode",
                                      "timeTruncate",
                                      "timeout",
                                      "writeTimeout"};

static int refuse(struct ckpt_error *err, const char *why)
{
    (void)ckpt_error_set(err, CKPT_ERR_USAGE, 0, "the DSN of the checkpoint server is wrong: %s",
                         why);
    return ckpt_error_hint(err, CKPT_ERR_USAGE,
                           "write checkpoint.dsn as \"USER:PASSWORD@tcp(HOST:PORT)/\" or "
                           "\"USER:PASSWORD@unix(PATH)/\"");
}

static int no_memory(struct ckpt_error *err)
{
    return ckpt_error_set(err, CKPT_ERR_NOMEM, 0, "out of memory");
}

static struct ckpt_str slice(struct ckpt_str text, size_t from, size_t to)
{
    struct ckpt_str part = {text.data + from, to - from};

    return part;
}

static bool is(struct ckpt_str text, const char *word)
{
    size_t len = strlen(word);

    return text.len == len && (len == 0 || memcmp(text.data, word, len) == 0);
}

/* Position of the first or the last `c`, text.len if there is none. */
static size_t find(struct ckpt_str text, char c, bool last)
{
    size_t i, found = text.len;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] != c)
            continue;
        found = i;
        if (!last)
            break;
    }
    return found;
}

static int copy(char **out, struct ckpt_str text, struct ckpt_error *err)
{
    *out = malloc(text.len + 1);
    if (!*out)
        return no_memory(err);
    if (text.len > 0)
        memcpy(*out, text.data, text.len);
    (*out)[text.len] = '\0';
    return CKPT_OK;
}

int ckmy_tls_parse(enum ckmy_tls *tls_out, struct ckpt_str text, struct ckpt_error *err)
{
    if (is(text, "") || is(text, "false"))
        *tls_out = CKMY_TLS_OFF;
    else if (is(text, "true"))
        *tls_out = CKMY_TLS_VERIFY;
    else if (is(text, "skip-verify"))
        *tls_out = CKMY_TLS_SKIP_VERIFY;
    else if (is(text, "preferred"))
        *tls_out = CKMY_TLS_PREFERRED;
    else
        return refuse(err, "tls is none of true, false, skip-verify and preferred");
    return CKPT_OK;
}

static int parse_parameter(struct ckmy_dsn *dsn, struct ckpt_str parameter, struct ckpt_error *err)
{
    size_t equals = find(parameter, '=', false), i;
    struct ckpt_str name = slice(parameter, 0, equals);

    if (parameter.len == 0)
        return CKPT_OK;
    if (equals == parameter.len)
        return refuse(err, "a parameter after '?' has no value");
    if (is(name, "tls"))
        return ckmy_tls_parse(&dsn->tls, slice(parameter, equals + 1, parameter.len), err);
    for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        if (is(name, ignored[i]))
            return CKPT_OK;
    return refuse(err, "a parameter after '?' is not known");
}

static int parse_parameters(struct ckmy_dsn *dsn, struct ckpt_str text, struct ckpt_error *err)
{
    int rc = CKPT_OK;

    while (rc == CKPT_OK && text.len > 0) {
        size_t end = find(text, '&', false);

        rc = parse_parameter(dsn, slice(text, 0, end), err);
        text = slice(text, end < text.len ? end + 1 : end, text.len);
    }
    return rc;
}

static int parse_port(unsigned *port_out, struct ckpt_str text, struct ckpt_error *err)
{
    unsigned long port = 0;
    size_t i;

    if (text.len == 0 || text.len > 5)
        return refuse(err, "the port is not a number from 1 to 65535");
    for (i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return refuse(err, "the port is not a number from 1 to 65535");
        port = port * 10 + (unsigned long)(text.data[i] - '0');
    }
    if (port == 0 || port > 65535)
        return refuse(err, "the port is not a number from 1 to 65535");
    *port_out = (unsigned)port;
    return CKPT_OK;
}

/* HOST, HOST:PORT, [IPv6], [IPv6]:PORT */
static int parse_tcp(struct ckmy_dsn *dsn, struct ckpt_str address, struct ckpt_error *err)
{
    struct ckpt_str host = address, port = slice(address, address.len, address.len);
    bool bracket = address.len > 0 && address.data[0] == '[';
    size_t end = bracket ? find(address, ']', false) : find(address, ':', false);
    size_t colon = bracket ? end + 1 : end;

    if (bracket) {
        if (end == address.len)
            return refuse(err, "the address begins with '[' and has no ']'");
        if (colon < address.len && address.data[colon] != ':')
            return refuse(err, "after the ']' of the address only ':' and a port may follow");
        host = slice(address, 1, end);
    } else {
        host = slice(address, 0, end);
    }
    if (host.len == 0)
        return refuse(err, "the host is missing");
    dsn->port = DEFAULT_PORT;
    if (colon < address.len) {
        int rc;

        port = slice(address, colon + 1, address.len);
        if (!bracket && find(port, ':', false) < port.len)
            return refuse(err, "an IPv6 address stands in brackets: tcp([ADDRESS]:PORT)");
        rc = parse_port(&dsn->port, port, err);
        if (rc != CKPT_OK)
            return rc;
    }
    return copy(&dsn->host, host, err);
}

static int parse_address(struct ckmy_dsn *dsn, struct ckpt_str text, struct ckpt_error *err)
{
    size_t paren = find(text, '(', false);
    struct ckpt_str network = slice(text, 0, paren), address;
    static const struct ckpt_str default_host = {DEFAULT_HOST, sizeof(DEFAULT_HOST) - 1};

    if (text.len == 0)
        return parse_tcp(dsn, default_host, err);
    if (paren == text.len || text.data[text.len - 1] != ')')
        return refuse(err, "the address is neither tcp(...) nor unix(...)");
    address = slice(text, paren + 1, text.len - 1);
    if (is(network, "tcp"))
        return parse_tcp(dsn, address, err);
    if (!is(network, "unix"))
        return refuse(err, "the address is neither tcp(...) nor unix(...)");
    if (address.len == 0)
        return refuse(err, "the path of the socket is missing");
    return copy(&dsn->socket, address, err);
}

static int parse_user(struct ckmy_dsn *dsn, struct ckpt_str text, struct ckpt_error *err)
{
    size_t colon = find(text, ':', false);
    size_t password = colon < text.len ? colon + 1 : colon;
    int rc;

    if (colon == 0)
        return refuse(err, "the user is missing");
    rc = copy(&dsn->user, slice(text, 0, colon), err);
    if (rc != CKPT_OK)
        return rc;
    return copy(&dsn->password, slice(text, password, text.len), err);
}

static int parse(struct ckmy_dsn *dsn, struct ckpt_str text, struct ckpt_error *err)
{
    size_t slash = find(text, '/', true), at, question;
    struct ckpt_str rest;
    int rc;

    if (text.len > 0 && memchr(text.data, '\0', text.len))
        return refuse(err, "it holds a NUL byte");
    if (slash == text.len)
        return refuse(err, "the '/' after the address is missing");
    rest = slice(text, slash + 1, text.len);
    text = slice(text, 0, slash);
    at = find(text, '@', true);
    if (at == text.len)
        return refuse(err, "the '@' between user and address is missing");
    question = find(rest, '?', false);
    if (question > 0)
        return refuse(err, "nothing but parameters may follow the '/': the database is "
                           "checkpoint.schema");
    rc = parse_user(dsn, slice(text, 0, at), err);
    if (rc == CKPT_OK)
        rc = parse_address(dsn, slice(text, at + 1, text.len), err);
    if (rc == CKPT_OK && question < rest.len)
        rc = parse_parameters(dsn, slice(rest, question + 1, rest.len), err);
    return rc;
}

int ckmy_dsn_parse(struct ckmy_dsn *dsn_out, struct ckpt_str text, struct ckpt_error *err)
{
    struct ckmy_dsn dsn = {0};
    int rc = parse(&dsn, text, err);

    if (rc == CKPT_OK)
        *dsn_out = dsn;
    else
        ckmy_dsn_done(&dsn);
    return rc;
}

void ckmy_dsn_done(struct ckmy_dsn *dsn)
{
    if (dsn->password)
        explicit_bzero(dsn->password, strlen(dsn->password));
    free(dsn->user);
    free(dsn->password);
    free(dsn->host);
    free(dsn->socket);
    memset(dsn, 0, sizeof(*dsn));
}
