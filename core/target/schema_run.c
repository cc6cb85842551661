/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See schema_run.h. Existing objects are kept: a DROP is never run, OR REPLACE is taken out, and
 * every CREATE can be repeated.
 */
#include "core/target/schema_run.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/target/schema_file.h"
#include "core/target/schema_objects.h"

enum {
    ER_TABLE_EXISTS = 1050,
    SQL_MAX = 80 << 20, /* a file in UTF-8, quoted names added */
    FIRST_PAUSE_MS = 100,
    LONGEST_PAUSE_MS = 5000
};

/* One file on its way to one object. */
struct job {
    struct tl_schema_worker *worker;
    const struct tl_schema_item *item;
    const struct tl_schema_file *file;         /* NULL = none */
    const struct tl_schema_statement *creates; /* the statement that makes the object */
    bool created;
};

static bool contains(const int *list, size_t count, int native)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == native)
            return true;
    return false;
}

bool tl_schema_error_is_missing(const struct tl_error *err)
{
    /* No such table, no such table of a view. */
    static const int natives[] = {1146, 1356};

    return err->code == TL_ERR_DB &&
           contains(natives, sizeof(natives) / sizeof(natives[0]), err->native);
}

static void warn_skipped(const struct job *job, const struct tl_schema_statement *statement,
                         const char *why)
{
    tl_log(TL_LOG_WARN, why, TL_STR("file", job->item->shown_path),
           TL_INT("line", statement->at.line), TL_END);
}

/* How a file begins: variables as after opening, sql_mode as mysqldump sets it for a restore unless
   the user has one, and the database to which names without one belong. */
static int prepare(const struct job *job, struct tl_error *err)
{
    struct tl_schema_worker *worker = job->worker;
    const char *mode =
        worker->options->sql_mode_given ? worker->options->sql_mode : "NO_AUTO_VALUE_ON_ZERO";
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc = TL_OK;

    tl_buf_init(&sql, 1 << 20);
    if (worker->dirty)
        rc = tl_session_reset(worker->session, err);
    if (rc != TL_OK)
        return rc;
    worker->dirty = false;
    rc = tl_buf_adds(&sql, "SET SESSION foreign_key_checks=0,sql_mode=");
    if (rc == TL_OK)
        rc = tl_sql_add_text(&sql, mode, strlen(mode));
    if (rc == TL_OK && job->item->kind != TL_SCHEMA_DATABASE)
        rc = tl_buf_adds(&sql, ";USE ");
    if (rc == TL_OK && job->item->kind != TL_SCHEMA_DATABASE)
        rc = tl_sql_add_name(&sql, job->item->db);
    if (rc != TL_OK)
        return tl_error_nomem(err);
    return tl_session_exec(worker->session, sql.data, sql.len, NULL, err);
}

/* Variables of another kind or version of server: their absence must not stop a restore. */
static int run_set(const struct job *job, const struct tl_schema_statement *statement,
                   struct tl_error *err)
{
    /* Unknown variable, wrong value, missing privilege, read-only in this session. */
    static const int harmless[] = {1193, 1231, 1227, 1229, 1238};
    char charset[32];
    int rc;

    if (job->file->utf8 &&
        tl_sql_charset_of(statement->at.text, statement->at.len, charset, sizeof(charset)) &&
        strncmp(charset, "utf8", 4) != 0)
        return TL_OK;
    job->worker->dirty = true;
    rc = tl_session_exec(job->worker->session, statement->at.text, statement->at.len, NULL, err);
    if (rc == TL_ERR_DB &&
        contains(harmless, sizeof(harmless) / sizeof(harmless[0]), err->native)) {
        tl_log(TL_LOG_WARN, "a SET of a schema file is refused by the server and left out",
               TL_STR("file", job->item->shown_path), TL_INT("line", statement->at.line),
               TL_STR("error", err->message), TL_END);
        return TL_OK;
    }
    return rc;
}

struct warnings {
    const struct job *job;
    bool exists;
};

/* What changes the meaning of a definition is worth a line in the log. */
static int take_warning(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                        struct tl_error *err)
{
    /* Engine replaced or unknown, key cut short, column type converted. */
    static const int natives[] = {1266, 1286, 1071, 1246};
    struct warnings *warnings = payload;
    int native;

    (void)lengths, (void)err;
    if (count < 3 || !columns[1] || !columns[2])
        return TL_OK;
    native = (int)strtol(columns[1], NULL, 10);
    if (native == ER_TABLE_EXISTS)
        warnings->exists = true;
    else if (contains(natives, sizeof(natives) / sizeof(natives[0]), native))
        tl_log(TL_LOG_WARN, "the server has changed a definition",
               TL_STR("file", warnings->job->item->shown_path), TL_INT("warning", native),
               TL_STR("text", columns[2]), TL_END);
    return TL_OK;
}

/* CREATE of the object itself, under its new name. */
static int run_create(struct job *job, struct tl_error *err)
{
    const struct tl_schema_item *item = job->item;
    const struct tl_schema_statement *statement = job->creates;
    struct tl_session *session = job->worker->session;
    struct warnings warnings = {job, false};
    enum tl_object_kind kind = TL_OBJECT_NONE;
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc;

    tl_buf_init(&sql, SQL_MAX);
    if (tl_sql_rewrite(&sql, statement->at.text, statement->at.len, &statement->shape, item->db,
                       item->kind == TL_SCHEMA_DATABASE ? NULL : item->name) != TL_OK)
        return tl_error_nomem(err);
    rc = tl_session_exec(session, sql.data, sql.len, NULL, err);
    if (rc == TL_ERR_DB && err->native == ER_TABLE_EXISTS && item->kind == TL_SCHEMA_VIEW) {
        struct tl_error first = *err;

        rc = tl_object_ask(session, item->db, item->name, &kind, err);
        if (rc == TL_OK && kind != TL_OBJECT_VIEW) {
            *err = first;
            rc = TL_ERR_DB;
        }
        warnings.exists = rc == TL_OK;
    } else if (rc == TL_OK && mysql_warning_count(tl_session_mysql(session)) > 0) {
        rc = tl_session_query(session, "SHOW WARNINGS", take_warning, &warnings, err);
    }
    /* One that an attempt before this one has made is ours too. */
    if (rc == TL_OK)
        job->created = !warnings.exists || job->worker->attempt > 0;
    return rc;
}

/* ALTER TABLE and CREATE INDEX of the table that was just made. */
static int run_addition(const struct job *job, const struct tl_schema_statement *statement,
                        struct tl_error *err)
{
    /* What a lost connection had let through: column, key, primary key, constraint exists. */
    static const int again[] = {1060, 1061, 1068, 1826, 1022};
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc;

    tl_buf_init(&sql, SQL_MAX);
    if (!job->created || job->item->kind != TL_SCHEMA_TABLE)
        return TL_OK;
    if (!tl_schema_same_name(statement, job->creates)) {
        warn_skipped(job, statement, "a statement of a schema file is for another table: skipped");
        return TL_OK;
    }
    if (tl_sql_rewrite(&sql, statement->at.text, statement->at.len, &statement->shape,
                       job->item->db, job->item->name) != TL_OK)
        return tl_error_nomem(err);
    rc = tl_session_exec(job->worker->session, sql.data, sql.len, NULL, err);
    if (rc == TL_ERR_DB && job->worker->attempt > 0 &&
        contains(again, sizeof(again) / sizeof(again[0]), err->native))
        return TL_OK;
    return rc;
}

static int run_statement(struct job *job, const struct tl_schema_statement *statement,
                         struct tl_error *err)
{
    switch (statement->shape.kind) {
    case TL_SQL_SET:
        return run_set(job, statement, err);
    case TL_SQL_CREATE_INDEX:
    case TL_SQL_ALTER_TABLE:
        return run_addition(job, statement, err);
    case TL_SQL_CREATE_DATABASE:
    case TL_SQL_CREATE_TABLE:
    case TL_SQL_CREATE_VIEW:
        return statement == job->creates ? run_create(job, err) : TL_OK;
    case TL_SQL_ROWS:
        tl_error_set(err, TL_ERR_DATA,
                     "a schema file must not hold rows: INSERT, REPLACE, LOAD, "
                     "UPDATE, DELETE or TRUNCATE");
        return tl_error_hint(err,
                             "move the statement to a data file, named <database>.<table>.sql");
    case TL_SQL_ROUTINE:
        warn_skipped(job, statement, "triggers, routines and events are not imported: skipped");
        return TL_OK;
    case TL_SQL_OTHER:
        warn_skipped(job, statement, "a statement of a schema file is not imported: skipped");
        return TL_OK;
    case TL_SQL_SET_GLOBAL:
    case TL_SQL_EMPTY:
    case TL_SQL_USE:
    case TL_SQL_DROP:
    case TL_SQL_TRANSACTION:
        break;
    }
    return TL_OK;
}

static int run_plain_database(struct job *job, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc;

    tl_buf_init(&sql, 4096);
    rc = tl_buf_adds(&sql, "CREATE DATABASE IF NOT EXISTS ");
    if (rc == TL_OK)
        rc = tl_sql_add_name(&sql, job->item->db);
    if (rc != TL_OK)
        return tl_error_nomem(err);
    job->created = true;
    return tl_session_exec(job->worker->session, sql.data, sql.len, NULL, err);
}

/* One statement at a time: what a file hides behind a ';' of its own DELIMITER is not looked at
   here, so it must not run. */
static int run_file(struct job *job, struct tl_error *err)
{
    struct tl_schema_worker *worker = job->worker;
    struct tl_error later;
    int rc = tl_session_allow_many(worker->session, false, err);

    for (size_t i = 0; rc == TL_OK && i < job->file->count; i++) {
        worker->line = job->file->statements[i].at.line;
        worker->offset = job->file->statements[i].at.offset;
        rc = run_statement(job, &job->file->statements[i], err);
    }
    if (rc == TL_OK)
        return tl_session_allow_many(worker->session, true, err);
    tl_error_init(&later);
    (void)!tl_session_allow_many(worker->session, true, &later);
    return rc;
}

static int attempt(struct job *job, struct tl_error *err)
{
    struct tl_schema_worker *worker = job->worker;
    int rc;

    worker->line = 0;
    rc = prepare(job, err);
    if (rc == TL_OK)
        rc = job->creates ? run_file(job, err) : run_plain_database(job, err);
    /* The next attempt or file begins with a clean session. */
    if (rc != TL_OK)
        worker->dirty = true;
    return rc;
}

bool tl_schema_try_again(struct tl_schema_worker *worker, struct tl_schema_retry *retry,
                         struct tl_error *err)
{
    if (retry->deadline == 0) {
        retry->deadline = tl_clock_ns() + (int64_t)worker->options->retry_timeout * TL_NS_PER_SEC;
        retry->pause_ms = FIRST_PAUSE_MS;
    }
    while (err->retryable && tl_clock_ns() + retry->pause_ms * TL_NS_PER_MS < retry->deadline) {
        bool lost = tl_error_is_lost(err);

        if (worker->cancel && tl_cancel_sleep(worker->cancel, retry->pause_ms * TL_NS_PER_MS)) {
            tl_error_set(err, TL_ERR_CANCELED, "stopped while the schema was created");
            return false;
        }
        retry->pause_ms *= 2;
        if (retry->pause_ms > LONGEST_PAUSE_MS)
            retry->pause_ms = LONGEST_PAUSE_MS;
        if (!lost || tl_session_reopen(worker->session, err) == TL_OK)
            return true;
    }
    return false;
}

static void add_hint(const struct job *job, struct tl_error *err)
{
    switch (err->native) {
    case 1227: /* ER_SPECIFIC_ACCESS_DENIED_ERROR */
        if (job->item->kind == TL_SCHEMA_VIEW)
            tl_error_hint(err, "the view's DEFINER is another account: grant SET USER (MariaDB), "
                               "SET_USER_ID or SET_ANY_DEFINER (MySQL) or SUPER to the account of "
                               "tidb.user, or take the DEFINER clause out of the file");
        break;
    case 1115: /* ER_UNKNOWN_CHARACTER_SET */
    case 1273: /* ER_UNKNOWN_COLLATION */
        tl_error_hint(err, "the dump comes from another kind of server: put a character set and "
                           "collation into the file that this server knows");
        break;
    case 1146: /* ER_NO_SUCH_TABLE */
    case 1356: /* ER_VIEW_INVALID */
        tl_error_hint(err, "create what is missing, or leave this object out with "
                           "mydumper.filter");
        break;
    default:
        break;
    }
}

/* Says where in which file an error belongs. */
static int locate(const struct job *job, struct tl_error *err)
{
    const struct tl_schema_worker *worker = job->worker;

    if (err->code == TL_ERR_CANCELED || err->code == TL_ERR_NOMEM)
        return err->code;
    add_hint(job, err);
    if (!job->creates)
        return tl_error_context(err, "cannot create database '%s'", job->item->db);
    if (worker->line == 0)
        return tl_error_context(err, "'%s'", job->item->shown_path);
    tl_error_context(err, "'%s' line %" PRIu64, job->item->shown_path, worker->line);
    return tl_error_locate(err, worker->line, worker->offset);
}

static int run_with_retries(struct job *job, struct tl_error *err)
{
    struct tl_schema_retry retry = {0, 0};
    struct tl_schema_worker *worker = job->worker;
    int rc;

    for (worker->attempt = 0;; worker->attempt++) {
        rc = attempt(job, err);
        if (rc == TL_OK)
            return TL_OK;
        if (!tl_schema_try_again(worker, &retry, err))
            return locate(job, err);
    }
}

/* Reads the file and finds the statement that makes the object. A database needs none, and a view
   file without any statement stands for no view. */
static int load_job(struct job *job, struct tl_schema_file **file_out, struct tl_error *err)
{
    static const enum tl_sql_kind kinds[] = {
        [TL_SCHEMA_DATABASE] = TL_SQL_CREATE_DATABASE,
        [TL_SCHEMA_TABLE] = TL_SQL_CREATE_TABLE,
        [TL_SCHEMA_VIEW] = TL_SQL_CREATE_VIEW,
    };
    const struct tl_schema_item *item = job->item;
    const struct tl_options *options = job->worker->options;
    int rc = tl_schema_file_load(file_out, item,
                                 options->character_set ? options->character_set : "auto",
                                 options->sql_mode_given ? options->sql_mode : "", err);

    if (rc != TL_OK)
        return rc;
    job->file = *file_out;
    rc = tl_schema_file_pick(job->file, kinds[item->kind], item->name ? item->name : item->db,
                             &job->creates, err);
    if (rc == TL_OK || item->kind == TL_SCHEMA_DATABASE ||
        (item->kind == TL_SCHEMA_VIEW && job->file->count == 0))
        return TL_OK;
    return tl_error_context(err, "'%s'", item->shown_path);
}

int tl_schema_run(struct tl_schema_worker *worker, const struct tl_schema_item *item,
                  bool *created_out, struct tl_error *err)
{
    TL_CLEANUP(tl_schema_file_free_p) struct tl_schema_file *file = NULL;
    struct job job = {.worker = worker, .item = item};
    int rc = item->path ? load_job(&job, &file, err) : TL_OK;

    if (rc == TL_OK && (job.creates || item->kind == TL_SCHEMA_DATABASE))
        rc = run_with_retries(&job, err);
    if (rc == TL_OK)
        *created_out = job.created;
    return rc;
}
