/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See secret.h. Redacting prefers to hide too much: the password ends at the last '@' in front of
 * the parameters, so one with '@' or '/' in it is hidden whole.
 */
#include "core/base/secret.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/base/error.h"

static const char mask[] = "***";

void tl_secret_wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
}

void tl_secret_free(char *secret)
{
    tl_secret_wipe(secret);
    free(secret);
}

char *tl_secret_dup(const char *text)
{
    return text ? strdup(text) : NULL;
}

bool tl_secret_is_name(const char *name, size_t len)
{
    static const char *const words[] = {"password", "passwd", "pwd", "secret", "token", "key"};

    for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
        for (size_t i = 0, n = strlen(words[w]); i + n <= len; i++)
            if (strncasecmp(name + i, words[w], n) == 0)
                return true;
    return false;
}

/* "?a=b&password=c": values of telling names are masked. */
static int add_parameters(struct tl_buf *out, const char *text)
{
    int rc = TL_OK;

    while (*text && rc == TL_OK) {
        size_t head = strspn(text, "?&;");
        size_t len = head + strcspn(text + head, "&;");
        const char *equals = memchr(text + head, '=', len - head);

        if (equals && tl_secret_is_name(text + head, (size_t)(equals - text) - head)) {
            rc = tl_buf_add(out, text, (size_t)(equals - text) + 1);
            if (rc == TL_OK)
                rc = tl_buf_adds(out, mask);
        } else {
            rc = tl_buf_add(out, text, len);
        }
        text += len;
    }
    return rc;
}

/* The first byte of "USER:PASS@...": behind "scheme://" if there is one. */
static const char *find_user(const char *dsn)
{
    size_t len = strspn(dsn, "abcdefghijklmnopqrstuvwxyz0123456789+.-");

    return len > 0 && strncmp(dsn + len, "://", 3) == 0 ? dsn + len + 3 : dsn;
}

char *tl_secret_redact_dsn(const char *dsn)
{
    TL_CLEANUP_BUF struct tl_buf out;
    const char *user = find_user(dsn);
    const char *at = strrchr(user, '@');
    const char *rest = at ? at : dsn;
    const char *query = strchr(rest, '?');
    const char *colon = at ? memchr(user, ':', (size_t)(at - user)) : NULL;
    const char *shown = colon ? colon + 1 : user == dsn ? at : user; /* the mask begins here */
    int rc = TL_OK;

    tl_buf_init(&out, SIZE_MAX / 4);
    if (!query)
        query = dsn + strlen(dsn);
    if (at)
        rc = tl_buf_add(&out, dsn, (size_t)(shown - dsn));
    if (rc == TL_OK && at && shown != at)
        rc = tl_buf_adds(&out, mask);
    if (rc == TL_OK)
        rc = tl_buf_add(&out, rest, (size_t)(query - rest));
    if (rc == TL_OK)
        rc = add_parameters(&out, query);
    return rc == TL_OK ? tl_buf_steal(&out) : NULL;
}
