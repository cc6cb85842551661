/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See server.h. Most is read with one SHOW VARIABLES, which leaves out what a server does not know.
 */
#include "core/target/server.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/target/rights.h"
#include "core/target/server_identity.h"

#define FIELD(name, member)                                   \
    {                                                         \
        name, offsetof(struct tl_server_variables, member),   \
            sizeof(((struct tl_server_variables *)0)->member) \
    }

static const struct {
    const char *name;
    size_t offset;
    size_t size;
} fields[] = {FIELD("version", version),
              FIELD("version_comment", version_comment),
              FIELD("hostname", hostname),
              FIELD("port", port),
              FIELD("datadir", datadir),
              FIELD("server_uid", server_uid),
              FIELD("server_uuid", server_uuid),
              FIELD("log_bin", log_bin),
              FIELD("binlog_format", binlog_format),
              FIELD("innodb_flush_log_at_trx_commit", flush),
              FIELD("read_only", read_only),
              FIELD("super_read_only", super_read_only),
              FIELD("innodb_read_only", innodb_read_only),
              FIELD("tidb_restricted_read_only", tidb_read_only),
              FIELD("tidb_super_read_only", tidb_super_read_only),
              FIELD("lower_case_table_names", lower_case),
              FIELD("max_allowed_packet", max_packet)};

enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

static int take_variable(char **columns, const unsigned long *lengths, unsigned count,
                         void *payload, struct tl_error *err)
{
    (void)lengths, (void)err;
    for (size_t i = 0; count >= 2 && columns[0] && columns[1] && i < FIELD_COUNT; i++)
        if (strcasecmp(columns[0], fields[i].name) == 0)
            snprintf((char *)payload + fields[i].offset, fields[i].size, "%s", columns[1]);
    return TL_OK;
}

static int load_variables(struct tl_server_variables *variables, struct tl_session *session,
                          struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc;

    memset(variables, 0, sizeof(*variables));
    tl_buf_init(&sql, 4096);
    rc = tl_buf_adds(&sql, "SHOW VARIABLES WHERE Variable_name IN (''");
    for (size_t i = 0; rc == TL_OK && i < FIELD_COUNT; i++)
        rc = tl_buf_addf(&sql, ",'%s'", fields[i].name);
    if (rc == TL_OK)
        rc = tl_buf_adds(&sql, ")");
    if (rc != TL_OK)
        return tl_error_nomem(err);
    return tl_session_query(session, sql.data, take_variable, variables, err);
}

/* "10.11.19-..." is 101119, "8.0.36" is 80036; TiDB says "8.0.11-TiDB-v8.5.1". */
static uint32_t parse_version(const char *text)
{
    const char *tidb = strstr(text, "TiDB-v");
    unsigned major = 0, minor = 0, patch = 0;

    if (tidb)
        text = tidb + strlen("TiDB-v");
    else if (strncmp(text, "5.5.5-", 6) == 0 && strstr(text, "MariaDB"))
        text += 6; /* what MariaDB tells old replicas */
    if (sscanf(text, "%3u.%3u.%3u", &major, &minor, &patch) < 2)
        return 0;
    return (uint32_t)(major * 10000 + minor * 100 + patch);
}

static enum tl_server_kind kind_of(const struct tl_server_variables *variables, bool extended)
{
    if (strstr(variables->version, "TiDB") || strstr(variables->version_comment, "TiDB"))
        return TL_SERVER_TIDB;
    if (extended || strcasestr(variables->version, "MariaDB") ||
        strcasestr(variables->version_comment, "MariaDB") || variables->server_uid[0])
        return TL_SERVER_MARIADB;
    return TL_SERVER_MYSQL;
}

/* The upper 32 bits of the capabilities, which only MariaDB sends. */
static unsigned long extended_capabilities(struct tl_session *session)
{
    unsigned long bits = 0;

    if (mariadb_get_infov(tl_session_mysql(session),
                          MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &bits) != 0)
        return 0;
    return bits;
}

static bool is_on(const char *value)
{
    return *value && strcasecmp(value, "OFF") != 0 && strcmp(value, "0") != 0;
}

/* Whether our user's writes are refused. MariaDB took the right out of SUPER in 10.11. */
static int find_read_only(struct tl_server *server, const struct tl_server_variables *variables,
                          struct tl_session *session, struct tl_error *err)
{
    static const char *const exempt[] = {"ALL PRIVILEGES",
                                         "READ ONLY ADMIN",
                                         "READ_ONLY ADMIN",
                                         "RESTRICTED_REPLICA_WRITER_ADMIN",
                                         "CONNECTION_ADMIN",
                                         "SUPER",
                                         NULL};
    static const char *const without_super[] = {"ALL PRIVILEGES", "READ ONLY ADMIN",
                                                "READ_ONLY ADMIN", NULL};
    bool everybody = is_on(variables->super_read_only) || is_on(variables->innodb_read_only);
    bool most = is_on(variables->read_only) || is_on(variables->tidb_read_only) ||
                is_on(variables->tidb_super_read_only);
    bool newer = server->kind == TL_SERVER_MARIADB && server->version >= 101100;
    bool may = false;
    int rc = TL_OK;

    if (most && !everybody)
        rc = tl_rights_global(session, newer ? without_super : exempt, &may, err);
    server->read_only = everybody || (most && !may);
    return rc;
}

static void fill(struct tl_server *server, const struct tl_server_variables *variables,
                 unsigned long extended)
{
    server->kind = kind_of(variables, extended != 0);
    server->version = parse_version(variables->version);
    snprintf(server->version_text, sizeof(server->version_text), "%s", variables->version);
    server->bulk = server->kind == TL_SERVER_MARIADB &&
                   (extended & (unsigned long)(MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
    server->repeatable_read = server->kind != TL_SERVER_TIDB && is_on(variables->log_bin) &&
                              strcasecmp(variables->binlog_format, "STATEMENT") == 0;
    /* MariaDB's 3 flushes as often as 1 does. */
    server->durable_commits =
        server->kind == TL_SERVER_TIDB || strcmp(variables->flush, "1") == 0 ||
        (server->kind == TL_SERVER_MARIADB && strcmp(variables->flush, "3") == 0);
    server->max_allowed_packet = strtoull(variables->max_packet, NULL, 10);
    server->lower_case_table_names = (uint32_t)strtoul(variables->lower_case, NULL, 10);
}

int tl_server_probe(struct tl_server *server_out, struct tl_session *session, struct tl_error *err)
{
    struct tl_server_variables variables;
    struct tl_server server;
    int rc = load_variables(&variables, session, err);

    if (rc != TL_OK)
        return rc;
    memset(&server, 0, sizeof(server));
    fill(&server, &variables, extended_capabilities(session));
    rc = find_read_only(&server, &variables, session, err);
    if (rc == TL_OK)
        rc = tl_server_identify(&server, &variables, session, err);
    if (rc == TL_OK)
        rc = tl_server_find_start(&server, session, err);
    if (rc == TL_OK)
        *server_out = server;
    return rc;
}

/* A needless "restarted" costs one reading of the ledger, a missed one costs rows. */
static bool same_start(const struct tl_server *a, const struct tl_server *b)
{
    double slack = a->start_exact && b->start_exact ? 0.5 : 1.2;

    if (a->clock_seq[0] && b->clock_seq[0] && strcmp(a->clock_seq, b->clock_seq) != 0)
        return false;
    return fabs(a->start_time - b->start_time) <= slack;
}

int tl_server_check(const struct tl_server *known, struct tl_session *session, struct tl_error *err)
{
    struct tl_server_variables variables;
    struct tl_server now = {.kind = known->kind};
    int rc = load_variables(&variables, session, err);

    if (rc == TL_OK)
        rc = tl_server_identify(&now, &variables, session, err);
    if (rc == TL_OK)
        rc = tl_server_find_start(&now, session, err);
    if (rc != TL_OK)
        return rc;
    if (strcmp(now.identity, known->identity) != 0) {
        tl_error_set(err, TL_ERR_REFUSED, "the target is another server now: '%s' instead of '%s'",
                     now.identity, known->identity);
        return tl_error_hint(err, "make tidb.host lead to the server of the first start; data that "
                                  "it had committed is not known to be on this one");
    }
    if (!same_start(&now, known))
        return tl_error_set(err, TL_ERR_RESTARTED, "the target server was restarted");
    return TL_OK;
}

const char *tl_server_kind_name(enum tl_server_kind kind)
{
    switch (kind) {
    case TL_SERVER_MYSQL:
        return "MySQL";
    case TL_SERVER_MARIADB:
        return "MariaDB";
    case TL_SERVER_TIDB:
        return "TiDB";
    }
    return "unknown";
}
