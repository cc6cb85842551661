/* SPDX-License-Identifier: Apache-2.0 */
/* Records as SQL values. */
#include "encode.h"

#include <string.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define TIMESTAMP_MIN INT64_C(1)
#define TIMESTAMP_MAX INT64_C(2147483647)

void ckmy_record_copy(union ckmy_record *copy_out, const struct ckmy_kind *kind, const void *record)
{
    uint32_t size = *(const uint32_t *)record;

    memset(copy_out, 0, sizeof(*copy_out));
    memcpy(copy_out, record, size < kind->record_size ? size : kind->record_size);
}

static void put_lost(struct ckmy_buf *lost, size_t index, const void *data, size_t len)
{
    const unsigned char head[5] = {(unsigned char)index, (unsigned char)len,
                                   (unsigned char)(len >> 8), (unsigned char)(len >> 16),
                                   (unsigned char)(len >> 24)};

    ckmy_put(lost, head, sizeof(head));
    ckmy_put(lost, data, len);
}

static void put_lost_number(struct ckmy_buf *lost, size_t index, uint64_t value)
{
    unsigned char bytes[8];
    size_t i;

    for (i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    put_lost(lost, index, bytes, sizeof(bytes));
}

/* False when the value comes back otherwise from the column: all NULs stands for "no hash". */
static bool put_hash(struct ckmy_buf *sql, struct ckpt_str str, size_t size)
{
    static const char zeros[64];

    if (str.len == size && memcmp(str.data, zeros, size) != 0) {
        ckmy_put_hex(sql, str.data, size);
        return true;
    }
    ckmy_put_hex(sql, zeros, size);
    return str.len == 0;
}

static void encode_string(struct ckmy_buf *sql, struct ckmy_buf *lost,
                          const struct ckmy_column *column, size_t index, struct ckpt_str str)
{
    bool held = true;

    switch (column->type) {
    case CKMY_KEY:
        (void)ckmy_put_key(sql, str);
        break;
    case CKMY_BYTES:
        held = str.len <= column->limit;
        ckmy_put_hex(sql, str.data, held ? str.len : column->limit);
        break;
    case CKMY_HASH:
        held = put_hash(sql, str, column->limit);
        break;
    default:
        if (column->type == CKMY_TEXT_NULL && str.len == 0)
            ckmy_puts(sql, "NULL");
        else
            held = ckmy_put_text(sql, str, column->limit);
        break;
    }
    if (!held)
        put_lost(lost, index, str.data, str.len);
}

static void encode_time(struct ckmy_buf *sql, struct ckmy_buf *lost, size_t index, int64_t ns)
{
    int64_t seconds = ns / NS_PER_SECOND;
    int64_t held = seconds;

    if (seconds < TIMESTAMP_MIN)
        held = TIMESTAMP_MIN;
    else if (seconds > TIMESTAMP_MAX)
        held = TIMESTAMP_MAX;
    if (held != seconds)
        put_lost_number(lost, index, (uint64_t)ns);
    ckmy_puts(sql, "FROM_UNIXTIME(");
    ckmy_put_i64(sql, held);
    ckmy_puts(sql, ")");
}

static void encode_number(struct ckmy_buf *sql, struct ckmy_buf *lost,
                          const struct ckmy_column *column, size_t index, const char *field)
{
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;

    memcpy(&i32, field, sizeof(i32));
    memcpy(&u32, field, sizeof(u32));
    switch (column->type) {
    case CKMY_I32:
        ckmy_put_i64(sql, i32);
        return;
    case CKMY_U32:
    case CKMY_ENGINE:
        ckmy_put_u64(sql, u32);
        return;
    case CKMY_STATUS:
        ckmy_put_u64(sql, u32 > UINT8_MAX ? UINT8_MAX : u32);
        if (u32 > UINT8_MAX)
            put_lost_number(lost, index, u32);
        return;
    default:
        break;
    }
    memcpy(&i64, field, sizeof(i64));
    memcpy(&u64, field, sizeof(u64));
    if (column->type == CKMY_TIME)
        encode_time(sql, lost, index, i64);
    else if (column->type == CKMY_U64)
        ckmy_put_u64(sql, u64);
    else
        ckmy_put_i64(sql, i64);
}

void ckmy_encode(struct ckmy_buf *sql, struct ckmy_buf *lost, const struct ckmy_kind *kind,
                 const union ckmy_record *record)
{
    size_t i;

    ckmy_puts(sql, "(");
    for (i = 0; i < kind->column_count; i++) {
        const struct ckmy_column *column = &kind->columns[i];
        const char *field = (const char *)record + column->offset;

        if (i > 0)
            ckmy_puts(sql, ",");
        if (column->type == CKMY_CONST)
            ckmy_put_u64(sql, column->limit);
        else if (column->type <= CKMY_HASH)
            encode_string(sql, lost, column, i, ckmy_field_str(record, column->offset));
        else
            encode_number(sql, lost, column, i, field);
    }
    ckmy_puts(sql, ")");
}
