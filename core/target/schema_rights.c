/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See schema_rights.h.
 */
#include "core/target/schema_rights.h"

#include <stdlib.h>
#include <string.h>

#include "core/target/schema_file.h"
#include "core/target/schema_objects.h"
#include "core/target/sql_lexer.h"

/* Appends what a quoted or bare name means. False: nothing that is known here. */
static bool add_plain(char *out, size_t size, const struct tl_token *token)
{
    bool quoted = token->kind == TL_TOKEN_NAME || token->kind == TL_TOKEN_STRING;
    size_t used = strlen(out), end = token->len - quoted;

    if (!quoted && token->kind != TL_TOKEN_WORD)
        return false;
    for (size_t i = quoted; i < end && used + 1 < size; i++) {
        if (token->text[i] == '\\')
            return false;
        if (quoted && token->text[i] == token->text[0])
            i++;
        out[used++] = token->text[i];
    }
    out[used] = '\0';
    return used + 1 < size;
}

bool tl_schema_other_definer(const char *text, size_t len, const char *account)
{
    struct tl_lexer lexer;
    struct tl_token token;
    char definer[512] = "";
    bool known = false;

    tl_lexer_init(&lexer, text, len, true);
    do
        token = tl_lexer_next(&lexer);
    while (token.kind != TL_TOKEN_END && token.kind != TL_TOKEN_BROKEN &&
           !tl_token_is(&token, "DEFINER") && !tl_token_is(&token, "VIEW"));
    if (!tl_token_is(&token, "DEFINER"))
        return false;
    token = tl_lexer_next(&lexer);
    if (tl_token_is_symbol(&token, '='))
        token = tl_lexer_next(&lexer);
    if (!add_plain(definer, sizeof(definer) - 1, &token))
        return false;
    token = tl_lexer_next(&lexer);
    if (tl_token_is_symbol(&token, '@')) {
        memcpy(definer + strlen(definer), "@", 2);
        token = tl_lexer_next(&lexer);
        known = add_plain(definer, sizeof(definer), &token);
    }
    /* A host has no case. */
    return known && strcasecmp(definer, account) != 0;
}

struct look {
    struct tl_rights *rights;
    const struct tl_options *options;
    struct tl_session *session;
    const struct tl_server *server;
    const struct tl_objects *objects;
    char *account;  /* owned; NULL: the definers do not matter */
    const char *db; /* of the last item, for which the next three hold */
    bool may_alter; /* on every table of it */
    bool may_index;
    bool may_select;
};

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* Whether the item is certainly not on the target: the snapshot folds ASCII only. */
static int is_missing(const struct look *look, const struct tl_schema_item *item, bool *missing_out,
                      struct tl_error *err)
{
    const char *name = item->kind == TL_SCHEMA_DATABASE ? NULL : item->name;
    enum tl_object_kind kind = tl_objects_find(look->objects, item->db, name);
    int rc;

    *missing_out = kind == TL_OBJECT_NONE;
    if (kind != TL_OBJECT_NONE || (is_ascii(item->db) && (!name || is_ascii(name))))
        return TL_OK;
    if (!look->server->lower_case_table_names)
        return TL_OK;
    rc = tl_object_ask(look->session, item->db, name, &kind, err);
    *missing_out = rc == TL_OK && kind == TL_OBJECT_NONE;
    return rc;
}

static int load_file(const struct look *look, const struct tl_schema_item *item,
                     struct tl_schema_file **file_out, struct tl_error *err)
{
    const struct tl_options *options = look->options;
    int rc = tl_schema_file_load(file_out, item,
                                 options->character_set ? options->character_set : "auto",
                                 options->sql_mode_given ? options->sql_mode : "", err);

    return rc == TL_ERR_NOMEM ? rc : TL_OK;
}

/* ALTER TABLE and CREATE INDEX behind the table's CREATE; a foreign key wants some right on its
   parent, which is mostly in the same database. */
static int add_additions(const struct look *look, const struct tl_schema_item *item, unsigned *mask,
                         struct tl_error *err)
{
    TL_CLEANUP(tl_schema_file_free_p) struct tl_schema_file *file = NULL;
    int rc = load_file(look, item, &file, err);

    for (size_t i = 0; rc == TL_OK && file && i < file->count; i++) {
        const struct tl_schema_statement *statement = &file->statements[i];

        if (statement->shape.kind == TL_SQL_ALTER_TABLE)
            *mask |= TL_RIGHT_ALTER;
        if (statement->shape.kind == TL_SQL_CREATE_INDEX)
            *mask |= TL_RIGHT_INDEX;
        if (statement->shape.kind == TL_SQL_CREATE_TABLE &&
            tl_sql_mentions(statement->at.text, statement->at.len, "REFERENCES"))
            *mask |= TL_RIGHT_SELECT;
    }
    return rc;
}

static int enter_database(struct look *look, const char *db, struct tl_error *err)
{
    int rc = TL_OK;

    if (look->db && strcmp(look->db, db) == 0)
        return TL_OK;
    look->db = db;
    rc = tl_rights_on_database(look->session, db, TL_RIGHT_ALTER, &look->may_alter, err);
    if (rc == TL_OK)
        rc = tl_rights_on_database(look->session, db, TL_RIGHT_INDEX, &look->may_index, err);
    if (rc == TL_OK)
        rc = tl_rights_on_database(look->session, db, TL_RIGHT_SELECT, &look->may_select, err);
    return rc;
}

static int add_table(struct look *look, const struct tl_schema_item *item, struct tl_error *err)
{
    unsigned mask = TL_RIGHT_CREATE;
    int rc = enter_database(look, item->db, err);

    if (rc == TL_OK && !(look->may_alter && look->may_index && look->may_select))
        rc = add_additions(look, item, &mask, err);
    /* MySQL 8 wants it on the parent of a foreign key, MariaDB any right on it. */
    if (look->server->kind == TL_SERVER_MYSQL)
        mask |= TL_RIGHT_REFERENCES;
    return rc == TL_OK ? tl_rights_need(look->rights, item->db, item->name, mask, err) : rc;
}

static const char *definer_privilege(const struct tl_server *server)
{
    switch (server->kind) {
    case TL_SERVER_MARIADB:
        return server->version >= 100502 ? "SET USER" : "SUPER";
    case TL_SERVER_MYSQL:
        return server->version >= 80200   ? "SET_ANY_DEFINER"
               : server->version >= 80000 ? "SET_USER_ID"
                                          : "SUPER";
    case TL_SERVER_TIDB:
        break;
    }
    return "SUPER";
}

static int add_view(const struct look *look, const struct tl_schema_item *item,
                    struct tl_error *err)
{
    TL_CLEANUP(tl_schema_file_free_p) struct tl_schema_file *file = NULL;
    int rc = tl_rights_need(look->rights, item->db, item->name, TL_RIGHT_CREATE_VIEW, err);

    if (rc == TL_OK && look->account)
        rc = load_file(look, item, &file, err);
    for (size_t i = 0; rc == TL_OK && file && i < file->count; i++) {
        const struct tl_schema_statement *statement = &file->statements[i];

        if (statement->shape.kind == TL_SQL_CREATE_VIEW &&
            tl_schema_other_definer(statement->at.text, statement->at.len, look->account))
            tl_rights_lack_global(look->rights, definer_privilege(look->server),
                                  "a view's DEFINER is another account");
    }
    return rc;
}

static int add_item(struct look *look, const struct tl_schema_item *item, struct tl_error *err)
{
    bool missing = false;
    int rc;

    if (item->kind != TL_SCHEMA_DATABASE && !item->path)
        return TL_OK;
    rc = is_missing(look, item, &missing, err);
    if (rc != TL_OK || !missing)
        return rc;
    switch (item->kind) {
    case TL_SCHEMA_DATABASE:
        return tl_rights_need(look->rights, item->db, NULL, TL_RIGHT_CREATE, err);
    case TL_SCHEMA_TABLE:
        return add_table(look, item, err);
    case TL_SCHEMA_VIEW:
        return add_view(look, item, err);
    }
    return TL_OK;
}

/* Leaves look->account NULL when every definer is allowed, or nothing is certain. */
static int look_for_definers(struct look *look, struct tl_error *err)
{
    static const char *const words[] = {"SET USER", "SET_USER_ID",    "SET_ANY_DEFINER",
                                        "SUPER",    "ALL PRIVILEGES", NULL};
    bool any = false;
    int rc = tl_rights_global(look->session, words, &any, err);

    if (rc != TL_OK || any)
        return rc;
    return tl_session_scalar(look->session, "SELECT CURRENT_USER()", &look->account, err);
}

int tl_schema_rights(struct tl_rights *rights, const struct tl_options *options,
                     struct tl_session *session, const struct tl_server *server,
                     const struct tl_schema_item *items, size_t count, struct tl_error *err)
{
    TL_CLEANUP(tl_objects_free_p) struct tl_objects *objects = NULL;
    struct look look = {.rights = rights, .options = options, .session = session, .server = server};
    int rc = tl_objects_load(&objects, session, items, count, err);

    look.objects = objects;
    if (rc == TL_OK)
        rc = look_for_definers(&look, err);
    for (size_t i = 0; rc == TL_OK && i < count; i++)
        rc = add_item(&look, &items[i], err);
    free(look.account);
    return rc;
}
