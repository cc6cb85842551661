/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See schema_objects.h. A sorted array of keys, searched by halves.
 */
#include "core/target/schema_objects.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"

struct object {
    char *key; /* db, NUL, name; folded */
    size_t len;
    enum tl_object_kind kind;
};

struct tl_objects {
    struct object *list;
    size_t count;
    size_t cap;
    bool fold;
    const char *db; /* while loading: the database that the rows belong to */
};

static int compare(const void *a, const void *b)
{
    const struct object *x = a, *y = b;
    int order = memcmp(x->key, y->key, x->len < y->len ? x->len : y->len);

    if (order == 0 && x->len != y->len)
        order = x->len < y->len ? -1 : 1;
    return order;
}

/* A new key; NULL = out of memory. */
static char *make_key(const struct tl_objects *objects, const char *db, const char *name,
                      size_t *len_out)
{
    size_t db_len = strlen(db), name_len = name ? strlen(name) + 1 : 0;
    char *key = malloc(db_len + name_len + 1);

    if (!key)
        return NULL;
    memcpy(key, db, db_len + 1);
    if (name)
        memcpy(key + db_len + 1, name, name_len);
    *len_out = db_len + name_len;
    for (size_t i = 0; objects->fold && i < *len_out; i++)
        if (key[i] >= 'A' && key[i] <= 'Z')
            key[i] = (char)(key[i] | 0x20);
    return key;
}

static int add(struct tl_objects *objects, const char *db, const char *name,
               enum tl_object_kind kind, struct tl_error *err)
{
    struct object object = {.kind = kind};

    if (objects->count == objects->cap) {
        size_t cap = objects->cap ? 2 * objects->cap : 64;
        struct object *grown = realloc(objects->list, cap * sizeof(*grown));

        if (!grown)
            return tl_error_nomem(err);
        objects->list = grown;
        objects->cap = cap;
    }
    object.key = make_key(objects, db, name, &object.len);
    if (!object.key)
        return tl_error_nomem(err);
    objects->list[objects->count++] = object;
    return TL_OK;
}

static int take_database(char **columns, const unsigned long *lengths, unsigned count,
                         void *payload, struct tl_error *err)
{
    (void)lengths, (void)count;
    return columns[0] ? add(payload, columns[0], NULL, TL_OBJECT_DATABASE, err) : TL_OK;
}

static enum tl_object_kind kind_of(const char *table_type)
{
    return table_type && strstr(table_type, "VIEW") ? TL_OBJECT_VIEW : TL_OBJECT_TABLE;
}

static int take_table(char **columns, const unsigned long *lengths, unsigned count, void *payload,
                      struct tl_error *err)
{
    struct tl_objects *objects = payload;

    (void)lengths, (void)count;
    if (!columns[0])
        return TL_OK;
    return add(objects, objects->db, columns[0], kind_of(columns[1]), err);
}

static int load_tables(struct tl_objects *objects, struct tl_session *session, const char *db,
                       struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    int rc;

    tl_buf_init(&sql, 4096);
    rc = tl_buf_adds(&sql, "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE "
                           "TABLE_SCHEMA=");
    if (rc == TL_OK)
        rc = tl_sql_add_text(&sql, db, strlen(db));
    if (rc != TL_OK)
        return tl_error_nomem(err);
    objects->db = db;
    return tl_session_query(session, sql.data, take_table, objects, err);
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int load_all(struct tl_objects *objects, struct tl_session *session,
                    const struct tl_schema_item *items, size_t count, struct tl_error *err)
{
    TL_CLEANUP_FREE const char **dbs = calloc(count + 1, sizeof(*dbs));
    uint64_t fold = 0;
    int rc;

    if (!dbs)
        return tl_error_nomem(err);
    for (size_t i = 0; i < count; i++)
        dbs[i] = items[i].db;
    qsort(dbs, count, sizeof(*dbs), compare_text);
    rc = tl_session_scalar_u64(session, "SELECT @@lower_case_table_names", &fold, err);
    objects->fold = fold != 0;
    if (rc == TL_OK)
        rc = tl_session_query(session, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA",
                              take_database, objects, err);
    for (size_t i = 0; i < count && rc == TL_OK; i++)
        if (i == 0 || strcmp(dbs[i], dbs[i - 1]) != 0)
            rc = load_tables(objects, session, dbs[i], err);
    if (rc == TL_OK && objects->count > 0)
        qsort(objects->list, objects->count, sizeof(objects->list[0]), compare);
    return rc;
}

int tl_objects_load(struct tl_objects **objects_out, struct tl_session *session,
                    const struct tl_schema_item *items, size_t count, struct tl_error *err)
{
    TL_CLEANUP(tl_objects_free_p) struct tl_objects *objects = calloc(1, sizeof(*objects));
    int rc;

    if (!objects)
        return tl_error_nomem(err);
    rc = load_all(objects, session, items, count, err);
    if (rc != TL_OK)
        return rc;
    *objects_out = objects;
    objects = NULL;
    return TL_OK;
}

void tl_objects_free(struct tl_objects *objects)
{
    if (!objects)
        return;
    for (size_t i = 0; i < objects->count; i++)
        free(objects->list[i].key);
    free(objects->list);
    free(objects);
}

enum tl_object_kind tl_objects_find(const struct tl_objects *objects, const char *db,
                                    const char *name)
{
    struct object wanted = {.kind = TL_OBJECT_NONE};
    const struct object *found = NULL;

    wanted.key = make_key(objects, db, name, &wanted.len);
    /* Without memory it counts as missing: IF NOT EXISTS keeps that harmless. */
    if (wanted.key && objects->count > 0)
        found = bsearch(&wanted, objects->list, objects->count, sizeof(wanted), compare);
    free(wanted.key);
    return found ? found->kind : TL_OBJECT_NONE;
}

/* The server folds the name as it does for every statement; a comparison in SQL would not. */
static int ask_for_database(struct tl_session *session, const char *db,
                            enum tl_object_kind *kind_out, struct tl_error *err)
{
    *kind_out = TL_OBJECT_DATABASE;
    if (mysql_select_db(tl_session_mysql(session), db) == 0)
        return TL_OK;
    *kind_out = TL_OBJECT_NONE;
    tl_session_error(session, err);
    return tl_error_is_lost(err) ? TL_ERR_DB : TL_OK;
}

int tl_object_ask(struct tl_session *session, const char *db, const char *name,
                  enum tl_object_kind *kind_out, struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf sql;
    TL_CLEANUP_FREE char *type = NULL;
    int rc;

    tl_buf_init(&sql, 8192);
    if (!name)
        return ask_for_database(session, db, kind_out, err);
    rc = tl_buf_adds(&sql, "SELECT TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA=");
    if (rc == TL_OK)
        rc = tl_sql_add_text(&sql, db, strlen(db));
    if (rc == TL_OK)
        rc = tl_buf_adds(&sql, " AND TABLE_NAME=");
    if (rc == TL_OK)
        rc = tl_sql_add_text(&sql, name, strlen(name));
    if (rc != TL_OK)
        return tl_error_nomem(err);
    rc = tl_session_scalar(session, sql.data, &type, err);
    if (rc < 0)
        return rc;
    *kind_out = rc == TL_NOT_FOUND ? TL_OBJECT_NONE : kind_of(type);
    return TL_OK;
}
