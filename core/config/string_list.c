/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See string_list.h.
 */
#include "core/config/string_list.h"

#include <stdio.h>
#include <string.h>

#include "core/base/secret.h"

int tl_strings_add(struct tl_strings *list, const char *text, size_t len, struct tl_error *err)
{
    char **items = realloc(list->items, (list->count + 1) * sizeof(*items));
    char *copy;

    if (!items)
        return tl_error_nomem(err);
    list->items = items;
    copy = strndup(text, len);
    if (!copy)
        return tl_error_nomem(err);
    items[list->count++] = copy;
    return TL_OK;
}

int tl_strings_addf(struct tl_strings *list, struct tl_error *err, const char *fmt, ...)
{
    TL_CLEANUP_FREE char *text = NULL;
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (len < 0) {
        text = NULL;
        return tl_error_nomem(err);
    }
    return tl_strings_add(list, text, (size_t)len, err);
}

void tl_strings_done(struct tl_strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        tl_secret_free(list->items[i]);
    free(list->items);
    list->items = NULL;
    list->count = 0;
}

int tl_pairs_add(struct tl_pair **pairs, size_t *count, const char *scope, const char *name,
                 const char *value, struct tl_error *err)
{
    struct tl_pair *items = realloc(*pairs, (*count + 1) * sizeof(*items));
    struct tl_pair *pair;

    if (!items)
        return tl_error_nomem(err);
    *pairs = items;
    pair = &items[(*count)++];
    pair->scope = scope ? strdup(scope) : NULL;
    pair->name = strdup(name);
    pair->value = strdup(value);
    if ((scope && !pair->scope) || !pair->name || !pair->value) {
        tl_pairs_free(*pairs, *count);
        *pairs = NULL;
        *count = 0;
        return tl_error_nomem(err);
    }
    return TL_OK;
}

void tl_pairs_free(struct tl_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(pairs[i].scope);
        free(pairs[i].name);
        tl_secret_free(pairs[i].value);
    }
    free(pairs);
}

int tl_string_replace(char **place, const char *text, struct tl_error *err)
{
    char *copy = strdup(text);

    if (!copy)
        return tl_error_nomem(err);
    tl_secret_free(*place);
    *place = copy;
    return TL_OK;
}
