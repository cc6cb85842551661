/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See file_template.h.
 */
#include "core/source/file_template.h"

#include <string.h>
#include <strings.h>

#include "core/base/buf.h"

enum { MAX_TEXT = 64 * 1024, MAX_NAME = 128 };

/* One $ in a template: what it stands for and how long it is. */
struct variable {
    char name[MAX_NAME];
    size_t len; /* with the $ and braces; 0: a $ that stands for itself */
    int group;  /* -1: there is no such group */
};

static bool name_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c >= 0x80;
}

static int group_of(const struct tl_regex *regex, const char *name)
{
    size_t digits = strspn(name, "0123456789");
    unsigned long number;

    if (name[digits] != '\0')
        return tl_regex_group(regex, name);
    number = strtoul(name, NULL, 10);
    return digits < 6 && number <= tl_regex_groups(regex) ? (int)number : -1;
}

/* p is at a $ that is not doubled. */
static void read_variable(struct variable *out, const char *p, const struct tl_regex *regex)
{
    bool braces = p[1] == '{';
    const char *start = p + 1 + braces;
    size_t len = 0;

    out->len = 0;
    out->group = -1;
    while (name_char((unsigned char)start[len]))
        len++;
    if (len == 0 || len >= sizeof(out->name) || (braces && start[len] != '}'))
        return;
    memcpy(out->name, start, len);
    out->name[len] = '\0';
    out->len = 1 + len + (braces ? 2 : 0);
    out->group = group_of(regex, out->name);
}

int tl_template_check(const char *text, const struct tl_regex *regex, struct tl_error *err)
{
    for (const char *p = strchr(text, '$'); p; p = strchr(p, '$')) {
        struct variable var;

        if (p[1] == '$') {
            p += 2;
            continue;
        }
        read_variable(&var, p, regex);
        if (var.len > 0 && var.group < 0)
            return tl_error_set(err, TL_ERR_USAGE,
                                var.name[strspn(var.name, "0123456789")] == '\0'
                                    ? "sub pattern capture '%.*s' out of range"
                                    : "invalid named capture '%.*s'",
                                (int)var.len, p);
        p += var.len > 0 ? var.len : 1;
    }
    return TL_OK;
}

/* Appends what stands at p and moves it behind. */
static int expand_one(struct tl_buf *buf, const char **p, const struct tl_regex *regex,
                      const char *subject, const struct tl_captures *captures)
{
    struct variable var = {.len = 0};
    size_t plain = strcspn(*p, "$");
    int rc;

    if (plain == 0 && (*p)[1] != '$')
        read_variable(&var, *p, regex);
    if (var.len > 0 && var.group >= 0) {
        *p += var.len;
        return tl_buf_add(buf, subject + captures->groups[var.group].start,
                          captures->groups[var.group].len);
    }
    rc = tl_buf_add(buf, *p, plain > 0 ? plain : 1);
    *p += plain > 0 ? plain : (*p)[1] == '$' ? 2 : 1;
    return rc;
}

int tl_template_expand(char **text_out, const char *text, const struct tl_regex *regex,
                       const char *subject, const struct tl_captures *captures,
                       struct tl_error *err)
{
    TL_CLEANUP_BUF struct tl_buf buf;
    char *result;

    tl_buf_init(&buf, MAX_TEXT);
    while (*text)
        if (expand_one(&buf, &text, regex, subject, captures) != TL_OK)
            return tl_error_nomem(err);
    result = tl_buf_steal(&buf);
    if (!result)
        return tl_error_nomem(err);
    *text_out = result;
    return TL_OK;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool tl_url_unescape(char *text)
{
    char *out = text;

    for (const char *p = strchr(text, '%'); p; p = strchr(p + 3, '%'))
        if (hex(p[1]) < 0 || hex(p[2]) < 0 || (p[1] == '0' && p[2] == '0'))
            return false;
    for (const char *p = text; *p; p++) {
        if (*p == '%') {
            *out++ = (char)(hex(p[1]) * 16 + hex(p[2]));
            p += 2;
        } else {
            *out++ = *p;
        }
    }
    *out = '\0';
    return true;
}

struct named {
    const char *name;
    int value;
};

static const struct named kinds[] = {
    {"schema-schema", TL_KIND_DB_SCHEMA},
    {"table-schema", TL_KIND_TABLE_SCHEMA},
    {"view-schema", TL_KIND_VIEW_SCHEMA},
    {"sql", TL_KIND_SQL},
    {"csv", TL_KIND_CSV},
    {"parquet", TL_KIND_PARQUET},
    {"ignore", TL_KIND_IGNORE},
    {NULL, 0},
};

static const struct named compressions[] = {
    {"", TL_COMPRESSION_NONE},         {"gz", TL_COMPRESSION_GZIP},
    {"gzip", TL_COMPRESSION_GZIP},     {"lz4", TL_COMPRESSION_LZ4},
    {"zstd", TL_COMPRESSION_ZSTD},     {"zst", TL_COMPRESSION_ZSTD},
    {"xz", TL_COMPRESSION_XZ},         {"lzo", TL_COMPRESSION_LZO},
    {"snappy", TL_COMPRESSION_SNAPPY}, {NULL, 0},
};

static const struct named *find_name(const struct named *table, const char *name)
{
    size_t start = strspn(name, " \t\r\n");
    size_t len = strlen(name + start);

    while (len > 0 && strchr(" \t\r\n", name[start + len - 1]))
        len--;
    for (; table->name; table++)
        if (strlen(table->name) == len && strncasecmp(table->name, name + start, len) == 0)
            return table;
    return NULL;
}

int tl_file_kind_parse(enum tl_file_kind *kind_out, const char *name, struct tl_error *err)
{
    const struct named *found = find_name(kinds, name);

    if (!found) {
        tl_error_set(err, TL_ERR_DATA, "unknown source type '%s'", name);
        return tl_error_hint(err, "known are schema-schema, table-schema, view-schema, sql, csv, "
                                  "parquet and ignore");
    }
    *kind_out = (enum tl_file_kind)found->value;
    return TL_OK;
}

int tl_compression_parse(enum tl_compression *compression_out, const char *name,
                         struct tl_error *err)
{
    const struct named *found = find_name(compressions, name);

    if (!found) {
        tl_error_set(err, TL_ERR_DATA, "invalid compression type '%s'", name);
        return tl_error_hint(err,
                             "if the file does not belong to the dump, move it away or give it "
                             "a [[mydumper.files]] rule with type = \"ignore\"");
    }
    *compression_out = (enum tl_compression)found->value;
    return TL_OK;
}

enum tl_compression tl_compression_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    const struct named *found = dot && !strchr(dot, '/') ? find_name(compressions, dot + 1) : NULL;

    return found ? (enum tl_compression)found->value : TL_COMPRESSION_NONE;
}
