/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A target table as information_schema describes it. See writer.h.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/target/writer.h"

enum { SQL_MAX = 1 << 20 };

static const struct {
    const char *name;
    enum tl_column_kind kind;
    bool enumerated;
    bool approximate;
} types[] = {
    {"tinyint", TL_COLUMN_NUMBER, false, false},    {"smallint", TL_COLUMN_NUMBER, false, false},
    {"mediumint", TL_COLUMN_NUMBER, false, false},  {"int", TL_COLUMN_NUMBER, false, false},
    {"bigint", TL_COLUMN_NUMBER, false, false},     {"decimal", TL_COLUMN_NUMBER, false, false},
    {"float", TL_COLUMN_NUMBER, false, true},       {"double", TL_COLUMN_NUMBER, false, true},
    {"year", TL_COLUMN_NUMBER, true, false},        {"bit", TL_COLUMN_BIT, false, false},
    {"binary", TL_COLUMN_BINARY, false, false},     {"varbinary", TL_COLUMN_BINARY, false, false},
    {"tinyblob", TL_COLUMN_BINARY, false, false},   {"blob", TL_COLUMN_BINARY, false, false},
    {"mediumblob", TL_COLUMN_BINARY, false, false}, {"longblob", TL_COLUMN_BINARY, false, false},
    {"char", TL_COLUMN_TEXT, false, false},         {"varchar", TL_COLUMN_TEXT, false, false},
    {"tinytext", TL_COLUMN_TEXT, false, false},     {"text", TL_COLUMN_TEXT, false, false},
    {"mediumtext", TL_COLUMN_TEXT, false, false},   {"longtext", TL_COLUMN_TEXT, false, false},
    {"json", TL_COLUMN_TEXT, false, false},         {"enum", TL_COLUMN_TEXT, true, false},
    {"set", TL_COLUMN_TEXT, true, false},           {"date", TL_COLUMN_TEXT, true, false},
    {"time", TL_COLUMN_TEXT, true, false},          {"datetime", TL_COLUMN_TEXT, true, false},
    {"timestamp", TL_COLUMN_TEXT, true, false},     {"uuid", TL_COLUMN_TEXT, true, false},
    {"inet4", TL_COLUMN_TEXT, true, false},         {"inet6", TL_COLUMN_TEXT, true, false}};

static void set_type(struct tl_column *column, const char *type)
{
    column->kind = TL_COLUMN_OTHER;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcasecmp(types[i].name, type) != 0)
            continue;
        column->kind = (uint8_t)types[i].kind;
        column->enumerated = types[i].enumerated;
        column->approximate = types[i].approximate;
        return;
    }
}

/* MySQL writes DEFAULT_GENERATED for a default that is an expression. */
static bool is_generated(const char *extra)
{
    return strcasestr(extra, "VIRTUAL") || strcasestr(extra, "STORED") ||
           strcasestr(extra, "PERSISTENT");
}

static int take_column(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                       struct tl_error *err)
{
    struct tl_table_info *info = payload;
    struct tl_column *grown =
        realloc(info->columns, (info->column_count + 1) * sizeof(*info->columns));
    const char *extra = columns[2] ? columns[2] : "";
    struct tl_column *column;

    (void)lengths, (void)count;
    if (!grown)
        return tl_error_nomem(err);
    info->columns = grown;
    column = &grown[info->column_count];
    memset(column, 0, sizeof(*column));
    column->name = strdup(columns[0]);
    if (!column->name)
        return tl_error_nomem(err);
    info->column_count++;
    set_type(column, columns[1]);
    column->generated = is_generated(extra);
    column->invisible = strcasestr(extra, "INVISIBLE") != NULL;
    column->auto_increment = strcasestr(extra, "auto_increment") != NULL;
    column->nullable = columns[3] && strcasecmp(columns[3], "YES") == 0;
    return TL_OK;
}

static int select_from(struct tl_buf *sql, const char *what, const char *from, const char *db,
                       const char *name, const char *more)
{
    tl_buf_clear(sql);
    return tl_buf_addf(sql, "SELECT %s FROM information_schema.%s WHERE table_schema = ", what,
                       from) ||
                   tl_sql_add_text(sql, db, strlen(db)) || tl_buf_adds(sql, " AND table_name = ") ||
                   tl_sql_add_text(sql, name, strlen(name)) || tl_buf_adds(sql, more)
               ? TL_ERR_NOMEM
               : TL_OK;
}

static int load_columns(struct tl_table_info *info, struct tl_session *session, struct tl_buf *sql,
                        struct tl_error *err)
{
    int rc;

    if (select_from(sql, "column_name, data_type, extra, is_nullable", "columns", info->db,
                    info->name, " ORDER BY ordinal_position"))
        return tl_error_nomem(err);
    rc = tl_session_query(session, sql->data, take_column, info, err);
    if (rc == TL_OK && info->column_count == 0)
        rc = TL_NOT_FOUND;
    return rc;
}

static int load_rest(struct tl_table_info *info, struct tl_session *session, struct tl_buf *sql,
                     struct tl_error *err)
{
    TL_CLEANUP_FREE char *engine = NULL;
    uint64_t keys = 0;
    int rc;

    if (select_from(sql, "COUNT(*)", "statistics", info->db, info->name, " AND non_unique = 0"))
        return tl_error_nomem(err);
    rc = tl_session_scalar_u64(session, sql->data, &keys, err);
    if (rc != TL_OK)
        return rc;
    info->has_key = keys > 0;
    if (select_from(sql, "engine", "tables", info->db, info->name, ""))
        return tl_error_nomem(err);
    rc = tl_session_scalar(session, sql->data, &engine, err);
    if (rc == TL_OK)
        snprintf(info->engine, sizeof(info->engine), "%s", engine ? engine : "");
    return rc;
}

int tl_table_info_load(struct tl_table_info **info_out, struct tl_session *session, const char *db,
                       const char *name, struct tl_error *err)
{
    TL_CLEANUP(tl_table_info_free_p) struct tl_table_info *info = calloc(1, sizeof(*info));
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc;

    tl_buf_init(&sql, SQL_MAX);
    if (info) {
        info->db = strdup(db);
        info->name = strdup(name);
    }
    if (!info || !info->db || !info->name)
        return tl_error_nomem(err);
    rc = load_columns(info, session, &sql, err);
    if (rc == TL_OK)
        rc = load_rest(info, session, &sql, err);
    if (rc != TL_OK)
        return rc;
    *info_out = info;
    info = NULL;
    return TL_OK;
}

void tl_table_info_free(struct tl_table_info *info)
{
    if (!info)
        return;
    for (uint32_t i = 0; i < info->column_count; i++)
        free(info->columns[i].name);
    free(info->columns);
    free(info->db);
    free(info->name);
    free(info);
}
