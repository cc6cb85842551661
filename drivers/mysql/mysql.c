/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checkpoint driver "mysql": records in tables of a schema on a MariaDB, MySQL or TiDB server,
 * with TiDB Lightning's table names and columns. See mysql.md. Here: opening and closing, and the
 * table of methods; what they do is in apply.c, load.c and retire.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "connect.h"
#include "error.h"
#include "layout.h"
#include "load.h"
#include "retire.h"
#include "rights.h"
#include "views.h"

static void ckmy_close(struct ckpt_store *store)
{
    if (!store)
        return;
    ckmy_disconnect(store);
    ckmy_buf_done(&store->sql);
    ckmy_dsn_done(&store->dsn);
    free(store->tls_ca);
    free(store->tls_cert);
    free(store->tls_key);
    free(store->schema);
    free(store->where);
    free(store);
}

static int copy(char **copy_out, struct ckpt_str text, struct ckpt_error *err)
{
    *copy_out = malloc(text.len + 1);
    if (!*copy_out)
        return ckmy_no_memory(err);
    if (text.len > 0)
        memcpy(*copy_out, text.data, text.len);
    (*copy_out)[text.len] = '\0';
    return CKPT_OK;
}

static bool equal(struct ckpt_str a, struct ckpt_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* The servers refuse NUL, trailing spaces, and more than 64 characters, with less clear words. */
static int check_schema(struct ckpt_str schema, struct ckpt_error *err)
{
    const char *problem = NULL;
    size_t pos = 0, chars = 0;

    while (pos < schema.len) {
        size_t size = ckmy_utf8_char((const unsigned char *)schema.data + pos, schema.len - pos);

        if (size == 0 || size == 4 || schema.data[pos] == '\0')
            problem = "has a character that the server does not allow";
        pos += size > 0 ? size : 1;
        chars++;
    }
    if (schema.len == 0)
        problem = "is empty";
    else if (chars > CKMY_MAX_SCHEMA)
        problem = "has more than 64 characters";
    else if (schema.data[schema.len - 1] == ' ')
        problem = "ends with a space";
    if (!problem)
        return CKPT_OK;
    return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "the checkpoint schema '%.*s' %s",
                          (int)(schema.len < 300 ? schema.len : 300), schema.len ? schema.data : "",
                          problem);
}

/* With the target's own DSN the target's TLS settings count; a socket has nobody in between. */
static int set_tls(struct ckpt_store *store, const struct ckpt_open_args *args,
                   struct ckpt_error *err)
{
    int rc;

    if (store->dsn.tls != CKMY_TLS_UNSET)
        return CKPT_OK;
    store->dsn.tls = CKMY_TLS_OFF;
    if (!equal(args->dsn, args->target_dsn))
        return CKPT_OK;
    rc = ckmy_tls_parse(&store->dsn.tls, args->tls_mode, err);
    if (rc != CKPT_OK)
        return rc;
    if (args->tls_mode.len == 0 && args->tls_ca.len > 0)
        store->dsn.tls = CKMY_TLS_VERIFY;
    if (store->dsn.socket && store->dsn.tls != CKMY_TLS_OFF)
        store->dsn.tls = CKMY_TLS_PREFERRED;
    rc = copy(&store->tls_ca, args->tls_ca, err);
    if (rc == CKPT_OK)
        rc = copy(&store->tls_cert, args->tls_cert, err);
    if (rc == CKPT_OK)
        rc = copy(&store->tls_key, args->tls_key, err);
    return rc;
}

static int set_where(struct ckpt_store *store, struct ckpt_error *err)
{
    const struct ckmy_dsn *dsn = &store->dsn;
    bool ipv6 = dsn->host && strchr(dsn->host, ':');
    int len;

    if (dsn->socket)
        len = asprintf(&store->where, "the schema `%s` on the socket '%s'", store->schema,
                       dsn->socket);
    else
        len = asprintf(&store->where, "the schema `%s` on %s%s%s:%u", store->schema,
                       ipv6 ? "[" : "", dsn->host, ipv6 ? "]" : "", dsn->port);
    if (len >= 0)
        return CKPT_OK;
    store->where = NULL;
    return ckmy_no_memory(err);
}

static int set_up(struct ckpt_store *store, const struct ckpt_open_args *args,
                  struct ckpt_error *err)
{
    int rc = check_schema(args->schema, err);

    store->host = args->host;
    store->read_only = (args->flags & CKPT_OPEN_READ_ONLY) != 0;
    if (rc == CKPT_OK)
        rc = ckmy_dsn_parse(&store->dsn, args->dsn, err);
    if (rc == CKPT_OK)
        rc = copy(&store->schema, args->schema, err);
    if (rc == CKPT_OK)
        rc = set_where(store, err);
    if (rc == CKPT_OK)
        rc = set_tls(store, args, err);
    return rc;
}

/* CKPT_NOT_FOUND: there is nothing, or nothing finished. */
static int look(struct ckpt_store *store, struct ckpt_error *err)
{
    int rc = ckmy_connect(store, err), neighbours;

    if (rc == CKPT_OK)
        rc = ckmy_select_schema(store, err);
    if (rc != CKPT_OK)
        return rc;
    rc = ckmy_layout_inspect(store, err);
    if (rc != CKPT_OK && rc != CKPT_NOT_FOUND)
        return rc;
    neighbours = ckmy_layout_check_neighbours(store, rc == CKPT_OK, err);
    return neighbours == CKPT_OK ? rc : neighbours;
}

/* What a killed process did not get to is done now. */
static int complete(struct ckpt_store *store, bool tables, struct ckpt_error *err)
{
    int rc = tables ? CKPT_OK : ckmy_layout_create(store, err);

    if (rc == CKPT_OK)
        rc = ckmy_layout_check_writable(store, err);
    if (rc == CKPT_OK)
        ckmy_views_refresh(store);
    return rc;
}

/* Looks at what there is and at what this account may do with it: either answers before the first
   change. The privileges first, of whom a look of a denied account says nothing. */
static int look_with_rights(struct ckpt_store *store, uint32_t flags, struct ckpt_error *err)
{
    struct ckmy_intent intent = {.write = !store->read_only || (flags & CKPT_OPEN_CHECK_WRITE) != 0,
                                 .rename = (flags & CKPT_OPEN_WILL_RENAME) != 0};
    struct ckpt_error lacking = {.struct_size = (uint32_t)sizeof(lacking)};
    int rc = look(store, err), rights;

    if ((rc != CKPT_OK && rc != CKPT_NOT_FOUND && rc != CKPT_ERR_DENIED) || !store->connection)
        return rc;
    intent.create = rc != CKPT_OK;
    rights = ckmy_rights_check(store, &intent, &lacking);
    if (rights == CKPT_OK)
        return rc;
    ckmy_error_copy(err, &lacking);
    return rights;
}

static int ckmy_open(struct ckpt_store **store_out, const struct ckpt_open_args *args,
                     struct ckpt_error *err)
{
    struct ckpt_store *store = calloc(1, sizeof(*store));
    bool tables;
    int rc;

    if (!store)
        return ckmy_no_memory(err);
    rc = set_up(store, args, err);
    if (rc == CKPT_OK)
        rc = look_with_rights(store, args->flags, err);
    tables = rc == CKPT_OK;
    if (rc == CKPT_NOT_FOUND) {
        ckmy_error_clear(err);
        rc = CKPT_OK;
    }
    if (rc == CKPT_OK && !store->read_only)
        rc = complete(store, tables, err);
    store->layout_seen = rc == CKPT_OK && (tables || !store->read_only);
    if (rc == CKPT_OK)
        *store_out = store;
    else
        ckmy_close(store);
    return rc;
}

static int ckmy_describe(struct ckpt_store *store, char *text_out, size_t size,
                         struct ckpt_error *err)
{
    size_t len = strlen(store->where);

    if (len >= size)
        return ckpt_error_set(err, CKPT_ERR, 0, "no room for the name of the checkpoint");
    memcpy(text_out, store->where, len + 1);
    return CKPT_OK;
}

static int ckmy_default_dsn(const struct ckpt_open_args *args, char *dsn_out, size_t size,
                            struct ckpt_error *err)
{
    if (args->target_dsn.len == 0) {
        (void)ckpt_error_set(err, CKPT_ERR_USAGE, 0, "the checkpoint driver mysql needs a server");
        return ckpt_error_hint(err, CKPT_ERR_USAGE,
                               "set checkpoint.dsn to \"USER:PASSWORD@tcp(HOST:PORT)/\"");
    }
    if (args->target_dsn.len >= size)
        return ckpt_error_set(err, CKPT_ERR_USAGE, 0, "the DSN of the target is too long");
    memcpy(dsn_out, args->target_dsn.data, args->target_dsn.len);
    dsn_out[args->target_dsn.len] = '\0';
    return CKPT_OK;
}

static const struct ckpt_driver mysql_driver = {
    CKPT_DRIVER_HEADER,
    .capabilities = CKPT_CAP_SHARED,
    .name = "mysql",
    .version = "1",
    .open = ckmy_open,
    .close = ckmy_close,
    .apply = ckmy_apply,
    .load_task = ckmy_load_task,
    .load_table = ckmy_load_table,
    .each_table = ckmy_each_table,
    .retire = ckmy_retire,
    .describe = ckmy_describe,
    .default_dsn = ckmy_default_dsn,
};

CKPT_DRIVER_EXPORT(mysql_driver);
