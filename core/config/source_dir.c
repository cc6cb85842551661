/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mydumper.data-source-dir: a path, or a URL that means a local directory.
 */
#include "core/config/resolve.h"

#include <ctype.h>
#include <string.h>

#include "core/base/secret.h"
#include "core/config/string_list.h"

/* The length of "scheme" in "scheme://...", 0 for a path. */
static size_t scheme_length(const char *text)
{
    size_t len = 0;

    while (isalnum((unsigned char)text[len]) || (text[len] && strchr("+.-", text[len])))
        len++;
    return len > 0 && strncmp(text + len, "://", 3) == 0 ? len : 0;
}

static int hex_digit(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* Resolves %XX in place; a '%' without two digits stays. */
static void percent_decode(char *text)
{
    char *out = text;

    for (; *text; text++) {
        int high = *text == '%' ? hex_digit(text[1]) : -1;
        int low = high >= 0 ? hex_digit(text[2]) : -1;

        if (low >= 0 && (high || low)) {
            *out++ = (char)(high * 16 + low);
            text += 2;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

static int refuse_scheme(const char *url, size_t len, struct tl_error *err)
{
    /* Only the scheme is shown: the rest of such a URL may hold access keys. */
    tl_error_set(err, TL_ERR_USAGE, "source directory %.*s://... is not supported", (int)len, url);
    return tl_error_hint(err, "only local directories are: a path, file:///path or local:///path");
}

int tl_resolve_source_dir(struct tl_options *options, enum tl_program program, bool needed,
                          struct tl_error *err)
{
    const char *given = options->source_dir ? options->source_dir : "";
    size_t scheme = scheme_length(given);
    char *path;

    if (!*given && needed) {
        tl_error_set(err, TL_ERR_USAGE, "no source directory is given");
        return tl_error_hint(err, "name it with -d or as mydumper.data-source-dir");
    }
    if (scheme == 0)
        return options->source_dir ? TL_OK : tl_string_replace(&options->source_dir, "", err);
    if (program == TL_PROGRAM_CTL && scheme == 4 && strncasecmp(given, "noop", 4) == 0)
        return tl_string_replace(&options->source_dir, "", err);
    if (!(scheme == 4 && strncasecmp(given, "file", 4) == 0) &&
        !(scheme == 5 && strncasecmp(given, "local", 5) == 0))
        return refuse_scheme(given, scheme, err);
    if (given[scheme + 3] != '/') {
        tl_error_set(err, TL_ERR_USAGE, "source directory %s does not name an absolute path",
                     given);
        return tl_error_hint(err, "write three slashes: %.*s:///path", (int)scheme, given);
    }
    path = strdup(given + scheme + 3);
    if (!path)
        return tl_error_nomem(err);
    percent_decode(path);
    tl_secret_free(options->source_dir);
    options->source_dir = path;
    return TL_OK;
}
