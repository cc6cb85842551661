/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --help: the flags of a program and the keys that are acted on, from the table.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/config/option_table.h"

enum { TEXT_MAX = 1024 * 1024, LEFT_COLUMN = 40 };

static const char *argument_of(const struct tl_option *row)
{
    if (row->type == TL_TYPE_BOOL)
        return "";
    return row->argument ? row->argument : "VALUE";
}

/* " (default: x)"; not where the default is empty, a list or the natural "off". */
static int add_default(struct tl_buf *out, const struct tl_option *row)
{
    const char *value = row->initial;

    if (!value || !*value || row->secret || row->type == TL_TYPE_STRINGS ||
        (row->type == TL_TYPE_BOOL && strcmp(value, "false") == 0))
        return TL_OK;
    return tl_buf_addf(out, " (default: %s)", value);
}

/* " [a|b|c]"; an empty word shows as a leading bar. */
static int add_allowed(struct tl_buf *out, const struct tl_option *row)
{
    return row->allowed ? tl_buf_addf(out, " [%s]", row->allowed) : TL_OK;
}

static int add_tail(struct tl_buf *out, const struct tl_option *row)
{
    static const char *const notes[] = {"", " (not acted on yet)", " (physical mode; ignored)", ""};
    int rc = tl_buf_adds(out, row->help);

    if (rc == TL_OK)
        rc = add_allowed(out, row);
    if (rc == TL_OK)
        rc = add_default(out, row);
    if (rc == TL_OK && !strstr(row->help, "physical"))
        rc = tl_buf_adds(out, notes[row->effect]);
    return rc == TL_OK ? tl_buf_adds(out, "\n") : rc;
}

/* One line: what to write, a gap, what it means. */
static int add_line(struct tl_buf *out, const char *left, const struct tl_option *row)
{
    int len = (int)strlen(left);
    int gap = len < LEFT_COLUMN ? LEFT_COLUMN - len : 0;
    int rc = tl_buf_addf(out, "%s%*s ", left, gap, "");

    return rc == TL_OK ? add_tail(out, row) : rc;
}

static int add_flag(struct tl_buf *out, const struct tl_option *row)
{
    char left[160];
    char letter[8] = "    ";

    if (row->short_flag)
        snprintf(letter, sizeof(letter), "-%c%s", row->short_flag, row->flag ? ", " : "");
    snprintf(left, sizeof(left), "  %s%s%s %s", letter, row->flag ? "--" : "",
             row->flag ? row->flag : "", argument_of(row));
    return add_line(out, left, row);
}

static int add_flags(struct tl_buf *out, enum tl_program program)
{
    uint8_t bit = program == TL_PROGRAM_CTL ? TL_FOR_CTL : TL_FOR_LOADER;
    int rc = TL_OK;

    for (size_t i = 0; i < tl_option_count && rc == TL_OK; i++) {
        const struct tl_option *row = &tl_option_rows[i];

        if ((row->flag || row->short_flag) && (row->programs & bit) &&
            row->effect != TL_EFFECT_REFUSED)
            rc = add_flag(out, row);
    }
    return rc;
}

static int add_keys(struct tl_buf *out)
{
    const char *section = "";
    char left[TL_OPTION_NAME_MAX];
    int rc = TL_OK;

    for (size_t i = 0; i < tl_option_count && rc == TL_OK; i++) {
        const struct tl_option *row = &tl_option_rows[i];

        if (!row->section || row->effect != TL_EFFECT_ACTED)
            continue;
        if (strcmp(section, row->section) != 0)
            rc = tl_buf_addf(out, "  [%s]\n", row->section);
        section = row->section;
        snprintf(left, sizeof(left), "    %s", row->key);
        if (rc == TL_OK)
            rc = add_line(out, left, row);
    }
    for (size_t i = 0; i < tl_option_list_count && rc == TL_OK; i++) {
        const struct tl_list *list = &tl_option_lists[i];

        rc = tl_buf_addf(out, "  [[%s%s%s]]: %s\n", list->section, list->section[0] ? "." : "",
                         list->key, list->help);
    }
    return rc;
}

static const char loader_head[] =
    "Usage: tidb-lightning [--config FILE] [-d DIRECTORY] [flags]\n"
    "Imports a dump into MariaDB, MySQL or TiDB, and goes on where it stopped.\n";
static const char ctl_head[] = "Usage: tidb-lightning-ctl [--config FILE] [flags] OPERATION\n"
                               "Shows and repairs the checkpoints of tidb-lightning. TABLE is\n"
                               "written as '`db`.`table`'.\n";
static const char flags_head[] =
    "\nFlags (one dash or two, --flag VALUE or --flag=VALUE; they win over the file):\n";
static const char keys_head[] = "\nKeys of the configuration file (TOML):\n";
static const char tail[] =
    "  [" TL_SECTION_SESSION_VARS "]: session variables of the connections to the target\n"
    "  [" TL_SECTION_CHECKPOINT ".DRIVER]: options of a driver; see --describe-driver\n"
    "\nEnvironment:\n"
    "  TIDB_LIGHTNING_PASSWORD     the password, if neither file nor flag gives one\n"
    "  TIDB_LIGHTNING_DRIVER_PATH  directories with drivers, separated by colons\n"
    "\nExit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 stopped (run again to go "
    "on),\n"
    "4 refused (needs a decision)\n";

char *tl_options_help(enum tl_program program)
{
    TL_CLEANUP_BUF struct tl_buf out;
    int rc;

    tl_buf_init(&out, TEXT_MAX);
    rc = tl_buf_adds(&out, program == TL_PROGRAM_CTL ? ctl_head : loader_head);
    if (rc == TL_OK)
        rc = tl_buf_adds(&out, flags_head);
    if (rc == TL_OK)
        rc = add_flags(&out, program);
    if (rc == TL_OK)
        rc = tl_buf_adds(&out, keys_head);
    if (rc == TL_OK)
        rc = add_keys(&out);
    if (rc == TL_OK)
        rc = tl_buf_adds(&out, tail);
    return rc == TL_OK ? tl_buf_steal(&out) : NULL;
}
