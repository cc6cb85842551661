/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is missing as a message, and as GRANT statements. See rights.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/target/rights_internal.h"

enum { TEXT_MAX = 1 << 20 };

static const struct {
    unsigned right;
    const char *name;
} names[] = {{TL_RIGHT_SELECT, "SELECT"},         {TL_RIGHT_INSERT, "INSERT"},
             {TL_RIGHT_UPDATE, "UPDATE"},         {TL_RIGHT_DELETE, "DELETE"},
             {TL_RIGHT_CREATE, "CREATE"},         {TL_RIGHT_CREATE_VIEW, "CREATE VIEW"},
             {TL_RIGHT_ALTER, "ALTER"},           {TL_RIGHT_INDEX, "INDEX"},
             {TL_RIGHT_REFERENCES, "REFERENCES"}, {TL_RIGHT_DROP, "DROP"}};

/* The two texts that grow, and how much of them found room. */
struct report {
    const char *account;
    struct tl_buf lacks;  /* "SELECT on `a`.*, INSERT on `b`.*" */
    struct tl_buf grants; /* "GRANT ...; GRANT ..." */
    size_t lacks_room;
    size_t grants_room;
    size_t left_out; /* statements that found no room */
};

static int add_names(struct tl_buf *text, unsigned mask)
{
    const char *separator = "";
    int rc = TL_OK;

    for (size_t i = 0; rc == TL_OK && i < sizeof(names) / sizeof(names[0]); i++) {
        if (!(mask & names[i].right))
            continue;
        rc = tl_buf_addf(text, "%s%s", separator, names[i].name);
        separator = ", ";
    }
    return rc;
}

static int add_quoted(struct tl_buf *sql, const char *text, size_t len)
{
    /* A backslash in '...' means what sql_mode says, in `...` itself. */
    char quote = memchr(text, '\\', len) ? '`' : '\'';
    int rc = tl_buf_add(sql, &quote, 1);

    for (size_t i = 0; rc == TL_OK && i < len; i++) {
        if (text[i] == quote)
            rc = tl_buf_add(sql, &quote, 1);
        if (rc == TL_OK)
            rc = tl_buf_add(sql, &text[i], 1);
    }
    return rc == TL_OK ? tl_buf_add(sql, &quote, 1) : rc;
}

int tl_rights_add_account(struct tl_buf *sql, const char *account)
{
    const char *at = strrchr(account, '@');
    int rc = add_quoted(sql, account, at ? (size_t)(at - account) : strlen(account));

    if (rc != TL_OK || !at)
        return rc;
    rc = tl_buf_adds(sql, "@");
    return rc == TL_OK ? add_quoted(sql, at + 1, strlen(at + 1)) : rc;
}

int tl_rights_add_object(struct tl_buf *sql, const char *db, const char *name)
{
    TL_CLEANUP_FREE char *escaped = NULL;
    char *out;

    if (name)
        return tl_sql_add_name(sql, db) || tl_buf_adds(sql, ".") || tl_sql_add_name(sql, name)
                   ? TL_ERR_NOMEM
                   : TL_OK;
    escaped = malloc(2 * strlen(db) + 1);
    if (!escaped)
        return TL_ERR_NOMEM;
    for (out = escaped; *db; *out++ = *db++)
        if (strchr("_%\\", *db))
            *out++ = '\\';
    *out = '\0';
    return tl_sql_add_name(sql, escaped) || tl_buf_adds(sql, ".*") ? TL_ERR_NOMEM : TL_OK;
}

/* Appends a piece while there is room for it and for saying that others follow in the log. */
static int append(struct tl_buf *text, const char *separator, const struct tl_buf *piece,
                  size_t room, bool *fits_out)
{
    *fits_out = text->len + strlen(separator) + piece->len <= room;
    if (!*fits_out)
        return TL_OK;
    return tl_buf_addf(text, "%s%s", text->len ? separator : "", piece->data);
}

static int add_statement(struct report *report, struct tl_buf *lack, struct tl_buf *grant)
{
    bool lack_fits, grant_fits;
    int rc = append(&report->lacks, "; ", lack, report->lacks_room, &lack_fits);

    if (rc == TL_OK)
        rc = append(&report->grants, "; ", grant, report->grants_room, &grant_fits);
    if (rc != TL_OK || (lack_fits && grant_fits))
        return rc;
    report->left_out++;
    tl_log(TL_LOG_ERROR, "a privilege is missing on the target", TL_STR("lacks", lack->data),
           TL_STR("grant", grant->data), TL_END);
    return TL_OK;
}

static int add_object(struct report *report, const char *db, const char *name, unsigned missing,
                      unsigned mask)
{
    TL_CLEANUP_BUF struct tl_buf lack;
    TL_CLEANUP_BUF struct tl_buf grant;

    tl_buf_init(&lack, TEXT_MAX);
    tl_buf_init(&grant, TEXT_MAX);
    if (add_names(&lack, missing) || tl_buf_adds(&lack, " on ") || tl_sql_add_name(&lack, db) ||
        tl_buf_adds(&lack, ".") || (name ? tl_sql_add_name(&lack, name) : tl_buf_adds(&lack, "*")))
        return TL_ERR_NOMEM;
    if (tl_buf_adds(&grant, "GRANT ") || add_names(&grant, mask) || tl_buf_adds(&grant, " ON ") ||
        tl_rights_add_object(&grant, db, name) || tl_buf_adds(&grant, " TO ") ||
        tl_rights_add_account(&grant, report->account))
        return TL_ERR_NOMEM;
    return add_statement(report, &lack, &grant);
}

/* An account that has such rights on single tables gets its others there too; but a GRANT on a view
   that is not there is refused. */
static bool lives_by_tables(const struct tl_rights_object *objects, size_t count, unsigned missing)
{
    bool by_table = false;

    for (size_t i = 0; i < count; i++) {
        if (!objects[i].name && objects[i].missing)
            return false;
        by_table = by_table || (objects[i].mask & missing & ~objects[i].missing) != 0;
    }
    return by_table && !(missing & TL_RIGHT_CREATE_VIEW);
}

static int add_database(struct report *report, const struct tl_rights_object *objects, size_t count)
{
    unsigned mask = 0, missing = 0;
    int rc = TL_OK;

    for (size_t i = 0; i < count; i++) {
        mask |= objects[i].mask;
        missing |= objects[i].missing;
    }
    if (missing == 0)
        return TL_OK;
    if (!lives_by_tables(objects, count, missing))
        return add_object(report, objects[0].db, NULL, missing, mask);
    for (size_t i = 0; rc == TL_OK && i < count; i++)
        if (objects[i].missing)
            rc = add_object(report, objects[i].db, objects[i].name, objects[i].missing,
                            objects[i].mask);
    return rc;
}

static int add_global(struct report *report, const struct tl_rights *rights)
{
    TL_CLEANUP_BUF struct tl_buf lack;
    TL_CLEANUP_BUF struct tl_buf grant;

    tl_buf_init(&lack, TEXT_MAX);
    tl_buf_init(&grant, TEXT_MAX);
    if (!rights->global)
        return TL_OK;
    if (tl_buf_addf(&lack, "%s on *.* (%s)", rights->global, rights->global_why) ||
        tl_buf_addf(&grant, "GRANT %s ON *.* TO ", rights->global) ||
        tl_rights_add_account(&grant, report->account))
        return TL_ERR_NOMEM;
    return add_statement(report, &lack, &grant);
}

static int fill(struct report *report, const struct tl_rights *rights)
{
    const struct tl_rights_object *objects = rights->objects;
    size_t begin = 0;
    int rc = TL_OK;

    while (rc == TL_OK && begin < rights->count) {
        size_t end = begin;

        while (end < rights->count && strcmp(objects[begin].db, objects[end].db) == 0)
            end++;
        rc = add_database(report, objects + begin, end - begin);
        begin = end;
    }
    return rc == TL_OK ? add_global(report, rights) : rc;
}

static int say(const struct report *report, struct tl_error *err)
{
    char more[64] = "";
    TL_CLEANUP_BUF struct tl_buf account;

    tl_buf_init(&account, TEXT_MAX);
    if (tl_rights_add_account(&account, report->account))
        return tl_error_nomem(err);
    if (report->left_out > 0)
        snprintf(more, sizeof(more), "; and %zu more, each in the log", report->left_out);
    tl_error_set(err, TL_ERR_REFUSED, "the target's account %s lacks %s%s", account.data,
                 tl_buf_text(&report->lacks), more);
    return tl_error_hint(err, "as an administrator of the target: %s%s",
                         tl_buf_text(&report->grants), more);
}

int tl_rights_report(const struct tl_rights *rights, struct tl_session *session,
                     struct tl_error *err)
{
    TL_CLEANUP_FREE char *account = NULL;
    struct report report = {.lacks_room = sizeof(err->message) / 2,
                            .grants_room = sizeof(err->hint) * 5 / 8};
    bool any = rights->global != NULL;
    int rc;

    for (size_t i = 0; i < rights->count; i++)
        any = any || rights->objects[i].missing;
    if (!any)
        return TL_OK;
    rc = tl_session_scalar(session, "SELECT CURRENT_USER()", &account, err);
    if (rc != TL_OK)
        return rc;
    report.account = account ? account : "";
    tl_buf_init(&report.lacks, TEXT_MAX);
    tl_buf_init(&report.grants, TEXT_MAX);
    rc = fill(&report, rights);
    rc = rc == TL_OK ? say(&report, err) : tl_error_nomem(err);
    tl_buf_done(&report.lacks);
    tl_buf_done(&report.grants);
    return rc;
}
