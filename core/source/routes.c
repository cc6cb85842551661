/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See routes.h.
 */
#include "core/source/routes.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/source/regex.h"

enum { MAX_PATTERN = 64 * 1024 };

struct route {
    struct tl_regex *db;    /* owned */
    struct tl_regex *table; /* owned; NULL = a rule for the whole database */
    const struct tl_route *rule;
};

struct tl_routes {
    struct route *items;
    size_t count;
};

static bool given(const char *text)
{
    return text && *text;
}

/* [a-z] or [!a-z] at p as a regular expression; 0 if it is not closed, else its length. */
static size_t add_class(struct tl_buf *regex, const char *p, int *rc)
{
    const char *end = strchr(p + 1, ']');

    if (!end || end == p + 1)
        return 0;
    *rc = tl_buf_adds(regex, p[1] == '!' ? "[^" : "[");
    for (const char *c = p + 1 + (p[1] == '!'); *rc == TL_OK && c < end; c++) {
        if (strchr("\\[^", *c))
            *rc = tl_buf_add(regex, "\\", 1);
        if (*rc == TL_OK)
            *rc = tl_buf_add(regex, c, 1);
    }
    if (*rc == TL_OK)
        *rc = tl_buf_add(regex, "]", 1);
    return (size_t)(end - p) + 1;
}

static int add_element(struct tl_buf *regex, const char **p)
{
    unsigned char c = (unsigned char)**p;
    int rc = TL_OK;
    size_t len = c == '[' ? add_class(regex, *p, &rc) : 0;

    *p += len > 0 ? len : 1;
    if (len > 0)
        return rc;
    if (c == '*')
        return tl_buf_adds(regex, ".*");
    if (c == '?')
        return tl_buf_adds(regex, ".");
    if (strchr("\\^$.[]|()+{}", c))
        rc = tl_buf_add(regex, "\\", 1);
    return rc == TL_OK ? tl_buf_add(regex, &c, 1) : rc;
}

static int compile(struct tl_regex **regex_out, const char *pattern, bool case_sensitive,
                   struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf regex;
    unsigned flags = case_sensitive ? 0 : TL_REGEX_CASELESS;

    if (pattern[0] == '~')
        return tl_regex_new(regex_out, pattern + 1, strlen(pattern + 1), flags, err);
    tl_buf_init(&regex, MAX_PATTERN);
    while (*pattern)
        if (add_element(&regex, &pattern) != TL_OK)
            return tl_error_nomem(err);
    return tl_regex_new(regex_out, tl_buf_text(&regex), regex.len,
                        flags | TL_REGEX_WHOLE | TL_REGEX_DOTALL, err);
}

static int add_rule(struct route *item, const struct tl_route *rule, bool case_sensitive,
                    struct tl_error *err)
{
    int rc;

    item->rule = rule;
    if (!given(rule->schema_pattern))
        return tl_error_set(err, TL_ERR_USAGE,
                            "schema pattern of table route rule should not be empty");
    if (!given(rule->target_schema))
        return tl_error_set(err, TL_ERR_USAGE,
                            "target schema of table route rule should not be empty");
    rc = compile(&item->db, rule->schema_pattern, case_sensitive, err);
    if (rc == TL_OK && given(rule->table_pattern))
        rc = compile(&item->table, rule->table_pattern, case_sensitive, err);
    return rc;
}

int tl_routes_new(struct tl_routes **routes_out, const struct tl_route *rules, size_t count,
                  bool case_sensitive, struct tl_error *err)
{
    TL_CLEANUP(tl_routes_free_p) struct tl_routes *routes = calloc(1, sizeof(*routes));

    if (!routes)
        return tl_error_nomem(err);
    routes->items = calloc(count + 1, sizeof(*routes->items));
    if (!routes->items)
        return tl_error_nomem(err);
    routes->count = count;
    for (size_t i = 0; i < count; i++)
        if (add_rule(&routes->items[i], &rules[i], case_sensitive, err) != TL_OK)
            return tl_error_context(err, "[[routes]] entry %zu", i + 1);
    *routes_out = routes;
    routes = NULL;
    return TL_OK;
}

void tl_routes_free(struct tl_routes *routes)
{
    if (!routes)
        return;
    for (size_t i = 0; i < routes->count; i++) {
        tl_regex_free(routes->items[i].db);
        tl_regex_free(routes->items[i].table);
    }
    free(routes->items);
    free(routes);
}

static int item_matches(const struct route *item, const char *db, const char *table,
                        struct tl_error *err)
{
    int rc = tl_regex_match(item->db, db, strlen(db), NULL, err);

    if (rc == TL_OK && item->table)
        rc = given(table) ? tl_regex_match(item->table, table, strlen(table), NULL, err)
                          : TL_NOT_FOUND;
    return rc;
}

/* The one rule of that kind that matches; NULL if there is none. */
static int find_one(const struct tl_routes *routes, bool with_table, const char *db,
                    const char *table, const struct tl_route **rule_out, struct tl_error *err)
{
    const struct tl_route *found = NULL;

    for (size_t i = 0; i < routes->count; i++) {
        const struct route *item = &routes->items[i];
        int rc =
            (item->table != NULL) == with_table ? item_matches(item, db, table, err) : TL_NOT_FOUND;

        if (rc == TL_NOT_FOUND)
            continue;
        if (rc != TL_OK)
            return rc;
        if (found) {
            tl_error_set(err, TL_ERR_USAGE, "table %s.%s matches more than one rule", db,
                         table ? table : "");
            return tl_error_hint(err, "make the patterns of [[routes]] not overlap");
        }
        found = item->rule;
    }
    *rule_out = found;
    return TL_OK;
}

int tl_routes_find(const struct tl_routes *routes, const char *db, const char *table,
                   const char **db_out, const char **table_out, struct tl_error *err)
{
    const struct tl_route *rule = NULL;
    bool with_table = given(table);
    int rc = TL_OK;

    if (with_table)
        rc = find_one(routes, true, db, table, &rule, err);
    if (rc == TL_OK && !rule)
        rc = find_one(routes, false, db, table, &rule, err);
    if (rc != TL_OK)
        return rc;
    *db_out = rule ? rule->target_schema : db;
    *table_out = !with_table                         ? NULL
                 : rule && given(rule->target_table) ? rule->target_table
                                                     : table;
    return TL_OK;
}
