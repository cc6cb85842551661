/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See regex.h. The interpreter is used, not the JIT compiler: it has limits for time and memory
 * that hold for every pattern, and file names are short.
 */
#include "core/source/regex.h"

#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { MATCH_LIMIT = 1000000, DEPTH_LIMIT = 100000, HEAP_LIMIT_KIB = 16 * 1024, SHOWN = 200 };

struct tl_regex {
    pcre2_code *utf;   /* NULL if the pattern is not UTF-8 */
    pcre2_code *bytes; /* for subjects that are not UTF-8; NULL if the pattern is only UTF-8 */
    pcre2_match_context *limits;
    char *pattern; /* for messages */
};

static uint32_t pcre_options(unsigned flags)
{
    uint32_t options = PCRE2_NEVER_UTF;

    if (flags & TL_REGEX_CASELESS)
        options |= PCRE2_CASELESS;
    if (flags & TL_REGEX_WHOLE)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    if (flags & TL_REGEX_LITERAL)
        return (options & ~PCRE2_NEVER_UTF) | PCRE2_LITERAL;
    if (flags & TL_REGEX_DOTALL)
        options |= PCRE2_DOTALL;
    return options | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;
}

static int compile(pcre2_code **code_out, const char *pattern, size_t len, uint32_t options,
                   struct tl_error *err)
{
    PCRE2_UCHAR text[256];
    PCRE2_SIZE at;
    int number;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, len, options, &number, &at, NULL);

    if (code) {
        *code_out = code;
        return TL_OK;
    }
    if (number == PCRE2_ERROR_HEAP_FAILED)
        return tl_error_nomem(err);
    (void)pcre2_get_error_message(number, text, sizeof(text));
    return tl_error_set(err, TL_ERR_USAGE, "invalid pattern '%.*s': %s, at character %zu",
                        len < SHOWN ? (int)len : SHOWN, pattern, (const char *)text, (size_t)at);
}

/* Some patterns are only UTF-8 (\x{4e2d}), some only bytes: one of the two must compile. */
static int compile_both(struct tl_regex *regex, const char *pattern, size_t len, unsigned flags,
                        struct tl_error *err)
{
    uint32_t options = pcre_options(flags);
    struct tl_error other;
    int utf = compile(&regex->utf, pattern, len, (options & ~PCRE2_NEVER_UTF) | PCRE2_UTF, err);
    int bytes = compile(&regex->bytes, pattern, len, options, &other);

    /* Half a pattern would take some names for "no match". */
    if (utf == TL_ERR_NOMEM || bytes == TL_ERR_NOMEM)
        return tl_error_nomem(err);
    return bytes == TL_OK ? TL_OK : utf;
}

static const pcre2_code *any_code(const struct tl_regex *regex)
{
    return regex->utf ? regex->utf : regex->bytes;
}

int tl_regex_new(struct tl_regex **regex_out, const char *pattern, size_t len, unsigned flags,
                 struct tl_error *err)
{
    TL_CLEANUP(tl_regex_free_p) struct tl_regex *regex = calloc(1, sizeof(*regex));
    int rc;

    if (!regex)
        return tl_error_nomem(err);
    regex->limits = pcre2_match_context_create(NULL);
    regex->pattern = strndup(pattern, len < SHOWN ? len : SHOWN);
    if (!regex->limits || !regex->pattern)
        return tl_error_nomem(err);
    (void)pcre2_set_match_limit(regex->limits, MATCH_LIMIT);
    (void)pcre2_set_depth_limit(regex->limits, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(regex->limits, HEAP_LIMIT_KIB);
    rc = compile_both(regex, pattern, len, flags, err);
    if (rc != TL_OK)
        return rc;
    if (tl_regex_groups(regex) > TL_REGEX_MAX_GROUPS)
        return tl_error_set(err, TL_ERR_USAGE, "pattern '%s' has more than %d groups",
                            regex->pattern, TL_REGEX_MAX_GROUPS);
    *regex_out = regex;
    regex = NULL;
    return TL_OK;
}

void tl_regex_free(struct tl_regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->utf);
    pcre2_code_free(regex->bytes);
    pcre2_match_context_free(regex->limits);
    free(regex->pattern);
    free(regex);
}

static void copy_captures(struct tl_captures *captures, pcre2_match_data *data)
{
    const PCRE2_SIZE *vector = pcre2_get_ovector_pointer(data);
    uint32_t count = pcre2_get_ovector_count(data);

    memset(captures, 0, sizeof(*captures));
    for (uint32_t i = 0; i < count && i <= TL_REGEX_MAX_GROUPS; i++) {
        size_t start = vector[2 * (size_t)i];
        size_t end = vector[2 * (size_t)i + 1];

        if (start == PCRE2_UNSET || end < start)
            continue;
        captures->groups[i].start = start;
        captures->groups[i].len = end - start;
    }
}

static int match_with(const struct tl_regex *regex, const pcre2_code *code, const char *subject,
                      size_t len, struct tl_captures *captures_out)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    int rc;

    if (!data)
        return PCRE2_ERROR_NOMEMORY;
    rc = pcre2_match(code, (PCRE2_SPTR)subject, len, 0, 0, data, regex->limits);
    if (rc > 0 && captures_out)
        copy_captures(captures_out, data);
    pcre2_match_data_free(data);
    return rc;
}

int tl_regex_match(const struct tl_regex *regex, const char *subject, size_t len,
                   struct tl_captures *captures_out, struct tl_error *err)
{
    PCRE2_UCHAR text[256];
    int rc = PCRE2_ERROR_UTF8_ERR1;

    if (regex->utf)
        rc = match_with(regex, regex->utf, subject, len, captures_out);
    if (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21)
        rc = !regex->bytes ? PCRE2_ERROR_NOMATCH
                           : match_with(regex, regex->bytes, subject, len, captures_out);
    if (rc > 0)
        return TL_OK;
    if (rc == PCRE2_ERROR_NOMATCH)
        return TL_NOT_FOUND;
    if (rc == PCRE2_ERROR_NOMEMORY)
        return tl_error_nomem(err);
    (void)pcre2_get_error_message(rc, text, sizeof(text));
    return tl_error_set(err, TL_ERR_USAGE, "pattern '%s' cannot be applied to '%.*s': %s",
                        regex->pattern, len < SHOWN ? (int)len : SHOWN, subject,
                        (const char *)text);
}

uint32_t tl_regex_groups(const struct tl_regex *regex)
{
    uint32_t count = 0;

    (void)pcre2_pattern_info(any_code(regex), PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

int tl_regex_group(const struct tl_regex *regex, const char *name)
{
    int number = pcre2_substring_number_from_name(any_code(regex), (PCRE2_SPTR)name);

    return number > 0 ? number : -1;
}
