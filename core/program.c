/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See program.h.
 */
#include "core/program.h"

#include <inttypes.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "core/base/log.h"
#include "core/driver_info.h"

/* As in enum tl_exit of the import room, which is above this file. */
enum { FAILED_EXIT = 1, USAGE_EXIT = 2 };

#define MEGABYTE (UINT64_C(1024) * 1024)

void tl_program_protect(void)
{
    struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    umask(077);
}

static enum tl_log_level level_of(const char *name)
{
    static const char *const names[] = {"debug", "info", "warn", "error", "fatal"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(name, names[i]) == 0)
            return (enum tl_log_level)i;
    return TL_LOG_INFO;
}

static void default_path(char *path, size_t size)
{
    time_t now = time(NULL);
    struct tm parts;

    localtime_r(&now, &parts);
    strftime(path, size, "/tmp/lightning.log.%Y-%m-%dT%H.%M.%S%z", &parts);
}

int tl_program_open_log(const struct tl_options *options, enum tl_program program,
                        struct tl_error *err)
{
    char path[128];
    struct tl_log_settings settings = {
        .level = level_of(options->log_level),
        .format = strcmp(options->log_format, "json") == 0 ? TL_LOG_JSON : TL_LOG_TEXT,
        .path = options->log_file,
        .max_bytes = options->log_max_size * MEGABYTE,
        .max_backups = (uint32_t)options->log_max_backups};
    int rc;

    if (!options->log_file[0]) {
        default_path(path, sizeof(path));
        settings.path = path;
    }
    rc = tl_log_open(&settings, err);
    if (rc != TL_OK)
        return rc;
    if (!options->log_file[0] && program == TL_PROGRAM_LOADER)
        printf("Verbose debug logs will be written to %s\n\n", path);
    fflush(stdout);
    for (size_t i = 0; i < options->warnings.count; i++)
        tl_log(TL_LOG_WARN, options->warnings.items[i], TL_END);
    return TL_OK;
}

int tl_program_answer(const struct tl_options *options, enum tl_program program,
                      struct tl_error *err)
{
    int rc = TL_OK;

    if (options->action == TL_ACTION_HELP)
        rc = tl_options_show(tl_options_help(program), err);
    else if (options->action == TL_ACTION_VERSION)
        printf("Release Version: %s\nProgram: tidb-lightning in C, logical mode\n", TL_VERSION);
    else if (options->action == TL_ACTION_PRINT_CONFIG)
        rc = tl_driver_print_config(options, err);
    else if (options->action == TL_ACTION_LIST_DRIVERS)
        rc = tl_driver_list(options, err);
    else
        rc = tl_driver_describe(options, err);
    return rc == TL_OK ? 0 : rc == TL_ERR_USAGE ? USAGE_EXIT : 1;
}

void tl_program_complain(const char *name, const struct tl_error *err)
{
    fprintf(stderr, "%s: error: %s\n", name, err->message);
    if (err->hint[0])
        fprintf(stderr, "HINT: %s\n", err->hint);
    if (tl_log_is_open())
        tl_log_error(TL_LOG_ERROR, "tidb lightning encountered error", err);
}

int tl_program_main(enum tl_program program, const char *name, int argc, char **argv,
                    tl_program_fn work)
{
    TL_CLEANUP(tl_options_free_p) struct tl_options *options = NULL;
    struct tl_error err;
    int code = USAGE_EXIT;

    tl_error_init(&err);
    tl_program_protect();
    if (mysql_library_init(0, NULL, NULL) != 0)
        tl_error_set(&err, TL_ERR, "cannot initialise the client library");
    else if (tl_options_load(&options, program, argc, argv, &err) == TL_OK)
        code = options->action == TL_ACTION_RUN ? work(options, &err)
                                                : tl_program_answer(options, program, &err);
    if (err.code == TL_ERR_NOMEM && !options)
        code = FAILED_EXIT;
    if (err.code != TL_OK && code != 0)
        tl_program_complain(name, &err);
    tl_log_close();
    mysql_library_end();
    return code;
}
