/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See sql_mode.h.
 */
#include "core/target/sql_mode.h"

#include <stdio.h>
#include <string.h>

/* They change how statements are read, not what is written. */
static const char *const without_effect[] = {"ONLY_FULL_GROUP_BY",
                                             "NO_AUTO_CREATE_USER",
                                             "NO_ENGINE_SUBSTITUTION",
                                             "NO_FIELD_OPTIONS",
                                             "NO_KEY_OPTIONS",
                                             "NO_TABLE_OPTIONS",
                                             "NO_DIR_IN_CREATE",
                                             "POSTGRESQL",
                                             "ORACLE",
                                             "MSSQL",
                                             "DB2",
                                             "MAXDB",
                                             "MYSQL323",
                                             "MYSQL40",
                                             "ANSI"};
static const char *const quoting[] = {"NO_BACKSLASH_ESCAPES", "ANSI_QUOTES"};
/* Combined modes, each with ANSI_QUOTES in it. */
static const char *const ansi[] = {"ANSI", "POSTGRESQL", "ORACLE", "MSSQL", "DB2", "MAXDB"};

static bool is_one_of(const char *const *list, size_t count, const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == len && strncasecmp(list[i], name, len) == 0)
            return true;
    return false;
}

/* The next name of a list; NULL at its end. The reader (sql_set.c) must find the same names, or it
   takes for a string what the server does not. */
static const char *next_name(const char **list, size_t *len_out)
{
    static const char separators[] = ", \t\r\n'\"";
    const char *name = *list + strspn(*list, separators);

    *len_out = strcspn(name, separators);
    *list = name + *len_out;
    return *len_out > 0 ? name : NULL;
}

static const char *find(const char *mode, const char *wanted, size_t wanted_len)
{
    const char *name;
    size_t len;

    while ((name = next_name(&mode, &len)) != NULL)
        if (len == wanted_len && strncasecmp(name, wanted, len) == 0)
            return name;
    return NULL;
}

static void add(char mode[TL_SQL_MODE_MAX], const char *name, size_t len)
{
    size_t used = strlen(mode);

    if (!find(mode, name, len) && used + len + 2 < TL_SQL_MODE_MAX)
        snprintf(mode + used, TL_SQL_MODE_MAX - used, "%s%.*s", used > 0 ? "," : "", (int)len,
                 name);
}

enum wanted { QUOTING = 1, OTHERS = 2 };

static void add_all(char mode[TL_SQL_MODE_MAX], const char *list, unsigned wanted)
{
    const char *name;
    size_t len;

    while (list && (name = next_name(&list, &len)) != NULL) {
        bool is_quoting = is_one_of(quoting, sizeof(quoting) / sizeof(quoting[0]), name, len);

        if ((wanted & QUOTING) && is_one_of(ansi, sizeof(ansi) / sizeof(ansi[0]), name, len))
            add(mode, "ANSI_QUOTES", strlen("ANSI_QUOTES"));
        if (is_one_of(without_effect, sizeof(without_effect) / sizeof(without_effect[0]), name,
                      len))
            continue;
        if (wanted & (is_quoting ? QUOTING : OTHERS))
            add(mode, name, len);
    }
}

void tl_sql_mode_make(char mode_out[TL_SQL_MODE_MAX], const struct tl_options *options,
                      const struct tl_session_state *state)
{
    bool dump_says = state && state->sql_mode_given;

    mode_out[0] = '\0';
    if (dump_says)
        /* What the user says about strictness beats the dump. */
        add_all(mode_out, state->sql_mode, options->sql_mode_given ? QUOTING : QUOTING | OTHERS);
    add_all(mode_out, options->sql_mode_given ? options->sql_mode : "STRICT_ALL_TABLES", OTHERS);
    if (state && !dump_says)
        add_all(mode_out, options->sql_mode, QUOTING);
    add(mode_out, "NO_AUTO_VALUE_ON_ZERO", strlen("NO_AUTO_VALUE_ON_ZERO"));
}

bool tl_sql_mode_drop(char mode[TL_SQL_MODE_MAX], const char *name, size_t len)
{
    char *at = (char *)(uintptr_t)find(mode, name, len);
    char *rest;

    if (!at)
        return false;
    rest = at + len;
    rest += *rest == ',';
    memmove(at, rest, strlen(rest) + 1);
    len = strlen(mode);
    if (len > 0 && mode[len - 1] == ',')
        mode[len - 1] = '\0';
    return true;
}
