/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of reading a configuration file that stand beside the walk (toml_load.c): arrays of
 * tables, and the report about unknown keys.
 */
#ifndef TL_CONFIG_TOML_LISTS_H
#define TL_CONFIG_TOML_LISTS_H

#include "core/config/settings.h"
#include "core/config/toml_reader.h"

/* Unknown keys of one file. Zero-initialised by the caller. */
struct tl_unknown {
    struct tl_strings names;
    unsigned *lines; /* owned; one for each name */
};

int tl_unknown_add(struct tl_unknown *unknown, const char *name, unsigned line,
                   struct tl_error *err) TL_WARN_UNUSED;
void tl_unknown_done(struct tl_unknown *unknown);

/* Upstream's message with all names, the lines, and what was probably meant. TL_ERR_USAGE. */
int tl_unknown_report(const struct tl_unknown *unknown, const char *file, struct tl_error *err);

/* Reads [[list]] into its array in settings->options. */
int tl_toml_take_list(struct tl_settings *settings, struct tl_unknown *unknown,
                      const struct tl_list *list, const struct tl_toml *node,
                      struct tl_error *err) TL_WARN_UNUSED;

/* Frees the entries of one list; the options then have none. */
void tl_list_done(struct tl_options *options, const struct tl_list *list);

/* The entries of a list (borrowed) and their number. */
void *tl_list_entries(const struct tl_options *options, const struct tl_list *list,
                      size_t *count_out);

/* A plain value as text: a string itself, others in out. False: an array, table or time. */
enum { TL_TOML_NUMBER_MAX = 40 };
bool tl_toml_to_text(char out[TL_TOML_NUMBER_MAX], const struct tl_toml *node,
                     const char **text_out);

/* "file:line: name must be <wanted>, not <kind>". TL_ERR_USAGE. */
int tl_toml_refuse_kind(const char *file, const struct tl_toml *node, const char *name,
                        const char *wanted, struct tl_error *err);

#endif
