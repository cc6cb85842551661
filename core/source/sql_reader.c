/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQL reader: cuts batches whose rows share one head, and begins again within a statement. The
 * way through the text is in sql_step.c.
 */
#include <stdlib.h>

#include "core/source/sql_step.h"

static int cut(struct tl_sql_reader *sql, bool last, struct tl_batch **batch_out,
               struct tl_error *err)
{
    size_t end = last ? sql->base.buf.len : sql->base.rows_end;
    struct tl_batch *batch;

    if (tl_reader_cut(&sql->base, end, last, &batch, err) != TL_OK)
        return err->code;
    sql->scan.at -= end;
    sql->scan.row_start -= end;
    batch->in_statement = !last;
    batch->resume_head = sql->rows_offset;
    batch->resume_state = last ? sql->session.state : batch->head->state;
    *batch_out = batch;
    return TL_OK;
}

static int sql_next(struct tl_reader *reader, struct tl_batch **batch_out, struct tl_error *err)
{
    struct tl_sql_reader *sql = (struct tl_sql_reader *)reader;
    bool ends = false, last = false;
    int rc = TL_OK;

    while (rc == TL_OK && !ends)
        rc = tl_sql_step(sql, &ends, &last, err);
    if (rc != TL_OK)
        return rc;
    if (tl_reader_check_stop(reader, last, err) != TL_OK)
        return err->code;
    return cut(sql, last, batch_out, err);
}

static void sql_close(struct tl_reader *reader)
{
    struct tl_sql_reader *sql = (struct tl_sql_reader *)reader;

    tl_head_unref(sql->head);
    free(sql->head_text);
    tl_reader_done(&sql->base);
    free(sql);
}

static const struct tl_reader_kind sql_kind = {.next = sql_next, .close = sql_close};

static int new_reader(struct tl_sql_reader **sql_out, const struct tl_reader_settings *settings,
                      const struct tl_reader_start *start, struct tl_error *err)
{
    struct tl_sql_reader *sql = calloc(1, sizeof(*sql));

    if (!sql)
        return tl_error_nomem(err);
    sql->session.state = start->state;
    sql->scan.quote = '\'';
    if (tl_reader_init(&sql->base, &sql_kind, settings, start, err) != TL_OK) {
        sql_close(&sql->base);
        return err->code;
    }
    tl_sql_apply_state(sql);
    *sql_out = sql;
    return TL_OK;
}

/* The head of the statement in whose rows reading begins: read by a reader of its own. */
static int read_head(struct tl_sql_reader *sql, const struct tl_reader_settings *settings,
                     const struct tl_reader_start *start, struct tl_error *err)
{
    struct tl_reader_start from = {
        .pos = start->head_offset, .line = start->line, .state = start->state};
    struct tl_sql_reader *other;
    bool ends = false, last = false;
    int rc = new_reader(&other, settings, &from, err);

    if (rc != TL_OK)
        return rc;
    while (rc == TL_OK && !ends && other->phase == TL_SQL_AT_STATEMENT)
        rc = tl_sql_step(other, &ends, &last, err);
    if (rc == TL_OK && (ends || other->head_offset != start->head_offset)) {
        rc = tl_error_set(err, TL_ERR_DATA, "%s: no INSERT at offset %llu: the file changed",
                          settings->name, (unsigned long long)start->head_offset);
        tl_error_hint(err, "load the same file again, or begin anew with this one");
    }
    if (rc == TL_OK)
        rc = tl_sql_set_head(sql, tl_head_ref(other->head), other->head_text, other->head_len,
                             start->head_offset, err);
    sql_close(&other->base);
    return rc;
}

int tl_sql_reader_open(struct tl_reader **reader_out, const struct tl_reader_settings *settings,
                       const struct tl_reader_start *start, struct tl_error *err)
{
    struct tl_sql_reader *sql;
    int rc = new_reader(&sql, settings, start, err);

    if (rc != TL_OK)
        return rc;
    if (start->in_statement) {
        rc = read_head(sql, settings, start, err);
        sql->phase = TL_SQL_BEHIND_ROW;
    } else if (start->pos == 0) {
        rc = tl_reader_skip_bom(&sql->base, &sql->scan.at, err);
    }
    if (rc != TL_OK) {
        sql_close(&sql->base);
        return rc;
    }
    *reader_out = &sql->base;
    return TL_OK;
}
