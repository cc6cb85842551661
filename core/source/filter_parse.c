/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads filter rules: `[!]schema.table`, each side a wildcard pattern, a quoted name or a /regex/;
 * `@file` brings in a file of rules, one on each line.
 */
#include "core/source/filter_rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"

enum { MAX_PATTERN = 64 * 1024 };

struct parser {
    struct tl_filter *filter;
    const char *file; /* NULL: the configuration */
    size_t line;
    const char *rule; /* for messages */
    const char *p;    /* next character */
    struct tl_error *err;
};

static int fail(struct parser *ps, const char *what)
{
    if (ps->file)
        tl_error_set(ps->err, TL_ERR_USAGE, "filter rule '%s' (%s:%zu): %s", ps->rule, ps->file,
                     ps->line, what);
    else
        tl_error_set(ps->err, TL_ERR_USAGE, "filter rule '%s': %s", ps->rule, what);
    return tl_error_hint(ps->err, "rules look like 'schema.table', 'schema.*' or '!schema.table'");
}

static bool is_word(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int make(struct parser *ps, struct tl_filter_pattern *out, const char *text, size_t len,
                unsigned flags)
{
    struct tl_regex *regex;
    char reason[512];
    int rc;

    if (!ps->filter->case_sensitive)
        flags |= TL_REGEX_CASELESS;
    rc = tl_regex_new(&regex, text, len, flags, ps->err);
    if (rc == TL_ERR_USAGE) {
        snprintf(reason, sizeof(reason), "%.500s", ps->err->message);
        return fail(ps, reason);
    }
    if (rc != TL_OK)
        return rc;
    out->all = false;
    out->regex = regex;
    return TL_OK;
}

/* /regex/: an escaped character never ends it. */
static int parse_regex(struct parser *ps, struct tl_filter_pattern *out)
{
    const char *start = ps->p + 1;
    const char *end = start;
    int rc;

    while (*end && *end != '/')
        end += end[0] == '\\' && end[1] ? 2 : 1;
    if (*end != '/' || end == start)
        return fail(ps, "syntax error: incomplete regexp");
    rc = make(ps, out, start, (size_t)(end - start), 0);
    if (rc == TL_OK)
        ps->p = end + 1;
    return rc;
}

/* "name" or `name`, the quote doubled inside. */
static int parse_quoted(struct parser *ps, struct tl_filter_pattern *out)
{
    TL_CLEANUP_BUF struct tl_buf name;
    const char quote = *ps->p;
    const char *p = ps->p + 1;
    int rc;

    tl_buf_init(&name, MAX_PATTERN);
    for (; *p && (*p != quote || p[1] == quote); p++) {
        if (tl_buf_add(&name, p, 1) != TL_OK)
            return tl_error_nomem(ps->err);
        p += *p == quote;
    }
    if (*p != quote || name.len == 0)
        return fail(ps, "syntax error: incomplete quoted identifier");
    rc = make(ps, out, name.data, name.len, TL_REGEX_LITERAL | TL_REGEX_WHOLE);
    if (rc == TL_OK)
        ps->p = p + 1;
    return rc;
}

/* \x: punctuation and bytes of UTF-8 only; letters and digits may get a meaning one day. */
static int add_escaped(struct parser *ps, struct tl_buf *regex)
{
    const char c = ps->p[1];

    if (!c)
        return fail(ps, "syntax error: cannot place \\ at end of line");
    if (is_word((unsigned char)c))
        return fail(ps, "cannot escape a letter or number, it is reserved for future extension");
    if (((unsigned char)c < 0x80 && tl_buf_add(regex, "\\", 1) != TL_OK) ||
        tl_buf_add(regex, &c, 1) != TL_OK)
        return tl_error_nomem(ps->err);
    ps->p += 2;
    return TL_OK;
}

/* [a-z] or [!a-z]; `\` escapes punctuation inside, and '[' has no meaning of its own there. */
static int add_class(struct parser *ps, struct tl_buf *regex)
{
    const char *p = ps->p + 1;
    bool negated = *p == '!';
    size_t members = 0;
    int rc = tl_buf_adds(regex, negated ? "[^" : "[");

    for (p += negated; rc == TL_OK && *p && *p != ']'; p++, members++) {
        if (*p == '\\' && (!p[1] || is_word((unsigned char)p[1])))
            break;
        if (*p == '[' || (*p == '^' && members == 0 && !negated))
            rc = tl_buf_add(regex, "\\", 1);
        if (rc == TL_OK)
            rc = tl_buf_add(regex, p, *p == '\\' ? 2 : 1);
        p += *p == '\\';
    }
    if (rc != TL_OK)
        return tl_error_nomem(ps->err);
    if (*p != ']' || members == 0)
        return fail(ps, "syntax error: failed to parse character class");
    ps->p = p + 1;
    return tl_buf_add(regex, "]", 1) == TL_OK ? TL_OK : tl_error_nomem(ps->err);
}

/* One element of a wildcard pattern becomes one of a regular expression. */
static int add_element(struct parser *ps, struct tl_buf *regex)
{
    const char c = *ps->p;
    char what[64];

    if (c == '\\')
        return add_escaped(ps, regex);
    if (c == '[')
        return add_class(ps, regex);
    if (c != '*' && c != '?' && c != '$' && c != '_' && !is_word((unsigned char)c) &&
        (unsigned char)c < 0x80) {
        snprintf(what, sizeof(what), "unexpected special character '%c'", c);
        return fail(ps, what);
    }
    ps->p++;
    if (c == '*')
        return tl_buf_adds(regex, ".*") == TL_OK ? TL_OK : tl_error_nomem(ps->err);
    if (c == '?')
        return tl_buf_adds(regex, ".") == TL_OK ? TL_OK : tl_error_nomem(ps->err);
    if ((c == '$' && tl_buf_add(regex, "\\", 1) != TL_OK) || tl_buf_add(regex, &c, 1) != TL_OK)
        return tl_error_nomem(ps->err);
    return TL_OK;
}

static int parse_wildcard(struct parser *ps, struct tl_filter_pattern *out)
{
    TL_CLEANUP_BUF struct tl_buf regex;

    tl_buf_init(&regex, MAX_PATTERN);
    while (*ps->p && *ps->p != '.') {
        int rc = add_element(ps, &regex);

        if (rc != TL_OK)
            return rc;
    }
    if (regex.len == 0)
        return fail(ps, "syntax error: missing pattern");
    if (strcmp(regex.data, ".*") == 0) {
        out->all = true;
        return TL_OK;
    }
    return make(ps, out, regex.data, regex.len, TL_REGEX_WHOLE | TL_REGEX_DOTALL);
}

static int parse_pattern(struct parser *ps, struct tl_filter_pattern *out)
{
    switch (*ps->p) {
    case '\0':
        return fail(ps, "syntax error: missing pattern");
    case '/':
        return parse_regex(ps, out);
    case '"':
    case '`':
        return parse_quoted(ps, out);
    default:
        return parse_wildcard(ps, out);
    }
}

static int parse_sides(struct parser *ps, struct tl_filter_rule *rule)
{
    int rc = parse_pattern(ps, &rule->db);

    if (rc != TL_OK)
        return rc;
    if (!*ps->p)
        return fail(ps, "wrong table pattern");
    if (*ps->p != '.')
        return fail(ps, "syntax error: missing '.' between schema and table patterns");
    ps->p++;
    rc = parse_pattern(ps, &rule->table);
    if (rc == TL_OK && *ps->p)
        return fail(ps, "syntax error: stray characters after table pattern");
    return rc;
}

static int parse_rule(struct parser *ps)
{
    struct tl_filter_rule rule = {.exclude = *ps->p == '!'};
    int rc;

    ps->p += rule.exclude;
    rc = parse_sides(ps, &rule);
    if (rc == TL_OK)
        rc = tl_filter_add(ps->filter, &rule, ps->err);
    if (rc != TL_OK)
        tl_filter_rule_done(&rule);
    return rc;
}

/* Cuts blanks off both ends; NULL for an empty line or a comment. */
static char *content(char *text)
{
    char *end = text + strlen(text);

    while (end > text && strchr(" \t\r\n", end[-1]))
        *--end = '\0';
    text += strspn(text, " \t");
    return *text && *text != '#' ? text : NULL;
}

static int parse_lines(struct parser *ps, FILE *in)
{
    TL_CLEANUP_FREE char *line = NULL;
    size_t room = 0;

    for (ps->line = 1; getline(&line, &room, in) >= 0; ps->line++) {
        int rc = TL_OK;

        ps->rule = ps->p = content(line);
        if (!ps->rule)
            continue;
        if (*ps->p == '@')
            rc = fail(ps, "importing filter files recursively is not allowed");
        else
            rc = parse_rule(ps);
        if (rc != TL_OK)
            return rc;
    }
    if (ferror(in))
        return tl_error_errno(ps->err, errno, "cannot read filter file '%s'", ps->file);
    return TL_OK;
}

static int parse_file(struct tl_filter *filter, const char *path, struct tl_error *err)
{
    struct parser ps = {.filter = filter, .file = path, .err = err};
    FILE *in = fopen(path, "re");
    int rc;

    if (!in)
        return tl_error_errno(err, errno, "cannot open filter file '%s'", path);
    rc = parse_lines(&ps, in);
    (void)fclose(in);
    return rc;
}

int tl_filter_parse(struct tl_filter *filter, const char *text, struct tl_error *err)
{
    TL_CLEANUP_FREE char *copy = strdup(text);
    struct parser ps = {.filter = filter, .err = err};

    if (!copy)
        return tl_error_nomem(err);
    ps.rule = ps.p = content(copy);
    if (!ps.rule)
        return TL_OK;
    if (*ps.p == '@')
        return parse_file(filter, ps.p + 1, err);
    return parse_rule(&ps);
}
