/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line, in the manner of Go's flag package: one dash or two, "--flag value" or
 * "--flag=value", a boolean alone is true and takes a value only behind '='.
 */
#include <stdio.h>
#include <string.h>

#include "core/config/settings.h"
#include "core/config/suggest.h"

/* One argument that is a flag; text is borrowed from argv. */
struct flag {
    const char *text; /* behind the dashes */
    size_t name_len;
    char *value; /* behind '='; NULL = none there */
};

/* The secret must not stay where `ps` reads it. */
static void hide(char *value)
{
    if (*value)
        memset(value, '*', strlen(value));
}

static uint8_t program_bit(enum tl_program program)
{
    return program == TL_PROGRAM_CTL ? TL_FOR_CTL : TL_FOR_LOADER;
}

static int refuse_unknown(const struct tl_settings *settings, const struct flag *flag,
                          const struct tl_option *elsewhere, struct tl_error *err)
{
    const char *near = tl_suggest_flag(flag->text, flag->name_len, settings->program);

    tl_error_set(err, TL_ERR_USAGE, "unknown flag %s%.*s", flag->name_len == 1 ? "-" : "--",
                 (int)flag->name_len, flag->text);
    if (elsewhere)
        return tl_error_hint(err, "--%s is a flag of tidb-lightning-ctl", elsewhere->flag);
    if (near)
        return tl_error_hint(err, "did you mean --%s?", near);
    return tl_error_hint(err, "--help lists the flags");
}

static int refuse_argument(const char *text, const char *before, struct tl_error *err)
{
    const char *name = before ? before + strspn(before, "-") : "";
    size_t index = tl_option_by_flag(name, strcspn(name, "="));

    /* "--tidb-password= secret": the text may be one. */
    if (index < tl_option_count && tl_option_rows[index].secret)
        return tl_error_set(err, TL_ERR_USAGE, "an argument behind --%s belongs to no flag",
                            tl_option_rows[index].flag);
    tl_error_set(err, TL_ERR_USAGE, "argument '%s' belongs to no flag", text);
    if (index < tl_option_count && tl_option_rows[index].type == TL_TYPE_BOOL)
        return tl_error_hint(err, "the value of a switch follows '=': %s=%s", before, text);
    return tl_error_hint(err, "--help lists the flags");
}

/* Stores one flag; *next is the argument behind it (NULL at the end), set to NULL when used. */
static int take_flag(struct tl_settings *settings, const struct flag *flag, char **next,
                     struct tl_error *err)
{
    size_t index = tl_option_by_flag(flag->text, flag->name_len);
    const struct tl_option *row = index < tl_option_count ? &tl_option_rows[index] : NULL;
    char *value = flag->value;
    int rc;

    if (!row || !(row->programs & program_bit(settings->program)))
        return refuse_unknown(settings, flag, row, err);
    if (row->effect == TL_EFFECT_REFUSED) {
        tl_error_set(err, TL_ERR_USAGE, "--%s is not for the logical backend", row->flag);
        return tl_error_hint(err, "this program imports by SQL; there is no %s",
                             "TiKV mode or local engine to work on");
    }
    if (!value && row->type != TL_TYPE_BOOL) {
        if (!*next)
            return tl_error_set(err, TL_ERR_USAGE, "flag %s%.*s needs an argument",
                                flag->name_len == 1 ? "-" : "--", (int)flag->name_len, flag->text);
        value = *next;
        *next = NULL;
    }
    rc = tl_settings_put(settings, index, TL_FROM_FLAG, value ? value : "true", err);
    settings->rows[index].by_short_flag = flag->name_len == 1;
    if (row->secret && value)
        hide(value);
    return rc;
}

int tl_settings_read_flags(struct tl_settings *settings, int argc, char **argv,
                           struct tl_error *err)
{
    int rc = TL_OK;

    for (int i = 1; i < argc && rc == TL_OK; i++) {
        char *text = argv[i];
        char *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool last = next == NULL;
        struct flag flag = {0};

        if (strcmp(text, "--") == 0 && last)
            break;
        if (text[0] != '-' || text[1] == '\0' || strcmp(text, "--") == 0)
            return refuse_argument(text, i > 1 ? argv[i - 1] : NULL, err);
        flag.text = text + (text[1] == '-' ? 2 : 1);
        flag.name_len = strcspn(flag.text, "=");
        if (flag.text[flag.name_len] == '=')
            flag.value = text + (flag.text - text) + flag.name_len + 1;
        rc = take_flag(settings, &flag, &next, err);
        if (rc == TL_OK && !next && !last)
            i++;
    }
    return rc;
}
