/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of both programs as one struct, filled from one table of rows (option_table.c): the
 * configuration file first, then the command line. Const after tl_options_load.
 */
#ifndef TL_CONFIG_OPTIONS_H
#define TL_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

/* A list of strings; owned by its options. */
struct tl_strings {
    char **items;
    size_t count;
};

enum tl_keep { TL_KEEP_REMOVE, TL_KEEP_RENAME, TL_KEEP_ORIGIN };
enum tl_conflict { TL_CONFLICT_ERROR, TL_CONFLICT_REPLACE, TL_CONFLICT_IGNORE };
enum tl_level_switch { TL_OFF, TL_OPTIONAL, TL_REQUIRED };

/* One [[mydumper.files]] entry; strings NULL when not given. */
struct tl_file_rule {
    char *pattern;
    char *path;
    char *schema;
    char *table;
    char *type;
    char *key;
    char *compression;
};

/* One [[routes]] entry. */
struct tl_route {
    char *schema_pattern;
    char *table_pattern;
    char *target_schema;
    char *target_table;
};

/* One [[mydumper.ignore-data-columns]] entry. */
struct tl_ignore_columns {
    char *db;
    char *table;
    struct tl_strings table_filter;
    struct tl_strings columns;
};

/* name = value: [tidb.session-vars] and checkpoint.<driver>.<name>. */
struct tl_pair {
    char *scope; /* driver name, or NULL */
    char *name;
    char *value;
};

struct tl_csv_options {
    char *separator;
    char *delimiter;
    char *terminator; /* "" = LF, CRLF or CR */
    struct tl_strings null_values;
    bool header;
    bool header_schema_match;
    bool not_null;
    bool backslash_escape;
    char *escaped_by; /* "" or one byte; "" when backslash_escape is false */
    bool trim_last_separator;
};

struct tl_tls_options {
    char *mode; /* "" (nothing was asked for), "false", "skip-verify", "preferred", "cluster" */
    char *ca;
    char *cert;
    char *key;
};

/* What to do besides importing, from the flags. */
enum tl_action {
    TL_ACTION_RUN,
    TL_ACTION_HELP,
    TL_ACTION_VERSION,
    TL_ACTION_PRINT_CONFIG,
    TL_ACTION_LIST_DRIVERS,
    TL_ACTION_DESCRIBE_DRIVER
};

struct tl_options {
    /* [lightning] */
    char *log_level;
    char *log_file;        /* "" = /tmp/lightning.log.<timestamp>; "-" = stdout */
    char *log_format;      /* text | json (ours) */
    uint64_t log_max_size; /* MB */
    uint64_t log_max_backups;
    uint64_t region_concurrency; /* writers; 0 = CPUs */
    uint64_t io_concurrency;     /* readers */
    bool check_requirements;

    /* [checkpoint] */
    bool checkpoint_enable;
    char *checkpoint_driver;
    char *checkpoint_schema;
    char *checkpoint_dsn; /* secret */
    enum tl_keep keep_after_success;
    char *driver_path;   /* ours */
    char *ledger_schema; /* ours: tidb_lightning_ledger */
    struct tl_pair *driver_options;
    size_t driver_option_count;

    /* [tikv-importer] */
    char *backend;       /* "tidb"; "" is read as tidb, with a note in the log */
    uint64_t batch_size; /* logical-import-batch-size: bytes of one batch (transaction) */
    uint64_t batch_rows; /* logical-import-batch-rows */
    bool add_index_by_sql;
    bool accept_at_least_once; /* ours: targets without transactions */

    /* [conflict] and tikv-importer.on-duplicate, merged */
    enum tl_conflict conflict;

    /* [mydumper] */
    char *source_dir; /* a path, as given or out of file:// and local://; "" only where none is
                         needed */
    struct tl_strings filter;
    bool no_schema;
    bool case_sensitive;
    bool default_file_rules; /* resolved: true without [[mydumper.files]] */
    bool strict_format;
    char *character_set;
    char *data_character_set;
    char *data_invalid_char_replace;
    uint64_t read_block_size;
    struct tl_csv_options csv;
    struct tl_file_rule *file_rules;
    size_t file_rule_count;
    struct tl_ignore_columns *ignore_columns;
    size_t ignore_columns_count;
    struct tl_route *routes;
    size_t route_count;

    /* [tidb] */
    char *host;
    uint64_t port; /* 4000 */
    char *socket;  /* ours; "" = TCP */
    char *user;
    char *password; /* secret */
    char *sql_mode;
    bool sql_mode_given;
    uint64_t max_allowed_packet;
    struct tl_tls_options tls;      /* [tidb.security], completed from [security] */
    struct tl_tls_options security; /* [security] as given: already merged into tls */
    struct tl_pair *session_vars;
    size_t session_var_count;
    uint64_t retry_timeout; /* ours: seconds that a batch is retried, 0 = give up at once */

    /* [cron], [post-restore] */
    uint64_t log_progress;         /* seconds */
    enum tl_level_switch checksum; /* row count check after the import */
    bool checksum_given;
    enum tl_level_switch analyze;

    /* Program */
    enum tl_action action;
    char *action_argument;
    char *config_file; /* NULL = none */

    /* tidb-lightning-ctl only; NULL when not given */
    char *ctl_remove;
    char *ctl_error_ignore;
    char *ctl_error_destroy;
    char *ctl_dump;    /* directory */
    char *ctl_copy_to; /* DRIVER:DSN, a secret */
    char *ctl_import;  /* file of the upstream program */
    bool ctl_list;
    bool ctl_rebuild;
    bool ctl_dry_run;

    /* Messages for the log once it is open: keys accepted but not acted on, and the like. */
    struct tl_strings warnings;
};

enum tl_program { TL_PROGRAM_LOADER, TL_PROGRAM_CTL };

/* Reads the flags and the file that they name. On TL_OK *options_out is the caller's
   (tl_options_free); errors are TL_ERR_USAGE with file and line, and a suggestion for an unknown
   key or flag. argv's secrets are overwritten in place, so that `ps` does not show them. */
int tl_options_load(struct tl_options **options_out, enum tl_program program, int argc, char **argv,
                    struct tl_error *err) TL_WARN_UNUSED;

/* Wipes secrets, frees everything. Accepts NULL. */
void tl_options_free(struct tl_options *options);

/* --help, --print-config (TOML, secrets as "***"): the text in a new string, free(). NULL = no
   memory. */
char *tl_options_help(enum tl_program program);
char *tl_options_print(const struct tl_options *options);

/* Prints a text of these two on stdout and frees it; NULL is out of memory. */
int tl_options_show(char *text, struct tl_error *err) TL_WARN_UNUSED;

/* How many operations of the control program are asked for. */
size_t tl_options_operations(const struct tl_options *options);

/* The target as a DSN for drivers: "USER:PASS@tcp(HOST:PORT)/" or "...@unix(PATH)/". A new string
   with a secret in it; wipe and free with tl_secret_free (core/base/secret.h). */
char *tl_options_target_dsn(const struct tl_options *options);

TL_DEFINE_CLEANUP(struct tl_options *, tl_options_free)

#endif
