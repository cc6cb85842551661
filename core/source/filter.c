/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a filter and how they decide. The text of a rule is read in filter_parse.c.
 */
#include "core/source/filter.h"

#include <string.h>

#include "core/source/filter_rules.h"

enum { MAX_RULES = 100000 };

static const char *const default_rules[] = {
    "*.*",
    "!mysql.*",
    "!sys.*",
    "!INFORMATION_SCHEMA.*",
    "!PERFORMANCE_SCHEMA.*",
    "!METRICS_SCHEMA.*",
    "!INSPECTION_SCHEMA.*",
};

void tl_filter_rule_done(struct tl_filter_rule *rule)
{
    tl_regex_free(rule->db.regex);
    tl_regex_free(rule->table.regex);
    memset(rule, 0, sizeof(*rule));
}

int tl_filter_add(struct tl_filter *filter, const struct tl_filter_rule *rule, struct tl_error *err)
{
    if (filter->count == MAX_RULES)
        return tl_error_set(err, TL_ERR_USAGE, "the filter has more than %d rules", MAX_RULES);
    if (filter->count == filter->room) {
        size_t room = filter->room ? 2 * filter->room : 16;
        struct tl_filter_rule *rules = realloc(filter->rules, room * sizeof(*rules));

        if (!rules)
            return tl_error_nomem(err);
        filter->rules = rules;
        filter->room = room;
    }
    filter->rules[filter->count++] = *rule;
    return TL_OK;
}

int tl_filter_new(struct tl_filter **filter_out, const struct tl_strings *rules,
                  bool case_sensitive, struct tl_error *err)
{
    TL_CLEANUP(tl_filter_free_p) struct tl_filter *filter = calloc(1, sizeof(*filter));
    bool given = rules && rules->count > 0;
    size_t count = given ? rules->count : sizeof(default_rules) / sizeof(default_rules[0]);

    if (!filter)
        return tl_error_nomem(err);
    filter->case_sensitive = case_sensitive;
    for (size_t i = 0; i < count; i++) {
        int rc = tl_filter_parse(filter, given ? rules->items[i] : default_rules[i], err);

        if (rc != TL_OK)
            return rc;
    }
    *filter_out = filter;
    filter = NULL;
    return TL_OK;
}

void tl_filter_free(struct tl_filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->count; i++)
        tl_filter_rule_done(&filter->rules[i]);
    free(filter->rules);
    free(filter);
}

static int matches(const struct tl_filter_pattern *pattern, const char *name, struct tl_error *err)
{
    if (pattern->all)
        return TL_OK;
    return tl_regex_match(pattern->regex, name, strlen(name), NULL, err);
}

int tl_filter_table(const struct tl_filter *filter, const char *db, const char *table,
                    struct tl_error *err)
{
    for (size_t i = filter->count; i > 0; i--) {
        const struct tl_filter_rule *rule = &filter->rules[i - 1];
        int rc = matches(&rule->db, db, err);

        if (rc == TL_OK)
            rc = matches(&rule->table, table, err);
        if (rc == TL_OK)
            return rule->exclude ? TL_NOT_FOUND : TL_OK;
        if (rc != TL_NOT_FOUND)
            return rc;
    }
    return TL_NOT_FOUND;
}

/* A rule that excludes only some tables says nothing about the database. */
int tl_filter_db(const struct tl_filter *filter, const char *db, struct tl_error *err)
{
    for (size_t i = filter->count; i > 0; i--) {
        const struct tl_filter_rule *rule = &filter->rules[i - 1];
        int rc;

        if (rule->exclude && !rule->table.all)
            continue;
        rc = matches(&rule->db, db, err);
        if (rc == TL_OK)
            return rule->exclude ? TL_NOT_FOUND : TL_OK;
        if (rc != TL_NOT_FOUND)
            return rc;
    }
    return TL_NOT_FOUND;
}
