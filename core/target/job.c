/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch made ready to be sent: columns mapped, rows decoded where that is needed, statement text
 * built. Nothing here talks to the server. See writer_internal.h.
 */
#include <iconv.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/target/writer_internal.h"

static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
}

static void set_mode(struct tl_job *job, const struct tl_writer *writer)
{
    bool sql = job->target->source->type == TL_FILE_SQL;
    const struct tl_session_state *state = sql ? &job->batch->head->state : NULL;
    bool names = state && state->charset[0];
    bool zone = state && state->time_zone[0];

    copy_text(job->mode.charset, sizeof(job->mode.charset), names ? state->charset : "utf8mb4");
    copy_text(job->mode.collation, sizeof(job->mode.collation), names ? state->collation : "");
    copy_text(job->mode.time_zone, sizeof(job->mode.time_zone),
              zone ? state->time_zone : writer->time_zone);
    tl_sql_mode_make(job->mode.sql_mode, writer->settings.options, state);
}

static bool is_ascii(const struct tl_buf *text)
{
    for (size_t i = 0; i < text->len; i++)
        if ((unsigned char)text->data[i] >= 0x80)
            return false;
    return true;
}

/* iconv's name of a server's character set; NULL = unknown. */
static const char *iconv_name(const char *charset)
{
    const MARIADB_CHARSET_INFO *info = mariadb_get_charset_by_name(charset);

    if (strcasecmp(charset, "latin1") == 0)
        return "CP1252";
    return info ? info->encoding : NULL;
}

static bool convert(struct tl_buf *out, const struct tl_buf *text, const char *charset)
{
    const char *name = iconv_name(charset);
    iconv_t converter = name ? iconv_open(name, "UTF-8") : (iconv_t)-1;
    char *from = text->data, *to;
    size_t from_left = text->len, to_left = 4 * text->len;
    bool ok = converter != (iconv_t)-1 && tl_buf_reserve(out, to_left) == TL_OK;

    if (ok) {
        to = out->data;
        ok = iconv(converter, &from, &from_left, &to, &to_left) == 0;
        *to = '\0';
        out->len = (size_t)(to - out->data);
    }
    if (converter != (iconv_t)-1)
        iconv_close(converter);
    return ok;
}

/* Names are UTF-8, but the server reads the statement in the dump's character set. */
static int to_charset(struct tl_buf *sql, const char *charset, struct tl_error *err)
{
    struct tl_buf made;

    if (is_ascii(sql) || strncasecmp(charset, "utf8", 4) == 0 || strcasecmp(charset, "binary") == 0)
        return TL_OK;
    tl_buf_init(&made, sql->max);
    if (!convert(&made, sql, charset)) {
        tl_buf_done(&made);
        return tl_error_set(err, TL_ERR_DATA,
                            "the names of the table or of its columns cannot be written in the "
                            "dump's character set %s",
                            charset);
    }
    tl_buf_done(sql);
    *sql = made;
    return TL_OK;
}

static int add_names(struct tl_job *job)
{
    const struct tl_table_info *table = job->target->table;

    if (tl_sql_add_name(&job->head, table->db) || tl_buf_adds(&job->head, ".") ||
        tl_sql_add_name(&job->head, table->name))
        return TL_ERR_NOMEM;
    for (uint32_t i = 0; i < job->map.count; i++)
        if (tl_buf_adds(&job->head, i == 0 ? " (" : ",") ||
            tl_sql_add_name(&job->head, table->columns[job->map.columns[i]].name))
            return TL_ERR_NOMEM;
    return tl_buf_adds(&job->head, ") VALUES ");
}

/* A duplicate is skipped by an update that changes nothing: unlike INSERT IGNORE, it leaves all
   other errors loud. */
static int add_tail(struct tl_job *job)
{
    const char *column = job->target->table->columns[job->map.columns[0]].name;

    return tl_buf_adds(&job->tail, " ON DUPLICATE KEY UPDATE ") ||
                   tl_sql_add_name(&job->tail, column) || tl_buf_adds(&job->tail, "=") ||
                   tl_sql_add_name(&job->tail, column)
               ? TL_ERR_NOMEM
               : TL_OK;
}

static int build_statement(struct tl_job *job, const struct tl_writer *writer, struct tl_error *err)
{
    enum tl_conflict conflict = writer->settings.options->conflict;
    int rc;

    if (!job->target->table->has_key)
        conflict = TL_CONFLICT_ERROR;
    if (tl_buf_adds(&job->head,
                    conflict == TL_CONFLICT_REPLACE ? "REPLACE INTO " : "INSERT INTO ") ||
        add_names(job) || (conflict == TL_CONFLICT_IGNORE && add_tail(job)))
        return tl_error_nomem(err);
    rc = to_charset(&job->head, job->mode.charset, err);
    if (rc == TL_OK)
        rc = to_charset(&job->tail, job->mode.charset, err);
    return rc;
}

/* Decodes a copy: the batch stays as it is, for its text and for the positions of its rows. */
static int decode_copy(struct tl_job *job, struct tl_writer *writer, struct tl_error *err)
{
    struct tl_batch copy = *job->batch;
    int rc;

    tl_buf_clear(&writer->scratch);
    if (tl_buf_add(&writer->scratch, job->batch->raw.data, job->batch->raw.len))
        return tl_error_nomem(err);
    copy.raw = writer->scratch;
    rc = tl_decode(&job->rows, &copy, job->target->source, job->map.fields, false, err);
    if (rc != TL_OK)
        memset(&job->rows, 0, sizeof(job->rows));
    return rc;
}

static int scan(struct tl_job *job, struct tl_error *err)
{
    struct tl_batch view = *job->batch;
    int rc = tl_decode(&job->rows, &view, job->target->source, job->map.fields, true, err);

    if (rc != TL_OK)
        memset(&job->rows, 0, sizeof(job->rows));
    return rc;
}

int tl_job_use_text(struct tl_job *job, struct tl_writer *writer, struct tl_error *err)
{
    bool sql = job->target->source->type == TL_FILE_SQL;
    int rc = TL_OK;

    if (sql) {
        tl_rows_done(&job->rows);
        memset(&job->rows, 0, sizeof(job->rows));
    }
    if (sql && job->map.whole) {
        job->way = TL_WAY_RAW;
        return TL_OK;
    }
    if (sql)
        rc = scan(job, err);
    else if (!job->rows.values)
        rc = decode_copy(job, writer, err);
    job->way = TL_WAY_VALUES;
    return rc;
}

static int choose_way(struct tl_job *job, struct tl_writer *writer, struct tl_error *err)
{
    bool bindable = false;
    int rc;

    if (!writer->settings.ledger->server.bulk || writer->no_bulk)
        return tl_job_use_text(job, writer, err);
    rc = decode_copy(job, writer, err);
    if (rc == TL_OK && job->rows.plain)
        rc = tl_bind_plan(job, &bindable, err);
    if (rc != TL_OK)
        return rc;
    if (!bindable)
        return tl_job_use_text(job, writer, err);
    job->way = TL_WAY_BULK;
    return TL_OK;
}

int tl_job_init(struct tl_job *job, struct tl_writer *writer, const struct tl_write_target *target,
                const struct tl_batch *batch, struct tl_error *err)
{
    int rc;

    memset(job, 0, sizeof(*job));
    job->target = target;
    job->batch = batch;
    tl_buf_init(&job->head, 16 << 20);
    tl_buf_init(&job->tail, 16 << 20);
    if (batch->row_count == 0) {
        job->way = TL_WAY_NOTHING;
        return TL_OK;
    }
    rc = tl_column_map_make(&job->map, target, batch, err);
    if (rc != TL_OK)
        return rc;
    set_mode(job, writer);
    rc = build_statement(job, writer, err);
    if (rc == TL_OK)
        rc = choose_way(job, writer, err);
    return rc;
}

void tl_job_done(struct tl_job *job)
{
    tl_rows_done(&job->rows);
    tl_column_map_done(&job->map);
    free(job->types);
    tl_buf_done(&job->head);
    tl_buf_done(&job->tail);
}

int tl_insert_rows(struct tl_writer *writer, const struct tl_job *job, uint32_t from, uint32_t to,
                   uint64_t *affected_out, struct tl_error *err)
{
    if (job->way == TL_WAY_NOTHING) {
        *affected_out = 0;
        return TL_OK;
    }
    if (job->way == TL_WAY_BULK)
        return tl_insert_bulk(writer, job, from, to, affected_out, err);
    return tl_insert_text(writer, job, from, to, affected_out, err);
}

int tl_job_name_row(const struct tl_job *job, uint32_t row, struct tl_error *err)
{
    /* "at row 3" counts within a statement of ours. */
    char *at = strstr(err->message, " at row ");

    while (at && strspn(at + 8, "0123456789") != strlen(at + 8))
        at = strstr(at + 1, " at row ");
    if (at)
        *at = '\0';
    tl_error_locate(err, tl_batch_row_line(job->batch, row), tl_batch_row_pos(job->batch, row));
    return tl_error_context(err, "file %s line %" PRIu64 " (offset %" PRIu64 ")",
                            job->target->source->name, tl_batch_row_line(job->batch, row),
                            tl_batch_row_pos(job->batch, row));
}

int tl_job_row_too_long(const struct tl_writer *writer, const struct tl_job *job, uint32_t row,
                        uint64_t bytes, struct tl_error *err)
{
    tl_error_set(err, TL_ERR_DATA,
                 "a row of %" PRIu64 " bytes is too long for one packet (max_allowed_packet of the "
                 "server %" PRIu64 ", tidb.max-allowed-packet %" PRIu64 ")",
                 bytes, writer->settings.ledger->server.max_allowed_packet,
                 writer->settings.options->max_allowed_packet);
    tl_job_name_row(job, row, err);
    return tl_error_hint(err,
                         "raise both: SET GLOBAL max_allowed_packet = %d on the server, and "
                         "tidb.max-allowed-packet",
                         1 << 30);
}
