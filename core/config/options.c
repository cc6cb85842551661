/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Life of struct tl_options (see options.h): environment, flags and file in, one checked struct
 * out.
 */
#include "core/config/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/secret.h"
#include "core/config/settings.h"
#include "core/config/string_list.h"
#include "core/config/toml_lists.h"

enum { DSN_MAX = 64 * 1024 };

static int read_environment(struct tl_settings *settings, struct tl_error *err)
{
    const char *password = getenv("TIDB_LIGHTNING_PASSWORD");

    if (!password || !*password)
        return TL_OK;
    return tl_settings_put(settings, tl_option_by_key("tidb", "password"), TL_FROM_ENVIRONMENT,
                           password, err);
}

/* --help and --version must work whatever the file says. */
static int read_config(struct tl_settings *settings, struct tl_error *err)
{
    const char *path = tl_settings_text(settings, NULL, "config");

    if (!path || tl_settings_given(settings, NULL, "help") ||
        tl_settings_given(settings, NULL, "version"))
        return TL_OK;
    return tl_settings_read_file(settings, path, err);
}

int tl_options_load(struct tl_options **options_out, enum tl_program program, int argc, char **argv,
                    struct tl_error *err)
{
    TL_CLEANUP(tl_options_free_p) struct tl_options *options = calloc(1, sizeof(*options));
    struct tl_settings settings;
    int rc;

    if (!options)
        return tl_error_nomem(err);
    rc = tl_settings_init(&settings, options, program, err);
    if (rc != TL_OK)
        return rc;
    rc = tl_settings_read_flags(&settings, argc, argv, err);
    if (rc == TL_OK)
        rc = read_environment(&settings, err);
    if (rc == TL_OK)
        rc = read_config(&settings, err);
    if (rc == TL_OK)
        rc = tl_settings_apply(&settings, err);
    if (rc == TL_OK)
        rc = tl_settings_resolve(&settings, err);
    tl_settings_done(&settings);
    if (rc != TL_OK)
        return rc;
    *options_out = options;
    options = NULL;
    return TL_OK;
}

void tl_options_free(struct tl_options *options)
{
    if (!options)
        return;
    for (size_t i = 0; i < tl_option_count; i++) {
        const struct tl_option *row = &tl_option_rows[i];
        void *field = (char *)options + (row->offset == TL_NO_FIELD ? 0 : row->offset);

        if (row->offset == TL_NO_FIELD)
            continue;
        if (row->type == TL_TYPE_STRING)
            tl_secret_free(*(char **)field);
        else if (row->type == TL_TYPE_STRINGS)
            tl_strings_done(field);
    }
    for (size_t i = 0; i < tl_option_list_count; i++)
        tl_list_done(options, &tl_option_lists[i]);
    tl_pairs_free(options->driver_options, options->driver_option_count);
    tl_pairs_free(options->session_vars, options->session_var_count);
    tl_strings_done(&options->warnings);
    free(options);
}

char *tl_options_target_dsn(const struct tl_options *options)
{
    struct tl_buf dsn;
    bool ipv6 = strchr(options->host, ':') != NULL;
    int rc;

    /* Room is made once: growing would leave copies of the secret behind. */
    tl_buf_init(&dsn, DSN_MAX);
    rc = tl_buf_reserve(&dsn, strlen(options->user) + strlen(options->password) +
                                  strlen(options->host) + strlen(options->socket) + 64);
    if (rc == TL_OK)
        rc = tl_buf_addf(&dsn, "%s%s%s@", options->user, *options->password ? ":" : "",
                         options->password);
    if (rc == TL_OK && *options->socket)
        rc = tl_buf_addf(&dsn, "unix(%s)/", options->socket);
    else if (rc == TL_OK)
        rc = tl_buf_addf(&dsn, "tcp(%s%s%s:%u)/", ipv6 ? "[" : "", options->host, ipv6 ? "]" : "",
                         (unsigned)options->port);
    if (rc == TL_OK)
        return tl_buf_steal(&dsn);
    tl_buf_done(&dsn);
    return NULL;
}

int tl_options_show(char *text, struct tl_error *err)
{
    if (!text)
        return tl_error_nomem(err);
    fputs(text, stdout);
    free(text);
    return TL_OK;
}

size_t tl_options_operations(const struct tl_options *options)
{
    return (size_t)(options->ctl_remove != NULL) + (size_t)(options->ctl_error_ignore != NULL) +
           (size_t)(options->ctl_error_destroy != NULL) + (size_t)(options->ctl_dump != NULL) +
           (size_t)(options->ctl_copy_to != NULL) + (size_t)(options->ctl_import != NULL) +
           (size_t)options->ctl_list + (size_t)options->ctl_rebuild;
}
