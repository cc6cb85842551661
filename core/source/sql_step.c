/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See sql_step.h.
 */
#include "core/source/sql_step.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char cut_hint[] = "the dump may be cut short: make it anew, or complete the last "
                               "statement";

static int fail_cut(struct tl_sql_reader *sql, size_t at, struct tl_error *err)
{
    static const char *const inside[] = {[TL_IN_ROW] = "a row",
                                         [TL_IN_STRING] = "a string of a row",
                                         [TL_IN_NAME] = "a name of a row",
                                         [TL_IN_LINE_COMMENT] = "a comment of a row",
                                         [TL_IN_BLOCK_COMMENT] = "a comment of a row"};

    if (sql->phase == TL_SQL_IN_ROW)
        tl_reader_fail(&sql->base, sql->scan.row_start, err,
                       "the file ends inside %s that begins here", inside[sql->scan.inside]);
    else
        tl_reader_fail(&sql->base, at, err, "the file ends inside a statement (no ';')");
    return tl_error_hint(err, "%s", cut_hint);
}

static struct tl_sql_lexer lexer_at(const struct tl_sql_reader *sql, size_t at)
{
    return (struct tl_sql_lexer){.text = tl_buf_text(&sql->base.buf),
                                 .len = sql->base.buf.len,
                                 .at = at,
                                 .eof = sql->base.eof,
                                 .no_escapes = sql->scan.no_escapes,
                                 .ansi_quotes = sql->scan.ansi_quotes,
                                 .multibyte = sql->scan.multibyte};
}

void tl_sql_apply_state(struct tl_sql_reader *sql)
{
    const struct tl_session_state *state = &sql->session.state;
    struct tl_sql_mode mode = tl_sql_mode_of(state, sql->base.settings.sql_mode);

    sql->scan.no_escapes = mode.no_escapes;
    sql->scan.ansi_quotes = mode.ansi_quotes;
    sql->scan.multibyte = tl_multibyte_of(state->charset);
    if (mode.ansi_quotes)
        sql->scan.quote = '\'';
}

/* Turns what a parser said into an error, or reads more. `at` is where it began. */
static int parse_result(struct tl_sql_reader *sql, enum tl_sql_parse rc, size_t at,
                        const struct tl_sql_complaint *complaint, struct tl_error *err)
{
    switch (rc) {
    case TL_PARSE_OK:
        break;
    case TL_PARSE_MORE:
        return tl_reader_fill_twice(&sql->base, at, err);
    case TL_PARSE_CUT:
        return fail_cut(sql, at, err);
    case TL_PARSE_NOMEM:
        return tl_error_nomem(err);
    case TL_PARSE_BAD:
        tl_reader_fail(&sql->base, complaint->at, err, "%s", complaint->text);
        if (complaint->hint)
            tl_error_hint(err, "%s", complaint->hint);
        return err->code;
    }
    return TL_OK;
}

int tl_sql_set_head(struct tl_sql_reader *sql, struct tl_head *head, const char *text, size_t len,
                    uint64_t offset, struct tl_error *err)
{
    char *copy = malloc(len + 1);

    if (!copy) {
        tl_head_unref(head);
        return tl_error_nomem(err);
    }
    memcpy(copy, text, len);
    free(sql->head_text);
    sql->head_text = copy;
    sql->head_len = len;
    if (sql->head && tl_head_equal(sql->head, head)) {
        tl_head_unref(head);
    } else {
        tl_head_unref(sql->head);
        sql->head = head;
    }
    sql->head_offset = offset;
    sql->phase = TL_SQL_AT_ROW;
    return TL_OK;
}

/* One-row statements repeat the same head: compare, not parse. */
static bool repeats_head(struct tl_sql_reader *sql, size_t at)
{
    size_t left = sql->base.buf.len - at;

    if (!sql->head_text || left <= sql->head_len ||
        memcmp(sql->base.buf.data + at, sql->head_text, sql->head_len) != 0 ||
        !strchr(" \t\r\n(", sql->base.buf.data[at + sql->head_len]) ||
        sql->base.buf.data[at + sql->head_len] == '\0' ||
        !tl_session_state_equal(&sql->head->state, &sql->session.state))
        return false;
    sql->head_offset = sql->base.base + at;
    sql->scan.at = at + sql->head_len;
    sql->phase = TL_SQL_AT_ROW;
    return true;
}

/* The file's name says which table its rows belong to: it can be one only. */
static enum tl_sql_parse refuse_other_table(const struct tl_sql_reader *sql,
                                            const struct tl_head *head,
                                            struct tl_sql_complaint *complaint)
{
    if (!sql->head || !sql->head->table || strcasecmp(sql->head->table, head->table) == 0)
        return TL_PARSE_OK;
    return tl_sql_complain(complaint, (size_t)(head->offset - sql->base.base),
                           "a data file holds the rows of the one table in its name: dump each "
                           "table into a file of its own",
                           "the file has rows of two tables, '%.60s' and '%.60s'", sql->head->table,
                           head->table);
}

static int read_statement(struct tl_sql_reader *sql, struct tl_error *err)
{
    size_t at = sql->scan.at;
    struct tl_sql_lexer lexer = lexer_at(sql, at);
    struct tl_sql_token token = tl_sql_next(&lexer);
    struct tl_sql_complaint complaint = {0};
    struct tl_head *head = NULL;
    enum tl_sql_parse rc;

    lexer = lexer_at(sql, at);
    if (tl_sql_is_word(&lexer, &token, "INSERT") || tl_sql_is_word(&lexer, &token, "REPLACE")) {
        rc = tl_sql_parse_insert(&lexer, &head, &sql->session.state, sql->base.base + at,
                                 &complaint);
        if (rc == TL_PARSE_OK)
            rc = refuse_other_table(sql, head, &complaint);
        if (rc != TL_PARSE_OK) {
            tl_head_unref(head);
            return parse_result(sql, rc, at, &complaint, err);
        }
        sql->scan.at = lexer.at;
        return tl_sql_set_head(sql, head, lexer.text + at, lexer.at - at, sql->base.base + at, err);
    }
    rc = tl_sql_parse_other(&lexer, &sql->session, &complaint);
    if (rc == TL_PARSE_OK) {
        sql->scan.at = lexer.at;
        tl_sql_apply_state(sql);
    }
    return parse_result(sql, rc, at, &complaint, err);
}

/* Skips what may stand between tokens; TL_NOT_FOUND at the end of the file. */
static int skip_space(struct tl_sql_reader *sql, struct tl_error *err)
{
    struct tl_sql_lexer lexer;
    struct tl_sql_token token;

    for (;;) {
        lexer = lexer_at(sql, sql->scan.at);
        if (tl_sql_skip_space(&lexer, &token)) {
            /* An executable comment is part of the statement that begins in it. */
            if (!lexer.executable)
                sql->scan.at = lexer.at;
            return TL_OK;
        }
        if (!lexer.executable)
            sql->scan.at = token.start;
        if (token.type == TL_TOKEN_OPEN)
            return fail_cut(sql, token.start, err);
        if (token.type == TL_TOKEN_END)
            return lexer.executable ? fail_cut(sql, token.start, err) : TL_NOT_FOUND;
        if (tl_reader_fill_twice(&sql->base, sql->scan.at, err) != TL_OK)
            return err->code;
    }
}

static int fail_behind_row(struct tl_sql_reader *sql, struct tl_error *err)
{
    struct tl_sql_lexer lexer = lexer_at(sql, sql->scan.at);
    char text[64];
    struct tl_sql_token token;

    tl_sql_excerpt(lexer.text + lexer.at, lexer.len - lexer.at, text, sizeof(text));
    token = tl_sql_next(&lexer);
    if (tl_sql_is_word(&lexer, &token, "ON") || tl_sql_is_word(&lexer, &token, "AS")) {
        tl_reader_fail(&sql->base, token.start, err,
                       "an alias or ON DUPLICATE KEY UPDATE is not supported: %s", text);
        return tl_error_hint(err, "say how conflicts are solved by conflict.strategy");
    }
    tl_reader_fail(&sql->base, sql->scan.at, err, "',' or ';' is expected behind a row, not: %s",
                   text);
    return tl_error_hint(err, "%s", cut_hint);
}

/* At the first byte behind the space in the phases TL_SQL_AT_ROW and TL_SQL_BEHIND_ROW. */
static int read_separator(struct tl_sql_reader *sql, struct tl_error *err)
{
    char c = sql->base.buf.data[sql->scan.at];

    if (sql->phase == TL_SQL_AT_ROW && c == '(') {
        sql->scan.row_start = sql->scan.at++;
        sql->scan.depth = 1;
        sql->scan.inside = TL_IN_ROW;
        sql->phase = TL_SQL_IN_ROW;
        return TL_OK;
    }
    if (sql->phase == TL_SQL_BEHIND_ROW && (c == ',' || c == ';')) {
        sql->scan.at++;
        sql->phase = c == ',' ? TL_SQL_AT_ROW : TL_SQL_AT_STATEMENT;
        return TL_OK;
    }
    if (sql->phase == TL_SQL_BEHIND_ROW)
        return fail_behind_row(sql, err);
    return tl_reader_fail(&sql->base, sql->scan.at, err, "'(' is expected where a row begins");
}

/* The reader's head becomes that of the rows in work. */
static void begin_rows(struct tl_sql_reader *sql)
{
    if (sql->base.row_count > 0)
        return;
    tl_head_unref(sql->base.head);
    sql->base.head = tl_head_ref(sql->head);
}

static int read_rows(struct tl_sql_reader *sql, struct tl_error *err)
{
    enum tl_sql_scan_result rc;

    begin_rows(sql);
    rc = tl_sql_scan_rows(&sql->scan, &sql->base);
    sql->rows_offset = sql->head_offset;
    switch (rc) {
    case TL_SCAN_MORE:
        if (sql->base.eof)
            return fail_cut(sql, sql->scan.at, err);
        if (tl_reader_check_length(&sql->base, sql->scan.row_start, err) != TL_OK)
            return err->code;
        return tl_reader_fill(&sql->base, err);
    case TL_SCAN_ROW_END:
    case TL_SCAN_FULL:
        sql->phase = TL_SQL_BEHIND_ROW;
        break;
    case TL_SCAN_BAD:
        return tl_reader_fail(
            &sql->base, sql->scan.at, err, "unexpected byte 0x%02X ('%c') within a row",
            (unsigned char)sql->base.buf.data[sql->scan.at],
            sql->base.buf.data[sql->scan.at] > ' ' ? sql->base.buf.data[sql->scan.at] : '.');
    case TL_SCAN_LONG:
        tl_reader_fail(&sql->base, sql->scan.row_start, err, "the row is longer than %llu bytes",
                       (unsigned long long)sql->base.settings.max_row_bytes);
        return tl_error_hint(err, "raise max_allowed_packet in [tidb] and on the server");
    case TL_SCAN_NOMEM:
        return tl_error_nomem(err);
    }
    return TL_OK;
}

int tl_sql_step(struct tl_sql_reader *sql, bool *ends_out, bool *last_out, struct tl_error *err)
{
    int rc;

    *ends_out = *last_out = false;
    if (sql->phase == TL_SQL_IN_ROW) {
        rc = read_rows(sql, err);
        *ends_out = rc == TL_OK && sql->base.row_count > 0 && tl_reader_full(&sql->base);
        return rc;
    }
    rc = skip_space(sql, err);
    if (rc == TL_NOT_FOUND && sql->phase == TL_SQL_AT_STATEMENT) {
        *ends_out = *last_out = true;
        return TL_OK;
    }
    if (rc == TL_NOT_FOUND)
        return fail_cut(sql, sql->scan.at, err);
    if (rc != TL_OK)
        return rc;
    if (sql->phase != TL_SQL_AT_STATEMENT)
        return read_separator(sql, err);
    if (sql->base.buf.data[sql->scan.at] == ';')
        sql->scan.at++;
    else if (!repeats_head(sql, sql->scan.at))
        rc = read_statement(sql, err);
    *ends_out = rc == TL_OK && sql->phase == TL_SQL_AT_ROW && sql->base.row_count > 0 &&
                sql->head != sql->base.head;
    return rc;
}
