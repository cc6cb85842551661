/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target of the schema file splitter: any bytes are cut into statements that lie one behind
 * the other within the text, and a rewritten statement is of the same kind. The first byte switches
 * the backslash.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/target/schema_rights.h"
#include "core/target/sql_shape.h"
#include "core/target/sql_split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void look_at(const struct tl_statement *statement, bool backslash)
{
    struct tl_sql_shape shape = tl_sql_shape_of(statement->text, statement->len, backslash);
    struct tl_sql_shape again;
    struct tl_buf sql;
    char charset[16];

    (void)tl_sql_charset_of(statement->text, statement->len, charset, sizeof(charset));
    (void)tl_schema_other_definer(statement->text, statement->len, "me@%");
    require(shape.name_begin <= shape.name_end && shape.name_end <= statement->len);
    require(shape.replace_begin <= shape.replace_end && shape.replace_end <= statement->len);
    if (shape.name_begin == shape.name_end)
        return;
    tl_buf_init(&sql, 1 << 24);
    require(tl_sql_rewrite(&sql, statement->text, statement->len, &shape, "d`b", "n") == TL_OK);
    again = tl_sql_shape_of(sql.data, sql.len, backslash);
    require(again.kind == shape.kind);
    require(again.replace_begin == again.replace_end);
    require(shape.kind != TL_SQL_CREATE_TABLE || again.if_not_exists);
    tl_buf_done(&sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_splitter splitter;
    struct tl_statement statement;
    struct tl_error err;
    uint64_t line = 0, end = 0;
    bool backslash = size > 0 && (data[0] & 1);
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    memcpy(text, data, size);
    tl_splitter_init(&splitter, text, size, backslash);
    while (tl_splitter_next(&splitter, &statement, &err) == TL_OK) {
        require(statement.len > 0 && statement.offset >= end && statement.line >= line);
        require(statement.text == text + statement.offset);
        line = statement.line;
        end = statement.offset + statement.len;
        require(end <= size);
        look_at(&statement, backslash);
    }
    free(text);
    return 0;
}
