/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See schema_file.h.
 */
#include "core/target/schema_file.h"

#include <stdlib.h>
#include <string.h>

#include "core/target/schema_charset.h"
#include "core/target/sql_lexer.h"

enum { FILE_MAX = 16 << 20, READ_STEP = 64 << 10, STATEMENTS_MAX = 100000, CHARSET_MAX = 32 };

static int read_all(struct tl_buf *text, const struct tl_schema_item *item, struct tl_error *err)
{
    TL_CLEANUP(tl_stream_close_p) struct tl_stream *stream = NULL;
    size_t got = 1;
    int rc = tl_stream_open(&stream, item->path, item->compression, 0, err);

    while (rc == TL_OK && got > 0) {
        if (tl_buf_reserve(text, text->len + READ_STEP > text->max ? text->max - text->len
                                                                   : READ_STEP) != TL_OK)
            return tl_error_nomem(err);
        if (text->len == text->max)
            return tl_error_set(err, TL_ERR_DATA, "'%s': a schema file may have 16 MiB at most",
                                item->shown_path);
        rc = tl_stream_read(stream, text->data + text->len, text->cap - text->len, &got, err);
        if (rc == TL_OK)
            text->len += got;
    }
    if (rc == TL_OK && text->data)
        text->data[text->len] = '\0';
    return rc;
}

static int add_statement(struct tl_schema_file *file, const struct tl_schema_statement *statement,
                         struct tl_error *err)
{
    struct tl_schema_statement *grown;

    if (file->count == STATEMENTS_MAX)
        return tl_error_set(err, TL_ERR_DATA, "more than %d statements", STATEMENTS_MAX);
    /* Powers of two: no capacity to keep. */
    if ((file->count & (file->count - 1)) == 0) {
        size_t cap = file->count == 0 ? 1 : 2 * file->count;

        grown = realloc(file->statements, cap * sizeof(*grown));
        if (!grown)
            return tl_error_nomem(err);
        file->statements = grown;
    }
    file->statements[file->count++] = *statement;
    return TL_OK;
}

/* own_out (CHARSET_MAX bytes): what the first SET NAMES names. */
static int parse(struct tl_schema_file *file, bool backslash, char *own_out, struct tl_error *err)
{
    struct tl_splitter splitter;
    int rc = TL_OK;

    file->count = 0;
    tl_splitter_init(&splitter, tl_buf_text(&file->text), file->text.len, backslash);
    while (rc == TL_OK) {
        struct tl_schema_statement next;
        const char *text;

        rc = tl_splitter_next(&splitter, &next.at, err);
        if (rc != TL_OK)
            break;
        text = next.at.text;
        next.shape = tl_sql_shape_of(text, next.at.len, splitter.backslash);
        if (next.shape.kind == TL_SQL_SET &&
            tl_sql_mentions(text, next.at.len, "NO_BACKSLASH_ESCAPES"))
            splitter.backslash = false;
        if (next.shape.kind == TL_SQL_SET && own_out && !*own_out &&
            !tl_sql_charset_of(text, next.at.len, own_out, CHARSET_MAX))
            *own_out = '\0';
        rc = add_statement(file, &next, err);
    }
    return rc == TL_NOT_FOUND ? TL_OK : rc;
}

static int load(struct tl_schema_file *file, const struct tl_schema_item *item,
                const char *character_set, const char *sql_mode, struct tl_error *err)
{
    bool backslash = !tl_sql_mentions(sql_mode, strlen(sql_mode), "NO_BACKSLASH_ESCAPES");
    char own[CHARSET_MAX] = "";
    int rc = read_all(&file->text, item, err);

    if (rc != TL_OK)
        return rc;
    /* Only to find SET NAMES, which is ASCII in all encodings in question: trouble behind it is not
       looked at before the text is UTF-8. */
    rc = parse(file, backslash, own, err);
    if (rc == TL_OK || rc == TL_ERR_DATA)
        rc = tl_schema_decode(&file->text, character_set, own, &file->utf8, err);
    if (rc == TL_OK)
        rc = parse(file, backslash, NULL, err);
    return rc == TL_OK ? rc : tl_error_context(err, "'%s'", item->shown_path);
}

int tl_schema_file_load(struct tl_schema_file **file_out, const struct tl_schema_item *item,
                        const char *character_set, const char *sql_mode, struct tl_error *err)
{
    TL_CLEANUP(tl_schema_file_free_p) struct tl_schema_file *file = calloc(1, sizeof(*file));
    int rc;

    if (!file)
        return tl_error_nomem(err);
    tl_buf_init(&file->text, FILE_MAX);
    rc = load(file, item, character_set, sql_mode, err);
    if (rc != TL_OK)
        return rc;
    *file_out = file;
    file = NULL;
    return TL_OK;
}

void tl_schema_file_free(struct tl_schema_file *file)
{
    if (!file)
        return;
    tl_buf_done(&file->text);
    free(file->statements);
    free(file);
}

/* The name without qualifier and quotes, at most 64 characters: names have no more. */
static void plain_name(const struct tl_schema_statement *statement, char out[256 + 1])
{
    const char *text = statement->at.text;
    struct tl_lexer lexer;
    struct tl_token token, last = {TL_TOKEN_END, "", 0};
    size_t n = 0, from, to;

    tl_lexer_init(&lexer, text + statement->shape.name_begin,
                  statement->shape.name_end - statement->shape.name_begin, true);
    while ((token = tl_lexer_next(&lexer)).kind != TL_TOKEN_END && token.kind != TL_TOKEN_BROKEN)
        last = token;
    from = last.kind == TL_TOKEN_NAME || last.kind == TL_TOKEN_STRING ? 1 : 0;
    to = last.len - from;
    for (size_t i = from; i < to && n < 256; i++) {
        out[n++] = last.text[i];
        if (from && last.text[i] == last.text[0])
            i++; /* doubled */
    }
    out[n] = '\0';
}

bool tl_schema_same_name(const struct tl_schema_statement *a, const struct tl_schema_statement *b)
{
    char left[256 + 1], right[256 + 1];

    plain_name(a, left);
    plain_name(b, right);
    return strcasecmp(left, right) == 0;
}

int tl_schema_file_pick(const struct tl_schema_file *file, enum tl_sql_kind kind, const char *name,
                        const struct tl_schema_statement **picked_out, struct tl_error *err)
{
    const struct tl_schema_statement *named = NULL, *any = NULL;
    const char *what = kind == TL_SQL_CREATE_TABLE  ? "CREATE TABLE"
                       : kind == TL_SQL_CREATE_VIEW ? "CREATE VIEW"
                                                    : "CREATE DATABASE";
    char plain[256 + 1];
    size_t count = 0;

    for (size_t i = 0; i < file->count; i++) {
        if (file->statements[i].shape.kind != kind)
            continue;
        any = &file->statements[i];
        count++;
        plain_name(any, plain);
        if (strcasecmp(plain, name) == 0)
            named = any;
    }
    if (!named && count != 1)
        return tl_error_set(err, TL_ERR_DATA, "the file has %s %s for '%s'",
                            count == 0 ? "no" : "several", what, name);
    *picked_out = named ? named : any;
    return TL_OK;
}
