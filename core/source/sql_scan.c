/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See sql_scan.h. Two ways through the bytes: by blocks of 64, where quotes and escapes become bit
 * sets, and byte by byte for what the blocks cannot decide: comments, names in backticks, the other
 * kind of quote, multi-byte characters, and the last bytes of the buffer.
 */
#include "core/source/sql_scan.h"

#include <assert.h>
#include <string.h>

#include "core/source/bytes.h"

/* Not a result for the caller: the block loop came to something for the byte loop, or back. */
enum { SCAN_ON = -1 };

/* Notes the row that ends before `end`; FULL when it closes the batch. */
static int end_row(struct tl_sql_scan *scan, struct tl_reader *r, size_t end)
{
    scan->depth = 0;
    scan->at = end;
    scan->inside = TL_IN_ROW;
    if (end - scan->row_start > r->settings.max_row_bytes)
        return TL_SCAN_LONG;
    if (tl_reader_push(r, scan->row_start, end) != TL_OK)
        return TL_SCAN_NOMEM;
    return tl_reader_full(r) ? TL_SCAN_FULL : SCAN_ON;
}

/* The usual separators, "," and ",\n": the offset of the next row's '(', or 0 for anything else. */
static size_t next_row(const struct tl_reader *r, size_t at)
{
    const char *p = r->buf.data + at;

    if (r->buf.len - at < 3 || p[0] != ',')
        return 0;
    if (p[1] == '(')
        return at + 1;
    return p[1] == '\n' && p[2] == '(' ? at + 2 : 0;
}

static void begin_row(struct tl_sql_scan *scan, size_t start)
{
    scan->row_start = start;
    scan->at = start + 1;
    scan->depth = 1;
}

/* What one block says, as bit sets. */
struct view {
    uint64_t inside; /* in a string, the opening quote included */
    uint64_t parens; /* outside of strings, in front of `stop` */
    unsigned stop;   /* the first byte that the block loop does not handle; 64 = none */
};

/* What goes over from one block to the next. */
struct carry {
    uint64_t in_string; /* all ones or zero */
    uint64_t escaped;   /* 1: the next byte is escaped */
    uint64_t dash;      /* 1: the last byte was a '-' */
};

static inline struct view look(const struct tl_sql_scan *scan, const char *p, struct carry *carry)
{
    const unsigned char others[] = {scan->quote == '"' ? '\'' : '"', '#', '`', '/', ';', '\0'};
    struct tl_block block = tl_block_load(p);
    uint64_t backslashes = tl_block_eq(&block, '\\');
    uint64_t escapes = scan->no_escapes ? 0 : backslashes;
    uint64_t quotes = tl_block_eq(&block, (unsigned char)scan->quote);
    uint64_t dashes = tl_block_eq(&block, '-');
    uint64_t stops =
        tl_block_any(&block, others) | backslashes | (dashes & (dashes << 1 | carry->dash));
    struct view view;

    if (escapes | carry->escaped)
        quotes &= ~tl_mask_escaped(escapes, &carry->escaped);
    view.inside = tl_mask_between(quotes) ^ carry->in_string;
    stops &= ~view.inside;
    view.stop = stops ? (unsigned)__builtin_ctzll(stops) : TL_BLOCK;
    view.parens = tl_block_class(&block, 0xFE, '(') & ~view.inside & tl_mask_below(view.stop);
    carry->in_string = 0 - (view.inside >> 63);
    carry->dash = dashes >> 63;
    return view;
}

/* Handles the parentheses of the block at scan->at. SCAN_ON: the block is done, scan->at is behind
   it, or behind the '(' of a row that begins further on (then *jumped). */
static inline int take_parens(struct tl_sql_scan *scan, struct tl_reader *r, uint64_t parens,
                              bool *jumped)
{
    size_t block = scan->at;

    while (parens) {
        size_t at = block + (unsigned)__builtin_ctzll(parens);
        int rc;

        parens &= parens - 1;
        if (r->buf.data[at] == '(') {
            scan->depth++;
            continue;
        }
        if (--scan->depth > 0)
            continue;
        rc = end_row(scan, r, at + 1);
        if (rc != SCAN_ON)
            return rc;
        at = next_row(r, scan->at);
        if (at == 0)
            return TL_SCAN_ROW_END;
        begin_row(scan, at);
        if (at - block >= TL_BLOCK) {
            *jumped = true;
            return SCAN_ON;
        }
        parens &= ~tl_mask_below((unsigned)(at - block) + 1);
    }
    scan->at = block + TL_BLOCK;
    return SCAN_ON;
}

/* Leaves the block loop behind a whole block: nothing half seen may be forgotten. */
static void leave_blocks(struct tl_sql_scan *scan, const struct carry *carry)
{
    scan->inside = carry->in_string ? TL_IN_STRING : TL_IN_ROW;
    if (carry->in_string ? carry->escaped : carry->dash)
        scan->at--;
}

static int scan_blocks(struct tl_sql_scan *scan, struct tl_reader *r)
{
    struct carry carry = {.in_string = scan->inside == TL_IN_STRING ? ~UINT64_C(0) : 0};

    while (r->buf.len - scan->at >= TL_BLOCK) {
        size_t block = scan->at;
        struct view view = look(scan, r->buf.data + block, &carry);
        bool jumped = false;
        int rc = take_parens(scan, r, view.parens, &jumped);

        if (rc != SCAN_ON)
            return rc;
        if (jumped) {
            carry = (struct carry){0};
            continue;
        }
        if (view.stop < TL_BLOCK) {
            scan->inside = TL_IN_ROW;
            scan->at = block + view.stop;
            if (r->buf.data[scan->at] == '-')
                scan->at--;
            return SCAN_ON;
        }
    }
    leave_blocks(scan, &carry);
    return SCAN_ON;
}

/* Bytes from p on that belong together: an escape or a multi-byte character is 2, even if the
   second one is not read yet. */
static ptrdiff_t string_step(const struct tl_sql_scan *scan, const char *p, const char *end)
{
    if (*p == '\\')
        return scan->no_escapes ? 1 : 2;
    if (scan->multibyte == TL_MB_NONE || (unsigned char)*p < 0x81)
        return 1;
    if (end - p < 2)
        return 2;
    return tl_multibyte_pair(scan->multibyte, (unsigned char)p[0], (unsigned char)p[1]) ? 2 : 1;
}

/* Within a string: to behind its end, or to the end of the buffer. */
static int scan_string(struct tl_sql_scan *scan, const struct tl_reader *r)
{
    const char *end = r->buf.data + r->buf.len;
    const char *p = r->buf.data + scan->at;
    ptrdiff_t step;
    int rc = TL_SCAN_MORE;

    while (p < end) {
        if (scan->multibyte == TL_MB_NONE)
            p = tl_find2(p, end, end, scan->quote, scan->no_escapes ? scan->quote : '\\');
        if (p == end)
            break;
        if (*p == scan->quote) {
            p++;
            scan->inside = TL_IN_ROW;
            rc = SCAN_ON;
            break;
        }
        step = string_step(scan, p, end);
        if (step > end - p)
            break;
        p += step;
    }
    scan->at = (size_t)(p - r->buf.data);
    return rc;
}

static int scan_comment(struct tl_sql_scan *scan, const struct tl_reader *r)
{
    const char *p = r->buf.data + scan->at;
    size_t left = r->buf.len - scan->at;
    const char *end =
        scan->inside == TL_IN_BLOCK_COMMENT ? memmem(p, left, "*/", 2) : memchr(p, '\n', left);

    if (end) {
        scan->at += (size_t)(end - p) + (scan->inside == TL_IN_BLOCK_COMMENT ? 2 : 1);
        scan->inside = TL_IN_ROW;
        return SCAN_ON;
    }
    /* A '*' at the end may be the first half of the end mark. */
    scan->at += left > 0 && p[left - 1] == '*' ? left - 1 : left;
    return TL_SCAN_MORE;
}

static int scan_name(struct tl_sql_scan *scan, const struct tl_reader *r)
{
    const char *end = r->buf.data + r->buf.len;
    const char *p = r->buf.data + scan->at;

    while (p < end && *p != scan->name_quote) {
        if (scan->multibyte != TL_MB_NONE && (unsigned char)*p >= 0x81) {
            if (end - p < 2 && !r->eof)
                break;
            p += end - p >= 2 &&
                 tl_multibyte_pair(scan->multibyte, (unsigned char)p[0], (unsigned char)p[1]);
        }
        p++;
    }
    scan->at = (size_t)(p - r->buf.data);
    if (p == end || *p != scan->name_quote)
        return TL_SCAN_MORE;
    scan->at++;
    scan->inside = TL_IN_ROW;
    return SCAN_ON;
}

/* A '/' or '-': a comment, an executable comment (refused), or an operator. */
static int scan_slash_or_dash(struct tl_sql_scan *scan, const struct tl_reader *r)
{
    const char *p = r->buf.data + scan->at;
    size_t left = r->buf.len - scan->at;

    if (left < 4 && !r->eof)
        return TL_SCAN_MORE;
    if (left >= 4 && p[0] == '/' && p[1] == '*') {
        if (p[2] == '!' || (p[2] == 'M' && p[3] == '!'))
            return TL_SCAN_BAD;
        scan->inside = TL_IN_BLOCK_COMMENT;
        scan->at += 2;
    } else if (left >= 3 && p[0] == '-' && p[1] == '-' && (unsigned char)p[2] <= ' ') {
        scan->inside = TL_IN_LINE_COMMENT;
        scan->at += 2;
    } else if (left >= 3 && p[0] == '-' && p[1] == '-' && (unsigned char)p[2] >= 0x7F) {
        return TL_SCAN_BAD; /* white space in some character sets: a comment, or not */
    } else {
        scan->at++;
    }
    return SCAN_ON;
}

static void begin_quoted(struct tl_sql_scan *scan, char c)
{
    if (c == '`' || (c == '"' && scan->ansi_quotes)) {
        scan->name_quote = c;
        scan->inside = TL_IN_NAME;
    } else {
        scan->quote = c;
        scan->inside = TL_IN_STRING;
    }
}

/* One byte between tokens. */
static int scan_byte(struct tl_sql_scan *scan, struct tl_reader *r)
{
    char c = r->buf.data[scan->at];

    switch (c) {
    case '\'':
    case '"':
    case '`':
        begin_quoted(scan, c);
        break;
    case '#':
        scan->inside = TL_IN_LINE_COMMENT;
        break;
    case '/':
    case '-':
        return scan_slash_or_dash(scan, r);
    case '(':
        scan->depth++;
        break;
    case ')':
        if (scan->depth == 1) {
            int rc = end_row(scan, r, scan->at + 1);

            return rc == SCAN_ON ? TL_SCAN_ROW_END : rc;
        }
        scan->depth--;
        break;
    case '\0':
    case '\\':
    case ';':
        return TL_SCAN_BAD;
    default:
        break;
    }
    scan->at++;
    return SCAN_ON;
}

static int scan_token(struct tl_sql_scan *scan, struct tl_reader *r)
{
    switch (scan->inside) {
    case TL_IN_STRING:
        return scan_string(scan, r);
    case TL_IN_NAME:
        return scan_name(scan, r);
    case TL_IN_LINE_COMMENT:
    case TL_IN_BLOCK_COMMENT:
        return scan_comment(scan, r);
    case TL_IN_ROW:
        break;
    }
    return scan_byte(scan, r);
}

enum tl_sql_scan_result tl_sql_scan_rows(struct tl_sql_scan *scan, struct tl_reader *reader)
{
    int rc = SCAN_ON;

    assert(scan->depth > 0);
    while (rc == SCAN_ON) {
        bool blocks = scan->multibyte == TL_MB_NONE && reader->buf.len - scan->at >= TL_BLOCK;

        if (blocks && (scan->inside == TL_IN_ROW || scan->inside == TL_IN_STRING)) {
            rc = scan_blocks(scan, reader);
            if (rc != SCAN_ON)
                break;
        }
        rc = scan->at < reader->buf.len ? scan_token(scan, reader) : TL_SCAN_MORE;
    }
    return (enum tl_sql_scan_result)rc;
}
