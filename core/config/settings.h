/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was given for each option, as text, and where: the stage between reading the sources (file,
 * command line, environment) and the typed, checked struct tl_options.
 */
#ifndef TL_CONFIG_SETTINGS_H
#define TL_CONFIG_SETTINGS_H

#include "core/config/option_table.h"

/* In rising precedence. */
enum tl_origin { TL_FROM_DEFAULT, TL_FROM_ENVIRONMENT, TL_FROM_FILE, TL_FROM_FLAG };

struct tl_setting {
    struct tl_strings values; /* owned; one, or any number for a list */
    enum tl_origin origin;
    unsigned line;      /* TL_FROM_FILE */
    bool by_short_flag; /* TL_FROM_FLAG */
};

struct tl_settings {
    struct tl_options *options; /* borrowed; arrays of tables and pairs go there directly */
    struct tl_setting *rows;    /* owned; one for each row of the table */
    enum tl_program program;
    const char *file; /* borrowed; name of the configuration file, for messages */
};

/* Caller's storage; options is borrowed. */
int tl_settings_init(struct tl_settings *settings, struct tl_options *options,
                     enum tl_program program, struct tl_error *err) TL_WARN_UNUSED;
void tl_settings_done(struct tl_settings *settings);

/* Adds a text for a row. What has a higher origin stays; a lower one is replaced; with the same
   origin a list grows and everything else is replaced. text NULL: an empty list. */
int tl_settings_put(struct tl_settings *settings, size_t index, enum tl_origin origin,
                    const char *text, struct tl_error *err) TL_WARN_UNUSED;

/* True if a row was given a value at all. */
bool tl_settings_given(const struct tl_settings *settings, const char *section, const char *key);

/* The text that was given, or NULL. */
const char *tl_settings_text(const struct tl_settings *settings, const char *section,
                             const char *key);

/* "lightning.toml:12: tidb.port" or "--tidb-port": begins a message about a row. Returns out. */
enum { TL_SUBJECT_MAX = 1024 };
const char *tl_settings_subject(char out[TL_SUBJECT_MAX], const struct tl_settings *settings,
                                size_t index);

/* Checks everything and stores it in options: given texts and defaults. */
int tl_settings_apply(struct tl_settings *settings, struct tl_error *err) TL_WARN_UNUSED;

/* The sources. flags: argv's secrets are overwritten. file: path of the TOML file. */
int tl_settings_read_flags(struct tl_settings *settings, int argc, char **argv,
                           struct tl_error *err) TL_WARN_UNUSED;
int tl_settings_read_file(struct tl_settings *settings, const char *path,
                          struct tl_error *err) TL_WARN_UNUSED;
int tl_settings_read_toml(struct tl_settings *settings, const char *text, size_t len,
                          const char *name, struct tl_error *err) TL_WARN_UNUSED;

/* What depends on several options at once: derived values, contradictions, warnings. */
int tl_settings_resolve(struct tl_settings *settings, struct tl_error *err) TL_WARN_UNUSED;

#endif
