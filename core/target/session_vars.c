/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See session_vars.h.
 */
#include "core/target/session_vars.h"

#include <ctype.h>
#include <stdatomic.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/log.h"

enum { UNKNOWN_VARIABLE = 1193 };

/* One bit a configured variable: that its warning is in the log. Many sessions are opened, and
   their options are const. */
static atomic_uint_fast64_t warned;

static const char common_vars[] =
    /* Tables are loaded in any order. A dump that is idle between two files must not be cut off by
       a server that is strict with web applications. */
    "SET NAMES utf8mb4; SET SESSION autocommit=1,foreign_key_checks=0,wait_timeout=28800,"
    "net_read_timeout=600,net_write_timeout=600,"
    /* Our own statements mean the same under any global mode; rows and schemas have another. */
    "sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'";

/* A server's global limits are meant for others; not every server knows each of them. */
static const char *const limits[] = {"sql_select_limit=18446744073709551615", "sql_safe_updates=0",
                                     "max_statement_time=0", "max_execution_time=0"};

static const char *const tidb_vars[] = {
    "allow_auto_random_explicit_insert=1", "tidb_opt_write_row_id=1",
    "tidb_constraint_check_in_place=1", "tidb_constraint_check_in_place_pessimistic=1"};

static bool name_is_plain(const char *name)
{
    if (!*name)
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_' && *name != '.')
            return false;
    return true;
}

/* A number or a keyword that the server takes only without quotes. */
static bool value_is_bare(const char *value)
{
    const char *digits = *value == '-' ? value + 1 : value;

    if (strcasecmp(value, "default") == 0)
        return true;
    return *digits && strspn(digits, "0123456789.") == strlen(digits) &&
           strspn(digits, ".") < strlen(digits);
}

static int set_configured(struct tl_session *session, const struct tl_pair *pair, size_t index,
                          struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    uint64_t bit = UINT64_C(1) << (index % 64);
    int rc;

    tl_buf_init(&sql, 1 << 20);
    if (!name_is_plain(pair->name))
        return tl_error_set(err, TL_ERR_USAGE, "tidb.session-vars: '%s' is not a variable's name",
                            pair->name);
    rc = tl_buf_addf(&sql, "SET SESSION %s=", pair->name);
    if (rc == TL_OK)
        rc = value_is_bare(pair->value) ? tl_buf_adds(&sql, pair->value)
                                        : tl_sql_add_text(&sql, pair->value, strlen(pair->value));
    if (rc != TL_OK)
        return tl_error_nomem(err);
    rc = tl_session_exec(session, sql.data, sql.len, NULL, err);
    if (rc == TL_ERR_DB && err->native == UNKNOWN_VARIABLE) {
        if (!(atomic_fetch_or(&warned, bit) & bit))
            tl_log(TL_LOG_WARN,
                   "the server does not know a variable of tidb.session-vars, "
                   "it is left out",
                   TL_STR("variable", pair->name), TL_END);
        return TL_OK;
    }
    if (rc != TL_OK && !tl_error_is_lost(err))
        return tl_error_context(err, "tidb.session-vars: %s", pair->name);
    return rc;
}

static int set_known(struct tl_session *session, const char *const *vars, size_t count,
                     struct tl_error *err)
{
    int rc = TL_OK;

    for (size_t i = 0; rc == TL_OK && i < count; i++) {
        rc = tl_session_execf(session, err, "SET SESSION %s", vars[i]);
        if (rc == TL_ERR_DB && err->native == UNKNOWN_VARIABLE)
            rc = TL_OK;
    }
    return rc;
}

int tl_session_set_vars(struct tl_session *session, const struct tl_options *options, bool tidb,
                        struct tl_error *err)
{
    int rc = tl_session_exec(session, common_vars, sizeof(common_vars) - 1, NULL, err);

    if (rc == TL_OK)
        rc = set_known(session, limits, sizeof(limits) / sizeof(limits[0]), err);
    if (rc == TL_OK && tidb)
        rc = set_known(session, tidb_vars, sizeof(tidb_vars) / sizeof(tidb_vars[0]), err);
    for (size_t i = 0; rc == TL_OK && i < options->session_var_count; i++)
        rc = set_configured(session, &options->session_vars[i], i, err);
    return rc;
}
