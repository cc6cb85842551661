/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as records. */
#include "decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_SECOND INT64_C(1000000000)

static void set_str(union ckmy_record *record, size_t offset, const char *data, size_t len)
{
    struct ckpt_str str = {data ? data : "", len};

    memcpy((char *)record + offset, &str, sizeof(str));
}

/* Any number as its 64 bits, two's complement. */
static bool parse_number(uint64_t *value_out, const char *text)
{
    char *end = NULL;

    if (!text || !*text)
        return false;
    errno = 0;
    *value_out = *text == '-' ? (uint64_t)strtoll(text, &end, 10) : strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static void set_number(union ckmy_record *record, const struct ckmy_column *column, uint64_t value)
{
    char *field = (char *)record + column->offset;
    uint32_t narrow = (uint32_t)value;

    if (column->type == CKMY_I64 || column->type == CKMY_U64 || column->type == CKMY_TIME)
        memcpy(field, &value, sizeof(value));
    else
        memcpy(field, &narrow, sizeof(narrow));
}

static bool is_zero(const char *data, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        if (data[i])
            return false;
    return true;
}

static bool set_column(union ckmy_record *record, const struct ckmy_column *column,
                       const char *text, size_t len)
{
    uint64_t value;

    if (column->type == CKMY_HASH) {
        set_str(record, column->offset, text, is_zero(text, len) ? 0 : len);
        return true;
    }
    if (column->type < CKMY_HASH) {
        set_str(record, column->offset, text, len);
        return true;
    }
    if (!parse_number(&value, text))
        return false;
    set_number(record, column, column->type == CKMY_TIME ? value * NS_PER_SECOND : value);
    return true;
}

/* Puts back what the columns could not hold. */
static bool set_lost(union ckmy_record *record, const struct ckmy_kind *kind,
                     const unsigned char *data, size_t len)
{
    while (len > 0) {
        const struct ckmy_column *column;
        uint64_t value = 0;
        size_t size, i;

        if (len < 5 || data[0] >= kind->column_count)
            return false;
        column = &kind->columns[data[0]];
        size =
            (size_t)data[1] | (size_t)data[2] << 8 | (size_t)data[3] << 16 | (size_t)data[4] << 24;
        if (size > len - 5 || column->type == CKMY_CONST)
            return false;
        data += 5;
        if (column->type <= CKMY_HASH) {
            set_str(record, column->offset, (const char *)data, size);
        } else {
            if (size != 8)
                return false;
            for (i = 0; i < 8; i++)
                value |= (uint64_t)data[i] << (8 * i);
            set_number(record, column, value);
        }
        data += size;
        len -= size + 5;
    }
    return true;
}

static void set_name(union ckmy_record *record, const struct ckmy_kind *kind, bool path,
                     struct ckpt_str name)
{
    size_t i;

    for (i = 0; i < kind->column_count; i++) {
        const struct ckmy_column *column = &kind->columns[i];

        if (column->type == CKMY_KEY && (strcmp(column->name, "path") == 0) == path)
            set_str(record, column->offset, name.data, name.len);
    }
}

static int corrupt(const struct ckmy_kind *kind, const char *what, struct ckpt_error *err)
{
    (void)ckpt_error_set(err, CKPT_ERR_CORRUPT, 0,
                         "a row of the checkpoint table %s has no valid %s", kind->table, what);
    return ckpt_error_hint(err, CKPT_ERR_CORRUPT,
                           "the table was changed by somebody else; remove the checkpoint");
}

static bool set_extra(union ckmy_record *record, const struct ckmy_kind *kind, MYSQL_ROW row,
                      const unsigned long *lengths)
{
    if (kind->number == CKPT_PUT_TASK && !row[CKMY_ROW_KIND])
        return false; /* another program's task: see inspect_owner in layout.c */
    if (row[CKMY_ROW_RAW_NAME]) {
        struct ckpt_str raw = {row[CKMY_ROW_RAW_NAME], lengths[CKMY_ROW_RAW_NAME]};

        set_name(record, kind, kind->has_path, raw);
    }
    if (row[CKMY_ROW_LOST] &&
        !set_lost(record, kind, (const unsigned char *)row[CKMY_ROW_LOST], lengths[CKMY_ROW_LOST]))
        return false;
    set_str(record, kind->extra_offset, row[CKMY_ROW_EXTRA], lengths[CKMY_ROW_EXTRA]);
    if (kind->number == CKPT_PUT_TASK)
        record->task.planned = row[CKMY_ROW_PLANNED] && strcmp(row[CKMY_ROW_PLANNED], "1") == 0;
    return true;
}

int ckmy_decode(union ckmy_record *record_out, const struct ckmy_kind *kind, MYSQL_ROW row,
                const unsigned long *lengths, const struct ckpt_str *table_name,
                struct ckpt_error *err)
{
    size_t i, field = 0;

    memset(record_out, 0, sizeof(*record_out));
    record_out->struct_size = (uint32_t)kind->record_size;
    for (i = 0; i < kind->column_count; i++) {
        const struct ckmy_column *column = &kind->columns[i];

        if (column->type == CKMY_CONST)
            continue;
        if (!set_column(record_out, column, row[field], lengths[field]))
            return corrupt(kind, column->name, err);
        field++;
    }
    if (!set_extra(record_out, kind, row + field, lengths + field))
        return corrupt(kind, "row in " CKMY_EXTRA_TABLE, err);
    if (table_name)
        set_name(record_out, kind, false, *table_name);
    return CKPT_OK;
}
