/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of filter.c and filter_parse.c: what a filter is made of.
 */
#ifndef TL_SOURCE_FILTER_RULES_H
#define TL_SOURCE_FILTER_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/source/filter.h"
#include "core/source/regex.h"

struct tl_filter_pattern {
    bool all;               /* `*`: matches every name */
    struct tl_regex *regex; /* owned; NULL if all */
};

struct tl_filter_rule {
    struct tl_filter_pattern db;
    struct tl_filter_pattern table;
    bool exclude; /* written with a leading '!' */
};

struct tl_filter {
    struct tl_filter_rule *rules; /* in the order written */
    size_t count;
    size_t room;
    bool case_sensitive;
};

/* Reads one rule as it stands in the configuration, or the file that it names, into filter. */
int tl_filter_parse(struct tl_filter *filter, const char *text,
                    struct tl_error *err) TL_WARN_UNUSED;

/* Appends rule; its patterns are transferred on TL_OK. */
int tl_filter_add(struct tl_filter *filter, const struct tl_filter_rule *rule,
                  struct tl_error *err) TL_WARN_UNUSED;

/* Frees the patterns. */
void tl_filter_rule_done(struct tl_filter_rule *rule);

#endif
