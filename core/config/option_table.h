/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of options. Configuration file, command line, --help, --print-config, defaults,
 * bounds, suggestions and the warnings about what is not acted on all come from its rows.
 */
#ifndef TL_CONFIG_OPTION_TABLE_H
#define TL_CONFIG_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/options.h"

enum tl_option_type {
    TL_TYPE_BOOL,     /* bool */
    TL_TYPE_INT,      /* int64_t; only in rows without a field so far */
    TL_TYPE_UINT,     /* uint64_t */
    TL_TYPE_SIZE,     /* uint64_t, bytes: 65536 or "64KiB" */
    TL_TYPE_DURATION, /* uint64_t, seconds: "5m" */
    TL_TYPE_FLOAT,    /* only in rows without a field */
    TL_TYPE_STRING,   /* char * */
    TL_TYPE_STRINGS,  /* struct tl_strings */
    TL_TYPE_ENUM      /* an enum: the position in `allowed` */
};

enum tl_option_effect {
    TL_EFFECT_ACTED,    /* does what it says */
    TL_EFFECT_IGNORED,  /* accepted, not acted on: a warning when set to another value */
    TL_EFFECT_PHYSICAL, /* concerns upstream's physical mode: a warning when set */
    TL_EFFECT_REFUSED   /* a flag that asks for what the logical backend cannot do: an error */
};

enum { TL_FOR_LOADER = 1, TL_FOR_CTL = 2, TL_FOR_BOTH = 3 }; /* programs, as bits */

/* Rows without a place in struct tl_options: their text is checked and then looked at by name. */
#define TL_NO_FIELD SIZE_MAX

struct tl_option {
    const char *section;  /* "mydumper.csv"; NULL = a flag only */
    const char *key;      /* NULL when section is NULL */
    const char *flag;     /* long flag without dashes; NULL = none */
    const char *argument; /* what --help calls the flag's value; NULL = by type */
    char short_flag;      /* 0 = none */
    uint8_t type;         /* enum tl_option_type */
    uint8_t effect;       /* enum tl_option_effect */
    uint8_t programs;     /* whose command line has the flag */
    bool secret;          /* never shown */
    size_t offset;        /* into struct tl_options, or TL_NO_FIELD */
    const char *initial;  /* default as text, items of a list end with '\n'; NULL = not given */
    uint64_t min;         /* of numbers; max = 0: no bounds */
    uint64_t max;
    const char *allowed; /* "a|b|c", compared without case; NULL = anything */
    const char *aliases; /* "written=meant|..." */
    const char *help;    /* one phrase, never NULL */
};

extern const struct tl_option tl_option_rows[];
extern const size_t tl_option_count;

/* [[mydumper.files]] and the like: an array of tables, kept as an array of structs. */
struct tl_list_field {
    const char *key;
    uint8_t type; /* TL_TYPE_STRING or TL_TYPE_STRINGS */
    size_t offset;
    const char *refused; /* the key is known, but not supported: why; NULL = supported */
    const char *help;
};

struct tl_list {
    const char *section; /* "" = the root */
    const char *key;
    size_t entry_size;
    size_t items_offset; /* of the pointer to the entries in struct tl_options */
    size_t count_offset; /* of the size_t */
    const struct tl_list_field *fields;
    size_t field_count;
    const char *help;
};

extern const struct tl_list tl_option_lists[];
extern const size_t tl_option_list_count;

/* Where the free keys live: [tidb.session-vars], and as prefix of [checkpoint.<driver>]. */
#define TL_SECTION_SESSION_VARS "tidb.session-vars"
#define TL_SECTION_CHECKPOINT "checkpoint"

/* The index of a row, or tl_option_count. len is the length of key or flag. */
size_t tl_option_by_key(const char *section, const char *key);
size_t tl_option_by_flag(const char *flag, size_t len);

/* True if some row or list lives in this section ("" is one) or below it. */
bool tl_option_is_section(const char *section);

/* NULL if there is none. */
const struct tl_list *tl_option_list_by_key(const char *section, const char *key);

/* "mydumper.csv.separator" or "--list-drivers". Returns out. */
enum { TL_OPTION_NAME_MAX = 80 };
const char *tl_option_name(char out[TL_OPTION_NAME_MAX], const struct tl_option *row);

#endif
