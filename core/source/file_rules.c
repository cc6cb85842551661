/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See file_rules.h. A rule is a regular expression on the path and one template for each value.
 */
#include "core/source/file_rules.h"

#include <string.h>

#include "core/base/log.h"
#include "core/source/file_template.h"
#include "core/source/regex.h"

struct rule {
    struct tl_regex *regex;   /* owned */
    struct tl_file_rule text; /* borrowed strings: templates */
    bool literal;             /* from `path`: the texts are no templates */
    bool by_default;          /* names in it are URL-escaped */
    bool not_imported;
};

struct tl_file_rules {
    struct rule *items;
    size_t count;
};

#define PATH_BEFORE "^(?:[^/]*/)*"
#define COMPRESS "(?:\\.(\\w*?))?$"

/* Upstream's rules in upstream's order; a table name never has a '/', and the newer mydumper's
   kinds of objects that are not imported stand with the older ones. */
static const struct {
    struct tl_file_rule rule;
    bool not_imported;
} defaults[] = {
    {{.pattern = "(?:-schema-triggers?|-schema-post|-schema-sequence|-schema-routines|"
                 "-schema-events|-schema-create-tablespace|-placement-policy-create)"
                 "\\.sql(?:\\.(\\w*?))?$",
      .type = "ignore"},
     true},
    {{.pattern = "\\.(sql|csv|parquet)(\\.(\\w+))?\\.bak$", .type = "ignore"}, false},
    {{.pattern = PATH_BEFORE "([^/.]+)-schema-create\\.sql" COMPRESS,
      .schema = "$1",
      .type = "schema-schema",
      .compression = "$2"},
     false},
    {{.pattern = PATH_BEFORE "([^/.]+)\\.([^/]*?)-schema\\.sql" COMPRESS,
      .schema = "$1",
      .table = "$2",
      .type = "table-schema",
      .compression = "$3"},
     false},
    {{.pattern = PATH_BEFORE "([^/.]+)\\.([^/]*?)-schema-view\\.sql" COMPRESS,
      .schema = "$1",
      .table = "$2",
      .type = "view-schema",
      .compression = "$3"},
     false},
    {{.pattern = PATH_BEFORE "([^/.]+)\\.([^/]*)\\.([0-9]+)\\.(snappy|gzip|gz|zstd|zst)\\.parquet$",
      .schema = "$1",
      .table = "$2",
      .type = "parquet",
      .key = "$3"},
     false},
    {{.pattern =
          PATH_BEFORE "([^/.]+)\\.([^/]*?)(?:\\.([0-9]+))?\\.(sql|csv|parquet)(?:\\.(\\w+))?$",
      .schema = "$1",
      .table = "$2",
      .type = "$4",
      .key = "$3",
      .compression = "$5"},
     false},
};

enum { DEFAULT_COUNT = sizeof(defaults) / sizeof(defaults[0]) };

static bool given(const char *text)
{
    return text && *text;
}

static int check_field(const struct rule *rule, const char *name, const char *text, bool required,
                       struct tl_error *err)
{
    if (!given(text))
        return required ? tl_error_set(err, TL_ERR_USAGE, "field '%s' match pattern can't be empty",
                                       name)
                        : TL_OK;
    return rule->literal ? TL_OK : tl_template_check(text, rule->regex, err);
}

/* A type without a $ is known now: a mistake in it shows before any file is looked at. */
static int check_rule(const struct rule *rule, struct tl_error *err)
{
    const struct tl_file_rule *text = &rule->text;
    enum tl_file_kind kind = TL_KIND_SQL;
    int rc = check_field(rule, "type", text->type, true, err);

    if (rc == TL_OK && (rule->literal || !strchr(text->type, '$'))) {
        rc = tl_file_kind_parse(&kind, text->type, err);
        if (rc == TL_ERR_DATA)
            rc = err->code = TL_ERR_USAGE;
    }
    if (rc != TL_OK || kind == TL_KIND_IGNORE)
        return rc;
    rc = check_field(rule, "schema", text->schema, true, err);
    if (rc == TL_OK && kind != TL_KIND_DB_SCHEMA)
        rc = check_field(rule, "table", text->table, true, err);
    if (rc == TL_OK)
        rc = check_field(rule, "key", text->key, false, err);
    if (rc == TL_OK)
        rc = check_field(rule, "compression", text->compression, false, err);
    return rc;
}

/* The path without ".", ".." and empty parts, and without a '/' at either end, in a new string; ""
   if it leads out of its beginning. NULL: out of memory. */
static char *clean_path(const char *path)
{
    char *clean = malloc(strlen(path) + 2); /* each part gets a '/' */
    char *out = clean;

    while (clean && *path) {
        size_t len = strcspn(path, "/");

        if (len == 2 && path[0] == '.' && path[1] == '.') {
            if (out == clean)
                break;
            for (out--; out > clean && out[-1] != '/'; out--)
                ;
        } else if (len > 0 && !(len == 1 && path[0] == '.')) {
            memcpy(out, path, len);
            out += len;
            *out++ = '/';
        }
        path += len + (path[len] == '/');
    }
    if (!clean)
        return NULL;
    if (*path)
        out = clean;
    if (out > clean)
        out--;
    *out = '\0';
    return clean;
}

/* The rest of path behind dir; NULL if it is not in there. */
static const char *behind(const char *path, const char *dir)
{
    size_t len = strlen(dir);

    if (len == 0)
        return path;
    return strncmp(path, dir, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

/* A literal path: relative to the source directory, or absolute and in it, by its real name or by
   the one that the user gave. */
static int compile_path(struct rule *rule, const char *path, const struct tl_options *options,
                        const char *dir, struct tl_error *err)
{
    TL_CLEANUP_FREE char *clean = clean_path(path);
    TL_CLEANUP_FREE char *real = clean_path(dir);
    TL_CLEANUP_FREE char *as_given = clean_path(options->source_dir ? options->source_dir : dir);
    const char *rest = clean;

    if (!clean || !real || !as_given)
        return tl_error_nomem(err);
    if (path[0] == '/') {
        rest = behind(clean, real);
        if (!rest)
            rest = behind(clean, as_given);
    }
    if (!rest || !*rest)
        return tl_error_set(err, TL_ERR_USAGE, "file route path '%s' is not in source dir '%s'",
                            path, dir);
    rule->literal = true;
    return tl_regex_new(&rule->regex, rest, strlen(rest), TL_REGEX_LITERAL | TL_REGEX_WHOLE, err);
}

static int compile_user_rule(struct rule *rule, const struct tl_file_rule *text,
                             const struct tl_options *options, const char *dir,
                             struct tl_error *err)
{
    int rc;

    rule->text = *text;
    if (!given(text->path) && !given(text->pattern))
        return tl_error_set(err, TL_ERR_USAGE,
                            "`path` and `pattern` must not be both empty in [[mydumper.files]]");
    if (given(text->path) && given(text->pattern))
        return tl_error_set(err, TL_ERR_USAGE,
                            "can't set both `path` and `pattern` field in [[mydumper.files]]");
    if (given(text->path))
        rc = compile_path(rule, text->path, options, dir, err);
    else
        rc = tl_regex_new(&rule->regex, text->pattern, strlen(text->pattern), 0, err);
    return rc == TL_OK ? check_rule(rule, err) : rc;
}

static int add_defaults(struct tl_file_rules *rules, struct tl_error *err)
{
    for (size_t i = 0; i < DEFAULT_COUNT; i++) {
        struct rule *rule = &rules->items[rules->count++];
        const char *pattern = defaults[i].rule.pattern;
        int rc = tl_regex_new(&rule->regex, pattern, strlen(pattern), TL_REGEX_CASELESS, err);

        if (rc != TL_OK)
            return rc;
        rule->text = defaults[i].rule;
        rule->by_default = true;
        rule->not_imported = defaults[i].not_imported;
    }
    return TL_OK;
}

int tl_file_rules_new(struct tl_file_rules **rules_out, const struct tl_options *options,
                      const char *dir, struct tl_error *err)
{
    TL_CLEANUP(tl_file_rules_free_p) struct tl_file_rules *rules = calloc(1, sizeof(*rules));
    int rc;

    if (!rules)
        return tl_error_nomem(err);
    rules->items = calloc(options->file_rule_count + DEFAULT_COUNT, sizeof(*rules->items));
    if (!rules->items)
        return tl_error_nomem(err);
    for (size_t i = 0; i < options->file_rule_count; i++) {
        rules->count++;
        if (compile_user_rule(&rules->items[i], &options->file_rules[i], options, dir, err) !=
            TL_OK)
            return tl_error_context(err, "[[mydumper.files]] entry %zu", i + 1);
    }
    if (options->default_file_rules || options->file_rule_count == 0) {
        rc = add_defaults(rules, err);
        if (rc != TL_OK)
            return rc;
    }
    *rules_out = rules;
    rules = NULL;
    return TL_OK;
}

void tl_file_rules_free(struct tl_file_rules *rules)
{
    if (!rules)
        return;
    for (size_t i = 0; i < rules->count; i++)
        tl_regex_free(rules->items[i].regex);
    free(rules->items);
    free(rules);
}

void tl_file_match_done(struct tl_file_match *match)
{
    free(match->db);
    free(match->table);
    free(match->key);
    memset(match, 0, sizeof(*match));
}

struct values {
    const struct rule *rule;
    const char *path;
    const struct tl_captures *captures;
};

static int expand(char **text_out, const struct values *v, const char *text, struct tl_error *err)
{
    char *copy;

    if (text && !v->rule->literal)
        return tl_template_expand(text_out, text, v->rule->regex, v->path, v->captures, err);
    copy = strdup(text ? text : "");
    if (!copy)
        return tl_error_nomem(err);
    *text_out = copy;
    return TL_OK;
}

/* Names in file names of the default forms are URL-escaped; others are taken as they are. */
static int expand_name(char **text_out, const struct values *v, const char *text,
                       struct tl_error *err)
{
    int rc = expand(text_out, v, text, err);

    if (rc == TL_OK && v->rule->by_default && !tl_url_unescape(*text_out))
        tl_log(TL_LOG_DEBUG, "not a URL escape, taken as it is", TL_STR("name", *text_out),
               TL_STR("path", v->path), TL_END);
    return rc;
}

static int expand_kind(struct tl_file_match *match, const struct values *v, struct tl_error *err)
{
    TL_CLEANUP_FREE char *type = NULL;
    int rc = expand(&type, v, v->rule->text.type, err);

    return rc == TL_OK ? tl_file_kind_parse(&match->kind, type, err) : rc;
}

/* A rule that says nothing about compression leaves it to the extension of the file. */
static int expand_compression(struct tl_file_match *match, const struct values *v,
                              struct tl_error *err)
{
    TL_CLEANUP_FREE char *name = NULL;
    int rc;

    if (!given(v->rule->text.compression)) {
        match->compression = tl_compression_of(v->path);
        return TL_OK;
    }
    rc = expand(&name, v, v->rule->text.compression, err);
    return rc == TL_OK ? tl_compression_parse(&match->compression, name, err) : rc;
}

static int expand_all(struct tl_file_match *match, const struct values *v, struct tl_error *err)
{
    const struct tl_file_rule *text = &v->rule->text;
    int rc = expand_kind(match, v, err);

    match->by_default = v->rule->by_default;
    if (rc != TL_OK || match->kind == TL_KIND_IGNORE) {
        if (v->rule->not_imported)
            match->kind = TL_KIND_NOT_IMPORTED;
        return rc;
    }
    rc = expand_name(&match->db, v, text->schema, err);
    if (rc == TL_OK)
        rc = expand_name(&match->table, v, match->kind == TL_KIND_DB_SCHEMA ? NULL : text->table,
                         err);
    if (rc == TL_OK)
        rc = expand(&match->key, v, text->key, err);
    if (rc == TL_OK)
        rc = expand_compression(match, v, err);
    if (rc == TL_OK && (!*match->db || (!*match->table && match->kind != TL_KIND_DB_SCHEMA)))
        return tl_error_set(err, TL_ERR_DATA, "the file rule gives an empty %s name",
                            *match->db ? "table" : "schema");
    return rc;
}

int tl_file_rules_match(const struct tl_file_rules *rules, const char *path,
                        struct tl_file_match *match_out, struct tl_error *err)
{
    struct tl_file_match match = {.kind = TL_KIND_IGNORE};
    struct tl_captures captures;
    size_t len = strlen(path);

    for (size_t i = 0; i < rules->count; i++) {
        struct values v = {&rules->items[i], path, &captures};
        int rc = tl_regex_match(v.rule->regex, path, len, &captures, err);

        if (rc == TL_NOT_FOUND)
            continue;
        if (rc == TL_OK)
            rc = expand_all(&match, &v, err);
        if (rc == TL_OK) {
            *match_out = match;
            return TL_OK;
        }
        tl_file_match_done(&match);
        return tl_error_context(err, "file '%s'", path);
    }
    return TL_NOT_FOUND;
}
