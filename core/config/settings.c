/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See settings.h.
 */
#include "core/config/settings.h"

#include <stdio.h>
#include <string.h>

#include "core/config/option_value.h"
#include "core/config/string_list.h"

int tl_settings_init(struct tl_settings *settings, struct tl_options *options,
                     enum tl_program program, struct tl_error *err)
{
    struct tl_setting *rows = calloc(tl_option_count, sizeof(*rows));

    if (!rows)
        return tl_error_nomem(err);
    settings->options = options;
    settings->rows = rows;
    settings->program = program;
    settings->file = NULL;
    return TL_OK;
}

void tl_settings_done(struct tl_settings *settings)
{
    for (size_t i = 0; settings->rows && i < tl_option_count; i++)
        tl_strings_done(&settings->rows[i].values);
    free(settings->rows);
    settings->rows = NULL;
}

int tl_settings_put(struct tl_settings *settings, size_t index, enum tl_origin origin,
                    const char *text, struct tl_error *err)
{
    struct tl_setting *setting = &settings->rows[index];

    if (setting->origin > origin)
        return TL_OK;
    if (setting->origin < origin || tl_option_rows[index].type != TL_TYPE_STRINGS)
        tl_strings_done(&setting->values);
    setting->origin = origin;
    return text ? tl_strings_add(&setting->values, text, strlen(text), err) : TL_OK;
}

static const struct tl_setting *find(const struct tl_settings *settings, const char *section,
                                     const char *key)
{
    size_t index = section ? tl_option_by_key(section, key) : tl_option_by_flag(key, strlen(key));

    return index < tl_option_count ? &settings->rows[index] : NULL;
}

bool tl_settings_given(const struct tl_settings *settings, const char *section, const char *key)
{
    const struct tl_setting *setting = find(settings, section, key);

    return setting && setting->origin != TL_FROM_DEFAULT;
}

const char *tl_settings_text(const struct tl_settings *settings, const char *section,
                             const char *key)
{
    const struct tl_setting *setting = find(settings, section, key);

    return setting && setting->values.count > 0 ? setting->values.items[0] : NULL;
}

const char *tl_settings_subject(char out[TL_SUBJECT_MAX], const struct tl_settings *settings,
                                size_t index)
{
    const struct tl_setting *setting = &settings->rows[index];
    const struct tl_option *row = &tl_option_rows[index];
    char name[TL_OPTION_NAME_MAX];

    tl_option_name(name, row);
    if (setting->origin == TL_FROM_FLAG && (setting->by_short_flag || !row->flag))
        snprintf(out, TL_SUBJECT_MAX, "-%c", row->short_flag);
    else if (setting->origin == TL_FROM_FLAG)
        snprintf(out, TL_SUBJECT_MAX, "--%s", row->flag);
    else if (setting->origin == TL_FROM_FILE)
        snprintf(out, TL_SUBJECT_MAX, "%s:%u: %s", settings->file, setting->line, name);
    else
        snprintf(out, TL_SUBJECT_MAX, "%s", name);
    return out;
}

int tl_settings_apply(struct tl_settings *settings, struct tl_error *err)
{
    char subject[TL_SUBJECT_MAX];

    for (size_t i = 0; i < tl_option_count; i++) {
        const struct tl_option *row = &tl_option_rows[i];
        int rc = tl_option_store_default(settings->options, row, err);

        if (rc == TL_OK && settings->rows[i].origin != TL_FROM_DEFAULT)
            rc = tl_option_store(settings->options, row, &settings->rows[i].values,
                                 tl_settings_subject(subject, settings, i), err);
        if (rc != TL_OK)
            return rc;
    }
    return TL_OK;
}
