/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of core/target share: options for the throwaway server whose Unix socket
 * TL_TEST_SOCKET names (user root, no password).
 */
#ifndef TL_TESTS_TARGET_TEST_H
#define TL_TESTS_TARGET_TEST_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/target/session.h"

/* NULL: there is no server, and tests that need one are not registered. */
static inline const char *test_socket(void)
{
    const char *path = getenv("TL_TEST_SOCKET");

    return path && *path ? path : NULL;
}

static inline struct tl_options test_options(void)
{
    static char host[] = "127.0.0.1", user[] = "root", none[] = "", charset[] = "auto";
    static char path[108];
    struct tl_options options;

    memset(&options, 0, sizeof(options));
    strncpy(path, test_socket() ? test_socket() : "", sizeof(path) - 1);
    options.host = host;
    options.port = 4000;
    options.socket = path;
    options.user = user;
    options.password = none;
    options.character_set = charset;
    options.sql_mode = none;
    options.retry_timeout = 5;
    return options;
}

static inline struct tl_session *test_session(const struct tl_options *options)
{
    struct tl_session *session = NULL;
    struct tl_error err;

    tl_error_init(&err);
    ck_assert_msg(tl_session_open(&session, options, &err) == TL_OK, "%s", err.message);
    return session;
}

static inline void test_exec(struct tl_session *session, const char *sql)
{
    struct tl_error err;

    tl_error_init(&err);
    ck_assert_msg(tl_session_exec(session, sql, strlen(sql), NULL, &err) == TL_OK, "%s: %s", sql,
                  err.message);
}

#endif
